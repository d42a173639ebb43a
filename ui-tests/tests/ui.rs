//! Every row of the table of refusals, and every construct that must compile.
//!
//! After a change of words: `TRYBUILD=overwrite cargo test -p workflow-ui-tests`, then read what changed.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("accepted/*.rs");
    cases.compile_fail("refused/*.rs");
}
