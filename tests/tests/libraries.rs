//! Library code (`lib/`) that mods load into their own machines follows the reloads of the mod that it belongs to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use harness::record::{RunRecord, StepResult};
use modding::report::{Outcome, ReloadReport, ReloadType};
use tests::{Project, log_by_tick, manifest};

const QUEUE: &str = "local queue = {}\nfunction queue.name() return 'first' end\nreturn queue\n";
const USER: &str = "local queue = require('@library/queue')\ncolony.state.define({ ticks = 0 })\ncolony.events.register('tick_start', function()\n  colony.storage.ticks = colony.storage.ticks + 1\n  print(queue.name())\nend)\n";
const NEEDS: &str = "[dependencies]\nlibrary = \"^1\"";

/// `library` with `lib/queue.lua`, `user` that requires it, and `bystander` that depends on nothing.
fn project() -> Project {
    Project::new()
        .file("mods/library/mod.toml", &manifest("library", "1.0.0", ""))
        .file(
            "mods/library/scripts/main.lua",
            "colony.state.define({ own = 1 })\n",
        )
        .file("mods/library/lib/queue.lua", QUEUE)
        .lua_mod("user", "1.0.0", NEEDS, USER)
        .lua_mod("bystander", "1.0.0", "", "colony.state.define({})\n")
}

fn reports(record: &RunRecord, step: usize) -> &[ReloadReport] {
    match &record.steps[step].result {
        StepResult::Reloads(reports) => reports,
        other => panic!("{other:?}"),
    }
}

/// A member of a report: the mod, the type and the generations.
type Told = (String, ReloadType, (u32, u32));

/// Of each report the outcome and the members.
fn told(record: &RunRecord, step: usize) -> Vec<(Outcome, Vec<Told>)> {
    let reports = reports(record, step).iter();
    let told = reports.map(|report| {
        let members = report.members.iter();
        let members =
            members.map(|member| (member.mod_id.to_string(), member.kind, member.generations));
        (report.outcome, members.collect())
    });
    told.collect()
}

