//! The table in docs/patterns.md names, for each of the 43 control-flow patterns, a case that shows it, or says why
//! none can.

use std::collections::{BTreeMap, BTreeSet};
use workflow_conformance::{Case, Conforming, Visitor, cases};

const PAGE: &str = include_str!("../../../docs/patterns.md");

/// Which patterns each case shows.
#[derive(Default)]
struct Shown(BTreeMap<String, BTreeSet<u8>>);

impl Visitor for Shown {
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>) {
        let case = make();
        self.0.insert(format!("{family}::{name}"), case.patterns().iter().copied().collect());
    }
}

/// A row of the table: how it is written, and the case, if any.
fn rows() -> BTreeMap<u8, (&'static str, Option<&'static str>)> {
    let rows = PAGE.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix('|')?.split(" | ").map(str::trim).collect();
        let [number, _, how, case] = cells.as_slice() else { return None };
        let case = case.trim_end_matches('|').trim();
        Some((number.parse().ok()?, (*how, case.strip_prefix('`').and_then(|case| case.strip_suffix('`')))))
    });
    rows.collect()
}

#[test]
fn each_pattern_has_its_case_or_a_reason() {
    let mut shown = Shown::default();
    cases::visit(&mut shown);
    let rows = rows();
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=43).collect::<Vec<_>>());
    let mut covered = 0;
    for (number, (how, case)) in rows {
        let Some(case) = case else {
            assert!(how.starts_with("refused: "), "{number} has neither a case nor a reason");
            let claims: Vec<_> = shown.0.iter().filter(|(_, patterns)| patterns.contains(&number)).collect();
            assert_eq!(claims, [], "{number} is refused, but shown");
            continue;
        };
        assert!(!how.starts_with("refused"), "{number} is refused, but has a case");
        let patterns = shown.0.get(case).unwrap_or_else(|| panic!("{number}: there is no case {case}"));
        assert!(patterns.contains(&number), "{number}: {case} does not say that it shows it");
        covered += 1;
    }
    assert!(covered >= 38, "only {covered} of 43");
}
