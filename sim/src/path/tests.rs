use pathfinding::prelude::dijkstra_all;
use proptest::prelude::*;

use super::*;
use crate::rng::{below, random_u64};
use crate::terrain::{Override, TerrainMap};
use crate::test_support::{definitions, terrain};

/// All steps from a tile with what they cost, by the rule itself: nothing that is known of steps is asked.
fn steps(terrain: &Terrain, from: Position) -> Vec<(Position, u32)> {
    let to = |direction: Direction| {
        let to = direction.from(from)?;
        let ticks = terrain.walk_cost(to)?;
        let corners = [Position::new(to.x, from.y), Position::new(from.x, to.y)];
        let is_open = |corner: &Position| *corner == from || terrain.is_walkable(*corner);
        let is_possible = corners.iter().all(is_open);
        is_possible.then(|| (to, from.octile_distance(to) * u32::from(ticks)))
    };
    Direction::ALL.into_iter().filter_map(to).collect()
}

/// Fails if what is known of the steps from some tile is not what the rule says.
pub(crate) fn assert_steps_are_known(terrain: &Terrain) {
    let costs = terrain.walk_costs();
    for at in terrain.positions() {
        let known = costs.grid().tile(at).map(|tile| costs.steps_from(tile));
        let known = known.into_iter().flatten();
        let known: Vec<Position> = known.filter_map(|direction| direction.from(at)).collect();
        let possible: Vec<Position> = steps(terrain, at).into_iter().map(|(to, _)| to).collect();
        assert_eq!(known, possible, "from {at}");
    }
}

/// What the cheapest way between two tiles costs, by the crate `pathfinding`.
fn costs_from(terrain: &Terrain, start: Position) -> impl Fn(Position) -> Option<u32> {
    let reached = dijkstra_all(&(start.x, start.y), |(x, y)| {
        let steps = steps(terrain, Position::new(*x, *y)).into_iter();
        steps
            .map(|(to, cost)| ((to.x, to.y), cost))
            .collect::<Vec<_>>()
    });
    move |at| {
        if at == start {
            return Some(0);
        }
        reached.get(&(at.x, at.y)).map(|(_, cost)| *cost)
    }
}

/// The tiles that a way leads over, the next one first.
pub(crate) fn tiles(start: Position, way: &Way) -> Vec<Position> {
    let steps = way.iter().rev();
    let tiles = steps.scan(start, |at, direction| {
        *at = direction.from(*at)?;
        Some(*at)
    });
    tiles.collect()
}

fn cost_of(terrain: &Terrain, start: Position, way: &Way) -> u32 {
    let mut at = start;
    let mut total = 0;
    for next in tiles(start, way) {
        let (_, cost) = steps(terrain, at)
            .into_iter()
            .find(|(to, _)| *to == next)
            .expect("each step is possible");
        total += cost;
        at = next;
    }
    total
}

fn random_ground(seed: u64) -> Terrain {
    let names = ["grass", "grass", "soil", "tree", "rock", "water"];
    let tiles = (0..16 * 12).map(|tile| names[below(random_u64(seed, 0, 0, tile, 0), 6) as usize]);
    Terrain::new(TerrainMap::new(16, 12, tiles), &definitions())
}

/// Ground of which some is closed and some slow.
fn ground_with_obstacles(seed: u64, (closed, slow): (u32, u32)) -> Terrain {
    let mut ground = terrain(&["...................."; 20]);
    strew_obstacles(&mut ground, seed, (closed, slow));
    ground
}

/// Closes and slows down some tiles: `closed` and `slow` of 16.
fn strew_obstacles(ground: &mut Terrain, seed: u64, (closed, slow): (u32, u32)) {
    for (number, at) in (0..).zip(ground.positions()) {
        let chance = below(random_u64(seed, 0, 0, number, 0), 16);
        if chance < closed {
            ground.set_override(at, Some(Override::Impassable));
        } else if chance < closed + slow {
            let cost = 1 + below(random_u64(seed, 0, 0, number, 1), 100);
            ground.set_override(at, Some(Override::Cost(u8::try_from(cost).unwrap())));
        }
    }
}

fn random_position(seed: u64, number: u64) -> Position {
    let coordinate =
        |which| u16::try_from(below(random_u64(seed, 1, 0, number, which), 20)).unwrap();
    Position::new(coordinate(0), coordinate(1))
}

fn find(ground: &Terrain, start: Position, goal: Goal) -> Option<Way> {
    PathFinder::default().find(ground, 0, start, goal)
}

