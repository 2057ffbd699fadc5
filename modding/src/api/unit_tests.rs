//! What a unit test of a mod calls on `t`, for the editors' helpers; `docs/testing.md` tells it to people.

use super::kinds::{ANY_FUNCTION, Field, Kind, Record, Signature, field};

/// The table that a test is given.
pub(super) const TEST: Record = Record {
    name: "Test",
    doc: "drives and questions the colony of a test",
    prefix: "",
    fields: &[
        method("advance", &of(&[TICKS], Kind::Nothing)),
        method("fire", &of(&[NAME, FIELDS], Kind::Nothing)),
        method("command", &open(&[NAME], Kind::Nothing)),
        method("call", &open(&[NAME], Kind::Any)),
        method("export", &open(&[NAME], Kind::Any)),
        method("storage", &of(&[PATH], Kind::Any)),
        method("count", &of(&[NAME], Kind::Integer)),
        method("log", &of(&[], Kind::List(&Kind::Text))),
        method("tick", &of(&[], Kind::Integer)),
        method("reload", &of(&[], Kind::Nothing)),
        method("restart", &of(&[], Kind::Nothing)),
        method("expect_failing_calls", &of(&[COUNT], Kind::Nothing)),
        method("equals", &of(&[FOUND, EXPECTED, WHAT], Kind::Nothing)),
        method("not_equals", &of(&[FOUND, EXPECTED, WHAT], Kind::Nothing)),
        method("at_least", &of(&[NUMBER, BOUND, WHAT], Kind::Nothing)),
        method("at_most", &of(&[NUMBER, BOUND, WHAT], Kind::Nothing)),
        method("is_true", &of(&[FOUND, WHAT], Kind::Nothing)),
        method("is_false", &of(&[FOUND, WHAT], Kind::Nothing)),
        method("errors", &of(&[CALL, TEXT], Kind::Nothing)),
    ],
};

/// The function that a test is.
pub(super) const BODY: Signature = of(&[field("t", Kind::Record(&TEST))], Kind::Nothing);

/// The colony that a test wishes for.
pub(super) const TEST_OPTIONS: Record = Record {
    name: "TestOptions",
    doc: "the colony that a test wishes for",
    prefix: "",
    fields: &[
        field("seed", Kind::Optional(&Kind::Integer)),
        field("size", Kind::Optional(&Kind::List(&Kind::Integer))),
        field("colonists", Kind::Optional(&Kind::Integer)),
        field("stock", Kind::Optional(&Kind::Map(&Kind::Integer))),
    ],
};

const NAME: Field = field("name", Kind::Text);
const FIELDS: Field = field("fields", Kind::Optional(&Kind::Any));
const TICKS: Field = field("ticks", Kind::Optional(&Kind::Integer));
const COUNT: Field = field("count", Kind::Integer);
const PATH: Field = field("path", Kind::Optional(&Kind::Text));
const FOUND: Field = field("found", Kind::Any);
const EXPECTED: Field = field("expected", Kind::Any);
const NUMBER: Field = field("found", Kind::Number);
const BOUND: Field = field("bound", Kind::Number);
const WHAT: Field = field("what", Kind::Optional(&Kind::Text));
const TEXT: Field = field("text", Kind::Optional(&Kind::Text));
const CALL: Field = field("call", Kind::Function(&ANY_FUNCTION));

const fn method(name: &'static str, signature: &'static Signature) -> Field {
    field(name, Kind::Function(signature))
}

const fn of(parameters: &'static [Field], result: Kind) -> Signature {
    Signature {
        parameters,
        open: false,
        result,
    }
}

const fn open(parameters: &'static [Field], result: Kind) -> Signature {
    Signature {
        parameters,
        open: true,
        result,
    }
}
