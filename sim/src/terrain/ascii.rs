//! Maps drawn as text, a symbol a tile.

use std::collections::{BTreeMap, BTreeSet};

use super::TerrainMap;
use crate::setup::START_SYMBOL;
use crate::{Definitions, MAP_SIDE_MAX, MAP_SIDE_MIN, Position, SetupError};

/// Reads a drawing. The position is the marked start, if there is one. Every fault is listed, an unknown symbol once.
pub(crate) fn parse(
    text: &str,
    definitions: &Definitions,
) -> Result<(TerrainMap, Option<Position>), Vec<SetupError>> {
    let rows: Vec<Vec<char>> = text
        .trim_end()
        .lines()
        .map(|line| line.trim_end().chars().collect())
        .collect();
    let (width, height) = size(&rows)?;
    let by_symbol: BTreeMap<char, &str> = definitions
        .terrain
        .iter()
        .map(|(id, definition)| (definition.symbol, id.as_str()))
        .collect();
    let start = check_symbols(&rows, &by_symbol)?;
    let terrain_at = |at: Position| -> Option<&str> {
        by_symbol
            .get(rows.get(usize::from(at.y))?.get(usize::from(at.x))?)
            .copied()
    };
    let under_start = start
        .map(|start| terrain_beside(start, definitions, terrain_at))
        .transpose()?;
    let tiles = rows
        .iter()
        .flatten()
        .filter_map(|symbol| by_symbol.get(symbol).copied().or(under_start));
    Ok((TerrainMap::new(width, height, tiles), start))
}

/// Columns and rows, if all rows are equally long and both are in bounds.
fn size(rows: &[Vec<char>]) -> Result<(u16, u16), Vec<SetupError>> {
    let columns = rows.first().map_or(0, Vec::len);
    let mut faults = Vec::new();
    for (index, row) in rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.len() != columns)
    {
        faults.push(SetupError::RaggedRow {
            line: index + 1,
            found: row.len(),
            expected: columns,
        });
    }
    let width = checked_side("width", columns);
    let height = checked_side("height", rows.len());
    match (width, height) {
        (Ok(width), Ok(height)) if faults.is_empty() => Ok((width, height)),
        (width, height) => {
            faults.extend([width.err(), height.err()].into_iter().flatten());
            Err(faults)
        }
    }
}

/// A side of a map, if it is in bounds.
pub(super) fn checked_side(side: &'static str, found: usize) -> Result<u16, SetupError> {
    let in_bounds = u16::try_from(found)
        .ok()
        .filter(|tiles| (MAP_SIDE_MIN..=MAP_SIDE_MAX).contains(tiles));
    in_bounds.ok_or(SetupError::MapSide { side, found })
}

/// Finds the start; anything that is neither it nor a terrain is a fault.
fn check_symbols(
    rows: &[Vec<char>],
    by_symbol: &BTreeMap<char, &str>,
) -> Result<Option<Position>, Vec<SetupError>> {
    let mut faults = Vec::new();
    let mut start = None;
    let mut reported = BTreeSet::new();
    for (y, row) in (0..).zip(rows) {
        for (x, symbol) in (0..).zip(row) {
            let (line, column) = (usize::from(y) + 1, usize::from(x) + 1);
            if *symbol == START_SYMBOL {
                if start.replace(Position { x, y }).is_some() {
                    faults.push(SetupError::SecondStart { line, column });
                }
            } else if !by_symbol.contains_key(symbol) && reported.insert(*symbol) {
                let known = by_symbol.keys().collect();
                faults.push(SetupError::UnknownSymbol {
                    line,
                    column,
                    symbol: *symbol,
                    known,
                });
            }
        }
    }
    if faults.is_empty() {
        Ok(start)
    } else {
        Err(faults)
    }
}

/// The terrain of the first walkable tile beside the start, in reading order.
fn terrain_beside<'a>(
    start: Position,
    definitions: &Definitions,
    terrain_at: impl Fn(Position) -> Option<&'a str>,
) -> Result<&'a str, Vec<SetupError>> {
    let walkable = |id: &&str| {
        definitions
            .terrain
            .get(*id)
            .is_some_and(|definition| definition.walk_cost.is_some())
    };
    start
        .edge_neighbours()
        .filter_map(terrain_at)
        .find(walkable)
        .ok_or_else(|| {
            vec![SetupError::WalledStart {
                line: usize::from(start.y) + 1,
                column: usize::from(start.x) + 1,
            }]
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::definitions;

    const ROW: &str = "........";

    fn faults_of(rows: &[&str]) -> Vec<String> {
        parse(&rows.join("\n"), &definitions())
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_start_takes_the_ground_beside_it() {
        let rows = [ROW, "..,@#...", ROW, ROW, ROW, ROW, ROW, ROW];
        let (map, start) = parse(&rows.join("\r\n"), &definitions()).unwrap();
        assert_eq!(start, Some(Position::new(3, 1)));
        let without = rows.join("\n").replace(",@", ",.") + "\n\n";
        assert_eq!(parse(&without, &definitions()).unwrap(), (map, None));
    }

    #[test]
    fn every_fault_has_its_place() {
        assert_eq!(
            faults_of(&[ROW, "...", ROW, ".........", ROW]),
            [
                "line 2 of the map has 3 columns, expected 8 as in line 1",
                "line 4 of the map has 9 columns, expected 8 as in line 1",
                "the height of the map is 5 tiles, expected 8 to 1024",
            ]
        );
        assert_eq!(
            faults_of(&[
                "?.......", "..?@....", "....@...", "....!...", ROW, ROW, ROW, ROW
            ]),
            [
                "line 1, column 1 of the map: `?` stands for no terrain, expected one of `#,.T_~`",
                "line 3, column 5 of the map marks the start again; keep one `@`",
                "line 4, column 5 of the map: `!` stands for no terrain, expected one of `#,.T_~`",
            ]
        );
        assert_eq!(
            faults_of(&["@#......", "~.......", ROW, ROW, ROW, ROW, ROW, ROW]),
            ["line 1, column 1 of the map: the start has no walkable tile beside it"]
        );
        assert_eq!(faults_of(&[]).len(), 2, "no columns and no rows");
    }
}
