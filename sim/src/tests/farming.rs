//! Plots through the year: sown, grown, ripe, reaped, frozen.

use crate::test_support::{colony_with, run_tick, whole_definitions};
use crate::{Colony, Command, CommandError, Definitions, Event, PlotStage, Position};

const OPEN: [&str; 12] = ["............"; 12];

fn farm(definitions: Definitions) -> (Colony, Position) {
    let mut colony = colony_with(&OPEN, 1, &[("meal", 30)], definitions);
    let at = Position::new(1, 1);
    let crop = Some("corn".to_owned());
    colony.apply(&Command::SetPlot { at, crop }).unwrap();
    (colony, at)
}

fn stage(colony: &Colony) -> PlotStage {
    colony.view().plots().next().unwrap().stage
}

/// Ticks until a stage is reached, and the names of what happened.
fn run_to(colony: &mut Colony, wanted: PlotStage) -> Vec<Event> {
    let mut happened = Vec::new();
    for _ in 0..400 {
        if stage(colony) == wanted {
            return happened;
        }
        happened.extend(run_tick(colony));
    }
    panic!("not {wanted:?} in 400 ticks: {happened:?}");
}

/// Clear weather all the time, summer all year.
fn mild() -> Definitions {
    let mut definitions = whole_definitions();
    definitions.weather.retain(|id, _| id == "clear");
    definitions.seasons.retain(|id, _| id == "summer");
    for incident in definitions.incidents.values_mut() {
        incident.weight = 0;
        incident.seasons.clear();
    }
    definitions
}

#[test]
fn a_plot_is_sown_and_reaped_again_and_again() {
    let (mut colony, at) = farm(mild());
    run_to(&mut colony, PlotStage::Growing);
    let sown = colony.tick();
    let happened = run_to(&mut colony, PlotStage::Ripe);
    let crop = "corn".into();
    assert!(happened.contains(&Event::CropRipe { crop, at }));
    let grown = colony.tick() - sown;
    assert!(
        (40..50).contains(&grown),
        "looked at every ten ticks: {grown}"
    );
    run_to(&mut colony, PlotStage::Fallow);
    assert_eq!(colony.view().item_total("corn"), 6);
    assert_eq!(colony.view().jobs_done(Some("reap")), 1);
    run_to(&mut colony, PlotStage::Growing);
}

#[test]
fn poor_ground_and_bad_weather_slow_growth() {
    let ticks_to_ripe = |definitions| {
        let (mut colony, _) = farm(definitions);
        run_to(&mut colony, PlotStage::Growing);
        let sown = colony.tick();
        run_to(&mut colony, PlotStage::Ripe);
        (colony.tick() - sown).div_ceil(10)
    };
    let mut poor = mild();
    poor.terrain.get_mut("grass").unwrap().fertility = 500;
    let mut dull = mild();
    dull.weather.get_mut("clear").unwrap().growth = 250;
    let weeks = [mild(), poor, dull].map(ticks_to_ripe);
    assert_eq!(weeks, [5, 9, 17]);
}

#[test]
fn nothing_is_sown_out_of_season_and_frost_kills() {
    let (mut colony, at) = farm(whole_definitions());
    run_to(&mut colony, PlotStage::Growing);
    while colony.view().season() == Some("summer") {
        run_tick(&mut colony);
        if stage(&colony) == PlotStage::Ripe {
            // Left standing.
            let crop = Some("corn".to_owned());
            colony.apply(&Command::SetPlot { at, crop: None }).unwrap();
            colony.apply(&Command::SetPlot { at, crop }).unwrap();
        }
    }
    let mut died = false;
    for _ in 0..90 {
        let events = run_tick(&mut colony);
        died |= events.iter().any(|event| {
            matches!(event, Event::CropDied { crop, cause, .. } if crop == "corn" && cause == "frost")
        });
        if colony.view().season() == Some("winter") && died {
            assert_eq!(stage(&colony), PlotStage::Fallow);
            assert!(!events.iter().any(|event| event.name() == "job_created"
                && matches!(event, Event::JobCreated(job) if job.kind == "sow")));
        }
    }
    assert!(died, "the crop stood into the winter");
}

