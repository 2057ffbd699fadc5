use super::*;
use crate::codec::{Compression, Serialization};

const CAPABILITIES: [&str; 2] = ["jobs.write", "items.write"];

/// Text and the faults it has.
type Row = (&'static str, &'static [&'static str]);

/// Four lines, so that the text of a row starts on the fifth.
pub(super) const HEADER: &str =
    "id = \"stats\"\nname = \"Stats\"\nversion = \"1.2.0\"\napi = \"^1\"\n";

pub(super) fn bundle(manifest: &str, files: &[(&str, &str)]) -> Bundle {
    let files = files.iter().copied().chain([("mod.toml", manifest)]);
    Bundle::new(
        "stats",
        files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())),
    )
    .expect("good paths")
}

fn texts(faults: &[Fault]) -> Vec<String> {
    let texts = faults.iter().map(|fault| match &fault.help {
        Some(help) => format!("{fault} ({help})"),
        None => fault.to_string(),
    });
    texts.collect()
}

fn parse(manifest: &str) -> Result<Manifest, Vec<String>> {
    Manifest::parse(&bundle(manifest, &[]), &CAPABILITIES).map_err(|faults| texts(&faults))
}

#[test]
fn a_full_manifest_is_read() {
    let text = r#"
        #:schema ../../.colony/mod.schema.json
        id = "stats"
        name = "Stats"
        version = "1.2.0-beta.1"
        description = "counts"
        api = ">=1.0, <2"
        entry = "scripts/start.lua"
        capabilities = ["jobs.write"]

        [dependencies]
        base = "^1"

        [config]
        boost = { default = 1, min = 0, max = 10, doc = "points" }
        greeting = { default = "hello" }

        [hot_reload]
        enabled = false

        [hot_reload.state_management]
        max_state_size = 2048
    "#;
    let files = [("scripts/start.lua", ""), ("scripts/main.lua", "")];
    let manifest = Manifest::parse(&bundle(text, &files), &CAPABILITIES).expect("no fault");
    assert_eq!(
        manifest.version,
        Version::parse("1.2.0-beta.1").expect("a version")
    );
    assert_eq!(manifest.entry.as_deref(), Some("scripts/start.lua"));
    assert_eq!(
        manifest.dependencies["base"].range,
        VersionReq::parse("^1").expect("a range")
    );
    assert_eq!(manifest.dependencies["base"].place.line(), 12);
    assert_eq!(
        manifest.capabilities,
        BTreeSet::from(["jobs.write".to_owned()])
    );
    let boost = ConfigKey {
        default: ConfigValue::Integer(1),
        min: Some(0),
        max: Some(10),
        doc: "points".to_owned(),
    };
    assert_eq!(manifest.config["boost"], boost);
    let hot_reload = HotReload {
        enabled: false,
        state: StateSettings {
            max_state_size: 2048,
            ..HotReload::default().state
        },
        ..HotReload::default()
    };
    assert_eq!(manifest.hot_reload, hot_reload);
}

#[test]
fn how_a_mod_is_built_is_read_without_the_rest_as_well() {
    let with = |build: &str| format!("{HEADER}[build]\n{build}");
    let whole = with("command = \"make\"\nwatch = [\"src\", \"Makefile\"]\n");
    let build = Build {
        command: "make".to_owned(),
        watch: vec!["src".to_owned(), "Makefile".to_owned()],
    };
    assert_eq!(
        parse(&whole).expect("no fault").build.as_ref(),
        Some(&build)
    );
    let unfinished = whole.replace("id = ", "xd = ");
    assert_eq!(build_of("stats", &unfinished), Some(build));
    let usual = build_of("stats", &with("command = \"make\"\n"));
    assert_eq!(usual.expect("a command").watch, ["guest"]);
    assert_eq!(build_of("stats", HEADER), None);
    for (text, fault) in [
        (
            "command = \"\"\n",
            "expected a command line, found nothing at stats/mod.toml:6:11",
        ),
        (
            "comand = \"make\"\n",
            "missing key `command` at stats/mod.toml:5:1",
        ),
        (
            "command = \"make\"\nwatch = []\n",
            "expected files or folders that are built from, found none at stats/mod.toml:7:9",
        ),
        (
            "command = \"make\"\nwatch = [\"../x\"]\n",
            "the path `../x` contains `..`, expected one that stays in the folder at stats/mod.toml:7:9",
        ),
    ] {
        let faults = parse(&with(text)).expect_err("a fault");
        assert!(
            faults.iter().any(|found| found.starts_with(fault)),
            "{faults:#?}"
        );
        assert_eq!(build_of("stats", &with(text)), None);
    }
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let windows = format!("\u{FEFF}{}", HEADER.replace('\n', "\r\n"));
    assert_eq!(parse(&windows), parse(HEADER));
}

