//! What a change asks for: its type, its package, the cohort it belongs to, and whether the mods would still fit together.

use std::collections::BTreeMap;

use super::transaction::injected_fault;
use super::{Change, ReloadOptions, ignored, rejected};
use crate::bundle::Bundle;
use crate::context::Effects;
use crate::definitions::read_definitions;
use crate::diagnostic::Fault;
use crate::generation::Instance;
use crate::handover::Package;
use crate::host::Host;
use crate::manifest::{CONFIG_FILE, MANIFEST_FILE, Manifest};
use crate::mod_id::ModId;
use crate::report::{Outcome, ReloadReport, ReloadType, Stage, StageError, StateReport};
use crate::resolve::load_order;
use crate::state::Snapshot;

/// Where definitions are.
const ASSETS_FOLDER: &str = "assets/";

/// A mod in a transaction.
pub(super) struct Member {
    pub(super) old: Instance,
    pub(super) package: Package,
    pub(super) kind: ReloadType,
    pub(super) changed: Vec<String>,
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

impl Member {
    /// A member whose files cannot be planned with.
    fn unplannable(
        old: Instance,
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
            ..Member::new(old, package, kind, changed, None)
        }
    }

    pub(super) fn id(&self) -> &ModId {
        self.old.generation.id()
    }

    /// Whether the content is the one that runs: no new generation then.
    pub(super) fn same_content(&self) -> bool {
        self.old.generation.bundle().hash() == self.package.bundle.hash()
    }

    /// The generation that it leads to.
    pub(super) fn next_number(&self) -> u32 {
        self.old.generation.number() + u32::from(!self.same_content())
    }

    /// Whether values of the configuration are all that changes.
    pub(super) fn swaps_config(&self) -> bool {
        self.kind == ReloadType::Config
    }

    pub(super) fn new(
        old: Instance,
        package: Package,
        kind: ReloadType,
        changed: Vec<String>,
        past: Option<Snapshot>,
    ) -> Member {
        Member {
            old,
            package,
            kind,
            changed,
            past,
            unloaded: None,
            snapshot: None,
            new: None,
            state: StateReport::default(),
            unplannable: None,
        }
    }
}

impl Host {
    /// What a change asks for, or the report of a change that asks for nothing.
    pub(super) fn plan_change(
        &self,
        change: &Change,
        options: &ReloadOptions,
    ) -> Result<Member, Box<ReloadReport>> {
        let id = &change.mod_id;
        let Some(old) = self.context.instance(id) else {
            return Err(Box::new(rejected(
                Outcome::Ignored,
                format!("{id} is not running"),
            )));
        };
        if self.injected(options, Stage::Settle, id) {
            return Ok(Member::unplannable(
                old,
                Vec::new(),
                Stage::Settle,
                vec![injected_fault(Stage::Settle)],
            ));
        }
        let bundle = match &change.bundle {
            Ok(bundle) => bundle,
            Err(faults) => {
                return Ok(Member::unplannable(
                    old,
                    Vec::new(),
                    Stage::Settle,
                    faults.clone(),
                ));
            }
        };
        let running = old.generation.bundle();
        if bundle.hash() == running.hash() && !options.force {
            let reason = format!("same content as g{}", old.generation.number());
            return Err(Box::new(ignored(&old, Vec::new(), reason)));
        }
        let changed = running.changed_paths(bundle);
        if !old.generation.manifest.hot_reload.enabled && !options.force {
            let reason = "hot reload is switched off in mod.toml".to_owned();
            return Err(Box::new(ignored(&old, changed, reason)));
        }
        let kind = strongest(&changed);
        if kind == ReloadType::Partial && !options.force {
            let reason = "no running part was loaded from these files".to_owned();
            return Err(Box::new(ignored(&old, changed, reason)));
        }
        let package = match Package::read(bundle.clone()) {
            Ok(package) => package,
            Err(faults) => return Ok(Member::unplannable(old, changed, stage_of(&faults), faults)),
        };
        if let Some(fault) = lost_entry(&old, &package, &changed) {
            return Ok(Member::unplannable(old, changed, Stage::Plan, vec![fault]));
        }
        let kind = match kind {
            ReloadType::Config if options.force || code_depends_on_config(&old, &package) => {
                ReloadType::Scripts
            }
            ReloadType::Partial => ReloadType::Full,
            kind => kind,
        };
        Ok(Member::new(old, package, kind, changed, None))
    }