#[test]
fn a_blight_kills_about_as_many_as_it_says() {
    let mut definitions = mild();
    definitions.crops.get_mut("corn").unwrap().grow_ticks = 100_000;
    let mut colony = colony_with(
        &["................................"; 32],
        1,
        &[],
        definitions,
    );
    let positions: Vec<Position> = colony.view().nearest_fertile(800);
    assert_eq!(positions.len(), 800);
    for at in positions {
        let crop = Some("corn".to_owned());
        colony.apply(&Command::SetPlot { at, crop }).unwrap();
        let sown = colony.plots.get(at).map(|plot| crate::farming::Plot {
            stage: crate::farming::Stage::Growing { since: 0 },
            ..plot
        });
        colony.plots.set(at, sown);
    }
    // 300 of a thousand in ten ticks.
    colony.begin_tick();
    let incident = "mould".to_owned();
    colony.apply(&Command::StartIncident { incident }).unwrap();
    colony.step();
    let mut died = 0;
    for _ in 0..20 {
        let events = run_tick(&mut colony);
        died += events
            .iter()
            .filter(|event| event.name() == "crop_died")
            .count();
    }
    assert!((190..290).contains(&died), "{died} of 800 died");
}

#[test]
fn a_plot_needs_ground_on_which_something_grows() {
    let mut colony = colony_with(
        &["....", "....", "..#_", "...."]
            .map(|row| row.repeat(3))
            .iter()
            .map(String::as_str)
            .cycle()
            .take(12)
            .collect::<Vec<_>>(),
        1,
        &[],
        whole_definitions(),
    );
    let plot = |x, y, crop: &str| Command::SetPlot {
        at: Position::new(x, y),
        crop: Some(crop.to_owned()),
    };
    let message = |colony: &Colony, command| colony.check(&command).unwrap_err().to_string();
    assert_eq!(
        message(&colony, plot(3, 2, "corn")),
        "(3, 2) is `floor`, expected a terrain with fertility"
    );
    assert_eq!(
        message(&colony, plot(0, 0, "crn")),
        "there is no crop `crn`; did you mean `corn`?"
    );
    assert!(matches!(
        colony.apply(&plot(2, 2, "corn")),
        Err(CommandError::Impassable { .. })
    ));
}

#[test]
fn what_is_too_old_is_gone_unless_it_freezes() {
    let colony = |definitions| {
        let stock = [("corn", 10), ("meal", 30)];
        colony_with(&OPEN, 1, &stock, definitions)
    };
    let mut warm = colony(mild());
    let mut spoiled = Vec::new();
    for _ in 0..200 {
        let events = run_tick(&mut warm);
        spoiled.extend(
            events
                .into_iter()
                .filter(|event| event.name() == "item_spoiled"),
        );
    }
    assert_eq!(warm.view().item_total("corn"), 0);
    assert!(
        matches!(&spoiled[..], [Event::ItemSpoiled { item, count: 1..=10, .. }] if item == "corn")
    );
    let mut cold = mild();
    cold.seasons.get_mut("summer").unwrap().temperature = -200;
    let mut cold = colony(cold);
    for _ in 0..200 {
        run_tick(&mut cold);
    }
    assert!(cold.view().item_total("corn") > 0);
}

#[test]
fn what_is_put_together_has_the_mean_age() {
    use crate::spoilage::mean_since;
    assert_eq!(mean_since((0, 1), (100, 1)), 50);
    assert_eq!(mean_since((0, 1), (100, 3)), 75);
    assert_eq!(
        mean_since((u64::MAX, u32::MAX), (u64::MAX, u32::MAX)),
        u64::MAX
    );
}