const FAULTS: &[Row] = &[
    (
        "id = \"Stats\"\nname = \"\"\nversion = \"1.1\"\napi = \"one\"\n",
        &[
            "`Stats` is not a mod id: expected a lowercase letter, then up to 63 lowercase letters, digits and \
                 underscores at stats/mod.toml:1:6",
            "expected a name of one line, found none at stats/mod.toml:2:8",
            "`1.1` is not a version: unexpected end of input while parsing minor version number at \
                 stats/mod.toml:3:11 (write it like `1.2.0`)",
            "`one` is not a version range: unexpected character 'o' while parsing major version number at \
                 stats/mod.toml:4:7 (write it like `^1`)",
        ],
    ),
    (
        "version = 1\n",
        &[
            "missing key `id` at stats/mod.toml:1:1",
            "missing key `name` at stats/mod.toml:1:1",
            "missing key `api` at stats/mod.toml:1:1",
            "expected a string, found an integer at stats/mod.toml:1:11",
        ],
    ),
    // seed-corrections 26: a changed id is refused, and the help says how to rename.
    (
        "id = \"statistics\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^2\"\n",
        &[
            "the mod `statistics` is in the folder `stats`, expected a folder of its name at stats/mod.toml:1:6 \
                 (rename the folder to `statistics`, or write `id = \"stats\"`)",
            "the mod needs the interface version `^2`, this engine has 1.0.0 at stats/mod.toml:4:7 \
                 (write `api = \"^1\"` if the mod works with it)",
        ],
    ),
    (
        "id = \"stats\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^1\"\nentry = \"../x.lua\"\n\
             capabilities = [\"job.write\", \"items.write\", \"items.write\"]\ncapabilites = []\n",
        &[
            "the path `../x.lua` contains `..`, expected one that stays in the folder at stats/mod.toml:5:9",
            "unknown capability `job.write` at stats/mod.toml:6:17 (did you mean `jobs.write`?)",
            "the capability `items.write` is listed twice at stats/mod.toml:6:45",
            "unknown key `capabilites` at stats/mod.toml:7:1 (did you mean `capabilities`?)",
        ],
    ),
    // seed-corrections 42
    (
        "id = \"stats\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^1\"\nentry = \"scripts/main.lua\"\n\
             [dependencies]\nbase = \"new\"\n\"Bad id\" = \"^1\"\n[conflicts]\nother = 1\n",
        &[
            "the mod `stats` has no file `scripts/main.lua` at stats/mod.toml:5:9",
            "`new` is not a version range: unexpected character 'n' while parsing major version number at \
                 stats/mod.toml:7:8 (write it like `^1.2`)",
            "`Bad id` is not a mod id: expected a lowercase letter, then up to 63 lowercase letters, digits and \
                 underscores at stats/mod.toml:8:1",
            "expected a string, found an integer at stats/mod.toml:10:9",
        ],
    ),
    (
        "id = \"stats\"\nname = \"x\"\nversion = \"1.0.0\"\napi = \"^1\"\nreplaces = \"stats\"\n",
        &["a mod cannot replace itself, expected the id that it had before at stats/mod.toml:5:12"],
    ),
    (
        "id = stats\n",
        &["string values must be quoted, expected literal string at stats/mod.toml:1:6"],
    ),
];

#[test]
fn every_fault_is_reported_with_its_place() {
    for &(text, expected) in FAULTS {
        assert_eq!(parse(text).expect_err(text), expected);
    }
}

#[test]
fn a_folder_without_manifest_is_no_mod() {
    let empty = Bundle::new("stats", []).expect("no paths");
    let faults = Manifest::parse(&empty, &[]).expect_err("no manifest");
    assert_eq!(
        texts(&faults),
        ["the mod folder `stats` has no `mod.toml` \
          (create it, beginning with `id = \"stats\"`, `name`, `version` and `api = \"^1\"`)"]
    );
}

