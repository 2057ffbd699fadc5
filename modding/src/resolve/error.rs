//! Why a mod's dependencies cannot be met.

use semver::{Version, VersionReq};
use thiserror::Error;

use crate::diagnostic::{Fault, Place};
use crate::mod_id::ModId;

/// Why a mod's dependencies cannot be met.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum DependencyError {
    /// There is no mod of that name.
    #[error("`{mod_id}` depends on `{dependency}`, but there is no such mod")]
    Unknown {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The name that no mod has.
        dependency: ModId,
        /// The mods that there are, beside the one at fault.
        known: Vec<ModId>,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// The mod exists and is not part of this run.
    #[error("`{mod_id}` depends on `{dependency}`, which is not loaded")]
    Missing {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The mod that is not loaded.
        dependency: ModId,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// The mod is loaded in a version that will not do.
    #[error("`{mod_id}` needs `{dependency}` {wanted}, found {found}")]
    Incompatible {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The mod in the wrong version.
        dependency: ModId,
        /// The version of the dependency.
        found: Version,
        /// The versions that will do.
        wanted: VersionReq,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// A mod does not run beside another one that is loaded.
    #[error("`{mod_id}` conflicts with `{other}` {range}, and {found} is loaded")]
    Conflict {
        /// The mod whose manifest says so.
        mod_id: ModId,
        /// The mod that it does not run beside.
        other: ModId,
        /// Its version.
        found: Version,
        /// The versions that are meant.
        range: VersionReq,
        /// The conflict in `mod.toml`.
        place: Box<Place>,
    },
    /// Mods need each other.
    #[error("mods depend on each other: {}", spell_chain(chain))]
    Cycle {
        /// The mods of the cycle; the first, which has the lowest id, comes again at the end.
        chain: Vec<ModId>,
        /// The dependency of the first on the second.
        place: Box<Place>,
    },
    /// A mod needs itself.
    #[error("`{mod_id}` depends on itself")]
    SelfDependency {
        /// The mod whose manifest is at fault.
        mod_id: ModId,
        /// The dependency in `mod.toml`.
        place: Box<Place>,
    },
    /// A chain of dependencies is too long to be meant.
    #[error(
        "more than {depth_max} mods in a chain of dependencies: {}",
        spell_chain(chain)
    )]
    TooDeep {
        /// Mods that may follow the first.
        depth_max: usize,
        /// The chain, from the mod whose manifest is at fault.
        chain: Vec<ModId>,
        /// The dependency of the first on the second.
        place: Box<Place>,
    },
}

impl DependencyError {
    /// The mod whose manifest is at fault.
    #[must_use]
    pub fn mod_id(&self) -> &ModId {
        match self {
            Self::Unknown { mod_id, .. }
            | Self::Missing { mod_id, .. }
            | Self::Incompatible { mod_id, .. }
            | Self::Conflict { mod_id, .. }
            | Self::SelfDependency { mod_id, .. } => mod_id,
            Self::Cycle { chain, .. } | Self::TooDeep { chain, .. } => &chain[0],
        }
    }

    /// The mod that has to appear for another try to make sense.
    #[must_use]
    pub fn missing(&self) -> Option<&ModId> {
        match self {
            Self::Unknown { dependency, .. }
            | Self::Missing { dependency, .. }
            | Self::Incompatible { dependency, .. } => Some(dependency),
            _ => None,
        }
    }

    /// The error as a fault in `mod.toml`.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.to_string());
        match self {
            Self::Unknown {
                dependency,
                known,
                place,
                ..
            } => {
                let fault = fault.at(place.as_ref().clone());
                fault.suggest_some(dependency.as_str(), known.iter().map(ModId::as_str))
            }
            Self::Missing {
                dependency, place, ..
            } => {
                let help = format!("add \"{dependency}\" to `load` under `[mods]`");
                fault.at(place.as_ref().clone()).help(help)
            }
            Self::Incompatible {
                dependency,
                found,
                wanted,
                place,
                ..
            } => {
                let help = format!(
                    "load a `{dependency}` of {wanted}, or write `{dependency} = \"^{found}\"`"
                );
                fault.at(place.as_ref().clone()).help(help)
            }
            Self::Conflict { other, place, .. } => fault.at(place.as_ref().clone()).help(format!(
                "run only one of the two, or leave `{other}` in a version that does not conflict"
            )),
            Self::Cycle { place, .. } => fault
                .at(place.as_ref().clone())
                .help("remove one of these dependencies"),
            Self::SelfDependency { place, .. } => {
                fault.at(place.as_ref().clone()).help("remove this line")
            }
            Self::TooDeep { place, .. } => fault.at(place.as_ref().clone()),
        }
    }
}

pub(super) fn spell_chain(chain: &[ModId]) -> String {
    let names: Vec<&str> = chain.iter().map(ModId::as_str).collect();
    names.join(" -> ")
}
