//! The gatherers in bare hecs, in two phases: first what everybody does alone, then what they do to the ground they share.

use super::ground::{Ground, NEED_FULL, WORK_TICKS};

/// Where somebody is.
struct Place {
    x: i32,
    y: i32,
}

/// How far their one need is met.
struct Need(i32);

/// What they are at.
enum Task {
    Idle,
    Walking { to: (i32, i32) },
    Working { at: (i32, i32), left: u32 },
}

/// The world of so many gatherers.
pub(super) struct Colony {
    ground: Ground,
    world: hecs::World,
    /// Jobs that were finished.
    pub(super) done: u64,
}

impl Colony {
    pub(super) fn new(count: u32) -> Colony {
        let mut ground = Ground::new(count);
        let mut world = hecs::World::new();
        for _ in 0..count {
            let (x, y) = ground.anywhere();
            world.spawn((Place { x, y }, Need(NEED_FULL), Task::Idle));
        }
        Colony {
            ground,
            world,
            done: 0,
        }
    }

    pub(super) fn tick(&mut self) {
        for (place, need, task) in self.world.query_mut::<(&mut Place, &mut Need, &mut Task)>() {
            need.0 = (need.0 - 1).max(0);
            match task {
                Task::Idle => {}
                Task::Walking { to } if (place.x, place.y) == *to => {
                    *task = Task::Working {
                        at: *to,
                        left: WORK_TICKS,
                    };
                }
                Task::Walking { to } => {
                    place.x += (to.0 - place.x).signum();
                    place.y += (to.1 - place.y).signum();
                }
                Task::Working { left, .. } => *left -= 1,
            }
        }
        for (place, need, task) in self.world.query_mut::<(&Place, &mut Need, &mut Task)>() {
            match task {
                Task::Idle => {
                    if let Some(to) = self.ground.take_nearest(place.x, place.y) {
                        *task = Task::Walking { to };
                    }
                }
                Task::Working { at, left: 0 } => {
                    self.ground.finish(*at);
                    self.done += 1;
                    need.0 = NEED_FULL;
                    *task = Task::Idle;
                }
                Task::Walking { .. } | Task::Working { .. } => {}
            }
        }
    }

    pub(super) fn checksum(&mut self) -> i64 {
        let rows = self.world.query_mut::<(&Place, &Need, &Task)>();
        let rows = rows.into_iter().zip(0_i64..);
        rows.map(|((place, need, task), number)| {
            let phase = match task {
                Task::Idle => 0,
                Task::Walking { .. } => 1,
                Task::Working { .. } => 2,
            };
            let (x, y) = (i64::from(place.x), i64::from(place.y));
            (number % 97 + 1) * (x * 31 + y * 17 + i64::from(need.0) * 7 + phase)
        })
        .sum()
    }
}
