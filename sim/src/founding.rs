//! How a colony starts: the map, the first stockpile with its stock, the founders.

use std::collections::BTreeMap;

use crate::colony::{DerivedHashes, Statistics};
use crate::definitions::Rules;
use crate::entities::Entities;
use crate::environment::Environment;
use crate::id::IdSource;
use crate::items::Placement;
use crate::names::Name;
use crate::nearest::suggestion;
use crate::path::PathFinder;
use crate::regions::{Flood, Regions};
use crate::shared::Shared;
use crate::stockpiles::Stockpile;
use crate::terrain::{Terrain, ascii, generation};
use crate::{COLONISTS_MAX, Colony, Definitions, MapSource, Position, Setup, SetupError};

/// Columns and rows of the first stockpile.
const STOCKPILE_SIDE: u16 = 6;

impl Colony {
    /// Starts a colony. The founders are simply there, without an event.
    ///
    /// # Errors
    /// Everything that is in the way: faults of the definitions alone, or else of the map and the stock, or else what
    /// does not fit onto the map.
    pub fn new(setup: &Setup, definitions: Definitions) -> Result<Self, Vec<SetupError>> {
        let faults = definitions.validate();
        if !faults.is_empty() {
            return Err(faults.into_iter().map(SetupError::Definition).collect());
        }
        let rules =
            Rules::resolve(&definitions).expect("valid definitions have everything required");
        let mut faults = unknown_items(&setup.stock, &definitions);
        let (terrain, start) = match draw_map(setup, &definitions) {
            Ok(drawn) if faults.is_empty() => drawn,
            Ok(_) => return Err(faults),
            Err(map_faults) => {
                faults.extend(map_faults);
                return Err(faults);
            }
        };
        let mut colony = Self {
            seed: setup.seed,
            tick: 0,
            ids: IdSource::new(),
            regions: Regions::new(&terrain).into(),
            terrain: terrain.into(),
            entities: Entities::default(),
            structures: Shared::default(),
            plots: Shared::default(),
            stockpiles: Shared::default(),
            environment: Environment::new(setup.seed, &definitions),
            statistics: Statistics::default(),
            events: Vec::new(),
            derived_hashes: DerivedHashes::default(),
            definitions: definitions.into(),
            rules: rules.into(),
            board: Shared::default(),
            loose: Shared::default(),
            ground: Shared::default(),
            path_finder: PathFinder::default(),
        };
        colony.settle(setup, start)?;
        Ok(colony)
    }

    /// Puts stock and founders onto the empty map.
    fn settle(&mut self, setup: &Setup, start: Option<Position>) -> Result<(), Vec<SetupError>> {
        let start = start
            .or_else(|| self.regions.middle_of_largest(&self.terrain))
            .ok_or_else(|| vec![SetupError::NoWalkableTile])?;
        let cells = self.cells_around(start);
        let placements = match (
            self.plan_stock(&setup.stock, &cells),
            self.check_colonists(setup.colonists, start),
        ) {
            (Ok(placements), Ok(())) => placements,
            (stock, colonists) => {
                return Err([stock.err(), colonists.err()]
                    .into_iter()
                    .flatten()
                    .collect());
            }
        };
        let founders = usize::try_from(setup.colonists).unwrap_or(usize::MAX);
        let places: Vec<Position> = Flood::from(&self.terrain, start).take(founders).collect();
        for at in places {
            self.add_colonist(at);
        }
        let id = self.ids.allocate();
        let filter = None;
        self.add_stockpile(Stockpile { id, cells, filter });
        self.place(placements);
        Ok(())
    }

    /// Tiles of a square around the start that can be reached from it; nothing that is to be harvested.
    fn cells_around(&self, start: Position) -> Vec<Position> {
        let left = start.x.saturating_sub(STOCKPILE_SIDE / 2);
        let top = start.y.saturating_sub(STOCKPILE_SIDE / 2);
        let square = (top..top + STOCKPILE_SIDE)
            .flat_map(|y| (left..left + STOCKPILE_SIDE).map(move |x| Position { x, y }));
        let region = self.regions.of(start);
        square
            .filter(|at| {
                *at == start
                    || (self.regions.of(*at).is_some_and(|of| Some(of) == region)
                        && !self
                            .terrain
                            .name(*at)
                            .is_some_and(|id| self.rules.is_harvested(id)))
            })
            .collect()
    }

    /// Fills cell after cell with full stacks.
    fn plan_stock(
        &self,
        stock: &BTreeMap<String, u32>,
        cells: &[Position],
    ) -> Result<Vec<Placement>, SetupError> {
        let stacks_of = |(item, count): (&String, &u32)| {
            u64::from(count.div_ceil(self.stack_max(Name::of(item))))
        };
        let needed: u64 = stock.iter().map(stacks_of).sum();
        if usize::try_from(needed).is_ok_and(|needed| needed > cells.len()) {
            return Err(SetupError::StockTooLarge {
                needed,
                available: cells.len(),
            });
        }
        let mut cells = cells.iter().copied();
        let mut placements = Vec::new();
        for (item, count) in stock {
            let (item, mut left) = (Name::of(item), *count);
            while let Some(at) = if left > 0 { cells.next() } else { None } {
                let count = left.min(self.stack_max(item));
                placements.push((at, self.load_of(item, count)));
                left -= count;
            }
        }
        Ok(placements)
    }

    fn check_colonists(&self, found: u32, start: Position) -> Result<(), SetupError> {
        let tiles = self
            .regions
            .of(start)
            .map_or(0, |region| self.regions.size(region));
        let (max, reason) = if tiles < COLONISTS_MAX {
            (
                tiles,
                "each needs a tile that can be reached from the start",
            )
        } else {
            (COLONISTS_MAX, "no colony can have more")
        };
        if (1..=max).contains(&found) {
            Ok(())
        } else {
            Err(SetupError::Colonists { found, max, reason })
        }
    }
}

fn draw_map(
    setup: &Setup,
    definitions: &Definitions,
) -> Result<(Terrain, Option<Position>), Vec<SetupError>> {
    match &setup.map {
        MapSource::Ascii(text) => {
            let (map, start) = ascii::parse(text, definitions)?;
            Ok((Terrain::new(map, definitions), start))
        }
        MapSource::Generated { width, height } => {
            generation::generate(setup.seed, (*width, *height), definitions)
                .map(|(terrain, start)| (terrain, Some(start)))
        }
    }
}

fn unknown_items(stock: &BTreeMap<String, u32>, definitions: &Definitions) -> Vec<SetupError> {
    let known = &definitions.items;
    let unknown = stock.keys().filter(|item| !known.contains_key(*item));
    unknown
        .map(|item| SetupError::UnknownItem {
            item: item.clone(),
            hint: suggestion(item, known.keys().map(String::as_str)),
        })
        .collect()
}
