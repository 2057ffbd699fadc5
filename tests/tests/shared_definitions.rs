//! Definitions that several mods have a hand in, while the colony runs: changed, taken back, refused, in conflict.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use harness::report::json;
use harness::report::text::{self, TextOptions};
use modding::context::LogLevel;
use modding::report::{Outcome, ReloadReport};
use tests::{Project, manifest};

const ON_BASE: &str = "[dependencies]\nbase = \"^1\"";

/// Spring as it is in `base` stays below 200 tenths of a degree; this one does not.
const HOT: &str = "[spring]\nextend = true\ntemperature = 400\n";

/// A mod of definitions alone.
fn content(project: Project, id: &str, more: &str, kind: &str, text: &str) -> Project {
    let manifest = manifest(id, "1.0.0", more).replace("entry = \"scripts/main.lua\"\n", "");
    project
        .file(&format!("mods/{id}/mod.toml"), &manifest)
        .file(&format!("mods/{id}/assets/{kind}.toml"), text)
}

fn warm() -> Project {
    content(Project::new(), "warm", ON_BASE, "seasons", HOT)
}

fn step(at: u64, action: &str) -> String {
    format!("[[step]]\nat = {at}\n{action}\n\n")
}

fn refused(at: u64, action: &str) -> String {
    step(
        at,
        &format!("{action}\nexpect = {{ outcome = \"rolled_back\" }}"),
    )
}

fn temperature(at: u64, bound: &str) -> String {
    format!("[[expect]]\nat = {at}\nworld = \"temperature\"\n{bound}\n\n")
}

const IS_HOT: &str = "at_least = 300";
const IS_MILD: &str = "at_most = 250";

fn run(project: Project, ticks: u64, mods: &[&str], rest: &[String]) -> RunRecord {
    let record = project.scenario(ticks, mods, &rest.concat()).run().unwrap();
    assert_eq!(record.faults(), []);
    record
}

fn report(record: &RunRecord, step: usize) -> &ReloadReport {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => &reports[0],
        other => panic!("{other:?}"),
    }
}

fn outcomes(record: &RunRecord) -> Vec<Outcome> {
    let steps = 0..record.steps.len();
    steps.map(|step| report(record, step).outcome).collect()
}

/// Why a step was rolled back.
fn error(record: &RunRecord, step: usize) -> String {
    let error = report(record, step).error.as_ref().unwrap();
    let faults: Vec<String> = error.faults.iter().map(ToString::to_string).collect();
    faults.join("\n")
}

fn warnings(record: &RunRecord) -> Vec<(u64, String)> {
    let lines = record
        .log
        .iter()
        .filter(|line| line.level == LogLevel::Warn);
    lines
        .map(|line| (line.tick, format!("{}: {}", line.mod_id, line.text)))
        .collect()
}

#[test]
fn a_change_of_another_mod_s_definition_comes_changes_and_goes_with_its_mod() {
    let cooler =
        "edit = { file = \"warm/assets/seasons.toml\", find = \"400\", replace = \"100\" }";
    let record = run(
        warm(),
        20,
        &[],
        &[
            step(3, "add = { mod = \"warm\" }"),
            step(6, "disable = { mod = \"warm\" }"),
            step(9, "enable = { mod = \"warm\" }"),
            step(12, cooler),
            step(15, "rollback = { mod = \"warm\" }"),
            step(18, "remove = { mod = \"warm\" }"),
            temperature(2, IS_MILD),
            temperature(3, IS_HOT),
            temperature(6, IS_MILD),
            temperature(9, IS_HOT),
            temperature(12, IS_MILD),
            temperature(15, IS_HOT),
            temperature(18, IS_MILD),
        ],
    );
    assert_eq!(outcomes(&record), [Outcome::Committed; 6]);
    assert_eq!(record.changed_definitions, []);
}

