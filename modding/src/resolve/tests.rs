use super::cache::ResolutionCache;
use super::error::spell_chain;
use super::*;
use crate::bundle::Bundle;

/// Mods from rows of id, version and dependencies (`a ^1`).
fn manifests(rows: &[(&str, &str, &[&str])]) -> Vec<Manifest> {
    rows.iter()
        .map(|(id, version, dependencies)| {
            let mut text = format!("id = \"{id}\"\nname = \"x\"\nversion = \"{version}\"\napi = \"^1\"\n[dependencies]\n");
            for dependency in *dependencies {
                let (name, range) = dependency.split_once(' ').unwrap_or((dependency, "*"));
                text += &format!("{name} = \"{range}\"\n");
            }
            let bundle = Bundle::new(id, [("mod.toml".to_owned(), text.into_bytes())]).expect("good paths");
            Manifest::parse(&bundle, &[]).expect("a good manifest")
        })
        .collect()
}

fn ids(names: &[&str]) -> Vec<ModId> {
    names
        .iter()
        .map(|name| ModId::parse(name).expect("an id"))
        .collect()
}

fn order(
    rows: &[(&str, &str, &[&str])],
    exist: &[&str],
    hint: &[&str],
) -> Result<String, Vec<String>> {
    let manifests = manifests(rows);
    let by_id = manifests
        .iter()
        .map(|manifest| (manifest.id.clone(), manifest))
        .collect();
    load_order(&by_id, &ids(exist).into_iter().collect(), &ids(hint))
        .map(|order| spell_chain(&order))
        .map_err(|errors| {
            let faults = errors.iter().map(DependencyError::fault);
            faults
                .map(|fault| format!("{fault} ({})", fault.help.as_deref().unwrap_or("-")))
                .collect()
        })
}

#[test]
fn dependencies_load_first_and_the_rest_as_hinted() {
    // seed-corrections 39
    let rows: &[(&str, &str, &[&str])] = &[
        ("a", "1.0.0", &["c"]),
        ("b", "1.0.0", &[]),
        ("c", "1.0.0", &[]),
        ("d", "1.0.0", &["a", "b"]),
    ];
    for (hint, expected) in [
        (&[][..], "b -> c -> a -> d"),
        (&["a", "b", "c", "d"], "b -> c -> a -> d"),
        (&["d", "c", "a"], "c -> a -> b -> d"),
        (&["c", "b"], "c -> b -> a -> d"),
    ] {
        assert_eq!(order(rows, &[], hint).as_deref(), Ok(expected), "{hint:?}");
    }
    assert_eq!(order(&[], &[], &[]).as_deref(), Ok(""));
}

#[test]
fn every_unmet_dependency_is_named_with_its_place() {
    // seed-corrections 40, 42
    let errors = order(
        &[
            ("a", "1.0.0", &["a", "b ^2", "stats"]),
            ("b", "1.9.0", &["statz", "zzz"]),
            ("c", "1.0.0", &["b <1.9"]),
        ],
        &["stats"],
        &[],
    );
    let expected = [
        "`a` depends on itself at a/mod.toml:6:1 (remove this line)",
        "`a` needs `b` ^2, found 1.9.0 at a/mod.toml:7:1 (load a `b` of ^2, or write `b = \"^1.9.0\"`)",
        "`a` depends on `stats`, which is not loaded at a/mod.toml:8:1 (add \"stats\" to `load` under `[mods]`)",
        "`b` depends on `statz`, but there is no such mod at b/mod.toml:6:1 (did you mean `stats`?)",
        "`b` depends on `zzz`, but there is no such mod at b/mod.toml:7:1 (known here: a, c, stats)",
        "`c` needs `b` <1.9, found 1.9.0 at c/mod.toml:6:1 (load a `b` of <1.9, or write `b = \"^1.9.0\"`)",
    ];
    assert_eq!(errors, Err(expected.map(str::to_owned).to_vec()));
}

#[test]
fn cycles_are_spelled_out() {
    // seed-corrections 38
    let errors = order(
        &[
            ("a", "1.0.0", &["z"]),
            ("m", "1.0.0", &["n"]),
            ("n", "1.0.0", &["m"]),
            ("x", "1.0.0", &["y"]),
            ("y", "1.0.0", &["z"]),
            ("z", "1.0.0", &["x"]),
        ],
        &[],
        &[],
    );
    let expected = [
        "mods depend on each other: x -> y -> z -> x at x/mod.toml:6:1 (remove one of these dependencies)",
        "mods depend on each other: m -> n -> m at m/mod.toml:6:1 (remove one of these dependencies)",
    ];
    assert_eq!(errors, Err(expected.map(str::to_owned).to_vec()));
}

#[test]
fn chains_have_a_greatest_depth() {
    // seed-corrections 41
    let names: Vec<String> = (0..13).map(|index| format!("m{index:02}")).collect();
    let needs: Vec<[&str; 1]> = names.iter().skip(1).map(|name| [name.as_str()]).collect();
    let mut rows: Vec<(&str, &str, &[&str])> = names
        .iter()
        .zip(&needs)
        .map(|(name, needs)| (name.as_str(), "1.0.0", &needs[..]))
        .collect();
    rows.push(("m12", "1.0.0", &[]));
    assert!(
        order(&rows[2..], &[], &[]).is_ok(),
        "ten below the first are allowed"
    );
    let errors = order(&rows, &[], &[]).expect_err("twelve below the first");
    assert_eq!(
        errors.len(),
        1,
        "only the shortest chain that is too long: {errors:#?}"
    );
    assert!(
        errors[0].contains("more than 10 mods in a chain of dependencies: m01 -> m02 -> "),
        "{errors:?}"
    );
}

