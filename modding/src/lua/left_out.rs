//! What other Luas have and the sandbox leaves out on purpose: what to write instead.

use crate::error::GuestError;
use crate::sources::Sources;

/// What the machine says of a field of what is not there; the field follows, in quotes.
const NO_FIELD: &str = "attempt to index nil with '";

/// What it says where a function is not there.
const NO_FUNCTION: &str = "attempt to call a nil value";

/// What it says of a table that is locked.
const LOCKED: &str = "attempt to modify a readonly table";

const CLOCK: &str = "there is no clock and nothing else of the machine: the time is `colony.time.get_current_tick()`";
const FILES: &str = "mods do not reach files: `colony.storage` keeps what must be kept";
const SCRIPTS: &str =
    "code is in the scripts of the mod alone: `require(\"name\")` runs `scripts/name.lua`";
const SEED: &str = "random numbers are the mod's own stream and need no seed: `math.random()`";
const INSIDE: &str =
    "there is no way into the machine that runs a mod: `colony.log.info(value)` shows a value";
const LENGTH: &str = "write `#t`";
const LOOP: &str = "write `for key, value in pairs(t) do ... end`";

/// Names that are not there, each with what to do.
const LEFT_OUT: [(&str, &str); 15] = [
    ("os", CLOCK),
    ("io", FILES),
    ("dofile", SCRIPTS),
    ("load", SCRIPTS),
    ("loadfile", SCRIPTS),
    ("loadstring", SCRIPTS),
    ("package", SCRIPTS),
    ("math.randomseed", SEED),
    ("debug", INSIDE),
    ("getfenv", INSIDE),
    ("setfenv", INSIDE),
    ("collectgarbage", INSIDE),
    ("table.getn", LENGTH),
    ("table.maxn", LENGTH),
    ("table.foreach", LOOP),
];

/// The error with what to write instead, where its line uses in this way something that is left out.
pub(super) fn explained(error: GuestError, sources: &Sources) -> GuestError {
    let is_of_these = [NO_FIELD, NO_FUNCTION, LOCKED]
        .iter()
        .any(|text| error.message.starts_with(text));
    if error.help.is_some() || !is_of_these {
        return error;
    }
    let place = error
        .location
        .as_ref()
        .and_then(|location| location.place(sources));
    let help = place.and_then(|place| help(&error.message, &place.source[place.span.clone()]));
    GuestError {
        help: help.map(str::to_owned),
        ..error
    }
}

fn help(message: &str, line: &str) -> Option<&'static str> {
    if message.starts_with(LOCKED) {
        let sets_global = uses(line, "_G", |rest| rest.starts_with(['.', '[']));
        return sets_global.then_some("globals are set without `_G`: `m = 2`");
    }
    let field = message.strip_prefix(NO_FIELD);
    let field = field.map(|field| field.trim_end_matches('\''));
    let is_used = |rest: &str| match field {
        Some(field) => rest
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(field)),
        None => rest.trim_start().starts_with(['(', '"', '\'', '{', '[']),
    };
    let mut left_out = LEFT_OUT.iter();
    let (_, help) = left_out.find(|(name, _)| uses(line, name, is_used))?;
    Some(help)
}

/// Whether a line has a name that is not a part of another, nor a field of something else, and then what is wanted.
fn uses(line: &str, name: &str, is_wanted: impl Fn(&str) -> bool) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || ".:_".contains(letter);
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(is_part) && is_wanted(&line[at + name.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_where_it_is_used() {
        let field = |name: &str| format!("{NO_FIELD}{name}'");
        let call = || NO_FUNCTION.to_owned();
        let locked = || LOCKED.to_owned();
        let global = Some("globals are set without `_G`: `m = 2`");
        for (message, line, expected) in [
            (field("time"), "local now = os.time()", Some(CLOCK)),
            (field("open"), "io.open('x')", Some(FILES)),
            (field("traceback"), "print(debug.traceback())", Some(INSIDE)),
            (call(), "math.randomseed(1)", Some(SEED)),
            (call(), "local f = loadstring \"return 1\"", Some(SCRIPTS)),
            (call(), "load(text)", Some(SCRIPTS)),
            (call(), "local n = table.getn(t)", Some(LENGTH)),
            (field("time"), "x = pos.time() + job.os.time()", None),
            (field("weight"), "o = { load = job.cargo.weight }", None),
            (
                field("weight"),
                "print('the os is', job.cargo.weight)",
                None,
            ),
            (call(), "x = thing.load()", None),
            (call(), "x = thing:load()", None),
            (call(), "give(load)", None),
            (call(), "table.foreachi(t, f)", None),
            (locked(), "_G.m = 2", global),
            (locked(), "math.pi = 3", None),
            (locked(), "t.x = os or _G", None),
        ] {
            assert_eq!(help(&message, line), expected, "{line}");
        }
    }
}
