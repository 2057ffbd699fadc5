//! What a live session writes beside the project: checkpoints, and states that a reset has replaced.

use std::fs;
use std::path::{Path, PathBuf};

use modding::value::Value;
use serde_json::Value as Json;

use super::LiveError;
use super::happening::Checkpoint;
use crate::project::location;

/// Writes a checkpoint of the colony of that name: the file as a person knows it.
pub(super) fn checkpoint(
    folder: &Path,
    name: &str,
    checkpoint: &Checkpoint,
) -> Result<String, LiveError> {
    let name = format!("{name}-{}.save", checkpoint.tick);
    write(folder.join("checkpoints").join(name), &checkpoint.bytes)
}

/// Writes the state that a mod had in a generation, as JSON: the file as a person knows it.
pub(super) fn state(
    folder: &Path,
    mod_id: &str,
    generation: u32,
    state: &Value,
) -> Result<String, LiveError> {
    let text = serde_json::to_string_pretty(&json(state));
    let text = text.expect("a tree of plain values is always JSON") + "\n";
    let name = format!("{mod_id}-g{generation}.json");
    write(folder.join("states").join(name), text.as_bytes())
}

fn write(path: PathBuf, content: &[u8]) -> Result<String, LiveError> {
    let shown = location::text(&path);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, content))
        .map_err(|error| super::cannot_write(&shown, &error))?;
    Ok(shown)
}

fn json(value: &Value) -> Json {
    match value {
        Value::Boolean(boolean) => Json::from(*boolean),
        Value::Integer(integer) => Json::from(*integer),
        Value::Number(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), json(value)));
            Json::Object(entries.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_written_as_plain_json() {
        let number = Value::from_f64(1.5).expect("a number");
        let list = Value::List(vec![Value::Integer(1), Value::text("two"), number]);
        let state = Value::Map(
            [
                ("list".to_owned(), list),
                ("on".to_owned(), Value::Boolean(true)),
            ]
            .into(),
        );
        let expected = serde_json::json!({ "list": [1, "two", 1.5], "on": true });
        assert_eq!(json(&state), expected);
    }
}
