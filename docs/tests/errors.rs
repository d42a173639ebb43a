//! Each message in the tables of reference/errors.md is one that the compiler prints: `ui-tests/refused` has it.

use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The messages in the first column of the tables, as the texts between their `…`.
fn messages() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/reference/errors.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let messages = rows.map(|row| {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        let text = cell.strip_prefix("`` ").and_then(|cell| cell.strip_suffix(" ``"));
        let text = text.unwrap_or_else(|| cell.trim_matches('`'));
        text.split('…').map(str::to_owned).collect()
    });
    messages.collect()
}

/// Whether the texts stand in `line` in their order.
fn has(line: &str, message: &[String]) -> bool {
    let mut rest = line;
    message.iter().all(|part| match rest.split_once(part.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn are_what_the_compiler_prints() {
    let mut lines = Vec::new();
    for entry in fs::read_dir(root().join("ui-tests/refused")).expect("the refusals") {
        let path = entry.expect("its entries can be read").path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            let text = fs::read_to_string(&path).expect("what the compiler prints");
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    let messages = messages();
    assert!(messages.len() > 60, "{messages:?}");
    let missing: Vec<_> =
        messages.iter().filter(|message| !lines.iter().any(|line| has(line, message))).map(|m| m.join("…")).collect();
    assert!(missing.is_empty(), "the compiler prints none of these any more:\n{}", missing.join("\n"));
}
