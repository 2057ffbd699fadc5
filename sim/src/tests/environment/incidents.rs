//! What each incident does, and when one cannot start.

use super::*;

#[test]
fn a_cold_spell_lasts_and_is_over() {
    let mut colony = quiet_colony();
    run(&mut colony, 5);
    let before = colony.view().growth_permille();
    colony.apply(&start("frost")).unwrap();
    assert_eq!(told(&colony.take_events()), ["frost for 30"]);
    assert_eq!(colony.view().growth_permille(), before / 2);
    let running: Vec<_> = colony.view().incidents().collect();
    assert_eq!(running.len(), 1);
    let facts = &running[0];
    assert_eq!(
        (facts.incident.as_str(), facts.began, facts.ends),
        ("frost", 5, 35)
    );
    assert!(told(&run(&mut colony, 29)).is_empty());
    assert_eq!(told(&run(&mut colony, 1)), ["frost is over"]);
    assert_eq!(colony.view().incidents().count(), 0);
}

#[test]
fn a_blight_tells_crops_how_many_die() {
    let mut colony = quiet_colony();
    assert_eq!(colony.view().blight_permille(), 0);
    colony.apply(&start("mould")).unwrap();
    assert_eq!(colony.view().blight_permille(), 300);
    run(&mut colony, 10);
    assert_eq!(colony.view().blight_permille(), 0);
}

#[test]
fn a_gift_lies_at_the_stockpile() {
    let mut colony = quiet_colony();
    colony.apply(&start("parcel")).unwrap();
    let view = colony.view();
    assert_eq!((view.item_total("meal"), view.item_total("wood")), (3, 100));
    let at = Position::new(3, 3);
    let is_there = |item: crate::ItemFacts| item.item == "meal" && item.at == at;
    assert!(
        view.items().any(is_there),
        "{:?}",
        view.items().collect::<Vec<_>>()
    );
    let lying: Vec<u32> = view.items().map(|item| item.count).collect();
    assert!(lying.iter().all(|count| *count <= 50), "{lying:?}");
}

#[test]
fn a_gift_goes_where_somebody_can_get_it() {
    let map = "........\n.~~~~~~.\n.~....~.\n.~.~~.~.\n.~.~~.~.\n.~....~.\n.~~~~~~.\n.......@";
    let setup = setup(MapSource::Ascii(map.to_owned()), 1, &[]);
    let mut colony = Colony::new(&setup, quiet_definitions()).unwrap();
    let cells = &colony.stockpiles.zones()[0].cells;
    let centre = colony.stockpiles.centre().unwrap();
    assert!(!colony.terrain.is_walkable(centre), "{cells:?}");
    colony.apply(&start("parcel")).unwrap();
    let items: Vec<_> = colony.view().items().collect();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|item| colony.terrain.is_walkable(item.at)));
}

#[test]
fn guests_join_and_are_told_of() {
    let mut colony = quiet_colony();
    colony.apply(&start("guests")).unwrap();
    let events = colony.take_events();
    let joined: Vec<Position> = events
        .iter()
        .filter_map(|event| match event {
            Event::ColonistJoined { at, .. } => Some(*at),
            _ => None,
        })
        .collect();
    assert_eq!(told(&events), ["guests for 0"]);
    assert_eq!(joined.len(), 2);
    assert_ne!(joined[0], joined[1], "each on a tile of its own");
    assert_eq!(colony.view().colonists().count(), 3);
}

#[test]
fn thieves_take_a_share_of_what_nobody_reserved() {
    let mut colony = quiet_colony();
    colony.apply(&start("thieves")).unwrap();
    assert_eq!(colony.view().item_total("wood"), 30);
    // Rounded up, so that there is no theft of nothing.
    colony
        .apply(&Command::RemoveItem {
            item: "wood".to_owned(),
            count: 29,
        })
        .unwrap();
    colony.apply(&start("thieves")).unwrap();
    assert_eq!(colony.view().item_total("wood"), 0);
}

#[test]
fn thieves_leave_what_is_reserved() {
    let mut definitions = quiet_definitions();
    let effect = IncidentEffect::Theft {
        item: "wood".to_owned(),
        permille: 1_000,
    };
    definitions.incidents.get_mut("thieves").unwrap().effect = effect;
    let map = MapSource::Ascii(["............"; 8].join("\n"));
    let mut colony = Colony::new(&setup(map, 1, &[]), definitions).unwrap();
    for (count, x) in [(9, 0), (7, 11)] {
        colony
            .apply(&Command::SpawnItem {
                item: "wood".to_owned(),
                count,
                at: Position::new(x, 0),
            })
            .unwrap();
    }
    run_tick(&mut colony);
    let reserved = colony
        .entities
        .jobs()
        .filter_map(|job| job.reserved_units());
    let reserved: u32 = reserved.map(|(_, count)| count).sum();
    assert!(reserved > 0);
    colony.apply(&start("thieves")).unwrap();
    assert_eq!(colony.view().item_total("wood"), u64::from(reserved));
    run(&mut colony, 60);
    assert_eq!(colony.view().item_stored("wood"), u64::from(reserved));
}

