//! Work on all processors.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// What the main thread usually has; a thread gets less unless it asks.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Does `work` for each item on as many threads as there are processors. The results are in the order of the items; `done` hears
/// of each. Where the system gives no thread the work is done on this one.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    work: &(dyn Fn(&T) -> R + Sync),
    done: &mut dyn FnMut(),
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    each_on(threads, items, work, done)
}

/// The same on `threads` threads.
pub(super) fn each_on<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: &(dyn Fn(&T) -> R + Sync),
    done: &mut dyn FnMut(),
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads.min(items.len()) {
            let (sender, next) = (sender.clone(), &next);
            let take = move || {
                while let Some((at, item)) = take_next(next, items) {
                    if sender.send((at, work(item))).is_err() {
                        break;
                    }
                }
            };
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            // The threads that there are do the work of those that are missing.
            drop(builder.spawn_scoped(scope, take));
        }
        drop(sender);
        for (at, result) in receiver {
            results[at] = Some(result);
            done();
        }
    });
    let filled = results.into_iter().zip(items);
    filled
        .map(|(result, item)| result.unwrap_or_else(|| work(item)))
        .collect()
}

fn take_next<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::SeqCst);
    items.get(at).map(|item| (at, item))
}

#[cfg(test)]
mod tests {
    use super::each_on;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let squares: Vec<u64> = items.iter().map(|item| item * item).collect();
        for threads in [0, 1, 2, 8, 200] {
            assert_eq!(
                each_on(threads, &items, &|item| item * item, &mut || {}),
                squares
            );
        }
    }
}
