//! Definitions that several mods have a hand in.

use sim::Definitions;

use crate::bundle::Bundle;
use crate::definitions::{OwnedDefinitions, owned_definitions};
use crate::manifest::Manifest;

/// A mod: its id, what its manifest adds, and its files of definitions by kind.
type Mod<'t> = (&'t str, &'t str, &'t [(&'t str, &'t str)]);

const ITEMS: &str = "[wood]\nstack_max = 50\nhaul_priority = 3\n\n[meal]\nstack_max = 10\nhaul_priority = 5\nnutrition = 3000\n";
const TERRAIN: &str = "[grass]\nsymbol = \".\"\nwalk_cost = 1\n\n[tree]\nsymbol = \"T\"\n";
const NEEDS: &str = "[food]\ndecay = 4\nseek_below = 4000\ncritical_below = 1500\ndamage = 5\n\n[rest]\ndecay = 3\nseek_below = 3000\ncritical_below = 1000\ndamage = 2\n";
const JOBS: &str = "[haul]\naction = \"haul\"\nwork = 1\n\n[eat]\naction = \"eat\"\npriority = 9\nwork = 10\n\n[sleep]\naction = \"sleep\"\npriority = 8\nwork = 10\n\n\
     [chop]\naction = \"harvest\"\npriority = 4\ntarget = \"tree\"\nleaves = \"grass\"\nyields = { wood = 5 }\nwork = 20\n";
const BASE: Mod<'static> = (
    "base",
    "",
    &[
        ("items", ITEMS),
        ("terrain", TERRAIN),
        ("needs", NEEDS),
        ("jobs", JOBS),
    ],
);
const ON_BASE: &str = "[dependencies]\nbase = \"^1\"\n";

fn owned(mods: &[Mod<'_>]) -> Result<OwnedDefinitions, Vec<String>> {
    let mods: Vec<(Manifest, Bundle)> = mods
        .iter()
        .map(|(id, more, files)| {
            let manifest =
                format!("id = \"{id}\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^1\"\n{more}");
            let assets = files
                .iter()
                .map(|(name, text)| (format!("assets/{name}.toml"), text.as_bytes().to_vec()));
            let files = assets.chain([("mod.toml".to_owned(), manifest.into_bytes())]);
            let bundle = Bundle::new(id, files).expect("good paths");
            let manifest = Manifest::parse(&bundle, &[]).expect("a good manifest");
            (manifest, bundle)
        })
        .collect();
    let mods: Vec<(&Manifest, &Bundle)> = mods
        .iter()
        .map(|(manifest, bundle)| (manifest, bundle))
        .collect();
    owned_definitions(&mods).map_err(|faults| {
        let told = faults.into_iter().map(|(_, fault)| match &fault.help {
            Some(help) => format!("{fault} ({help})"),
            None => fault.to_string(),
        });
        told.collect()
    })
}

fn read(mods: &[Mod<'_>]) -> Definitions {
    owned(mods)
        .unwrap_or_else(|faults| panic!("{faults:#?}"))
        .definitions
}

fn faults(mods: &[Mod<'_>]) -> Vec<String> {
    owned(mods).err().expect("faults")
}

fn conflicts(mods: &[Mod<'_>]) -> Vec<String> {
    let owned = owned(mods).unwrap_or_else(|faults| panic!("{faults:#?}"));
    owned
        .conflicts
        .into_iter()
        .map(|conflict| format!("{}: {}", conflict.mod_id, conflict.text))
        .collect()
}

#[test]
fn override_replaces_all_and_extend_what_it_names() {
    let extra: Mod<'_> = (
        "extra",
        ON_BASE,
        &[(
            "items",
            "[wood]\nextend = true\nstack_max = 75\n\n[meal]\noverride = true\nstack_max = 7\nhaul_priority = 1\n\n[clay]\nstack_max = 9\nhaul_priority = 2\n",
        )],
    );
    let (before, after) = (read(&[BASE]), read(&[BASE, extra]));
    assert_eq!(
        (
            after.items["wood"].stack_max,
            after.items["wood"].haul_priority
        ),
        (75, 3)
    );
    assert_eq!(
        (
            before.items["meal"].nutrition,
            after.items["meal"].nutrition
        ),
        (3000, 0)
    );
    assert_eq!(after.items["clay"].stack_max, 9);
    assert_eq!(after.jobs, before.jobs);
    let origins = owned(&[BASE, extra]).unwrap_or_else(|_| panic!()).origins;
    let of = |id: &str| -> Vec<String> {
        let mods = &origins[&("items", id.to_owned())];
        mods.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        (of("wood"), of("clay")),
        (vec!["base".into(), "extra".into()], vec!["extra".into()])
    );
}

#[test]
fn a_later_change_stands_over_an_earlier_one_in_whatever_order_mods_are_read() {
    let first: Mod<'_> = (
        "first",
        ON_BASE,
        &[(
            "items",
            "[wood]\nextend = true\nstack_max = 60\nhaul_priority = 7\n",
        )],
    );
    let second: Mod<'_> = (
        "second",
        "[dependencies]\nbase = \"^1\"\n[optional_dependencies]\nfirst = \"^1\"\n",
        &[("items", "[wood]\nextend = true\nstack_max = 70\n")],
    );
    for mods in [
        [BASE, first, second],
        [second, first, BASE],
        [first, BASE, second],
    ] {
        let wood = &read(&mods).items["wood"];
        assert_eq!((wood.stack_max, wood.haul_priority), (70, 7));
        assert_eq!(conflicts(&mods), [""; 0], "they know of one another");
    }
    let over: Mod<'_> = (
        "over",
        "[dependencies]\nbase = \"^1\"\nsecond = \"^1\"\nfirst = \"^1\"\n",
        &[(
            "items",
            "[wood]\noverride = true\nstack_max = 1\nhaul_priority = 2\n",
        )],
    );
    let wood = &read(&[BASE, first, second, over]).items["wood"];
    assert_eq!((wood.stack_max, wood.haul_priority), (1, 2));
}

