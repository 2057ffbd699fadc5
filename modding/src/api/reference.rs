//! The reference page, made from the table.

use super::stubs::records_of_functions;
use super::{CAPABILITIES, Run, events, functions};

/// `docs/api.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# What mods may call and hear\n\nMade from the table in `modding/src/api`; a test compares the two \
         (`UPDATE_DOCS=1 cargo test -p modding` writes this page).\n\n## Functions\n",
    );
    for function in functions() {
        page.push_str(&format!(
            "\n### `{}`\n\n{}\n",
            function.signature(),
            function.doc
        ));
        if let Some(capability) = function.capability {
            page.push_str(&format!("\nNeeds the capability `{capability}`.\n"));
        }
        if matches!(function.run, Run::Command(_)) {
            page.push_str("\nA command: checked at once, applied at the next point in a tick where commands are applied.\n");
        }
    }
    page.push_str(
        "\n### `colony.storage`\n\nThe mod's state: a table that survives reloads and saves. Assigning copies; a value that cannot be \
         saved is refused at the assignment.\n\n### `print(...)`\n\nWrites a line to the log.\n\n## Events\n\nEvery event carries `event.name` and `event.tick`.\n",
    );
    for event in events() {
        page.push_str(&format!("\n### `{}`\n\n{}.\n", event.name, event.doc));
        if !event.fields.is_empty() {
            page.push_str("\n| field | type |\n|---|---|\n");
            for field in event.fields {
                page.push_str(&format!(
                    "| `event.{}` | `{}` |\n",
                    field.path,
                    field.kind.luau().replace('|', "\\|")
                ));
            }
        }
    }
    push_records(&mut page);
    page.push_str("\n## Capabilities\n\n| capability | allows |\n|---|---|\n");
    for (name, allows) in CAPABILITIES {
        page.push_str(&format!("| `{name}` | {allows} |\n"));
    }
    page
}

/// The records that functions take and give.
fn push_records(page: &mut String) {
    page.push_str("\n## Records\n");
    for record in records_of_functions() {
        page.push_str(&format!(
            "\n### `{}`\n\n{}.\n\n| field | type |\n|---|---|\n",
            record.name, record.doc
        ));
        for (name, kind) in record.members() {
            page.push_str(&format!("| `{name}` | `{}` |\n", kind.luau()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn the_reference_page_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let page = std::fs::read_to_string(path)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        assert!(
            page == reference(),
            "docs/api.md is not what the table says: UPDATE_DOCS=1 cargo test -p modding"
        );
    }
}
