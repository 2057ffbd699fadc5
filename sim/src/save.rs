//! Saves: a header that tells what they are and whether they are whole, then the state as bincode. Definitions are not
//! in a save; it names them by id.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `COLONYSV` |
//! | 4 | format version, little-endian |
//! | 16 | xxh3 hash (128 bits, little-endian) of the rest |
//! | rest | the state: bincode 2, little-endian numbers of fixed length, as what is hashed |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use thiserror::Error;

use crate::colonists::{Colonist, Person};
use crate::colony::{DerivedHashes, Statistics};
use crate::definitions::Rules;
use crate::entities::Entities;
use crate::environment::Environment;
use crate::farming::{Plot, Plots};
use crate::ground::Ground;
use crate::hash::{ENCODING, Tail, hash_bytes};
use crate::id::IdSource;
use crate::items::Stack;
use crate::job_board::JobBoard;
use crate::jobs::Job;
use crate::lookup::Lookup;
use crate::names::Name;
use crate::parallel::{LARGE_MIN, join};
use crate::path::PathFinder;
use crate::regions::Regions;
use crate::shared::Shared;
use crate::stockpiles::{Stockpile, Stockpiles};
use crate::structures::{Structure, StructureIndex, override_of};
use crate::terrain::{Terrain, TerrainMap};
use crate::{Colony, DefinitionFault, Definitions, Event, Position, StableId};

mod consistency;

/// Version of the save format this program writes and reads.
pub const SAVE_VERSION: u32 = 5;
/// Largest save that is read, in bytes: more than a full map with something on every tile is estimated to take.
pub const SAVE_BYTES_MAX: usize = 512 << 20;

const MAGIC: [u8; 8] = *b"COLONYSV";
const CHECKSUM_BYTES: usize = 16;
const HEADER_BYTES: usize = 8 + 4 + CHECKSUM_BYTES;

/// Why some bytes are not a colony that can go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SaveError {
    /// Fewer bytes than a header has.
    #[error("the save ends after {found} bytes, expected at least {HEADER_BYTES}; it is cut off")]
    Truncated {
        /// Bytes there are.
        found: usize,
    },
    /// More bytes than are read.
    #[error("the save has {found} bytes, expected at most {SAVE_BYTES_MAX}")]
    TooLarge {
        /// Bytes there are.
        found: usize,
    },
    /// It starts with something else.
    #[error("these bytes do not begin as the save of a colony does")]
    NotASave,
    /// It is of another format.
    #[error(
        "the save has format version {found}, expected {SAVE_VERSION}; load it with the program that wrote it"
    )]
    Version {
        /// Version of the save.
        found: u32,
    },
    /// Something has changed since it was written.
    #[error("the checksum of the save does not match; it is damaged or cut off")]
    Checksum,
    /// The content cannot be decoded.
    #[error("the content of the save cannot be decoded: {0}")]
    Malformed(String),
    /// The definitions given have a fault.
    #[error("definition {0}")]
    Definition(DefinitionFault),
    /// Something in it is not defined any more.
    #[error("the save has the {kind} `{id}`, which is not defined; load the mod that defines it")]
    Undefined {
        /// `terrain`, `item`, `job`, `building` or `crop`.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// It decodes to a world that cannot be.
    #[error("the save contradicts itself: {0}")]
    Inconsistent(String),
}

/// All state, in order of id.
#[derive(Debug, Deserialize)]
struct Record {
    seed: u64,
    tick: u64,
    ids: IdSource,
    /// The ids of all definitions that are named in it by number, in order.
    names: Vec<SmolStr>,
    terrain: TerrainMap,
    stockpiles: Vec<Stockpile>,
    structures: Vec<Structure>,
    plots: BTreeMap<Position, Plot>,
    stacks: Vec<(StableId, Stack)>,
    jobs: Vec<Job>,
    colonists: Vec<(StableId, Person, Colonist)>,
    environment: Environment,
    statistics: Statistics,
    events: Vec<Event>,
}

/// What a [`Record`] is made of, where it is: the same fields in the same order, which is what is written.
#[derive(Serialize)]
struct RecordView<'a> {
    seed: u64,
    tick: u64,
    ids: &'a IdSource,
    names: Vec<SmolStr>,
    terrain: &'a TerrainMap,
    stockpiles: &'a [Stockpile],
    structures: Vec<&'a Structure>,
    plots: &'a BTreeMap<Position, Plot>,
    stacks: Vec<(StableId, &'a Stack)>,
    jobs: Vec<&'a Job>,
    colonists: Vec<(StableId, &'a Person, &'a Colonist)>,
    environment: &'a Environment,
    statistics: &'a Statistics,
    events: &'a [Event],
}

