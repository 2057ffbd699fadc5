use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Node, fields, from_tree, to_tree};
use crate::Value;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct State {
    count: u32,
    share: f64,
    names: Vec<String>,
    by_id: BTreeMap<i64, Shape>,
    last: Option<String>,
    pair: (bool, char),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u8),
    Line(i8, i8),
    Box { width: i64 },
}

fn state() -> State {
    let shapes = [
        (-1, Shape::Point),
        (2, Shape::Circle(3)),
        (3, Shape::Line(-4, 5)),
        (4, Shape::Box { width: 6 }),
    ];
    State {
        count: 7,
        share: 0.5,
        names: vec!["a".to_owned(), String::new()],
        by_id: shapes.into(),
        last: None,
        pair: (true, 'z'),
    }
}

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

fn entries(names: &[&str]) -> Node {
    Node::Entries(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_state_is_a_table_of_names_and_comes_back() {
    let tree = to_tree(&state()).expect("a state");
    let expected = [
        entries(&["count", "share", "names", "by_id", "pair"]),
        Node::Integer(7),
        Node::Number(0.5),
        Node::Items(2),
        text("a"),
        text(""),
        entries(&["-1", "2", "3", "4"]),
        text("Point"),
        entries(&["Circle"]),
        Node::Integer(3),
        entries(&["Line"]),
        Node::Items(2),
        Node::Integer(-4),
        Node::Integer(5),
        entries(&["Box"]),
        entries(&["width"]),
        Node::Integer(6),
        Node::Items(2),
        Node::Boolean(true),
        text("z"),
    ];
    assert_eq!(tree, expected);
    let names = fields(tree.clone()).expect("a table of names");
    let sizes: Vec<(&str, usize)> = names
        .iter()
        .map(|(name, tree)| (name.as_str(), tree.len()))
        .collect();
    assert_eq!(
        sizes,
        [
            ("count", 1),
            ("share", 1),
            ("names", 3),
            ("by_id", 11),
            ("pair", 3)
        ]
    );
    assert_eq!(from_tree::<State>(tree).expect("the tree of one"), state());
}

#[test]
fn the_host_writes_empty_tables_and_whole_numbers_in_one_way() {
    let tree = vec![
        entries(&["by_id", "count", "names", "pair", "share"]),
        Node::Items(0),
        Node::Integer(0),
        entries(&[]),
        Node::Items(2),
        Node::Boolean(false),
        text("z"),
        Node::Integer(2),
    ];
    let expected = State {
        share: 2.0,
        pair: (false, 'z'),
        ..State::default()
    };
    assert_eq!(from_tree::<State>(tree).expect("the tree of one"), expected);
}

#[test]
fn any_value_comes_back() {
    let value = Value::map([
        (
            "a",
            Value::List(vec![Value::Integer(1), Value::Number(1.5)]),
        ),
        ("b", Value::map([("c", Value::Boolean(true))])),
    ]);
    let tree = to_tree(&value).expect("a value");
    assert_eq!(from_tree::<Value>(tree).expect("its tree"), value);
    assert_eq!(to_tree(&()).expect("nothing"), []);
    from_tree::<()>(vec![Node::Items(0)]).expect("no arguments");
    assert_eq!(
        from_tree::<Option<Value>>(Vec::new()).expect("nothing"),
        None
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let written = [
        to_tree(&u64::MAX).expect_err("too large"),
        to_tree(&[Some(1), None]).expect_err("nothing in a list"),
        to_tree(&BTreeMap::from([(true, 1)])).expect_err("a key that is no name"),
        to_tree(&BTreeMap::from([("sums", [1, u64::MAX])])).expect_err("too large within"),
    ];
    let messages = written.map(|error| error.to_string());
    assert_eq!(
        messages,
        [
            "18446744073709551615 is not a whole number within 2^53 of 0",
            "item 2 of a list is nothing, expected a value",
            "a key of a map is no name, expected a text or a whole number",
            "`sums`: item 2: 18446744073709551615 is not a whole number within 2^53 of 0",
        ]
    );
    let read = [
        vec![entries(&["count"]), text("many")],
        vec![entries(&["count"])],
        vec![
            entries(&["pair"]),
            Node::Items(3),
            Node::Boolean(true),
            text("a"),
            text("b"),
        ],
        vec![entries(&[])],
        vec![
            entries(&["names"]),
            Node::Items(2),
            text("a"),
            Node::Integer(1),
        ],
    ];
    let messages = read.map(|tree| from_tree::<State>(tree).expect_err("no state").to_string());
    assert_eq!(
        messages,
        [
            "`count`: found `many`, expected u32",
            "`count`: found nothing, expected a value",
            "`pair`: a list has 3 items, expected 2",
            "missing field `count`",
            "`names`: item 2: found 1, expected a string",
        ]
    );
}
