//! Functions for colonists.

use sim::{Command, HEALTH_MAX, Hour};

use crate::value::Value;

use super::{
    ApiError, Arguments, COLONIST, FunctionDescription, Kind, colonist_value, command, count_value,
    list, optional, position, read, required, stable_id,
};

pub(super) const FUNCTIONS: &[FunctionDescription] = &[
    read(
        "colonists.list",
        &[],
        Kind::List(&Kind::Record(&COLONIST)),
        "The living colonists, in the order in which they came.",
        |context, _, _| {
            let colony = context.colony();
            Ok(Some(list(
                colony
                    .view()
                    .colonists()
                    .map(|colonist| colonist_value(&colonist))
                    .collect(),
            )))
        },
    ),
    read(
        "colonists.get",
        &[required("id", Kind::Integer)],
        Kind::Optional(&Kind::Record(&COLONIST)),
        "A living colonist; nil once dead.",
        |context, _, arguments| {
            let id = stable_id(arguments, 0)?;
            Ok(context
                .colony()
                .view()
                .colonist(id)
                .map(|colonist| colonist_value(&colonist)))
        },
    ),
    read(
        "colonists.count",
        &[],
        Kind::Integer,
        "How many colonists are alive.",
        |context, _, _| {
            Ok(Some(count_value(
                context.colony().view().colonists().count(),
            )))
        },
    ),
    command(
        "colonists.join",
        &[required("x", Kind::Integer), required("y", Kind::Integer)],
        "colonists.write",
        "Lets a colonist join at a tile that can be walked on.",
        |arguments| {
            Ok(Command::SpawnColonist {
                at: position(arguments, 0)?,
            })
        },
    ),
    command(
        "colonists.set_schedule",
        &[
            required("id", Kind::Integer),
            optional("hours", Kind::List(&HOUR)),
        ],
        "colonists.write",
        "Says what the 24 hours of somebody's day are for, from midnight on: `anything`, `work` (needs only once they are critical), \
         `sleep` or `leisure` (no work that is not urgent). Without hours, the day has no plan.",
        |arguments| {
            Ok(Command::SetSchedule {
                colonist: stable_id(arguments, 0)?,
                hours: hours(arguments, 1)?,
            })
        },
    ),
    read(
        "colonists.schedule",
        &[required("id", Kind::Integer)],
        Kind::Optional(&Kind::List(&HOUR)),
        "What the hours of somebody's day are for; nil without a plan, and if there is nobody of that id.",
        |context, _, arguments| {
            let schedule = context.colony().view().schedule(stable_id(arguments, 0)?);
            Ok(schedule.map(|hours| {
                let hours = hours.iter().map(|hour| Value::text(hour.name()));
                list(hours.collect())
            }))
        },
    ),
    command(
        "colonists.allow_work",
        &[
            required("id", Kind::Integer),
            required("kind", Kind::Text),
            required("allowed", Kind::Boolean),
        ],
        "colonists.write",
        "Says whether somebody takes jobs of a kind; what they are at they finish.",
        |arguments| {
            Ok(Command::AllowWork {
                colonist: stable_id(arguments, 0)?,
                kind: arguments.text(1)?.to_owned(),
                allowed: arguments.boolean(2)?,
            })
        },
    ),
    read(
        "colonists.forbidden_work",
        &[required("id", Kind::Integer)],
        Kind::List(&Kind::Text),
        "The kinds of job that somebody does not take; empty if there is nobody of that id.",
        |context, _, arguments| {
            let kinds = context
                .colony()
                .view()
                .forbidden_work(stable_id(arguments, 0)?);
            let kinds = kinds.iter().map(|kind| Value::text(kind.as_str()));
            Ok(Some(list(kinds.collect())))
        },
    ),
    read(
        "colonists.skills",
        &[required("id", Kind::Integer)],
        Kind::Map(&Kind::Integer),
        "Somebody's level of each skill, 0 to 20; empty if there is nobody of that id.",
        |context, _, arguments| {
            let skills = context.colony().view().skills(stable_id(arguments, 0)?);
            let levels = skills.iter();
            let levels = levels.map(|facts| (facts.skill.as_str(), i64::from(facts.level).into()));
            Ok(Some(Value::map(levels)))
        },
    ),
    command(
        "colonists.injure",
        &[
            required("id", Kind::Integer),
            required("points", Kind::Integer),
        ],
        "colonists.write",
        "Hurts somebody: health is lost, and a wound is left that others treat. They may die of it.",
        |arguments| {
            Ok(Command::Injure {
                colonist: stable_id(arguments, 0)?,
                points: arguments.integer_within(1, 1..=HEALTH_MAX)?,
            })
        },
    ),
    command(
        "colonists.heal",
        &[
            required("id", Kind::Integer),
            required("points", Kind::Integer),
        ],
        "colonists.write",
        "Gives somebody health back and heals as much of a wound.",
        |arguments| {
            Ok(Command::Heal {
                colonist: stable_id(arguments, 0)?,
                points: arguments.integer_within(1, 1..=HEALTH_MAX)?,
            })
        },
    ),
];

/// What an hour of the day is for.
const HOUR: Kind = Kind::OneOf(&["anything", "work", "sleep", "leisure"]);

fn hours(arguments: &Arguments, at: usize) -> Result<Option<Vec<Hour>>, ApiError> {
    let Some(names) = arguments.texts(at)? else {
        return Ok(None);
    };
    let hours = names.into_iter().enumerate().map(|(index, name)| {
        let hour = Hour::ALL.into_iter().find(|hour| hour.name() == name);
        hour.ok_or_else(|| {
            let (told, names) = (arguments.told(at), Hour::ALL.map(Hour::name));
            ApiError::new(format!(
                "{told} has `{name}` at {}, expected one of: {}",
                index + 1,
                names.join(", ")
            ))
        })
    });
    hours.collect::<Result<_, _>>().map(Some)
}
