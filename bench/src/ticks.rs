//! One trivial handler in each of 1, 10 and 100 mods, called once in every tick, against bevy_mod_scripting.

use std::cell::RefCell;

use crate::bevy::{Executor, Peer};
use crate::colony::{Colony, Done, counting, event};
use crate::measure::{Figure, Side, take_turns};
use crate::table::{Row, Section};

const HANDLER: &str = "function(event) count = count + 1 end";

/// Measures the topic.
pub(crate) fn measure(peer: &mut Peer) -> Section {
    Section {
        title: "`tick_start` to many mods",
        unit: "calls of a handler",
        per_second: true,
        rows: [1, 10, 100]
            .into_iter()
            .flat_map(|mods| with_mods(peer, mods))
            .collect(),
    }
}

fn with_mods(peer: &mut Peer, mods: usize) -> [Row; 3] {
    let scripts = vec![counting("tick_start", HANDLER); mods];
    let (mut delivering, mut ticking) = (Colony::new(&scripts), Colony::new(&scripts));
    let tick_start = event("tick_start");
    let executors = [Executor::SingleThread, Executor::Default];
    let before = executors.map(|executor| peer.count(executor, mods));
    let calls_per_update = mods as u64;
    let shared = RefCell::new(&mut *peer);
    let update = |executor, scripts| {
        let shared = &shared;
        Side::timed(calls_per_update, move |updates| {
            shared.borrow_mut().run(executor, scripts, updates)
        })
    };
    let [deliver, tick, single, empty, default] = take_turns([
        Side::new(calls_per_update, || delivering.host.deliver(&tick_start)),
        Side::new(calls_per_update, || drop(ticking.host.tick(&[]))),
        update(Executor::SingleThread, mods),
        update(Executor::SingleThread, 0),
        update(Executor::Default, mods),
    ]);
    for (mut colony, figure) in [(delivering, deliver), (ticking, tick)] {
        let count = figure.operations;
        assert_eq!(colony.done("tick_start"), Done { count, sum: 0 });
    }
    for ((executor, before), figure) in executors.into_iter().zip(before).zip([single, default]) {
        let calls = peer.count(executor, mods) - before;
        assert_eq!(calls, figure.operations, "calls of bevy_mod_scripting");
    }
    let calls_alone = Figure {
        nanoseconds: single.nanoseconds - empty.nanoseconds,
        ..single
    };
    let mods = if mods == 1 {
        "1 mod".to_owned()
    } else {
        format!("{mods} mods")
    };
    let (deliveries, ticks) = (
        format!("{mods}, delivery alone"),
        format!("{mods}, whole tick"),
    );
    [
        Row::new(deliveries, deliver, "calls alone, one thread", calls_alone),
        Row::new(&*ticks, tick, "whole update, one thread", single),
        Row::new(&*ticks, tick, "whole update, default threads", default).aim("1/50"),
    ]
}
