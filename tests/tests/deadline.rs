//! The bound of wall time on live reloads (seed-corrections 16): it rolls back, and changes nothing as long as it has not passed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use modding::bundle::Bundle;
use modding::context::Deadline;
use modding::host::Host;
use modding::manifest::select_files;
use modding::mod_id::ModId;
use modding::reload::{Change, Observer, ReloadOptions};
use modding::report::{Outcome, ReloadReport, Stage};
use sim::{MapSource, Setup};
use tests::{Project, manifest};

fn id() -> ModId {
    ModId::parse("subject").unwrap()
}

fn bundle(script: &str) -> Bundle {
    let files = [
        ("mod.toml", manifest("subject", "1.0.0", "")),
        ("scripts/main.lua", script.to_owned()),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
    select_files("subject", files).unwrap()
}

fn host() -> Host {
    let (_, workspace) = Project::new().scenario(1, &[], "").load().unwrap();
    let base = workspace.bundle(&ModId::parse("base").unwrap()).unwrap();
    let setup = Setup {
        seed: 7,
        map: MapSource::Generated {
            width: 32,
            height: 32,
        },
        colonists: 2,
        stock: [("meal".to_owned(), 10)].into(),
    };
    let script = "colony.state.define({ n = 0 })\ncolony.events.register('tick_start', function() colony.storage.n = colony.storage.n + math.random(1, 9) end)\n";
    let (mut host, left_out) =
        Host::start(&setup, vec![base, bundle(script)], [id()].into()).unwrap();
    assert_eq!(left_out, []);
    host.tick(&[]);
    host
}

/// Reloads with a script; the deadline passes when `stage` begins, never where it is `None`.
fn reload(host: &mut Host, script: &str, passes_at: Option<Stage>) -> ReloadReport {
    let passed = Arc::new(AtomicBool::new(false));
    let deadline = Deadline {
        passed: passed.clone(),
        seconds: 3,
    };
    let observer = Observer(Rc::new(move |_, stage| {
        if Some(stage) == passes_at {
            passed.store(true, Ordering::Relaxed);
        }
    }));
    let options = ReloadOptions {
        deadline: Some(deadline),
        observer: Some(observer),
        ..ReloadOptions::default()
    };
    let change = Change {
        mod_id: id(),
        bundle: Ok(Rc::new(bundle(script))),
    };
    host.reload(vec![change], &options).remove(0)
}

/// A loop of as many steps as a load may have, and more.
const ENDLESS: &str = "local n = 0\nwhile true do n = n + 1 end\n";

#[test]
fn a_reload_that_takes_too_long_is_rolled_back_wherever_it_is() {
    let mut plain = host();
    plain.tick(&[]);
    for stage in Stage::ALL
        .into_iter()
        .filter(|stage| (Stage::Plan..=Stage::Commit).contains(stage))
    {
        let mut host = host();
        let report = reload(&mut host, "print('new')", Some(stage));
        assert_eq!(
            (report.outcome, report.timed_out),
            (Outcome::RolledBack, true),
            "{stage:?}"
        );
        let error = report.error.unwrap();
        assert_eq!(error.stage, stage);
        assert_eq!(
            error.faults[0].message,
            "the reload takes longer than 3 s (`reload_timeout` in [hot_reload.reload_queue])"
        );
        host.tick(&[]);
        assert_eq!(host.chain(), plain.chain(), "{stage:?}");
    }
}

#[test]
fn code_that_does_not_end_is_interrupted() {
    let mut host = host();
    // Passes after the stage has begun, as time does: the observer of the stage is told before the code runs.
    let script = format!("pcall(function() {ENDLESS} end)\nwhile true do end\n");
    let report = reload(&mut host, &script, Some(Stage::TopLevel));
    assert!(report.timed_out);
    assert_eq!(report.error.unwrap().stage, Stage::TopLevel);
}

#[test]
fn a_deadline_that_has_not_passed_gives_as_many_steps_as_none() {
    // Invariant (I1): one iteration is one step.
    for (iterations, outcome) in [
        (4_990_000, Outcome::Committed),
        (5_000_001, Outcome::RolledBack),
    ] {
        let script = format!("for n = 1, {iterations} do end\n");
        let with = reload(&mut host(), &script, None);
        assert_eq!(with.outcome, outcome, "{iterations}");
        let change = Change {
            mod_id: id(),
            bundle: Ok(Rc::new(bundle(&script))),
        };
        let without = host()
            .reload(vec![change], &ReloadOptions::default())
            .remove(0);
        assert_eq!(with, without, "{iterations}");
    }
    // The steps that a call is said to have taken are the same too, whatever a step weighs.
    let heavy = "local text = string.rep('x', 100000)\nlocal found = 0\nfor n = 1, 200000 do if text == text .. n then found = found + 1 end end\n";
    let steps = |deadline: bool| {
        let mut host = host();
        let report = if deadline {
            reload(&mut host, heavy, None)
        } else {
            let change = Change {
                mod_id: id(),
                bundle: Ok(Rc::new(bundle(heavy))),
            };
            host.reload(vec![change], &ReloadOptions::default())
                .remove(0)
        };
        (report.error, host.steps_of_last_call())
    };
    assert_eq!(steps(true), steps(false));
}
