//! The files and functions that CONTRIBUTING.md names under *Where is what*, against the tree.

use std::{fs, path::Path};

const PAGE: &str = include_str!("../../CONTRIBUTING.md");

/// The folder of a path in the first table, by the first letter of the path.
const FOLDERS: [(&str, &str); 3] =
    [("R/", "workflow-runtime/src/"), ("M/", "workflow-macros/src/"), ("S/", "workflow-syntax/src/")];

/// The folders of the columns of the second table.
const COLUMNS: [&str; 4] =
    ["workflow-macros/src/expand/", "workflow-runtime/src/", "workflow-runtime/src/", "tests/conformance/src/cases/"];

/// Returns the words of a text that are written as code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns a path from the root of the repository.
fn full_path(named: &str) -> String {
    let folder = FOLDERS.iter().find_map(|(letter, folder)| Some((named.strip_prefix(letter)?, folder)));
    folder.map_or_else(|| named.to_owned(), |(rest, folder)| format!("{folder}{rest}"))
}

/// Returns the paths that a row of either table names.
fn paths(row: &str) -> Vec<String> {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    match &cells[..] {
        [_, files] => code(files).filter(|word| word.contains('/')).map(full_path).collect(),
        [_, columns @ ..] => {
            let columns = columns.iter().zip(COLUMNS);
            let named = columns.flat_map(|(cell, folder)| code(cell).map(move |word| (folder, word)));
            let full = |(folder, word): (&str, &str)| {
                if word.starts_with("tests/") { word.to_owned() } else { format!("{folder}{word}") }
            };
            named.map(full).collect()
        }
        [] => Vec::new(),
    }
}

/// Returns the rows of both tables, without their heads.
fn rows() -> impl Iterator<Item = &'static str> {
    let (_, tables) = PAGE.split_once("\n## Where is what\n").expect("the page has the section");
    let (tables, _) = tables.split_once("\n## ").expect("another section comes after it");
    let is_head =
        |row: &str| row.starts_with("| ---") || row.starts_with("| question") || row.starts_with("| construct");
    tables.lines().filter(move |line| line.starts_with('|') && !is_head(line))
}

#[test]
fn every_named_file_and_function_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut wrong = Vec::new();
    let mut found = 0;
    for row in rows() {
        for path in paths(row) {
            found += 1;
            if !root.join(&path).exists() {
                wrong.push(format!("no file {path}: {row}"));
            }
        }
        let words: Vec<&str> = row.split('`').collect();
        for named in words.windows(3).filter(|named| named[1] == " in ") {
            let source = fs::read_to_string(root.join(full_path(named[2]))).unwrap_or_default();
            if !source.contains(&format!("fn {}", named[0])) {
                wrong.push(format!("no function {} in {}", named[0], named[2]));
            }
        }
    }
    assert!(found > 150, "{found} paths");
    assert!(wrong.is_empty(), "CONTRIBUTING.md:\n{}", wrong.join("\n"));
}

#[test]
fn paths_of_both_tables_are_read() {
    assert_eq!(paths("| a `#[b]` | `c` in `R/d.rs`, `tests/e.rs` |"), ["workflow-runtime/src/d.rs", "tests/e.rs"]);
    let expected = ["workflow-macros/src/expand/b.rs", "workflow-runtime/src/c.rs", "tests/conformance/src/cases/d.rs"];
    assert_eq!(paths("| `a` | `b.rs` | `c.rs` | – | `d.rs` |"), expected);
}
