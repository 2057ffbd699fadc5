//! Unit tests in a mod's `tests/*.lua`: each runs in a machine of its own beside a new colony in which the mod runs.
//!
//! The test's code is not part of the mod: it has `require` over the mod's scripts, and instead of the mod's `colony` the
//! functions that drive and question the colony from outside. It can fail, but it cannot change what the mod keeps.

mod stage;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::bundle::Bundle;
use crate::context::{Context, LogLine};
use crate::diagnostic::Fault;
use crate::error::{GuestError, Location};
use crate::generation::Generation;
use crate::handover::Package;
use crate::lua::{KnownScripts, Scripts, TestMachine};
use crate::mod_id::ModId;

pub(crate) use stage::Stage;

/// A test that a file declares.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitTest {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// The colony that it wishes for.
    pub colony: TestColony,
}

/// The colony of a test at tick 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestColony {
    /// Decides everything that is random.
    pub seed: u64,
    /// Columns and rows of the generated map.
    pub size: (u16, u16),
    /// How many colonists there are.
    pub colonists: u32,
    /// Items in the stockpile, by id.
    pub stock: BTreeMap<String, u32>,
}

impl Default for TestColony {
    fn default() -> TestColony {
        TestColony {
            seed: 1,
            size: (32, 32),
            colonists: 3,
            stock: BTreeMap::from([("meal".to_owned(), 24), ("wood".to_owned(), 40)]),
        }
    }
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitTestResult {
    /// Why it failed; empty where it passed.
    pub faults: Vec<Fault>,
    /// Ticks that it let pass.
    pub ticks: u64,
    /// What the test and the mods wrote.
    pub log: Vec<LogLine>,
}

/// The mod under test, and the mods that it needs, in any order.
#[derive(Clone, Debug)]
pub struct UnitTestSubject {
    /// The mod.
    pub mod_id: ModId,
    /// Its files and those of the mods that it runs with, `base` among them.
    pub bundles: Vec<Bundle>,
    /// Mods that exist, loaded or not.
    pub known: BTreeSet<ModId>,
}

/// The paths of a mod's test files, sorted.
pub fn test_files(bundle: &Bundle) -> Vec<String> {
    let is_test = |path: &&str| {
        path.starts_with("tests/") && (path.ends_with(".lua") || path.ends_with(".luau"))
    };
    bundle.paths().filter(is_test).map(str::to_owned).collect()
}

/// The tests that a file declares, in its order.
///
/// # Errors
/// A file that cannot be read or declares no test, and mods with which no colony begins.
pub fn tests_in(subject: &UnitTestSubject, path: &str) -> Result<Vec<UnitTest>, Vec<Fault>> {
    let stage = Stage::new(subject, &TestColony::default())?;
    let tests = machine(subject, path, Rc::new(RefCell::new(stage)))?.tests();
    if tests.is_empty() {
        let fault = Fault::new(format!("{}/{path} declares no test", subject.mod_id));
        let help = "write colony.test(\"what must hold\", function(t) ... end)";
        return Err(vec![fault.help(help)]);
    }
    Ok(tests)
}

/// Runs one test of a file, in a colony of its own.
///
/// # Errors
/// See [`tests_in`].
pub fn run(
    subject: &UnitTestSubject,
    path: &str,
    test: &UnitTest,
) -> Result<UnitTestResult, Vec<Fault>> {
    let sources = subject.package()?.sources;
    let stage = Rc::new(RefCell::new(Stage::new(subject, &test.colony)?));
    let machine = machine(subject, path, stage.clone())?;
    let result = machine.run(&test.name);
    let mut log = machine.take_log();
    let mut faults: Vec<Fault> = result
        .err()
        .iter()
        .map(|error| error.fault(&sources))
        .collect();
    let mut stage = stage.borrow_mut();
    faults.extend(stage.unexpected_failures());
    log.extend(stage.take_log());
    Ok(UnitTestResult {
        faults,
        ticks: stage.ticks(),
        log,
    })
}

impl UnitTestSubject {
    /// The mod under test, with the library code that it reaches.
    fn package(&self) -> Result<Package, Vec<Fault>> {
        let mut world = BTreeMap::new();
        for bundle in &self.bundles {
            let package = Package::read(Rc::new(bundle.clone()))?;
            world.insert(package.manifest.id.clone(), package);
        }
        let missing = || vec![Fault::new(format!("there is no mod `{}`", self.mod_id))];
        let package = world.get(&self.mod_id).ok_or_else(missing)?;
        Ok(package.bound(&world))
    }
}

/// A machine with a test file loaded.
fn machine(
    subject: &UnitTestSubject,
    path: &str,
    stage: Rc<RefCell<Stage>>,
) -> Result<TestMachine, Vec<Fault>> {
    let package = subject.package()?;
    let sources = package.sources.clone();
    let fault = |error: &GuestError| error.fault(&sources);
    let scripts = Scripts::compile_with_test(&sources, &KnownScripts::default(), path)
        .map_err(|errors| errors.iter().map(fault).collect::<Vec<_>>())?;
    let generation = Rc::new(Generation::new(
        0,
        sources.clone(),
        package.manifest,
        package.config,
    ));
    // What a machine writes and draws goes to a context of its own: the host's is for the mods.
    let context = Rc::new(Context::new(stage.borrow().fork_colony()));
    let machine = TestMachine::new(context, generation, scripts, stage);
    let machine = machine.map_err(|error| vec![fault(&error)])?;
    machine.load(path).map_err(|error| vec![fault(&error)])?;
    Ok(machine)
}
