//! Builds mods while they are watched: what a mod's `[build]` names is looked at, and its command run when that has changed.
//! What the command writes into the mod's folder is a save like any other.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use modding::manifest::{Build, MANIFEST_FILE, build_of};
use modding::mod_id::ModId;

use crate::watcher::WatchedMod;

/// How often sources are looked at. They are at rest when they are the same twice.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Lines of what a command wrote that are shown, the last ones: compilers end with what matters.
const LINES_SHOWN_MAX: usize = 60;

/// Folders that tools write into, which are no sources.
const OUTPUT_FOLDERS: [&str; 3] = ["target", "zig-out", "node_modules"];

/// What the sources are: their paths, sizes and times.
type Sources = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Something to tell.
#[derive(Debug)]
pub(super) enum BuildNews {
    /// A command has begun.
    Began { mod_id: ModId, command: String },
    /// It has done what it should.
    Built { mod_id: ModId, took: Duration },
    /// It could not be run, or ended with a failure: how, and what it wrote last.
    Failed {
        mod_id: ModId,
        how: String,
        wrote: String,
    },
}

impl fmt::Display for BuildNews {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildNews::Began { mod_id, command } => {
                writeln!(formatter, "building {mod_id}: {command}")
            }
            BuildNews::Built { mod_id, took } => {
                writeln!(formatter, "built {mod_id} in {:.1} s", took.as_secs_f64())
            }
            BuildNews::Failed { mod_id, how, wrote } => {
                write!(formatter, "the build of {mod_id} failed: {how}\n{wrote}")
            }
        }
    }
}

/// See the [module](self).
#[derive(Default)]
pub(super) struct Builder {
    mods: BTreeMap<ModId, Project>,
    looked: Option<Instant>,
}

/// What is known of a mod that is built.
#[derive(Default)]
struct Project {
    /// The sources when they were last looked at.
    seen: Option<Sources>,
    /// The sources and the command of the last build.
    built: Option<(Sources, Build)>,
    running: Option<Running>,
}

struct Running {
    began: Instant,
    ended: Receiver<std::io::Result<Output>>,
}

impl Builder {
    /// Looks at the sources, from time to time, and begins and ends builds. Each mod is built once at the beginning; one that is being
    /// built is looked at afterwards.
    pub(super) fn look(&mut self, watched: &[WatchedMod]) -> Vec<BuildNews> {
        let mut news = self.ended();
        if self
            .looked
            .is_some_and(|looked| looked.elapsed() < LOOK_EVERY)
        {
            return news;
        }
        self.looked = Some(Instant::now());
        for watched in watched {
            let Some(build) = build_in(watched) else {
                continue;
            };
            let project = self.mods.entry(watched.mod_id.clone()).or_default();
            if project.running.is_some() {
                continue;
            }
            let sources = sources(&watched.folder, &build);
            let at_rest = project.seen.as_ref() == Some(&sources);
            project.seen = Some(sources.clone());
            let now = Some((sources, build.clone()));
            if at_rest && project.built != now {
                project.built = now;
                project.running = Some(Running {
                    began: Instant::now(),
                    ended: run(build.command.clone(), watched.folder.clone()),
                });
                news.push(BuildNews::Began {
                    mod_id: watched.mod_id.clone(),
                    command: build.command,
                });
            }
        }
        news
    }

    fn ended(&mut self) -> Vec<BuildNews> {
        let mut news = Vec::new();
        for (mod_id, project) in &mut self.mods {
            let Some(running) = &project.running else {
                continue;
            };
            let ended = match running.ended.try_recv() {
                Ok(ended) => ended,
                Err(TryRecvError::Empty) => continue,
                Err(TryRecvError::Disconnected) => Err(std::io::Error::other("its thread is gone")),
            };
            let took = running.began.elapsed();
            project.running = None;
            news.push(told(mod_id.clone(), ended, took));
        }
        news
    }
}

fn told(mod_id: ModId, ended: std::io::Result<Output>, took: Duration) -> BuildNews {
    match ended {
        Ok(output) if output.status.success() => BuildNews::Built { mod_id, took },
        Ok(output) => {
            let wrote = [output.stdout, output.stderr].concat();
            let wrote = String::from_utf8_lossy(&wrote);
            let lines: Vec<&str> = wrote.lines().collect();
            let shown = &lines[lines.len().saturating_sub(LINES_SHOWN_MAX)..];
            BuildNews::Failed {
                mod_id,
                how: output.status.to_string(),
                wrote: shown.iter().map(|line| format!("{line}\n")).collect(),
            }
        }
        Err(error) => BuildNews::Failed {
            mod_id,
            how: format!("it cannot be run: {error}"),
            wrote: String::new(),
        },
    }
}

/// What the manifest on the disk says, which need not be the one that runs.
fn build_in(watched: &WatchedMod) -> Option<Build> {
    let manifest = watched.folder.join(MANIFEST_FILE);
    // A pipe would be waited for.
    let text = manifest.is_file().then(|| fs::read_to_string(&manifest));
    build_of(watched.mod_id.as_str(), &text?.ok()?)
}

/// Runs a command line by the system's shell, beside everything else.
fn run(command: String, folder: PathBuf) -> Receiver<std::io::Result<Output>> {
    let (sender, ended) = channel();
    thread::spawn(move || {
        let (shell, flag) = match cfg!(windows) {
            true => ("cmd", "/C"),
            false => ("sh", "-c"),
        };
        let output = Command::new(shell)
            .args([flag, &command])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output();
        // Who asked may have gone.
        let _ = sender.send(output);
    });
    ended
}

fn sources(folder: &Path, build: &Build) -> Sources {
    let mut sources = Sources::new();
    for path in &build.watch {
        gather(&folder.join(path), &mut sources);
    }
    sources
}

/// Files below a path, but for what is hidden or written by tools. Links are not followed.
fn gather(path: &Path, sources: &mut Sources) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && !OUTPUT_FOLDERS.contains(&&*name) {
                gather(&entry.path(), sources);
            }
        }
    } else {
        let facts = (metadata.len(), metadata.modified().ok());
        sources.insert(path.to_owned(), facts);
    }
}
