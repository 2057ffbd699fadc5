//! What of the environment decides how the program speaks and whether it writes.

use super::Colour;

/// Whether this is a run of continuous integration: `CI` is set, and to something that means yes.
pub(super) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "false", "0"].contains(&value.as_str()))
}

/// Whether to use colour on a stream.
pub(super) fn coloured(colour: Colour, terminal: bool) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}
