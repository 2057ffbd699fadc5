//! Reads needs.

use sim::{HEALTH_MAX, MOOD_MAX, NEED_MAX, NeedDefinition};

use crate::document::TableReader;

pub(super) fn read_need(table: &mut TableReader<'_>) -> Option<NeedDefinition> {
    let mut points = |key, max| table.required(key).and_then(|value| value.integer(0..=max));
    let decay = points("decay", NEED_MAX);
    let seek_below = points("seek_below", NEED_MAX);
    let critical_below = points("critical_below", NEED_MAX);
    let damage = points("damage", HEALTH_MAX);
    let mood = table
        .optional("mood")
        .map_or(Some(0), |value| value.integer(0..=MOOD_MAX));
    Some(NeedDefinition {
        decay: decay?,
        seek_below: seek_below?,
        critical_below: critical_below?,
        damage: damage?,
        mood: mood?,
    })
}
