//! Makes a storm of a seed: a scenario in which authors change, break, mend and take away mods while the colony runs.

use std::collections::{BTreeMap, BTreeSet};

use super::draw::Draw;
use super::edits::{self, Edit, Subject, config_key};
use super::files::{FileChange, Files, express};
use super::{ADDED_LATER, LOADED, OWN, Storm};

/// Stages at which a fault is injected.
const STAGES: [&str; 12] = [
    "settle",
    "plan",
    "parse",
    "instantiate",
    "top_level",
    "unload",
    "snapshot",
    "migrate",
    "restore",
    "loaded",
    "commit",
    "hand_back",
];

const TYPES: [&str; 6] = [
    "full",
    "scripts",
    "dependencies",
    "assets",
    "config",
    "partial",
];

/// Makes the steps of a storm, one after another, on a model of the files.
struct Generator {
    draw: Draw,
    originals: BTreeMap<String, Files>,
    now: BTreeMap<String, Files>,
    /// The last files with which a mod is expected to run.
    sound: BTreeMap<String, Files>,
    broken: BTreeSet<String>,
    /// Mods that were told to go, if they could.
    gone: BTreeSet<String>,
    saves: Vec<String>,
    has_loaded: bool,
    number: usize,
}

/// The storm of a seed over the mods in `originals`.
pub(super) fn generate(seed: u64, originals: &BTreeMap<String, Files>) -> Storm {
    let mut draw = Draw::new(seed, 0);
    let steps_wanted = 18 + draw.below(18);
    let mut generator = Generator {
        draw: Draw::new(seed, 1),
        originals: originals.clone(),
        now: originals.clone(),
        sound: originals.clone(),
        broken: BTreeSet::new(),
        gone: BTreeSet::new(),
        saves: Vec::new(),
        has_loaded: false,
        number: 0,
    };
    let (mut tick, mut steps) = (1, Vec::new());
    for number in 1..=steps_wanted {
        tick += 1 + draw.below(3);
        generator.draw = Draw::new(seed, number as u64);
        generator.number = number;
        let action = generator.action();
        steps.push(step(tick, &format!("s{number}"), &action));
    }
    let finale = generator.finale(tick);
    let ticks = tick + 20;
    let head = format!(
        "schema = 1\nname = \"storm {seed}\"\nseed = {seed}\nticks = {ticks}\n\n\
         [colony]\nsize = [24, 16]\ncolonists = 3\nstock = {{ meal = 20, wood = 10 }}\n\n\
         [mods]\nload = [{}]\n",
        LOADED.map(|id| format!("{id:?}")).join(", ")
    );
    steps.extend(finale);
    Storm { seed, head, steps }
}

fn step(at: usize, label: &str, action: &str) -> String {
    format!("[[step]]\nat = {at}\nlabel = {label:?}\n{action}\n")
}

impl Generator {
    fn action(&mut self) -> String {
        match self.draw.below(100) {
            0..11 => self.coming_or_going(),
            11..18 => self.reload(),
            18..23 => self.going_back(),
            23..30 => self.saving(),
            30..42 => self.with_fault(),
            42..45 => self.command(),
            45..49 => self.torn(),
            49..51 => self.touch(),
            51..53 => self.renamed(),
            53..57 => self.set_config(),
            57..67 => self.batch(),
            _ => self.single(),
        }
    }

    fn any_mod(&mut self) -> String {
        let ids: Vec<String> = self.now.keys().cloned().collect();
        // Mods of which others think much are changed most.
        if self.draw.chance(30) {
            let own = OWN[self.draw.below(OWN.len())];
            return own.to_owned();
        }
        self.draw.pick(&ids).clone()
    }

