//! What a hundred idle instances add to the memory of the process.

use std::fmt;

use modding::bundle::Bundle;

use crate::colony::host;
use crate::measure::resident_memory;

use super::guest::{Keeping, counting};
use super::{ADD_PRIORITY, OF_JOB, bare, bundle, others};

/// Instances.
const INSTANCES: usize = 100;

/// What was added, in KiB, by what.
pub(crate) struct Memory([(&'static str, u64); 4]);

/// Measures the topic; none where the system has no `/proc`.
pub(super) fn measure() -> Option<Memory> {
    let component = counting("job_created", OF_JOB, ADD_PRIORITY, Keeping::Nothing);
    let engine = bare::engine();
    let compiled = bare::compile(&engine, &component);
    drop(bare::instantiate(&compiled));
    // What a host takes, and what the process makes once for all components.
    let with_one = |of: &dyn Fn(&str) -> Bundle| drop(host(2, 32, [of("warm")]));
    let of_component = |id: &str| bundle(id, component.clone());
    let of_nothing = |id: &str| others(id)[0].clone();
    let of_script = |id: &str| others(id)[1].clone();
    let kinds: [&dyn Fn(&str) -> Bundle; 3] = [&of_component, &of_nothing, &of_script];
    kinds.iter().for_each(|of| with_one(of));
    let (bare, instances) = added(|| {
        let instances = (0..INSTANCES).map(|_| bare::instantiate(&compiled));
        instances.collect::<Vec<_>>()
    })?;
    let with_mods = |of: &dyn Fn(&str) -> Bundle| {
        let names: Vec<String> = (0..INSTANCES).map(|at| format!("mod{at:03}")).collect();
        added(|| host(2, 32, names.iter().map(|name| of(name))))
    };
    let (nothing, without_code) = with_mods(&of_nothing)?;
    let (components, with_components) = with_mods(&of_component)?;
    let (scripts, with_scripts) = with_mods(&of_script)?;
    drop((instances, without_code, with_components, with_scripts));
    Some(Memory([
        ("instances of bare wasmtime", bare),
        ("mods without code", nothing),
        ("mods that are components", components),
        ("mods that are scripts", scripts),
    ]))
}

/// What making something adds to the resident memory, and what was made.
fn added<T>(make: impl FnOnce() -> T) -> Option<(u64, T)> {
    let before = resident_memory()?;
    let made = make();
    Some((resident_memory()?.saturating_sub(before), made))
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Memory(rows) = self;
        writeln!(formatter, "## A hundred idle instances\n")?;
        writeln!(
            formatter,
            "| a hundred | resident memory, KiB | each, KiB |"
        )?;
        writeln!(formatter, "|---|---:|---:|")?;
        for (what, added) in rows {
            let each = *added as f64 / INSTANCES as f64;
            writeln!(formatter, "| {what} | {added} | {each:.1} |")?;
        }
        Ok(())
    }
}
