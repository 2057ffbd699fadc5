//! How state comes into an instance that follows another: carried over or, where its mod wishes that, begun again.

use std::collections::BTreeMap;

use super::migration::{fill_defaults, migrate};
use super::{Carried, restore};
use crate::codec;
use crate::context::{Context, Deadline, Reason};
use crate::generation::Instance;
use crate::manifest::OnStateError;
use crate::report::{Fate, PathFate, StageError, StateReport};
use crate::state::{Held, Snapshot};
use crate::value::Value;

/// Whether an instance may begin with its defaults in the place of the state that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayBeginAgain {
    /// The state from before would not be in the history.
    Never,
    /// Only where the state cannot be carried over, if its mod wishes that.
    WhereItFails,
    /// In any case, or where the state cannot be carried over, as its mod wishes.
    AsItsModSays,
}

/// Gives an instance the state in `bytes`: `migrate` and `restore`. Where it may begin again, because the state from before stays in
/// the history, its mod's settings decide whether it begins with its defaults instead: in any case, or where the state cannot be carried
/// over (seed-corrections 44). What is not to be kept is not migrated either. `before_restore` is called as that stage begins; its error
/// is none of the state's.
pub(crate) fn pass_on(
    context: &Context,
    instance: &Instance,
    bytes: &[u8],
    reason: Reason,
    may_begin_again: MayBeginAgain,
    before_restore: impl FnOnce() -> Result<(), StageError>,
) -> Result<StateReport, StageError> {
    let settings = instance.generation.manifest.hot_reload.state;
    if may_begin_again == MayBeginAgain::AsItsModSays && !settings.preserve_state {
        before_restore()?;
        let why = "`preserve_state` is off in mod.toml";
        return begin_again(context, instance, bytes, why.to_owned());
    }
    let restored = match migrate(context, instance, bytes) {
        Ok(carried) => {
            before_restore()?;
            restore(context, instance, carried, reason)
        }
        Err(error) => Err(error),
    };
    // What time has ended is no fault of the state.
    let timed_out = || {
        let deadline = context.meter().deadline();
        deadline.as_ref().is_some_and(Deadline::has_passed)
    };
    match restored {
        Err(error)
            if may_begin_again != MayBeginAgain::Never
                && settings.on_state_error == OnStateError::Reset
                && !timed_out() =>
        {
            let stage = error.stage.name();
            let found = error
                .faults
                .first()
                .map_or(String::new(), ToString::to_string);
            let why = format!(
                "the state could not be carried over at {stage} ({found}), and `on_state_error` is \"reset\""
            );
            Ok(StateReport {
                reset: true,
                ..begin_again(context, instance, bytes, why)?
            })
        }
        restored => restored,
    }
}

/// Gives an instance its defaults instead of the state in `bytes`, and says why. What is not the mod's own to lose stays: the
/// position of its random numbers and the commands that wait.
fn begin_again(
    context: &Context,
    instance: &Instance,
    bytes: &[u8],
    why: String,
) -> Result<StateReport, StageError> {
    let generation = &instance.generation;
    let held = codec::decode::<Snapshot>(bytes).map_or_else(
        |_| Held::default(),
        |snapshot| Held {
            random_position: snapshot.held.random_position,
            commands: snapshot.held.commands,
            ..Held::default()
        },
    );
    let mut state = BTreeMap::new();
    let declared_at = fill_defaults(generation, &mut state).declared_at;
    let begun = state.iter().map(|(path, value)| PathFate {
        path: path.clone(),
        fate: Fate::Defaulted,
        value: value.to_string(),
        by: declared_at.clone(),
    });
    let paths = begun.collect();
    let snapshot = Snapshot {
        version: generation.manifest.version.clone(),
        storage: Value::Map(state),
        held,
    };
    let report = StateReport {
        notes: vec![format!(
            "{why}: the state begins with its defaults, the one before is in the history"
        )],
        paths,
        begun_again: true,
        ..StateReport::default()
    };
    restore(
        context,
        instance,
        Carried { snapshot, report },
        Reason::Update,
    )
}
