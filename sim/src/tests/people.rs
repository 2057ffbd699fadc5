//! Mood, schedules, wounds, skills, beds: what makes people differ.

use std::collections::BTreeSet;

use crate::definitions::NeedKind;
use crate::test_support::{colony_with, run_tick, whole_definitions};
use crate::{
    COLLAPSE_BELOW, Colony, Command, Event, Hour, MOOD_LOW, MOOD_MAX, NEED_MAX, Position, StableId,
};

const OPEN: [&str; 12] = ["............"; 12];

fn colony(colonists: u32) -> Colony {
    let mut definitions = whole_definitions();
    for incident in definitions.incidents.values_mut() {
        incident.weight = 0;
    }
    colony_with(
        &OPEN,
        colonists,
        &[("meal", 40), ("salve", 5), ("wood", 20)],
        definitions,
    )
}

fn first(colony: &Colony) -> StableId {
    colony.colonist_ids()[0]
}

fn set_need(colony: &mut Colony, id: StableId, need: NeedKind, level: u16) {
    let colonist = colony.entities.colonist_mut(id).unwrap();
    colonist.needs.get_mut(need).level = level;
}

/// The kinds of job somebody takes over some ticks.
fn taken(colony: &mut Colony, id: StableId, ticks: u32) -> Vec<String> {
    let mut kinds = Vec::new();
    for _ in 0..ticks {
        kinds.extend(
            run_tick(colony)
                .into_iter()
                .filter_map(|event| match event {
                    Event::JobAssigned(job) if job.colonist == Some(id) => {
                        Some(job.kind.to_string())
                    }
                    _ => None,
                }),
        );
    }
    kinds
}

fn schedule(colonist: StableId, hour: Hour) -> Command {
    Command::SetSchedule {
        colonist,
        hours: Some(vec![hour; 24]),
    }
}

fn spawn_loose_wood(colony: &mut Colony) {
    let (item, at) = ("wood".to_owned(), Position::new(0, 0));
    colony
        .apply(&Command::SpawnItem { item, count: 1, at })
        .unwrap();
}

#[test]
fn mood_follows_the_needs() {
    let mut colony = colony(1);
    let id = first(&colony);
    let mood = |colony: &Colony| colony.view().colonist(id).unwrap().mood;
    assert_eq!(mood(&colony), MOOD_MAX);
    for _ in 0..50 {
        set_need(&mut colony, id, NeedKind::Recreation, 0);
        run_tick(&mut colony);
    }
    assert_eq!(
        mood(&colony),
        MOOD_MAX - 500,
        "ten points a tick, towards 6,000"
    );
    for _ in 0..400 {
        set_need(&mut colony, id, NeedKind::Recreation, NEED_MAX);
        run_tick(&mut colony);
    }
    let lost = 8;
    assert_eq!(
        mood(&colony),
        MOOD_MAX - lost,
        "for the 20 points lost in the tick itself"
    );
}

#[test]
fn in_a_bad_mood_only_what_is_urgent_is_done() {
    let mut colony = colony(1);
    let id = first(&colony);
    spawn_loose_wood(&mut colony);
    colony.entities.colonist_mut(id).unwrap().needs.mood = MOOD_LOW - 100;
    assert_eq!(taken(&mut colony, id, 5), Vec::<String>::new());
    let job = colony.view().jobs().next().unwrap().id;
    colony
        .apply(&Command::SetJobPriority { job, priority: 8 })
        .unwrap();
    assert_eq!(taken(&mut colony, id, 1), ["haul"]);
}

#[test]
fn a_schedule_says_what_an_hour_is_for() {
    let mut colony = colony(1);
    let id = first(&colony);
    spawn_loose_wood(&mut colony);
    for need in NeedKind::ALL {
        set_need(&mut colony, id, need, 6_000);
    }
    let mut asleep = colony.fork();
    asleep.apply(&schedule(id, Hour::Sleep)).unwrap();
    assert_eq!(taken(&mut asleep, id, 2), ["sleep"]);
    let mut at_leisure = colony.fork();
    at_leisure.apply(&schedule(id, Hour::Leisure)).unwrap();
    assert_eq!(taken(&mut at_leisure, id, 2), ["relax"]);
    set_need(&mut colony, id, NeedKind::Rest, 2_000);
    let mut as_usual = colony.fork();
    assert_eq!(taken(&mut as_usual, id, 2), ["sleep"]);
    colony.apply(&schedule(id, Hour::Work)).unwrap();
    assert_eq!(
        taken(&mut colony, id, 2),
        ["haul"],
        "tired, but not critically"
    );
    let hours = colony.view().schedule(id);
    assert_eq!(hours, Some([Hour::Work; 24]));
    let restored = Colony::restore(&colony.save(), colony.definitions().clone());
    let mut restored = restored.unwrap();
    assert_eq!(restored.hashes(), colony.hashes());
    assert_eq!(taken(&mut restored, id, 40), taken(&mut colony, id, 40));
}

#[test]
fn forbidden_work_is_left_to_others() {
    let mut colony = colony(2);
    let [lazy, other] = colony.colonist_ids()[..] else {
        panic!("two colonists");
    };
    let command = Command::AllowWork {
        colonist: lazy,
        kind: "haul".to_owned(),
        allowed: false,
    };
    colony.apply(&command).unwrap();
    assert_eq!(colony.view().forbidden_work(lazy), ["haul"]);
    spawn_loose_wood(&mut colony);
    spawn_loose_wood(&mut colony);
    let done = |colony: &mut Colony| {
        let mut done = Vec::new();
        for _ in 0..60 {
            done.extend(
                run_tick(colony)
                    .into_iter()
                    .filter_map(|event| match event {
                        Event::JobCompleted(job) if job.kind == "haul" => job.colonist,
                        _ => None,
                    }),
            );
        }
        done
    };
    assert_eq!(done(&mut colony), [other]);
    let eat = Command::AllowWork {
        colonist: lazy,
        kind: "eat".to_owned(),
        allowed: false,
    };
    let message = colony.apply(&eat).unwrap_err().to_string();
    assert_eq!(
        message,
        "`eat` is done for oneself and cannot be forbidden, expected work for the colony"
    );
}

