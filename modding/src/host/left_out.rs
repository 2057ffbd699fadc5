//! Mods that are left out, remembered so that those which need them are told what to mend.

use crate::diagnostic::Fault;
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
        let absence = self.absent.iter().find(|(id, _)| **id == *dependency);
        if let Some((_, absence)) = absence {
            let (word, how) = match absence {
                Absence::Disabled => ("disabled", "enable"),
                Absence::Removed => ("removed", "add"),
            };
            return Fault::new(format!(
                "`{mod_id}` depends on `{dependency}`, which is {word}"
            ))
            .at(place.as_ref().clone())
            .help(format!("{how} {dependency} first"));
        }
        let Some(reason) = self.broken.get(dependency.as_str()) else {
            return error.fault();
        };
        Fault::new(format!(
            "`{mod_id}` depends on `{dependency}`, which is left out"
        ))
        .at(place.as_ref().clone())
        .help(format!("mend `{dependency}` first: {reason}"))
    }
}
