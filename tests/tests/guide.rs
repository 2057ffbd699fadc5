//! The pages for authors of mods do what they show: their files are written out and run, their transcripts compared.
//!
//! A page is followed from top to bottom in an empty folder, as a reader would. What is done with a fenced block is said
//! behind its language:
//!
//! - `file=PATH`: the block is the whole of that file;
//! - `append=PATH`: the block goes to the end of that file, after an empty line;
//! - `makes=PATH from=FILE`: what the block's commands make, for which a test has no compiler, is `FILE` in `tests/guide`;
//! - `console`: the first line is `$ colony-sim run PATH`, perhaps with `--log`, or `$ colony-sim check FOLDER`; the rest is
//!   what it writes, where `...` stands for the end of a line, or alone for any number of lines. `exit=CODE` is the exit code, 0 if it is not given.
//!
//! Blocks of TOML and Lua must have a mark; others are only shown. After the last block, every file directly in `scenarios/`
//! must come out as it expects.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use harness::check::{CheckOptions, Named, Subject, check};
use harness::project::location;
use harness::query::QUERIES;
use harness::record::RunRecord;
use harness::report::check::text::CheckTextOptions;
use harness::report::text::{self, TextOptions};
use harness::report::{check as check_report, source};
use harness::runner::{RunOptions, run};
use harness::scenario::Section;
use modding::findings::Code;
use modding::limits;
use modding::reload::Priority;
use modding::report::{Fate, Outcome, ReloadType, Stage};
use tests::root;

const WRITABLE: &str = "a test may write temporary files";

/// A fenced block of a page.
struct Block {
    /// The line of its opening fence, from 1.
    line: usize,
    /// What stands behind the opening fence: the language, then the marks.
    info: String,
    /// The lines between the fences, each with its line feed.
    text: String,
}

/// The folder that the reader of a page works in.
struct Folder {
    root: tempfile::TempDir,
}

impl Block {
    fn mark(&self, key: &str) -> Option<&str> {
        let mut words = self.info.split_whitespace();
        words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }
}

impl Folder {
    fn new() -> Folder {
        let root = tempfile::tempdir().expect(WRITABLE);
        Folder { root }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect(WRITABLE);
        std::fs::write(path, text).expect(WRITABLE);
    }

    fn copy(&self, path: &str, from: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect(WRITABLE);
        std::fs::copy(root().join("tests/guide").join(from), path).expect("what it makes is kept");
    }

    fn append(&self, path: &str, text: &str) {
        let before =
            std::fs::read_to_string(self.path(path)).expect("an earlier block makes the file");
        self.write(path, &format!("{before}\n{text}"));
    }

    /// What `colony-sim run` writes about a scenario, with paths as the reader sees them, and its exit code.
    fn run(&self, scenario: &str, log: bool) -> (String, u8) {
        let report = |record: &RunRecord| {
            let options = TextOptions {
                log,
                ..TextOptions::default()
            };
            text::report(record, options)
        };
        let outcome = harness::load(&self.path(scenario), &self.path("mods")).and_then(
            |(scenario, workspace)| run(&scenario, &workspace, &RunOptions::default(), &mut |_| {}),
        );
        let (written, code) = match outcome {
            Err(faults) => (source::render(&faults, false), 3),
            Ok(record) if !record.left_out.is_empty() => (report(&record), 3),
            Ok(record) if !record.faults().is_empty() => (report(&record), 1),
            Ok(record) => (report(&record), 0),
        };
        let folder = self.root.path().to_string_lossy().replace('\\', "/");
        (written.replace(&format!("{folder}/"), ""), code)
    }

    /// What `colony-sim check` writes about a mod, with paths as the reader sees them, and its exit code.
    fn check(&self, mod_folder: &str) -> (String, u8) {
        let subject = Subject::read(&Named::Folder(self.path(mod_folder))).expect("a mod");
        let report = check(&subject, &CheckOptions::default(), &mut |_, _| {}).expect("it runs");
        if let Some(reproduction) = &report.reproduction {
            reproduction.write().expect(WRITABLE);
        }
        let options = CheckTextOptions {
            colour: false,
            shown: &|file| format!("mods/{file}"),
        };
        let written = check_report::text::report(&report, &options);
        let folder = location::text(&location::from_here(self.root.path()));
        let written = written.replace(&format!("{folder}/"), "");
        (written, u8::from(report.convicted()))
    }
}

