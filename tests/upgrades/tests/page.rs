//! Compares docs/upgrading.md with the tests: each change has the effect that the page gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

const PAGE: &str = include_str!("../../../docs/upgrading.md");

/// The files with the tests that the page has a cell for.
const FILES: [&str; 11] = [
    "stages",
    "conditions",
    "decisions",
    "members",
    "parts",
    "repeats",
    "types",
    "signals",
    "waits",
    "policies",
    "workflows",
];

/// Each test in a list of tests, as `file::name`, and its line.
fn tests() -> BTreeMap<String, String> {
    let mut tests = BTreeMap::new();
    for file in FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/{file}.rs"));
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, list) = source.rsplit_once("! {\n").unwrap_or_else(|| panic!("{file} has no list of tests"));
        let lines = list.lines().filter(|line| line.contains(" => "));
        tests.extend(lines.filter_map(|line| {
            let (name, rest) = line.trim().split_once(": ")?;
            Some((format!("{file}::{name}"), rest.to_owned()))
        }));
    }
    tests
}

/// The cells of the tables with their tests.
fn cells() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let (_, tables) = PAGE.split_once("\n## What becomes of an instance\n").expect("the page has its tables");
    let rows = tables.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    let cells = rows.filter(|row| row.contains("<!--")).flat_map(|row| row.trim_matches('|').split('|').skip(1));
    cells.map(|cell| {
        let tests = cell.split("<!-- ").skip(1).filter_map(|rest| rest.split_once(" -->").map(|(tests, _)| tests));
        (cell, tests.flat_map(str::split_whitespace).collect())
    })
}

#[test]
fn each_cell_has_its_tests_and_each_test_its_cell() {
    let tests = tests();
    assert!(tests.len() > 150, "{}", tests.len());
    let mut named = BTreeSet::new();
    for (cell, of) in cells() {
        assert!(!of.is_empty() || cell.trim() == "–", "no test shows this: {cell}");
        for test in of {
            let line = tests.get(test).unwrap_or_else(|| panic!("there is no test {test}"));
            assert!(named.insert(test), "{test} is named twice");
            if line.contains("parks: ") {
                assert!(cell.contains("parks"), "{test} parks, and its cell does not say so: {cell}");
            }
        }
    }
    let unnamed: Vec<_> = tests.keys().filter(|test| !named.contains(test.as_str())).collect();
    assert!(unnamed.is_empty(), "tests without a cell: {unnamed:?}");
}

#[test]
fn a_cell_that_says_parks_has_a_test_that_parks() {
    let tests = tests();
    for (cell, of) in cells().filter(|(cell, _)| cell.contains("parks")) {
        let parks = of.iter().any(|test| tests.get(*test).is_some_and(|line| line.contains("parks: ")));
        assert!(parks, "no test parks: {cell}");
    }
}

#[test]
fn each_row_has_the_cells_of_its_table() {
    let mut columns = 0;
    for line in PAGE.lines() {
        let cells =
            if line.starts_with('|') { line.split('`').step_by(2).collect::<String>().split('|').count() } else { 0 };
        assert!(
            columns == 0 || cells == 0 || cells == columns,
            "another number of cells than in the rows above: {line}"
        );
        columns = cells;
    }
}

/// A reason without what stands in quotes, up to the words of serde.
fn shape(reason: &str) -> String {
    let reason = reason.trim_end_matches(['"', ';']).replace("can't", "can not");
    let reason = [": invalid ", ": missing ", ": expected "].iter().fold(&*reason, |reason, words| {
        match reason.split_once(words) {
            Some((reason, _)) => reason,
            None => reason,
        }
    });
    let parts = reason.split('\'').enumerate().map(|(place, part)| if place % 2 == 1 { "'…'" } else { part });
    let shape: String = parts.collect();
    shape.replace("`let price`", "`let …`").replace("1 inputs", "… inputs").replace("takes 2", "takes …")
}

#[test]
fn each_reason_is_explained() {
    let page = PAGE.replace("can't", "can not");
    for (test, line) in tests() {
        let Some((_, reason)) = line.split_once("parks: ") else { continue };
        let shape = shape(reason);
        let explained = page.lines().any(|line| line.starts_with(&format!("| {shape} |")));
        assert!(explained, "{test}: the page does not explain \"{shape}\"");
    }
}
