//! Sets values in the text of a `config.toml`, as a careful author would: what else is there stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use modding::diagnostic::Fault;
use modding::document::Document;
use modding::manifest::ConfigValue;
use toml_edit::{DocumentMut, Item, Value};

/// The text of `source` with the values `set`; `shown` is the file's path as the author knows it.
pub(super) fn set_values(
    shown: &str,
    source: &Arc<str>,
    set: &BTreeMap<String, ConfigValue>,
) -> Result<String, Vec<Fault>> {
    // The reader of all TOML files goes first: it words every fault and bounds the size.
    Document::parse(shown, source)?;
    let mut document: DocumentMut = source
        .parse()
        .map_err(|error| vec![Fault::new(format!("cannot edit `{shown}`: {error}"))])?;
    for (key, value) in set {
        let mut value = match value {
            ConfigValue::Boolean(value) => Value::from(*value),
            ConfigValue::Integer(value) => Value::from(*value),
            ConfigValue::Text(text) => Value::from(text),
        };
        let entry = document.entry(key).or_insert(Item::None);
        if let Some(old) = entry.as_value() {
            *value.decor_mut() = old.decor().clone();
        }
        *entry = Item::Value(value);
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_order_stay() {
        let set = BTreeMap::from([
            ("boost".to_owned(), ConfigValue::Integer(2)),
            (
                "greeting".to_owned(),
                ConfigValue::Text("a \"b\"".to_owned()),
            ),
            ("on".to_owned(), ConfigValue::Boolean(false)),
        ]);
        for (source, expected) in [
            ("", "boost = 2\ngreeting = 'a \"b\"'\non = false\n"),
            (
                "# top\non = true # why\n\n# more\nboost   =  1  # points\nkept = 3\n",
                "# top\non = false # why\n\n# more\nboost   =  2  # points\nkept = 3\ngreeting = 'a \"b\"'\n",
            ),
        ] {
            assert_eq!(
                set_values("m/config.toml", &source.into(), &set),
                Ok(expected.to_owned())
            );
        }
    }

    #[test]
    fn a_broken_file_is_reported_where_it_is() {
        let faults = set_values("m/config.toml", &"a = 1\nb = \n".into(), &BTreeMap::new())
            .expect_err("no value");
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].place.as_ref().map(|place| place.line()), Some(2));
    }
}
