//! The same in, the same out; and each named hash reacts to its own part.

use crate::definitions::NeedKind;
use crate::names::Name;
use crate::schedule::Hour;
use crate::stockpiles::Stockpiles;
use crate::test_support::{busy_colony, definitions, designate, run_tick, setup};
use crate::{Colony, Command, Event, MapSource, Position, Setup, chain_hash};

/// The chain of hashes over some ticks, with all events.
fn chain(colony: &mut Colony, ticks: u64) -> (u128, Vec<Event>) {
    let mut link = 0;
    let mut events = Vec::new();
    for _ in 0..ticks {
        events.extend(run_tick(colony));
        link = chain_hash(link, &colony.hashes());
    }
    (link, events)
}

#[test]
fn the_same_seed_gives_the_same_chain_and_events() {
    let (link, events) = chain(&mut busy_colony(42), 500);
    assert_eq!(chain(&mut busy_colony(42), 500), (link, events));
    assert_ne!(chain(&mut busy_colony(43), 500).0, link);
}

/// A colony in which what pays for several threads is done on them.
fn large_colony() -> Colony {
    let map = MapSource::Generated {
        width: 160,
        height: 160,
    };
    let setup = setup(map, 4_200, &[]);
    let mut colony = Colony::new(&setup, definitions()).unwrap();
    designate(&mut colony, "chop", 5_000);
    designate(&mut colony, "mine", 5_000);
    colony
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let runs = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let mut colony = large_colony();
            let run = chain(&mut colony, 30);
            let mut restored = Colony::restore(&colony.save(), definitions()).unwrap();
            assert_eq!(restored.hashes(), colony.hashes());
            run
        })
    });
    assert!(runs[0] == runs[1] && runs[1] == runs[2]);
}

#[test]
fn hashing_and_looking_change_nothing() {
    let (mut observed, mut alone) = (busy_colony(7), busy_colony(7));
    for _ in 0..300 {
        run_tick(&mut observed);
        run_tick(&mut alone);
        observed.hashes();
        assert!(observed.view().jobs().count() + observed.view().colonists().count() > 0);
        observed.view().nearest_targets("chop", 5).unwrap();
    }
    assert_eq!(observed.hashes(), alone.hashes());
}

#[test]
fn a_fork_goes_on_alike_and_apart() {
    let mut original = busy_colony(42);
    chain(&mut original, 137);
    let mut fork = original.fork();
    assert_eq!(fork.hashes(), original.hashes());
    assert_eq!(chain(&mut fork, 200), chain(&mut original, 200));

    let before = original.hashes();
    let at = fork.view().colonists().next().unwrap().at;
    fork.apply(&Command::SpawnColonist { at }).unwrap();
    chain(&mut fork, 50);
    assert_eq!(
        original.hashes(),
        before,
        "what happens in the fork stays there"
    );
}

/// Names of the parts whose hash differs.
fn changed(mut before: Colony, after: &mut Colony) -> Vec<&'static str> {
    let differs = |((name, old), (_, new)): ((&'static str, u128), (&'static str, u128))| {
        (old != new).then_some(name)
    };
    before
        .hashes()
        .into_iter()
        .zip(after.hashes())
        .filter_map(differs)
        .collect()
}

type Change = fn(&mut Colony);

/// Which parts a change shows in.
fn check(rows: &[(Change, &[&str])]) {
    for (change, parts) in rows {
        let mut colony = busy_colony(42);
        colony.take_events();
        // Fills the caches, so that a forgotten invalidation shows.
        colony.hashes();
        let before = colony.fork();
        change(&mut colony);
        assert_eq!(changed(before, &mut colony), *parts);
    }
}

#[test]
fn each_hash_reacts_to_exactly_its_part() {
    check(&[
        (|colony| colony.begin_tick(), &["clock"]),
        (|colony| colony.seed += 1, &["rng"]),
        (
            |colony| assert_ne!(colony.ids.allocate().get(), 0),
            &["ids"],
        ),
        (
            |colony| colony.set_terrain(Position::new(0, 0), "floor"),
            &["terrain"],
        ),
        (
            |colony| colony.stockpiles = Stockpiles::default().into(),
            &["stockpiles"],
        ),
        (
            |colony| colony.meet_need(colony.colonist_ids()[0], NeedKind::Food, 1),
            &["colonists"],
        ),
        (
            |colony| {
                colony.place_blueprint(Name::of("wall"), Position::new(0, 0));
            },
            &["ids", "buildings"],
        ),
        (
            |colony| colony.set_plot(Position::new(0, 0), Some(Name::of("corn"))),
            &["plots"],
        ),
        (
            |colony| {
                let id = colony.colonist_ids()[0];
                let schedule = Some([Hour::Work; 24]);
                colony
                    .entities
                    .change_person(id, |person| person.schedule = schedule);
            },
            &["colonists"],
        ),
        (|colony| colony.environment.started += 1, &["environment"]),
        (
            |colony| colony.statistics.count_death("flood"),
            &["statistics"],
        ),
    ]);
}

#[test]
fn commands_show_in_the_parts_they_change() {
    check(&[
        (
            |colony| {
                colony
                    .apply(&Command::RemoveItem {
                        item: "wood".into(),
                        count: 1,
                    })
                    .unwrap()
            },
            &["items"],
        ),
        (
            |colony| {
                let job = colony.view().jobs().next().unwrap().id;
                colony
                    .apply(&Command::SetJobPriority { job, priority: 10 })
                    .unwrap();
            },
            &["jobs"],
        ),
        (
            |colony| {
                let at = colony.view().colonists().next().unwrap().at;
                colony.apply(&Command::SpawnColonist { at }).unwrap();
            },
            &["ids", "colonists", "events"],
        ),
        (
            |colony| designate(colony, "chop", 1),
            &["ids", "jobs", "events"],
        ),
    ]);
}

#[test]
fn changed_definitions_show_as_definitions_alone() {
    let mut other = definitions();
    other.jobs.get_mut("mine").unwrap().work += 1;
    let setup = Setup {
        seed: 5,
        ..setup(
            MapSource::Generated {
                width: 20,
                height: 20,
            },
            2,
            &[],
        )
    };
    let before = Colony::new(&setup, definitions()).unwrap();
    assert_eq!(
        changed(before, &mut Colony::new(&setup, other).unwrap()),
        ["definitions"]
    );
}
