//! One tile opens or closes: the regions are kept up to date at the cost of the smaller part.

use super::{NOWHERE, Regions, place};
use crate::Position;
use crate::grid::Tile;
use crate::terrain::Terrain;

/// Memory of the floods that look whether a region has fallen apart; means nothing between two changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Floods {
    /// For each tile, the number of the flood that came there last.
    reached: Vec<u32>,
    /// The number of the last flood.
    last: u32,
}

/// What spreads from one side of the closed tile.
struct Flood {
    number: u32,
    /// All tiles reached, in order.
    tiles: Vec<Tile>,
    /// How many of them have been left in all directions.
    left: usize,
    /// Index of a flood it has met, its own if it has met none: of two that met, the later points to the earlier.
    met: usize,
}

impl Regions {
    /// Takes note of a tile that may have become, or ceased to be, walkable.
    pub(crate) fn update(&mut self, terrain: &Terrain, at: Position) {
        let Some(tile) = self.grid.tile(at) else {
            return;
        };
        let is_open = self.labels[tile] != NOWHERE;
        match (is_open, terrain.is_walkable(at)) {
            (false, true) => self.open(tile),
            (true, false) => self.close(tile),
            _ => {}
        }
    }

    /// Joins the regions around a tile: the smaller ones become part of the largest.
    fn open(&mut self, tile: Tile) {
        let neighbours = self.grid.edge_neighbours(tile);
        let around = neighbours.map(|neighbour| self.labels[neighbour]);
        let largest = around
            .into_iter()
            .max_by_key(|label| self.sizes[place(*label)]);
        let label = match largest {
            Some(label) if label != NOWHERE => label,
            _ => self.new_label(),
        };
        self.labels[tile] = label;
        self.sizes[place(label)] += 1;
        for neighbour in neighbours {
            let other = self.labels[neighbour];
            if other != NOWHERE && other != label {
                self.relabel_all(neighbour, label);
            }
        }
    }

    /// Makes the whole region of a tile part of another.
    fn relabel_all(&mut self, tile: Tile, label: u32) {
        let old = self.labels[tile];
        let mut front = vec![tile];
        self.labels[tile] = label;
        while let Some(tile) = front.pop() {
            for next in self.grid.edge_neighbours(tile) {
                if self.labels[next] == old {
                    self.labels[next] = label;
                    front.push(next);
                }
            }
        }
        self.sizes[place(label)] += std::mem::take(&mut self.sizes[place(old)]);
        self.free.push(old);
    }

    /// Takes a tile out of its region, which may fall apart.
    fn close(&mut self, tile: Tile) {
        let label = std::mem::replace(&mut self.labels[tile], NOWHERE);
        self.sizes[place(label)] -= 1;
        if self.sizes[place(label)] == 0 {
            self.free.push(label);
            return;
        }
        let sides = self.sides_of(tile);
        if sides.len() > 1 {
            self.separate(label, &sides);
        }
    }

    /// One of the open edge neighbours of a closed tile for each group of them that is connected right around the tile.
    fn sides_of(&self, tile: Tile) -> Vec<Tile> {
        let is_open = |neighbour: Tile| self.labels[neighbour] != NOWHERE;
        let edges = self.grid.edge_neighbours(tile);
        let corners = self.grid.corner_neighbours(tile).map(is_open);
        let is_joined_to_next = |index: usize| corners[index] && is_open(edges[(index + 1) % 4]);
        let ends_of_groups =
            (0..4).filter(|index| is_open(edges[*index]) && !is_joined_to_next(*index));
        ends_of_groups.map(|index| edges[index]).collect()
    }

    /// Floods from the sides of a closed tile in turns, tile by tile, until all have met or all but one are exhausted:
    /// the exhausted ones become regions of their own.
    fn separate(&mut self, label: u32, sides: &[Tile]) {
        let mut floods = self.begin_floods(sides);
        loop {
            let mut going_on = 0;
            for index in 0..floods.len() {
                if floods[index].met != index {
                    continue;
                }
                // The floods that have met spread as one.
                let spreading = (index..floods.len())
                    .find(|other| root(&floods, *other) == index && floods[*other].is_going_on());
                if let Some(spreading) = spreading {
                    going_on += 1;
                    self.spread(&mut floods, spreading);
                }
            }
            if going_on <= 1 {
                break;
            }
        }
        self.relabel_exhausted(label, &floods);
    }

    fn begin_floods(&mut self, sides: &[Tile]) -> Vec<Flood> {
        let Floods { reached, last } = &mut self.floods;
        // Numbers run out after a billion changes; then old floods must not look like new ones.
        if *last > u32::MAX - 4 {
            reached.clear();
            *last = 0;
        }
        reached.resize(self.labels.len(), 0);
        let begin = |(index, side): (usize, &Tile)| {
            *last += 1;
            reached[*side] = *last;
            Flood {
                number: *last,
                tiles: vec![*side],
                left: 0,
                met: index,
            }
        };
        sides.iter().enumerate().map(begin).collect()
    }