#[test]
fn dependents_are_direct_and_indirect() {
    let manifests = manifests(&[
        ("a", "1.0.0", &["b"]),
        ("b", "1.0.0", &["c"]),
        ("c", "1.0.0", &["b"]),
        ("d", "1.0.0", &[]),
    ]);
    let by_id = manifests
        .iter()
        .map(|manifest| (manifest.id.clone(), manifest))
        .collect();
    for (id, expected) in [
        ("a", &[][..]),
        ("b", &["a", "c"]),
        ("c", &["a", "b"]),
        ("d", &[]),
    ] {
        assert_eq!(dependents(&by_id, &ids(&[id])[0]), ids(expected), "{id}");
    }
}

fn manifest(id: &str, version: &str, more: &str) -> Manifest {
    let text =
        format!("id = \"{id}\"\nname = \"x\"\nversion = \"{version}\"\napi = \"^1\"\n{more}");
    let bundle = Bundle::new(id, [("mod.toml".to_owned(), text.into_bytes())]).expect("good paths");
    Manifest::parse(&bundle, &[]).expect("no fault")
}

fn resolve(manifests: &[&Manifest]) -> Result<String, Vec<String>> {
    let by_id = manifests
        .iter()
        .map(|manifest| (manifest.id.clone(), *manifest))
        .collect();
    load_order(&by_id, &BTreeSet::new(), &[])
        .map(|order| spell_chain(&order))
        .map_err(|errors| {
            errors
                .iter()
                .map(|error| error.fault().to_string())
                .collect()
        })
}

#[test]
fn optional_dependencies_load_first_where_they_run() {
    // seed-corrections 42
    let alpha = manifest("alpha", "1.0.0", "[optional_dependencies]\nzeta = \"^2\"\n");
    let (fits, does_not) = (manifest("zeta", "2.1.0", ""), manifest("zeta", "1.0.0", ""));
    assert_eq!(resolve(&[&alpha]), Ok("alpha".to_owned()));
    assert_eq!(resolve(&[&alpha, &fits]), Ok("zeta -> alpha".to_owned()));
    assert_eq!(
        resolve(&[&alpha, &does_not]),
        Err(vec![
            "`alpha` needs `zeta` ^2, found 1.0.0 at alpha/mod.toml:6:1".to_owned()
        ])
    );
    let back = manifest("zeta", "2.0.0", "[dependencies]\nalpha = \"*\"\n");
    assert_eq!(
        resolve(&[&alpha, &back]),
        Err(vec![
            "mods depend on each other: alpha -> zeta -> alpha at alpha/mod.toml:6:1".to_owned()
        ])
    );
}

#[test]
fn conflicts_are_named_where_they_are_declared() {
    // seed-corrections 42
    let alpha = manifest("alpha", "1.0.0", "[conflicts]\nzeta = \"<2\"\n");
    let (old, new) = (manifest("zeta", "1.9.0", ""), manifest("zeta", "2.0.0", ""));
    assert_eq!(resolve(&[&alpha, &new]), Ok("alpha -> zeta".to_owned()));
    assert_eq!(
        resolve(&[&alpha, &old]),
        Err(vec![
            "`alpha` conflicts with `zeta` <2, and 1.9.0 is loaded at alpha/mod.toml:6:1"
                .to_owned()
        ])
    );
}

#[test]
fn a_mod_may_ask_for_a_shorter_chain() {
    // seed-corrections 41
    let depth = "[hot_reload.dependencies]\nmax_dependency_depth = 1\n";
    let needs = |id: &str| format!("[dependencies]\n{id} = \"*\"\n");
    let (a, b) = (
        manifest("a", "1.0.0", ""),
        manifest("b", "1.0.0", &needs("a")),
    );
    let c = manifest("c", "1.0.0", &(needs("b") + depth));
    let d = manifest("d", "1.0.0", &(needs("c") + depth));
    assert_eq!(
        resolve(&[&a, &b, &c, &d]),
        Err(vec![
            "more than 1 mods in a chain of dependencies: c -> b -> a at c/mod.toml:6:1".to_owned()
        ])
    );
}

#[test]
fn a_resolution_is_remembered_until_a_manifest_changes() {
    // seed-corrections 41
    let cache = ResolutionCache::default();
    let ask = |manifests: &[&Manifest]| {
        let by_id = manifests
            .iter()
            .map(|manifest| (manifest.id.clone(), *manifest))
            .collect();
        let answer = cache.load_order(&by_id, &BTreeSet::new(), &[]);
        (answer.map(|order| spell_chain(&order)).ok(), cache.hits())
    };
    let first = manifest("alpha", "1.0.0", "[optional_dependencies]\nzeta = \"*\"\n");
    let edited = manifest("alpha", "1.0.0", "");
    let zeta = manifest("zeta", "1.0.0", "");
    let (before, after) = (
        Some("zeta -> alpha".to_owned()),
        Some("alpha -> zeta".to_owned()),
    );
    assert_eq!(ask(&[&first, &zeta]), (before.clone(), 0));
    assert_eq!(ask(&[&first, &zeta]), (before.clone(), 1));
    assert_eq!(ask(&[&edited, &zeta]), (after, 1));
    assert_eq!(ask(&[&first, &zeta]), (before, 2));
    let not_cached = "[hot_reload.dependencies]\ncache_resolutions = false\n";
    let apart = manifest("alpha", "1.0.0", not_cached);
    assert_eq!(ask(&[&apart]).1, 2);
    assert_eq!(ask(&[&apart]).1, 2);
}
