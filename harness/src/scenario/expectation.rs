//! Reads what must become of a step, and what must hold after a tick.

use std::collections::BTreeMap;

use modding::api::Field;
use modding::diagnostic::Fault;
use modding::document::{Scalar, TableReader, ValueReader};
use modding::mod_id::ModId;

use super::parse::{Context, read_loaded_mod};
use super::{Check, Comparison, Expectation, StepExpectation, Subject, Vocabulary, When};

/// Reads the `expect` of a step.
pub(super) fn read_step_expectation(
    value: &ValueReader<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Option<StepExpectation> {
    let mut table = value.table()?;
    let mut name = |key, what, names| table.optional(key)?.one_of(what, names).map(str::to_owned);
    let kind = name("type", "reload type", vocabulary.reload_types);
    let stage = name("stage", "stage", vocabulary.stages);
    let outcome = table
        .optional("outcome")
        .and_then(|value| read_outcome(&value, vocabulary.outcomes));
    let error = table
        .optional("error")
        .and_then(|value| value.string().map(str::to_owned));
    let mut paths = |key| {
        let mut paths = table.optional(key)?.strings()?;
        paths.sort_unstable();
        Some(paths)
    };
    let (kept, migrated) = (paths("kept"), paths("migrated"));
    let (defaulted, dropped) = (paths("defaulted"), paths("dropped"));
    table.finish();
    Some(StepExpectation {
        outcome,
        kind,
        stage,
        error,
        kept,
        migrated,
        defaulted,
        dropped,
        place: value.place(),
    })
}

/// One of `outcomes`; `_` stands for a space, so that `rolled_back` can be written like every other name.
fn read_outcome(value: &ValueReader<'_>, outcomes: &[&str]) -> Option<String> {
    let text = value.string()?;
    let spaced = text.replace('_', " ");
    if outcomes.contains(&spaced.as_str()) {
        return Some(spaced);
    }
    let spellings: Vec<String> = outcomes
        .iter()
        .map(|outcome| outcome.replace(' ', "_"))
        .collect();
    value.report(
        Fault::new(format!("unknown outcome `{text}`"))
            .suggest(text, spellings.iter().map(String::as_str)),
    );
    None
}

/// Reads a table of `[[expect]]`.
pub(super) fn read_expectation(
    mut table: TableReader<'_>,
    context: &Context<'_>,
) -> Option<Expectation> {
    let when = read_when(&mut table, context);
    let subject = read_subject(&mut table, context);
    let comparisons: Vec<_> = COMPARISONS
        .into_iter()
        .filter_map(|key| Some((key, table.optional(key)?)))
        .collect();
    let check = subject.and_then(|(subject, value)| {
        Some((read_check(&table, subject, comparisons)?, value.place()))
    });
    table.finish();
    let (check, place) = check?;
    Some(Expectation {
        when: when?,
        check,
        place,
    })
}

const COMPARISONS: [&str; 6] = [
    "equals",
    "not_equals",
    "at_least",
    "at_most",
    "exists",
    "count",
];

/// The digits of a hash in a report.
const HASH_DIGITS: usize = 32;

enum SubjectOrHash {
    Subject(Subject),
    HashWithoutStep(String),
    Hash(u128),
}

fn read_when(table: &mut TableReader<'_>, context: &Context<'_>) -> Option<When> {
    match (table.optional("at"), table.optional("every")) {
        (None, None) => Some(When::End),
        (Some(at), None) => at.integer(0..=context.ticks).map(When::At),
        (None, Some(every)) => every.integer(1..=context.ticks).map(When::Every),
        (Some(_), Some(every)) => {
            every.fault("expected either `at` or `every`, found both");
            None
        }
    }
}

/// The subject and the value that names it.
fn read_subject<'d>(
    table: &mut TableReader<'d>,
    context: &Context<'_>,
) -> Option<(SubjectOrHash, ValueReader<'d>)> {
    let keys = ["mod", "world", "event", "failing_calls", "hash_equals"];
    let mut found: Vec<(&str, ValueReader<'d>)> = keys
        .into_iter()
        .filter_map(|key| Some((key, table.optional(key)?)))
        .collect();
    let (path, filter) = (table.optional("path"), table.optional("where"));
    let only = found.pop();
    let Some((key, value)) = only.filter(|_| found.is_empty()) else {
        let count = if found.is_empty() { "none" } else { "several" };
        table.fault(format!("expected one subject, found {count}: `mod` with `path`, `world`, `event`, `failing_calls` or `hash_equals`"));
        return None;
    };
    if let Some(path) = path.as_ref().filter(|_| key != "mod") {
        path.fault(format!("`path` goes with `mod`, not with `{key}`"));
    }
    if let Some(filter) = filter.as_ref().filter(|_| key != "event") {
        filter.fault(format!("`where` goes with `event`, not with `{key}`"));
    }
    match key {
        "mod" => read_mod_state(table, &value, path, context),
        "world" => read_world(value, context.vocabulary),
        "failing_calls" => {
            let mod_id = read_loaded_mod(&value, context)?;
            Some((
                SubjectOrHash::Subject(Subject::FailingCalls { mod_id }),
                value,
            ))
        }
        "event" => read_event_count(value, filter, context),
        _ => read_hash(value),
    }
}

fn read_mod_state<'d>(
    table: &TableReader<'d>,
    value: &ValueReader<'d>,
    path: Option<ValueReader<'d>>,
    context: &Context<'_>,
) -> Option<(SubjectOrHash, ValueReader<'d>)> {
    let mod_id = read_loaded_mod(value, context);
    let Some(path) = path else {
        table.fault("missing key `path`, which says where in the mod's state to look");
        return None;
    };
    let text = path.string()?;
    if text.split('.').any(str::is_empty) {
        path.fault("expected names between dots, such as `by_kind.haul`");
    }
    let subject = Subject::ModState {
        mod_id: mod_id?,
        path: text.to_owned(),
    };
    Some((SubjectOrHash::Subject(subject), path))
}

