//! The `[config]` of a manifest and the values of `config.toml`.

use std::collections::BTreeMap;

use super::{Bundle, CONFIG_FILE, Fault, Scalar, ValueReader, read_optional_file};

/// A value that can be set: a boolean, an integer or a string.
pub type ConfigValue = Scalar;

/// A key of a mod's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigKey {
    /// The value unless another is set; every value of the key has its type.
    pub default: ConfigValue,
    /// The least integer allowed; None for other types.
    pub min: Option<i64>,
    /// The greatest integer allowed; None for other types.
    pub max: Option<i64>,
    /// What the key does.
    pub doc: String,
}

impl ConfigKey {
    /// Checks that `value` has the key's type and is within its bounds; if not, says what was expected.
    pub fn check(&self, value: &ConfigValue) -> Result<(), String> {
        let (low, high) = (self.min.unwrap_or(i64::MIN), self.max.unwrap_or(i64::MAX));
        let fits = match (&self.default, value) {
            (ConfigValue::Integer(_), ConfigValue::Integer(integer)) => {
                (low..=high).contains(integer)
            }
            (ConfigValue::Boolean(_), ConfigValue::Boolean(_))
            | (ConfigValue::Text(_), ConfigValue::Text(_)) => true,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let expected = match &self.default {
            ConfigValue::Boolean(_) => "`true` or `false`".to_owned(),
            ConfigValue::Text(_) => "a string".to_owned(),
            ConfigValue::Integer(_) => match (self.min, self.max) {
                (None, None) => "an integer".to_owned(),
                (Some(min), None) => format!("an integer of at least {min}"),
                (None, Some(max)) => format!("an integer of at most {max}"),
                (Some(min), Some(max)) => format!("an integer from {min} to {max}"),
            },
        };
        Err(format!("expected {expected}, found {value}"))
    }
}

/// Reads the table `[config]`.
pub(super) fn read_keys(value: &ValueReader<'_>) -> BTreeMap<String, ConfigKey> {
    let Some(table) = value.table() else {
        return BTreeMap::new();
    };
    table
        .into_entries()
        .into_iter()
        .filter_map(|(key, value)| Some((key.text.to_owned(), read_key(&value)?)))
        .collect()
}

fn read_key(value: &ValueReader<'_>) -> Option<ConfigKey> {
    let Some(mut table) = value.clone().as_table() else {
        let fault = Fault::new("expected a table with the key `default`");
        value
            .report(fault.help(
                "write it like `{ default = 1, min = 0, max = 10, doc = \"what it does\" }`",
            ));
        return None;
    };
    let default = table.required("default");
    let mut bound = |name| {
        let value = table.optional(name)?;
        Some((value.integer(i64::MIN..=i64::MAX)?, value))
    };
    let (min, max) = (bound("min"), bound("max"));
    let doc = table
        .optional("doc")
        .and_then(|value| value.string())
        .unwrap_or_default();
    table.finish();
    let default = default?;
    let key = ConfigKey {
        default: default.scalar()?,
        min: min.as_ref().map(|(min, _)| *min),
        max: max.as_ref().map(|(max, _)| *max),
        doc: doc.to_owned(),
    };
    if !matches!(key.default, ConfigValue::Integer(_)) {
        for (_, bound) in [&min, &max].into_iter().flatten() {
            bound.fault("only an integer has bounds, the default is none");
        }
    } else if let (Some((min, value)), Some((max, _))) = (&min, &max)
        && min > max
    {
        value.fault(format!(
            "expected a `min` of at most `max`, found {min} and {max}"
        ));
    } else if let Err(message) = key.check(&key.default) {
        default.fault(message);
    }
    Some(key)
}

/// Reads `config.toml` over the defaults of `keys`.
pub(super) fn read_values(
    keys: &BTreeMap<String, ConfigKey>,
    bundle: &Bundle,
) -> Result<BTreeMap<String, ConfigValue>, Vec<Fault>> {
    let set = read_optional_file(bundle, CONFIG_FILE, |root| {
        let mut set = BTreeMap::new();
        for (name, value) in root.into_entries() {
            let Some(key) = keys.get(name.text) else {
                let fault = Fault::new(format!("unknown configuration key `{}`", name.text));
                name.report(fault.suggest(name.text, keys.keys().map(String::as_str)));
                continue;
            };
            let Some(scalar) = value.scalar() else {
                continue;
            };
            match key.check(&scalar) {
                Ok(()) => _ = set.insert(name.text.to_owned(), scalar),
                Err(message) => value.fault(message),
            }
        }
        set
    })?;
    let mut values: BTreeMap<String, ConfigValue> = keys
        .iter()
        .map(|(name, key)| (name.clone(), key.default.clone()))
        .collect();
    values.extend(set);
    Ok(values)
}
