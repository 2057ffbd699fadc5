//! A script that is reloaded with its state, as the documentation of bevy_mod_scripting shows it: `on_script_unloaded` gives the
//! state, `on_script_reloaded` takes it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use bevy_asset::{Assets, Handle};
use bevy_mod_scripting::asset::{Language, ScriptAsset};
use bevy_mod_scripting::bindings::{GlobalNamespace, NamespaceBuilder};

use crate::colony::{Colony, Executor};

/// Updates after which a script that was changed must have been called.
const UPDATES_MAX: u32 = 100;

/// The version that was called last, and how often all versions were called.
static SEEN: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

/// An app with one script that is reloaded again and again.
pub(crate) struct Reloading {
    colony: Colony,
    script: Handle<ScriptAsset>,
    integers: usize,
    version: u64,
}

impl Reloading {
    /// An app whose script keeps so many integers; a counter alone for 0.
    pub(crate) fn new(executor: Executor, integers: usize) -> Reloading {
        let mut colony = Colony::empty(executor);
        NamespaceBuilder::<GlobalNamespace>::new_unregistered(colony.world_mut()).register(
            "bench_seen",
            |version: u64, calls: u64| {
                SEEN[0].store(version, Ordering::SeqCst);
                SEEN[1].store(calls, Ordering::SeqCst);
            },
        );
        let script = colony.add(&text(integers, 0));
        colony.load();
        Reloading {
            colony,
            script,
            integers,
            version: 0,
        }
    }

    /// Changes the script and updates the app until the new version is called.
    pub(crate) fn reload(&mut self) {
        self.version += 1;
        let text = text(self.integers, self.version);
        let asset = ScriptAsset::new(&*text).with_language(Language::Lua);
        let world = self.colony.world_mut();
        world
            .resource_mut::<Assets<ScriptAsset>>()
            .insert(self.script.id(), asset)
            .expect("the script is there");
        // Another app's script may be of the same version.
        SEEN[0].store(u64::MAX, Ordering::SeqCst);
        for _ in 0..UPDATES_MAX {
            self.colony.update();
            if SEEN[0].load(Ordering::SeqCst) == self.version {
                return;
            }
        }
        panic!("version {} was not called", self.version);
    }

    /// How often all versions were called.
    pub(crate) fn carried(&mut self) -> u64 {
        self.colony.update();
        SEEN[1].load(Ordering::SeqCst)
    }
}

fn text(integers: usize, version: u64) -> String {
    let mut text = String::new();
    if integers > 0 {
        text.push_str("M = {}\n");
        for at in 0..100 {
            writeln!(
                text,
                "function M.f{at}(a, b) local c = a + b * {at}; return c end"
            )
            .expect("memory");
        }
    }
    let kept = integers.max(1);
    write!(
        text,
        "local st = {{}}
for i = 1, {kept} do st[i] = i end
st[1] = 0
function on_tick(t)
  st[1] = st[1] + 1
  bench_seen({version}, st[1])
end
function on_script_unloaded() return st end
function on_script_reloaded(s) if s then st = s end end
"
    )
    .expect("memory");
    text
}
