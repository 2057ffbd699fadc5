//! What a request asks for: its type, its package, the cohort it belongs to, and whether the mods would still fit together.

use std::collections::BTreeMap;
use std::rc::Rc;

use sim::Definitions;

use super::queue::{Priority, Request};
use super::transaction::injected_fault;
use super::{ReloadOptions, ignored, rejected};
use crate::bundle::Bundle;
use crate::context::Effects;
use crate::definitions::{ASSETS_FOLDER, Culprit, owned_definitions};
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::Package;
use crate::host::{Absence, Host};
use crate::manifest::{CONFIG_FILE, MANIFEST_FILE};
use crate::mod_id::ModId;
use crate::report::{
    MemberAction, Outcome, ReloadReport, ReloadType, Stage, StageError, StateReport,
};
use crate::state::Snapshot;

/// A mod in a transaction.
pub(super) struct Member {
    pub(super) old: Instance,
    pub(super) package: Package,
    pub(super) kind: ReloadType,
    pub(super) changed: Vec<String>,
    /// What it was asked for with; none for a mod that only follows others.
    pub(super) request: Option<Request>,
    /// How it ceases to run, if it does.
    pub(super) departure: Option<Departure>,
    /// The state to start from instead of the running one's storage: a rollback across versions, or the state to migrate again.
    pub(super) past: Option<Snapshot>,
    /// What the old generation did when it was told of its end.
    pub(super) unloaded: Option<Effects>,
    pub(super) snapshot: Option<Vec<u8>>,
    pub(super) new: Option<Instance>,
    pub(super) state: StateReport,
    /// Why its files cannot even be planned with; its cohort does not commit either.
    pub(super) unplannable: Option<StageError>,
}

/// How a mod ceases to run.
#[derive(Clone)]
pub(super) struct Departure {
    pub(super) action: MemberAction,
    pub(super) absence: Absence,
}

/// What a request leads to.
pub(super) enum Planned {
    /// A transaction of a mod that runs.
    Member(Box<Member>),
    /// A mod that is to run besides.
    Addition(Box<Request>),
    /// Nothing.
    Nothing(Box<ReloadReport>),
}

impl Member {
    /// A member whose files cannot be planned with.
    fn unplannable(
        old: Instance,
        request: &Request,
        changed: Vec<String>,
        stage: Stage,
        faults: Vec<Fault>,
    ) -> Member {
        let error = StageError {
            stage,
            mod_id: old.generation.id().clone(),
            faults,
        };
        let package = Package::of(&old.generation);
        let kind = strongest(&changed);
        Member {
            unplannable: Some(error),
            request: Some(request.clone()),
            ..Member::new(old, package, kind, changed)
        }
    }

    /// The mod as it will be called.
    pub(super) fn id(&self) -> &ModId {
        &self.package.manifest.id
    }

    /// Whether the content is the one that runs: no new generation then.
    pub(super) fn same_content(&self) -> bool {
        self.old.generation.sources().hash() == self.package.sources.hash()
    }

    /// The generation that it leads to.
    pub(super) fn next_number(&self) -> u32 {
        self.old.generation.number() + u32::from(!self.same_content())
    }

    /// Whether the machine goes on, with other files beside it.
    pub(super) fn keeps_machine(&self) -> bool {
        self.kind.keeps_machine()
    }

    /// Whether definitions may change with it: the manifest says of whose it may change.
    pub(super) fn changes_assets(&self) -> bool {
        let is_asset = |path: &str| path.starts_with(ASSETS_FOLDER);
        let mut own = self.package.bundle().paths();
        let with_manifest = self.changed.iter().any(|path| path == "mod.toml");
        self.changed.iter().any(|path| is_asset(path))
            || (self.departure.is_some() || with_manifest) && own.any(is_asset)
    }

    /// Whether the old generation is not told of its end.
    pub(super) fn skips_unload(&self) -> bool {
        self.request
            .as_ref()
            .is_some_and(|request| request.skip_unload)
    }