fn read_world<'d>(
    value: ValueReader<'d>,
    vocabulary: &Vocabulary<'_>,
) -> Option<(SubjectOrHash, ValueReader<'d>)> {
    let query = value.string()?;
    if let Err(fault) = (vocabulary.check_query)(query) {
        value.report(fault);
    }
    let subject = Subject::World {
        query: query.to_owned(),
    };
    Some((SubjectOrHash::Subject(subject), value))
}

fn read_event_count<'d>(
    value: ValueReader<'d>,
    filter: Option<ValueReader<'d>>,
    context: &Context<'_>,
) -> Option<(SubjectOrHash, ValueReader<'d>)> {
    let event = value.string()?;
    let owner = event
        .split_once(':')
        .and_then(|(owner, _)| ModId::parse(owner).ok());
    let events = context.vocabulary.events;
    if !owner.is_some_and(|owner| context.mods.contains(&owner)) && !events.contains(&event) {
        value.report(
            Fault::new(format!("unknown event `{event}`")).suggest(event, events.iter().copied()),
        );
    }
    let fields = (context.vocabulary.event_fields)(event);
    let filter = match filter {
        Some(filter) => read_filter(event, &fields, filter.table()?)?,
        None => Default::default(),
    };
    let subject = Subject::EventCount {
        event: event.to_owned(),
        filter,
    };
    Some((SubjectOrHash::Subject(subject), value))
}

/// The wanted values of fields. What `event` cannot have is reported: other fields than `fields`, and values of another type
/// (those of a mod's event are not known).
fn read_filter(
    event: &str,
    fields: &[Field],
    filter: TableReader<'_>,
) -> Option<BTreeMap<String, Scalar>> {
    let mut wanted = BTreeMap::new();
    let mut complete = true;
    for (key, value) in filter.into_entries() {
        let field = fields.iter().find(|field| field.path == key.text);
        if field.is_none() && !fields.is_empty() {
            let fault = Fault::new(format!("`{event}` has no field `{}`", key.text));
            key.report(fault.suggest(key.text, fields.iter().map(|field| field.path)));
        }
        let Some(scalar) = value.scalar() else {
            complete = false;
            continue;
        };
        let expected = field.and_then(Field::scalar_kind);
        if let Some(expected) = expected.filter(|expected| *expected != scalar.kind()) {
            value.fault(format!(
                "`{}` of `{event}` is {expected}, found {}",
                key.text,
                scalar.kind()
            ));
        }
        wanted.insert(key.text.to_owned(), scalar);
    }
    complete.then_some(wanted)
}