#[test]
fn ways_are_as_cheap_as_another_finder_says() {
    let mut finder = PathFinder::default();
    for seed in 0..30 {
        let ground = random_ground(seed);
        finder.forget();
        let start = ground
            .positions()
            .find(|at| ground.is_walkable(*at))
            .unwrap();
        let costs = costs_from(&ground, start);
        for at in ground.positions() {
            for goal in [Goal::On(at), Goal::Beside(at)] {
                let cheapest = ground
                    .positions()
                    .filter(|end| goal.is_reached_at(*end))
                    .filter_map(&costs)
                    .min();
                let way = finder.find(&ground, 0, start, goal);
                let found = way.as_ref().map(|way| cost_of(&ground, start, way));
                assert_eq!(found, cheapest, "seed {seed}, {start} to {goal:?}");
                if let Some(way) = way {
                    assert!(goal.is_reached_at(*tiles(start, &way).last().unwrap_or(&start)));
                }
            }
        }
    }
}

/// The way of the rule as the rule says it, by a field that is trusted to be right.
fn way_by_field(ground: &Terrain, start: Position, goal: Goal) -> Option<Way> {
    let mut front = buckets::Buckets::default();
    fields::Field::new(ground.walk_costs(), goal, &mut front).way(ground.walk_costs(), start, goal)
}

#[test]
fn a_walk_a_search_and_a_field_find_the_same_way() {
    let (mut search, mut straight) = (Search::default(), 0);
    for seed in 0..60 {
        let obstacles = [(0, 0), (1, 0), (2, 0), (4, 0), (0, 4), (2, 8), (1, 15)];
        let ground = ground_with_obstacles(seed, obstacles[seed as usize % obstacles.len()]);
        let costs = ground.walk_costs();
        for number in 0..40 {
            let (start, at) = (
                random_position(seed, 2 * number),
                random_position(seed, 2 * number + 1),
            );
            for goal in [Goal::On(at), Goal::Beside(at)] {
                if !ground.is_walkable(start) || goal.is_reached_at(start) {
                    continue;
                }
                let searched = search.way(costs, start, goal);
                let case = format!("seed {seed}, {start} to {goal:?}");
                assert_eq!(searched, way_by_field(&ground, start, goal), "{case}");
                if let Some(walked) = straight_way(costs, start, goal) {
                    straight += 1;
                    assert_eq!(Some(walked), searched, "{case}");
                }
            }
        }
    }
    assert!(straight > 300, "{straight} straight walks");
}

/// Ground with walls from top to bottom, each with one gap, now above and now below, and slow tiles strewn over it.
fn ground_with_walls((width, height): (u16, u16), walls_at: impl Fn(u16) -> bool) -> Terrain {
    let tiles = usize::from(width) * usize::from(height);
    let map = TerrainMap::new(width, height, std::iter::repeat_n("grass", tiles));
    let mut ground = Terrain::new(map, &definitions());
    for (number, at) in (0..).zip(ground.positions()) {
        let gap = if at.x % 2 == 0 { 0 } else { height - 1 };
        if walls_at(at.x) && at.y != gap {
            ground.set_override(at, Some(Override::Impassable));
        } else if below(random_u64(9, 0, 0, number, 0), 3) == 0 {
            ground.set_override(at, Some(Override::Cost(3)));
        }
    }
    ground
}

#[test]
fn a_search_that_has_to_go_far_around_finds_the_same_way() {
    let mut search = Search::default();
    let cases = [
        // Larger than the first window in both directions, in one, and at the edges of the map.
        ((150, 200), vec![70, 77], [(65, 100), (85, 100)]),
        ((150, 200), vec![70], [(69, 199), (71, 199)]),
        ((16, 300), vec![8], [(7, 290), (9, 280)]),
        ((300, 16), vec![2, 297], [(0, 0), (299, 15)]),
        ((150, 200), vec![], [(0, 0), (149, 199)]),
        ((1_024, 16), vec![511], [(1_023, 0), (0, 15)]),
    ];
    for (size, walls, [(x, y), (end_x, end_y)]) in cases {
        let ground = ground_with_walls(size, |x| walls.contains(&x));
        let costs = ground.walk_costs();
        let (one, other) = (Position::new(x, y), Position::new(end_x, end_y));
        for (start, end) in [(one, other), (other, one)] {
            for goal in [Goal::On(end), Goal::Beside(end)] {
                let searched = search.way(costs, start, goal);
                let case = format!("{size:?}, {start} to {goal:?}");
                assert_eq!(searched, way_by_field(&ground, start, goal), "{case}");
                let steps = searched.map_or(0, |way| way.len());
                assert!(steps >= 150, "{case}: {steps} steps");
            }
        }
        // Out of reach: everything that can be reached is looked at.
        let closed = Position::new(size.0 - 1, 0);
        let mut walled = ground.clone();
        for at in [(size.0 - 2, 0), (size.0 - 2, 1), (size.0 - 1, 1)] {
            walled.set_override(Position::new(at.0, at.1), Some(Override::Impassable));
        }
        let start = Position::new(0, size.1 - 1);
        assert_eq!(
            search.way(walled.walk_costs(), start, Goal::On(closed)),
            None
        );
    }
}

