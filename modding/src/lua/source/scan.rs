//! Looks at the tokens of a script, to tell whether it has to be parsed at all.

use std::collections::BTreeSet;

use super::{ITERATE, POWER};

/// What the tokens of a script say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lua) struct Scan {
    /// How many tokens there are.
    pub(in crate::lua) tokens: usize,
    /// A power, or a loop that is not over a lone call of `pairs` or `ipairs`.
    pub(in crate::lua) needs_parsing: bool,
    /// A loop over a lone call of `pairs` or `ipairs`.
    pub(in crate::lua) iterates: bool,
    /// `pairs` or `ipairs` is used otherwise than called, and so may get another meaning.
    pub(in crate::lua) rebinds_iterators: bool,
    /// The line, from 1, and the name where a script uses a name of the host's.
    pub(in crate::lua) reserved: Option<(usize, &'static str)>,
    /// Names that it may assign as globals, and some that are locals: with them, too, what is compiled is right.
    pub(in crate::lua) assigned: BTreeSet<Box<str>>,
    /// Names that it may read as globals, and some that are locals or words of the language. Sorted.
    pub(in crate::lua) named: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(u8),
    Text,
}

/// Scans a script. What is found holds for one that compiles.
pub(in crate::lua) fn scan(source: &str) -> Scan {
    let tokens = Tokens { source, at: 0 }.all();
    let (assigned, named) = globals(&tokens);
    let mut scan = Scan {
        tokens: tokens.len(),
        assigned,
        named,
        ..Scan::default()
    };
    for (at, (start, token)) in tokens.iter().enumerate() {
        let token_at = |at: usize| tokens.get(at).map(|(_, token)| *token);
        match token {
            Token::Symbol(b'^') => scan.needs_parsing = true,
            Token::Word("in") if calls_an_iterator(&tokens[at + 1..]) => scan.iterates = true,
            Token::Word("in") => scan.needs_parsing = true,
            Token::Word("pairs" | "ipairs") => {
                let before = at.checked_sub(1).and_then(token_at);
                let is_field = matches!(before, Some(Token::Symbol(b'.' | b':')));
                let is_called = token_at(at + 1) == Some(Token::Symbol(b'('));
                let is_defined = before == Some(Token::Word("function"));
                scan.rebinds_iterators |= is_defined || (!is_called && !is_field);
            }
            Token::Word(word) => {
                if let Some(name) = [ITERATE, POWER].into_iter().find(|name| name == word) {
                    let line = 1 + source[..*start].matches('\n').count();
                    scan.reserved.get_or_insert((line, name));
                }
            }
            Token::Symbol(_) | Token::Text => {}
        }
    }
    scan
}