#[test]
fn a_wound_keeps_health_down_until_it_is_treated() {
    let mut colony = colony(2);
    let id = first(&colony);
    let injure = Command::Injure {
        colonist: id,
        points: 3_000,
    };
    colony.apply(&injure).unwrap();
    let facts = |colony: &Colony| colony.view().colonist(id).unwrap();
    assert_eq!(
        (facts(&colony).health, facts(&colony).wound),
        (7_000, 3_000)
    );
    let mut alone = colony.fork();
    run_tick(&mut colony);
    assert_eq!(
        (facts(&colony).health, facts(&colony).wound),
        (7_000, 2_998)
    );
    for _ in 0..100 {
        run_tick(&mut colony);
    }
    // 1,000 points of treatment and 1,500 of a salve; what is left heals by itself.
    assert_eq!(colony.view().jobs_done(Some("treat")), 1);
    assert_eq!(colony.view().item_total("salve"), 4);
    let healed = facts(&colony).wound;
    assert!(healed < 500, "{healed}");
    let helper = alone.colonist_ids()[1];
    let treat = Command::AllowWork {
        colonist: helper,
        kind: "treat".to_owned(),
        allowed: false,
    };
    alone.apply(&treat).unwrap();
    for _ in 0..100 {
        run_tick(&mut alone);
    }
    assert_eq!(facts(&alone).wound, 3_000 - 200, "nobody treats themselves");
}

#[test]
fn a_treatment_that_waits_is_where_its_patient_is() {
    let mut colony = colony(1);
    let id = first(&colony);
    spawn_loose_wood(&mut colony);
    let injure = Command::Injure {
        colonist: id,
        points: 3_000,
    };
    colony.apply(&injure).unwrap();
    let mut places = BTreeSet::new();
    for _ in 0..20 {
        let at = colony.position(id).unwrap();
        run_tick(&mut colony);
        let treatment = colony.view().jobs().find(|job| job.kind == "treat");
        assert_eq!(treatment.unwrap().at, at, "tick {}", colony.tick());
        places.insert(at);
    }
    assert!(places.len() > 3, "{places:?}");
}

#[test]
fn who_collapses_leaves_work_and_tells_of_it() {
    let mut colony = colony(1);
    let id = first(&colony);
    spawn_loose_wood(&mut colony);
    assert_eq!(taken(&mut colony, id, 1), ["haul"]);
    let points = 10_000 - COLLAPSE_BELOW + 1;
    colony
        .apply(&Command::Injure {
            colonist: id,
            points,
        })
        .unwrap();
    let events = colony.take_events();
    let health = COLLAPSE_BELOW - 1;
    assert!(events.iter().any(|event| matches!(event, Event::ColonistCollapsed { colonist, health: left, .. } if *colonist == id && *left == health)));
    assert_eq!(taken(&mut colony, id, 30), Vec::<String>::new());
    colony
        .apply(&Command::Heal {
            colonist: id,
            points: 9_000,
        })
        .unwrap();
    assert_eq!(taken(&mut colony, id, 1), ["haul"]);
    let points = 10_000;
    colony
        .apply(&Command::Injure {
            colonist: id,
            points,
        })
        .unwrap();
    let events = colony.take_events();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::ColonistDied { cause, .. } if cause == "injury"))
    );
    assert_eq!(colony.view().colonists().count(), 0);
}

#[test]
fn a_bed_is_for_one_and_gives_more_rest() {
    let mut colony = colony(2);
    let at = Position::new(1, 1);
    let building = "bed".to_owned();
    colony
        .apply(&Command::PlaceBlueprint { building, at })
        .unwrap();
    while colony.view().buildings().any(|bed| !bed.is_built) {
        run_tick(&mut colony);
    }
    let ids = colony.colonist_ids();
    let rest = |colony: &Colony, id| colony.view().colonist(id).unwrap().rest;
    for id in &ids {
        set_need(&mut colony, *id, NeedKind::Rest, 500);
    }
    for _ in 0..40 {
        run_tick(&mut colony);
    }
    let in_bed: Vec<bool> = ids
        .iter()
        .map(|id| colony.view().colonist(*id).unwrap().at == at)
        .collect();
    assert_eq!(in_bed, [true, false]);
    let gained = [rest(&colony, ids[0]), rest(&colony, ids[1])];
    assert!(
        gained[0] > gained[1],
        "{gained:?}: a bed twice as good outweighs the way to it"
    );
}

#[test]
fn practice_makes_faster() {
    let mut definitions = whole_definitions();
    for incident in definitions.incidents.values_mut() {
        incident.weight = 0;
    }
    let mut colony = colony_with(&OPEN, 1, &[("meal", 20)], definitions);
    let id = first(&colony);
    for x in 0..4 {
        let (at, crop) = (Position::new(x, 0), Some("corn".to_owned()));
        colony.apply(&Command::SetPlot { at, crop }).unwrap();
    }
    let level = |colony: &Colony| colony.view().skills(id)[1].level;
    assert_eq!(level(&colony), 0);
    while colony.view().jobs_done(Some("sow")) < 4 {
        run_tick(&mut colony);
    }
    assert_eq!(level(&colony), 1, "four times 25 points");
}