impl Colony {
    /// Everything needed to go on later, except the definitions: [`restore`](Self::restore) takes them anew.
    pub fn save(&self) -> Vec<u8> {
        let mut bytes = [
            &MAGIC[..],
            &SAVE_VERSION.to_le_bytes(),
            &[0; CHECKSUM_BYTES],
        ]
        .concat();
        bincode::serde::encode_into_writer(self.record(), Tail(&mut bytes), ENCODING).expect(
            "state is plain data: every sequence knows its length and memory takes every byte",
        );
        let (header, content) = bytes.split_at_mut(HEADER_BYTES);
        let checksum = hash_bytes(content).to_le_bytes();
        header[HEADER_BYTES - CHECKSUM_BYTES..].copy_from_slice(&checksum);
        bytes
    }

    /// The colony that was saved. Decoding is bounded, and what it yields is checked in full: no bytes lead to a panic,
    /// now or later. Other definitions than those of the save are taken over as
    /// [`replace_definitions`](Self::replace_definitions) does.
    ///
    /// # Errors
    /// Why the bytes or the definitions do not make a colony.
    pub fn restore(bytes: &[u8], definitions: Definitions) -> Result<Self, SaveError> {
        if let Some(fault) = definitions.validate().into_iter().next() {
            return Err(SaveError::Definition(fault));
        }
        let record = decode(checked_content(bytes)?)?;
        consistency::check_alone(&record, &definitions)?;
        let mut colony = Self::of_record(record, definitions);
        consistency::check_together(&colony)?;
        colony.settle_definitions();
        Ok(colony)
    }

    /// A deep copy that goes on exactly as the original would, independent of it.
    ///
    /// It takes next to no time: what is large both have in common until one of them changes it, which then copies as much as it
    /// changes.
    pub fn fork(&self) -> Self {
        Self {
            seed: self.seed,
            tick: self.tick,
            ids: self.ids.clone(),
            terrain: self.terrain.clone(),
            entities: self.entities.clone(),
            stockpiles: self.stockpiles.clone(),
            plots: self.plots.clone(),
            environment: self.environment.clone(),
            statistics: self.statistics.clone(),
            events: self.events.clone(),
            definitions: self.definitions.clone(),
            derived_hashes: self.derived_hashes.clone(),
            rules: self.rules.clone(),
            regions: self.regions.clone(),
            board: self.board.clone(),
            loose: self.loose.clone(),
            ground: self.ground.clone(),
            structures: self.structures.clone(),
            // What it remembers is no state, and large.
            path_finder: PathFinder::default(),
        }
    }

    fn record(&self) -> RecordView<'_> {
        let colonists = self.entities.colonists();
        let mut record = RecordView {
            seed: self.seed,
            tick: self.tick,
            ids: &self.ids,
            names: Vec::new(),
            terrain: self.terrain.map(),
            stockpiles: self.stockpiles.zones(),
            structures: self.entities.structures().collect(),
            plots: self.plots.by_place(),
            stacks: self.entities.stacks().collect(),
            jobs: self.entities.jobs().collect(),
            colonists: colonists
                .filter_map(|(id, colonist)| Some((id, self.entities.person(id)?, colonist)))
                .collect(),
            environment: &self.environment,
            statistics: &self.statistics,
            events: &self.events,
        };
        let names = record.names_in_use();
        let ids = names.into_iter().map(|name| self.rules.names.id(name));
        record.names = ids.collect();
        record.names.sort_unstable();
        record
    }

    /// Builds a colony around its state and valid definitions; everything derived is derived anew.
    fn of_record(record: Record, definitions: Definitions) -> Self {
        let rules = Rules::resolve(&definitions).expect("the definitions were validated before");
        let mut terrain = Terrain::new(record.terrain, &definitions);
        let mut entities = Entities::default();
        for (id, stack) in record.stacks {
            entities.add_stack(id, stack);
        }
        for structure in record.structures {
            if let Some(rule) = rules
                .building(structure.kind)
                .filter(|_| structure.is_built)
            {
                terrain.set_override(structure.at, Some(override_of(rule.walk_cost)));
            }
            entities.add_structure(structure);
        }
        entities.reserve_colonists(record.colonists.len());
        for (id, person, colonist) in record.colonists {
            entities.add_colonist(id, person, colonist);
        }
        for job in record.jobs {
            if let Some((owner, need)) = job.owner()
                && let Some(colonist) = entities.colonist_mut(owner)
            {
                colonist.set_personal_job(need, Some(job.id));
            }
            entities.add_job(job);
        }
        let regions = Regions::new(&terrain);
        let (board, (ground, stockpiles)) = join(
            entities.job_count() >= LARGE_MIN,
            || JobBoard::of(&entities, &regions),
            || {
                let ground = Ground::of(entities.stacks());
                (ground, Stockpiles::new(record.stockpiles, &definitions))
            },
        );
        let mut colony = Self {
            seed: record.seed,
            tick: record.tick,
            ids: record.ids,
            board: board.into(),
            regions: regions.into(),
            terrain: terrain.into(),
            loose: Shared::default(),
            ground: ground.into(),
            structures: StructureIndex::of(entities.structures(), &rules).into(),
            entities,
            stockpiles: stockpiles.into(),
            plots: Plots::new(record.plots).into(),
            environment: record.environment,
            statistics: record.statistics,
            events: record.events,
            derived_hashes: DerivedHashes::default(),
            rules: rules.into(),
            definitions: definitions.into(),
            path_finder: PathFinder::default(),
        };
        colony.follow_all_cells();
        colony
    }
}

