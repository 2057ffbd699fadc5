//! An event with all its fields, from the host to one handler, against loops that anyone could write with mlua.

use mlua::{Function, Table};
use modding::runtime::{Event, EventContent};
use modding::value::Value;

use crate::colony::{Colony, Done, counting, event};
use crate::machine::Machine;
use crate::measure::{Figure, Side, take_turns};
use crate::table::{Row, Section};

const HANDLER: &str = "function(event)
    count = count + 1
    sum = sum + event.job.priority
end";

/// What the loop hands over, as a program would hold it.
struct Job {
    id: i64,
    kind: String,
    priority: i64,
    x: i64,
    y: i64,
    colonist: Option<i64>,
    item: Option<String>,
}

/// A handler in a machine of its own, and what asks how often it was called.
struct Peer {
    machine: Machine,
    /// Takes what the loop hands over.
    call: Function,
    /// Gives `count` and `sum`.
    done: Function,
}

impl Peer {
    /// `function` is what the loop calls; it may call `handler`.
    fn new(machine: Machine, function: &str) -> Peer {
        let script = format!(
            "local count, sum = 0, 0
             local handler = {HANDLER}
             return {{ call = {function}, done = function() return count, sum end }}"
        );
        let functions: Table = machine.run(&script);
        let function = |name: &str| functions.get(name).expect("the script returns it");
        Peer {
            call: function("call"),
            done: function("done"),
            machine,
        }
    }

    /// Asserts that a figure is that of work that was done.
    fn assert(&self, figure: Figure, priority: i64) {
        self.machine.begin_call();
        let (count, sum) = self
            .done
            .call::<(u64, u64)>(())
            .expect("it returns two numbers");
        let expected = Done {
            count: figure.operations,
            sum: figure.operations * priority.unsigned_abs(),
        };
        assert_eq!(
            Done { count, sum },
            expected,
            "calls of the hand-written loop"
        );
    }
}

/// Luau that takes scalars, builds the event and calls the handler with it.
const BUILDER: &str = "function(tick, id, kind, priority, x, y, colonist, item)
    handler({
        name = 'job_created',
        tick = tick,
        job = { id = id, kind = kind, priority = priority, x = x, y = y, colonist = colonist, item = item },
    })
end";

/// Measures the topic.
pub(crate) fn measure() -> Section {
    let job = Job {
        id: 97,
        kind: "haul".to_owned(),
        priority: 9,
        x: 12,
        y: 31,
        colonist: Some(4),
        item: Some("wood".to_owned()),
    };
    let event = job_created(&job);
    let mut colony = Colony::new(&[counting("job_created", HANDLER)]);
    let metered = Peer::new(Machine::metered(), BUILDER);
    let free = Peer::new(Machine::new(), BUILDER);
    let from_rust = Peer::new(Machine::new(), "handler");
    let scalars = Peer::new(
        Machine::new(),
        "function(tick, id, priority, x) count = count + 1; sum = sum + priority end",
    );
    let bare = Peer::new(Machine::new(), "function() count = count + 1 end");
    let [ours, by_metered, by_free, by_rust, by_scalars, by_bare] = take_turns([
        Side::new(1, || colony.host.deliver(&event)),
        Side::new(1, || call_builder(&metered, &job)),
        Side::new(1, || call_builder(&free, &job)),
        Side::new(1, || call_with_table(&from_rust, &job)),
        Side::new(1, || {
            let arguments = (1690, job.id, job.priority, job.x);
            scalars
                .call
                .call::<()>(arguments)
                .expect("it does not fail");
        }),
        Side::new(1, || bare.call.call::<()>(()).expect("it does not fail")),
    ]);
    let done = Done {
        count: ours.operations,
        sum: ours.operations * job.priority.unsigned_abs(),
    };
    assert_eq!(colony.done("job_created"), done);
    for (peer, figure) in [
        (&metered, by_metered),
        (&free, by_free),
        (&from_rust, by_rust),
        (&scalars, by_scalars),
    ] {
        peer.assert(figure, job.priority);
    }
    bare.assert(by_bare, 0);

    let work = "`job_created`, all fields, one handler";
    let mut rows = vec![
        Row::new(
            work,
            ours,
            "loop: Luau builds the table, steps counted",
            by_metered,
        )
        .aim("1.5"),
        Row::new(
            work,
            ours,
            "loop: Luau builds the table, nothing counted",
            by_free,
        ),
        Row::new(
            work,
            ours,
            "loop: Rust builds the table, nothing counted",
            by_rust,
        ),
        Row::new(
            work,
            ours,
            "loop: four numbers, no table, nothing counted",
            by_scalars,
        ),
        Row::new(work, ours, "loop: bare call, nothing counted", by_bare),
    ];
    rows.extend(nobody());
    Section {
        title: "Dispatch of an event",
        unit: "deliveries",
        rows,
    }
}

/// An event that no mod hears.
fn nobody() -> Vec<Row> {
    let with_mods = |mods| Colony::new(&vec![counting("job_created", HANDLER); mods]);
    let (mut one, mut hundred) = (with_mods(1), with_mods(100));
    let unheard = event("job_completed", 1690);
    let [by_one, by_hundred] = take_turns([
        Side::new(1, || one.host.deliver(&unheard)),
        Side::new(1, || hundred.host.deliver(&unheard)),
    ]);
    for colony in [&mut one, &mut hundred] {
        assert_eq!(colony.done("job_created"), Done { count: 0, sum: 0 });
    }
    vec![
        Row::alone("an event that the one mod does not hear", by_one),
        Row::alone("an event that none of 100 mods hears", by_hundred),
    ]
}

fn job_created(job: &Job) -> Event {
    let fields = vec![
        Some(Value::Integer(job.id)),
        Some(Value::text(&job.kind)),
        Some(Value::Integer(job.priority)),
        Some(Value::Integer(job.x)),
        Some(Value::Integer(job.y)),
        job.colonist.map(Value::Integer),
        job.item.as_deref().map(Value::from),
    ];
    Event {
        name: "job_created".into(),
        tick: 1690,
        content: EventContent::Fields(fields),
    }
}

fn call_builder(peer: &Peer, job: &Job) {
    peer.machine.begin_call();
    let (kind, item) = (job.kind.as_str(), job.item.as_deref());
    let arguments = (
        1690,
        job.id,
        kind,
        job.priority,
        job.x,
        job.y,
        job.colonist,
        item,
    );
    peer.call.call::<()>(arguments).expect("it does not fail");
}

fn call_with_table(peer: &Peer, job: &Job) {
    let table = table(peer, job).expect("the machine has room");
    peer.call.call::<()>(table).expect("it does not fail");
}

fn table(peer: &Peer, job: &Job) -> mlua::Result<Table> {
    let lua = &peer.machine.lua;
    let inner = lua.create_table_with_capacity(0, 7)?;
    inner.raw_set("id", job.id)?;
    inner.raw_set("kind", job.kind.as_str())?;
    inner.raw_set("priority", job.priority)?;
    inner.raw_set("x", job.x)?;
    inner.raw_set("y", job.y)?;
    inner.raw_set("colonist", job.colonist)?;
    inner.raw_set("item", job.item.as_deref())?;
    let outer = lua.create_table_with_capacity(0, 3)?;
    outer.raw_set("name", "job_created")?;
    outer.raw_set("tick", 1690)?;
    outer.raw_set("job", inner)?;
    Ok(outer)
}