/// Words that are no names.
const KEYWORDS: [&str; 21] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// The names that may be globals: those that are assigned, and all.
fn globals(tokens: &[(usize, Token<'_>)]) -> (BTreeSet<Box<str>>, Vec<Box<str>>) {
    let token_at = |at: usize| tokens.get(at).map(|(_, token)| *token);
    let before = |at: usize, by: usize| at.checked_sub(by).and_then(token_at);
    let is_concatenation = |at: usize| before(at, 2) == Some(Token::Symbol(b'.'));
    let mut assigned = BTreeSet::new();
    let mut named = Vec::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        let Token::Word(word) = *token else { continue };
        let is_field = match before(at, 1) {
            Some(Token::Symbol(b'.')) => !is_concatenation(at),
            Some(Token::Symbol(b':')) => true,
            _ => false,
        };
        if is_field || word.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        named.push(word);
        let is_assigned = match (before(at, 1), token_at(at + 1)) {
            (Some(Token::Word("local" | "for") | Token::Symbol(b'{')), _) => false,
            (Some(Token::Word("function")), _) => before(at, 2) != Some(Token::Word("local")),
            (_, Some(Token::Symbol(b'='))) => token_at(at + 2) != Some(Token::Symbol(b'=')),
            // One of several targets. A compound assignment needs a value that another assignment gave.
            (_, Some(Token::Symbol(b','))) => true,
            _ => false,
        };
        if is_assigned && !KEYWORDS.contains(&word) && !assigned.contains(word) {
            assigned.insert(word.into());
        }
    }
    named.sort_unstable();
    named.dedup();
    (assigned, named.into_iter().map(Box::from).collect())
}

/// Whether the tokens after `in` are one call of `pairs` or `ipairs`, then `do`.
fn calls_an_iterator(tokens: &[(usize, Token<'_>)]) -> bool {
    let mut tokens = tokens.iter().map(|(_, token)| *token);
    if !matches!(tokens.next(), Some(Token::Word("pairs" | "ipairs")))
        || tokens.next() != Some(Token::Symbol(b'('))
    {
        return false;
    }
    let mut depth = 1;
    for token in tokens.by_ref() {
        match token {
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    tokens.next() == Some(Token::Word("do"))
}

struct Tokens<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens with where they start, without comments. Numbers count as words. What stands in the braces of an interpolated
    /// string are tokens like any others.
    fn all(mut self) -> Vec<(usize, Token<'a>)> {
        let bytes = self.source.as_bytes();
        let mut tokens = Vec::new();
        // How many braces are open inside each interpolated string that is open.
        let mut interpolations: Vec<usize> = Vec::new();
        while let Some(byte) = bytes.get(self.at).copied() {
            let start = self.at;
            let token = match byte {
                _ if byte.is_ascii_whitespace() => {
                    self.at += 1;
                    continue;
                }
                b'-' if bytes[start..].starts_with(b"--") => {
                    self.skip_comment();
                    continue;
                }
                b'"' | b'\'' => self.quoted(byte),
                b'[' if self.long_bracket(start).is_some() => self.skip_long(start),
                b'`' => self.interpolated(&mut interpolations),
                b'}' if interpolations.last() == Some(&0) => {
                    interpolations.pop();
                    self.interpolated(&mut interpolations)
                }
                _ if byte.is_ascii_alphanumeric() || byte == b'_' => self.word(),
                _ => {
                    self.at += 1;
                    match (byte, interpolations.last_mut()) {
                        (b'{', Some(open)) => *open += 1,
                        (b'}', Some(open)) => *open -= 1,
                        _ => {}
                    }
                    Token::Symbol(byte)
                }
            };
            tokens.push((start, token));
        }
        tokens
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at;
        let rest = &self.source.as_bytes()[start..];
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        self.at = start + length;
        Token::Word(&self.source[start..self.at])
    }

    fn quoted(&mut self, quote: u8) -> Token<'a> {
        self.at += 1;
        while let Some(byte) = self.source.as_bytes().get(self.at) {
            self.at += 1;
            match *byte {
                b'\\' => self.at += 1,
                byte if byte == quote => break,
                _ => {}
            }
        }
        Token::Text
    }

    /// A stretch of an interpolated string, from a backtick or a closing brace to a backtick or an opening one.
    fn interpolated(&mut self, interpolations: &mut Vec<usize>) -> Token<'a> {
        self.at += 1;
        while let Some(byte) = self.source.as_bytes().get(self.at) {
            self.at += 1;
            match *byte {
                b'\\' => self.at += 1,
                b'`' => break,
                b'{' => {
                    interpolations.push(0);
                    break;
                }
                _ => {}
            }
        }
        Token::Text
    }

    fn skip_comment(&mut self) {
        let start = self.at + 2;
        if self.long_bracket(start).is_some() {
            self.skip_long(start);
        } else {
            let rest = &self.source[self.at..];
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// The count of `=` of a long bracket that opens here.
    fn long_bracket(&self, at: usize) -> Option<usize> {
        let rest = self.source.as_bytes().get(at..)?.strip_prefix(b"[")?;
        let level = rest.iter().take_while(|byte| **byte == b'=').count();
        (rest.get(level) == Some(&b'[')).then_some(level)
    }

    fn skip_long(&mut self, start: usize) -> Token<'a> {
        let level = self.long_bracket(start).unwrap_or(0);
        let end = format!("]{}]", "=".repeat(level));
        let rest = &self.source[start..];
        self.at = start
            + rest
                .find(&end)
                .map_or(rest.len(), |found| found + end.len());
        Token::Text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Scan, scan};

    #[test]
    fn only_what_must_be_parsed_is() {
        let parse = || Scan {
            needs_parsing: true,
            ..Scan::default()
        };
        let iterates = || Scan {
            iterates: true,
            ..Scan::default()
        };
        for (source, expected) in [
            (
                "local x = 'a ^ b' -- in ^\nlocal y = [[ in ]] --[==[ in ]] ^ ]==] .. \"\\\" ^\"",
                Scan::default(),
            ),
            ("for k, v in pairs(t) do end", iterates()),
            ("for i, v in ipairs({ f(1), (2) }) do end", iterates()),
            ("for i = 1, 2 do end", Scan::default()),
            ("for k, v in t do end", parse()),
            ("for k, v in pairs(t), 1 do end", parse()),
            ("for k, v in pairs(t) or t do end", parse()),
            ("for k, v in next, t do end", parse()),
            ("x = y^2", parse()),
            ("x = `a {y ^ 2} b`", parse()),
            ("x = `a ^ {({ y = `^` }).y} in`", Scan::default()),
            (
                "local p = pairs",
                Scan {
                    rebinds_iterators: true,
                    ..Scan::default()
                },
            ),
            (
                "local function ipairs(t) end",
                Scan {
                    rebinds_iterators: true,
                    ..Scan::default()
                },
            ),
            ("t.pairs = 1", Scan::default()),
            (
                "x = 1\ny = __power",
                Scan {
                    reserved: Some((2, "__power")),
                    ..Scan::default()
                },
            ),
        ] {
            let found = Scan {
                tokens: 0,
                assigned: BTreeSet::new(),
                named: Vec::new(),
                ..scan(source)
            };
            assert_eq!(found, expected, "{source}");
        }
    }

    #[test]
    fn every_way_to_assign_a_global_is_found() {
        for (source, expected) in [
            ("A = 1 B.c = 2 D == 3", &["A"][..]),
            ("A, b.c, D = 1, nil, true", &["A", "D"]),
            ("function A() end function B.c() end", &["A", "B"]),
            ("function A<T>(x: T) end", &["A"]),
            (
                "local a = 1 local function b() end for c = 1, 2 do end",
                &[],
            ),
            ("t = { a = 1, b == 2 } x = 'C = 1' -- D = 1", &["t", "x"]),
            (
                "f(function() A = 1 end) x = `{g(function() B = 2 end)}`",
                &["A", "B", "x"],
            ),
        ] {
            let assigned = scan(source).assigned;
            let found: Vec<&str> = assigned.iter().map(|name| &**name).collect();
            assert_eq!(found, expected, "{source}");
        }
        let named = scan("local x = 'a' .. B .. c.d .. e:f() .. 0x1").named;
        let named: Vec<&str> = named.iter().map(|name| &**name).collect();
        assert_eq!(named, ["B", "c", "e", "local", "x"]);
    }
}
