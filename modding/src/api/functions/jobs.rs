//! Functions for jobs.

use sim::{Command, PRIORITY_MAX};

use crate::context::Context;

use super::{
    ApiError, Arguments, FunctionDescription, JOB, Kind, command, count_value, defined, job_value,
    list, optional, position, read, required, stable_id,
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    command(
        "jobs.set_priority",
        &[
            required("id", Kind::Integer),
            required("priority", Kind::Integer),
        ],
        "jobs.write",
        "Changes a job's priority, 0 to 10. From 8 on it is urgent and done first, wherever it is; below, people go 16 tiles further for one more.",
        |arguments| {
            Ok(Command::SetJobPriority {
                job: stable_id(arguments, 0)?,
                priority: arguments.integer_within(1, 0..=PRIORITY_MAX)?,
            })
        },
    ),
    command(
        "jobs.cancel",
        &[required("id", Kind::Integer)],
        "jobs.write",
        "Takes a job off the board.",
        |arguments| {
            Ok(Command::CancelJob {
                job: stable_id(arguments, 0)?,
            })
        },
    ),
    command(
        "jobs.designate",
        &[
            required("kind", Kind::Text),
            required("x", Kind::Integer),
            required("y", Kind::Integer),
        ],
        "jobs.write",
        "Orders work on a tile: a harvest where its target is (`chop` on a tree, `mine` on rock), labour on any ground (`forage`); the colony posts all other kinds itself.",
        |arguments| {
            Ok(Command::Designate {
                kind: arguments.text(0)?.to_owned(),
                at: position(arguments, 1)?,
            })
        },
    ),
    read(
        "jobs.get",
        &[required("id", Kind::Integer)],
        Kind::Optional(&Kind::Record(&JOB)),
        "A job on the board; nil once it is done or gone.",
        |context, _, arguments| {
            let id = stable_id(arguments, 0)?;
            Ok(context.colony().view().job(id).map(|job| job_value(&job)))
        },
    ),
    read(
        "jobs.list",
        &[optional("kind", Kind::Text)],
        Kind::List(&Kind::Record(&JOB)),
        "The jobs on the board, of one kind or of all, in the order in which they were made.",
        |context, _, arguments| {
            let kind = job_kind(context, arguments)?;
            let colony = context.colony();
            let jobs = colony
                .view()
                .jobs()
                .filter(|job| kind.is_none_or(|kind| job.kind == kind));
            Ok(Some(list(jobs.map(|job| job_value(&job)).collect())))
        },
    ),
    read(
        "jobs.count",
        &[optional("kind", Kind::Text)],
        Kind::Integer,
        "How many jobs are on the board, of one kind or of all.",
        |context, _, arguments| {
            let kind = job_kind(context, arguments)?;
            let colony = context.colony();
            let count = colony
                .view()
                .jobs()
                .filter(|job| kind.is_none_or(|kind| job.kind == kind))
                .count();
            Ok(Some(count_value(count)))
        },
    ),
];

/// The kind of job that an optional argument gives.
fn job_kind<'a>(context: &Context, arguments: &'a Arguments) -> Result<Option<&'a str>, ApiError> {
    if arguments.optional(0).is_none() {
        return Ok(None);
    }
    defined(
        arguments,
        0,
        "kind of job",
        &context.colony().definitions().jobs,
    )
    .map(Some)
}
