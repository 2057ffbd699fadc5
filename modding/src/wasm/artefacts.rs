//! Compiled components kept from one process to the next. `modding` reads no disk: whoever has one offers a store.

use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use wasmtime::Engine;
use wasmtime::component::Component;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::api::wit;

/// Where compiled components are kept. What is lost or damaged there is compiled again; whoever can write there can have this process run
/// what they wish, so it must be a place of the same user.
pub trait ArtefactStore: Send + Sync {
    /// What was kept under a name: letters, digits and `-`.
    fn read(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps an artefact under a name, or does not.
    fn write(&self, name: &str, artefact: &[u8]);
}

static STORE: OnceLock<Box<dyn ArtefactStore>> = OnceLock::new();

/// Keeps what this process compiles from now on, and uses what others have kept. The first store stays; false for any other.
pub fn keep_artefacts_in(store: Box<dyn ArtefactStore>) -> bool {
    STORE.set(store).is_ok()
}

/// Bytes of the checksum in front of an artefact.
const CHECKSUM_BYTES: usize = 16;

/// The component that was compiled from a file with that hash, if it was kept and is whole.
pub(super) fn kept(engine: &Engine, hash: u128) -> Option<Component> {
    let kept = STORE.get()?.read(&name(engine, hash))?;
    let (checksum, artefact) = kept.split_at_checked(CHECKSUM_BYTES)?;
    if xxh3_128(artefact).to_le_bytes() != checksum {
        return None;
    }
    deserialized(engine, artefact)
}

/// Keeps a component.
pub(super) fn keep(engine: &Engine, hash: u128, component: &Component) {
    let Some(store) = STORE.get() else { return };
    // What cannot be kept is compiled again.
    let Ok(artefact) = component.serialize() else {
        return;
    };
    let mut kept = xxh3_128(&artefact).to_le_bytes().to_vec();
    kept.extend(artefact);
    store.write(&name(engine, hash), &kept);
}

/// Names the file, the engine with all its settings, and the interface that the component was checked against.
fn name(engine: &Engine, hash: u128) -> String {
    let mut hasher = Xxh3::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.write(wit().as_bytes());
    format!("{hash:032x}-{:016x}", hasher.finish())
}

#[allow(
    unsafe_code,
    reason = "compiled code is trusted as far as the store is; its checksum is right and wasmtime compares its own version and settings"
)]
fn deserialized(engine: &Engine, artefact: &[u8]) -> Option<Component> {
    // SAFETY: see above.
    unsafe { Component::deserialize(engine, artefact) }.ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use super::super::engine::compiled_for_test;
    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

    impl ArtefactStore for Memory {
        fn read(&self, name: &str) -> Option<Vec<u8>> {
            self.0.lock().unwrap().get(name).cloned()
        }

        fn write(&self, name: &str, artefact: &[u8]) {
            let mut kept = self.0.lock().unwrap();
            kept.insert(name.to_owned(), artefact.to_vec());
        }
    }

    impl Memory {
        /// Changes what is kept under a name. Other tests of the process keep theirs here, too.
        fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
            change(self.0.lock().unwrap().get_mut(name).unwrap());
        }
    }

    #[test]
    fn what_is_kept_is_used_while_it_is_whole() {
        let memory = Memory::default();
        assert!(keep_artefacts_in(Box::new(memory.clone())));
        assert!(!keep_artefacts_in(Box::new(Memory::default())));
        let (engine, component) = compiled_for_test();
        keep(&engine, 7, &component);
        let name = name(&engine, 7);
        assert!(memory.read(&name).is_some());
        assert!(kept(&engine, 7).is_some());
        assert!(kept(&engine, 8).is_none());
        for damage in [0, CHECKSUM_BYTES + 100] {
            memory.change(&name, |artefact| artefact[damage] ^= 1);
            assert!(kept(&engine, 7).is_none(), "byte {damage}");
            memory.change(&name, |artefact| artefact[damage] ^= 1);
        }
        memory.change(&name, |artefact| artefact.truncate(9));
        assert!(kept(&engine, 7).is_none());
    }
}