#[test]
fn every_key_of_the_specification_is_read() {
    // seed-corrections 6, 48: the example of the specification, as it stands.
    let text = r#"
        [hot_reload]
        enabled = true
        watch_mod_directory = false
        watch_subdirectories = false
        debounce_delay = 500
        max_file_size = 1048576
        supported_extensions = ["lua", "toml"]

        [hot_reload.ignore_patterns]
        patterns = ["*.tmp", ".git/*"]

        [hot_reload.reload_queue]
        max_pending_reloads = 7
        reload_timeout = 3
        priority_handling = false

        [hot_reload.state_management]
        preserve_state = false
        state_serialization = "postcard"
        state_compression = "none"
        max_state_size = 4096
        on_state_error = "reset"

        [hot_reload.dependencies]
        auto_resolve = false
        validate_versions = true
        cache_resolutions = false
        max_dependency_depth = 3
    "#;
    let bundle = bundle(&format!("{HEADER}{text}"), &[]);
    let manifest = Manifest::parse(&bundle, &[]).expect("no fault");
    let hot_reload = manifest.hot_reload;
    assert_eq!(
        (
            hot_reload.enabled,
            hot_reload.queue,
            hot_reload.state,
            hot_reload.dependencies
        ),
        (
            true,
            QueueSettings {
                max_pending_reloads: 7,
                reload_timeout: 3,
                priority_handling: false
            },
            StateSettings {
                preserve_state: false,
                serialization: Serialization::Postcard,
                compression: Compression::None,
                max_state_size: 4096,
                on_state_error: OnStateError::Reset
            },
            DependencySettings {
                auto_resolve: false,
                cache_resolutions: false,
                max_dependency_depth: 3
            },
        )
    );
    let watching = hot_reload.watching;
    assert_eq!(
        (
            watching.watch_mod_directory,
            watching.watch_subdirectories,
            watching.debounce_delay,
            watching.max_file_size
        ),
        (false, false, Some(500), 1_048_576)
    );
    assert!(watching.admits("scripts/a.lua") && !watching.admits("wasm/a.wasm"));
}