    /// Makes changes in the model; the file actions.
    fn change(&mut self, id: &str, edit: Edit) -> Vec<String> {
        let files = self.now.get_mut(id).expect("every mod has files");
        let there = |change: &FileChange, files: &Files| {
            change.text.is_some() || files.contains_key(&change.path)
        };
        let mut actions = Vec::new();
        for change in &edit.changes {
            if there(change, files) {
                actions.push(express(&mut self.draw, id, files, change));
            }
        }
        if edit.is_sound && !self.broken.contains(id) {
            self.sound.insert(id.to_owned(), files.clone());
        } else {
            self.broken.insert(id.to_owned());
        }
        actions
    }

    /// An edit of a mod, or the end of a broken one.
    fn edit(&mut self, id: &str) -> Vec<String> {
        if self.broken.contains(id) && self.draw.chance(60) {
            return self.mend(id);
        }
        let subject = Subject {
            id,
            files: &self.now[id],
            number: self.number,
            is_own: OWN.contains(&id),
        };
        let edit = edits::edit(&mut self.draw, &subject);
        self.change(id, edit)
    }

    /// Brings a mod back to the last files that were sound, or to its first ones.
    fn mend(&mut self, id: &str) -> Vec<String> {
        if self.draw.chance(25) {
            let original = self.originals[id].clone();
            self.broken.remove(id);
            self.now.insert(id.to_owned(), original.clone());
            self.sound.insert(id.to_owned(), original);
            return vec![copy(id)];
        }
        let target = self.sound[id].clone();
        let there = &self.now[id];
        let gone = there.keys().filter(|path| !target.contains_key(*path));
        let gone = gone.map(|path| FileChange {
            path: path.clone(),
            text: None,
        });
        let written = target
            .iter()
            .filter(|(path, text)| there.get(*path) != Some(text))
            .map(|(path, text)| FileChange::write(path, text.clone()));
        let changes = gone.chain(written).collect();
        self.broken.remove(id);
        self.change(
            id,
            Edit {
                changes,
                is_sound: true,
            },
        )
    }

    fn single(&mut self) -> String {
        let id = self.any_mod();
        let actions = self.edit(&id);
        self.together(actions)
    }

    /// Several mods change at once, often such as depend on each other.
    fn batch(&mut self) -> String {
        let mut ids = BTreeSet::new();
        for _ in 0..2 + self.draw.below(2) {
            ids.insert(self.any_mod());
        }
        let mut actions = Vec::new();
        for id in ids {
            actions.extend(self.edit(&id));
        }
        self.together(actions)
    }

    fn together(&mut self, actions: Vec<String>) -> String {
        match actions.as_slice() {
            [] => self.touch(),
            [only] => only.clone(),
            several => {
                let several: Vec<String> = several
                    .iter()
                    .map(|action| format!("{{ {action} }}"))
                    .collect();
                format!("batch = [{}]", several.join(", "))
            }
        }
    }

    fn some_file(&mut self) -> (String, String) {
        let id = self.any_mod();
        let paths: Vec<String> = self.now[&id].keys().cloned().collect();
        if paths.is_empty() {
            return ("stats".to_owned(), "mod.toml".to_owned());
        }
        let path = self.draw.pick(&paths).clone();
        (id, path)
    }

    fn touch(&mut self) -> String {
        let (id, path) = self.some_file();
        format!("touch = {{ file = \"{id}/{path}\" }}")
    }

    /// A save that was cut off.
    fn torn(&mut self) -> String {
        let (id, path) = self.some_file();
        let text = self.now[&id].get(&path).cloned().unwrap_or_default();
        if text.is_empty() {
            return self.touch();
        }
        let mut bytes = self.draw.below(text.len());
        while !text.is_char_boundary(bytes) {
            bytes -= 1;
        }
        let files = self.now.get_mut(&id).expect("every mod has files");
        files.insert(path.clone(), text[..bytes].to_owned());
        self.broken.insert(id.clone());
        format!("truncate = {{ file = \"{id}/{path}\", bytes = {bytes} }}")
    }

