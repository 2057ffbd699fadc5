//! A project in a folder of its own, and the program run in it as a process: what the tests of this folder share.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses some of it"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A scenario of 20 ticks that expects so many colonists, of which there are two.
pub fn scenario(name: &str, expected: u32, rest: &str) -> String {
    format!(
        r#"schema = 1
name = "{name}"
seed = 3
ticks = 20

[colony]
size = [32, 32]
colonists = 2
stock = {{ meal = 8 }}

[mods]
load = ["base"]

[[expect]]
world = "colonists.alive"
equals = {expected}

{rest}"#
    )
}

pub const SNAPSHOT: &str = "[snapshot]\nat = [5, 20]\ninclude = [\"colonists\", \"jobs\"]\n";

pub struct Project {
    pub folder: TempDir,
}

/// What a process did.
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Project {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A good scenario `good` with snapshots, all accepted.
    pub fn accepted() -> Project {
        let project = Project::new(&[("scenarios/good.toml", &scenario("good", 2, SNAPSHOT))]);
        assert_eq!(project.test(&["--update"]).code, 0);
        project
    }

    pub fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces text in a file that has it.
    pub fn edit(&self, path: &str, find: &str, replace: &str) {
        let text = self.read(path);
        assert!(text.contains(find), "{path} has no {find:?}:\n{text}");
        self.write(path, &text.replace(find, replace));
    }

    pub fn run(&self, folder: &str, arguments: &[&str], ci: Option<&str>) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_colony-sim"));
        command.current_dir(self.path(folder)).args(arguments);
        match ci {
            Some(ci) => command.env("CI", ci),
            None => command.env_remove("CI"),
        };
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Done {
            code: status.code().unwrap(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    pub fn test(&self, arguments: &[&str]) -> Done {
        let arguments: Vec<&str> = ["test"].iter().chain(arguments).copied().collect();
        self.run(".", &arguments, None)
    }

    /// Every file and its content.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
                if path.is_dir() {
                    collect(&path, &format!("{name}/"), files);
                } else {
                    files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        collect(self.folder.path(), "", &mut files);
        files
    }

    /// The names of the files in `scenarios/snapshots`.
    pub fn snapshots(&self) -> Vec<String> {
        let prefix = "scenarios/snapshots/";
        let files = self.files().into_keys();
        files
            .filter_map(|file| file.strip_prefix(prefix).map(str::to_owned))
            .collect()
    }
}

impl Done {
    pub fn all(&self) -> String {
        format!("exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }

    /// What it wrote without wall times.
    pub fn without_times(&self) -> String {
        let lines = self.stdout.lines().map(|line| {
            let line = match line.split_once(" ticks  ") {
                Some((case, rest)) => {
                    let detail = rest.split_once(" s").map_or("", |(_, detail)| detail);
                    format!("{case} ticks{detail}")
                }
                None => line.to_owned(),
            };
            match line.split_once(" in ") {
                Some((counts, _)) if line.contains("ticks/s") => counts.to_owned(),
                _ => line,
            }
        });
        lines.map(|line| line + "\n").collect()
    }
}