impl RecordView<'_> {
    /// What the state names, each once.
    fn names_in_use(&self) -> Vec<Name> {
        let mut used = NamesInUse::default();
        for job in &self.jobs {
            used.note(job.kind);
            job.item().into_iter().for_each(|item| used.note(item));
        }
        for (_, stack) in &self.stacks {
            used.note(stack.item);
        }
        for (_, person, colonist) in &self.colonists {
            let skills = person.skills.iter().map(|(skill, _)| *skill);
            let load = colonist.activity.load.as_ref().map(|load| load.item);
            let names = skills.chain(person.forbidden.iter().copied()).chain(load);
            names.for_each(|name| used.note(name));
        }
        for structure in &self.structures {
            used.note(structure.kind);
            let ordered = structure.order.iter().map(|order| order.recipe);
            let names = structure.held.keys().copied().chain(ordered);
            names.for_each(|name| used.note(name));
        }
        for plot in self.plots.values() {
            used.note(plot.crop);
        }
        used.names.into_keys().collect()
    }
}

/// A set of names, of which few are asked for very often.
#[derive(Default)]
struct NamesInUse {
    names: Lookup<Name, ()>,
    /// Some that are in the set, each at a place that follows from it.
    recent: [Option<Name>; 32],
}

impl NamesInUse {
    fn note(&mut self, name: Name) {
        let recent = &mut self.recent[(name.get() % 32) as usize];
        if *recent != Some(name) {
            *recent = Some(name);
            self.names.insert(name, ());
        }
    }
}

/// The bytes after the header, once the header has been found right.
fn checked_content(bytes: &[u8]) -> Result<&[u8], SaveError> {
    if bytes.len() > SAVE_BYTES_MAX {
        return Err(SaveError::TooLarge { found: bytes.len() });
    }
    let truncated = SaveError::Truncated { found: bytes.len() };
    let (magic, rest) = bytes
        .split_first_chunk::<8>()
        .ok_or_else(|| truncated.clone())?;
    let (version, rest) = rest
        .split_first_chunk::<4>()
        .ok_or_else(|| truncated.clone())?;
    let (checksum, content) = rest.split_first_chunk::<16>().ok_or(truncated)?;
    let version = u32::from_le_bytes(*version);
    if *magic != MAGIC {
        Err(SaveError::NotASave)
    } else if version != SAVE_VERSION {
        Err(SaveError::Version { found: version })
    } else if u128::from_le_bytes(*checksum) != hash_bytes(content) {
        Err(SaveError::Checksum)
    } else {
        Ok(content)
    }
}

fn decode(content: &[u8]) -> Result<Record, SaveError> {
    let configuration = ENCODING.with_limit::<SAVE_BYTES_MAX>();
    let (record, read) = bincode::serde::decode_from_slice(content, configuration)
        .map_err(|error| SaveError::Malformed(error.to_string()))?;
    if read == content.len() {
        Ok(record)
    } else {
        Err(SaveError::Malformed(format!(
            "{} bytes are left over",
            content.len() - read
        )))
    }
}
