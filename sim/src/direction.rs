//! The eight ways to leave a tile, and sets of them.

use serde::{Deserialize, Serialize};

use crate::{DIAGONAL_COST, Position, STRAIGHT_COST};

/// Where a step leads, in reading order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub(crate) enum Direction {
    NorthWest,
    North,
    NorthEast,
    West,
    East,
    SouthWest,
    South,
    SouthEast,
}

/// A number that stands for no direction.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no direction")]
pub(crate) struct NoDirection(u8);

impl Direction {
    /// All, in reading order.
    pub(crate) const ALL: [Self; 8] = [
        Self::NorthWest,
        Self::North,
        Self::NorthEast,
        Self::West,
        Self::East,
        Self::SouthWest,
        Self::South,
        Self::SouthEast,
    ];

    /// How many columns to the right and rows down it leads.
    pub(crate) const fn offset(self) -> (i16, i16) {
        match self {
            Self::NorthWest => (-1, -1),
            Self::North => (0, -1),
            Self::NorthEast => (1, -1),
            Self::West => (-1, 0),
            Self::East => (1, 0),
            Self::SouthWest => (-1, 1),
            Self::South => (0, 1),
            Self::SouthEast => (1, 1),
        }
    }

    /// The direction that leads nearer to what is so many columns to the right and rows down; `None` if that is here.
    pub(crate) const fn towards((right, down): (i32, i32)) -> Option<Self> {
        Some(match (right.signum(), down.signum()) {
            (-1, -1) => Self::NorthWest,
            (0, -1) => Self::North,
            (1, -1) => Self::NorthEast,
            (-1, 0) => Self::West,
            (1, 0) => Self::East,
            (-1, 1) => Self::SouthWest,
            (0, 1) => Self::South,
            (1, 1) => Self::SouthEast,
            _ => return None,
        })
    }

    /// The tile it leads to, if its coordinates are in range at all.
    pub(crate) fn from(self, at: Position) -> Option<Position> {
        let (right, down) = self.offset();
        at.offset(right, down)
    }

    /// The tile to which a step leads that can be made.
    pub(crate) const fn on_map_from(self, at: Position) -> Position {
        let (right, down) = self.offset();
        Position::new(
            at.x.wrapping_add_signed(right),
            at.y.wrapping_add_signed(down),
        )
    }

    /// The cost of a step onto the cheapest ground.
    pub(crate) const fn length(self) -> u32 {
        if Directions::DIAGONAL.contains(self) {
            DIAGONAL_COST
        } else {
            STRAIGHT_COST
        }
    }

    /// The three that lead back at least in part.
    pub(crate) const fn backwards(self) -> Directions {
        let (right, down) = self.offset();
        let mut directions = Directions::NONE;
        let mut number = 0;
        while number < Self::ALL.len() {
            let (other_right, other_down) = Self::ALL[number].offset();
            if right * other_right + down * other_down < 0 {
                directions = directions.with(Self::ALL[number]);
            }
            number += 1;
        }
        directions
    }
}

/// Some of the eight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Directions(u8);

impl Directions {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const DIAGONAL: Self = Self::NONE
        .with(Direction::NorthWest)
        .with(Direction::NorthEast)
        .with(Direction::SouthWest)
        .with(Direction::SouthEast);

    pub(crate) const fn with(self, direction: Direction) -> Self {
        Self(self.0 | 1 << direction as u8)
    }

    /// Where steps lead that can be made, given which of the eight tiles around can be entered, in reading order: onto those, and around
    /// no corner.
    pub(crate) const fn of_steps(open: [bool; 8]) -> Self {
        let [
            north_west,
            north,
            north_east,
            west,
            east,
            south_west,
            south,
            south_east,
        ] = open;
        let steps = [
            north_west & north & west,
            north,
            north_east & north & east,
            west,
            east,
            south_west & south & west,
            south,
            south_east & south & east,
        ];
        let mut bits = 0;
        let mut number = 0;
        while number < steps.len() {
            bits |= (steps[number] as u8) << number;
            number += 1;
        }
        Self(bits)
    }

    pub(crate) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) const fn contains(self, direction: Direction) -> bool {
        self.0 & 1 << direction as u8 != 0
    }
}

/// In reading order.
impl Iterator for Directions {
    type Item = Direction;

    #[inline]
    fn next(&mut self) -> Option<Direction> {
        let direction = Direction::ALL.get(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(*direction)
    }
}

impl From<Direction> for u8 {
    fn from(direction: Direction) -> Self {
        direction as Self
    }
}

impl TryFrom<u8> for Direction {
    type Error = NoDirection;

    fn try_from(number: u8) -> Result<Self, NoDirection> {
        let direction = Self::ALL.get(usize::from(number));
        direction.copied().ok_or(NoDirection(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_its_number_and_leads_where_it_says() {
        for (number, direction) in (0..).zip(Direction::ALL) {
            assert_eq!(u8::from(direction), number);
            assert_eq!(Direction::try_from(number).ok(), Some(direction));
            let (right, down) = direction.offset();
            let far = (7 * i32::from(right), 3 * i32::from(down));
            assert_eq!(Direction::towards(far), Some(direction));
        }
        assert_eq!(Direction::towards((0, 0)), None);
        assert!(Direction::try_from(8).is_err());
        let offsets = Direction::ALL.map(|direction| {
            let (right, down) = direction.offset();
            (down, right)
        });
        assert!(offsets.is_sorted(), "in reading order");
    }

    #[test]
    fn some_directions_are_those_that_were_added_in_reading_order() {
        use Direction::{East, North, NorthEast, NorthWest, South, SouthEast, SouthWest, West};
        let some = Directions::NONE.with(South).with(NorthEast).with(West);
        assert!(some.eq([NorthEast, West, South]));
        assert!(some.without(Directions::DIAGONAL).eq([West, South]));
        assert!(some.contains(West) && !some.contains(East));
        assert_eq!(some.without(some), Directions::NONE);
        assert!(East.backwards().eq([NorthWest, West, SouthWest]));
        assert!(SouthEast.backwards().eq([NorthWest, North, West]));
    }
}