#[test]
fn a_way_around_beyond_the_first_window_is_taken_where_it_is_cheaper() {
    // A swamp across the window between the two: through it costs more than around it, where the window does not reach.
    for is_turned in [false, true] {
        let turned = |x, y| {
            if is_turned {
                Position::new(y, x)
            } else {
                Position::new(x, y)
            }
        };
        let mut ground = ground_with_walls((200, 200), |_| false);
        for at in ground.positions().collect::<Vec<_>>() {
            ground.set_override(at, None);
        }
        for y in 60..=140 {
            ground.set_override(turned(100, y), Some(Override::Cost(100)));
        }
        let (one, other) = (turned(84, 100), turned(116, 100));
        for (start, end) in [(one, other), (other, one)] {
            for goal in [Goal::On(end), Goal::Beside(end)] {
                let searched = Search::default().way(ground.walk_costs(), start, goal);
                assert_eq!(searched, way_by_field(&ground, start, goal));
                let way = next_last(searched.unwrap());
                let around = tiles(start, &way).into_iter();
                let sideways = around.map(|at| if is_turned { at.x } else { at.y });
                assert!(sideways.clone().min() == Some(59) || sideways.max() == Some(141));
            }
        }
    }
}

#[test]
fn short_ways_on_large_maps_are_those_of_fields() {
    let mut search = Search::default();
    let side = 160;
    for (seed, obstacles) in (0..).zip([(4, 0), (0, 5), (3, 6), (5, 3)]) {
        let names = std::iter::repeat_n("grass", usize::from(side) * usize::from(side));
        let mut ground = Terrain::new(TerrainMap::new(side, side, names), &definitions());
        strew_obstacles(&mut ground, seed, obstacles);
        assert_steps_are_known(&ground);
        let draw = |number, which, bound: u16| {
            let drawn = below(random_u64(seed, 7, 0, number, which), u32::from(bound));
            u16::try_from(drawn).unwrap()
        };
        for number in 0..60 {
            // Some at each edge and in each corner of the map.
            let place = |which| match draw(number, which, 4) {
                0 => 0,
                1 => side - 1,
                _ => draw(number, which + 2, side),
            };
            let start = Position::new(place(0), place(1));
            let near = |from: u16, which| {
                (from + draw(number, which, 81))
                    .saturating_sub(40)
                    .min(side - 1)
            };
            let end = Position::new(near(start.x, 4), near(start.y, 5));
            for goal in [Goal::On(end), Goal::Beside(end)] {
                if ground.is_walkable(start) && !goal.is_reached_at(start) {
                    let searched = search.way(ground.walk_costs(), start, goal);
                    let case = format!("seed {seed}, {start} to {goal:?}");
                    assert_eq!(searched, way_by_field(&ground, start, goal), "{case}");
                }
            }
        }
    }
}

#[test]
fn of_ways_that_are_equally_cheap_the_one_straight_to_the_goal_is_taken() {
    let ground = terrain(&[
        "........", "........", "........", "....#...", "........", "........", "........",
        "........",
    ]);
    let start = Position::new(0, 0);
    let way = |goal| tiles(start, &find(&ground, start, goal).unwrap());
    let positions = |tiles: &[(u16, u16)]| -> Vec<Position> {
        tiles.iter().map(|(x, y)| Position::new(*x, *y)).collect()
    };
    let diagonal_first = positions(&[(1, 1), (2, 2), (3, 2), (4, 2), (5, 2)]);
    assert_eq!(way(Goal::On(Position::new(5, 2))), diagonal_first);
    assert_eq!(
        way(Goal::Beside(Position::new(2, 2))),
        positions(&[(1, 1), (2, 1)]),
        "on the diagonal, the last step goes sideways"
    );
    assert_eq!(
        way(Goal::On(Position::new(6, 3))),
        positions(&[(1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 3)]),
        "as straight as it gets around the rock"
    );
}

