//! Whose fault it is when definitions do not go together: the mod with which the fault came in is left out or rolled back, told
//! where, and no other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::Outcome;
use tests::{Project, manifest};

const ON_BASE: &str = "[dependencies]\nbase = \"^1\"";

/// A mod of definitions alone.
fn content(project: Project, id: &str, more: &str, kind: &str, text: &str) -> Project {
    let manifest = manifest(id, "1.0.0", more).replace("entry = \"scripts/main.lua\"\n", "");
    project
        .file(&format!("mods/{id}/mod.toml"), &manifest)
        .file(&format!("mods/{id}/assets/{kind}.toml"), text)
}

/// What is wrong with a mod: the kind of its file, the text, and the place and the text of what is told of it. A file that should
/// not be there is named in the text and has no place.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Faults that come in with a mod, most of them in definitions of `base`.
const FAULTS: [Row; 5] = [
    // Two terrains with one symbol: told of that which comes later in the alphabet.
    (
        "terrain",
        "[moss]\nsymbol = \"T\"\nwalk_cost = 1\n",
        "wrong/assets/terrain.toml:2:10",
        "already stands for",
    ),
    // The recipes that are cooked at it stand in `base`.
    (
        "buildings",
        "[stove]\nextend = true\npurpose = \"recreation\"\n",
        "wrong/assets/buildings.toml:3:11",
        "stove",
    ),
    (
        "seasons",
        "[spring]\nextend = true\ntemperature = \"hot\"\n",
        "wrong/assets/seasons.toml:3:15",
        "integer",
    ),
    (
        "jobs",
        "[chop]\nextend = true\ntarget = \"tre\"\n",
        "wrong/assets/jobs.toml:3:10",
        "not defined",
    ),
    ("itms", "[x]\n", "", "no file of definitions"),
];

fn left_out(record: &RunRecord) -> Vec<(String, String, Option<String>)> {
    let faults = record.left_out.iter().flat_map(|left_out| {
        left_out.faults.iter().map(|fault| {
            let place = fault.place.as_ref();
            let place =
                place.map(|place| format!("{}:{}:{}", place.file, place.line(), place.column()));
            (left_out.name.clone(), fault.message.clone(), place)
        })
    });
    faults.collect()
}

/// The colony begins without it, and runs the others.
#[test]
fn a_mod_with_which_a_fault_comes_in_is_left_out_at_the_start() {
    for (kind, text, place, message) in FAULTS {
        let record = content(Project::new(), "wrong", ON_BASE, kind, text)
            .lua_mod(
                "beside",
                "1.0.0",
                "",
                "colony.state.define({ ran = true })\n",
            )
            .lua_mod("needing", "1.0.0", "[dependencies]\nwrong = \"*\"", "")
            .scenario(
                20,
                &["wrong", "beside", "needing"],
                "[[expect]]\nat = 20\nmod = \"beside\"\npath = \"ran\"\nequals = true\n",
            )
            .run()
            .unwrap_or_else(|faults| panic!("{text}: {faults:#?}"));
        let told = left_out(&record);
        assert_eq!(told[0].0, "wrong", "{told:#?}");
        assert!(told[0].1.contains(message), "{told:#?}");
        assert_eq!(told[0].2.as_deref().unwrap_or_default(), place, "{told:#?}");
        assert_eq!(told.last().unwrap().0, "needing", "{told:#?}");
        assert!(told.iter().all(|(name, ..)| name != "base"), "{told:#?}");
        assert_eq!(record.verdicts[0].fault, None);
        let ran: Vec<&str> = record.mods.iter().map(|ran| ran.id.as_str()).collect();
        assert_eq!(ran, ["base", "beside"]);
    }
}

/// Without `base` there is nothing to make a colony of: its faults are told, and not what is missing without it.
#[test]
fn a_colony_of_nothing_does_not_begin() {
    let faults = Project::new()
        .scenario(20, &[], "")
        .file(
            "mods/base/mod.toml",
            "id = \"base\"\nname = \"base\"\nversion = \"1.0.0\"\napi = \"^1\"\n",
        )
        .file("mods/base/assets/terrain.toml", "[grass]\nsymbl = \".\"\n")
        .run()
        .err()
        .unwrap();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .all(|fault| fault.contains("base/assets/terrain.toml:")),
        "{told:#?}"
    );
}

