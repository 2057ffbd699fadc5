use super::*;

fn faults_of(source: &str, read: impl FnOnce(TableReader<'_>)) -> Vec<String> {
    let source: Arc<str> = source.into();
    let faults = match Document::parse("m/x.toml", &source) {
        Err(faults) => faults,
        Ok(document) => {
            read(document.root());
            document.into_faults()
        }
    };
    let texts = faults.iter().map(|fault| match &fault.help {
        Some(help) => format!("{fault} ({help})"),
        None => fault.to_string(),
    });
    texts.collect()
}

#[test]
fn every_wrong_type_says_what_was_found_and_expected() {
    let read = |mut root: TableReader<'_>| {
        root.required("count")
            .and_then(|value| value.integer(0..=10));
        root.required("on").and_then(|value| value.boolean());
        root.required("name").and_then(|value| value.string());
        root.required("names").and_then(|value| value.strings());
        if let Some(table) = root.required("sub").and_then(|value| value.table()) {
            table.finish();
        }
        root.finish();
    };
    let good = "count = 0xA\non = true\nname = \"\"\nnames = []\nsub = {}\n";
    assert_eq!(faults_of(good, read), Vec::<String>::new());
    assert_eq!(
        faults_of(
            "count = \"1\"\non = 1\nname = 1979-05-27\nnames = [\"a\", {}]\nsub = []\n",
            read
        ),
        [
            "expected an integer from 0 to 10, found a string at m/x.toml:1:9",
            "expected `true` or `false`, found an integer at m/x.toml:2:6",
            "expected a string, found a date at m/x.toml:3:8",
            "expected a string, found a table at m/x.toml:4:15",
            "expected a table, found an array at m/x.toml:5:7",
        ]
    );
    assert_eq!(
        faults_of(
            "count = 11\non = true\nnmae = \"\"\nnames = []\nsub = { a = 1 }\n",
            read
        ),
        [
            "missing key `name` at m/x.toml:1:1",
            "expected an integer from 0 to 10, found 11 at m/x.toml:1:9",
            "unknown key `nmae` at m/x.toml:3:1 (did you mean `name`?)",
            "unknown key `a` at m/x.toml:5:9",
        ]
    );
}

#[test]
fn integers_keep_every_bit_and_overflow_is_a_fault() {
    for (text, expected) in [
        ("18446744073709551615", Some(u64::MAX)),
        ("0xFFFF_FFFF_FFFF_FFFF", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("+7", Some(7)),
        ("0b11", Some(3)),
        ("99999999999999999999999999999999999999999999999999", None),
    ] {
        let mut found = None;
        let faults = faults_of(&format!("seed = {text}"), |mut root| {
            found = root
                .required("seed")
                .and_then(|value| value.integer(0..=u64::MAX));
        });
        assert_eq!(found, expected, "{text}");
        assert_eq!(
            faults.len(),
            usize::from(expected.is_none()),
            "{text}: {faults:?}"
        );
    }
}

#[test]
fn all_syntax_faults_are_reported() {
    let faults = faults_of("a = \nb = 1 2\nc = 3\nc = 4\n", |_| {});
    assert_eq!(
        faults,
        [
            "string values must be quoted, expected literal string at m/x.toml:1:5",
            "string values must be quoted, expected literal string at m/x.toml:2:5",
            "duplicate key at m/x.toml:4:1 (it stands in line 3 already)",
        ]
    );
    let many = "a\n".repeat(100_000);
    assert_eq!(faults_of(&many, |_| {}).len(), SYNTAX_FAULTS_MAX);
}

#[test]
fn what_stands_twice_is_told_with_where_it_stands_first() {
    for (source, expected) in [
        ("c = 3\nd = 1\nc = 4\n", Some("it stands in line 1 already")),
        (
            "c = 1\n[a]\nb = 1\nc = 2\n[d]\nc = 3\n c  = 4\n",
            Some("it stands in line 6 already"),
        ),
        (
            "[a.b] # one\nc = 1\n[b]\n[a.b]\n",
            Some("it stands in line 1 already"),
        ),
        ("a = { b = 1, b = 2 }\n", None),
        ("[a]\nx = {\n q = 1,\n}\nq = 2\nq = 3\n", None),
        ("a = \"\"\"\nb = 1\n\"\"\"\nb = 2\nb = 3\n", None),
    ] {
        let source: Arc<str> = source.into();
        let faults = Document::parse("m/x.toml", &source).err().unwrap();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].message, "duplicate key");
        assert_eq!(faults[0].help.as_deref(), expected, "{source}");
    }
}

#[test]
fn places_count_characters_after_text_that_is_not_ascii() {
    let source = "\"ö\" = \"äöü\" # ü\n\"äö\" = { \"ü\" = 1 }";
    let faults = faults_of(source, |mut root| {
        root.optional("ö").and_then(|value| value.boolean());
        if let Some(table) = root.optional("äö").and_then(|value| value.table()) {
            table.finish();
        }
    });
    assert_eq!(
        faults,
        [
            "expected `true` or `false`, found a string at m/x.toml:1:7",
            "unknown key `ü` at m/x.toml:2:10",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_key() {
    assert_eq!(
        faults_of("\u{FEFF}a = 1\n", |mut root| assert!(
            root.required("a").is_some()
        )),
        Vec::<String>::new()
    );
}

#[test]
fn deep_and_huge_documents_are_faults_and_fit_the_stack() {
    let dotted = vec!["a"; 79].join(".");
    let deepest = format!(
        "[{dotted}]\n{dotted} = {}1{}",
        format!("{{{dotted}=").repeat(78),
        "}".repeat(78)
    );
    let brackets = DOCUMENT_BYTES_MAX / 4;
    for (source, is_fault) in [
        (deepest, false),
        (format!("a = {}", "[".repeat(brackets)), true),
        (format!("a = {}", "{a=".repeat(brackets)), true),
        (format!("a{} = 1", ".a".repeat(brackets)), true),
        (format!("[a{}]", ".a".repeat(brackets)), true),
        (format!("a = \"{}\"", "x".repeat(DOCUMENT_BYTES_MAX)), true),
    ] {
        let faults = faults_of(&source, |_| {});
        assert_eq!(!faults.is_empty(), is_fault, "{}", &source[..40]);
    }
}