    /// A file under another name.
    fn renamed(&mut self) -> String {
        let (id, path) = self.some_file();
        let files = self.now.get_mut(&id).expect("every mod has files");
        let to = format!("{path}.{}", self.number);
        let Some(text) = files.remove(&path) else {
            return self.touch();
        };
        files.insert(to.clone(), text);
        self.broken.insert(id.clone());
        format!("rename = {{ from = \"{id}/{path}\", to = \"{id}/{to}\" }}")
    }

    fn set_config(&mut self) -> String {
        let ids: Vec<String> = self.now.keys().cloned().collect();
        let ids: Vec<String> = ids
            .into_iter()
            .filter(|id| config_key(id).is_some())
            .collect();
        let id = self.draw.pick(&ids).clone();
        let config = self.now[&id].get("config.toml");
        let key = config_key(&id).unwrap_or_default();
        // What cannot be set in a file that a save has torn is refused before the run.
        let is_whole = |text: &String| {
            let value = text.trim_end().strip_prefix(&format!("{key} = "));
            value.is_some_and(|value| value.parse::<i64>().is_ok())
        };
        if config.is_some_and(|text| !is_whole(text)) {
            let actions = self.mend(&id);
            return self.together(actions);
        }
        let value = self.draw.below(7);
        let files = self.now.get_mut(&id).expect("every mod has files");
        files.insert("config.toml".to_owned(), format!("{key} = {value}\n"));
        if value == 0 || value == 6 {
            self.broken.insert(id.clone());
        } else if !self.broken.contains(&id) {
            self.sound.insert(id.clone(), files.clone());
        }
        format!("config = {{ mod = \"{id}\", set = {{ {key} = {value} }} }}")
    }

    fn coming_or_going(&mut self) -> String {
        let skip = match self.draw.chance(30) {
            true => ", skip_unload = true",
            false => "",
        };
        let gone: Vec<String> = self.gone.iter().cloned().collect();
        if !gone.is_empty() && self.draw.chance(50) {
            let id = self.draw.pick(&gone).clone();
            return match self.draw.below(5) {
                0 | 1 => format!("add = {{ mod = \"{id}\" }}"),
                2 | 3 => format!("purge = {{ mod = \"{id}\" }}"),
                _ => format!("enable = {{ mod = \"{id}\" }}"),
            };
        }
        let id = self.any_mod();
        match self.draw.below(8) {
            0 => format!("add = {{ mod = \"{id}\" }}"),
            1 => format!("enable = {{ mod = \"{id}\" }}"),
            2 => format!("purge = {{ mod = \"{id}\" }}"),
            3 => format!("add = {{ mod = \"{}\" }}", self.draw.pick(&ADDED_LATER)),
            4 | 5 => {
                self.gone.insert(id.clone());
                format!("remove = {{ mod = \"{id}\"{skip} }}")
            }
            _ => {
                self.gone.insert(id.clone());
                format!("disable = {{ mod = \"{id}\"{skip} }}")
            }
        }
    }

