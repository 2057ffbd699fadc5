//! Food, rest, recreation and health: they fall with time; colonists look after them, and die of them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::colonists::{Colonist, HEALTH_MAX};
use crate::definitions::{NEED_KINDS, NeedKind, Rules};
use crate::jobs::Task;
use crate::mood::{self, MOOD_MAX};
use crate::parallel::LARGE_MIN;
use crate::rng::{below, random_u64, stream};
use crate::{Colony, Event, NEED_MAX, PRIORITY_CRITICAL_NEED, Position, StableId};

/// Health regained in a tick without a wound in which no need that harms is at 0, in points of [`HEALTH_MAX`].
pub const HEALTH_RECOVERY: u16 = 10;
/// The least a newcomer's needs are met.
const NEWCOMER_NEED_MIN: u16 = 7_000;

/// How well somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Needs {
    pub(crate) food: Need,
    pub(crate) rest: Need,
    pub(crate) recreation: Need,
    /// 0 to [`MOOD_MAX`].
    pub(crate) mood: u16,
    /// 1 to [`HEALTH_MAX`]; who has none is gone.
    pub(crate) health: u16,
    /// What keeps health from coming back, 0 to [`HEALTH_MAX`].
    pub(crate) wound: u16,
    /// Whether their health is too bad for any work.
    pub(crate) collapsed: bool,
}

/// How far a need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Need {
    /// 0 to [`NEED_MAX`].
    pub(crate) level: u16,
    /// Whether it has been critical since it last was not, which was told.
    pub(crate) critical: bool,
}

impl Needs {
    /// Nobody comes starved, nor do all get hungry at the same moment.
    pub(crate) fn of_newcomer(seed: u64, id: StableId) -> Self {
        let need = |counter| {
            let above = below(
                random_u64(seed, stream::NEEDS, 0, id.get(), counter),
                u32::from(NEED_MAX - NEWCOMER_NEED_MIN) + 1,
            );
            Need {
                level: u16::try_from(above).map_or(NEED_MAX, |above| NEWCOMER_NEED_MIN + above),
                critical: false,
            }
        };
        Self {
            food: need(0),
            rest: need(1),
            recreation: need(2),
            mood: MOOD_MAX,
            health: HEALTH_MAX,
            wound: 0,
            collapsed: false,
        }
    }

    pub(crate) const fn get(&self, need: NeedKind) -> Need {
        match need {
            NeedKind::Food => self.food,
            NeedKind::Rest => self.rest,
            NeedKind::Recreation => self.recreation,
        }
    }

    pub(crate) const fn get_mut(&mut self, need: NeedKind) -> &mut Need {
        match need {
            NeedKind::Food => &mut self.food,
            NeedKind::Rest => &mut self.rest,
            NeedKind::Recreation => &mut self.recreation,
        }
    }

    /// One tick in which one need at most is being met. Tells which needs have become critical.
    fn decay(&mut self, rules: &Rules, met: Option<NeedKind>) -> [bool; NEED_KINDS] {
        NeedKind::ALL.map(|kind| {
            let definition = rules.need(kind);
            let need = self.get_mut(kind);
            if met != Some(kind) {
                need.level = need.level.saturating_sub(definition.decay);
            }
            let was_critical = need.critical;
            need.critical = need.level < definition.critical_below;
            need.critical && !was_critical
        })
    }

    /// One tick's damage or recovery. Returns what somebody died of.
    fn change_health(&mut self, rules: &Rules) -> Option<NeedKind> {
        let is_unmet = |needs: &Self, need: NeedKind| {
            needs.get(need).level == 0 && (need.is_vital() || rules.need(need).damage > 0)
        };
        if !NeedKind::ALL.into_iter().any(|need| is_unmet(self, need)) {
            if self.wound == 0 {
                self.health = (self.health + HEALTH_RECOVERY).min(HEALTH_MAX);
            }
            return None;
        }
        NeedKind::ALL.into_iter().find(|need| {
            if is_unmet(self, *need) {
                self.health = self.health.saturating_sub(rules.need(*need).damage);
            }
            self.health == 0
        })
    }
}