fn page(name: &str) -> String {
    let path = root().join("docs").join(name);
    let text = std::fs::read_to_string(path).expect("the page is there");
    text.replace("\r\n", "\n")
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let (line, info) = (at + 1, info.to_owned());
                let text = String::new();
                open = Some(Block { line, info, text });
            }
            (None, None) => {}
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    blocks
}

/// Whether the lines are the expected ones, where `...` stands for the end of a line, or alone for any number of lines.
fn fits(expected: &[&str], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skipped| fits(rest, &found[skipped..])),
        Some((line, rest)) => match (line.strip_suffix("..."), found.first()) {
            (Some(start), Some(first)) => first.starts_with(start) && fits(rest, &found[1..]),
            (_, first) => first == Some(line) && fits(rest, &found[1..]),
        },
    }
}

fn check_transcript(folder: &Folder, page: &str, block: &Block) {
    let mut expected: Vec<&str> = block.text.lines().collect();
    let command = expected.remove(0);
    let (written, code) = match command.strip_prefix("$ colony-sim check ") {
        Some(mod_folder) => folder.check(mod_folder),
        None => {
            let arguments = command.strip_prefix("$ colony-sim run ");
            let arguments = arguments.expect("a transcript begins with a command that is known");
            let scenario = arguments.trim_end_matches(" --log");
            folder.run(scenario, scenario != arguments)
        }
    };
    let found: Vec<&str> = written.lines().collect();
    assert!(
        fits(&expected, &found) && block.mark("exit").unwrap_or("0") == code.to_string(),
        "docs/{page}:{}: what is shown is not what is written, with exit code {code}:\n{written}",
        block.line
    );
}

/// Follows a page; the scenarios that it makes.
fn follow(name: &str) -> usize {
    let folder = Folder::new();
    let mut scenarios = BTreeSet::new();
    for block in blocks(&page(name)) {
        if let Some(path) = block.mark("file") {
            folder.write(path, &block.text);
            let scenario = path
                .strip_prefix("scenarios/")
                .filter(|path| path.ends_with(".toml"));
            scenarios.extend(
                scenario
                    .filter(|path| !path.contains('/'))
                    .map(str::to_owned),
            );
        } else if let Some(path) = block.mark("append") {
            folder.append(path, &block.text);
        } else if let Some(path) = block.mark("makes") {
            let from = block.mark("from").expect("what is made is kept");
            folder.copy(path, from);
        } else if block.language() == "console" {
            check_transcript(&folder, name, &block);
        } else {
            let shown_only = !["toml", "lua"].contains(&block.language());
            assert!(
                shown_only,
                "docs/{name}:{}: this block has no mark",
                block.line
            );
        }
    }
    for scenario in &scenarios {
        let (written, code) = folder.run(&format!("scenarios/{scenario}"), false);
        assert_eq!(code, 0, "docs/{name}, scenarios/{scenario}:\n{written}");
    }
    scenarios.len()
}

#[test]
fn the_guide_does_what_it_shows() {
    assert!(follow("writing-mods.md") > 0);
}

#[test]
fn the_guide_to_components_does_what_it_shows() {
    assert!(follow("writing-wasm-mods.md") > 0);
}

#[test]
fn the_guide_to_components_has_the_mod_that_is_shipped() {
    let mods = root().join("mods");
    let shipped = std::fs::read_to_string(mods.join("job_counter/wasm/job_counter.wat")).unwrap();
    let page = page("writing-wasm-mods.md");
    let is_shown = |block: &Block| block.language() == "wat" && block.text == shipped;
    assert!(blocks(&page).iter().any(is_shown));
}

#[test]
fn the_reference_of_scenarios_does_what_it_shows() {
    assert!(follow("scenarios.md") > 0);
}

