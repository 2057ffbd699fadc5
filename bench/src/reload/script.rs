//! Scripts that are reloaded: each version differs in one line from the others.

use std::fmt::Write;

/// Entries in the storage of [`of_300_lines`] and [`of_6_kb`].
pub(crate) const ENTRIES: i64 = 1_000;

/// Kinds of work that [`of_300_lines`] looks after.
const KINDS: usize = 15;

/// Stands in a text for the version.
const VERSION: &str = "@VERSION@";

/// A script of which any number of versions can be had.
pub(crate) struct Script(String);

impl Script {
    /// Its text in that version.
    pub(crate) fn version(&self, version: u64) -> String {
        self.0.replacen(VERSION, &version.to_string(), 1)
    }
}

/// A mod as people write them: functions, handlers, state with names.
pub(crate) fn of_300_lines() -> Script {
    script_of_300_lines("pairs(colony.storage.entries)")
}

/// The same with one loop that has to be rewritten, so that the script is parsed.
pub(crate) fn of_300_lines_parsed() -> Script {
    script_of_300_lines("colony.storage.entries")
}

fn script_of_300_lines(iterated: &str) -> Script {
    let mut text = String::from(
        "-- Watches jobs by kind and keeps a tally of each.
local tally = {}
",
    );
    writeln!(text, "local VERSION = {VERSION}").expect("memory");
    for kind in 0..KINDS {
        write!(
            text,
            r#"
-- Kind {kind}: how much a job of it matters.
local function weigh_{kind}(job)
  local weight = job.priority * {factor}
  if job.colonist then
    weight = weight + 2
  elseif job.item == "wood" then
    weight = weight - 1
  end
  return math.max(0, weight)
end

colony.events.register("job_created", function(event)
  local weight = weigh_{kind}(event.job)
  if weight > {limit} then
    tally[event.job.kind] = (tally[event.job.kind] or 0) + weight
    colony.storage.seen = colony.storage.seen + 1
  end
end, {{ key = "kind_{kind}" }})
"#,
            factor = kind + 1,
            limit = 7 * kind,
        )
        .expect("memory");
    }
    write!(
        text,
        r#"
colony.state.define({{ entries = {{}}, seen = 0, version = 0, sum = 0 }})

colony.events.register("mod_loaded", function(event)
  if event.reason == "start" then
    for at = 1, {ENTRIES} do
      colony.storage.entries[string.format("entry_%04d", at)] = at
    end
  end
end)

colony.events.register("bench:report", function()
  local sum = 0
  for _, value in {iterated} do
    sum = sum + value
  end
  colony.storage.version = VERSION
  colony.storage.sum = sum
end)
"#
    )
    .expect("memory");
    Script(text)
}

/// A handler and one number.
pub(crate) fn small() -> Script {
    Script(format!(
        "colony.state.define({{ calls = 0, version = 0 }})
colony.events.register(\"tick_start\", function()
  colony.storage.calls = colony.storage.calls + 1
  colony.storage.version = {VERSION}
end)
"
    ))
}

/// A hundred functions and a list of integers.
pub(crate) fn of_6_kb() -> Script {
    let mut text = String::from("local M = {}\n");
    for at in 0..100 {
        writeln!(
            text,
            "function M.f{at}(a, b) local c = a + b * {at}; return c end"
        )
        .expect("memory");
    }
    write!(
        text,
        "colony.state.define({{ list = {{}}, calls = 0, version = 0 }})
colony.events.register(\"mod_loaded\", function(event)
  if event.reason == \"start\" then
    for at = 1, {ENTRIES} do colony.storage.list[at] = at end
  end
end)
colony.events.register(\"tick_start\", function()
  colony.storage.calls = colony.storage.calls + 1
  colony.storage.version = {VERSION}
end)
"
    )
    .expect("memory");
    Script(text)
}