    pub(super) fn priority(&self) -> Priority {
        self.request
            .as_ref()
            .map_or(Priority::Low, |request| request.priority)
    }

    pub(super) fn new(
        old: Instance,
        package: Package,
        kind: ReloadType,
        changed: Vec<String>,
    ) -> Member {
        Member {
            old,
            package,
            kind,
            changed,
            request: None,
            departure: None,
            past: None,
            unloaded: None,
            snapshot: None,
            new: None,
            state: StateReport::default(),
            unplannable: None,
        }
    }
}

impl Host {
    /// What a request asks for.
    pub(super) fn plan_request(&self, request: Request, options: &ReloadOptions) -> Planned {
        let id = &request.change.mod_id;
        if let Some(old) = self.context.instance(id) {
            return match self.plan_running(old, &request, options) {
                Ok(member) => Planned::Member(Box::new(member)),
                Err(report) => Planned::Nothing(report),
            };
        }
        match self.absent.get(id) {
            Some(absence) if !request.enable => {
                let word = match absence {
                    Absence::Disabled => "disabled",
                    Absence::Removed => "removed",
                };
                let reason = format!("{id} is {word}: enable or add it to run it again");
                Planned::Nothing(Box::new(rejected(Outcome::Ignored, reason)))
            }
            _ => Planned::Addition(Box::new(request)),
        }
    }

    /// What the change of a mod that runs asks for, or the report of one that asks for nothing.
    fn plan_running(
        &self,
        old: Instance,
        request: &Request,
        options: &ReloadOptions,
    ) -> Result<Member, Box<ReloadReport>> {
        let id = &request.change.mod_id;
        let unplannable = |old, changed, stage, faults| {
            Ok(Member::unplannable(old, request, changed, stage, faults))
        };
        if self.injected(options, Stage::Settle, id) {
            let fault = injected_fault(Stage::Settle);
            return unplannable(old, Vec::new(), Stage::Settle, vec![fault]);
        }
        let running = old.generation.bundle();
        let bundle = match &request.change.bundle {
            Ok(bundle) => asked_for(&running, bundle, request.kind),
            Err(faults) => return unplannable(old, Vec::new(), Stage::Settle, faults.clone()),
        };
        let rebinds = request.kind == Some(ReloadType::Dependencies);
        if bundle.hash() == running.hash() && !request.force && !rebinds {
            let reason = format!("same content as g{}", old.generation.number());
            return Err(Box::new(ignored(&old, Vec::new(), reason)));
        }
        let changed = running.changed_paths(&bundle);
        let package = Package::read(bundle);
        let switched_on = |package: &Package| package.manifest.hot_reload.enabled;
        let enabled =
            old.generation.manifest.hot_reload.enabled || package.as_ref().is_ok_and(switched_on);
        if !enabled && !request.force {
            let reason = "hot reload is switched off in mod.toml".to_owned();
            return Err(Box::new(ignored(&old, changed, reason)));
        }
        let package = match package {
            Ok(package) => package,
            Err(faults) => {
                let faults = with_renaming(faults, id);
                return unplannable(old, changed, stage_of(&faults), faults);
            }
        };
        if let Some(fault) = lost_entry(&old, &package, &changed) {
            return unplannable(old, changed, Stage::Plan, vec![fault]);
        }
        let kind = match (request.kind, strongest(&changed)) {
            (_, kind) if kind.keeps_machine() && code_depends_on_config(&old, &package) => {
                ReloadType::Scripts
            }
            (Some(asked), _) => asked,
            (None, kind) if request.force && kind.keeps_machine() => ReloadType::Scripts,
            (None, kind) => kind,
        };
        Ok(Member {
            request: Some(request.clone()),
            ..Member::new(old, package, kind, changed)
        })
    }

