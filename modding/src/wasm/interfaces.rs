//! Names of interfaces: `colony:modding/jobs@1.0.0`.

use semver::Version;

use crate::api::{PACKAGE, events, kebab_case};
use crate::manifest::API_VERSION;

/// What a component imports that says when the state changes which it keeps in its memory.
pub(super) const CHANGES: &str = "kept-state-changes";

/// An interface that a component names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    /// One of ours, by its name in the package.
    Ours(&'a str),
    /// One of our package in a version that this engine does not have.
    OtherVersion,
    /// Anything else.
    Foreign,
}

/// Reads a name as components have it.
pub(super) fn named(name: &str) -> Named<'_> {
    let of_package = name.strip_prefix(PACKAGE);
    let Some(interface) = of_package.and_then(|rest| rest.strip_prefix('/')) else {
        return Named::Foreign;
    };
    let Some((interface, version)) = interface.split_once('@') else {
        return Named::OtherVersion;
    };
    match Version::parse(version) {
        // A later minor version has more; what is used of it and not there is found function by function.
        Ok(version) if version.major == API_VERSION.major => Named::Ours(interface),
        _ => Named::OtherVersion,
    }
}

/// The name of one of our interfaces.
pub(super) fn full_name(interface: &str) -> String {
    format!("{PACKAGE}/{interface}@{API_VERSION}")
}

/// Events have a position: that of the table, and after them one for all events of mods.
pub(super) fn event_position(name: &str) -> usize {
    let known = events().iter().position(|event| event.name == name);
    known.unwrap_or(events().len())
}

/// The interfaces that hear events, by their positions.
pub(super) fn event_interfaces() -> impl Iterator<Item = String> {
    let known = events().iter().map(|event| kebab_case(event.name));
    let known = known.chain(["mod-event".to_owned()]);
    known.map(|event| format!("on-{event}"))
}