    /// Members that depend on each other, directly or through members, belong together; cohorts and members in load order.
    pub(super) fn cohorts(&self, mut members: Vec<Member>) -> Vec<Vec<Member>> {
        let order = self.context.order();
        let rank = |member: &Member| order.iter().position(|id| id == member.id());
        members.sort_by_key(rank);
        let mut cohorts: Vec<Vec<Member>> = Vec::new();
        for member in members {
            let linked = |other: &Member| {
                member
                    .package
                    .manifest
                    .dependencies
                    .contains_key(other.id())
                    || other
                        .package
                        .manifest
                        .dependencies
                        .contains_key(member.id())
            };
            let (mut joined, apart): (Vec<_>, Vec<_>) = cohorts
                .into_iter()
                .partition(|cohort| cohort.iter().any(linked));
            let mut cohort: Vec<Member> = joined.drain(..).flatten().collect();
            cohort.push(member);
            cohort.sort_by_key(rank);
            cohorts = apart;
            cohorts.push(cohort);
        }
        cohorts
    }

    /// Dependencies both ways and definitions, with the cohort as it would be (seed-corrections 23).
    pub(super) fn validate(
        &self,
        cohort: &[Member],
        options: &ReloadOptions,
    ) -> Result<(), StageError> {
        self.inject(cohort, options, Stage::Plan)?;
        let mut packages: BTreeMap<ModId, Package> = self
            .context
            .running()
            .iter()
            .map(|instance| {
                (
                    instance.generation.id().clone(),
                    Package::of(&instance.generation),
                )
            })
            .collect();
        packages.extend(
            cohort
                .iter()
                .map(|member| (member.id().clone(), member.package.clone())),
        );
        let manifests = packages
            .iter()
            .map(|(id, package)| (id.clone(), &*package.manifest))
            .collect();
        let order =
            load_order(&manifests, &self.known, &self.context.order()).map_err(|errors| {
                StageError {
                    stage: Stage::Plan,
                    mod_id: errors
                        .first()
                        .map_or_else(|| cohort[0].id().clone(), |error| error.mod_id().clone()),
                    faults: errors.iter().map(|error| error.fault()).collect(),
                }
            })?;
        let content: Vec<_> = order
            .iter()
            .filter_map(|id| packages.get(id))
            .map(|package| (&*package.manifest, &*package.bundle))
            .collect();
        let with_assets = cohort.iter().find(|member| {
            member
                .changed
                .iter()
                .any(|path| path.starts_with(ASSETS_FOLDER))
        });
        with_assets.map_or(Ok(()), |member| {
            self.validate_definitions(member.id(), &content)
        })
    }

    /// A running colony keeps its definitions: a change of files that changes none of them passes.
    fn validate_definitions(
        &self,
        id: &ModId,
        content: &[(&Manifest, &Bundle)],
    ) -> Result<(), StageError> {
        let fail = |faults| StageError {
            stage: Stage::Plan,
            mod_id: id.clone(),
            faults,
        };
        let definitions = read_definitions(content).map_err(fail)?;
        if definitions == *self.context.colony().definitions() {
            return Ok(());
        }
        let fault = Fault::new(
            "definitions in assets/ changed, and a running colony keeps the ones it began with",
        );
        Err(fail(vec![fault.help("begin a new run to use them")]))
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

/// Code that is gone without a word in the manifest is a file deleted by mistake, not a mod of content alone.
fn lost_entry(old: &Instance, package: &Package, changed: &[String]) -> Option<Fault> {
    let entry = old.generation.manifest.entry.as_ref()?;
    if package.manifest.entry.is_some() || changed.iter().any(|path| path == MANIFEST_FILE) {
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
