//! What can be seen of buildings, plots and stockpiles.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::View;
use crate::farming::{Plot, Stage};
use crate::structures::Structure;
use crate::{Position, StableId};

/// A building or blueprint as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildingFacts {
    /// It.
    pub id: StableId,
    /// Id of its definition.
    pub kind: SmolStr,
    /// Where.
    pub at: Position,
    /// Whether it is finished.
    pub is_built: bool,
    /// What was brought to it and not used yet, by id of the item.
    pub held: BTreeMap<SmolStr, u32>,
    /// What is to be made there.
    pub order: Option<OrderFacts>,
}

/// Something to be made, as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    /// Id of the recipe.
    pub recipe: SmolStr,
    /// How often it is still to be made, at least 1.
    pub left: u32,
}

/// A plot as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotFacts {
    /// Where.
    pub at: Position,
    /// Id of the crop.
    pub crop: SmolStr,
    /// How far it is.
    pub stage: PlotStage,
}

/// How far a crop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotStage {
    /// Nothing is sown.
    Fallow,
    /// It grows.
    Growing,
    /// It can be reaped.
    Ripe,
}

impl PlotStage {
    /// The word for it in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fallow => "fallow",
            Self::Growing => "growing",
            Self::Ripe => "ripe",
        }
    }
}

/// A stockpile as the outside sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockpileFacts {
    /// It.
    pub id: StableId,
    /// Its tiles, in reading order.
    pub cells: Vec<Position>,
    /// The items and categories that it takes; `None` means all.
    pub filter: Option<BTreeSet<SmolStr>>,
}

impl<'a> View<'a> {
    /// Every building and blueprint.
    pub fn buildings(self) -> impl Iterator<Item = BuildingFacts> + 'a {
        let structures = self.colony.entities.structures();
        structures.map(move |structure| self.building_facts(structure))
    }

    /// One of them, `None` if there is none of this id.
    pub fn building(self, id: StableId) -> Option<BuildingFacts> {
        let structure = self.colony.entities.structure(id);
        structure.map(|structure| self.building_facts(structure))
    }

    /// The building or blueprint on a tile.
    pub fn building_at(self, at: Position) -> Option<StableId> {
        self.colony.structures.at(at)
    }

    /// Every plot, in reading order.
    pub fn plots(self) -> impl Iterator<Item = PlotFacts> + 'a {
        let plots = self.colony.plots.by_place().iter();
        plots.map(move |(at, Plot { crop, stage })| PlotFacts {
            at: *at,
            crop: self.colony.rules.names.id(*crop),
            stage: match stage {
                Stage::Fallow => PlotStage::Fallow,
                Stage::Growing { .. } => PlotStage::Growing,
                Stage::Ripe => PlotStage::Ripe,
            },
        })
    }

    /// Every stockpile.
    pub fn stockpiles(self) -> impl Iterator<Item = StockpileFacts> + 'a {
        let zones = self.colony.stockpiles.zones().iter();
        zones.map(|zone| StockpileFacts {
            id: zone.id,
            cells: zone.cells.clone(),
            filter: zone.filter.clone(),
        })
    }

    /// Tiles of a terrain with fertility on which a crop could be sown and that can be reached from the first stockpile:
    /// nearest to its centre first, then in reading order, at most `limit`.
    pub fn nearest_fertile(self, limit: usize) -> Vec<Position> {
        let colony = self.colony;
        let is_fertile = |at: Position| {
            let terrain = colony.terrain.name(at);
            let terrain = terrain.and_then(|id| colony.definitions.terrain.get(id));
            terrain.is_some_and(|terrain| terrain.fertility > 0)
        };
        self.nearest_free(limit, is_fertile)
    }

    /// Tiles on which a blueprint could be placed and that can be reached from the first stockpile: nearest to its centre
    /// first, then in reading order, at most `limit`.
    pub fn nearest_building_sites(self, limit: usize) -> Vec<Position> {
        let colony = self.colony;
        let is_harvested = |at: Position| {
            let terrain = colony.terrain.name(at);
            terrain.is_some_and(|id| colony.rules.is_harvested(id))
        };
        self.nearest_free(limit, |at| {
            !is_harvested(at) && colony.stack_at(at).is_none()
        })
    }

    /// Walkable tiles that are no plot, stockpile, building or designated, nearest to the centre of the first stockpile first.
    fn nearest_free(self, limit: usize, is_wanted: impl Fn(Position) -> bool) -> Vec<Position> {
        let colony = self.colony;
        let zone = colony.stockpiles.zones().first();
        let region = zone.and_then(|zone| colony.regions.of(*zone.cells.first()?));
        let (Some(region), Some(centre)) = (region, colony.stockpiles.centre()) else {
            return Vec::new();
        };
        let free = colony.terrain.positions().filter(|at| {
            colony.regions.of(*at) == Some(region)
                && colony.plots.get(*at).is_none()
                && !colony.stockpiles.contains(*at)
                && colony.structures.at(*at).is_none()
                && colony
                    .board
                    .about(crate::jobs::Subject::Designated(*at))
                    .is_none()
                && is_wanted(*at)
        });
        let mut free: Vec<(u32, Position)> =
            free.map(|at| (at.octile_distance(centre), at)).collect();
        free.sort_unstable();
        free.into_iter().take(limit).map(|(_, at)| at).collect()
    }

    fn building_facts(self, structure: &Structure) -> BuildingFacts {
        let names = &self.colony.rules.names;
        let held = structure.held.iter();
        BuildingFacts {
            id: structure.id,
            kind: names.id(structure.kind),
            at: structure.at,
            is_built: structure.is_built,
            held: held
                .map(|(item, count)| (names.id(*item), *count))
                .collect(),
            order: structure.order.map(|order| OrderFacts {
                recipe: names.id(order.recipe),
                left: order.left,
            }),
        }
    }
}
