//! Builds mods while they are watched: what a mod's `[build]` names is looked at, and its command run when that has changed.
//! What the command writes into the mod's folder is a save like any other.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use modding::manifest::{Build, MANIFEST_FILE, build_of};
use modding::mod_id::ModId;

use crate::watcher::WatchedMod;
#[cfg(unix)]
use rustix::process::{Pid, Signal};

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
    /// There is nothing of what it is built from.
    Sourceless { mod_id: ModId, watch: String },
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
            BuildNews::Sourceless { mod_id, watch } => writeln!(
                formatter,
                "{mod_id} is built from {watch}, and nothing is there: name other files or folders as `watch` under [build] of its mod.toml"
            ),
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

/// A command that runs, in a group of its own: what it leaves behind in the background holds up nothing, and the end of the
/// session is its end too.
struct Running {
    began: Instant,
    child: Child,
    wrote: File,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself has done what it was to do; its background is its own.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, Signal::TERM);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
            if !at_rest || project.built == now {
                continue;
            }
            let mod_id = watched.mod_id.clone();
            if now.as_ref().is_some_and(|(sources, _)| sources.is_empty()) {
                news.push(BuildNews::Sourceless {
                    mod_id: mod_id.clone(),
                    watch: build.watch.join(", "),
                });
            }
            project.built = now;
            match run(&build.command, &watched.folder) {
                Ok(running) => {
                    project.running = Some(running);
                    let command = build.command;
                    news.push(BuildNews::Began { mod_id, command });
                }
                Err(error) => news.push(cannot_run(mod_id, &error)),
            }
        }
        news
    }

    fn ended(&mut self) -> Vec<BuildNews> {
        let mut news = Vec::new();
        for (mod_id, project) in &mut self.mods {
            let Some(running) = &mut project.running else {
                continue;
            };
            let ended = match running.child.try_wait() {
                Ok(None) => continue,
                Ok(Some(status)) => Ok(status),
                Err(error) => Err(error),
            };
            news.push(told(mod_id.clone(), ended, running));
            project.running = None;
        }
        news
    }
}

fn told(mod_id: ModId, ended: io::Result<ExitStatus>, running: &mut Running) -> BuildNews {
    match ended {
        Ok(status) if status.success() => BuildNews::Built {
            mod_id,
            took: running.began.elapsed(),
        },
        Ok(status) => BuildNews::Failed {
            mod_id,
            how: status.to_string(),
            wrote: last_lines(&mut running.wrote),
        },
        Err(error) => cannot_run(mod_id, &error),
    }
}

fn cannot_run(mod_id: ModId, error: &io::Error) -> BuildNews {
    BuildNews::Failed {
        mod_id,
        how: format!("it cannot be run: {error}"),
        wrote: String::new(),
    }
}

/// The end of what a command has written so far.
fn last_lines(wrote: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = wrote.rewind().and_then(|()| wrote.read_to_end(&mut bytes));
    if let Err(error) = read {
        return format!("what it wrote cannot be read: {error}\n");
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(LINES_SHOWN_MAX)..];
    shown.iter().map(|line| format!("{line}\n")).collect()
}

/// What the manifest on the disk says, which need not be the one that runs.
fn build_in(watched: &WatchedMod) -> Option<Build> {
    let manifest = watched.folder.join(MANIFEST_FILE);
    // A pipe would be waited for.
    let text = manifest.is_file().then(|| fs::read_to_string(&manifest));
    build_of(watched.mod_id.as_str(), &text?.ok()?)
}

/// Runs a command line by the system's shell, beside everything else.
fn run(command: &str, folder: &Path) -> io::Result<Running> {
    let (shell, flag) = match cfg!(windows) {
        true => ("cmd", "/C"),
        false => ("sh", "-c"),
    };
    // A file and not a pipe: what runs on in the background would keep that open.
    let wrote = tempfile::tempfile()?;
    let mut process = Command::new(shell);
    process
        .args([flag, command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(wrote.try_clone()?)
        .stderr(wrote.try_clone()?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut process, 0);
    Ok(Running {
        began: Instant::now(),
        child: process.spawn()?,
        wrote,
    })
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
