//! The report of a sweep: a line for each colony, then what they come to together.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use super::json::{REPORT_VERSION, hex};
use super::text::{counts, number};
use crate::sweep::{Sweep, SweptColony};

/// Kinds of jobs that a line names, the most frequent first.
const KINDS_SHOWN: usize = 4;
/// Digits of a hash that a line shows.
const HASH_DIGITS: usize = 8;

/// The report for people.
pub fn text(sweep: &Sweep) -> String {
    let mut text = String::new();
    let mods: Vec<String> = sweep
        .mods
        .iter()
        .map(|at_start| format!("{} {}", at_start.id, at_start.version))
        .collect();
    let seeds = match (sweep.colonies.first(), sweep.colonies.last()) {
        (Some(first), Some(last)) => format!("seeds {} to {}", first.seed, last.seed),
        _ => "no seeds".to_owned(),
    };
    let ticks = number(sweep.ticks);
    let _ = writeln!(
        text,
        "{} · {seeds} · {ticks} ticks each · {}\n",
        sweep.scenario,
        mods.join(", ")
    );
    let _ = writeln!(
        text,
        "  seed  alive  died of                            jobs done  hash"
    );
    for colony in &sweep.colonies {
        line(&mut text, colony);
    }
    text.push('\n');
    summary(&mut text, sweep);
    text
}

fn line(text: &mut String, swept: &SweptColony) {
    let done: u64 = swept.colony.jobs_done.values().sum();
    let hash: String = hex(swept.hash).chars().take(HASH_DIGITS).collect();
    let verdict = if swept.passed {
        ""
    } else {
        "  not as expected"
    };
    let _ = writeln!(
        text,
        "{:>6}  {:>5}  {:<34} {:>9}  {hash}{verdict}",
        swept.seed,
        number(swept.colony.alive),
        counts(&swept.colony.causes_of_death),
        number(done),
    );
}

fn summary(text: &mut String, sweep: &Sweep) {
    let all = sweep.colonies.len() as u64;
    let count = |is_counted: &dyn Fn(&SweptColony) -> bool| {
        let counted = sweep.colonies.iter().filter(|colony| is_counted(colony));
        number(counted.count() as u64)
    };
    let alive = count(&|swept| swept.colony.alive > 0);
    let whole = count(&|swept| swept.colony.died == 0);
    let _ = writeln!(
        text,
        "survived   {alive} of {} colonies, {whole} without a death",
        number(all)
    );
    let died = totals(sweep, |swept| &swept.colony.causes_of_death);
    let died = if died.values().sum::<u64>() == 0 {
        "nobody".to_owned()
    } else {
        counts(&died)
    };
    let _ = writeln!(text, "died of    {died}");
    let jobs = totals(sweep, |swept| &swept.colony.jobs_done);
    let sum: u64 = jobs.values().sum();
    let mut most: Vec<(&String, &u64)> = jobs.iter().collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let most: BTreeMap<String, u64> = most
        .into_iter()
        .take(KINDS_SHOWN)
        .map(|(kind, count)| (kind.clone(), *count))
        .collect();
    let others = sum - most.values().sum::<u64>();
    let _ = writeln!(
        text,
        "jobs done  {}: {}, others {}",
        number(sum),
        counts(&most),
        number(others)
    );
    let passed = count(&|swept| swept.passed);
    let _ = writeln!(text, "expect     {passed} of {} as expected", number(all));
}

fn totals(
    sweep: &Sweep,
    of: impl Fn(&SweptColony) -> &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in sweep.colonies.iter().flat_map(of) {
        *totals.entry(name.clone()).or_default() += count;
    }
    totals
}

/// The report for programs.
pub fn json(sweep: &Sweep, exit_code: u8) -> String {
    let colonies = sweep.colonies.iter().map(|swept| {
        let (met, all) = swept.expectations;
        json!({
            "seed": swept.seed,
            "alive": swept.colony.alive,
            "died": swept.colony.died,
            "causes_of_death": swept.colony.causes_of_death,
            "jobs_done": swept.colony.jobs_done,
            "items": swept.colony.items,
            "expectations": { "met": met, "all": all },
            "passed": swept.passed,
            "hash": hex(swept.hash),
        })
    });
    let report = json!({
        "version": REPORT_VERSION,
        "scenario": sweep.scenario,
        "ticks": sweep.ticks,
        "exit_code": exit_code,
        "mods": sweep.mods.iter().map(|at_start| json!({ "id": at_start.id, "version": at_start.version })).collect::<Vec<_>>(),
        "colonies": colonies.collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}
