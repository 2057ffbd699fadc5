//! What is wrong with a set-up, at the place in it.

use sim::{MapSource, Setup, SetupError};

use crate::diagnostic::{Fault, Place};

use super::{SETUP_MAP, SETUP_STOCK};

/// The fault of a set-up. What is drawn wrongly stands in the text of the map, and an item of the stock in a text of its name alone.
pub(super) fn fault_of_setup(setup: &Setup, error: &SetupError) -> Fault {
    let fault = Fault::new(error.to_string());
    match error {
        SetupError::UnknownItem { item, .. } => {
            fault.at(Place::of_line(SETUP_STOCK.into(), item.as_str().into(), 1))
        }
        SetupError::RaggedRow { line, .. } => in_map(fault, setup, *line, None),
        SetupError::UnknownSymbol { line, column, .. }
        | SetupError::SecondStart { line, column }
        | SetupError::WalledStart { line, column } => in_map(fault, setup, *line, Some(*column)),
        _ => fault,
    }
}

fn in_map(fault: Fault, setup: &Setup, line: usize, column: Option<usize>) -> Fault {
    let MapSource::Ascii(text) = &setup.map else {
        return fault;
    };
    let row = Place::of_line(SETUP_MAP.into(), text.as_str().into(), line);
    fault.at(match column {
        Some(column) => row.character(column),
        None => row,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn faults_of_the_map_and_the_stock_have_their_places() {
        let setup = Setup {
            seed: 1,
            map: MapSource::Ascii("  ..\n ä?.\n...\n".to_owned()),
            colonists: 1,
            stock: BTreeMap::new(),
        };
        for (error, expected) in [
            (
                SetupError::UnknownSymbol {
                    line: 2,
                    column: 3,
                    symbol: '?',
                    known: ".".to_owned(),
                },
                "line 2, column 3 of the map: `?` stands for no terrain, expected one of `.` at map:2:3",
            ),
            (
                SetupError::RaggedRow {
                    line: 3,
                    found: 3,
                    expected: 4,
                },
                "line 3 of the map has 3 columns, expected 4 as in line 1 at map:3:1",
            ),
            (
                SetupError::UnknownItem {
                    item: "meel".to_owned(),
                    hint: "; did you mean `meal`?".to_owned(),
                },
                "the stock has `meel`, which is not defined; did you mean `meal`? at stock:1:1",
            ),
            (SetupError::NoWalkableTile, "the map has no walkable tile"),
        ] {
            assert_eq!(fault_of_setup(&setup, &error).to_string(), expected);
        }
    }
}