proptest! {
    /// What a finder remembers must not be seen, whatever happens to the ground.
    #[test]
    fn a_finder_that_has_found_much_finds_what_a_fresh_one_finds(
        seed in 0..1_000_u64,
        deeds in prop::collection::vec(((0..20_u16, 0..20_u16), 0..12_usize), 1..120),
    ) {
        let mut ground = ground_with_obstacles(seed, (4, 4));
        let goals = [
            Goal::On(Position::new(3, 4)),
            Goal::Beside(Position::new(17, 11)),
            Goal::On(Position::new(10, 19)),
        ];
        let mut used = PathFinder::default();
        for goal in goals {
            used.fields.remember(ground.walk_costs(), goal);
        }
        for (tick, ((x, y), deed)) in (0..).zip(deeds) {
            let at = Position::new(x, y);
            let standing = match deed {
                0 => Some(Override::Impassable),
                1..4 => None,
                4 => Some(Override::Cost(1)),
                5 => Some(Override::Cost(50)),
                _ => {
                    for goal in goals {
                        let fresh = find(&ground, at, goal);
                        prop_assert_eq!(used.find(&ground, 20 * tick, at, goal), fresh);
                    }
                    continue;
                }
            };
            if let Some(change) = ground.set_override(at, standing) {
                used.update(&ground, at, change);
                assert_steps_are_known(&ground);
            }
            for (goal, field) in used.fields.all() {
                let mut front = buckets::Buckets::default();
                prop_assert_eq!(field, &fields::Field::new(ground.walk_costs(), *goal, &mut front));
            }
        }
    }
}

#[test]
fn a_goal_that_many_ask_for_gets_a_field_and_few_are_kept() {
    let ground = ground_with_obstacles(1, (4, 0));
    let goal = |number: u16| Goal::On(Position::new(number % 20, number / 20));
    let mut fields = Fields::default();
    let asked = |fields: &mut Fields, tick, number| {
        fields
            .field(ground.walk_costs(), tick, goal(number))
            .is_some()
    };
    for _ in 0..5 {
        assert!(!asked(&mut fields, 0, 0));
    }
    assert!(!asked(&mut fields, 600, 0), "the first five are too old");
    for tick in 601..605 {
        assert!(!asked(&mut fields, tick, 0));
    }
    assert!(asked(&mut fields, 605, 0));
    assert!(asked(&mut fields, 99_999, 0), "it stays");
    for number in 1..300 {
        for _ in 0..6 {
            asked(&mut fields, 100_000, number);
        }
        assert!(asked(&mut fields, 100_000, 0), "what is used stays");
    }
    assert_eq!(fields.all().len(), 16);
    assert!(!asked(&mut fields, 100_000, 200), "forgotten");
}

#[test]
fn no_way_leads_from_where_nobody_can_stand() {
    let ground = terrain(&[
        ".#......", "##......", "........", "........", "........", "........", "........",
        "........",
    ]);
    let (corner, rock, free) = (
        Position::new(0, 0),
        Position::new(1, 0),
        Position::new(5, 5),
    );
    assert_eq!(find(&ground, corner, Goal::On(free)), None);
    assert_eq!(find(&ground, free, Goal::On(corner)), None);
    assert_eq!(find(&ground, rock, Goal::On(free)), None);
    assert_eq!(find(&ground, free, Goal::On(rock)), None);
    assert_eq!(find(&ground, corner, Goal::Beside(rock)), Some(Way::new()));
    assert_eq!(find(&ground, rock, Goal::On(rock)), Some(Way::new()));
    for (x, y) in [(8, 8), (8, 0), (u16::MAX, u16::MAX)] {
        assert_eq!(find(&ground, free, Goal::On(Position::new(x, y))), None);
        assert_eq!(
            Search::default().way(ground.walk_costs(), free, Goal::On(Position::new(x, y))),
            None
        );
    }
}

#[test]
fn corners_are_not_cut() {
    let ground = terrain(&[
        ".#......", "........", "........", "........", "........", "........", "........",
        "........",
    ]);
    let (from, to) = (Position::new(0, 0), Position::new(1, 1));
    assert_eq!(step_ticks(&ground, from, Direction::SouthEast), None);
    let way = find(&ground, from, Goal::On(to)).unwrap();
    assert_eq!(tiles(from, &way), [Position::new(0, 1), to]);
    for outside in [Direction::North, Direction::West, Direction::SouthWest] {
        assert_eq!(step_ticks(&ground, from, outside), None);
    }
}

#[test]
fn a_path_goes_around_trees_when_that_is_cheaper() {
    let ground = terrain(&[
        "........", ".TTTTT..", "........", "........", "........", "........", "........",
        "........",
    ]);
    let start = Position::new(0, 1);
    let way = find(&ground, start, Goal::On(Position::new(6, 1))).unwrap();
    let tiles = tiles(start, &way);
    let is_grass = |at: &Position| ground.name(*at) == Some("grass");
    assert!(tiles.iter().all(is_grass), "{tiles:?}");
}
