//! Tiles numbered row by row with a border of one tile around the map, so that every tile of the map has eight
//! neighbours whose numbers are known without a look at its coordinates. What is kept by these numbers is derived, never
//! state.

use crate::Position;
use crate::direction::Direction;

/// The numbering for maps of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    width: u16,
    height: u16,
}

/// Number of a tile, of the map or of its border.
pub(crate) type Tile = usize;

impl Grid {
    pub(crate) const fn new(width: u16, height: u16) -> Self {
        Self { width, height }
    }

    /// Columns of the map.
    pub(crate) const fn width(self) -> u16 {
        self.width
    }

    /// Rows of the map.
    pub(crate) const fn height(self) -> u16 {
        self.height
    }

    /// How many tiles there are with those of the border.
    pub(crate) fn len(self) -> usize {
        self.row() * (usize::from(self.height) + 2)
    }

    /// Every tile of the map in reading order.
    pub(crate) fn positions(self) -> impl Iterator<Item = Position> + use<> {
        let Self { width, height } = self;
        (0..height).flat_map(move |y| (0..width).map(move |x| Position { x, y }))
    }

    /// From a tile to the one below it.
    pub(crate) fn row(self) -> usize {
        usize::from(self.width) + 2
    }

    /// The number of a tile, `None` off the map.
    pub(crate) fn tile(self, at: Position) -> Option<Tile> {
        (at.x < self.width && at.y < self.height)
            .then(|| (usize::from(at.y) + 1) * self.row() + usize::from(at.x) + 1)
    }

    /// Where a tile of the map is.
    pub(crate) fn position(self, tile: Tile) -> Position {
        let coordinate = |number: usize| {
            u16::try_from(number - 1).expect("a tile of the map is not in the border")
        };
        Position::new(coordinate(tile % self.row()), coordinate(tile / self.row()))
    }

    /// The tile to which a direction leads from a tile of the map.
    pub(crate) fn beside(self, tile: Tile, direction: Direction) -> Tile {
        let (right, down) = direction.offset();
        // There is a tile on every side, if need be of the border.
        let row = match down {
            ..0 => tile - self.row(),
            0 => tile,
            1.. => tile + self.row(),
        };
        row.wrapping_add_signed(isize::from(right))
    }

    /// The four tiles that share an edge with a tile of the map: above, right, below, left.
    pub(crate) fn edge_neighbours(self, tile: Tile) -> [Tile; 4] {
        [tile - self.row(), tile + 1, tile + self.row(), tile - 1]
    }

    /// The four tiles that share only a corner with a tile of the map, each the one after the edge neighbour of the same
    /// index, clockwise.
    pub(crate) fn corner_neighbours(self, tile: Tile) -> [Tile; 4] {
        [
            tile - self.row() + 1,
            tile + self.row() + 1,
            tile + self.row() - 1,
            tile - self.row() - 1,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_positions_agree() {
        let grid = Grid::new(5, 3);
        for at in grid.positions() {
            let tile = grid.tile(at).unwrap();
            assert_eq!(grid.position(tile), at);
            let around = grid
                .edge_neighbours(tile)
                .into_iter()
                .chain(grid.corner_neighbours(tile));
            let beside = Direction::ALL.map(|direction| grid.beside(tile, direction));
            for (direction, neighbour) in Direction::ALL.into_iter().zip(beside) {
                let to = direction.from(at).and_then(|to| grid.tile(to));
                assert!(to.is_none_or(|to| to == neighbour));
            }
            let mut all: Vec<Tile> = around.collect();
            all.sort_unstable();
            assert_eq!(all, beside);
            for neighbour in all {
                assert!(neighbour < grid.len());
                let other = grid
                    .positions()
                    .find(|other| grid.tile(*other) == Some(neighbour));
                assert!(other.is_none_or(|other| {
                    other != at && other.x.abs_diff(at.x) <= 1 && other.y.abs_diff(at.y) <= 1
                }));
            }
        }
        assert_eq!(
            (
                grid.tile(Position::new(5, 0)),
                grid.tile(Position::new(0, 3))
            ),
            (None, None)
        );
    }
}
