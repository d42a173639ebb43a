//! Compares docs/format.md with the code: kinds of records, tables, versions, and names in paths.

use std::{collections::BTreeSet, fs, path::Path};

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

fn source(file: &str) -> String {
    read(&format!("../workflow-runtime/src/{file}"))
}

/// The text between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("there is no {from:?}"));
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

/// The first two cells of each row of the table in that section.
fn rows(section: &str) -> BTreeSet<(String, String)> {
    let cells = |line: &str| {
        let mut cells = line.split('|').skip(1).map(|cell| cell.trim().trim_matches('`').to_owned());
        Some((cells.next()?, cells.next()?))
    };
    section.lines().filter(|line| line.starts_with('|')).filter_map(cells).collect()
}

#[test]
fn has_each_kind_of_record() {
    let (page, code) = (read("format.md"), source("journal/record.rs"));
    let kinds = between(&code, "enum RecordKind {", "\n}").lines().filter_map(|line| {
        let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        Some((number.to_owned(), name.to_owned()))
    });
    let kinds: BTreeSet<_> = kinds.collect();
    assert!(kinds.len() >= 20, "{kinds:?}");
    let is_number = |(number, _): &(String, String)| number.parse::<u8>().is_ok();
    let section = between(&page, "\n## Kinds\n", "\n## ");
    let told: BTreeSet<_> = rows(section).into_iter().filter(is_number).collect();
    assert_eq!(told, kinds);
}

#[test]
fn has_each_table_and_status_and_the_version() {
    let (page, code) = (read("format.md"), read("../workflow-sqlite/src/schema.rs"));
    let section = between(&page, "\n## The file\n", "\n## ");
    let tables = code.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_once(" (").map(|(name, _)| name));
    for table in tables {
        assert!(section.contains(&format!("\n| `{table}` |")), "the table {table}");
    }
    let index = code.split("CREATE INDEX ").skip(1).filter_map(|rest| rest.split(' ').next());
    for index in index {
        assert!(section.contains(&format!("`{index}`")), "the index {index}");
    }
    let version = between(&code, "VERSION: u32 = ", ";");
    assert!(section.contains(&format!("the version of the schema, which is {version}:")), "version {version}");
    let code = read("../workflow-store/src/instance.rs");
    let statuses = between(&code, "fn number(", "\n    }").matches("Self::").count();
    assert!(statuses >= 5, "{statuses} statuses");
    for status in 0..statuses {
        assert!(section.contains(&format!("\n| {status} |")), "status {status}");
    }
}

/// Names that the engine puts beside a stage, or beside all of them.
#[test]
fn has_each_name_in_paths() {
    let page = read("format.md");
    let section = between(&page, "\n## Paths\n", "\n## ");
    let mut names = BTreeSet::new();
    let folders = ["durable", "engine", "journal", "run", "signal", "stage", "undo"];
    let files = folders.iter().flat_map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflow-runtime/src").join(folder);
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    });
    let files: Vec<_> = files.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().unwrap();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        let code = read(&file.display().to_string());
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        for (before, after) in [("within(stage, \"", '"'), ("within(stage, &format!(\"", '"'), ("&str = \":", '"')] {
            let found = code.split(before).skip(1).filter_map(|rest| rest.split_once(after));
            names.extend(found.map(|(name, _)| name.split(['{', '/']).next().unwrap_or_default().to_owned()));
        }
    }
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        assert!(section.contains(&format!("`:{name}")), "`:{name}`");
    }
}
