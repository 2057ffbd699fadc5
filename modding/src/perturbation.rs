//! What may differ between two runs without any mod being able to tell: when garbage is collected, where things lie in memory, and how
//! long an instance of a component lives. `colony-sim check` varies it to find mods that can tell.

use std::cell::Cell;

use crate::mod_id::ModId;

/// See the [module](self). The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Perturbation {
    /// The mod whose machine it is at work in; None: that of every mod.
    pub machine_of: Option<ModId>,
    /// Collects the garbage of a machine after every call that comes out at this many calls of it, and gives up the instance of a
    /// component; 0: as it comes.
    pub collect_every: u32,
    /// Decides what is allocated beside the machines, so that they lie elsewhere; 0: nothing.
    pub padding_seed: u64,
}

/// Blocks of memory beside a virtual machine.
const BLOCKS: u64 = 64;

/// Bytes of the largest of them.
const BLOCK_BYTES_MAX: u64 = 4_096;

/// A perturbation at work in one virtual machine.
#[derive(Debug)]
pub(crate) struct Perturbed {
    perturbation: Perturbation,
    calls: Cell<u32>,
    /// Kept as long as the machine, so that what lies beside it stays taken.
    _padding: Vec<Box<[u8]>>,
}

impl Perturbation {
    /// What of it is at work in the machine of `id`.
    pub(crate) fn in_machine_of(&self, id: &ModId) -> Perturbation {
        match &self.machine_of {
            Some(only) if only != id => Perturbation::default(),
            _ => self.clone(),
        }
    }

    /// Takes the memory that is to be taken before a machine is made.
    pub(crate) fn begin(self) -> Perturbed {
        let mut padding = Vec::new();
        if self.padding_seed != 0 {
            let mut state = self.padding_seed;
            for block in 0..BLOCKS {
                // Weyl's sequence, mixed once: sizes need to differ, not to be random.
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let bytes = 16 + (mixed >> 32) % BLOCK_BYTES_MAX;
                let taken = vec![0_u8; bytes as usize].into_boxed_slice();
                // Every third block is given back and leaves a hole for the machine to fill.
                if block % 3 != 0 {
                    padding.push(taken);
                }
            }
        }
        Perturbed {
            perturbation: self,
            calls: Cell::new(0),
            _padding: padding,
        }
    }
}

impl Perturbed {
    /// Whether garbage is to be collected after this call, whatever has been allocated, or the instance of a component given up.
    pub(crate) fn collects_now(&self) -> bool {
        let every = self.perturbation.collect_every;
        if every == 0 {
            return false;
        }
        let calls = self.calls.get() + 1;
        self.calls.set(if calls >= every { 0 } else { calls });
        calls >= every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_collected_as_often_as_asked() {
        let collected = |collect_every| {
            let perturbed = Perturbation {
                collect_every,
                ..Perturbation::default()
            }
            .begin();
            (0..6).map(|_| perturbed.collects_now()).collect::<Vec<_>>()
        };
        assert_eq!(collected(0), [false; 6]);
        assert_eq!(collected(1), [true; 6]);
        assert_eq!(collected(3), [false, false, true, false, false, true]);
    }
}
