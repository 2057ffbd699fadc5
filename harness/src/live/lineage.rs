//! Which generation of a mod goes back to which: what the author would call the version before.

use std::collections::BTreeMap;

use modding::mod_id::ModId;
use modding::report::{MemberAction, MemberReport, Outcome, ReloadReport, Stage};

/// A generation, and whether one of its handlers failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    number: u32,
    failed: bool,
}

/// The generations of each mod, oldest first, as if what was gone back from had never been.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage {
    generations: BTreeMap<ModId, Vec<Known>>,
    /// The mods of the last change that committed, dependencies first.
    last_changed: Vec<ModId>,
}

impl Lineage {
    /// A mod runs, in this generation.
    pub(super) fn begin(&mut self, id: ModId, number: u32) {
        let failed = false;
        self.generations.insert(id, vec![Known { number, failed }]);
    }

    /// The mods of the last change.
    pub(super) fn last_changed(&self) -> &[ModId] {
        &self.last_changed
    }

    /// A change was made, or was not.
    pub(super) fn note_change(&mut self, report: &ReloadReport) {
        // The generation that runs failed when it was told of its end: going back to it would lead into that trap again.
        if let Some(error) = report
            .error
            .as_ref()
            .filter(|error| error.stage == Stage::Unload)
        {
            let mut members = report.members.iter();
            if let Some(member) = members.find(|member| member.mod_id == error.mod_id) {
                self.note_failure(&error.mod_id, member.generations.0);
            }
        }
        if report.outcome == Outcome::Committed {
            for member in &report.members {
                self.note_member(member);
            }
        }
        let new_generation = |member: &&MemberReport| member.generations.0 != member.generations.1;
        let changed = report.members.iter().filter(new_generation);
        let changed: Vec<&MemberReport> = changed.collect();
        if report.outcome != Outcome::Committed || changed.is_empty() {
            return;
        }
        for member in &changed {
            let known = self.generations.entry(member.mod_id.clone()).or_default();
            known.push(Known {
                number: member.generations.1,
                failed: false,
            });
        }
        self.last_changed = changed.iter().map(|member| member.mod_id.clone()).collect();
    }

    /// A mod that has begun to run, or under another name.
    fn note_member(&mut self, member: &MemberReport) {
        let id = &member.mod_id;
        match &member.action {
            MemberAction::Added => self.begin(id.clone(), member.generations.1),
            MemberAction::Renamed { from } => {
                let known = self.generations.remove(from).unwrap_or_default();
                self.generations.insert(id.clone(), known);
                for changed in self
                    .last_changed
                    .iter_mut()
                    .filter(|changed| *changed == from)
                {
                    *changed = id.clone();
                }
            }
            _ => {}
        }
    }

    /// A mod has gone back to a generation, which has a new number now.
    pub(super) fn note_back(&mut self, id: &ModId, to: u32, report: &ReloadReport) {
        let now_or_before = |member: &&MemberReport| {
            let from = MemberAction::Renamed { from: id.clone() };
            member.mod_id == *id || member.action == from
        };
        let member = report.members.iter().find(now_or_before);
        let (Some(member), Outcome::Committed) = (member, report.outcome) else {
            return;
        };
        self.note_member(member);
        let known = self.generations.entry(member.mod_id.clone()).or_default();
        known.retain(|known| known.number < to);
        known.push(Known {
            number: member.generations.1,
            failed: false,
        });
    }

    /// A handler of a generation failed.
    pub(super) fn note_failure(&mut self, id: &ModId, number: u32) {
        let known = self.generations.get_mut(id).into_iter().flatten();
        for known in known.filter(|known| known.number == number) {
            known.failed = true;
        }
    }

    /// The generation to go back to: the last one without errors, else the one before the present one.
    pub(super) fn before(&self, id: &ModId) -> Option<u32> {
        let without_errors = self.last_without_errors(id);
        without_errors.or_else(|| Some(self.past(id)?.last()?.number))
    }

    /// The last generation before the present one in which nothing failed.
    pub(super) fn last_without_errors(&self, id: &ModId) -> Option<u32> {
        let mut newest_first = self.past(id)?.iter().rev();
        let without_errors = newest_first.find(|known| !known.failed)?;
        Some(without_errors.number)
    }

    fn past(&self, id: &ModId) -> Option<&[Known]> {
        let (_, past) = self.generations.get(id)?.split_last()?;
        Some(past)
    }
}

#[cfg(test)]
mod tests {
    use modding::report::{MemberAction, ReloadType, StageError, StateReport};

    use super::*;

    fn id() -> ModId {
        ModId::parse("subject").unwrap()
    }

    fn committed(from: u32, to: u32) -> ReloadReport {
        ReloadReport {
            outcome: Outcome::Committed,
            members: vec![MemberReport {
                mod_id: id(),
                action: MemberAction::Reloaded,
                kind: ReloadType::Scripts,
                changed: Vec::new(),
                versions: ("1.0.0".to_owned(), "1.0.0".to_owned()),
                generations: (from, to),
                state: StateReport::default(),
            }],
            error: None,
            hand_back_errors: Vec::new(),
            reason: None,
            fault_reached: false,
            timed_out: false,
        }
    }

    #[test]
    fn a_generation_that_failed_at_its_end_is_not_gone_back_to() {
        let mut lineage = Lineage::default();
        lineage.begin(id(), 1);
        lineage.note_change(&committed(1, 2));
        let mut failed = committed(2, 2);
        failed.outcome = Outcome::RolledBack;
        failed.error = Some(StageError {
            stage: Stage::Unload,
            mod_id: id(),
            faults: Vec::new(),
        });
        lineage.note_change(&failed);
        lineage.note_change(&committed(2, 3));
        assert_eq!(lineage.before(&id()), Some(1));
    }

    #[test]
    fn going_back_again_goes_further_back() {
        let mut lineage = Lineage::default();
        lineage.begin(id(), 1);
        assert_eq!(lineage.before(&id()), None);
        lineage.note_change(&committed(1, 2));
        lineage.note_change(&committed(2, 3));
        assert_eq!(lineage.before(&id()), Some(2));
        lineage.note_back(&id(), 2, &committed(3, 4));
        assert_eq!(lineage.before(&id()), Some(1));
        lineage.note_back(&id(), 1, &committed(4, 5));
        assert_eq!(lineage.before(&id()), None);
        lineage.note_change(&committed(5, 6));
        assert_eq!(lineage.before(&id()), Some(5));
    }

    #[test]
    fn generations_with_errors_are_left_out_where_there_is_another() {
        let mut lineage = Lineage::default();
        lineage.begin(id(), 1);
        for number in 1..4 {
            lineage.note_change(&committed(number, number + 1));
        }
        lineage.note_failure(&id(), 3);
        assert_eq!(lineage.before(&id()), Some(2));
        lineage.note_failure(&id(), 2);
        lineage.note_failure(&id(), 1);
        assert_eq!(lineage.before(&id()), Some(3));
    }

    #[test]
    fn a_reload_of_the_same_content_is_no_change() {
        let mut lineage = Lineage::default();
        lineage.begin(id(), 1);
        lineage.note_change(&committed(1, 1));
        assert_eq!(lineage.last_changed(), []);
        lineage.note_change(&committed(1, 2));
        assert_eq!(lineage.last_changed(), [id()]);
    }
}