/// What is built from npm runs in `.ci/extended`, from these files.
#[test]
fn the_page_about_components_shows_the_files_of_the_mod_in_javascript() {
    let page = page("writing-wasm-mods.md");
    let guest = root().join("guest/javascript/mods/harvest_log/guest");
    for (language, file) in [("wit", "wit/world.wit"), ("js", "mod.js")] {
        let text = std::fs::read_to_string(guest.join(file)).unwrap();
        let block = format!("```{language}\n{}```", text.replace("\r\n", "\n"));
        assert!(page.contains(&block), "{file} is not as the page shows it");
    }
}

#[test]
fn the_page_about_check_does_what_it_shows() {
    follow("check.md");
}

#[test]
fn the_page_about_check_names_all_findings() {
    let page = page("check.md");
    let missing: Vec<&str> = Code::ALL
        .map(Code::name)
        .into_iter()
        .filter(|name| !page.contains(&format!("### `{name}`")))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_reference_of_scenarios_names_all_there_is() {
    let page = page("scenarios.md");
    let names = Stage::ALL
        .map(Stage::name)
        .into_iter()
        .chain(ReloadType::ALL.map(ReloadType::name))
        .chain(Outcome::ALL.map(Outcome::name))
        .chain(Priority::ALL.map(Priority::name))
        .chain([Fate::Kept, Fate::Migrated, Fate::Defaulted, Fate::Dropped].map(Fate::name))
        .chain(Section::NAMED.map(|(name, _)| name))
        .chain(QUERIES.iter().map(|(query, _)| *query));
    let missing: Vec<&str> = names
        .filter(|name| !page.contains(&format!("`{}`", name.replace(' ', "_"))))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// All sources of the workspace, by path.
fn sources() -> BTreeMap<String, String> {
    let mut pending: Vec<_> = ["sim", "modding", "harness", "tests"]
        .map(|crate_| tests::root().join(crate_))
        .into();
    let mut sources = BTreeMap::new();
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let shown = path.to_string_lossy().replace('\\', "/");
                sources.insert(shown, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    sources
}

#[test]
fn every_correction_of_the_specification_names_tests_that_exist() {
    let page = page("hot-reload.md");
    let sources = sources();
    let of_file = |name: &str| {
        let (file, folder) = (format!("/{name}.rs"), format!("/{name}/"));
        let named = sources
            .iter()
            .filter(move |(path, _)| path.ends_with(&file) || path.contains(&folder));
        named.map(|(_, text)| text.as_str()).collect::<Vec<_>>()
    };
    let mut missing = Vec::new();
    for name in page.split('`').skip(1).step_by(2) {
        let Some((file, test)) = name.split_once("::").filter(|(file, _)| *file != "file") else {
            continue;
        };
        let function = format!("fn {test}(");
        if !of_file(file).iter().any(|text| text.contains(&function)) {
            missing.push(name);
        }
    }
    assert_eq!(missing, [""; 0]);
    for number in 1..=54 {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| {number} | ")));
        let row = row.unwrap_or_else(|| panic!("correction {number} has no row"));
        assert!(row.contains("::") || row.contains("not there yet"), "{row}");
    }
}

#[test]
fn the_page_of_reloads_lists_every_key() {
    // The keys are those that the manifest's own test reads.
    let page = page("hot-reload.md");
    let tests =
        std::fs::read_to_string(tests::root().join("modding/src/manifest/tests.rs")).unwrap();
    let example = tests
        .split("fn every_key_of_the_specification_is_read")
        .nth(1)
        .unwrap();
    let example = example.split("r#\"").nth(1).unwrap();
    let example = example.split("\"#;").next().unwrap();
    let keys = example
        .lines()
        .filter_map(|line| line.trim().split_once(" = "));
    let missing: Vec<&str> = keys
        .map(|(key, _)| key)
        .filter(|key| !page.contains(&format!("`{key}`")))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_guide_has_the_bounds_that_hold() {
    let page = page("writing-mods.md");
    let mebibytes = |bytes: usize| format!("{} MiB", bytes / (1024 * 1024));
    let count = text::number;
    let rows = [
        ("Steps in one call", count(limits::STEPS_PER_CALL_MAX)),
        ("Steps while loading", count(limits::STEPS_PER_LOAD_MAX)),
        (
            "Memory in one call",
            mebibytes(limits::MEMORY_BYTES_PER_CALL_MAX),
        ),
        (
            "Memory kept between calls",
            mebibytes(limits::MEMORY_BYTES_KEPT_MAX),
        ),
        ("Bytes of a text", count(limits::TEXT_BYTES_MAX as u64)),
        ("Bytes of a pattern", count(limits::PATTERN_BYTES_MAX)),
        ("Values spread at once", count(limits::VALUES_MAX)),
        ("Depth of tables", count(limits::VALUE_DEPTH_MAX as u64)),
        (
            "Commands in a tick",
            count(limits::COMMANDS_PER_TICK_MAX.into()),
        ),
        ("Events in a tick", count(limits::EMITS_PER_TICK_MAX.into())),
        (
            "Log lines in a tick",
            count(limits::LOG_LINES_PER_TICK_MAX.into()),
        ),
        (
            "Characters of a log line",
            count(limits::LOG_LINE_CHARACTERS_MAX as u64),
        ),
        ("Calls between mods", count(limits::CALL_DEPTH_MAX as u64)),
        ("Timers", count(limits::TIMERS_MAX as u64)),
        (
            "Failing calls in a row",
            count(limits::FAILURES_IN_A_ROW_MAX.into()),
        ),
        (
            "Generations kept",
            count(limits::HISTORY_GENERATIONS_MAX as u64),
        ),
        (
            "Bytes of generations kept",
            count(limits::HISTORY_BYTES_MAX as u64),
        ),
    ];
    for (name, bound) in rows {
        let row = format!("| {name} | {bound} |");
        assert!(page.contains(&row), "docs/writing-mods.md lacks: {row}");
    }
}

#[test]
fn the_guide_to_components_has_the_bounds_that_hold() {
    let page = page("writing-wasm-mods.md");
    let mebibytes = |bytes: usize| format!("{} MiB", bytes / (1024 * 1024));
    let fuel = |steps: u64| text::number(steps * limits::FUEL_PER_STEP);
    let count = |number: usize| text::number(number as u64);
    let rows = [
        ("Fuel in one call", fuel(limits::STEPS_PER_CALL_MAX)),
        ("Fuel while loading", fuel(limits::STEPS_PER_LOAD_MAX)),
        (
            "Memory of a component",
            mebibytes(limits::COMPONENT_MEMORY_BYTES_MAX),
        ),
        (
            "Elements of tables",
            count(limits::COMPONENT_TABLE_ELEMENTS_MAX),
        ),
        (
            "Stack",
            format!("{} KiB", limits::COMPONENT_STACK_BYTES_MAX / 1024),
        ),
        (
            "Core modules, memories, tables",
            count(limits::COMPONENT_PARTS_MAX),
        ),
        ("The file", mebibytes(limits::COMPONENT_BYTES_MAX)),
        ("Depth of tables", count(limits::VALUE_DEPTH_MAX)),
    ];
    for (name, bound) in rows {
        let row = format!("| {name} | {bound} |");
        assert!(
            page.contains(&row),
            "docs/writing-wasm-mods.md lacks: {row}"
        );
    }
}

#[test]
fn omissions_stand_for_any_number_of_lines() {
    let found = ["a", "b", "c", "d e"];
    for (expected, fit) in [
        (&["a", "b", "c", "d e"][..], true),
        (&["...", "c", "d ..."], true),
        (&["a", "...", "d e"], true),
        (&["a", "...", "b", "..."], true),
        (&["..."], true),
        (&["a", "b", "c"], false),
        (&["a", "c", "..."], false),
        (&["...", "d"], false),
        (&["...", "e ..."], false),
        (&["...", "e", "..."], false),
    ] {
        assert_eq!(fits(expected, &found), fit, "{expected:?}");
    }
}
