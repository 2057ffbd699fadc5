//! Mods that are left out, remembered so that those which need them are told what to mend.

use crate::diagnostic::Fault;
use crate::mod_id::ModId;
use crate::report::StageError;
use crate::resolve::DependencyError;

use super::{Absence, Host, LeftOut};

impl Host {
    /// Remembers why mods do not run, until they do: what depends on them is told so. For messages only: a save does not hold it.
    pub fn note_left_out(&mut self, left_out: &[LeftOut]) {
        for left_out in left_out {
            if let Some(fault) = left_out.faults.first() {
                self.broken.insert(left_out.name.clone(), fault.clone());
            }
        }
    }

    /// The same of a mod that was to run besides the others and could not.
    pub(crate) fn note_not_added(&mut self, error: &StageError) {
        if self.context.instance(&error.mod_id).is_none() {
            self.note_left_out(&[LeftOut {
                name: error.mod_id.to_string(),
                faults: error.faults.clone(),
            }]);
        }
    }

    /// What to say of a dependency. One that is broken is to be mended, where it may be named in `load` already.
    pub(crate) fn dependency_fault(&self, error: &DependencyError) -> Fault {
        let Some(dependency) = error.missing() else {
            return error.fault();
        };
        if let Some(absence) = self.absent.get(dependency) {
            let (word, how) = match absence {
                Absence::Disabled => ("disabled", "enable"),
                Absence::Removed => ("removed", "add"),
            };
            return unmet(
                error,
                &format!("which is {word}"),
                format!("{how} {dependency} first"),
            );
        }
        match self.broken.get(dependency.as_str()) {
            Some(reason) => unmet(error, "which is left out", mend(dependency, reason)),
            None => error.fault(),
        }
    }
}

/// What to say of a dependency, which may be there and could not be read.
pub(super) fn unreadable_dependency(error: &DependencyError, left_out: &[LeftOut]) -> Fault {
    let found = error.missing().and_then(|missing| {
        let mut left_out = left_out.iter();
        let broken = left_out.find(|left_out| left_out.name == missing.as_str())?;
        Some((missing, broken.faults.first()?))
    });
    match found {
        Some((missing, reason)) => unmet(error, "which is left out", mend(missing, reason)),
        None => error.fault(),
    }
}

fn mend(dependency: &ModId, reason: &Fault) -> String {
    format!("mend `{dependency}` first: {reason}")
}

/// A dependency that is known and does not run, at its line in the manifest.
fn unmet(error: &DependencyError, state: &str, help: String) -> Fault {
    let (DependencyError::Missing {
        mod_id,
        dependency,
        place,
    }
    | DependencyError::Unknown {
        mod_id,
        dependency,
        place,
        ..
    }) = error
    else {
        return error.fault();
    };
    Fault::new(format!("`{mod_id}` depends on `{dependency}`, {state}"))
        .at(place.as_ref().clone())
        .help(help)
}
