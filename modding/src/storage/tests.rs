use proptest::prelude::*;

use super::*;

fn name(name: &str) -> Key {
    Key::Name(name.to_owned())
}

fn table(storage: &Storage, key: &str) -> NodeId {
    match storage.get(storage.root(), &name(key)).unwrap() {
        Some(Slot::Table(id)) => id,
        other => panic!("{key} is {other:?}"),
    }
}

#[test]
fn the_hash_is_of_the_value_and_not_of_its_history() {
    let target = Value::map([
        ("list", Value::List(vec![1.into(), 2.into()])),
        ("text", "a".into()),
    ]);
    let straight = Storage::from_value(target.clone(), 1_000).unwrap();

    let mut winding = Storage::new(1_000);
    let root = winding.root();
    winding.set(root, name("text"), Some(&"b".into())).unwrap();
    winding
        .set(root, name("list"), Some(&Value::empty()))
        .unwrap();
    let list = table(&winding, "list");
    winding.hash();
    winding.set(list, Key::Index(1), Some(&2.into())).unwrap();
    winding.insert(list, 1, &1.into()).unwrap();
    winding.set(root, name("text"), Some(&"a".into())).unwrap();

    assert_eq!(winding.to_value(), target);
    assert_eq!(winding.hash(), straight.hash());
    assert_eq!(winding.bytes(), straight.bytes());

    winding.remove(list, 1).unwrap();
    winding.remove(list, 1).unwrap();
    let emptied = Storage::from_value(
        Value::map([("list", Value::empty()), ("text", "a".into())]),
        1_000,
    )
    .unwrap();
    assert_eq!(
        winding.hash(),
        emptied.hash(),
        "an emptied list is an empty table"
    );
}

#[test]
fn refused_changes_change_nothing() {
    let value = Value::map([
        ("list", Value::List(vec![1.into(), 2.into()])),
        ("map", Value::map([("a", 1.into())])),
    ]);
    let mut storage = Storage::from_value(value.clone(), 60).unwrap();
    let (list, map) = (table(&storage, "list"), table(&storage, "map"));
    let before = storage.hash();
    let refused = [
        storage
            .set(list, Key::Index(4), Some(&1.into()))
            .unwrap_err(),
        storage
            .set(list, Key::Index(0), Some(&1.into()))
            .unwrap_err(),
        storage.set(list, Key::Index(1), None).unwrap_err(),
        storage.set(list, name("a"), Some(&1.into())).unwrap_err(),
        storage
            .set(map, Key::Index(1), Some(&1.into()))
            .unwrap_err(),
        storage
            .set(
                storage.root(),
                name("big"),
                Some(&Value::text("x".repeat(60))),
            )
            .unwrap_err(),
    ];
    assert!(
        matches!(refused[5], StorageError::TooLarge { bytes_max: 60, .. }),
        "{:?}",
        refused[5]
    );
    assert_eq!((storage.to_value(), storage.hash()), (value, before));
}

#[test]
fn a_removed_table_is_readable_until_its_removal_is_accepted() {
    let mut storage =
        Storage::from_value(Value::map([("map", Value::map([("a", 1.into())]))]), 1_000).unwrap();
    let map = table(&storage, "map");
    let change = storage
        .set(storage.root(), name("map"), None)
        .unwrap()
        .unwrap();
    assert_eq!(
        storage.get(map, &name("a")).unwrap(),
        Some(Slot::Scalar(1.into()))
    );
    storage.accept(change);
    assert_eq!(storage.get(map, &name("a")), Err(StorageError::Gone));
}

proptest! {
    #[test]
    fn undone_changes_leave_no_trace(steps in proptest::collection::vec((0u8..6, 0i64..5, 0i64..100), 1..60)) {
        let start = Value::map([("list", Value::List(vec![1.into()])), ("map", Value::map([("k1", 1.into())]))]);
        let mut storage = Storage::from_value(start.clone(), 400).unwrap();
        let (before, bytes, nodes) = (storage.hash(), storage.bytes(), storage.nodes.len());
        let mut changes = Vec::new();
        for (operation, index, number) in steps {
            let nodes: Vec<NodeId> = storage.nodes.keys().copied().collect();
            let node = nodes[number as usize % nodes.len()];
            let inner = Value::map([("deep", Value::List(vec![number.into()]))]);
            let changed = match operation {
                0 => storage.set(node, name(&format!("k{index}")), Some(&number.into())).ok().flatten(),
                1 => storage.set(node, name(&format!("k{index}")), Some(&inner)).ok().flatten(),
                2 => storage.set(node, name(&format!("k{index}")), None).ok().flatten(),
                3 => storage.set(node, Key::Index(index), Some(&inner)).ok().flatten(),
                4 => storage.insert(node, index, &number.into()).ok().flatten(),
                _ => storage.remove(node, index).ok().flatten().map(|(change, _)| change),
            };
            storage.hash();
            changes.extend(changed);
        }
        let again = Storage::from_value(storage.to_value(), u64::MAX).unwrap();
        prop_assert_eq!(storage.hash(), again.hash());
        prop_assert_eq!(storage.bytes(), again.bytes());
        for change in changes.into_iter().rev() {
            storage.undo(change);
        }
        prop_assert_eq!(storage.hash(), before);
        prop_assert_eq!((storage.bytes(), storage.nodes.len()), (bytes, nodes));
        prop_assert_eq!(storage.to_value(), start);
    }
}