/// The same while the colony runs: the edit is rolled back, and a restart on the broken files leaves out the mod that broke.
#[test]
fn a_restart_leaves_out_the_mod_with_which_a_fault_came_in() {
    for (kind, text, place, message) in &FAULTS[..4] {
        let write =
            format!("write = {{ file = \"wrong/assets/{kind}.toml\", text = '''\n{text}''' }}\n");
        let steps = format!(
            "[[step]]\nat = 5\n{write}expect = {{ outcome = \"rolled_back\", error = {message:?} }}\n\n\
             [[step]]\nat = 6\nrestart = true\nexpect = {{ outcome = \"failed\", error = {message:?} }}\n\n\
             [[step]]\nat = 10\ndelete = {{ file = \"wrong/assets/{kind}.toml\" }}\nexpect = {{ outcome = \"committed\" }}\n",
        );
        let record = content(Project::new(), "wrong", ON_BASE, "skills", "")
            .scenario(20, &["wrong"], &steps)
            .run()
            .unwrap_or_else(|faults| panic!("{text}: {faults:#?}"));
        assert_eq!(record.faults(), [], "{text}");
        let StepResult::Reloads(reports) = &record.steps[0].result else {
            panic!("{:?}", record.steps[0].result);
        };
        let error = reports[0].error.as_ref().unwrap();
        assert_eq!(error.mod_id.as_str(), "wrong");
        let found = error.faults[0].place.as_ref().unwrap();
        let found = format!("{}:{}:{}", found.file, found.line(), found.column());
        assert_eq!(found, *place, "{text}");
    }
}

