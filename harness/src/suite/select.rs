//! Chooses among the cases that were found.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use modding::diagnostic::{Fault, nearest};

use super::{Case, Problem};

/// Names shown where none is near the one asked for.
const NAMES_SHOWN_MAX: usize = 5;

/// Most shards: more than there are machines to run them on.
const SHARDS_MAX: u32 = 100_000;

/// Every `count`th case, from the `index`th on, counted from 1 in order of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1 to `count`.
    pub index: u32,
    /// Parts.
    pub count: u32,
}

/// Which cases to run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Texts of which the name has one; any name if there are none.
    pub texts: Vec<String>,
    /// Names of which it is one; any if `None`.
    pub names: Option<BTreeSet<String>>,
    /// The part of what is left.
    pub shard: Option<Shard>,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (index, count) = text.split_once('/')?;
            let (index, count) = (index.parse().ok()?, count.parse().ok()?);
            let fits = (1..=SHARDS_MAX).contains(&count) && (1..=count).contains(&index);
            fits.then_some(Shard { index, count })
        };
        parse().ok_or_else(|| {
            format!("expected a part and the number of parts, at most {SHARDS_MAX}, such as `2/5`")
        })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

/// The chosen cases, in order of name.
///
/// # Errors
/// If there are none.
pub fn select(cases: Vec<Case>, selection: &Selection) -> Result<Vec<Case>, Problem> {
    let all: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
    let texts = &selection.texts;
    let named: Vec<Case> = cases
        .into_iter()
        .filter(|case| texts.is_empty() || texts.iter().any(|text| case.name.contains(text)))
        .collect();
    if named.is_empty() {
        return Err(Problem::Nothing(no_match(texts, &all)));
    }
    let named: Vec<Case> = match &selection.names {
        Some(names) => {
            let chosen = named.into_iter().filter(|case| names.contains(&case.name));
            chosen.collect()
        }
        None => named,
    };
    if named.is_empty() {
        let fault = Fault::new("none of these cases failed last time");
        return Err(Problem::Nothing(fault.help("leave out --failed")));
    }
    let Some(shard) = selection.shard else {
        return Ok(named);
    };
    let count = named.len();
    let chosen = named
        .into_iter()
        .zip(0_u32..)
        .filter_map(|(case, at)| (at % shard.count == shard.index - 1).then_some(case));
    let chosen: Vec<Case> = chosen.collect();
    if chosen.is_empty() {
        let fault = Fault::new(format!("shard {shard} of {count} cases has none"));
        return Err(Problem::Nothing(fault.help("use fewer shards")));
    }
    Ok(chosen)
}

fn no_match(texts: &[String], names: &[String]) -> Fault {
    if names.is_empty() {
        return Fault::new("there are no scenarios here")
            .help("write one: scenarios/first.toml, see docs/scenarios.md");
    }
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    let fault = Fault::new(format!("no case has {} in its name", quoted.join(" or ")));
    let near = texts
        .iter()
        .find_map(|text| nearest(text, names.iter().map(String::as_str)));
    match near {
        Some(name) => fault.help(format!("did you mean `{name}`?")),
        None => {
            let shown: Vec<&str> = names
                .iter()
                .take(NAMES_SHOWN_MAX)
                .map(String::as_str)
                .collect();
            let more = names.len() - shown.len();
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            fault.help(format!("there are {}{more}", shown.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_a_part_of_a_number_of_parts() {
        for (text, expected) in [
            ("1/1", Some(Shard { index: 1, count: 1 })),
            ("2/5", Some(Shard { index: 2, count: 5 })),
            ("0/5", None),
            ("6/5", None),
            ("1/0", None),
            ("1", None),
            ("-1/2", None),
            ("1/999999999999", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }
}
