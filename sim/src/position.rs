//! Places on the map.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Cost of a straight step in path arithmetic; a diagonal one costs [`DIAGONAL_COST`], so that their ratio is close to
/// the square root of two.
pub const STRAIGHT_COST: u32 = 10;
/// Cost of a diagonal step, see [`STRAIGHT_COST`].
pub const DIAGONAL_COST: u32 = 14;

/// A tile: `x` from the left, `y` from the top, both from 0. Ordered as one reads, by row, then by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
}

impl Position {
    /// The tile in column `x` of row `y`.
    pub const fn new(x: u16, y: u16) -> Self {
        Self { x, y }
    }

    /// Cost of the shortest walk to `other` over open ground with 8 directions, in units of [`STRAIGHT_COST`] a tile.
    pub fn octile_distance(self, other: Self) -> u32 {
        let dx = u32::from(self.x.abs_diff(other.x));
        octile(dx, u32::from(self.y.abs_diff(other.y)))
    }

    /// How many columns to the right and rows down of this one another is.
    pub(crate) fn steps_to(self, other: Self) -> (i32, i32) {
        let away = |from: u16, to: u16| i32::from(to) - i32::from(from);
        (away(self.x, other.x), away(self.y, other.y))
    }

    /// The tile `dx` columns to the right and `dy` rows down, if its coordinates are in range at all.
    pub(crate) fn offset(self, dx: i16, dy: i16) -> Option<Self> {
        Some(Self {
            x: self.x.checked_add_signed(dx)?,
            y: self.y.checked_add_signed(dy)?,
        })
    }

    /// The four tiles that share an edge with this one, in reading order.
    pub(crate) fn edge_neighbours(self) -> impl Iterator<Item = Self> {
        [(0, -1), (-1, 0), (1, 0), (0, 1)]
            .into_iter()
            .filter_map(move |(dx, dy)| self.offset(dx, dy))
    }
}

/// Cost of the shortest walk over open ground that leads so many columns and rows away.
pub(crate) const fn octile(dx: u32, dy: u32) -> u32 {
    let (short, long) = if dx < dy { (dx, dy) } else { (dy, dx) };
    STRAIGHT_COST * long + (DIAGONAL_COST - STRAIGHT_COST) * short
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.y, self.x).cmp(&(other.y, other.x))
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({}, {})", self.x, self.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octile_distance_counts_diagonals_then_straights() {
        for (from, to, distance) in [
            ((0, 0), (0, 0), 0),
            ((0, 0), (3, 0), 30),
            ((3, 4), (0, 0), 3 * 14 + 10),
            ((511, 0), (0, 511), 511 * 14),
        ] {
            let (from, to) = (Position::new(from.0, from.1), Position::new(to.0, to.1));
            assert_eq!(from.octile_distance(to), distance, "{from} to {to}");
            assert_eq!(to.octile_distance(from), distance, "{to} to {from}");
        }
    }

    #[test]
    fn order_is_reading_order() {
        assert!(Position::new(9, 0) < Position::new(0, 1));
        assert!(Position::new(0, 1) < Position::new(1, 1));
    }

    #[test]
    fn the_corner_has_two_neighbours_in_range() {
        let neighbours: Vec<_> = Position::new(0, 0).edge_neighbours().collect();
        assert_eq!(neighbours, [Position::new(1, 0), Position::new(0, 1)]);
    }
}