#[test]
fn strangers_that_set_a_field_to_different_values_are_in_conflict() {
    let cold: Mod<'_> = (
        "cold",
        ON_BASE,
        &[(
            "items",
            "[wood]\nextend = true\nstack_max = 60\nhaul_priority = 4\n",
        )],
    );
    let warm: Mod<'_> = (
        "warm",
        ON_BASE,
        &[(
            "items",
            "[wood]\nextend = true\nhaul_priority = 0x4\nstack_max = 80\n",
        )],
    );
    assert_eq!(
        conflicts(&[BASE, cold, warm]),
        [
            "warm: `items.wood.stack_max` is 60 (cold/assets/items.toml:3) in cold and 80 (warm/assets/items.toml:4) in warm: warm has \
             its way, as it comes later; to decide it, let one of them depend on the other"
        ],
        "4 and 0x4 are the same"
    );
    let whole: Mod<'_> = (
        "whole",
        ON_BASE,
        &[(
            "items",
            "[meal]\noverride = true\nstack_max = 9\nhaul_priority = 5\n",
        )],
    );
    let rich: Mod<'_> = (
        "rich",
        ON_BASE,
        &[("items", "[meal]\nextend = true\nnutrition = 5000\n")],
    );
    assert_eq!(
        conflicts(&[BASE, rich, whole]),
        [
            "whole: `items.meal.nutrition` is 5000 (rich/assets/items.toml:3) in rich and without it (whole/assets/items.toml:1) in \
             whole: whole has its way, as it comes later; to decide it, let one of them depend on the other"
        ]
    );
    assert_eq!(
        conflicts(&[BASE, whole, rich]),
        [""; 0],
        "both have their way"
    );
}

