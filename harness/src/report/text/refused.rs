//! Commands that came to nothing: those of one kind in one line, as a handler that runs each tick may issue thousands.

use std::fmt::Write as _;

use modding::mod_id::ModId;
use modding::tick::RefusedCommand;

use super::number;

/// Commands of one mod that were refused in the same words, but for their numbers.
struct Kind<'a> {
    first: &'a RefusedCommand,
    last: &'a RefusedCommand,
    words: String,
    count: u64,
}

impl Kind<'_> {
    fn is_of(&self, mod_id: Option<&ModId>, words: &str) -> bool {
        self.first.mod_id.as_ref() == mod_id && self.words == words
    }
}

/// A line for each kind, in the order in which the first of each was refused.
pub(super) fn commands(text: &mut String, refused: &[RefusedCommand]) {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for command in refused {
        let words = without_numbers(&command.reason);
        let known = kinds
            .iter_mut()
            .find(|kind| kind.is_of(command.mod_id.as_ref(), &words));
        match known {
            Some(kind) => {
                kind.last = command;
                kind.count += 1;
            }
            None => kinds.push(Kind {
                first: command,
                last: command,
                words,
                count: 1,
            }),
        }
    }
    for kind in kinds {
        let issuer = kind.first.mod_id.as_ref();
        let issuer = issuer.map_or("the scenario".to_owned(), ToString::to_string);
        let more = match kind.count {
            1 => String::new(),
            count => format!(
                " ({} more like it, the last in tick {})",
                number(count - 1),
                number(kind.last.tick)
            ),
        };
        let _ = writeln!(
            text,
            "\ntick {}: a command of {issuer} was refused: {}{more}",
            number(kind.first.tick),
            kind.first.reason
        );
    }
}

/// What a reason says whatever it is about: `there is no job 10` and `there is no job 9` are one.
fn without_numbers(reason: &str) -> String {
    let mut words = String::with_capacity(reason.len());
    for character in reason.chars() {
        match character.is_ascii_digit() {
            false => words.push(character),
            true if words.ends_with('0') => {}
            true => words.push('0'),
        }
    }
    words
}