fn read_hash(value: ValueReader<'_>) -> Option<(SubjectOrHash, ValueReader<'_>)> {
    if value.is_string() {
        let digits = value.string()?;
        let hash = u128::from_str_radix(digits, 16).ok();
        let Some(hash) = hash.filter(|_| digits.len() == HASH_DIGITS) else {
            value.fault(format!(
                "expected a hash of {HASH_DIGITS} digits as a report shows it, found `{digits}`"
            ));
            return None;
        };
        return Some((SubjectOrHash::Hash(hash), value));
    }
    let Some(mut table) = value.clone().as_table() else {
        return value.mismatch("a hash or a table `{ without_step }`");
    };
    let label = table.required("without_step");
    table.finish();
    let label = label?;
    let text = label.string()?;
    Some((SubjectOrHash::HashWithoutStep(text.to_owned()), label))
}

fn read_check(
    table: &TableReader<'_>,
    subject: SubjectOrHash,
    comparisons: Vec<(&str, ValueReader<'_>)>,
) -> Option<Check> {
    let compares_already = |comparisons: Vec<(&str, ValueReader<'_>)>| {
        for (key, value) in comparisons {
            value.fault(format!(
                "`{key}` does not go with `hash_equals`, which compares already"
            ));
        }
    };
    match subject {
        SubjectOrHash::HashWithoutStep(label) => {
            compares_already(comparisons);
            Some(Check::HashEqualsWithoutStep { label })
        }
        SubjectOrHash::Hash(hash) => {
            compares_already(comparisons);
            Some(Check::HashEquals { hash })
        }
        SubjectOrHash::Subject(subject) => {
            let counts_events = matches!(subject, Subject::EventCount { .. });
            let comparison = read_comparison(table, comparisons, counts_events)?;
            Some(Check::Compare {
                subject,
                comparison,
            })
        }
    }
}

fn read_comparison(
    table: &TableReader<'_>,
    mut found: Vec<(&str, ValueReader<'_>)>,
    counts_events: bool,
) -> Option<Comparison> {
    let only = found.pop();
    let Some((key, value)) = only.filter(|_| found.is_empty()) else {
        let count = if found.is_empty() { "none" } else { "several" };
        let names = if counts_events {
            "`count`"
        } else {
            "`equals`, `not_equals`, `at_least`, `at_most` or `exists`"
        };
        table.fault(format!("expected one comparison, found {count}: {names}"));
        return None;
    };
    match (key, counts_events) {
        ("count", true) => read_count(&value),
        ("count", false) => {
            value.fault("`count` goes with `event` only");
            None
        }
        (_, true) => {
            value.fault(format!("`{key}` does not go with `event`: write `count = 3` or `count = {{ at_least = 3 }}`"));
            None
        }
        (_, false) => read_named_comparison(key, &value),
    }
}

fn read_count(value: &ValueReader<'_>) -> Option<Comparison> {
    let Some(mut table) = value.clone().as_table() else {
        return value
            .integer(0..=i64::MAX)
            .map(|count| Comparison::Equals(Scalar::Integer(count)));
    };
    let bounds = [table.optional("at_least"), table.optional("at_most")];
    table.finish();
    match bounds {
        [Some(low), None] => low.integer(0..=i64::MAX).map(Comparison::AtLeast),
        [None, Some(high)] => high.integer(0..=i64::MAX).map(Comparison::AtMost),
        _ => {
            value.fault("expected a number, `{ at_least = .. }` or `{ at_most = .. }`");
            None
        }
    }
}

fn read_named_comparison(key: &str, value: &ValueReader<'_>) -> Option<Comparison> {
    let integer = || value.integer(i64::MIN..=i64::MAX);
    match key {
        "equals" => value.scalar().map(Comparison::Equals),
        "not_equals" => value.scalar().map(Comparison::NotEquals),
        "at_least" => integer().map(Comparison::AtLeast),
        "at_most" => integer().map(Comparison::AtMost),
        _ => value.boolean().map(Comparison::Exists),
    }
}
