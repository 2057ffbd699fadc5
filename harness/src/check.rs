//! Finds out whether a mod survives reload and save: runs a colony with it again and again, each time with something that a mod
//! must not notice, and compares the hashes. Where they differ it says when, what and who, and makes a small scenario of it.

mod dependencies;
mod dependents;
mod evidence;
mod libraries;
mod pool;
mod probe;
mod reproduction;
mod search;
mod shrink;
mod subject;
mod trial;

use std::path::PathBuf;

use modding::api::capability_names;
use modding::diagnostic::Fault;
use modding::findings::Finding;
use modding::manifest::Manifest;
use modding::mod_id::ModId;
use modding::tick::HandlerFailure;

use crate::load_text;
use crate::snapshot::FactDifference;

pub use evidence::state_path;
pub use reproduction::Reproduction;
pub use subject::{Named, Subject};
use trial::Trials;

/// The folder, in a project, of scenarios that show what a mod does wrong.
const FOLDER: &str = ".colony/check";

/// How a mod is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// The scenario that is run; a probe that is made for the mod if None.
    pub scenario: Option<PathBuf>,
    /// How many ticks, in the place of the scenario's; 600 for the probe.
    pub ticks: Option<u64>,
    /// The seed, in the place of the scenario's; 42 for the probe.
    pub seed: Option<u64>,
    /// Whether a run is made for every single tick, not for some.
    pub thorough: bool,
}

/// What a mod must not notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialKind {
    /// A forced hand-over to identical content at every tick.
    ReloadAtEachTick,
    /// The same at one tick of the run.
    ReloadAtOneTick,
    /// A save and a load at every tick.
    SaveAndLoadAtEachTick,
    /// Many runs at once.
    Threads,
    /// Other points of collection and other addresses; of a component, an instance made anew between calls.
    Collector,
}

/// What became of the runs of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// What the mod must not notice.
    pub kind: TrialKind,
    /// How many runs were made.
    pub runs: u64,
    /// How they ended.
    pub outcome: Outcome,
}

/// How the runs of one kind ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The hashes are those of the plain run.
    Same,
    /// A hash differs.
    Changed(Change),
    /// The mod cannot be handed over.
    Fails {
        /// Before which tick.
        tick: u64,
        /// Why.
        faults: Vec<Fault>,
    },
    /// A hash differs, and so it does in runs without the mod, or where another mod alone is handed over: not its doing.
    NotItsDoing {
        /// The mod whose doing it is, where it is known.
        culprit: Option<ModId>,
    },
}

/// A difference between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The first and the last tick before which the run was interrupted, usually the same; none where nothing interrupted it.
    pub interrupted: Option<(u64, u64)>,
    /// The first tick whose hash differs.
    pub tick: u64,
    /// The parts of the state that differ then.
    pub parts: Vec<String>,
    /// Facts that differ then, `old` in the plain run; those of the mod first.
    pub facts: Vec<FactDifference>,
}

/// What runs the code of a mod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Languages {
    /// Scripts, or nothing.
    Scripts,
    /// A component.
    Component,
    /// A script and a component.
    Both,
}

impl Languages {
    fn of(manifest: &Manifest) -> Languages {
        match (&manifest.entry, &manifest.component) {
            (_, None) => Languages::Scripts,
            (None, Some(_)) => Languages::Component,
            (Some(_), Some(_)) => Languages::Both,
        }
    }
}

/// What `check` found out about a mod.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// The mod.
    pub mod_id: ModId,
    /// Its version.
    pub version: String,
    /// Whether what was run are the files in the mod's folder.
    pub in_folder: bool,
    /// What runs its code.
    pub languages: Languages,
    /// The scenario that was given, as its author knows it.
    pub scenario: Option<String>,
    /// The mods of each run.
    pub mods: Vec<ModId>,
    /// Ticks of each run.
    pub ticks: u64,
    /// The seed.
    pub seed: u64,
    /// The rounds, in the order in which they were made.
    pub rounds: Vec<Round>,
    /// How often a mod was handed from one instance to another in all of these runs.
    pub hand_overs: u64,
    /// What the scripts and the manifest tell.
    pub findings: Vec<Finding>,
    /// What the library code of other mods tells that the mod asks for; looked for only where a run convicts.
    pub library_findings: Vec<Finding>,
    /// Calls of the mod that failed in the plain run.
    pub failures: Vec<HandlerFailure>,
    /// Whether the scenario that was given says how many calls of the mod fail.
    pub failures_expected: bool,
    /// Events that the mod listens to and that never happened.
    pub unheard: Vec<String>,
    /// Functions that the mod exports and that no mod called in the plain run.
    pub uncalled: Vec<String>,
    /// A small scenario that shows the first change.
    pub reproduction: Option<Reproduction>,
}

