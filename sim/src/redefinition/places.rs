//! Buildings, recipes and crops that are in use.

use super::{DefinitionObstacle, counted, obstacle};
use crate::names::Name;
use crate::{BuildingDefinition, Colony, Definitions, Position, RecipeDefinition, StableId};

impl Colony {
    /// Buildings that would vanish, or be for something else, or be in the way where they were not.
    pub(super) fn buildings_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let in_use = |(id, old): (&String, &BuildingDefinition)| {
            let (field, change) = match new.buildings.get(id) {
                None => ("", "is gone".to_owned()),
                Some(new) if new.purpose != old.purpose => {
                    let (new, old) = (new.purpose.name(), old.purpose.name());
                    ("purpose", format!("is for `{new}` instead of `{old}`"))
                }
                Some(new) if new.walk_cost.is_some() != old.walk_cost.is_some() => {
                    let change = if new.walk_cost.is_some() {
                        "can be walked on"
                    } else {
                        "cannot be walked on any more"
                    };
                    ("walk_cost", change.to_owned())
                }
                Some(_) => return None,
            };
            let kind = Name::of(id);
            let structures = self.entities.structures();
            let structures = structures.filter(|structure| structure.kind == kind);
            let structures: Vec<StableId> = structures.map(|structure| structure.id).collect();
            let users = [counted(
                &structures,
                "building is of it",
                "buildings are of it",
            )];
            obstacle(("buildings", id, field), &change, users)
        };
        self.definitions
            .buildings
            .iter()
            .filter_map(in_use)
            .collect()
    }

    /// Recipes that would be for another building.
    pub(super) fn recipes_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let in_use = |(id, old): (&String, &RecipeDefinition)| {
            let new = new
                .recipes
                .get(id)
                .filter(|new| new.building != old.building)?;
            let recipe = Name::of(id);
            let structures = self.entities.structures();
            let ordered = structures
                .filter(|structure| structure.order.is_some_and(|order| order.recipe == recipe));
            let ordered: Vec<StableId> = ordered.map(|structure| structure.id).collect();
            let change = format!(
                "is made at `{}` instead of `{}`",
                new.building, old.building
            );
            let users = [counted(
                &ordered,
                "building has orders",
                "buildings have orders",
            )];
            obstacle(("recipes", id, "building"), &change, users)
        };
        self.definitions.recipes.iter().filter_map(in_use).collect()
    }

    /// Crops that would vanish.
    pub(super) fn crops_in_use(&self, new: &Definitions) -> Vec<DefinitionObstacle> {
        let gone = self.definitions.crops.keys();
        gone.filter(|id| !new.crops.contains_key(*id))
            .filter_map(|id| {
                let crop = Name::of(id);
                let plots = self.plots.by_place().iter();
                let plots = plots.filter(|(_, plot)| plot.crop == crop);
                let plots: Vec<Position> = plots.map(|(at, _)| *at).collect();
                let users = [counted(&plots, "plot is for it", "plots are for it")];
                obstacle(("crops", id, ""), "is gone", users)
            })
            .collect()
    }
}
