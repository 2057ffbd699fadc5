//! Ids of definitions as numbers: what state and systems go by, so that nothing that is done every tick compares texts.
//!
//! A name is the hash of the id alone. It does not depend on which definitions there are nor on their order, so a definition
//! that is inserted or taken away changes no state; and it can be hashed and saved as it is.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::Definitions;
use crate::lookup::Lookup;

/// The id of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Name(
    /// Never 0: so there is room for the absence of a name.
    NonZeroU64,
);

impl Name {
    /// The name of an id.
    pub(crate) fn of(id: &str) -> Self {
        let hash = NonZeroU64::new(xxhash_rust::xxh3::xxh3_64(id.as_bytes()));
        Self(hash.unwrap_or(NonZeroU64::MIN))
    }

    /// The number that it is.
    pub(crate) const fn get(self) -> u64 {
        self.0.get()
    }
}

/// The ids that names stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    // Never gone through.
    ids: Lookup<Name, SmolStr>,
}

impl Names {
    /// The names of all that state names by number.
    pub(crate) fn of(definitions: &Definitions) -> Self {
        Self::spelled(ids_of(definitions))
    }

    /// The names of some ids.
    pub(crate) fn spelled<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let ids = ids.into_iter().map(|id| (Name::of(id), SmolStr::from(id)));
        Self { ids: ids.collect() }
    }

    /// The id that a name stands for, if it is known.
    pub(crate) fn find(&self, name: Name) -> Option<&SmolStr> {
        self.ids.get(&name)
    }

    /// The id of something defined.
    pub(crate) fn id(&self, name: Name) -> SmolStr {
        let id = self.ids.get(&name).cloned();
        // Invariant: state names only what is defined, and every definition's name is known.
        id.unwrap_or_default()
    }

    /// Two ids with the same name, which cannot both be used.
    pub(crate) fn clash<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
        let mut seen: BTreeMap<Name, &str> = BTreeMap::new();
        ids.into_iter().find_map(|id| {
            let other = seen.insert(Name::of(id), id)?;
            (other != id).then_some((other, id))
        })
    }
}

/// The ids of all that state names by number; some may be in several tables.
pub(crate) fn ids_of(definitions: &Definitions) -> impl Iterator<Item = &str> {
    let Definitions {
        items,
        jobs,
        skills,
        buildings,
        recipes,
        crops,
        ..
    } = definitions;
    let ids = items.keys().chain(jobs.keys()).chain(skills.keys());
    let ids = ids.chain(buildings.keys()).chain(recipes.keys());
    ids.chain(crops.keys()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_id() {
        let names = Names::spelled(["wood", "stone"]);
        assert_eq!(&*names.id(Name::of("wood")), "wood");
        assert_eq!(names.find(Name::of("wod")), None);
        assert_eq!(Names::clash(["wood", "stone", "wood"]), None);
        assert_eq!(size_of::<Option<Name>>(), size_of::<Name>());
    }
}
