//! Reading the expectations of scenarios.

use super::*;

const EXPECTATION_FAULTS: &[Row] = &[
    (
        "equals = 1",
        &[
            "9:1 expected one subject, found none: `mod` with `path`, `world`, `event`, `failing_calls` or `hash_equals`",
        ],
    ),
    (
        "world = \"colonists.alive\"",
        &[
            "9:1 expected one comparison, found none: `equals`, `not_equals`, `at_least`, `at_most` or `exists`",
        ],
    ),
    (
        "world = \"colonist.alive\"\nat = 1\nevery = 2\nequals = 1",
        &[
            "10:9 unknown query `colonist.alive` (did you mean `colonists.alive`?)",
            "12:9 expected either `at` or `every`, found both",
        ],
    ),
    (
        "event = \"job_complete\"\ncount = 1",
        &["10:9 unknown event `job_complete` (did you mean `job_completed`?)"],
    ),
    (
        "event = \"stats:mine\"\nequals = 1",
        &[
            "11:10 `equals` does not go with `event`: write `count = 3` or `count = { at_least = 3 }`",
        ],
    ),
    (
        "event = \"job_created\"\ncount = { at_least = 1, at_most = 2 }",
        &["11:9 expected a number, `{ at_least = .. }` or `{ at_most = .. }`"],
    ),
    (
        "event = \"job_completed\"\nwhere = { id = \"3\", kind = true, \"job.item\" = 1, colour = 1 }\ncount = 1",
        &[
            "11:16 `id` of `job_completed` is an integer, found a string",
            "11:28 `kind` of `job_completed` is a string, found a boolean",
            "11:47 `job.item` of `job_completed` is a string, found an integer",
            "11:50 `job_completed` has no field `colour` (known here: colonist, id, item, job.colonist, job.id, job.item, job.kind, job.priority, job.x, job.y, kind, priority, x, y)",
        ],
    ),
    (
        "mod = \"stats\"\nat = 101\nexists = true",
        &[
            "9:1 missing key `path`, which says where in the mod's state to look",
            "11:6 expected an integer from 0 to 100, found 101",
        ],
    ),
    (
        "mod = \"stats\"\npath = \"a..b\"\nwhere = {}\nat_least = \"1\"",
        &[
            "11:8 expected names between dots, such as `by_kind.haul`",
            "12:9 `where` goes with `event`, not with `mod`",
            "13:12 expected an integer from -9223372036854775808 to 9223372036854775807, found a string",
        ],
    ),
    (
        "hash_equals = { without_step = \"torn\" }",
        &["10:32 no step has the label `torn`"],
    ),
    (
        "world = \"colonists.alive\"\nevent = \"job_created\"\ncount = 1",
        &[
            "9:1 expected one subject, found several: `mod` with `path`, `world`, `event`, `failing_calls` or `hash_equals`",
        ],
    ),
];

#[test]
fn every_fault_of_an_expectation_is_reported() {
    for &(expectation, expected) in EXPECTATION_FAULTS {
        assert_eq!(
            messages(&with(&format!("[[expect]]\n{expectation}\n"))),
            expected,
            "{expectation}"
        );
    }
}
