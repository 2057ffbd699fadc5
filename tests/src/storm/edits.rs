//! What authors do to the files of a mod, for better and for worse.

use super::draw::Draw;
use super::files::{FileChange, Files};

const MANIFEST: &str = "mod.toml";
const CONFIG: &str = "config.toml";
const SCRIPT: &str = "scripts/main.lua";
const ITEMS: &str = "assets/items.toml";

/// Mods whose code hands over what it keeps in locals: an edit may not take that from them, or they would break I4 by themselves.
const WITH_LOCALS: [&str; 2] = ["auditor", "hot_reload_advanced"];

/// An edit, and whether the mod is expected to run with it.
pub(super) struct Edit {
    pub(super) changes: Vec<FileChange>,
    pub(super) is_sound: bool,
}

/// What an edit is about: a mod, its files as they are, and a number of its own for names.
pub(super) struct Subject<'a> {
    pub(super) id: &'a str,
    pub(super) files: &'a Files,
    pub(super) number: usize,
    /// Whether the mod is one of the storm's own, whose state any version can read.
    pub(super) is_own: bool,
}

impl Subject<'_> {
    fn has_script(&self) -> bool {
        self.files.contains_key(SCRIPT)
    }

    fn appended(&self, text: &str) -> FileChange {
        let script = self.files.get(SCRIPT).cloned().unwrap_or_default();
        FileChange::write(SCRIPT, format!("{script}{text}\n"))
    }

    /// The manifest with a text in the place of another, if that is there.
    fn manifest_with(&self, find: &str, replace: &str) -> Option<FileChange> {
        let manifest = self.files.get(MANIFEST)?;
        let changed = manifest.replacen(find, replace, 1);
        (changed != *manifest).then(|| FileChange::write(MANIFEST, changed))
    }

    /// The manifest with a key of the root table more.
    fn manifest_key(&self, line: &str) -> Option<FileChange> {
        self.manifest_with("api = ", &format!("{line}\napi = "))
    }

    fn version(&self) -> Option<(u64, u64, u64)> {
        let manifest = self.files.get(MANIFEST)?;
        let rest = manifest.split("version = \"").nth(1)?;
        let mut numbers = rest.split('"').next()?.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some((next()?, next()?, next()?))
    }

    fn with_version(&self, (major, minor, patch): (u64, u64, u64)) -> Option<FileChange> {
        let (old_major, old_minor, old_patch) = self.version()?;
        self.manifest_with(
            &format!("version = \"{old_major}.{old_minor}.{old_patch}\""),
            &format!("version = \"{major}.{minor}.{patch}\""),
        )
    }
}