#[test]
fn a_change_survives_saving_and_is_told_in_both_reports() {
    let record = run(
        warm(),
        8,
        &["warm"],
        &[
            step(4, "label = \"restart\"\nrestart = true"),
            temperature(2, IS_HOT),
            temperature(6, IS_HOT),
            "[[expect]]\nhash_equals = { without_step = \"restart\" }\n".to_owned(),
        ],
    );
    let told = text::report(&record, TextOptions::default());
    assert!(
        told.contains("content    seasons.spring of base, changed by warm\n"),
        "{told}"
    );
    let told: String = json::report(&record, 0).split_whitespace().collect();
    let expected =
        "{\"changed_by\":[\"warm\"],\"defined_by\":\"base\",\"name\":\"seasons.spring\"}";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_change_that_what_lives_cannot_bear_is_rolled_back() {
    let chop = "[chop]\nextend = true\ntarget = \"rock\"\n";
    let project = content(Project::new(), "axes", ON_BASE, "jobs", chop);
    let record = run(project, 40, &[], &[refused(30, "add = { mod = \"axes\" }")]);
    assert_eq!(outcomes(&record), [Outcome::RolledBack]);
    assert!(error(&record, 0).contains("chop"), "{}", error(&record, 0));
    assert_eq!(record.changed_definitions, []);
}

#[test]
fn what_a_file_says_wrong_is_rolled_back_and_the_change_before_it_stays() {
    let edit = |find: &str, replace: &str| {
        format!(
            "edit = {{ file = \"warm/assets/seasons.toml\", find = \"{find}\", replace = \"{replace}\" }}"
        )
    };
    let record = run(
        warm(),
        12,
        &["warm"],
        &[
            refused(3, &edit("temperature", "temperatur")),
            step(5, &edit("temperatur =", "temperature =")),
            refused(7, &edit("400", "4000")),
            temperature(4, IS_HOT),
            temperature(8, IS_HOT),
        ],
    );
    assert_eq!(report(&record, 0).outcome, Outcome::RolledBack);
    let unknown = error(&record, 0);
    assert!(
        unknown.contains("unknown key `temperatur` at warm/assets/seasons.toml:3:1"),
        "{unknown}"
    );
    let beyond = error(&record, 2);
    assert!(beyond.contains("warm/assets/seasons.toml:3:15"), "{beyond}");
}

/// `pottery` defines clay, `glaze` changes it.
fn clay() -> Project {
    let clay =
        "[clay]\nstack_max = 5\nhaul_priority = 1\n\n[jug]\nstack_max = 5\nhaul_priority = 1\n";
    let project = content(Project::new(), "pottery", "", "items", clay);
    let glaze = "[clay]\nextend = true\nstack_max = 6\n";
    let needs = "[dependencies]\npottery = \"^1\"";
    content(project, "glaze", needs, "items", glaze)
}

#[test]
fn what_others_change_may_change_and_may_not_go() {
    let record = run(
        clay(),
        12,
        &["pottery", "glaze"],
        &[
            step(
                2,
                "edit = { file = \"pottery/assets/items.toml\", find = \"[clay]\\nstack_max = 5\\nhaul_priority = 1\", replace = \"[clay]\\nstack_max = 9\\nhaul_priority = 4\" }",
            ),
            refused(
                4,
                "edit = { file = \"pottery/assets/items.toml\", find = \"[clay]\", replace = \"[loam]\" }",
            ),
            step(
                6,
                "edit = { file = \"pottery/assets/items.toml\", find = \"[loam]\", replace = \"[clay]\" }",
            ),
            refused(
                8,
                "edit = { file = \"glaze/mod.toml\", find = \"pottery\", replace = \"base\" }",
            ),
        ],
    );
    assert_eq!(report(&record, 0).outcome, Outcome::Committed);
    assert_eq!(report(&record, 1).outcome, Outcome::RolledBack);
    let gone = error(&record, 1);
    let nothing = "`items.clay` is defined by no mod before glaze, so there is nothing to extend at glaze/assets/items.toml:1:2";
    assert!(gone.contains(nothing), "{gone}");
    assert_eq!(report(&record, 3).outcome, Outcome::RolledBack);
    let stranger = error(&record, 3);
    assert!(
        stranger.contains("`items.clay` is of pottery, on which glaze does not depend"),
        "{stranger}"
    );
    assert_eq!(record.changed_definitions.len(), 1);
}

#[test]
fn a_mod_that_cannot_start_leaves_its_change_and_is_mended() {
    let project = warm()
        .file("mods/warm/mod.toml", &manifest("warm", "1.0.0", ON_BASE))
        .file("mods/warm/scripts/main.lua", "error('not yet')\n");
    let scenario = project.scenario(
        10,
        &["warm"],
        &[
            step(3, "restart = true"),
            step(
                5,
                "write = { file = \"warm/scripts/main.lua\", text = \"print('here')\" }",
            ),
            step(7, "remove = { mod = \"warm\" }"),
            temperature(2, IS_HOT),
            temperature(4, IS_HOT),
            temperature(6, IS_HOT),
            temperature(8, IS_MILD),
        ]
        .concat(),
    );
    let record = scenario.run().unwrap();
    assert_eq!(record.left_out.len(), 1);
    let unmet: Vec<_> = record
        .faults()
        .into_iter()
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(unmet, [""; 0]);
}

#[test]
fn strangers_in_conflict_are_told_once_and_a_dependency_decides() {
    let project = content(
        warm(),
        "cold",
        ON_BASE,
        "seasons",
        &HOT.replace("400", "-400"),
    );
    let depend = "edit = { file = \"warm/mod.toml\", find = \"base = \\\"^1\\\"\", replace = \"base = \\\"^1\\\"\\ncold = \\\"^1\\\"\" }";
    let record = run(
        project,
        16,
        &["warm"],
        &[
            step(3, "add = { mod = \"cold\" }"),
            step(6, "restart = true"),
            step(9, depend),
            temperature(2, IS_HOT),
            temperature(4, "at_most = -250"),
            temperature(10, IS_HOT),
        ],
    );
    let expected = "cold: `seasons.spring.temperature` is 400 (warm/assets/seasons.toml:3) in warm and -400 (cold/assets/seasons.toml:3) in cold: \
                    cold has its way, as it comes later; to decide it, let one of them depend on the other";
    assert_eq!(warnings(&record), [(3, expected.to_owned())]);
    let told = text::report(&record, TextOptions::default());
    assert!(
        told.contains("cold: warning: `seasons.spring.temperature`"),
        "{told}"
    );
    assert!(json::report(&record, 0).contains("cold has its way, as it comes later"));
    let changed = &record.changed_definitions[0].changed_by;
    let changed: Vec<&str> = changed.iter().map(|id| id.as_str()).collect();
    assert_eq!(changed, ["cold", "warm"]);
}
