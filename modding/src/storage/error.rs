//! Why the storage does not take a change.

use crate::limits::VALUE_DEPTH_MAX;

/// Why a change was refused; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The table was taken out of the storage by an earlier call.
    #[error(
        "this table is no longer part of the storage: it was replaced or removed by an earlier call"
    )]
    Gone,
    /// A name in a list, or a position in a map that has names.
    #[error(
        "a table in the storage holds either a list or names, not both: {key} does not fit a table that holds {holds}"
    )]
    Mixed {
        /// The key as written.
        key: String,
        /// What the table holds: `a list` or `names`.
        holds: &'static str,
    },
    /// A position that would leave a hole.
    #[error("position {index} would leave a hole in a list of {length}: use position {}, or a name", .length + 1)]
    Hole {
        /// The position asked for.
        index: i64,
        /// The list's length.
        length: usize,
    },
    /// Deeper than a value may be.
    #[error("tables would be nested more than {VALUE_DEPTH_MAX} deep")]
    TooDeep,
    /// Over the mod's `max_state_size`.
    #[error(
        "the storage would hold {bytes} bytes with `{path}`, {bytes_max} are allowed (`max_state_size` in `[hot_reload.state_management]`)"
    )]
    TooLarge {
        /// What is too much: the path that was assigned, or the largest where the whole is given at once.
        path: String,
        /// Bytes after the change.
        bytes: u64,
        /// The bound.
        bytes_max: u64,
    },
}
