//! Where a key or a table stands first that stands a second time: the parser says where the second is.

use std::ops::Range;

/// What the parser says of a key or a table that is there already.
pub(super) const MESSAGE: &str = "duplicate key";

/// The line of the key or the header that stands a second time at `span`; `None` where the lines alone do not tell.
pub(super) fn first_of(source: &str, span: &Range<usize>) -> Option<usize> {
    if source.contains("\"\"\"") || source.contains("'''") {
        return None;
    }
    let line_start = source.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let written = source.get(line_start..span.end)?.trim_start();
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let before: Vec<&str> = source[..line_start].lines().collect();
    let (begin, end) = match is_header(written) {
        true => (0, ']'),
        // A key of another table is another key.
        false => (
            before.iter().rposition(|line| is_header(line)).unwrap_or(0),
            '=',
        ),
    };
    // An inline table over several lines has keys of its own.
    let is_whole = |line: &&str| line.matches('{').count() == line.matches('}').count();
    let is_same = |line: &&str| {
        let rest = line.trim_start().strip_prefix(written);
        rest.is_some_and(|rest| rest.trim_start().starts_with(end))
    };
    let before = &before[begin..];
    let at = before
        .iter()
        .position(is_same)
        .filter(|_| before.iter().all(is_whole))?;
    Some(begin + at + 1)
}
