//! The part of the map that a search knows: a square of tiles. For a short way it is so small that what is noted of them stays in the
//! caches of the processor, however large the map is.

use crate::Position;
use crate::grid::Grid;

/// A square of tiles numbered row by row. It lies on the map as far as the map reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The first column and row.
    first: Position,
    /// Binary logarithm of the tiles of a side.
    side_bits: u32,
    /// The first and last of the columns, and of the rows, from which no step leads out of it, but off the map.
    columns: (u16, u16),
    rows: (u16, u16),
}

/// Binary logarithm of the tiles of the smallest window.
const SIDE_BITS_MIN: u32 = 6;
/// How far the first window of a search reaches beyond start and goal at least.
const MARGIN: u16 = 16;

impl Window {
    /// A window for a search between two tiles of the map.
    pub(super) fn around(grid: Grid, one: Position, other: Position) -> Self {
        let apart = one.x.abs_diff(other.x).max(one.y.abs_diff(other.y));
        let side = u32::from(apart) + 2 * u32::from(MARGIN);
        let side_bits = side.next_power_of_two().ilog2().max(SIDE_BITS_MIN);
        Self::of_side(grid, one, other, side_bits)
    }

    /// One with sides twice as long.
    pub(super) fn larger(self, grid: Grid, one: Position, other: Position) -> Self {
        Self::of_side(grid, one, other, self.side_bits + 1)
    }

    fn of_side(grid: Grid, one: Position, other: Position, side_bits: u32) -> Self {
        // None is larger than the map takes; that one has no edge to come to.
        let longest = u32::from(grid.width().max(grid.height()));
        let enough = longest.next_power_of_two().ilog2().max(SIDE_BITS_MIN);
        let side_bits = side_bits.min(enough);
        let side = 1_u32 << side_bits;
        let place = |one: u16, other: u16, length: u16| {
            let middle = u32::from(one.midpoint(other));
            let last = u32::from(length).saturating_sub(side);
            let first = middle.saturating_sub(side / 2).min(last);
            let end = first + side;
            let coordinate = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
            // At the edge of the map no step leads further.
            let inner_first = if first == 0 { 0 } else { first + 1 };
            let inner_last = if end >= u32::from(length) {
                end - 1
            } else {
                end - 2
            };
            (
                coordinate(first),
                (coordinate(inner_first), coordinate(inner_last)),
            )
        };
        let (x, columns) = place(one.x, other.x, grid.width());
        let (y, rows) = place(one.y, other.y, grid.height());
        Self {
            first: Position::new(x, y),
            side_bits,
            columns,
            rows,
        }
    }

    /// How many tiles it has.
    pub(super) const fn len(self) -> usize {
        1 << (2 * self.side_bits)
    }

    /// The number of a tile, `None` of one outside.
    pub(super) fn number(self, at: Position) -> Option<usize> {
        let column = usize::from(at.x.checked_sub(self.first.x)?);
        let row = usize::from(at.y.checked_sub(self.first.y)?);
        let is_inside = column >> self.side_bits == 0 && row >> self.side_bits == 0;
        is_inside.then_some(row << self.side_bits | column)
    }

    /// Where a tile is.
    pub(super) const fn position(self, number: usize) -> Position {
        let (row, column) = (
            number >> self.side_bits,
            number & ((1 << self.side_bits) - 1),
        );
        // Invariant: tiles are of the map, whose sides are 2^10 at most; so is the window, which has no more columns or rows.
        Position::new(self.first.x + column as u16, self.first.y + row as u16)
    }

    /// Whether no step from a tile of it leads out of it.
    pub(super) const fn is_inner(self, at: Position) -> bool {
        self.columns.0 <= at.x
            && at.x <= self.columns.1
            && self.rows.0 <= at.y
            && at.y <= self.rows.1
    }

    /// How much higher the number of the tile below one is.
    pub(super) const fn row(self) -> usize {
        1 << self.side_bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAP_SIDE_MAX;
    use crate::direction::Direction;

    fn assert_good(window: Window, grid: Grid, ends: [Position; 2]) {
        let number = |at: Position| window.number(at).filter(|_| grid.tile(at).is_some());
        for at in grid.positions() {
            let around = Direction::ALL.into_iter();
            let around = around.filter_map(|direction| direction.from(at));
            let mut around = around.filter(|at| grid.tile(*at).is_some());
            match number(at) {
                None => assert!(!window.is_inner(at) && !ends.contains(&at)),
                Some(numbered) => {
                    assert!(numbered < window.len());
                    assert_eq!(window.position(numbered), at);
                    let is_inner = around.clone().all(|at| number(at).is_some());
                    assert_eq!(window.is_inner(at), is_inner, "{at} in {window:?}");
                }
            }
            if ends.contains(&at) {
                assert!(around.all(|at| number(at).is_some()), "{at} in {window:?}");
            }
        }
    }

    #[test]
    fn it_has_both_ends_and_what_is_around_and_grows_to_the_whole_map() {
        for (width, height) in [(8, 8), (63, 64), (65, 127), (128, 129), (200, 8), (8, 300)] {
            let grid = Grid::new(width, height);
            let (right, bottom) = (width - 1, height - 1);
            let places = [
                (0, 0),
                (right, bottom),
                (0, bottom),
                (width / 2, height / 3),
            ];
            let places = places.map(|(x, y)| Position::new(x, y));
            for (one, other) in places
                .into_iter()
                .flat_map(|one| places.map(|other| (one, other)))
            {
                let mut window = Window::around(grid, one, other);
                assert_good(window, grid, [one, other]);
                while !grid.positions().all(|at| window.is_inner(at)) {
                    let before = window.len();
                    window = window.larger(grid, one, other);
                    assert_eq!(window.len(), 4 * before);
                    assert_good(window, grid, [one, other]);
                }
            }
        }
        let grid = Grid::new(MAP_SIDE_MAX, MAP_SIDE_MAX);
        let corner = Position::new(MAP_SIDE_MAX - 1, MAP_SIDE_MAX - 1);
        let window = Window::around(grid, Position::new(0, 0), corner);
        assert_eq!(
            window.len(),
            grid.positions().count(),
            "never larger than the largest map"
        );
        assert_eq!(
            window.number(corner).map(|number| window.position(number)),
            Some(corner)
        );
    }
}
