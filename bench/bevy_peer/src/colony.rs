//! An app with scripts, as the documentation of bevy_mod_scripting sets one up, without a window or a picture.

use std::sync::atomic::{AtomicU64, Ordering};

use bevy_app::prelude::*;
use bevy_app::{ScheduleRunnerPlugin, TaskPoolPlugin};
use bevy_asset::{AssetPlugin, Assets, Handle};
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};
use bevy_mod_scripting::asset::{Language, ScriptAsset};
use bevy_mod_scripting::bindings::{GlobalNamespace, NamespaceBuilder};
use bevy_mod_scripting::prelude::*;
use bevy_mod_scripting_core::callback_labels;
use bevy_mod_scripting_core::event::{ScriptCallbackMessage, ScriptErrorMessage};

callback_labels!(OnTick => "on_tick", OnCount => "on_count");

const SCRIPT: &str = "
local n = 0
function on_tick(tick) n = n + 1 end
function on_count() bench_add(n) end
";

/// Updates after which every script is loaded.
const UPDATES_TO_LOAD: u32 = 50;

/// What scripts added with `bench_add`. The functions that scripts call are registered once for all of them.
static ADDED: AtomicU64 = AtomicU64::new(0);

/// Asks all scripts what they have counted. Not part of an update, so that updates do nothing else than what is measured.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Counting;

/// Who runs the systems of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Executor {
    /// What an app has that asks for nothing: threads, woken for a system at a time.
    Default,
    /// The quickest for so little work.
    SingleThread,
}

/// An app with scripts.
pub(crate) struct Colony {
    app: App,
}

impl Colony {
    /// An app whose scripts are loaded.
    pub(crate) fn new(executor: Executor, scripts: usize) -> Colony {
        let mut colony = Colony::empty(executor);
        for _ in 0..scripts {
            colony.add(SCRIPT);
        }
        colony.load();
        colony
    }

    /// An app without scripts.
    pub(crate) fn empty(executor: Executor) -> Colony {
        let mut app = App::new();
        app.add_plugins((
            TaskPoolPlugin::default(),
            ScheduleRunnerPlugin::default(),
            AssetPlugin::default(),
            BMSPlugin,
        ));
        let call_all = |mut messages: MessageWriter<ScriptCallbackMessage>| {
            let arguments = vec![ScriptValue::Integer(1)];
            messages.write(ScriptCallbackMessage::new_for_all_scripts(
                OnTick, arguments,
            ));
        };
        let on_tick = event_handler::<OnTick, LuaScriptingPlugin>;
        app.add_systems(Update, (call_all, on_tick).chain());
        app.add_systems(Counting, event_handler::<OnCount, LuaScriptingPlugin>);
        app.add_systems(Last, refuse_errors);
        NamespaceBuilder::<GlobalNamespace>::new_unregistered(app.world_mut()).register(
            "bench_add",
            |count: u64| {
                ADDED.fetch_add(count, Ordering::SeqCst);
            },
        );
        app.finish();
        app.cleanup();
        if executor == Executor::SingleThread {
            let mut schedules = app.world_mut().resource_mut::<Schedules>();
            for (_, schedule) in schedules.iter_mut() {
                schedule.set_executor(SingleThreadedExecutor::new());
            }
        }
        Colony { app }
    }

    /// Adds a script.
    pub(crate) fn add(&mut self, text: &str) -> Handle<ScriptAsset> {
        let script = ScriptAsset::new(text).with_language(Language::Lua);
        let world = self.world_mut();
        let handle = world.resource_mut::<Assets<ScriptAsset>>().add(script);
        world.spawn(ScriptComponent(vec![handle.clone()]));
        handle
    }

    /// Makes updates until what was added is loaded.
    pub(crate) fn load(&mut self) {
        for _ in 0..UPDATES_TO_LOAD {
            self.update();
        }
    }

    /// What the app is made of.
    pub(crate) fn world_mut(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// Calls `on_tick` of every script.
    pub(crate) fn update(&mut self) {
        self.app.update();
    }

    /// What the handlers of all scripts have counted.
    pub(crate) fn count(&mut self) -> u64 {
        ADDED.store(0, Ordering::SeqCst);
        let world = self.app.world_mut();
        world.write_message(ScriptCallbackMessage::new_for_all_scripts(
            OnCount,
            Vec::new(),
        ));
        world.run_schedule(Counting);
        ADDED.load(Ordering::SeqCst)
    }
}

/// A script that fails would be quick for nothing.
fn refuse_errors(mut errors: MessageReader<ScriptErrorMessage>) {
    if let Some(message) = errors.read().next() {
        panic!("a script failed: {:?}", message.error);
    }
}
