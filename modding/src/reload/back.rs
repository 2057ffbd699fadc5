//! Goes back to earlier generations (seed-corrections 47).

use std::collections::BTreeMap;

use crate::codec;
use crate::host::Host;
use crate::mod_id::ModId;
use crate::report::{Outcome, ReloadReport, ReloadType};

use super::plan::Member;
use super::{ReloadOptions, rejected};

impl Host {
    /// Goes back to earlier generations of mods, of each to the last one where `to` names none: all of them, or none. The state is
    /// carried; across versions that no migration joins, the state that the generation had when it was replaced comes back with
    /// it. One report for all, then one for each transaction that followed from it. Of `options`, `fault`, `observer` and
    /// `deadline` count.
    pub fn rollback(
        &mut self,
        to: &BTreeMap<ModId, Option<u32>>,
        options: &ReloadOptions,
    ) -> Vec<ReloadReport> {
        let (mut members, mut contents, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for (id, number) in to {
            match self.gone_back(id, *number) {
                Ok((member, number)) => {
                    members.push(member);
                    contents.push((id, number));
                }
                Err(reason) => missing.push(reason),
            }
        }
        if !missing.is_empty() {
            return vec![rejected(Outcome::Failed, missing.join("; "))];
        }
        let content = match contents.as_slice() {
            [] => return Vec::new(),
            [(_, number)] => format!("g{number}"),
            several => {
                let named = several.iter().map(|(id, number)| format!("{id} g{number}"));
                named.collect::<Vec<_>>().join(", ")
            }
        };
        let mut cohort = self.bind(members);
        self.sort_by_load_order(&mut cohort);
        let report = ReloadReport {
            reason: Some(format!("content of {content}")),
            ..self.transact(cohort, options)
        };
        if report.outcome == Outcome::Committed {
            // Who goes back does not want what waits.
            self.waiting.retain(|id, _| !to.contains_key(id));
        }
        self.note_outcome(&[], &report);
        let mut reports = vec![report];
        reports.extend(self.process_requests(options));
        reports
    }

    /// A mod as it goes back and the generation that it goes back to, or why it cannot.
    fn gone_back(&self, id: &ModId, to: Option<u32>) -> Result<(Member, u32), String> {
        let Some(old) = self.context.instance(id) else {
            return Err(format!("{id} is not running"));
        };
        let history = self.history.get(id).cloned().unwrap_or_default();
        let Some(past) = history.find(to) else {
            let known: Vec<String> = history
                .numbers()
                .iter()
                .map(|number| format!("g{number}"))
                .collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            let wanted = to.map_or("an earlier generation".to_owned(), |number| {
                format!("g{number}")
            });
            return Err(format!(
                "{wanted} of {id} is not in the history (there: {known})"
            ));
        };
        let downgrade = past.version() < &old.generation.manifest.version;
        let snapshot = if downgrade || history.was_given_up_since(past.number) {
            codec::decode(&past.snapshot).ok()
        } else {
            None
        };
        let changed = old.generation.bundle().changed_paths(past.package.bundle());
        let member = Member {
            past: snapshot,
            ..Member::new(old, past.package.clone(), ReloadType::Full, changed)
        };
        Ok((member, past.number))
    }
}
