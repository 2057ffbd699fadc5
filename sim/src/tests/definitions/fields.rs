//! What a change of each field does to what lives. The names of the tests begin with the rule.

use super::{
    Edit, GRASS, change, edited, future, harvest, hungry, replace, run, small_colony, spawn,
};
use crate::definitions::NeedKind;
use crate::test_support::{colony_on, definitions, designate, run_tick};
use crate::{Colony, Command, Position};

#[test]
fn every_difference_is_told_with_its_rule() {
    let mut colony = colony_on(&GRASS);
    let changes = replace(
        &mut colony,
        edited(|d| {
            change(&mut d.terrain, "tree", |it| it.walk_cost = None);
            change(&mut d.terrain, "water", |it| it.walk_cost = Some(4));
            d.terrain.remove("soil");
            change(&mut d.items, "wood", |it| it.stack_max = 10);
            change(&mut d.items, "meal", |it| it.nutrition = 0);
            change(&mut d.needs, "food", |it| it.decay = 30);
            let chop = d.jobs["chop"].clone();
            d.jobs.insert("fell".to_owned(), chop);
            change(&mut d.jobs, "mine", |it| {
                it.action = harvest("water", "floor", "wood")
            });
        }),
    );
    let expected = [
        "terrain.soil: is gone, nothing used it",
        "terrain.tree.walk_cost: `3` becomes `none`, which touches nothing",
        "terrain.water.walk_cost: `none` becomes `4`, from now on",
        "items.meal.nutrition: `6000` becomes `0`, from now on",
        "items.wood.stack_max: `50` becomes `10`, from the next use on",
        "needs.food.decay: `25` becomes `30`, from now on",
        "jobs.fell: is new",
        "jobs.mine.target: `rock` becomes `water`, which touches nothing",
        "jobs.mine.yields: `5 stone` becomes `7 wood`, from the next use on",
    ];
    assert_eq!(changes, expected);
}

/// Takes over definitions that nothing stands against.
fn take_over(colony: &mut Colony, edit: Edit) {
    colony.replace_definitions(edited(edit)).unwrap();
}

#[test]
fn now_what_is_under_way_goes_by_the_new_definitions() {
    let mut colony = small_colony();
    spawn(&mut colony, "meal", 1, Position::new(1, 1));
    let id = hungry(&mut colony);
    let levels = |colony: &Colony| {
        colony
            .view()
            .colonist(id)
            .map(|colonist| (colonist.food, colonist.rest))
            .unwrap()
    };
    let (food, rest) = levels(&colony);
    run(&mut colony, 1);
    assert_eq!(levels(&colony), (food - 25, rest - 15));
    take_over(&mut colony, |d| {
        change(&mut d.needs, "food", |it| it.decay = 1);
        change(&mut d.items, "meal", |it| it.nutrition = 500);
        change(&mut d.jobs, "eat", |it| it.work = 1);
        change(&mut d.terrain, "grass", |it| it.walk_cost = Some(5));
    });
    let path = colony.entities.colonist(id).unwrap().activity.path.len();
    let ticks = u32::try_from(path * 5).unwrap();
    run(&mut colony, ticks - 1);
    assert_eq!(
        colony.view().jobs_done(Some("eat")),
        0,
        "one tick of the way is left"
    );
    run(&mut colony, 2);
    assert_eq!(colony.view().jobs_done(Some("eat")), 1);
    let ticks = u16::try_from(ticks + 1).unwrap();
    assert_eq!(levels(&colony).0, food - 25 - ticks + 500);
}

#[test]
fn now_a_raised_critical_level_is_told() {
    let mut colony = colony_on(&GRASS);
    let id = hungry(&mut colony);
    colony
        .entities
        .colonist_mut(id)
        .unwrap()
        .needs
        .get_mut(NeedKind::Food)
        .level = 2_000;
    assert_eq!(run(&mut colony, 1), []);
    take_over(&mut colony, |d| {
        change(&mut d.needs, "food", |it| it.critical_below = 3_000)
    });
    assert_eq!(run(&mut colony, 1)[0].name(), "need_critical");
}

#[test]
fn now_opened_ground_leads_somewhere() {
    let mut colony = colony_on(&[
        "........", "........", "........", "........", "........", "........", "~~~~~~~~",
        "T.......",
    ]);
    colony
        .apply(&Command::Designate {
            kind: "chop".to_owned(),
            at: Position::new(0, 7),
        })
        .unwrap();
    run(&mut colony, 60);
    assert_eq!(colony.view().jobs_done(Some("chop")), 0);
    take_over(&mut colony, |d| {
        change(&mut d.terrain, "water", |it| it.walk_cost = Some(2))
    });
    run(&mut colony, 60);
    assert_eq!(colony.view().jobs_done(Some("chop")), 1);
}

#[test]
fn next_use_a_stack_that_is_too_large_stays_and_takes_no_more() {
    let mut colony = colony_on(&GRASS);
    let at = Position::new(0, 0);
    spawn(&mut colony, "wood", 50, at);
    spawn(&mut colony, "wood", 40, Position::new(7, 7));
    let id = colony.colonist_ids()[0];
    while colony.view().carried(id).is_none() {
        run_tick(&mut colony);
    }
    take_over(&mut colony, |d| {
        change(&mut d.items, "wood", |it| it.stack_max = 10)
    });
    let counts = |colony: &Colony| {
        colony
            .view()
            .items()
            .map(|facts| facts.count)
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(&colony), [50]);
    spawn(&mut colony, "wood", 3, at);
    assert_eq!(counts(&colony), [50, 3], "beside it");
    run(&mut colony, 200);
    assert_eq!(colony.view().item_total("wood"), 93);
    assert_eq!(colony.view().item_stored("wood"), 93);
    assert!(
        counts(&colony).iter().all(|count| *count <= 10),
        "{:?}",
        counts(&colony)
    );
}