/// An edit of a kind that suits the files that are there.
pub(super) fn edit(draw: &mut Draw, subject: &Subject<'_>) -> Edit {
    let kinds: &[fn(&mut Draw, &Subject<'_>) -> Option<Edit>] = &[
        sound_script,
        sound_script,
        sound_script,
        broken_script,
        broken_script,
        modules,
        version,
        version,
        manifest,
        manifest,
        settings,
        config,
        assets,
        assets,
        files_come_and_go,
    ];
    for _ in 0..20 {
        let kind = draw.pick(kinds);
        if let Some(edit) = kind(draw, subject) {
            return edit;
        }
    }
    let changes = vec![FileChange::write("notes.txt", "nothing else would do\n")];
    Edit {
        changes,
        is_sound: true,
    }
}

fn sound(changes: Vec<FileChange>) -> Option<Edit> {
    Some(Edit {
        changes,
        is_sound: true,
    })
}

fn broken(changes: Vec<FileChange>) -> Option<Edit> {
    Some(Edit {
        changes,
        is_sound: false,
    })
}

/// Code that loads; it may still fail when it is called.
fn sound_script(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    if !subject.has_script() {
        return None;
    }
    let n = subject.number;
    let on = |event: &str, body: &str| {
        format!(
            "colony.events.register(\"{event}\", function(event) {body} end, {{ key = \"extra{n}\" }})"
        )
    };
    let counts = format!("colony.storage.extra{n} = (colony.storage.extra{n} or 0) + 1");
    let text = match draw.below(13) {
        0 | 1 => return knob(draw, subject, SCRIPT),
        2 => on("tick_end", &counts),
        3 => on("job_created", &counts),
        4 => format!(
            "colony.time.every(\"extra{n}\", {}, function() {counts} end)",
            draw.below(5) + 1
        ),
        5 => format!("colony.time.after(\"extra{n}\", 2, function() {counts} end)"),
        6 => on(
            "tick_start",
            &format!("colony.storage.drawn{n} = colony.random.integer(1, 100)"),
        ),
        7 => on(
            "tick_end",
            &format!("colony.events.emit(\"extra{n}\", {{ tick = event.tick }})"),
        ),
        8 => on(
            "mod_loaded",
            &format!(
                "if event.reason == \"update\" then colony.storage.from{n} = event.previous_version end"
            ),
        ),
        9 => on(
            "tick_end",
            "colony.storage.half = event.tick error(\"a storm\")",
        ),
        10 if !WITH_LOCALS.contains(&subject.id) => on(
            "tick_end",
            &format!(
                "colony.state.save_mod_state(\"{}\", {{ tick = event.tick }})",
                subject.id
            ),
        ),
        // Fails when the next generation is to take over: what runs then cannot be mended but by `skip_unload`.
        11 if !WITH_LOCALS.contains(&subject.id) => {
            on("mod_unloaded", &format!("{counts} error(\"no end\")"))
        }
        _ => on(
            "tick_end",
            &format!("print(\"tick \" .. event.tick .. \" of {n}\")"),
        ),
    };
    sound(vec![subject.appended(&text)])
}

/// Code that does not load.
fn broken_script(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    if !subject.has_script() {
        return None;
    }
    let text = match draw.below(8) {
        0 => "local = 5",
        1 => "error(\"not today\")",
        2 => {
            "colony.events.register(\"mod_loaded\", function() error(\"no begin\") end, { key = \"broken\" })"
        }
        3 => {
            "colony.events.register(\"mod_loaded\", function() colony.storage.half = 1 colony.time.cancel(\"payday\") error(\"half\") end, { key = \"broken\" })"
        }
        4 => "while true do end",
        5 => "colony.events.register(\"tick_end\", nil)",
        6 => "require(\"nowhere\")",
        _ => "colony.storage.early = 1",
    };
    broken(vec![subject.appended(text)])
}

/// A line that ends in `-- knob` gets another number.
fn knob(draw: &mut Draw, subject: &Subject<'_>, path: &str) -> Option<Edit> {
    let text = subject.files.get(path)?;
    let (line, digit) = text.lines().find_map(|line| {
        let before = line.strip_suffix(" -- knob")?;
        before
            .ends_with(|last: char| last.is_ascii_digit())
            .then_some((line, &before[..before.len() - 1]))
    })?;
    let turned = format!("{digit}{} -- knob", draw.below(9) + 1);
    sound(vec![FileChange::write(
        path,
        text.replacen(line, &turned, 1),
    )])
}

/// Modules and library code.
fn modules(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let is_module = |path: &&String| {
        (path.starts_with("lib/") || path.starts_with("scripts/")) && *path != SCRIPT
    };
    let paths: Vec<&String> = subject.files.keys().filter(is_module).collect();
    if paths.is_empty() {
        return None;
    }
    let path = *draw.pick(&paths);
    let text = &subject.files[path];
    match draw.below(5) {
        0 | 1 => knob(draw, subject, path),
        2 => sound(vec![FileChange::write(
            path,
            format!("-- {}\n{text}", subject.number),
        )]),
        3 => broken(vec![FileChange::write(path, format!("{text}end\n"))]),
        _ => broken(vec![FileChange::write(
            path,
            format!("error(\"no library\")\n{text}"),
        )]),
    }
}

/// Another version, with or without a migration.
fn version(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let (major, minor, patch) = subject.version()?;
    let up = match draw.below(6) {
        0 if subject.is_own => (major + 1, 0, 0),
        1 if subject.is_own => (major, minor + 1, 0),
        _ => (major, minor, patch + 1),
    };
    let below = format!("<{}.{}.{}", up.0, up.1, up.2);
    let migrates = |body: &str| {
        subject.has_script().then(|| {
            subject.appended(&format!(
                "colony.state.migrate(\"{below}\", function(state) {body} return state end)"
            ))
        })
    };
    match draw.below(6) {
        0 | 1 => sound(vec![subject.with_version(up)?]),
        2 => {
            let n = subject.number;
            let script = migrates(&format!("state.moved{n} = (state.moved{n} or 0) + 1"))?;
            sound(vec![subject.with_version(up)?, script])
        }
        3 => broken(vec![
            subject.with_version(up)?,
            migrates("error(\"no way\")")?,
        ]),
        4 if subject.is_own && major > 0 => sound(vec![subject.with_version((major - 1, 9, 9))?]),
        _ if patch > 0 => {
            let change = subject.with_version((major, minor, patch - 1))?;
            Some(Edit {
                changes: vec![change],
                is_sound: subject.is_own,
            })
        }
        _ => None,
    }
}

/// What the manifest says of other mods, and of what the mod may do.
fn manifest(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let text = subject.files.get(MANIFEST)?;
    let entry = "entry = \"scripts/main.lua\"";
    match draw.below(12) {
        0 | 1 => broken(vec![
            subject.manifest_with("ledger = \"^1\"", "ledger = \"^9\"")?,
        ]),
        2 => broken(vec![
            subject.manifest_with("base = \"^1\"", "base = \"<1\"")?,
        ]),
        3 | 4 => {
            let line = text.lines().find(|line| line.starts_with("capabilities"))?;
            sound(vec![subject.manifest_with(line, "capabilities = []")?])
        }
        5 => broken(vec![subject.manifest_key("colour = \"red\"")?]),
        6 => broken(vec![subject.manifest_with("id = \"", "id = \"x")?]),
        7 => broken(vec![subject.manifest_with("api = \"^1\"", "api = \"^7\"")?]),
        8 => broken(vec![
            subject.manifest_with(entry, "entry = \"scripts/gone.lua\"")?,
        ]),
        // A mod that may not run yet: the change waits for it.
        9 | 10 if !text.contains("late =") && !["late", "ledger", "base"].contains(&subject.id) => {
            let needs = "[dependencies]\nlate = \"^1\"";
            sound(vec![match text.contains("[dependencies]") {
                true => subject.manifest_with("[dependencies]", needs)?,
                false => FileChange::write(MANIFEST, format!("{text}\n{needs}\n")),
            }])
        }
        11 if subject.id == "ledger" => {
            let circle = format!("{text}\n[dependencies]\nclerk = \"*\"\n");
            broken(vec![FileChange::write(MANIFEST, circle)])
        }
        11 if !text.contains("[conflicts]") => {
            let conflicts = format!("{text}\n[conflicts]\nbase = \"*\"\n");
            broken(vec![FileChange::write(MANIFEST, conflicts)])
        }
        _ => None,
    }
}

/// How the mod wishes to be reloaded.
fn settings(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let text = subject.files.get(MANIFEST)?;
    if text.contains("[hot_reload") {
        return None;
    }
    let with = |lines: &str| vec![FileChange::write(MANIFEST, format!("{text}\n{lines}\n"))];
    let state = |line: &str| with(&format!("[hot_reload.state_management]\n{line}"));
    match draw.below(7) {
        0 => sound(state("state_serialization = \"json\"")),
        1 => sound(state(
            "state_serialization = \"postcard\"\nstate_compression = \"none\"",
        )),
        2 => sound(state("on_state_error = \"reset\"")),
        3 if subject.is_own && !WITH_LOCALS.contains(&subject.id) => {
            sound(state("preserve_state = false"))
        }
        4 => broken(state("max_state_size = 12")),
        5 => sound(with("[hot_reload]\nenabled = false")),
        _ => sound(with("[hot_reload.dependencies]\nauto_resolve = false")),
    }
}

/// `config.toml`, written by hand.
fn config(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let key = config_key(subject.id)?;
    match draw.below(5) {
        0 | 1 => sound(vec![FileChange::write(
            CONFIG,
            format!("{key} = {}\n", draw.below(5) + 1),
        )]),
        2 => broken(vec![FileChange::write(CONFIG, format!("{key} = 100000\n"))]),
        3 => broken(vec![FileChange::write(
            CONFIG,
            format!("{key} = \"many\"\nother = 1\n"),
        )]),
        _ => broken(vec![FileChange::write(CONFIG, format!("{key} = "))]),
    }
}

/// A key of a mod's configuration that takes 1 to 5.
pub(super) fn config_key(id: &str) -> Option<&'static str> {
    match id {
        "base" => Some("orders_open"),
        "stats" => Some("wood_low"),
        "priority_watch" => Some("boost"),
        "ledger" => Some("page"),
        "clerk" => Some("wage"),
        "scout" | "ranger" => Some("orders"),
        _ => None,
    }
}

