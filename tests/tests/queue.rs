//! Changes that wait for the tick boundary: merged, bounded, in the same order always (seed-corrections 11 to 16).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::rc::Rc;

use modding::bundle::Bundle;
use modding::host::Host;
use modding::manifest::select_files;
use modding::mod_id::ModId;
use modding::reload::{Change, Priority, ReloadOptions};
use modding::report::{Outcome, ReloadReport, ReloadType};
use sim::{MapSource, Setup};
use tests::{Project, manifest};

const IDS: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

fn id(name: &str) -> ModId {
    ModId::parse(name).unwrap()
}

/// A mod that prints `text` at each tick; `more` is added to its manifest.
fn bundle(name: &str, more: &str, text: &str) -> Bundle {
    let script = format!("colony.events.register('tick_start', function() print('{text}') end)\n");
    let files = [
        ("mod.toml", manifest(name, "1.0.0", more)),
        ("scripts/main.lua", script),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.into_bytes()));
    select_files(name, files).unwrap()
}

fn change(name: &str, more: &str, text: &str) -> Change {
    Change {
        mod_id: id(name),
        bundle: Ok(Rc::new(bundle(name, more, text))),
    }
}

/// Five mods, of which `beta` depends on `epsilon`; `more` is added to the manifest of `alpha`.
fn host(more: &str) -> Host {
    let project = Project::new().scenario(1, &[], "");
    let (_, workspace) = project.load().unwrap();
    let mut bundles = vec![workspace.bundle(&id("base")).unwrap()];
    bundles.extend(IDS.map(|name| bundle(name, more_of(name, more), "one")));
    let setup = Setup {
        seed: 7,
        map: MapSource::Generated {
            width: 32,
            height: 32,
        },
        colonists: 2,
        stock: [("meal".to_owned(), 10)].into(),
    };
    let known = IDS.iter().map(|name| id(name)).collect();
    let (mut host, left_out) = Host::start(&setup, bundles, known).unwrap();
    assert_eq!(left_out, []);
    host.tick(&[]);
    host
}

fn more_of<'m>(name: &str, of_alpha: &'m str) -> &'m str {
    match name {
        "alpha" => of_alpha,
        "beta" => "[dependencies]\nepsilon = \"*\"",
        _ => "",
    }
}

fn told(reports: &[ReloadReport]) -> Vec<(Outcome, Vec<&str>)> {
    let told = reports.iter().map(|report| {
        let members = report.members.iter().map(|member| member.mod_id.as_str());
        (report.outcome, members.collect())
    });
    told.collect()
}

#[test]
fn changes_come_by_priority_then_by_load_order_whatever_their_arrival() {
    // seed-corrections 11: the newest does not come first
    let wishes = [
        ("gamma", Priority::Low),
        ("delta", Priority::Critical),
        ("alpha", Priority::Normal),
        ("epsilon", Priority::Normal),
    ];
    let in_order = |wishes: &mut dyn Iterator<Item = (&str, Priority)>| {
        let mut host = host("");
        for (name, priority) in wishes {
            let options = ReloadOptions {
                priority: Some(priority),
                ..ReloadOptions::default()
            };
            assert_eq!(host.request(change(name, "", "two"), &options), []);
        }
        let reports = host.process_requests(&ReloadOptions::default());
        let mods: Vec<String> = reports
            .iter()
            .map(|report| report.members[0].mod_id.to_string())
            .collect();
        mods
    };
    let expected = ["delta", "alpha", "epsilon", "gamma"];
    assert_eq!(in_order(&mut wishes.into_iter()), expected);
    assert_eq!(in_order(&mut wishes.into_iter().rev()), expected);
}

#[test]
fn the_priority_of_a_change_is_that_of_its_mod_s_situation() {
    let mut host = host("");
    let broken = Change {
        mod_id: id("gamma"),
        bundle: Ok(Rc::new(
            bundle("gamma", "", "x").clone_with("scripts/main.lua", b"local ="),
        )),
    };
    let reports = host.reload(vec![broken], &ReloadOptions::default());
    assert_eq!(told(&reports), [(Outcome::RolledBack, vec!["gamma"])]);
    let tests_only = Change {
        mod_id: id("alpha"),
        bundle: Ok(Rc::new(
            bundle("alpha", "", "one").clone_with("tests/a.lua", b"-- a"),
        )),
    };
    // A file that nothing runs from, any other change, one that others depend on, and the repair of a broken mod.
    let changes = vec![
        tests_only,
        change("delta", "", "two"),
        change("epsilon", "", "two"),
        change("gamma", "", "two"),
    ];
    let reports = host.reload(changes, &ReloadOptions::default());
    let mods: Vec<&str> = reports
        .iter()
        .map(|report| report.members[0].mod_id.as_str())
        .collect();
    assert_eq!(mods, ["gamma", "epsilon", "delta", "alpha"]);
    assert_eq!(reports[3].members[0].kind, ReloadType::Partial);
}