impl CheckReport {
    /// Whether a run has shown that the mod does not survive.
    #[must_use]
    pub fn convicted(&self) -> bool {
        self.rounds.iter().any(|round| round.outcome.convicts())
    }

    /// Whether nothing was found that the mod's author must mend: no run convicts, and no call failed that was not expected to.
    #[must_use]
    pub fn passes(&self) -> bool {
        !self.convicted() && (self.failures.is_empty() || self.failures_expected)
    }

    /// The round that tells most about what is wrong: the first that convicts, of those that name one tick if there is one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Round> {
        let convicting = || self.rounds.iter().filter(|round| round.outcome.convicts());
        let one_tick = convicting().find(|round| {
            matches!(&round.outcome, Outcome::Changed(Change { interrupted: Some((first, last)), .. }) if first == last)
        });
        one_tick.or_else(|| convicting().next())
    }

    /// The findings that can be why a run convicts the mod, those about its own files first.
    pub fn explanations(&self) -> impl Iterator<Item = &Finding> {
        let collector = self
            .verdict()
            .is_some_and(|round| round.kind == TrialKind::Collector);
        let findings = self.findings.iter().chain(&self.library_findings);
        findings
            .filter(move |finding| finding.code.explains(collector))
            .filter(|_| self.convicted())
    }
}

impl Outcome {
    /// Whether this shows that the mod does not survive.
    #[must_use]
    pub fn convicts(&self) -> bool {
        matches!(self, Outcome::Changed(_) | Outcome::Fails { .. })
    }
}

/// Checks a mod. Progress is how many runs are made, and of how many.
///
/// # Errors
/// A mod or a scenario that cannot run: every fault at once.
pub fn check(
    subject: &Subject,
    options: &CheckOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CheckReport, Vec<Fault>> {
    let of_folder = (&subject.bundle, &subject.manifest);
    let mut examined = probe::examined(subject, of_folder, options)?;
    let draft = probe::draft(subject, options, &examined)?;
    let (scenario, workspace) = load_text(&draft.path, &draft.text, &subject.library)?;
    // A scenario may run another version than the one that lies in the folder.
    let bundle = workspace.bundle(&subject.mod_id)?;
    let manifest = Manifest::parse(&bundle, &capability_names())?;
    let in_folder = bundle.hash() == subject.bundle.hash();
    if !in_folder {
        examined = probe::examined(subject, (&bundle, &manifest), options)?;
    }
    let mut trials = Trials::begin(
        &scenario,
        &workspace,
        &subject.mod_id,
        &examined.events,
        progress,
    )?;
    let mut rounds = trials.rounds(options.thorough);
    let hand_overs = trials.hand_overs();
    dependencies::excuse(&mut rounds, &mut trials, &draft, subject);
    for round in &mut rounds {
        evidence::complete(round, &trials);
    }
    let mut report = CheckReport {
        mod_id: subject.mod_id.clone(),
        version: manifest.version.to_string(),
        in_folder,
        languages: Languages::of(&manifest),
        scenario: options
            .scenario
            .as_ref()
            .map(|path| crate::project::location::text(path)),
        mods: scenario
            .mods
            .iter()
            .map(|choice| choice.id.clone())
            .collect(),
        ticks: scenario.ticks,
        seed: scenario.seed,
        rounds,
        hand_overs,
        findings: examined.findings,
        library_findings: Vec::new(),
        failures: trials.failures().to_vec(),
        failures_expected: draft.expects_failures,
        unheard: trials.unheard().to_vec(),
        uncalled: trials.uncalled().to_vec(),
        reproduction: None,
    };
    if report.convicted() {
        report.library_findings = libraries::findings(subject, &bundle, &workspace);
    }
    report.reproduction = report
        .verdict()
        .and_then(|round| shrink::shrink(round, &draft, subject, &trials));
    Ok(report)
}