#[test]
fn an_accident_hurts_and_may_kill() {
    let mut colony = quiet_colony();
    let health = |colony: &Colony| colony.view().colonists().next().map(|it| it.health);
    colony.apply(&start("fall")).unwrap();
    assert_eq!(health(&colony), Some(HEALTH_MAX - 3_000));
    let id = colony.colonist_ids()[0];
    colony.entities.colonist_mut(id).unwrap().needs.health = 3_000;
    run_tick(&mut colony);
    colony.entities.colonist_mut(id).unwrap().needs.health = 3_000;
    colony.apply(&start("fall")).unwrap();
    let events = colony.take_events();
    let causes: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::ColonistDied { cause, .. } => Some(cause.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(causes, ["accident"]);
    assert_eq!((health(&colony), colony.view().deaths()), (None, 1));
    run(&mut colony, 100);
}

#[test]
fn accidents_of_one_tick_draw_anew() {
    let mut colony = eventful_colony();
    let mut hurt = std::collections::BTreeSet::new();
    for _ in 0..200 {
        colony.apply(&start("fall")).unwrap();
        for id in colony.colonist_ids() {
            let needs = &mut colony.entities.colonist_mut(id).unwrap().needs;
            if needs.health < HEALTH_MAX {
                hurt.insert(id);
                needs.health = HEALTH_MAX;
            }
        }
    }
    assert_eq!(
        hurt.into_iter().collect::<Vec<StableId>>(),
        colony.colonist_ids()
    );
}

/// Applying is refused as told, and changes nothing.
fn check_refused(colony: &mut Colony, incident: &str, reason: &str) {
    let before = colony.hashes();
    let command = start(incident);
    let checked = colony.check(&command).map_err(|error| error.to_string());
    let applied = colony.apply(&command).map_err(|error| error.to_string());
    assert_eq!(checked, Err(reason.to_owned()));
    assert_eq!(applied, checked);
    assert_eq!(colony.hashes(), before);
}

#[test]
fn what_cannot_happen_is_refused_with_a_reason() {
    let mut colony = quiet_colony();
    let hint = "there is no incident `forst`; did you mean `frost`?";
    check_refused(&mut colony, "forst", hint);
    check_refused(
        &mut colony,
        "",
        "there is no incident ``, expected one of: fall, frost, guests, mould, parcel, thieves",
    );
    colony.apply(&start("frost")).unwrap();
    let runs = "the incident `frost` runs already; it is over in tick 30";
    check_refused(&mut colony, "frost", runs);
    let wood = Command::RemoveItem {
        item: "wood".to_owned(),
        count: 40,
    };
    colony.apply(&wood).unwrap();
    let none = "1 of `wood`, expected at most the 0 that nobody has reserved";
    check_refused(&mut colony, "thieves", none);
    let id = colony.colonist_ids()[0];
    colony.remove_dead(id, "boredom");
    check_refused(&mut colony, "fall", "there is no colonist alive");
}

#[test]
fn a_gift_without_room_is_refused_whole() {
    let mut colony = quiet_colony();
    for _ in 0..62 {
        colony
            .apply(&Command::SpawnItem {
                item: "stone".to_owned(),
                count: 50,
                at: Position::new(0, 0),
            })
            .unwrap();
    }
    let full = "there is no room for 3 of `meal` around (3, 3)";
    check_refused(&mut colony, "parcel", full);
}

#[test]
fn the_storyteller_passes_over_what_cannot_happen() {
    let mut definitions = environment_definitions();
    definitions.incidents.retain(|id, _| id == "thieves");
    let map = MapSource::Ascii(["........"; 8].join("\n"));
    let mut colony = Colony::new(&setup(map, 1, &[]), definitions).unwrap();
    let events = told(&run(&mut colony, 200));
    assert!(
        events.iter().all(|event| !event.contains("thieves")),
        "{events:?}"
    );
    let wood = Command::SpawnItem {
        item: "wood".to_owned(),
        count: 9,
        at: Position::new(0, 0),
    };
    colony.apply(&wood).unwrap();
    let events = told(&run(&mut colony, 48));
    assert!(events.contains(&"thieves for 0".to_owned()), "{events:?}");
}