#[test]
fn a_mod_may_do_without_priorities() {
    let more = "[hot_reload.reload_queue]\npriority_handling = false";
    let mut host = host(more);
    let critical = ReloadOptions {
        priority: Some(Priority::Critical),
        ..ReloadOptions::default()
    };
    host.request(change("alpha", more, "two"), &critical);
    let high = ReloadOptions {
        priority: Some(Priority::High),
        ..ReloadOptions::default()
    };
    host.request(change("delta", "", "two"), &high);
    let reports = host.process_requests(&ReloadOptions::default());
    let mods: Vec<&str> = reports
        .iter()
        .map(|report| report.members[0].mod_id.as_str())
        .collect();
    assert_eq!(mods, ["delta", "alpha"]);
}

#[test]
fn changes_of_one_mod_are_one_request_and_the_older_one_is_reported() {
    // seed-corrections 12; I7
    let mut host = host("");
    let options = ReloadOptions::default();
    assert_eq!(host.request(change("alpha", "", "two"), &options), []);
    let superseded = host.request(change("alpha", "", "three"), &options);
    assert_eq!(told(&superseded), [(Outcome::Superseded, vec!["alpha"])]);
    assert_eq!(superseded[0].members[0].changed, ["scripts/main.lua"]);
    let reports = host.process_requests(&options);
    assert_eq!(told(&reports), [(Outcome::Committed, vec!["alpha"])]);
    assert_eq!(reports[0].members[0].generations, (1, 2));
    assert_eq!(host.tick(&[]).log[0].text, "three");
    assert_eq!(
        host.process_requests(&options),
        [],
        "nothing waits any more"
    );
}

#[test]
fn a_failing_change_does_not_keep_others_from_being_tried() {
    // seed-corrections 13, 14
    let mut host = host("");
    let broken = |name: &str| Change {
        mod_id: id(name),
        bundle: Ok(Rc::new(
            bundle(name, more_of(name, ""), "x").clone_with("scripts/main.lua", b"error('no')"),
        )),
    };
    let changes = vec![broken("alpha"), change("gamma", "", "two"), broken("delta")];
    let reports = host.reload(changes, &ReloadOptions::default());
    assert_eq!(
        told(&reports),
        [
            (Outcome::RolledBack, vec!["alpha"]),
            (Outcome::Committed, vec!["gamma"]),
            (Outcome::RolledBack, vec!["delta"]),
        ]
    );
    let reports = host.reload(vec![change("alpha", "", "two")], &ReloadOptions::default());
    assert_eq!(told(&reports), [(Outcome::Committed, vec!["alpha"])]);
}

#[test]
fn too_many_changes_become_one_look_at_everything() {
    // seed-corrections 16: never a lost edit
    let more = "[hot_reload.reload_queue]\nmax_pending_reloads = 2";
    let mut host = host(more);
    let options = ReloadOptions::default();
    host.request(change("gamma", "", "two"), &options);
    host.request(change("delta", "", "two"), &options);
    assert!(!host.wants_rescan());
    let superseded = host.request(change("alpha", more, "two"), &options);
    assert_eq!(superseded.len(), 3, "{superseded:?}");
    assert!(
        superseded
            .iter()
            .all(|report| report.outcome == Outcome::Superseded)
    );
    assert!(host.wants_rescan());
    let everything = IDS
        .map(|name| change(name, more_of(name, more), "two"))
        .to_vec();
    let reports = host.reload(everything, &options);
    assert!(!host.wants_rescan());
    let committed: usize = reports
        .iter()
        .filter(|report| report.outcome == Outcome::Committed)
        .map(|report| report.members.len())
        .sum();
    assert_eq!(committed, 5);
    assert_eq!(host.tick(&[]).log.len(), 5);
}

/// A bundle with one file more, or another.
trait CloneWith {
    fn clone_with(&self, path: &str, content: &[u8]) -> Bundle;
}

impl CloneWith for Bundle {
    fn clone_with(&self, path: &str, content: &[u8]) -> Bundle {
        let kept = self.paths().filter(|other| *other != path);
        let kept = kept.map(|path| (path.to_owned(), self.file(path).unwrap().to_vec()));
        let files = kept.chain([(path.to_owned(), content.to_vec())]);
        Bundle::new(self.folder(), files).unwrap()
    }
}
