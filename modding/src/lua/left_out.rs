//! What other Luas have and the sandbox leaves out on purpose: what to write instead.

use crate::error::GuestError;
use crate::sources::Sources;

/// What the machine says where something is not there.
const NOT_THERE: [&str; 2] = ["attempt to index nil", "attempt to call a nil value"];

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

/// The error with what to write instead, where its line has something that is left out.
pub(super) fn explained(error: GuestError, sources: &Sources) -> GuestError {
    let is_not_there = NOT_THERE.iter().any(|text| error.message.starts_with(text));
    if error.help.is_some() || !(is_not_there || error.message.starts_with(LOCKED)) {
        return error;
    }
    let place = error
        .location
        .as_ref()
        .and_then(|location| location.place(sources));
    let help = place.and_then(|place| help(&place.source[place.span.clone()], is_not_there));
    GuestError {
        help: help.map(str::to_owned),
        ..error
    }
}

fn help(line: &str, is_not_there: bool) -> Option<&'static str> {
    let code = line.split("--").next().unwrap_or_default();
    if !is_not_there {
        return names(code, "_G").then_some("globals are set without `_G`: `m = 2`");
    }
    let mut left_out = LEFT_OUT.iter();
    left_out.find_map(|(name, help)| names(code, name).then_some(*help))
}

/// Whether code has a name that is not a part of another, nor a field of something else.
fn names(code: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(|letter| is_part(letter) || ".:\"'".contains(letter))
            && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_alone() {
        for (line, expected) in [
            ("local now = os.time()", Some(CLOCK)),
            ("f(os.clock())", Some(CLOCK)),
            ("x = pos.time() + job.os.time()", None),
            ("x = osx.time()", None),
            ("x = thing.load()", None),
            ("x = thing:load()", None),
            ("call('os')", None),
            ("f() -- unlike os.time", None),
            ("math.randomseed(1)", Some(SEED)),
            ("table.foreachi(t, f)", None),
        ] {
            assert_eq!(help(line, true), expected, "{line}");
        }
        assert_eq!(
            help("_G.m = 2", false),
            Some("globals are set without `_G`: `m = 2`")
        );
        assert_eq!(help("math.pi = 3", false), None);
    }
}
