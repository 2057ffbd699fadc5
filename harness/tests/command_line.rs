//! The program as its users meet it: exit codes, what goes to which stream, errors of every kind of bad input, and the same
//! answer in every process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const SCENARIO: &str = r#"schema = 1
name = "small"
seed = 3
ticks = 20

[colony]
size = [32, 32]
colonists = 2
stock = { meal = 8 }

[mods]
load = ["base", "subject"]
"#;

const MANIFEST: &str = r#"id = "subject"
name = "Subject"
version = "1.0.0"
api = "^1"
entry = "scripts/main.lua"
"#;

/// A folder with a scenario, a mod `subject`, and more files or other contents for them.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let usual = [
        ("small.toml", SCENARIO),
        ("mods/subject/mod.toml", MANIFEST),
        ("mods/subject/scripts/main.lua", ""),
    ];
    for (path, text) in usual.iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn colony_sim(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_colony-sim");
    Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .env_remove("CI")
        .output()
        .unwrap()
}

fn run(files: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let folder = project(files);
    let output = colony_sim(folder.path(), &["run", "small.toml"]);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_good_run_reports_on_standard_output_and_speaks_on_standard_error() {
    let (code, stdout, stderr) = run(&[]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(
        stdout.starts_with("small · seed 3 · 20 ticks · base 1.0.0, subject 1.0.0\n"),
        "{stdout}"
    );
    assert!(stderr.starts_with("20 ticks in "), "{stderr}");
    assert!(!stdout.contains('\x1b'), "no colour in a pipe");
}

#[test]
fn json_holds_the_exit_code_and_nothing_of_the_machine() {
    let folder = project(&[]);
    let scenario = folder.path().join("small.toml");
    let output = colony_sim(
        folder.path(),
        &["run", "--format", "json", scenario.to_str().unwrap()],
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["file"], "small.toml");
    assert!(!text(&output.stdout).contains(folder.path().to_str().unwrap()));
}

#[test]
fn exit_codes_are_those_of_the_table() {
    let failing_expectation =
        format!("{SCENARIO}\n[[expect]]\nworld = \"colonists.alive\"\nequals = 3\n");
    let unasked_rollback = format!(
        "{SCENARIO}\n[[step]]\nat = 5\nwrite = {{ file = \"subject/scripts/main.lua\", text = \"local\" }}\n"
    );
    for (what, files, expected) in [
        (
            "an expectation that fails",
            vec![("small.toml", failing_expectation.as_str())],
            1,
        ),
        (
            "a rollback that nobody expects",
            vec![("small.toml", unasked_rollback.as_str())],
            1,
        ),
        (
            "an invalid scenario",
            vec![("small.toml", "schema = 2\n")],
            3,
        ),
        (
            "a mod that cannot start",
            vec![("mods/subject/scripts/main.lua", "error('no')")],
            3,
        ),
    ] {
        let (code, stdout, stderr) = run(&files);
        assert_eq!(code, Some(expected), "{what}: {stdout}{stderr}");
    }
    let folder = project(&[]);
    for wrong in [
        &["run"][..],
        &["fly"],
        &["run", "small.toml", "--format", "xml"],
    ] {
        assert_eq!(
            colony_sim(folder.path(), wrong).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
    assert_eq!(
        colony_sim(folder.path(), &["run", "missing.toml"])
            .status
            .code(),
        Some(3)
    );
}

/// seed-corrections 51: the specification's first example, as it stands there.
#[test]
fn the_specification_s_first_example_is_left_out_with_a_hint() {
    let example = r#"-- In your Lua mod
local function on_mod_loaded(event_data)
    print("Mod loaded, setting up hot reload")
    
    -- Register event handlers
    colony.events.register("tick_start", on_tick_start)
    colony.events.register("job_created", on_job_created)
end

local function on_tick_start(event_data)
    -- This function will be updated when the file is saved
    print("Tick started: " .. event_data.tick)
    
    -- Your logic here
    if event_data.tick % 100 == 0 then
        print("Reached tick milestone: " .. event_data.tick)
    end
end

local function on_job_created(event_data)
    -- This function will also be updated when the file is saved
    print("Job created: " .. event_data.job.id)
    
    -- Your logic here
    if event_data.job.priority >= 8 then
        print("High priority job detected")
    end
end

-- Register mod loaded handler
colony.events.register("mod_loaded", on_mod_loaded)
"#;
    let (code, stdout, _) = run(&[("mods/subject/scripts/main.lua", example)]);
    assert_eq!(code, Some(3));
    insta::assert_snapshot!(stdout);
}

/// Every fault of a bad file is shown, each at its place.
#[test]
fn bad_input_of_every_kind_is_shown_where_it_stands() {
    let outside = SCENARIO.to_owned()
        + "\n[[step]]\nat = 3\nwrite = { file = \"subject/../other.lua\", text = \"\" }\n";
    let several = SCENARIO
        .replace("seed = 3", "sead = 3")
        .replace("colonists = 2", "colonists = \"two\"")
        + "\n[[step]]\nat = 30\nrestart = true\n\n[[step]]\nat = 2\nedit = { file = \"subject/scripts/main.lua\", find = \"x\", replace = \"y\", all = true }\n";
    let several_manifest = "id = \"subject\"\nname = 5\nversion = \"one\"\napi = \"^1\"\nentry = \"../main.lua\"\ncapabilites = []\n";
    let unknown_dependency = MANIFEST.to_owned() + "\n[dependencies]\nbsae = \"^1\"\n";
    let incompatible = MANIFEST.to_owned() + "\n[dependencies]\nbase = \"^2\"\n";
    let itself = MANIFEST.to_owned() + "\n[dependencies]\nsubject = \"^1\"\n";
    let unknown_stock = SCENARIO.replace("meal = 8", "gold = 8");
    let rows: [(&str, &str, &str); 9] = [
        ("a stock that no mod defines", "small.toml", &unknown_stock),
        ("a file outside of the mod", "small.toml", &outside),
        ("several faults in a scenario", "small.toml", &several),
        (
            "syntax of a scenario",
            "small.toml",
            "schema = 1\nname = \nseed = = 4\n",
        ),
        (
            "several faults in a manifest",
            "mods/subject/mod.toml",
            several_manifest,
        ),
        (
            "an unknown dependency",
            "mods/subject/mod.toml",
            &unknown_dependency,
        ),
        (
            "an incompatible dependency",
            "mods/subject/mod.toml",
            &incompatible,
        ),
        ("a dependency on itself", "mods/subject/mod.toml", &itself),
        (
            "a key of a configuration",
            "mods/subject/config.toml",
            "bost = 1\n",
        ),
    ];
    let mut shown = String::new();
    for (what, path, content) in rows {
        let (code, stdout, stderr) = run(&[(path, content)]);
        assert_eq!(code, Some(3), "{what}: {stdout}{stderr}");
        let faults = if stdout.is_empty() { stderr } else { stdout };
        let end = faults.find("\ncolony ").unwrap_or(faults.len());
        shown.push_str(&format!("== {what}\n{}\n", &faults[..end]));
    }
    insta::assert_snapshot!(shown);
}

/// The steps at which an endless loop stops, and the order of `pairs`, in five processes.
#[test]
fn budgets_and_orders_are_the_same_in_every_process() {
    let script = r#"
local t = { zebra = 1, apple = 2, [7] = 3, [1] = 4, mango = 5, kiwi = 6, fig = 7 }
colony.events.register("tick_start", function(event)
  if event.tick == 2 then while true do end end
  if event.tick == 3 then while true do pcall(function() while true do end end) end end
  if event.tick == 4 then while true do pcall(string.rep, "x", 10) end end
  local keys = {}
  for key in pairs(t) do table.insert(keys, tostring(key)) end
  for key in pairs(colony.storage) do table.insert(keys, key) end
  colony.storage["k" .. event.tick] = event.tick
  print(table.concat(keys, " "))
end)
"#;
    let scenario = SCENARIO.to_owned()
        + "\n[[step]]\nat = 10\nreload = { mods = [\"subject\"], force = true }\n\n[[step]]\nat = 15\nrestart = true\n";
    let folder = project(&[
        ("mods/subject/scripts/main.lua", script),
        ("small.toml", &scenario),
    ]);
    let reports: Vec<String> = (0..5)
        .map(|_| {
            text(&colony_sim(folder.path(), &["run", "--format", "json", "small.toml"]).stdout)
        })
        .collect();
    let report: serde_json::Value = serde_json::from_str(&reports[0]).unwrap();
    assert!(reports.iter().all(|other| *other == reports[0]));
    let lines: Vec<&str> = report["log"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["text"].as_str())
        .collect();
    assert_eq!(lines[0], "1 7 apple fig kiwi mango zebra");
    assert_eq!(
        lines.last(),
        Some(
            &"1 7 apple fig kiwi mango zebra k1 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k5 k6 k7 k8 k9"
        )
    );
    assert_eq!(
        report["failures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|failure| failure["count"].as_u64().unwrap())
            .sum::<u64>(),
        3
    );
}

/// A mod that is clean, one that is convicted, one that cannot run, one that is not there.
#[test]
fn check_tells_by_its_exit_code_whether_a_mod_survives() {
    let counter = "local n = 0\ncolony.state.define({ n = 0 })\ncolony.events.register(\"tick_end\", function()\n  n = n + 1\n  colony.storage.n = n\nend)\n";
    let lost = "error[state-lost]: reloading identical content at tick 2";
    let json = "\"code\": \"state-lost\"";
    for (script, arguments, code, expected) in [
        ("", "subject --ticks 20", 0, "same hash"),
        (counter, "mods/subject --ticks 20", 1, lost),
        (
            counter,
            "subject --scenario small.toml --format json",
            1,
            json,
        ),
        ("local = 1", "subject", 3, "expected identifier"),
        ("", "other", 3, "there is no mod `other`"),
        ("", "mods/other", 3, "there is no folder `mods/other`"),
        ("", "subject --ticks 0", 2, "0 is not in 1..="),
    ] {
        let folder = project(&[("mods/subject/scripts/main.lua", script)]);
        let mut all = vec!["check"];
        all.extend(arguments.split(' '));
        let output = colony_sim(folder.path(), &all);
        let written = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {written}");
        assert!(written.contains(expected), "{arguments}: {written}");
        let reproduction = folder.path().join(".colony/check/subject.toml");
        assert_eq!(reproduction.exists(), code == 1);
        if code == 1 {
            let again = colony_sim(folder.path(), &["run", ".colony/check/subject.toml"]);
            assert_eq!(again.status.code(), Some(1));
            assert!(text(&again.stdout).contains("is not that of a run without step"));
        }
    }
}

#[test]
fn another_seed_makes_the_run_of_that_seed_and_leaves_snapshots_alone() {
    let scenario = SCENARIO.replace("[mods]", "[snapshot]\nat = [20]\n\n[mods]");
    let other = SCENARIO.replace("seed = 3", "seed = 4");
    let folder = project(&[("small.toml", &scenario), ("other.toml", &other)]);
    let told = |arguments: &[&str]| {
        let output = colony_sim(folder.path(), arguments);
        let report = text(&output.stdout);
        let hash = report.lines().find(|line| line.starts_with("hash "));
        (
            output.status.code(),
            hash.unwrap().to_owned(),
            report.clone(),
        )
    };
    let (code, hash, report) = told(&["run", "small.toml", "--seed", "4"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(report.starts_with("small · seed 4 · 20 ticks"), "{report}");
    assert_eq!(hash, told(&["run", "other.toml"]).1);
    let (code, of_three, _) = told(&["run", "small.toml"]);
    assert_eq!(code, Some(1), "its snapshot is missing");
    assert_ne!(hash, of_three);
    let most = u64::MAX.to_string();
    assert_eq!(told(&["run", "small.toml", "--seed", &most]).0, Some(0));
    let output = colony_sim(folder.path(), &["run", "small.toml", "--seed", "-1"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_folder_in_the_place_of_a_scenario_and_mods_that_are_nowhere_are_named() {
    let folder = project(&[("scenarios/small.toml", SCENARIO)]);
    for arguments in [["run", "scenarios"], ["sweep", "scenarios"]] {
        let output = colony_sim(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            text(&output.stderr),
            "error: `scenarios` is a folder, expected a scenario file\nhelp: to run every scenario in it: colony-sim test scenarios\n"
        );
    }
    for command in ["run", "sweep", "watch"] {
        let arguments = [command, "small.toml", "--mods", "nowhere"];
        let output = colony_sim(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            text(&output.stderr),
            "error: there is no folder `nowhere`\nhelp: `--mods` takes the folder in which the mods have their folders, such as `mods`\n"
        );
    }
}

#[test]
fn faults_of_the_stock_and_the_map_stand_where_they_were_written() {
    let stock = SCENARIO.replace("meal = 8", "wood = 1, meel = 8");
    let (_, _, stderr) = run(&[("small.toml", &stock)]);
    assert!(
        stderr.starts_with("error: the stock has `meel`, which is not defined; did you mean `meal`?\n --> small.toml:9:21\n"),
        "{stderr}"
    );
    let drawn = SCENARIO.replace("size = [32, 32]", "map = \"island.txt\"");
    let island = format!("{}....?...\n{0}{0}", "........\n".repeat(4));
    let (_, _, stderr) = run(&[("small.toml", &drawn), ("island.txt", &island)]);
    assert!(
        stderr.starts_with("error: line 5, column 5 of the map: `?` stands for no terrain"),
        "{stderr}"
    );
    assert!(stderr.contains("\n --> island.txt:5:5\n"), "{stderr}");
}

#[test]
fn the_stock_of_a_unit_test_stands_in_no_file() {
    let test = "colony.test(\"stock\", { stock = { meel = 1 } }, function(t) end)\n";
    let folder = project(&[("mods/subject/tests/stock.lua", test)]);
    let output = colony_sim(folder.path(), &["test", "mods/subject"]);
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(
        shown.contains("the stock has `meel`, which is not defined; did you mean `meal`?\n"),
        "{shown}"
    );
    assert!(!shown.contains("stock:1:1"), "{shown}");
}

#[test]
fn what_an_expectation_names_and_nobody_defines_is_told_with_what_is_defined() {
    let expect = |query: &str| format!("{SCENARIO}\n[[expect]]\nworld = \"{query}\"\nequals = 3\n");
    for (query, help) in [
        ("items.meel", "did you mean `meal`?"),
        ("items.zzz", "known here: berries, herbs, meal, "),
    ] {
        let (code, stdout, stderr) = run(&[("small.toml", &expect(query))]);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stdout.contains(&format!("help: {help}")), "{stdout}");
    }
}
