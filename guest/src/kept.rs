//! A mod's state.

use std::ops::{Deref, DerefMut};

use crate::bindings::colony::modding::kept_state_changes;

/// The state of a mod, which survives reloads, saves and calls that fail. It is read as the value that it is; who borrows it mutably
/// changes it, so that the host is given it after the call.
#[derive(Debug, Default)]
pub struct Kept<M> {
    state: M,
    is_changed: bool,
}

/// Said while the mod loads: the host need not ask for the state after calls that do not change it.
pub(crate) fn tell_of_changes() {
    if cfg!(feature = "kept-state") {
        kept_state_changes::note();
    }
}

impl<M> Kept<M> {
    pub(crate) fn restored(state: M) -> Kept<M> {
        Kept {
            state,
            is_changed: false,
        }
    }

    /// The host is given the state after the running call.
    pub(crate) fn change(&mut self) {
        // Said once for each call that changes the state: after the others the host asks for nothing.
        let is_first = !std::mem::replace(&mut self.is_changed, true);
        if is_first && cfg!(feature = "kept-state") {
            kept_state_changes::note();
        }
    }

    /// The state, if it has changed since this was last asked.
    #[cfg(feature = "kept-state")]
    pub(crate) fn take_change(&mut self) -> Option<&M> {
        std::mem::take(&mut self.is_changed).then_some(&self.state)
    }
}

impl<M> Deref for Kept<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.state
    }
}

impl<M> DerefMut for Kept<M> {
    fn deref_mut(&mut self) -> &mut M {
        self.change();
        &mut self.state
    }
}
