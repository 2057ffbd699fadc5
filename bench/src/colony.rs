//! A tiny colony with the vanilla content and mods of one script each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use modding::bundle::Bundle;
use modding::host::Host;
use modding::mod_id::ModId;
use modding::runtime::{Event, EventContent};
use modding::value::Value;

const BASE_ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mods/base/assets");

/// The tick that events say.
pub(crate) const TICK: u64 = 1690;

/// What a mod writes into its storage when it is asked what it has done: `report[name] = { count, sum }`.
const REPORT: &str = "bench:report";

/// A colony with mods.
pub(crate) struct Colony {
    /// Its host.
    pub(crate) host: Host,
    mods: Vec<ModId>,
}

/// What a handler says that it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// How many operations.
    pub(crate) count: u64,
    /// The sum of what they met.
    pub(crate) sum: u64,
}

impl Colony {
    /// A colony with a mod for each script.
    pub(crate) fn new(scripts: &[String]) -> Colony {
        let names: Vec<String> = (0..scripts.len()).map(|at| format!("mod{at:03}")).collect();
        let bundles = names
            .iter()
            .zip(scripts)
            .map(|(name, script)| bundle(name, script));
        let mods = names
            .iter()
            .map(|name| ModId::parse(name).expect("an id"))
            .collect();
        Colony {
            host: host(2, 32, bundles),
            mods,
        }
    }

    /// What all mods together say that they have done under a name.
    pub(crate) fn done(&mut self, name: &str) -> Done {
        self.host.deliver(&event(REPORT));
        let failures = self.host.failures();
        assert!(failures.is_empty(), "a handler failed: {failures:?}");
        let mut done = Done { count: 0, sum: 0 };
        for id in &self.mods {
            let storage = self.host.mod_storage(id).expect("the mod runs");
            let number = |field: &str| match storage.at_path(&format!("report.{name}.{field}")) {
                Some(Value::Integer(number)) => u64::try_from(*number).expect("a count"),
                other => panic!("{id} reports no {field} of {name}: {other:?}"),
            };
            done.count += number("count");
            done.sum += number("sum");
        }
        done
    }
}

/// A host with colonists on a square map, the vanilla content and mods.
pub(crate) fn host(colonists: u32, width: u16, mods: impl IntoIterator<Item = Bundle>) -> Host {
    let setup = sim::Setup {
        seed: 1,
        map: sim::MapSource::Generated {
            width,
            height: width,
        },
        colonists,
        stock: BTreeMap::new(),
    };
    let bundles = std::iter::once(base()).chain(mods).collect();
    let (host, left_out) =
        Host::start(&setup, bundles, BTreeSet::new()).expect("valid definitions");
    assert!(left_out.is_empty(), "a mod does not run: {left_out:?}");
    host
}

/// A mod of one script.
pub(crate) fn bundle(name: &str, script: &str) -> Bundle {
    let files = vec![manifest(name), file("scripts/main.lua", script)];
    Bundle::new(name, files).expect("good paths")
}

/// The end of a script whose handlers call `done(name, count, sum)`.
pub(crate) fn reporting(handlers: &str) -> String {
    format!(
        "local report = {{}}
         local function done(name, count, sum)
           local so_far = report[name] or {{ count = 0, sum = 0 }}
           report[name] = {{ count = so_far.count + count, sum = so_far.sum + sum }}
         end
         {handlers}
         colony.events.register({REPORT:?}, function() colony.storage.report = report end)"
    )
}

/// A script with one handler, which counts in locals: `count` what it did, and `sum` what it met.
pub(crate) fn counting(event: &str, handler: &str) -> String {
    format!(
        "local count, sum = 0, 0
         colony.events.register({event:?}, {handler})
         colony.events.register({REPORT:?}, function()
           colony.storage.report = {{ {event} = {{ count = count, sum = sum }} }}
         end)"
    )
}

/// An event that carries nothing.
pub(crate) fn event(name: &str) -> Event {
    let content = if name.contains(':') {
        EventContent::Payload(None)
    } else {
        EventContent::Fields(Vec::new())
    };
    Event {
        name: name.into(),
        tick: TICK,
        content,
    }
}

/// The vanilla content without its script.
fn base() -> Bundle {
    let assets = modding::definitions::DEFINITION_KINDS.map(|kind| {
        let text = fs::read_to_string(format!("{BASE_ASSETS}/{kind}.toml"));
        file(
            &format!("assets/{kind}.toml"),
            &text.expect("the mod base lies beside this workspace"),
        )
    });
    let files = [manifest("base")].into_iter().chain(assets);
    Bundle::new("base", files).expect("good paths")
}

/// The manifest of a mod, as a file.
pub(crate) fn manifest(id: &str) -> (String, Vec<u8>) {
    let text = format!("id = {id:?}\nname = \"Bench\"\nversion = \"1.0.0\"\napi = \"^1\"\n");
    file("mod.toml", &text)
}

fn file(path: &str, text: &str) -> (String, Vec<u8>) {
    (path.to_owned(), text.as_bytes().to_vec())
}