    /// Lets a flood leave one of its tiles.
    fn spread(&mut self, floods: &mut [Flood], index: usize) {
        let first = floods[0].number;
        let tile = floods[index].tiles[floods[index].left];
        floods[index].left += 1;
        for next in self.grid.edge_neighbours(tile) {
            if self.labels[next] == NOWHERE {
                continue;
            }
            let reached = self.floods.reached[next];
            if reached < first {
                self.floods.reached[next] = floods[index].number;
                floods[index].tiles.push(next);
            } else if let Ok(other) = usize::try_from(reached - first) {
                let (ours, theirs) = (root(floods, index), root(floods, other));
                floods[ours.max(theirs)].met = ours.min(theirs);
            }
        }
    }

    /// Gives a label of its own to each part that is exhausted but one: all that has been reached is all there is of
    /// it.
    fn relabel_exhausted(&mut self, label: u32, floods: &[Flood]) {
        let parts: Vec<usize> = (0..floods.len())
            .filter(|index| floods[*index].met == *index)
            .collect();
        let members = |part: usize| {
            let is_member = move |index: &usize| root(floods, *index) == part;
            (0..floods.len())
                .filter(is_member)
                .map(|index| &floods[index])
        };
        let keeps = parts
            .iter()
            .copied()
            .find(|part| members(*part).any(Flood::is_going_on))
            .or(parts.first().copied());
        for part in parts.into_iter().filter(|part| Some(*part) != keeps) {
            let new = self.new_label();
            for tile in members(part).flat_map(|flood| &flood.tiles) {
                self.labels[*tile] = new;
                self.sizes[place(new)] += 1;
                self.sizes[place(label)] -= 1;
            }
        }
    }
}

impl Flood {
    fn is_going_on(&self) -> bool {
        self.left < self.tiles.len()
    }
}

/// The earliest of the floods that a flood has met, over however many.
fn root(floods: &[Flood], mut index: usize) -> usize {
    while floods[index].met != index {
        index = floods[index].met;
    }
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::regions::Region;
    use crate::terrain::Override;
    use crate::test_support::{definitions, terrain};

    fn assert_up_to_date(regions: &Regions, ground: &Terrain) {
        let rebuilt = Regions::new(ground);
        assert!(*regions == rebuilt, "{:?}", regions.labels);
        let sizes = |regions: &Regions| -> Vec<Option<u32>> {
            let size = |at| regions.of(at).map(|region| regions.size(region));
            ground.positions().map(size).collect()
        };
        assert_eq!(sizes(regions), sizes(&rebuilt));
        let labels_in_use = (1..).zip(&regions.sizes[1..]);
        for (label, size) in labels_in_use {
            assert_eq!(regions.size(Region(label)), *size);
            assert_eq!(*size == 0, regions.free.contains(&label), "label {label}");
        }
    }

    proptest! {
        #[test]
        fn changes_of_single_tiles_lead_where_a_rebuild_does(
            edits in prop::collection::vec((0..9_u16, 0..8_u16, 0..8_usize), 1..300),
        ) {
            let mut ground = terrain(&[
                "..#..#...", "..#..#...", "###.~####", "....~....", "~~~~~.#..", "......#..", "####.####",
                "....#....",
            ]);
            let definitions = definitions();
            let mut regions = Regions::new(&ground);
            for (x, y, edit) in edits {
                let at = Position::new(x, y);
                match edit {
                    0..3 => _ = ground.set(at, "rock", &definitions),
                    3..6 => _ = ground.set(at, "grass", &definitions),
                    6 => _ = ground.set_override(at, Some(Override::Impassable)),
                    _ => _ = ground.set_override(at, None),
                }
                regions.update(&ground, at);
                assert_up_to_date(&regions, &ground);
            }
        }
    }

    #[test]
    fn a_tile_can_cut_a_region_in_four_and_join_them_again() {
        let mut ground = terrain(&[
            "###.####", "###.####", "###.####", "........", "###.####", "###.####", "###.####",
            "###.####",
        ]);
        let middle = Position::new(3, 3);
        let mut regions = Regions::new(&ground);
        let before = regions.clone();
        ground.set(middle, "rock", &definitions());
        regions.update(&ground, middle);
        assert_up_to_date(&regions, &ground);
        assert_eq!(regions.of(middle), None);
        assert_ne!(
            regions.of(Position::new(3, 2)),
            regions.of(Position::new(3, 4))
        );
        ground.set(middle, "floor", &definitions());
        regions.update(&ground, middle);
        assert_up_to_date(&regions, &ground);
        assert!(regions == before);
    }

    #[test]
    fn other_partitions_are_not_equal() {
        let whole = Regions::new(&terrain(&["........"; 8]));
        let wall = terrain(&["...#...."; 8]);
        let mut cut = Regions::new(&wall);
        let apart = cut.clone();
        assert!(whole != apart);
        let right = cut.grid.tile(Position::new(4, 0)).unwrap();
        let left = cut.labels[cut.grid.tile(Position::new(0, 0)).unwrap()];
        cut.relabel_all(right, left);
        assert!(cut != apart, "the same tiles, but joined");
        assert!(apart != cut, "the same tiles, but apart");
    }
}