#[test]
fn a_change_of_library_code_reloads_those_that_use_it_with_it() {
    // seed-corrections 8, 23
    let step = "[[step]]\nat = 5\nedit = { file = \"library/lib/queue.lua\", find = \"'first'\", replace = \"'second'\" }\n\n[[expect]]\nmod = \"user\"\npath = \"ticks\"\nequals = 8\n";
    let record = project()
        .scenario(8, &["library", "user", "bystander"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(
        told(&record, 0),
        [(
            Outcome::Committed,
            vec![
                ("library".to_owned(), ReloadType::Scripts, (1, 2)),
                ("user".to_owned(), ReloadType::Dependencies, (1, 2)),
            ]
        )]
    );
    let log = log_by_tick(&record);
    assert_eq!(
        (&log[&4], &log[&5]),
        (&vec!["first".to_owned()], &vec!["second".to_owned()])
    );
}

#[test]
fn library_code_that_its_user_cannot_load_changes_neither() {
    // seed-corrections 23: commit together or not at all
    let step = "[[step]]\nat = 5\nlabel = \"break\"\nedit = { file = \"library/lib/queue.lua\", find = \"return queue\", replace = \"return { name = queue }\" }\n\
                expect = { outcome = \"rolled_back\" }\n\n[[expect]]\nhash_equals = { without_step = \"break\" }\n";
    let user = USER.replace(
        "colony.state.define",
        "assert(type(queue.name) == 'function', 'no name')\ncolony.state.define",
    );
    let record = project()
        .lua_mod("user", "1.0.0", NEEDS, &user)
        .scenario(8, &["library", "user"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let report = &reports(&record, 0)[0];
    let error = report.error.as_ref().unwrap();
    assert_eq!(error.mod_id.as_str(), "user");
    assert_eq!(
        error.faults[0].to_string(),
        "no name at user/scripts/main.lua:2:1"
    );
    assert_eq!(log_by_tick(&record)[&8], ["first"]);
}

#[test]
fn a_mistake_in_library_code_is_shown_in_its_own_file() {
    let step = "[[step]]\nat = 3\nedit = { file = \"library/lib/queue.lua\", find = \"return 'first'\", replace = \"return nil + 1\" }\n\n[[expect]]\nfailing_calls = \"user\"\nequals = 2\n";
    let record = project()
        .scenario(4, &["library", "user"], step)
        .run()
        .unwrap();
    let failure = &record.failures[0];
    let place = failure.fault.place.as_ref().unwrap();
    assert_eq!((&*place.file, place.line()), ("library/lib/queue.lua", 2));
}

#[test]
fn a_mod_that_does_not_follow_keeps_the_library_code_of_before() {
    let stays = format!("{NEEDS}\n[hot_reload.dependencies]\nauto_resolve = false");
    let step = "[[step]]\nat = 3\nedit = { file = \"library/lib/queue.lua\", find = \"'first'\", replace = \"'second'\" }\n\n\
                [[step]]\nat = 5\nreload = { mods = [\"user\"], type = \"dependencies\" }\n";
    let record = project()
        .lua_mod("user", "1.0.0", &stays, USER)
        .scenario(6, &["library", "user"], step)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(told(&record, 0)[0].1.len(), 1, "library alone");
    let log = log_by_tick(&record);
    assert_eq!(
        (&log[&4], &log[&5]),
        (&vec!["first".to_owned()], &vec!["second".to_owned()])
    );
}

#[test]
fn library_code_is_reached_through_dependencies_alone() {
    for (needs, name, expected) in [
        (
            "",
            "@library/queue",
            "write `library = \"^1\"` under [dependencies] in user/mod.toml",
        ),
        (NEEDS, "@library/queu", "did you mean `@library/queue`?"),
    ] {
        let record = project()
            .lua_mod("user", "1.0.0", needs, &format!("require('{name}')\n"))
            .scenario(1, &["library", "user"], "")
            .run()
            .unwrap();
        let fault = &record.left_out[0].faults[0];
        assert!(fault.help.as_ref().unwrap().contains(expected), "{fault:?}");
    }
    // Through another mod, and where the dependency is an optional one.
    let middle = "return { name = function() return require('@library/queue').name() .. ' through the middle' end }\n";
    let record = project()
        .file(
            "mods/middle/mod.toml",
            &manifest(
                "middle",
                "1.0.0",
                "[optional_dependencies]\nlibrary = \"^1\"",
            ),
        )
        .file("mods/middle/scripts/main.lua", "")
        .file("mods/middle/lib/relay.lua", middle)
        .lua_mod(
            "user",
            "1.0.0",
            "[dependencies]\nmiddle = \"*\"",
            &USER.replace("@library/queue", "@middle/relay"),
        )
        .scenario(2, &["user", "middle", "library"], "")
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(log_by_tick(&record)[&1], ["first through the middle"]);
}

#[test]
fn an_optional_library_that_goes_is_gone_for_its_users_too() {
    let user = "local ok = pcall(require, '@library/queue')\ncolony.events.register('tick_start', function() print(tostring(ok)) end)\n";
    let optional = "[optional_dependencies]\nlibrary = \"*\"";
    let steps = "[[step]]\nat = 3\nremove = { mod = \"library\" }\n\n[[step]]\nat = 5\nadd = { mod = \"library\" }\n\n\
                 [[step]]\nat = 7\nlabel = \"restart\"\nrestart = true\n\n[[expect]]\nhash_equals = { without_step = \"restart\" }\n";
    let record = project()
        .lua_mod("user", "1.0.0", optional, user)
        .scenario(8, &["library", "user"], steps)
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    let log = log_by_tick(&record);
    let told = [2, 3, 5, 8].map(|tick| log[&tick].concat());
    assert_eq!(told, ["true", "false", "true", "true"]);
}

#[test]
fn a_mod_asks_for_its_own_library_code_by_its_id() {
    let relay = "local queue = require('@library/queue')\nreturn { name = function() return queue.name() .. ' relayed' end }\n";
    let record = project()
        .file("mods/library/lib/relay.lua", relay)
        .file(
            "mods/library/scripts/main.lua",
            &USER.replace("/queue", "/relay"),
        )
        .lua_mod("user", "1.0.0", NEEDS, &USER.replace("/queue", "/relay"))
        .scenario(1, &["library", "user"], "")
        .run()
        .unwrap();
    assert_eq!(record.faults(), []);
    assert_eq!(log_by_tick(&record)[&1], ["first relayed", "first relayed"]);
    for (name, expected) in [
        (
            "queue",
            "there is no module `queue`: expected library/scripts/queue.lua at library/scripts/main.lua:1:1; code in lib/ is asked for with the mod's id: require(\"@library/queue\")",
        ),
        (
            "lib/queue",
            "there is no module `lib/queue`: expected library/scripts/lib/queue.lua at library/scripts/main.lua:1:1; code in lib/ is asked for with the mod's id: require(\"@library/queue\")",
        ),
        (
            "@library/somewhere_else",
            "there is no module `@library/somewhere_else`: expected library/lib/somewhere_else.lua at library/scripts/main.lua:1:1; ",
        ),
    ] {
        let record = project()
            .file(
                "mods/library/scripts/main.lua",
                &format!("require('{name}')\n"),
            )
            .scenario(1, &["library"], "")
            .run()
            .unwrap();
        let fault = &record.left_out[0].faults[0];
        let help = fault.help.as_deref().unwrap_or_default();
        assert_eq!(format!("{fault}; {help}"), expected);
    }
}

#[test]
fn library_code_that_another_mod_brings_along_has_to_be_declared() {
    for (order, asks) in [
        ("first", "require('@library/queue')\n"),
        (
            "loaded already",
            "require('@middle/relay')\nrequire('@library/queue')\n",
        ),
    ] {
        let record = project()
            .file("mods/library/mod.toml", &manifest("library", "0.3.1", ""))
            .file(
                "mods/middle/mod.toml",
                &manifest("middle", "1.0.0", "[dependencies]\nlibrary = \"*\""),
            )
            .file("mods/middle/scripts/main.lua", "")
            .file(
                "mods/middle/lib/relay.lua",
                "return { queue = require('@library/queue') }\n",
            )
            .lua_mod("user", "1.0.0", "[dependencies]\nmiddle = \"*\"", asks)
            .scenario(1, &["user", "middle", "library"], "")
            .run()
            .unwrap();
        let fault = &record.left_out[0].faults[0];
        assert!(
            fault
                .to_string()
                .starts_with("user does not depend on `library`, whose library code it asks for"),
            "{order}: {fault}"
        );
        assert_eq!(
            fault.help.as_deref(),
            Some("write `library = \"^0.3\"` under [dependencies] in user/mod.toml"),
            "{order}"
        );
    }
}
