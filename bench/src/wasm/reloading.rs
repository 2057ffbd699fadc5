//! Reloads of a component of 200 KB: with machine code that this process has, and with code that nobody has compiled yet.

use std::cell::Cell;
use std::rc::Rc;

use modding::host::Host;
use modding::mod_id::ModId;
use modding::reload::{Change, ReloadOptions};
use modding::report::Outcome;

use crate::colony::host;
use crate::measure::{Side, take_turns};
use crate::table::Row;

use super::bare::{compile, engine, metered_engine};
use super::bundle;
use super::guest::large;

const MOD: &str = "large";

fn reload(host: &mut Host, component: Vec<u8>) {
    let change = Change {
        mod_id: ModId::parse(MOD).expect("an id"),
        bundle: Ok(Rc::new(bundle(MOD, component))),
    };
    let reports = host.reload(vec![change], &ReloadOptions::default());
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].outcome, Outcome::Committed, "{reports:?}");
}

/// Measures the rows.
pub(super) fn measure() -> Vec<Row> {
    let known = [0, 1].map(large);
    let kilobytes = known[0].len() / 1024;
    let start = || host(100, 64, [bundle(MOD, known[0].clone())]);
    let (mut again, mut anew) = (start(), start());
    reload(&mut again, known[1].clone());
    let turn = Cell::new(1);
    // Versions that nobody has seen: each side has numbers of its own.
    let version = Cell::new(2);
    let next = || {
        version.set(version.get() + 1);
        large(version.get())
    };
    let (as_it_comes, metered) = (engine(), metered_engine());
    let making = Side::new(1, || drop(next()));
    let [cached, uncached, made, bare, bare_metered] = take_turns([
        Side::new(1, || {
            turn.set(1 - turn.get());
            reload(&mut again, known[turn.get()].clone());
        }),
        Side::new(1, || reload(&mut anew, next())),
        making,
        Side::new(1, || drop(compile(&as_it_comes, &known[0]))),
        Side::new(1, || drop(compile(&metered, &known[0]))),
    ]);
    let mut uncached = uncached;
    // The text of each new version is made in the measured time, and taken off again.
    uncached.nanoseconds -= made.nanoseconds;
    let size = format!("{kilobytes} KB");
    vec![
        Row::alone(format!("{size}, compiled before"), cached).aim("5 ms"),
        Row::new(
            format!("{size}, never compiled"),
            uncached,
            "`Component::new`, as it comes",
            bare,
        ),
        Row::new(
            format!("{size}, never compiled"),
            uncached,
            "`Component::new`, steps counted",
            bare_metered,
        ),
    ]
}