#[test]
fn files_that_count_are_chosen_by_path_and_extension() {
    // seed-corrections 2, 5, 48: both spellings, over the whole path.
    let rows: [(&str, &[&str]); 4] = [
        (
            "",
            &[
                "config.toml",
                "lib/a.luau",
                "mod.toml",
                "scripts/a.lua",
                "wasm/a.wat",
            ],
        ),
        (
            "ignore_patterns = [\"scripts/*\", \"*.wat\", \"*.toml\"]",
            &["config.toml", "lib/a.luau", "mod.toml"],
        ),
        (
            "ignore_patterns = { patterns = [\"lib/**\"] }",
            &["config.toml", "mod.toml", "scripts/a.lua", "wasm/a.wat"],
        ),
        (
            "supported_extensions = [\"luau\"]",
            &["config.toml", "lib/a.luau", "mod.toml"],
        ),
    ];
    for (keys, expected) in rows {
        let manifest = format!("{HEADER}[hot_reload]\n{keys}\n");
        let files = [
            ("mod.toml", manifest.as_str()),
            ("config.toml", ""),
            ("scripts/a.lua", ""),
            ("lib/a.luau", ""),
            ("wasm/a.wat", ""),
            ("Makefile", ""),
            ("notes.md", ""),
            (".hidden/b.lua", ""),
            ("scripts/.draft.lua", ""),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let selected = select_files("stats", files).expect("good files");
        assert_eq!(selected.paths().collect::<Vec<_>>(), expected, "{keys}");
    }
    let files = |size: usize| {
        let manifest = format!("{HEADER}[hot_reload]\nmax_file_size = 1000\n");
        let script = vec![b' '; size];
        [
            ("mod.toml".to_owned(), manifest.into_bytes()),
            ("scripts/a.lua".to_owned(), script),
        ]
    };
    assert!(select_files("stats", files(1000)).is_ok());
    assert_eq!(
        texts(&select_files("stats", files(1001)).expect_err("too large")),
        [
            "`stats/scripts/a.lua` has 1001 bytes, expected at most 1000 (`max_file_size` in [hot_reload]) \
             (write in mod.toml under [hot_reload]:  max_file_size = 16777216)"
        ]
    );
}

#[test]
fn hot_reload_keys_are_refused_with_what_would_do() {
    // seed-corrections 2, 6, 50
    let rows: [(&str, &[&str]); 7] = [
        (
            "ignore_patterns = [\"[a\"]",
            &[
                "the pattern `[a` is no glob: unclosed character class; missing ']' at stats/mod.toml:6:20",
            ],
        ),
        (
            "ignore_patterns = \"*.tmp\"",
            &["expected an array or a table, found a string at stats/mod.toml:6:19"],
        ),
        (
            "supported_extensions = [\".lua\"]",
            &[
                "expected an extension, found `.lua` at stats/mod.toml:6:25 (write it without dot and star: \"lua\")",
            ],
        ),
        (
            "debounce_delay = 0.1\nenabeld = true",
            &[
                "expected an integer from 0 to 60000, found a fraction at stats/mod.toml:6:18 \
                 (count in a smaller unit: values here are integers, never fractions)",
                "unknown key `enabeld` at stats/mod.toml:7:1 (did you mean `enabled`?)",
            ],
        ),
        (
            "state_management = { max_state_size = 16777217, state_compression = \"zip\" }",
            &[
                "expected an integer from 1 to 16777216, found 16777217 at stats/mod.toml:6:39",
                "unknown compression `zip` at stats/mod.toml:6:69 (did you mean `gzip`?)",
            ],
        ),
        (
            "max_state_size = 1024",
            &[
                "`max_state_size` stands in `[hot_reload]`, expected it one table deeper at stats/mod.toml:6:18 \
               (write it under `[hot_reload.state_management]`)",
            ],
        ),
        (
            "dependencies = { max_dependency_depth = 99, validate_versions = false }",
            &[
                "expected an integer from 1 to 10, found 99 at stats/mod.toml:6:41",
                "`validate_versions` cannot be switched off: the host checks versions always at stats/mod.toml:6:65 \
                 (write a wider range under [dependencies], such as `\">=1\"`)",
            ],
        ),
    ];
    for (text, expected) in rows {
        let mut faults = parse(&format!("{HEADER}[hot_reload]\n{text}\n")).expect_err(text);
        faults.sort_unstable();
        let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        expected.sort_unstable();
        assert_eq!(faults, expected);
    }
}

#[test]
fn config_keys_agree_with_their_bounds() {
    let rows: [(&str, &[&str]); 7] = [
        (
            "a = 1",
            &[
                "expected a table with the key `default` at stats/mod.toml:6:5 \
                     (write it like `{ default = 1, min = 0, max = 10, doc = \"what it does\" }`)",
            ],
        ),
        (
            "a = { min = 1 }",
            &["missing key `default` at stats/mod.toml:6:5"],
        ),
        (
            "a = { default = 0.5 }",
            &[
                "expected a boolean, an integer or a string, found a fraction at stats/mod.toml:6:17 \
               (count in a smaller unit: values here are integers, never fractions)",
            ],
        ),
        (
            "a = { default = 11, max = 10 }",
            &["expected an integer of at most 10, found 11 at stats/mod.toml:6:17"],
        ),
        (
            "a = { default = 1, min = 3, max = 2 }",
            &["expected a `min` of at most `max`, found 3 and 2 at stats/mod.toml:6:26"],
        ),
        (
            "a = { default = true, min = 3 }",
            &["only an integer has bounds, the default is none at stats/mod.toml:6:29"],
        ),
        (
            "a = { default = 1, mni = 3, doc = 4 }",
            &[
                "unknown key `mni` at stats/mod.toml:6:20 (did you mean `min`?)",
                "expected a string, found an integer at stats/mod.toml:6:35",
            ],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(
            parse(&format!("{HEADER}[config]\n{text}\n")).expect_err(text),
            expected
        );
    }
}

#[test]
fn config_values_override_defaults_within_bounds() {
    let manifest = format!(
        "{HEADER}[config]\nboost = {{ default = 1, min = 0, max = 10 }}\non = {{ default = true }}\n"
    );
    let values = |config: &str| {
        let bundle = bundle(&manifest, &[("config.toml", config)]);
        let manifest = Manifest::parse(&bundle, &[]).expect("no fault");
        manifest
            .config_values(&bundle)
            .map_err(|faults| texts(&faults))
    };
    let expected = |boost, on| {
        let values = [
            ("boost", ConfigValue::Integer(boost)),
            ("on", ConfigValue::Boolean(on)),
        ];
        Ok(values.map(|(key, value)| (key.to_owned(), value)).into())
    };
    assert_eq!(values(""), expected(1, true));
    assert_eq!(values("boost = 10\r\n"), expected(10, true));
    assert_eq!(
        values("# ä\nboost = 11\nbost = 1\non = \"yes\"\n"),
        Err([
            "expected an integer from 0 to 10, found 11 at stats/config.toml:2:9",
            "unknown configuration key `bost` at stats/config.toml:3:1 (did you mean `boost`?)",
            "expected `true` or `false`, found \"yes\" at stats/config.toml:4:6",
        ]
        .map(str::to_owned)
        .to_vec())
    );
}
