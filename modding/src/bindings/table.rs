//! The functions of the table that the host does by itself: arguments in, value out.

use super::GuestCall;
use crate::api::{ApiError, Arguments, FunctionDescription, Run};
use crate::context::Context;
use crate::value::Value;

/// Things of the colony that the host looks at in the time of one step.
const LOOKED_AT_PER_STEP: u64 = 16;

impl GuestCall<'_> {
    /// Calls a function that the host does.
    ///
    /// # Errors
    /// Arguments that do not fit, a capability that the mod lacks, what the function refuses.
    pub(crate) fn run(
        &self,
        description: &'static FunctionDescription,
        arguments: Vec<Option<Value>>,
    ) -> Result<Option<Value>, ApiError> {
        let arguments = Arguments::by_position(description, arguments)?;
        let (context, generation) = (self.context, self.generation);
        match description.run {
            Run::Read(read) => {
                if description.name == "config.get" && context.is_loading() {
                    let key = arguments.text(0)?.to_owned();
                    let mut declarations = generation.declarations.borrow_mut();
                    declarations.config_read.insert(key);
                }
                let looked_at = looked_at(context, description.name);
                if context
                    .meter()
                    .spend(looked_at / LOOKED_AT_PER_STEP)
                    .is_err()
                {
                    context.meter().exhausted_at(self.location);
                }
                read(context, generation, &arguments)
            }
            Run::Command(make) => {
                context.issue(
                    generation,
                    description.name,
                    description.capability,
                    make(&arguments)?,
                )?;
                context.note_write(generation, self.location, |trace, by| {
                    if let Some(command) = generation.state.borrow().held.commands.last() {
                        trace.issue(command, by);
                    }
                });
                Ok(None)
            }
            Run::Runtime => Ok(None),
        }
    }
}

/// About how many things of the colony a function looks at: it is paid for by them (I6).
fn looked_at(context: &Context, function: &str) -> u64 {
    let colony = context.colony();
    let view = colony.view();
    let (width, height) = view.size();
    match function.split_once('.') {
        Some(("map", "nearest") | ("buildings" | "plots", "nearest_sites")) => {
            u64::from(width) * u64::from(height)
        }
        Some(("buildings", _)) => 4 * view.buildings().count() as u64,
        Some(("plots", _)) => view.plots().count() as u64,
        Some(("stockpiles", _)) => {
            let cells = view.stockpiles().map(|stockpile| stockpile.cells.len());
            cells.sum::<usize>() as u64
        }
        Some(("jobs", _)) => 4 * view.jobs().count() as u64,
        Some(("colonists", _)) => 16 * view.colonists().count() as u64,
        Some(("items", _)) => view.items().count() as u64,
        _ => 0,
    }
}