    /// Dependencies both ways and definitions, with the cohort as it would be (seed-corrections 23). Definitions that change with it
    /// are returned.
    pub(super) fn validate(
        &self,
        cohort: &[Member],
        options: &ReloadOptions,
    ) -> Result<Option<Definitions>, StageError> {
        self.inject(cohort, options, Stage::Plan)?;
        for member in cohort {
            self.check_name(member)?;
        }
        let world = self.world_with(cohort);
        for member in cohort.iter().filter(|member| member.departure.is_some()) {
            check_departure(member, &world)?;
        }
        let with_assets = cohort.iter().find(|member| member.changes_assets());
        let blamed = with_assets.unwrap_or(&cohort[0]).id();
        self.validate_world(&world, blamed, with_assets.is_some())
    }

    /// A mod cannot take a name under which another one runs, nor state that it would have to choose.
    fn check_name(&self, member: &Member) -> Result<(), StageError> {
        let (old, new) = (member.old.generation.id(), member.id());
        if old == new {
            return Ok(());
        }
        let fault = if self.context.instance(new).is_some() {
            let fault = Fault::new(format!("{old} would become {new}, and {new} runs"));
            fault.help(format!("remove {new} first"))
        } else if self.dormant.contains_key(new) {
            let fault = Fault::new(format!(
                "{old} runs, and the state of {new} is kept: there can be one only"
            ));
            fault.help(format!("purge {new} to go on from the state of {old}, or remove {old} to go on from that of {new}"))
        } else {
            return Ok(());
        };
        Err(StageError {
            stage: Stage::Plan,
            mod_id: new.clone(),
            faults: vec![fault],
        })
    }

    /// Whether mods fit together: dependencies, and the definitions if they can have changed. `blamed` is the mod to name where no
    /// other is at fault.
    pub(super) fn validate_world(
        &self,
        world: &BTreeMap<ModId, Package>,
        blamed: &ModId,
        assets_changed: bool,
    ) -> Result<Option<Definitions>, StageError> {
        let manifests = world
            .iter()
            .map(|(id, package)| (id.clone(), &*package.manifest))
            .collect();
        let hint = self.context.order();
        let order = self
            .resolutions
            .load_order(&manifests, &self.known, &hint)
            .map_err(|errors| StageError {
                stage: Stage::Plan,
                mod_id: errors
                    .first()
                    .map_or_else(|| blamed.clone(), |error| error.mod_id().clone()),
                faults: errors
                    .iter()
                    .map(|error| self.dependency_fault(error))
                    .collect(),
            })?;
        // The same mods in the same order define the same, as long as no file of definitions changes.
        let same_order = hint.iter().filter(|id| world.contains_key(*id)).eq(&order);
        if !assets_changed && same_order {
            return Ok(None);
        }
        let content = self.content(world, &order);
        let fail = |faults| StageError {
            stage: Stage::Plan,
            mod_id: blamed.clone(),
            faults,
        };
        let owned = owned_definitions(&content).map_err(|faults| {
            let told = faults
                .into_iter()
                .map(|(culprit, fault)| self.with_change(culprit, fault, world));
            fail(told.collect())
        })?;
        let definitions = owned.definitions;
        let colony = self.context.colony();
        if definitions == *colony.definitions() {
            return Ok(None);
        }
        let obstacles = |obstacles: Vec<sim::DefinitionObstacle>| {
            let faults = obstacles.iter().map(Fault::in_the_way);
            fail(faults.collect())
        };
        colony.check_definitions(&definitions).map_err(obstacles)?;
        Ok(Some(definitions))
    }
}

impl Host {
    /// A fault of definitions; where it stands in a mod that is as it runs, it says whose change has brought it.
    fn with_change(
        &self,
        culprit: Culprit,
        fault: Fault,
        world: &BTreeMap<ModId, Package>,
    ) -> Fault {
        let is_changed = |id: &ModId| {
            let running = self.context.instance(id);
            running.map(|running| running.generation.bundle().hash())
                != world.get(id).map(|package| package.bundle().hash())
        };
        let Culprit::Mod(id) = culprit else {
            return fault;
        };
        let changed: Vec<&str> = world
            .keys()
            .filter(|id| is_changed(id))
            .map(|id| id.as_str())
            .collect();
        if changed.is_empty() || is_changed(&id) {
            return fault;
        }
        let changed = changed.join(" and ");
        fault.help(format!(
            "{id} is as it runs: the change of {changed} brings this about"
        ))
    }
}

