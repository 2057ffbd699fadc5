//! Work on several threads: those of the pool that the caller runs in, so that colonies that run side by side do not take each other's.
//! What comes out never depends on how many there are.

/// Colonies with so many jobs and colonists are worth it; in smaller ones the work is done before another thread is awake.
pub(crate) const LARGE_MIN: usize = 4_096;

/// Does both, at the same time if that is worth it.
pub(crate) fn join<A: Send, B: Send>(
    is_worth_it: bool,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if is_worth_it {
        rayon::join(one, other)
    } else {
        (one(), other())
    }
}
