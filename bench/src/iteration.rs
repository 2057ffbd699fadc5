//! `pairs` in the order of the keys, against the interpreter's own, whose order is that of a hash.

use mlua::Function;

use crate::colony::{Colony, Done, event, reporting};
use crate::machine::Machine;
use crate::measure::{Side, take_turns};
use crate::table::{Row, Section};

/// Elements gone over in one call of a handler, so that the call itself does not count.
const ELEMENTS_PER_CALL: u64 = 10_000;

/// What is gone over.
struct Subject {
    shown: &'static str,
    /// Luau for the key of the element `i` of `N`.
    key: &'static str,
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        shown: "string keys",
        // 7,919 has no factor in common with the sizes: all keys, in no order.
        key: "'key' .. i * 7919 % N",
    },
    Subject {
        shown: "list elements",
        key: "i",
    },
];

impl Subject {
    /// An expression of Luau: a function that goes over the subject and returns the sum of what it met.
    fn traversal(&self, size: u64) -> String {
        let key = self.key.replace('N', &size.to_string());
        let repeats = ELEMENTS_PER_CALL / size;
        format!(
            "(function()
               local subject = {{}}
               for i = 1, {size} do subject[{key}] = i end
               return function()
                 local sum = 0
                 for _ = 1, {repeats} do
                   for key, value in pairs(subject) do sum = sum + value end
                 end
                 return sum
               end
             end)()"
        )
    }
}

/// Measures the topic.
pub(crate) fn measure() -> Section {
    let sizes = [(10, "10"), (100, "100"), (1_000, "1,000")];
    Section {
        title: "`for key, value in pairs(table)`",
        unit: "elements",
        per_second: false,
        rows: SUBJECTS
            .iter()
            .flat_map(|subject| sizes.map(|(size, shown)| row(subject, size, shown)))
            .collect(),
    }
}

fn row(subject: &Subject, size: u64, shown: &str) -> Row {
    let traversal = subject.traversal(size);
    let mut colony = Colony::new(&[reporting(&format!(
        "local traverse = {traversal}
         colony.events.register('bench:traverse', function()
           done('traverse', {ELEMENTS_PER_CALL}, traverse())
         end)"
    ))]);
    let traverse = event("bench:traverse");
    let machine = Machine::new();
    let native: Function = machine.run(&format!("return {traversal}"));
    let mut sum_of_native = 0;
    let [ours, theirs] = take_turns([
        Side::new(ELEMENTS_PER_CALL, || colony.host.deliver(&traverse)),
        Side::new(ELEMENTS_PER_CALL, || {
            sum_of_native += native.call::<u64>(()).expect("it returns a number");
        }),
    ]);
    // The values are 1..=size.
    let sum_of = |elements: u64| elements / size * (size * (size + 1) / 2);
    let count = ours.operations;
    let sum = sum_of(count);
    assert_eq!(colony.done("traverse"), Done { count, sum });
    assert_eq!(sum_of_native, sum_of(theirs.operations));
    let work = format!("{shown} {}", subject.shown);
    Row::new(work, ours, "native `pairs`, nothing bounded", theirs)
}