#[test]
fn next_use_posted_jobs_keep_their_priority_and_harvests_end_by_the_new_definitions() {
    let mut colony = small_colony();
    run(&mut colony, 1);
    take_over(&mut colony, |d| {
        change(&mut d.items, "wood", |it| it.haul_priority = 2);
        change(&mut d.jobs, "chop", |it| {
            it.priority = Some(9);
            it.action = harvest("tree", "soil", "stone");
        });
    });
    designate(&mut colony, "chop", 1);
    spawn(&mut colony, "wood", 1, Position::new(7, 0));
    run(&mut colony, 1);
    let priorities = |kind: &str| -> Vec<u8> {
        let jobs = colony.view().jobs().filter(|job| job.kind == kind);
        jobs.map(|job| job.priority).collect()
    };
    assert_eq!(priorities("chop"), [4, 4, 4, 4, 4, 9]);
    assert_eq!(priorities("haul"), [6, 2]);
    run(&mut colony, 600);
    let view = colony.view();
    assert_eq!(view.jobs_done(Some("chop")), 6);
    assert_eq!(
        (
            view.tile_count("soil"),
            view.item_total("stone"),
            view.item_total("wood")
        ),
        (6, 42, 15)
    );
}

#[test]
fn stockpiles_that_name_an_item_that_is_gone_are_told() {
    let mut colony = colony_on(&GRASS);
    for (x, filter) in [(0, Some("stone")), (2, None), (4, Some("wood"))] {
        let filter = filter.map(|item| [item.to_owned()].into());
        let at = Position::new(x, 0);
        let command = Command::AddStockpile {
            at,
            width: 1,
            height: 1,
            filter,
        };
        colony.apply(&command).unwrap();
    }
    let without = edited(|d| {
        d.items.remove("stone");
        d.jobs.remove("mine");
    });
    let told = replace(&mut colony, without);
    assert_eq!(
        told[0],
        "items.stone: is gone, nothing used it; 1 stockpile names it still (3)"
    );
}

#[test]
fn clamp_what_is_no_food_any_more_is_left_uneaten() {
    let mut colony = colony_on(&GRASS);
    spawn(&mut colony, "meal", 1, Position::new(0, 0));
    let id = hungry(&mut colony);
    run(&mut colony, 3);
    let save = colony.save();
    let inedible = edited(|d| change(&mut d.items, "meal", |it| it.nutrition = 0));
    let expected =
        "items.meal.nutrition: `6000` becomes `0`, from now on; 1 colonist leaves it (1)";
    assert_eq!(replace(&mut colony, inedible.clone()), [expected]);
    assert_eq!(colony.view().colonist(id).unwrap().job, None);
    let mut restored = Colony::restore(&save, inedible).unwrap();
    assert_eq!(colony.hashes(), restored.hashes());
    let events = run(&mut colony, 40);
    assert_eq!(events[0].name(), "job_failed", "there is no other food");
    assert_eq!(colony.view().item_total("meal"), 1);
}

#[test]
fn refuse_only_while_something_is_in_use() {
    let mut colony = colony_on(&[
        "#.......", "........", "........", "........", "........", "........", "........",
        "........",
    ]);
    let without_mining = edited(|d| {
        d.terrain.remove("rock");
        d.items.remove("stone");
        d.jobs.remove("mine");
    });
    let tile = "! terrain `rock` is gone, and 1 tile is of it ((0, 0))";
    assert_eq!(replace(&mut colony, without_mining.clone()), [tile]);
    designate(&mut colony, "mine", 1);
    let job = "! job kind `mine` is gone, and 1 job is of it (3)";
    assert_eq!(replace(&mut colony, without_mining.clone()), [tile, job]);
    let elsewhere = edited(|d| {
        change(&mut d.jobs, "mine", |it| {
            it.action = harvest("tree", "floor", "stone")
        })
    });
    let target =
        "! job kind `mine` has another target, `tree` instead of `rock`, and 1 job is of it (3)";
    assert_eq!(replace(&mut colony, elsewhere), [target]);

    while colony.view().item_total("stone") == 0 {
        run_tick(&mut colony);
    }
    let count = 5;
    colony
        .apply(&Command::RemoveItem {
            item: "stone".to_owned(),
            count,
        })
        .unwrap();
    let save = colony.save();
    let mut untouched = colony.fork();
    let changes = replace(&mut colony, without_mining.clone());
    let gone = ["terrain.rock", "items.stone", "jobs.mine"]
        .map(|place| format!("{place}: is gone, nothing used it"));
    assert_eq!(changes, gone);
    assert_eq!(
        colony.view().jobs_done(Some("mine")),
        1,
        "what has been done is not forgotten"
    );
    let mut restored = Colony::restore(&save, without_mining).unwrap();
    assert_eq!(future(&mut colony, 30), future(&mut restored, 30));
    run(&mut untouched, 30);
    colony.replace_definitions(definitions()).unwrap();
    assert_eq!(colony.hashes(), untouched.hashes(), "it has left no trace");
}