/// Definitions.
fn assets(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let n = subject.number;
    let Some(items) = subject.files.get(ITEMS) else {
        if subject.id == "base" {
            return None;
        }
        let text = format!("[thing{n}]\nstack_max = 9\nhaul_priority = 2\n");
        return sound(vec![FileChange::write(ITEMS, text)]);
    };
    match draw.below(7) {
        0 | 1 => {
            let line = items.lines().find(|line| line.starts_with("stack_max"))?;
            let other = format!("stack_max = {}", draw.below(60) + 1);
            sound(vec![FileChange::write(
                ITEMS,
                items.replacen(line, &other, 1),
            )])
        }
        2 => sound(vec![FileChange::write(
            ITEMS,
            format!("{items}\n[thing{n}]\nstack_max = 9\nhaul_priority = 2\n"),
        )]),
        // Gone, in use or not.
        3 => broken(vec![FileChange::write(
            ITEMS,
            format!("[other{n}]\nstack_max = 9\nhaul_priority = 2\n"),
        )]),
        4 if subject.id != "base" => broken(vec![FileChange::write(
            ITEMS,
            format!("{items}\n[wood]\nstack_max = 9\nhaul_priority = 2\n"),
        )]),
        5 => broken(vec![FileChange::write(
            ITEMS,
            items.replacen("stack_max = ", "stack_max = -", 1),
        )]),
        _ => broken(vec![FileChange::write(ITEMS, format!("{items}[torn"))]),
    }
}

