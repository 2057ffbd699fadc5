//! Reading which snapshots a scenario asks for.

use super::*;

#[test]
fn snapshots_are_taken_when_they_are_asked_for() {
    let text = with("[snapshot]\nat = [0, 41]\nevery = 40\ninclude = [\"mods.stats\", \"jobs\"]\n");
    let plan = read(&text).expect("no fault").snapshot.expect("a plan");
    let due: Vec<u64> = (0..=100).filter(|tick| plan.is_due(*tick)).collect();
    assert_eq!(due, [0, 40, 41, 80]);
    assert_eq!(plan.last(100), Some(80));
    let stats = Section::Mod(ModId::parse("stats").expect("an id"));
    assert_eq!(plan.include, [Section::Jobs, stats].into());
}

#[test]
fn snapshots_that_cannot_be_are_refused() {
    for (table, expected) in [
        (
            "at = [101]",
            "10:7 expected an integer from 0 to 100, found 101",
        ),
        ("at = [3, 3]", "10:10 tick 3 is listed twice"),
        (
            "every = 0",
            "10:9 expected an integer from 1 to 100, found 0",
        ),
        (
            "at = [3]\ninclude = [\"jbos\"]",
            "11:12 unknown part of a snapshot `jbos` (did you mean `jobs`?)",
        ),
        (
            "at = [3]\ninclude = [\"mods.stast\"]",
            "11:12 the mod `stast` is not in the list `load` under `[mods]`, and no step adds it (did you mean `stats`?)",
        ),
        (
            "include = []",
            "9:1 expected `at = [...]`, `every = ...` or both: the ticks of the snapshots",
        ),
        (
            "at = [3]\nevry = 5",
            "11:1 unknown key `evry` (did you mean `every`?)",
        ),
    ] {
        assert_eq!(
            messages(&with(&format!("[snapshot]\n{table}\n"))),
            [expected],
            "{table}"
        );
    }
    let many = with("[snapshot]\nevery = 1\n").replace("ticks = 100", "ticks = 1001");
    assert_eq!(
        messages(&many),
        ["9:1 these are 1001 snapshots, expected at most 1000"]
    );
}
