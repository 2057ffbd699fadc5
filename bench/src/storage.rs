//! `colony.storage`, which the host owns, against a plain table: the same handler for both, in the same machine.

use std::cell::RefCell;

use crate::colony::{Colony, Done, event, reporting};
use crate::measure::{Side, take_turns};
use crate::table::{Row, Section};

/// Operations in one call of a handler, so that the call itself does not count.
const OPERATIONS_PER_CALL: u64 = 1_000;

/// What a handler does.
struct Work {
    name: &'static str,
    /// As it is shown.
    shown: &'static str,
    /// Luau over `TABLE`, which leaves in `sum` what it met. `N` is the number of operations.
    code: &'static str,
    /// What `sum` is then.
    sum: u64,
}

const WORKS: [Work; 5] = [
    Work {
        name: "read",
        shown: "read: `storage.x`",
        code: "for i = 1, N do sum = sum + TABLE.x end",
        sum: 7 * OPERATIONS_PER_CALL,
    },
    Work {
        name: "nested_read",
        shown: "nested read: `storage.inner.x`",
        code: "for i = 1, N do sum = sum + TABLE.inner.x end",
        sum: 7 * OPERATIONS_PER_CALL,
    },
    Work {
        name: "write",
        shown: "write: `storage.y = i`",
        code: "for i = 1, N do TABLE.y = i end sum = TABLE.y",
        sum: OPERATIONS_PER_CALL,
    },
    Work {
        name: "nested_write",
        shown: "nested write: `storage.inner.y = i`",
        code: "for i = 1, N do TABLE.inner.y = i end sum = TABLE.inner.y",
        sum: OPERATIONS_PER_CALL,
    },
    Work {
        name: "append",
        shown: "append: `table.insert(storage.list, i)`",
        code: "TABLE.list = {} for i = 1, N do table.insert(TABLE.list, i) end sum = #TABLE.list",
        sum: OPERATIONS_PER_CALL,
    },
];

impl Work {
    fn handler(&self, kind: &str, table: &str) -> String {
        let name = self.handler_name(kind);
        let code = self.code.replace("TABLE", table);
        let code = code.replace('N', &OPERATIONS_PER_CALL.to_string());
        format!(
            "colony.events.register('bench:{name}', function()
               local sum = 0
               {code}
               done('{name}', {OPERATIONS_PER_CALL}, sum)
             end)\n"
        )
    }

    fn handler_name(&self, kind: &str) -> String {
        format!("{kind}_{}", self.name)
    }
}

/// Measures the topic.
pub(crate) fn measure() -> Section {
    let handlers: String = WORKS
        .iter()
        .flat_map(|work| {
            [
                work.handler("storage", "colony.storage"),
                work.handler("plain", "plain"),
            ]
        })
        .collect();
    let tables = "local plain = { x = 7, y = 0, inner = { x = 7, y = 0 } }
         colony.state.define({ x = 7, y = 0, inner = { x = 7, y = 0 } })";
    let script = reporting(&format!("{tables}\n{handlers}"));
    let mut colony = Colony::new(&[script]);
    Section {
        title: "Storage",
        unit: "operations",
        per_second: false,
        rows: WORKS.iter().map(|work| row(&mut colony, work)).collect(),
    }
}

fn row(colony: &mut Colony, work: &Work) -> Row {
    let shared = RefCell::new(&mut *colony);
    let side = |kind| {
        let event = event(&format!("bench:{}", work.handler_name(kind)));
        let shared = &shared;
        Side::new(OPERATIONS_PER_CALL, move || {
            shared.borrow_mut().host.deliver(&event);
        })
    };
    let [storage, plain] = take_turns([side("storage"), side("plain")]);
    for (kind, figure) in [("storage", storage), ("plain", plain)] {
        let count = figure.operations;
        let sum = count / OPERATIONS_PER_CALL * work.sum;
        assert_eq!(colony.done(&work.handler_name(kind)), Done { count, sum });
    }
    Row::new(work.shown, storage, "plain table, same machine", plain)
}
