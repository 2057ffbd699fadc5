//! Why a command is not valid.

use thiserror::Error;

use super::{FILTERS_MAX, STOCKPILE_SIDE_MAX};
use crate::colonists::HEALTH_MAX;
use crate::schedule::HOURS_OF_DAY;
use crate::{COLONISTS_MAX, PRIORITY_MAX, Position, StableId};

/// Why a command is not valid in the world as it is. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// The job is not on the board.
    #[error("there is no job {job}; it may be done or cancelled")]
    NoSuchJob {
        /// The id given.
        job: StableId,
    },
    /// The priority is out of bounds.
    #[error("priority {priority}, expected 0 to {PRIORITY_MAX}")]
    PriorityOutOfRange {
        /// The priority given.
        priority: u8,
    },
    /// The job kind is not defined.
    #[error("there is no job kind `{kind}`{hint}")]
    UnknownJobKind {
        /// The name given.
        kind: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// The job kind is not one to designate.
    #[error("`{kind}` is posted by the colony itself, expected one of: {designatable}")]
    NotDesignatable {
        /// The kind given.
        kind: String,
        /// The kinds that can be designated, with commas.
        designatable: String,
    },
    /// The place is not on the map.
    #[error("{at} is off the map, expected x below {width} and y below {height}")]
    OffMap {
        /// The place given.
        at: Position,
        /// Columns of the map.
        width: u16,
        /// Rows of the map.
        height: u16,
    },
    /// The tile cannot be harvested so.
    #[error("{at} is `{found}`, expected `{expected}` for `{kind}`")]
    WrongTerrain {
        /// The kind given.
        kind: String,
        /// The tile.
        at: Position,
        /// Its terrain.
        found: String,
        /// The terrain the kind harvests.
        expected: String,
    },
    /// The tile has such a job already.
    #[error("{at} already has job {job}; cancel it first")]
    AlreadyDesignated {
        /// The tile.
        at: Position,
        /// Its job.
        job: StableId,
    },
    /// The item is not defined.
    #[error("there is no item `{item}`{hint}")]
    UnknownItem {
        /// The name given.
        item: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// The count is out of bounds.
    #[error("{count} items, expected 1 to {max}")]
    CountOutOfRange {
        /// The count given.
        count: u32,
        /// The most there can be.
        max: u32,
    },
    /// Nobody can stand there and nothing can lie there.
    #[error("{at} is `{terrain}`, expected a walkable tile")]
    Impassable {
        /// The tile.
        at: Position,
        /// Its terrain.
        terrain: String,
    },
    /// The tiles around are full.
    #[error("there is no room for {count} of `{item}` around {at}")]
    NoRoom {
        /// The item given.
        item: String,
        /// The count given.
        count: u32,
        /// The tile given.
        at: Position,
    },
    /// There are fewer.
    #[error("{count} of `{item}`, expected at most the {available} that nobody has reserved")]
    NotEnough {
        /// The item given.
        item: String,
        /// The count given.
        count: u32,
        /// How many lie unreserved.
        available: u64,
    },
    /// There are as many colonists as can be.
    #[error("the colony has {COLONISTS_MAX} colonists already, which is the most there can be")]
    ColonyFull,
    /// The incident is not defined.
    #[error("there is no incident `{incident}`{hint}")]
    UnknownIncident {
        /// The name given.
        incident: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// The incident is not over yet.
    #[error("the incident `{incident}` runs already; it is over in tick {ends}")]
    IncidentRunning {
        /// The name given.
        incident: String,
        /// The tick in which it is over.
        ends: u64,
    },
    /// The building is not defined.
    #[error("there is no building `{building}`{hint}")]
    UnknownBuilding {
        /// The name given.
        building: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// Nothing stands there by this id.
    #[error("there is no building or blueprint {building}; it may have been taken away")]
    NoSuchBuilding {
        /// The id given.
        building: StableId,
    },
    /// The tile is taken.
    #[error("{at} has {found}; take that away first, or choose another tile")]
    TileTaken {
        /// The tile.
        at: Position,
        /// What is there.
        found: &'static str,
    },
    /// The recipe is not defined.
    #[error("there is no recipe `{recipe}`{hint}")]
    UnknownRecipe {
        /// The name given.
        recipe: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// The building is not the place for it.
    #[error("`{recipe}` is made at a finished `{expected}`, and building {building} is {found}")]
    WrongWorkplace {
        /// The recipe given.
        recipe: String,
        /// The building it takes.
        expected: String,
        /// The building given.
        building: StableId,
        /// What that is.
        found: String,
    },
    /// The crop is not defined.
    #[error("there is no crop `{crop}`{hint}")]
    UnknownCrop {
        /// The name given.
        crop: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// Nothing grows there.
    #[error("{at} is `{terrain}`, expected a terrain with fertility")]
    Barren {
        /// The tile.
        at: Position,
        /// Its terrain.
        terrain: String,
    },
    /// The stockpile is not there.
    #[error("there is no stockpile {stockpile}; it may have been dissolved")]
    NoSuchStockpile {
        /// The id given.
        stockpile: StableId,
    },
    /// A side of the rectangle is out of bounds.
    #[error("{found} tiles, expected 1 to {STOCKPILE_SIDE_MAX}")]
    SideOutOfRange {
        /// The side given.
        found: u16,
    },
    /// No tile of the rectangle can be used.
    #[error(
        "no tile of the rectangle at {at} can be walked on and is free of buildings and other stockpiles"
    )]
    NoCells {
        /// Its first column and row.
        at: Position,
    },
    /// A filter names what is neither an item nor a category.
    #[error("there is no item or category `{name}`{hint}")]
    UnknownFilter {
        /// The name given.
        name: String,
        /// The end of the message: the defined name most like it, or those that there are.
        hint: String,
    },
    /// Nobody alive has the id.
    #[error("there is no colonist {colonist} alive; they may have died")]
    NoSuchColonist {
        /// The id given.
        colonist: StableId,
    },
    /// It would be one filter too many.
    #[error(
        "the stockpiles have {FILTERS_MAX} different filters already, and no more can be told apart; give it one of those"
    )]
    TooManyFilters,
    /// The day has another number of hours.
    #[error("{found} hours, expected {HOURS_OF_DAY}, from midnight on")]
    WrongHours {
        /// How many were given.
        found: usize,
    },
    /// Everybody sees to their own needs.
    #[error("`{kind}` is done for oneself and cannot be forbidden, expected work for the colony")]
    PersonalWork {
        /// The kind given.
        kind: String,
    },
    /// The points are out of bounds.
    #[error("{found} points, expected 1 to {HEALTH_MAX}")]
    PointsOutOfRange {
        /// The points given.
        found: u16,
    },
    /// There is nobody whom it could happen to.
    #[error("there is no colonist alive")]
    NobodyAlive,
    /// There is no tile to arrive at.
    #[error("there is no walkable tile where somebody or something could arrive")]
    NoPlaceToArrive,
}
