//! What ways and regions cost: `cargo bench -p sim --features bench`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use sim::{Position, Ways};

/// Side of the map on which ways are found.
const SIDE: u16 = 256;
/// Side of the map whose regions change.
const SIDE_MAX: u16 = 512;
/// Percent of closed tiles.
const CLOSED: u32 = 25;
/// Different questions, asked in turn.
const QUESTIONS: usize = 64;

fn ways(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("way");
    let mut ways = Ways::new(SIDE, CLOSED);
    let pairs = ways.pairs(QUESTIONS);
    let mut turn = pairs.iter().copied().cycle();
    group.bench_function("search", |bencher| {
        bencher.iter_batched(
            || turn.next().expect("there are pairs"),
            |pair| black_box(ways.search(pair)),
            BatchSize::SmallInput,
        );
    });
    let goal = pairs[0].1;
    group.bench_function("field, made", |bencher| {
        bencher.iter(|| black_box(ways.field(goal)));
    });
    let field = ways.field(goal);
    group.bench_function("field, followed", |bencher| {
        bencher.iter_batched(
            || turn.next().expect("there are pairs").0,
            |from| black_box(ways.follow(&field, from)),
            BatchSize::SmallInput,
        );
    });
    let mut open = Ways::new(SIDE, 0);
    group.bench_function("open ground, search", |bencher| {
        bencher.iter_batched(
            || turn.next().expect("there are pairs"),
            |pair| black_box(open.search(pair)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("open ground, straight walk", |bencher| {
        bencher.iter_batched(
            || turn.next().expect("there are pairs"),
            |pair| black_box(open.walk(pair)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn regions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("regions");
    group.sample_size(20);
    let mut ways = Ways::new(SIDE_MAX, CLOSED);
    let pairs = ways.pairs(QUESTIONS);
    let mut tiles = pairs.iter().map(|(at, _)| *at).cycle();
    group.bench_function("tile changed", |bencher| {
        bencher.iter_batched(
            || tiles.next().expect("there are tiles"),
            |at| ways.toggle(at),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("tile changed, rebuilt", |bencher| {
        bencher.iter_batched(
            || tiles.next().expect("there are tiles"),
            |at| ways.toggle_and_rebuild(at),
            BatchSize::SmallInput,
        );
    });
    // The worst for the floods: a wall with one gate, and both sides are half of the map.
    let mut halves = Ways::new(SIDE_MAX, 0);
    let gate = Position::new(SIDE_MAX / 2, SIDE_MAX / 2);
    for y in (0..SIDE_MAX).filter(|y| *y != gate.y) {
        halves.toggle(Position::new(gate.x, y));
    }
    group.bench_function("gate between halves changed", |bencher| {
        bencher.iter(|| halves.toggle(gate));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ways(&mut criterion);
    regions(&mut criterion);
    criterion.final_summary();
}