/// What keeps a mod from running can be mended in another mod: then it is tried once more, and until then it is not told of again.
#[test]
fn an_addition_that_did_not_fit_is_tried_again_when_its_cause_goes() {
    let moss = |symbol: &str| format!("[moss]\nsymbol = {symbol:?}\nwalk_cost = 1\n");
    let swamp = "[swamp]\nsymbol = \"%\"\nwalk_cost = 3\n";
    let write = |text: &str| {
        format!("write = {{ file = \"first/assets/terrain.toml\", text = '''\n{text}''' }}\n")
    };
    let steps = format!(
        "[[step]]\nat = 5\nadd = {{ mod = \"second\" }}\nexpect = {{ outcome = \"rolled_back\" }}\n\n\
         [[step]]\nat = 6\n{}expect = {{ outcome = \"committed\" }}\n\n\
         [[step]]\nat = 7\n{}expect = {{ outcome = \"committed\" }}\n\n\
         [[expect]]\nat = 8\nmod = \"second\"\npath = \"runs\"\nequals = true\n",
        write(&moss("%").replace('1', "2")),
        write(&moss("&")),
    );
    let record = content(Project::new(), "first", ON_BASE, "terrain", &moss("%"))
        .lua_mod(
            "second",
            "1.0.0",
            ON_BASE,
            "colony.state.define({ runs = true })\n",
        )
        .file("mods/second/assets/terrain.toml", swamp)
        .scenario(10, &["first"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let outcomes: Vec<Vec<Outcome>> = record
        .steps
        .iter()
        .map(|step| match &step.result {
            StepResult::Reloads(reports) => reports.iter().map(|report| report.outcome).collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            vec![Outcome::RolledBack],
            vec![Outcome::Committed],
            vec![Outcome::Committed, Outcome::Committed]
        ]
    );
}

const BRICK: &str = "[brick]\nstack_max = 30\nhaul_priority = 2\n";

/// `forge` with bricks, and `polish`, which depends on it and has a file of its own of some kind.
fn forge_and_polish(kind: &str, text: &str) -> Project {
    let forge = content(Project::new(), "forge", ON_BASE, "items", BRICK);
    let needs = "[dependencies]\nbase = \"^1\"\nforge = \"^1\"";
    forge
        .lua_mod(
            "polish",
            "1.0.0",
            needs,
            "colony.state.define({ runs = true })\n",
        )
        .file(&format!("mods/polish/assets/{kind}.toml"), text)
}

fn write(at: u64, file: &str, text: &str, expect: &str) -> String {
    format!(
        "[[step]]\nat = {at}\nwrite = {{ file = {file:?}, text = '''\n{text}''' }}\n{expect}\n\n"
    )
}

const COMMITTED: &str = "expect = { outcome = \"committed\" }";
const ROLLED_BACK: &str = "expect = { outcome = \"rolled_back\" }";
const POLISH_RUNS: &str = "[[expect]]\nat = 9\nmod = \"polish\"\npath = \"runs\"\nequals = true\n";

/// What cannot be read may define what another mod extends: that one waits, and is not told that there is nothing to extend.
#[test]
fn who_extends_what_cannot_be_read_is_not_to_blame() {
    for broken in [BRICK.replace("= 30", "= = 30"), "brick = 5\n".to_owned()] {
        let steps = write(5, "forge/assets/items.toml", BRICK, "") + POLISH_RUNS;
        let record = forge_and_polish("items", "[brick]\nextend = true\nstack_max = 45\n")
            .file("mods/forge/assets/items.toml", &broken)
            .scenario(9, &["forge", "polish"], &steps)
            .run()
            .unwrap();
        let told = left_out(&record);
        let of_polish: Vec<&str> = told
            .iter()
            .filter(|(name, ..)| name == "polish")
            .map(|(_, message, _)| message.as_str())
            .collect();
        assert_eq!(
            of_polish,
            ["`polish` depends on `forge`, which is left out"]
        );
        assert!(told[0].0 == "forge" && told[0].2.is_some(), "{told:#?}");
        assert_eq!(record.verdicts[0].fault, None);
    }
}

/// A definition that is in use goes although another mod extends it: its owner is left out at a restart, and what it defined stays.
#[test]
fn a_restart_blames_who_has_changed_and_not_who_extends_it() {
    let steps = "[[step]]\nat = 3\ncommand = { \"items.add\" = { item = \"brick\", count = 3, x = 16, y = 16 } }\n\n".to_owned()
        + &write(5, "forge/assets/items.toml", &BRICK.replace("brick", "bricks"), ROLLED_BACK)
        + "[[step]]\nat = 6\nrestart = true\nexpect = { outcome = \"failed\", error = \"brick\" }\n\n"
        + &write(8, "forge/assets/items.toml", BRICK, "")
        + "[[expect]]\nat = 7\nworld = \"items.brick\"\nequals = 3\n\n"
        + POLISH_RUNS;
    let record = forge_and_polish("items", "[brick]\nextend = true\nstack_max = 45\n")
        .scenario(9, &["forge", "polish"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let told = left_out(&record);
    assert!(told.iter().any(|(name, ..)| name == "forge"), "{told:#?}");
    // A clash with a mod that is as it was.
    let sand = "[sand]\nsymbol = \"S\"\nwalk_cost = 1\n";
    let marble = "[marble]\nsymbol = \"S\"\nwalk_cost = 1\n";
    let clash = "expect = { outcome = \"rolled_back\", error = \"already stands for\" }";
    let steps = write(5, "forge/assets/terrain.toml", marble, clash)
        + "[[step]]\nat = 6\nrestart = true\nexpect = { outcome = \"failed\", error = \"already stands for\" }\n\n";
    let record = forge_and_polish("terrain", sand)
        .scenario(9, &["forge", "polish"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let told = left_out(&record);
    assert_eq!(told[0].0, "forge", "{told:#?}");
    let StepResult::Reloads(reports) = &record.steps[0].result else {
        panic!("{:?}", record.steps[0].result);
    };
    let help = reports[0].error.as_ref().unwrap().faults[0].help.clone();
    let expected = "polish is as it runs: the change of forge brings this about";
    assert_eq!(help.as_deref(), Some(expected));
}

/// What two mods say together may be saved one after the other, in either order.
#[test]
fn a_change_that_fits_only_with_another_waits_for_it() {
    let recipe = |item: &str| {
        format!(
            "[polish]\nbuilding = \"stove\"\ninputs = {{ {item} = 1 }}\noutputs = {{ wood = 1 }}\nwork = 5\n"
        )
    };
    let forge = |at, expect| {
        write(
            at,
            "forge/assets/items.toml",
            &BRICK.replace("brick", "bricks"),
            expect,
        )
    };
    let polish = |at, expect| write(at, "polish/assets/recipes.toml", &recipe("bricks"), expect);
    for steps in [
        forge(3, ROLLED_BACK) + &polish(5, COMMITTED),
        polish(3, ROLLED_BACK) + &forge(5, COMMITTED),
    ] {
        let steps = steps + "[[step]]\nat = 7\nrestart = true\n\n" + POLISH_RUNS;
        let record = forge_and_polish("recipes", &recipe("brick"))
            .scenario(9, &["forge", "polish"], &steps)
            .run()
            .unwrap();
        assert_eq!(record.faults(), [], "{steps}");
        assert_eq!(left_out(&record), [], "{steps}");
    }
    // One that only lacks what the other brings, too.
    let both = format!("{BRICK}[bricks]\nstack_max = 30\nhaul_priority = 2\n");
    let steps = polish(3, ROLLED_BACK) + &write(5, "forge/assets/items.toml", &both, COMMITTED);
    let record = forge_and_polish("recipes", &recipe("brick"))
        .scenario(9, &["forge", "polish"], &steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let StepResult::Reloads(reports) = &record.steps[1].result else {
        panic!("{:?}", record.steps[1].result);
    };
    let outcomes: Vec<Outcome> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(outcomes, [Outcome::Committed, Outcome::Committed]);
}
