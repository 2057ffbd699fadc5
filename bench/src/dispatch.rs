//! An event with all its fields, from the host to one handler, against loops that anyone could write with mlua.

use mlua::{Function, Table};
use modding::runtime::{Event, EventContent};
use modding::value::Value;

use crate::colony::{Colony, Done, TICK, counting, event};
use crate::machine::Machine;
use crate::measure::{Figure, Side, take_turns};
use crate::table::{Row, Section};

const HANDLER: &str = "function(event)
    count = count + 1
    sum = sum + event.job.priority
end";

/// The priority that the event says.
const PRIORITY: i64 = 9;

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

/// A loop that anyone could write: a machine of its own and a function in it that leads to the handler.
struct Peer {
    shown: &'static str,
    machine: Machine,
    call: Function,
    /// Gives `count` and `sum`.
    done: Function,
    /// One turn of the loop.
    turn: fn(&Peer, &Job) -> mlua::Result<()>,
    /// What a turn adds to `sum`.
    sum: u64,
}

impl Peer {
    /// `function` is what the loop calls; it may call `handler`.
    fn new(
        shown: &'static str,
        machine: Machine,
        function: &str,
        turn: fn(&Peer, &Job) -> mlua::Result<()>,
    ) -> Peer {
        let script = format!(
            "local count, sum = 0, 0
             local handler = {HANDLER}
             return {{ call = {function}, done = function() return count, sum end }}"
        );
        let functions: Table = machine.run(&script);
        let function = |name: &str| functions.get(name).expect("the script returns it");
        Peer {
            shown,
            call: function("call"),
            done: function("done"),
            machine,
            turn,
            sum: PRIORITY.unsigned_abs(),
        }
    }

    fn side<'a>(&'a self, job: &'a Job) -> Side<'a> {
        Side::new(1, move || {
            self.machine.begin_call();
            (self.turn)(self, job).expect("the handler does not fail");
        })
    }

    /// Asserts that a figure is that of work that was done.
    fn assert_done(&self, figure: Figure) {
        self.machine.begin_call();
        let done: (u64, u64) = self.done.call(()).expect("it returns two numbers");
        let count = figure.operations;
        assert_eq!(done, (count, count * self.sum), "{}", self.shown);
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

const FOUR_NUMBERS: &str = "function(tick, id, priority, x)
    count = count + 1
    sum = sum + priority
end";

fn peers() -> [Peer; 6] {
    let free = |shown, function, turn| Peer::new(shown, Machine::new(), function, turn);
    let builder = |shown, machine| Peer::new(shown, machine, BUILDER, call_builder);
    [
        builder(
            "loop: Luau builds the table, steps counted",
            Machine::metered(),
        ),
        builder("loop: the same, and memory limited", Machine::bounded()),
        builder("loop: the same, nothing bounded", Machine::new()),
        free(
            "loop: Rust builds the table, nothing bounded",
            "handler",
            call_with_table,
        ),
        free(
            "loop: four numbers, no table, nothing bounded",
            FOUR_NUMBERS,
            |peer, job| peer.call.call((TICK, job.id, job.priority, job.x)),
        ),
        Peer {
            sum: 0,
            ..free(
                "loop: bare call, nothing bounded",
                "function() count = count + 1 end",
                |peer, _| peer.call.call(()),
            )
        },
    ]
}

/// Measures the topic.
pub(crate) fn measure() -> Section {
    let mut rows = one_handler();
    rows.extend(nobody());
    Section {
        title: "Dispatch of an event",
        unit: "deliveries",
        per_second: false,
        rows,
    }
}

fn one_handler() -> Vec<Row> {
    let job = Job {
        id: 97,
        kind: "haul".to_owned(),
        priority: PRIORITY,
        x: 12,
        y: 31,
        colonist: Some(4),
        item: Some("wood".to_owned()),
    };
    let event = job_created(&job);
    let mut colony = Colony::new(&[counting("job_created", HANDLER)]);
    let peers = peers();
    let [first, second, third, fourth, fifth, sixth] = peers.each_ref().map(|peer| peer.side(&job));
    let ours = Side::new(1, || colony.host.deliver(&event));
    let [ours, theirs @ ..] = take_turns([ours, first, second, third, fourth, fifth, sixth]);
    let count = ours.operations;
    let sum = count * PRIORITY.unsigned_abs();
    assert_eq!(colony.done("job_created"), Done { count, sum });
    let rows = peers
        .iter()
        .zip(theirs)
        .enumerate()
        .map(|(at, (peer, figure))| {
            peer.assert_done(figure);
            let row = Row::new(
                "`job_created`, all fields, one handler",
                ours,
                peer.shown,
                figure,
            );
            if at == 0 { row.aim("1.5") } else { row }
        });
    rows.collect()
}

/// An event that no mod hears.
fn nobody() -> Vec<Row> {
    let with_mods = |mods| Colony::new(&vec![counting("job_created", HANDLER); mods]);
    let (mut one, mut hundred) = (with_mods(1), with_mods(100));
    let unheard = event("job_completed");
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
        tick: TICK,
        content: EventContent::Fields(fields),
    }
}

fn call_builder(peer: &Peer, job: &Job) -> mlua::Result<()> {
    let (kind, item) = (job.kind.as_str(), job.item.as_deref());
    peer.call.call((
        TICK,
        job.id,
        kind,
        job.priority,
        job.x,
        job.y,
        job.colonist,
        item,
    ))
}

fn call_with_table(peer: &Peer, job: &Job) -> mlua::Result<()> {
    let lua = &peer.machine.lua;
    let inner = lua.create_table_with_capacity(0, 7)?;
    inner.raw_set("id", job.id)?;
    inner.raw_set("kind", job.kind.as_str())?;
    inner.raw_set("priority", job.priority)?;
    inner.raw_set("x", job.x)?;
    inner.raw_set("y", job.y)?;
    inner.raw_set("colonist", job.colonist)?;
    inner.raw_set("item", job.item.as_deref())?;
    let event = lua.create_table_with_capacity(0, 3)?;
    event.raw_set("name", "job_created")?;
    event.raw_set("tick", TICK)?;
    event.raw_set("job", inner)?;
    peer.call.call(event)
}