/// Files that are added, deleted and moved.
fn files_come_and_go(draw: &mut Draw, subject: &Subject<'_>) -> Option<Edit> {
    let n = subject.number;
    match draw.below(7) {
        0 => sound(vec![FileChange::write(
            &format!("scripts/extra{n}.lua"),
            "return {}\n",
        )]),
        1 => sound(vec![FileChange::write(
            &format!("tests/extra{n}.lua"),
            "-- none yet\n",
        )]),
        2 => sound(vec![FileChange::write(
            &format!("lib/extra{n}.lua"),
            "return { n = 1 }\n",
        )]),
        3 => sound(vec![FileChange::write(
            "README.md",
            format!("Storm {n}.\n"),
        )]),
        4 => broken(vec![FileChange {
            path: draw.pick(&[SCRIPT, MANIFEST]).to_string(),
            text: None,
        }]),
        5 => {
            let paths: Vec<&String> = subject.files.keys().collect();
            if paths.is_empty() {
                return None;
            }
            let path = draw.pick(&paths).to_string();
            let is_sound = path.starts_with("tests/") || path == CONFIG;
            Some(Edit {
                changes: vec![FileChange { path, text: None }],
                is_sound,
            })
        }
        // The entry under another name, and the manifest that says so.
        _ => {
            let text = subject.files.get(SCRIPT)?.clone();
            let entry =
                subject.manifest_with("scripts/main.lua", &format!("scripts/entry{n}.lua"))?;
            sound(vec![
                FileChange {
                    path: SCRIPT.to_owned(),
                    text: None,
                },
                FileChange::write(&format!("scripts/entry{n}.lua"), text),
                entry,
            ])
        }
    }
}