    fn reload(&mut self) -> String {
        let mut ids = BTreeSet::new();
        for _ in 0..1 + self.draw.below(3) {
            ids.insert(format!("\"{}\"", self.any_mod()));
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let mut keys = format!("mods = [{}]", ids.join(", "));
        if self.draw.chance(60) {
            keys += ", force = true";
        }
        if self.draw.chance(40) {
            keys += &format!(", type = \"{}\"", self.draw.pick(&TYPES));
        }
        if self.draw.chance(30) {
            keys += ", skip_unload = true";
        }
        if self.draw.chance(20) {
            keys += &format!(
                ", priority = \"{}\"",
                self.draw.pick(&["critical", "high", "normal", "low"])
            );
        }
        format!("reload = {{ {keys} }}")
    }

    fn going_back(&mut self) -> String {
        let id = self.any_mod();
        match self.draw.below(5) {
            0 | 1 => format!("rollback = {{ mod = \"{id}\" }}"),
            2 | 3 => {
                let to = self.draw.below(4) + 1;
                format!("rollback = {{ mod = \"{id}\", to = {to} }}")
            }
            _ => format!("migrate_again = \"{id}\""),
        }
    }

    fn saving(&mut self) -> String {
        match self.draw.below(7) {
            0 | 1 => "restart = true".to_owned(),
            2 | 3 => "checkpoint = true".to_owned(),
            4 if !self.saves.is_empty() && !self.has_loaded => {
                self.has_loaded = true;
                format!("load = {:?}", self.draw.pick(&self.saves))
            }
            _ => {
                let name = format!("save {}", self.number);
                self.saves.push(name.clone());
                format!("save = {name:?}")
            }
        }
    }

    /// An action that meets a fault.
    fn with_fault(&mut self) -> String {
        let stage = *self.draw.pick(&STAGES);
        let id = self.any_mod();
        if self.draw.chance(40) {
            return format!("fault = {{ stage = \"{stage}\", mod = \"{id}\" }}");
        }
        let during = match self.draw.below(6) {
            0 => self.coming_or_going(),
            1 => self.reload(),
            _ => {
                let mut actions = self.edit(&id);
                if self.draw.chance(40) {
                    let other = self.any_mod();
                    actions.extend(self.edit(&other));
                }
                self.together(actions)
            }
        };
        // Purging leads to no reload.
        if during.starts_with("purge") {
            return during;
        }
        format!("fault = {{ stage = \"{stage}\", mod = \"{id}\", during = {{ {during} }} }}")
    }

    fn command(&mut self) -> String {
        let item = *self.draw.pick(&["meal", "wood", "token", "relic"]);
        let count = self.draw.below(30) + 1;
        format!(
            "command = {{ \"items.add\" = {{ item = \"{item}\", count = {count}, x = 12, y = 8 }} }}"
        )
    }

    /// After the storm: a look at what it left, then everything back to its first files, and some quiet ticks.
    fn finale(&mut self, tick: usize) -> Vec<String> {
        let all: Vec<&String> = self.originals.keys().filter(|id| *id != "scout").collect();
        let named: Vec<String> = self
            .originals
            .keys()
            .map(|id| format!("\"{id}\""))
            .collect();
        let mods = named.join(", ");
        let mut files: Vec<String> = Vec::new();
        for id in self.originals.keys() {
            files.push(format!("{{ {} }}", copy(id)));
            // State of a newer version is not for an older one without a migration, which the shipped mods do not have.
            if !OWN.contains(&id.as_str()) {
                let manifest = newest(&self.originals[id]["mod.toml"]);
                files.push(format!(
                    "{{ write = {{ file = \"{id}/mod.toml\", text = {manifest:?} }} }}"
                ));
            }
        }
        let again = format!("reload = {{ mods = [{mods}], force = true, skip_unload = true }}");
        let mut steps = vec![
            step(
                tick + 2,
                "audit",
                &format!("reload = {{ mods = [{mods}] }}"),
            ),
            step(
                tick + 4,
                "finale",
                &format!("batch = [{}]", files.join(", ")),
            ),
            step(tick + 5, "finale of all", &again),
        ];
        for id in all {
            let add = format!("add = {{ mod = \"{id}\" }}");
            steps.push(step(tick + 6, &format!("finale of {id}"), &add));
        }
        steps.push(step(tick + 8, "finale at last", &again));
        steps
    }
}

fn copy(id: &str) -> String {
    format!("copy = {{ from = \"mods/{id}\", to = \"{id}\" }}")
}

/// The manifest with a patch version that no edit of the storm reaches.
fn newest(manifest: &str) -> String {
    let lines = manifest
        .lines()
        .map(|line| match line.strip_prefix("version = \"") {
            Some(version) => {
                let up_to_patch = version
                    .rsplit_once('.')
                    .map_or(version, |(before, _)| before);
                format!("version = \"{up_to_patch}.99\"\n")
            }
            None => format!("{line}\n"),
        });
    lines.collect()
}