/// Who is to be looked at after a tick, in order of id; some may have died of it.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Those with a need to look after.
    pub(crate) wanting: Vec<StableId>,
    /// Those with a wound to be treated.
    pub(crate) wounded: Vec<StableId>,
}

/// What a tick has done to somebody.
struct Change {
    id: StableId,
    critical: [bool; NEED_KINDS],
    has_collapsed: bool,
    died_of: Option<NeedKind>,
}

/// Colonists whose needs a thread looks at together.
const CHUNK_COLONISTS: usize = 1_024;

/// Lets a tick pass for everybody's needs, and finds out in the same pass who is to be looked at.
pub(crate) fn decay(colony: &mut Colony) -> Survey {
    let rules: &Rules = &colony.rules;
    let colonists = colony.entities.colonists_mut();
    // What is found is put together in order, whoever found it.
    let chunks: Vec<(Survey, Vec<Change>)> = if colonists.len() >= LARGE_MIN {
        let chunks = colonists.par_chunks_mut(CHUNK_COLONISTS);
        chunks.map(|chunk| decay_of(chunk, rules)).collect()
    } else {
        vec![decay_of(colonists, rules)]
    };
    let mut survey = Survey::default();
    for (found, changes) in chunks {
        survey.wanting.extend(found.wanting);
        survey.wounded.extend(found.wounded);
        changes.into_iter().for_each(|change| colony.suffer(change));
    }
    debug_assert!(survey.wanting.is_sorted() && survey.wounded.is_sorted());
    survey
}

/// The same for some, and what it has done to them that others are to know.
fn decay_of(colonists: &mut [(StableId, Colonist)], rules: &Rules) -> (Survey, Vec<Change>) {
    let mut changes = Vec::new();
    let mut survey = Survey::default();
    for (id, colonist) in colonists {
        let id = *id;
        let met = colonist.need_being_met();
        let needs = &mut colonist.needs;
        let critical = needs.decay(rules, met);
        needs.heal();
        let died_of = needs.change_health(rules);
        needs.mood = mood::next(needs, rules);
        let has_collapsed = needs.check_collapse();
        if needs.is_wound_treated() {
            survey.wounded.push(id);
        }
        if colonist.is_wanting(rules) {
            survey.wanting.push(id);
        }
        if critical != [false; NEED_KINDS] || has_collapsed || died_of.is_some() {
            changes.push(Change {
                id,
                critical,
                has_collapsed,
                died_of,
            });
        }
    }
    (survey, changes)
}

/// Lets those whose needs are low see to them: idle ones whenever they are low, all when they are critical.
pub(crate) fn look_after(colony: &mut Colony, wanting: Vec<StableId>) {
    for id in wanting {
        for need in NeedKind::ALL {
            colony.look_after_need(id, need);
        }
        if colony.should_leave_work(id) {
            colony.leave_job(id, "a critical need came first");
        }
    }
}

impl Colonist {
    /// Whether one of their needs may be to be looked after, or a job of their own to be given up.
    fn is_wanting(&self, rules: &Rules) -> bool {
        let is_low = |need: NeedKind| {
            let Need { level, critical } = self.needs.get(need);
            critical || level < rules.need(need).seek_below
        };
        self.personal.is_some() || self.has_schedule || NeedKind::ALL.into_iter().any(is_low)
    }
}

impl Colony {
    fn suffer(&mut self, change: Change) {
        let Change {
            id,
            critical,
            has_collapsed,
            died_of,
        } = change;
        for need in NeedKind::ALL {
            if critical[need as usize] {
                self.report_critical(id, need);
            }
        }
        if let Some(need) = died_of {
            self.remove_dead(id, need.cause_of_death());
        } else if has_collapsed {
            self.collapse(id);
        }
    }