#[test]
fn what_cannot_be_changed_is_told_at_the_table_that_would() {
    let rows: [(&str, &str, &[&str]); 6] = [
        (
            ON_BASE,
            "[wood]\nstack_max = 9\nhaul_priority = 1\n",
            &[
                "`items.wood` is already defined by base, base/assets/items.toml:1 at m/assets/items.toml:1:2 (choose another id, or write \
               `override = true` to put this in its place, `extend = true` to change these fields of it)",
            ],
        ),
        (
            ON_BASE,
            "[wod]\nextend = true\nstack_max = 9\n",
            &[
                "`items.wod` is defined by no mod before m, so there is nothing to extend at m/assets/items.toml:1:2 (did you mean `wood`?)",
            ],
        ),
        (
            ON_BASE,
            "[porcelain]\noverride = true\nstack_max = 9\nhaul_priority = 1\n",
            &[
                "`items.porcelain` is defined by no mod before m, so there is nothing to override at m/assets/items.toml:1:2 (to define it \
               here, leave out `override = true`; what another mod defines is there for those that depend on it)",
            ],
        ),
        (
            "",
            "[wood]\nextend = true\nstack_max = 9\n",
            &[
                "`items.wood` is of base, on which m does not depend at m/assets/items.toml:1:2 (write `base = \"^1\"` under \
               [dependencies] or [optional_dependencies] of mod.toml)",
            ],
        ),
        (
            ON_BASE,
            "[wood]\nextend = true\nstackmax = 9\n",
            &["unknown key `stackmax` at m/assets/items.toml:3:1 (did you mean `stack_max`?)"],
        ),
        (
            ON_BASE,
            "[wood]\nextend = true\noverride = true\n[meal]\nextend = 1\n",
            &[
                "`override` and `extend` exclude each other at m/assets/items.toml:2:1 (`override` puts the whole table in the place of \
                 the other, `extend` only its fields)",
                "expected `true` or `false`, found an integer at m/assets/items.toml:5:10",
            ],
        ),
    ];
    for (more, text, expected) in rows {
        let changing: Mod<'_> = ("m", more, &[("items", text)]);
        assert_eq!(faults(&[BASE, changing]), expected, "{text}");
    }
}

#[test]
fn what_a_change_makes_wrong_is_told_at_the_change() {
    let rows: [(&str, &str, &[&str]); 5] = [
        (
            "items",
            "[wood]\nextend = true\nstack_max = 0\n",
            &["expected an integer from 1 to 1000000, found 0 at m/assets/items.toml:3:13"],
        ),
        (
            "items",
            "[wood]\noverride = true\nstack_max = 5\n",
            &["missing key `haul_priority` at m/assets/items.toml:1:1"],
        ),
        (
            "jobs",
            "[chop]\nextend = true\ntarget = \"tre\"\n",
            &[
                "jobs.chop.target: `tre` is not defined in terrain; did you mean `tree`? at m/assets/jobs.toml:3:10",
            ],
        ),
        (
            "jobs",
            "[chop]\nextend = true\naction = \"labour\"\n",
            &[
                "`target` of base/assets/jobs.toml:18 goes with the action `harvest` only at m/assets/jobs.toml:1:1 (replace the whole \
                 definition: `override = true`)",
                "`leaves` of base/assets/jobs.toml:19 goes with the action `harvest` only at m/assets/jobs.toml:1:1 (replace the whole \
                 definition: `override = true`)",
            ],
        ),
        (
            "terrain",
            "[tree]\nextend = true\nwalk_cost = 1\n[grass]\nextend = true\nsymbol = \"T\"\n",
            &[
                "terrain.tree.symbol: `T` already stands for `grass`, expected another symbol at m/assets/terrain.toml:6:10 (it came in with `terrain.grass` of m)",
            ],
        ),
    ];
    for (kind, text, expected) in rows {
        let changing: Mod<'_> = ("m", ON_BASE, &[(kind, text)]);
        assert_eq!(faults(&[BASE, changing]), expected, "{text}");
    }
}

#[test]
fn what_belongs_to_a_mod_that_need_not_be_there_is_left_out_without_it() {
    let pottery: Mod<'_> = (
        "pottery",
        "",
        &[("items", "[clay]\nstack_max = 5\nhaul_priority = 1\n")],
    );
    let glaze: Mod<'_> = (
        "glaze",
        "[optional_dependencies]\npottery = \"^1\"\n",
        &[("items", "[clay]\nextend = true\nstack_max = 6\n")],
    );
    assert_eq!(read(&[BASE, pottery, glaze]).items["clay"].stack_max, 6);
    assert!(!read(&[BASE, glaze]).items.contains_key("clay"));
    assert_eq!(
        conflicts(&[BASE, glaze]),
        [
            "glaze: `items.clay` is defined by no mod that runs: what glaze/assets/items.toml:1 would change of it is left out"
        ]
    );
}
