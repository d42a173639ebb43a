//! `customer_onboarding` deals with every line, whatever stands there.

mod support;

use std::fs;

use support::{Finished, run};
use tempfile::TempDir;

fn onboard(options: &[&str], input: &[u8]) -> Finished {
    run("customer_onboarding", ["--latency", "0"].iter().chain(options), input)
}

/// The count in the row of the table that begins with this outcome.
fn count(finished: &Finished, outcome: &str) -> usize {
    let row = finished.output.lines().find(|line| line.trim_start_matches(['│', ' ']).starts_with(outcome));
    let cell = row.and_then(|row| row.trim_end_matches(['│', ' ']).rsplit('┆').next());
    cell.and_then(|cell| cell.trim().parse().ok()).unwrap_or_default()
}

/// The first table, which is the same in each run; times are not.
fn outcomes(finished: &Finished) -> &str {
    finished.output.split_once('└').map_or("", |(table, _)| table)
}

fn application(id: &str, email: &str) -> String {
    format!(
        r#"{{"id":"{id}","submitted":"2026-04-01","name":"Ada Berg","email":"{email}","born":"1990-05-17","country":"DE",
        "address":{{"street":"Weg 1","postcode":"10115","city":"Berlin"}},"plan":"basic","documents":[
        {{"kind":"passport","holder":"Ada Berg","issued":"2020-01-01","expires":"2030-01-01"}},
        {{"kind":"proof_of_address","holder":"Ada Berg","issued":"2026-03-01"}}]}}"#
    )
    .replace('\n', "")
}

#[test]
fn the_shipped_file_has_something_of_everything() {
    let folder = TempDir::new().expect("a folder for the test");
    let accounts = folder.path().join("accounts.jsonl");
    let finished = onboard(&["--accounts", accounts.to_str().expect("a path in UTF-8")], b"");
    assert_eq!(finished.code, Some(0), "{}", finished.errors);

    let opened = count(&finished, "account opened at once") + count(&finished, "account opened after corrections");
    assert_eq!(count(&finished, "all lines"), 232);
    assert_eq!(count(&finished, "line could not be read"), 23);
    assert_eq!(count(&finished, "account opened after corrections"), 39);
    for (outcome, expected) in [
        ("already a customer", 2),
        ("bad e-mail address", 3),
        ("country not served", 4),
        ("documents missing", 14),
        ("found in a register", 5),
        ("mail returned", 3),
        ("someone else's document", 2),
        ("still not valid after corrections", 6),
        ("under age", 4),
    ] {
        assert_eq!(count(&finished, outcome), expected, "{outcome} in\n{}", finished.output);
    }
    // What came back in the post: the account that stood before it is undone.
    assert!(finished.output.contains(" 3 accounts closed again."), "{}", finished.output);
    // The registers are flaky, and asked again: no applicant is refused for that.
    assert!(!finished.output.contains("\n0 questions without an answer"), "{}", finished.output);
    assert!(!finished.output.contains("register unreachable"), "{}", finished.output);
    let written = fs::read_to_string(accounts).expect("the accounts are written");
    assert_eq!(written.lines().count(), opened);
    assert!(written.lines().all(|line| line.starts_with(r#"{"number":4000"#)), "{written}");
    for stage in ["profile", "documents", "background", "verified", "verdict", "account", "opened", "welcome", "access"]
    {
        assert!(count_of_stage(&finished, stage), "no time for {stage} in\n{}", finished.output);
    }
}

/// Whether the table of times has a row for a stage.
fn count_of_stage(finished: &Finished, stage: &str) -> bool {
    finished.output.lines().any(|line| line.starts_with(&format!("│ {stage} ")) && line.ends_with("ms │"))
}

#[test]
fn outcomes_do_not_depend_on_the_concurrency() {
    let few = onboard(&["--concurrency", "4"], b"");
    let many = onboard(&["--concurrency", "200"], b"");
    assert!(!outcomes(&few).is_empty());
    assert_eq!(outcomes(&few), outcomes(&many));
}

#[test]
fn each_broken_line_is_named_and_the_others_go_on() {
    let good = application("A-1", "ada@example.org");
    let mut input = format!("\u{feff}{good}\r\n").into_bytes();
    input.extend_from_slice(b"{\"id\":\n");
    input.extend_from_slice(b"\n");
    input.extend_from_slice(b"J\xfcrgen\n");
    input.extend_from_slice(b"[]\n");
    input.extend_from_slice(good.replace("\"1990-05-17\"", "17").as_bytes());
    input.extend_from_slice(b"\n");
    input.extend_from_slice(good.replace("2020-01-01", "2020-13-01").as_bytes());
    input.extend_from_slice(b"\n");
    input.extend_from_slice(application("A-8", "ada.too@example.org").as_bytes());

    let finished = onboard(&["-"], &input);
    assert_eq!(finished.code, Some(0));
    assert_eq!(count(&finished, "account opened at once"), 2, "{}\n{}", finished.output, finished.errors);
    assert_eq!(count(&finished, "line could not be read"), 6);
    for message in [
        "line 2: not JSON: EOF while parsing a value, at column 6",
        "line 3: the line is empty",
        "line 4: not UTF-8 at column 2",
        "line 5: not an application: ",
        "line 6: not an application: born: invalid type: integer `17`",
        "line 7: not an application: documents[0].issued: ",
    ] {
        assert!(finished.errors.contains(message), "'{message}' is missing in\n{}", finished.errors);
    }
}

#[test]
fn a_refusal_names_the_line_the_stage_and_the_reason() {
    let input = application("A-1", "nobody");
    let finished = onboard(&["-"], input.as_bytes());
    assert_eq!(finished.code, Some(0));
    let start = "line 1, A-1, Ada Berg: stage 'profile' of workflow 'CustomerOnboarding' failed";
    assert!(finished.errors.contains(start), "{}", finished.errors);
    assert!(finished.errors.contains("'nobody' is no e-mail address"), "{}", finished.errors);
}

#[test]
fn nothing_to_do_is_no_error() {
    let finished = onboard(&["-"], b"");
    assert_eq!((finished.code, finished.errors.as_str()), (Some(0), ""));
    assert_eq!(count(&finished, "all lines"), 0);
}

#[test]
fn wrong_arguments_are_errors_in_words() {
    let missing = onboard(&["/no/such/file"], b"");
    assert_eq!(missing.code, Some(1));
    assert!(missing.errors.contains("error: '/no/such/file' can't be read: No such file"), "{}", missing.errors);
    let none_at_once = onboard(&["--concurrency", "0"], b"");
    assert_eq!(none_at_once.code, Some(2));
    assert!(none_at_once.errors.contains("--concurrency"), "{}", none_at_once.errors);
}

#[test]
fn shows_its_graph() {
    let finished = onboard(&["--graph"], b"");
    assert_eq!(finished.code, Some(0));
    assert!(finished.output.contains("background"), "{}", finished.output);
}
