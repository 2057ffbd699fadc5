//! Steps that let mods come and go, and checkpoints.

use modding::codec::CodecError;
use modding::diagnostic::Fault;
use modding::host::Host;
use modding::mod_id::ModId;
use modding::reload::ReloadOptions;
use modding::report::ReloadReport;

use super::{Runner, bundles};
use crate::record::StepResult;
use crate::scenario::Action;

impl Runner<'_> {
    /// Reloads mods as their files in the workspace are now. One that no step has added yet is left alone.
    pub(super) fn reload(
        &mut self,
        mods: impl IntoIterator<Item = ModId>,
        options: &ReloadOptions,
    ) -> StepResult {
        let (present, later): (Vec<ModId>, Vec<ModId>) =
            mods.into_iter().partition(|id| self.present.contains(id));
        let changes = present.iter().map(|id| self.change(id)).collect();
        let mut reports = self.host.reload(changes, options);
        let note = |id: &ModId| format!("{id} is not part of the run yet");
        if reports.is_empty() && !later.is_empty() {
            return StepResult::Done(later.iter().map(note).collect());
        }
        reports.extend(later.iter().map(note).map(ReloadReport::ignored));
        StepResult::Reloads(reports)
    }

    /// `add`, `enable`, `disable`, `remove`, `purge`.
    pub(super) fn come_or_go(&mut self, action: &Action, options: &ReloadOptions) -> StepResult {
        StepResult::Reloads(match action {
            Action::Add { mod_id } | Action::Enable { mod_id } => {
                self.present.ask(mod_id);
                let change = self.change(mod_id);
                self.host.enable(change, options)
            }
            Action::Disable { mod_id, .. } => self.host.disable(mod_id, options),
            Action::Remove { mod_id, .. } => self.host.remove(mod_id, options),
            Action::Purge { mod_id } => vec![self.host.purge(mod_id)],
            _ => Vec::new(),
        })
    }

    /// Saves, loads beside the run and compares; the run goes on as it was.
    pub(super) fn checkpoint(&mut self) -> StepResult {
        let (bytes, notes) = match self.host.save() {
            Ok(saved) => saved,
            Err(error) => return super::steps::cannot_save(&error),
        };
        let (files, _) = bundles(&self.present.to_load(), &self.workspace);
        let running = self.host.bundles();
        let is_running = |folder: &str| running.iter().any(|bundle| bundle.folder() == folder);
        // What runs, not what lies in the workspace: a broken edit may lie there.
        let others = files
            .into_iter()
            .filter(|bundle| !is_running(bundle.folder()));
        let all = running.iter().cloned().chain(others).collect();
        let beside = match Host::load(&bytes, all, self.known.clone()) {
            Ok(loaded) => loaded.host,
            Err(error) => return StepResult::Failed(vec![Fault::new(error.to_string())]),
        };
        let (here, beside) = match (kept(&self.host), kept(&beside)) {
            (Ok(here), Ok(beside)) => (here, beside),
            (Err(error), _) | (_, Err(error)) => return super::steps::cannot_save(&error),
        };
        let different = here.iter().filter(|part| !beside.contains(part));
        let different: Vec<&str> = different.map(|(name, _)| name.as_str()).collect();
        if !different.is_empty() || here.len() != beside.len() {
            let message = format!(
                "what a save brings back differs in: {}",
                different.join(", ")
            );
            return StepResult::Failed(vec![Fault::new(message)]);
        }
        let mut said = vec![format!(
            "a save of {} bytes brings back the same",
            bytes.len()
        )];
        said.extend(notes);
        StepResult::Done(said)
    }
}

/// Hashes of all that a save is to bring back, by what they are of.
fn kept(host: &Host) -> Result<Vec<(String, u128)>, CodecError> {
    let mut parts = host.part_hashes();
    let kept = host.kept_hashes()?.into_iter();
    parts.extend(kept.map(|(name, hash)| (name.to_owned(), hash)));
    Ok(parts)
}