    pub(crate) fn need(&self, id: StableId, need: NeedKind) -> Option<Need> {
        let colonist = self.entities.colonist(id)?;
        Some(colonist.needs.get(need))
    }

    /// Raises a need by some points, at most to the full.
    pub(crate) fn meet_need(&mut self, id: StableId, need: NeedKind, points: u16) {
        if let Some(Colonist { needs, .. }) = self.entities.colonist_mut(id) {
            let need = needs.get_mut(need);
            need.level = need.level.saturating_add(points).min(NEED_MAX);
        }
    }

    fn report_critical(&mut self, id: StableId, need: NeedKind) {
        let level = self.need(id, need).map_or(0, |need| need.level);
        let name = self.name(id);
        self.events.push(Event::NeedCritical {
            colonist: id,
            name,
            need: SmolStr::from(need.id()),
            level,
        });
        if let Some(job) = self.personal_jobs(id)[need as usize] {
            self.change_job(job, |job| {
                job.priority = job.priority.max(PRIORITY_CRITICAL_NEED)
            });
        }
    }

    /// Posts the job that meets a low need, or gives one up that cannot be done any more.
    fn look_after_need(&mut self, id: StableId, kind: NeedKind) {
        let (Some(need), Some(at)) = (self.need(id, kind), self.position(id)) else {
            return;
        };
        let is_idle = self.job_of(id).is_none();
        match self.personal_jobs(id)[kind as usize] {
            Some(job) if self.job_of(id) != Some(job) && !self.can_be_met(kind, at) => {
                self.fail_job(job, "no food can be reached");
            }
            Some(_) => {}
            None => {
                let usual = self.rules.need(kind);
                let hour = self.hour_of(id);
                let seek_below = hour.seek_below(kind, usual.seek_below, usual.critical_below);
                let is_wanted = need.critical || (is_idle && need.level < seek_below);
                if is_wanted && self.can_be_met(kind, at) {
                    self.post_personal_job(id, kind, need.critical, at);
                }
            }
        }
    }

    fn post_personal_job(&mut self, id: StableId, need: NeedKind, is_critical: bool, at: Position) {
        let Some(rule) = self.rules.job_for(need) else {
            return;
        };
        let kind = rule.kind;
        let priority = if is_critical {
            rule.priority.max(PRIORITY_CRITICAL_NEED)
        } else {
            rule.priority
        };
        let task = match need {
            NeedKind::Food => Task::Eat {
                eater: id,
                food: None,
            },
            NeedKind::Rest => Task::Sleep {
                sleeper: id,
                bed: None,
            },
            NeedKind::Recreation => Task::Relax {
                idler: id,
                place: None,
            },
        };
        self.post_job(kind, priority, at, task);
    }

    fn can_be_met(&self, need: NeedKind, from: Position) -> bool {
        match need {
            NeedKind::Food => self.nearest_food(from).is_some(),
            NeedKind::Rest | NeedKind::Recreation => true,
        }
    }

    /// Whether somebody is at other work while a critical need has a job waiting that comes first. A need at 0 comes
    /// before any work, otherwise the priorities decide.
    fn should_leave_work(&self, id: StableId) -> bool {
        let Some(job) = self.job_of(id).and_then(|job| self.entities.job(job)) else {
            return false;
        };
        job.owner().is_none()
            && NeedKind::ALL.into_iter().any(|kind| {
                let waiting = self.personal_jobs(id)[kind as usize];
                let waiting = waiting.and_then(|waiting| self.entities.job(waiting));
                let (Some(need), Some(waiting)) = (self.need(id, kind), waiting) else {
                    return false;
                };
                let comes_first = kind.is_vital() && need.level == 0;
                need.critical && (comes_first || waiting.priority > job.priority)
            })
    }
}