/// A mod that others need cannot go.
fn check_departure(member: &Member, world: &BTreeMap<ModId, Package>) -> Result<(), StageError> {
    let id = member.id();
    let needing = world
        .values()
        .filter_map(|package| Some((package, package.manifest.dependencies.get(id)?)));
    let faults: Vec<Fault> = needing
        .map(|(package, dependency)| {
            let dependent = &package.manifest.id;
            let fault = Fault::new(format!("{dependent} depends on {id}, and runs"));
            fault
                .at(dependency.place.clone())
                .help(format!("stop {dependent} first"))
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(StageError {
        stage: Stage::Plan,
        mod_id: id.clone(),
        faults,
    })
}

/// The files that a reload by hand of one type takes; the others stay as they run (seed-corrections 20).
fn asked_for(running: &Bundle, found: &Rc<Bundle>, kind: Option<ReloadType>) -> Rc<Bundle> {
    match kind {
        None | Some(ReloadType::Full) => found.clone(),
        Some(kind) => Rc::new(running.taking(found, |path| ReloadType::of_path(path) == kind)),
    }
}

/// The strongest type that changed files ask for.
fn strongest(changed: &[String]) -> ReloadType {
    let kinds = changed.iter().map(|path| ReloadType::of_path(path));
    kinds.max().unwrap_or(ReloadType::Full)
}

/// The stage at which a package with these faults fails: a wrong value in config.toml leaves the plan as it is.
fn stage_of(faults: &[Fault]) -> Stage {
    let in_config = |fault: &Fault| {
        fault
            .place
            .as_ref()
            .is_some_and(|place| place.file.ends_with(CONFIG_FILE))
    };
    if faults.iter().all(in_config) {
        Stage::Parse
    } else {
        Stage::Plan
    }
}

/// A manifest whose id is not its folder's is a mod that is being renamed while it runs (seed-corrections 26).
fn with_renaming(faults: Vec<Fault>, id: &ModId) -> Vec<Fault> {
    let renaming = format!("is in the folder `{id}`");
    let explain = |fault: Fault| {
        if !fault.message.contains(&renaming) {
            return fault;
        }
        let help = format!(
            "a running mod keeps its id: to rename it, add a mod in a folder of the new name with `replaces = \"{id}\"` in its mod.toml"
        );
        fault.help(help)
    };
    faults.into_iter().map(explain).collect()
}

/// Code that is gone without a word in the manifest is a file deleted by mistake, not a mod of content alone.
fn lost_entry(old: &Instance, package: &Package, changed: &[String]) -> Option<Fault> {
    let (old_manifest, manifest) = (&old.generation.manifest, &package.manifest);
    let entry = old_manifest
        .entry
        .as_ref()
        .or(old_manifest.component.as_ref())?;
    let has_code = manifest.entry.is_some() || manifest.component.is_some();
    if has_code || changed.iter().any(|path| path == MANIFEST_FILE) {
        return None;
    }
    let fault = Fault::new(format!(
        "`{entry}` is gone, and with it all the code of {}",
        old.generation.id()
    ));
    Some(fault.help("bring it back, or name another `entry` in mod.toml"))
}

/// Whether a value of the configuration changes that the code read while it loaded.
fn code_depends_on_config(old: &Instance, package: &Package) -> bool {
    let state = old.generation.state.borrow();
    let declarations = old.generation.declarations.borrow();
    declarations
        .config_read
        .iter()
        .any(|key| state.config.get(key) != package.config.get(key))
}
