//! `payment` gives each payment the path that its script says, exact to the millisecond, and leaves nothing half done.

mod support;

use std::fs;
use std::time::Instant;

use support::{Finished, run};

fn pay(options: &[&str], input: &str) -> Finished {
    run("payment", options, input.as_bytes())
}

/// A case with this amount and these further fields.
fn case(amount: &str, more: &str) -> String {
    let order = format!(
        r#"{{"payer":{{"name":"Nordwind GmbH","iban":"DE89 3704 0044 0532 0130 00"}},"payee":{{"name":"Atelier Morel",
        "iban":"FR14 2004 1010 0505 0001 3M02 606"}},"amount":"{amount}","currency":"EUR","purpose":"Invoice 7",
        "ordered_by":"m.keller"}}"#
    );
    format!(r#"{{"id":"P-1","order":{order},"funds":"100000.00"{more}}}"#).replace('\n', " ")
}

/// The path of the only case: its lines without the spaces around them.
fn path(more: &str) -> Vec<String> {
    path_of("1000.00", more)
}

fn path_of(amount: &str, more: &str) -> Vec<String> {
    let finished = pay(&["-"], &case(amount, more));
    assert_eq!(finished.code, Some(0), "{}", finished.errors);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    finished.output.lines().skip(1).take_while(|line| !line.is_empty()).map(words).collect()
}

/// The count in the row of the table for this outcome at this stage.
fn count(finished: &Finished, outcome: &str, stage: &str) -> usize {
    let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut rows = finished.output.lines().map(cells);
    let row = rows.find(|row| row.get(1).is_some_and(|cell| cell == outcome) && row[2] == stage);
    row.and_then(|row| row[3].parse().ok()).unwrap_or_default()
}

#[test]
fn the_shipped_file_has_something_of_everything() {
    let started = Instant::now();
    let finished = pay(&[], "");
    assert_eq!(finished.code, Some(0), "{}", finished.errors);
    for (outcome, stage, expected) in [
        ("broke down", "risk", 1),
        ("broke down", "reporting", 1),
        ("cancelled by the customer", "-", 5),
        ("line could not be read", "", 7),
        ("no answer in time", "-", 1),
        ("no answer in time", "sending", 2),
        ("not approved", "approval", 5),
        ("not paid, and not all undone", "reconciliation", 1),
        ("not paid, and not all undone", "reporting", 1),
        ("out of service", "sending", 1),
        ("paid", "", 32),
        ("refused", "compliance", 4),
        ("refused", "execution", 2),
        ("refused", "risk", 2),
        ("refused", "validation", 5),
        ("all lines", "", 80),
    ] {
        assert_eq!(count(&finished, outcome, stage), expected, "{outcome} at {stage} in\n{}", finished.output);
    }
    assert!(started.elapsed().as_secs() < 60, "days take no time");
}

#[test]
fn paths_do_not_depend_on_the_concurrency() {
    let (alone, together) = (pay(&["--concurrency", "1"], ""), pay(&["--concurrency", "200"], ""));
    assert!(alone.output.contains("undo validation"));
    assert_eq!(alone.output, together.output);
}

#[test]
fn risk_and_compliance_are_side_by_side() {
    assert_eq!(
        path(""),
        [
            "0d 00:00:00.120 validation 1000.00 EUR held, after 120ms",
            "0d 00:00:00.920 risk risk 0 of 100, after 800ms",
            "0d 00:00:02.620 compliance cleared as C-0, after 2s 500ms",
            "0d 00:00:04.120 execution money sent, needed no approval; the payer has 99000.00 left, after 1s 500ms",
            "0d 01:00:24.120 reconciliation 1000.00 arrived as FR-100000, after 20s",
            "0d 01:00:24.520 reporting reported as 'Invoice 7', after 400ms",
            "=> paid as FR-100000, needed no approval",
        ]
    );
}

#[test]
fn everything_before_a_failure_is_undone_the_last_first() {
    let path = path(r#","faults":[{"step":"reporting","how":"refuses","reason":"embargo"}]"#);
    assert_eq!(
        path[5..],
        [
            "0d 01:00:24.520 reporting refused: embargo, after 400ms",
            "0d 01:00:24.720 undo reconciliation entry reopened, after 200ms",
            "0d 01:00:24.920 undo execution money sent back, after 200ms",
            "0d 01:00:25.120 undo compliance case withdrawn, after 200ms",
            "0d 01:00:25.320 undo risk exposure taken back, after 200ms",
            "0d 01:00:25.520 undo validation hold released, after 200ms",
            "=> not paid: stage 'reporting' of workflow 'Payment' failed: reporting refuses: embargo",
            "nothing is left of it",
        ]
    );
}

#[test]
fn an_undo_is_tried_again_and_one_that_fails_is_named() {
    let faults = r#","faults":[{"step":"reconciliation","how":"refuses"},
        {"step":"execution","undo":true,"how":"unavailable","times":1},{"step":"risk","undo":true,"how":"unavailable"}]"#;
    let path = path(faults);
    assert_eq!(
        path[5..],
        [
            "0d 01:00:24.320 undo execution unavailable, after 200ms",
            "0d 01:01:24.520 undo execution money sent back, attempt 2, after 200ms",
            "0d 01:01:24.720 undo compliance case withdrawn, after 200ms",
            "0d 01:01:24.920 undo risk unavailable, after 200ms",
            "0d 01:02:25.120 undo risk unavailable, attempt 2, after 200ms",
            "0d 01:03:25.320 undo risk unavailable, attempt 3, after 200ms",
            "0d 01:04:25.520 undo risk unavailable, attempt 4, after 200ms",
            "0d 01:04:25.720 undo validation hold released, after 200ms",
            "=> not paid: stage 'reconciliation' of workflow 'Payment' failed: reconciliation refuses: without a reason; \
             not undone: stage 'risk' of workflow 'Payment' failed after 4 attempts: risk is unavailable",
            "for a person to see to: risk",
        ]
    );
}

#[test]
fn an_approval_comes_in_time_or_not_at_all() {
    let granted = r#","answers":[{"after":"1h","answer":"granted","by":"m.keller"},
        {"after":"2d 23h","answer":"granted","by":"a.schmidt"}]"#;
    let path = path_of("25000.01", granted);
    assert_eq!(path[4], "0d 01:00:00.000 answer m.keller grants it: not taken, they may not approve");
    assert_eq!(path[5], "2d 23:00:00.000 answer a.schmidt grants it");
    assert_eq!(path.last().unwrap(), "=> paid as FR-500001, approved by a.schmidt");

    let path = path_of("25000.01", r#","answers":[{"after":"3d 1h","answer":"granted","by":"a.schmidt"}]"#);
    assert_eq!(path[4], "3d 00:00:02.870 undo compliance case withdrawn, after 200ms");
    assert!(path[7].ends_with("nobody approved within three days"), "{path:?}");

    let path = path_of("25000.00", "");
    assert!(path.last().unwrap().ends_with("needed no approval"), "{path:?}");
}

#[test]
fn a_lost_reply_neither_pays_twice_nor_stays() {
    let once = path(r#","faults":[{"step":"execution","how":"reply_lost","times":1}]"#);
    assert_eq!(once[3], "0d 00:01:02.620 execution cut off, after 1m");
    assert!(once[4].contains("(had taken effect before), attempt 2"), "{once:?}");
    assert_eq!(once.last().unwrap(), "=> paid as FR-100000, needed no approval");

    let always = path(r#","faults":[{"step":"execution","how":"reply_lost"}]"#);
    assert_eq!(always[6], "0d 00:04:02.820 undo execution money sent back, after 200ms");
    assert_eq!(always.last().unwrap(), "nothing is left of it");
}

#[test]
fn what_is_under_way_ends_before_it_is_undone() {
    // Risk fails while compliance is running, which has an undo: it may finish.
    let path = path(r#","faults":[{"step":"risk","how":"refuses"}]"#);
    assert_eq!(
        path[1..5],
        [
            "0d 00:00:00.920 risk refused: without a reason, after 800ms",
            "0d 00:00:02.620 compliance cleared as C-0, after 2s 500ms",
            "0d 00:00:02.820 undo compliance case withdrawn, after 200ms",
            "0d 00:00:03.020 undo validation hold released, after 200ms",
        ]
    );
}

#[test]
fn a_customer_may_cancel() {
    let path = path(r#","cancelled":{"after":"30m"}"#);
    assert_eq!(path[4], "0d 00:30:00.000 customer cancels");
    assert_eq!(path[5], "0d 00:30:00.200 undo execution money sent back, after 200ms");
    assert_eq!(path[9..], ["=> not paid: workflow 'Payment' was cancelled", "nothing is left of it"]);
}

#[test]
fn each_broken_line_is_named_and_the_others_go_on() {
    let good = case("10.00", "");
    let input = [&good, "{", "", &good.replace("10.00", "10,00"), &good.replace("DE89", "DE90"), &good].join("\n");
    let finished = pay(&["-"], &input);
    assert_eq!(finished.code, Some(0));
    for message in [
        "line 2: not JSON: ",
        "line 3: the line is empty",
        "line 4: not a case: order.amount: '10,00' is no amount: expected digits, a point and two digits",
        "'DE90 3704 0044 0532 0130 00' is no account",
    ] {
        assert!(finished.output.contains(message), "'{message}' is missing in\n{}", finished.output);
    }
    assert_eq!((count(&finished, "paid", ""), count(&finished, "all lines", "")), (2, 6));
}

#[test]
fn nothing_to_do_is_no_error() {
    let finished = pay(&["-", "--quiet"], "");
    assert_eq!((finished.code, finished.errors.as_str()), (Some(0), ""));
    let missing = pay(&["/no/such/file"], "");
    assert_eq!(missing.code, Some(1));
    assert!(missing.errors.contains("error: '/no/such/file' can't be read: No such file"), "{}", missing.errors);
}

#[test]
fn real_time_takes_its_time() {
    let started = Instant::now();
    let finished =
        pay(&["-", "--real-time"], &case("1000.00", r#","funds":"1.00""#).replacen(r#""funds":"100000.00","#, "", 1));
    assert_eq!(count(&finished, "refused", "validation"), 1, "{}", finished.output);
    assert!(started.elapsed().as_millis() >= 120);
}

#[test]
fn shows_its_graph() {
    let finished = pay(&["--graph"], "");
    assert_eq!(finished.code, Some(0));
    assert!(finished.output.contains("reconciliation"), "{}", finished.output);
    // Each of the steps is in the file that comes with the example.
    let cases = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/payment/cases.jsonl")).expect("it is there");
    for step in ["validation", "risk", "compliance", "approval", "execution", "reconciliation", "reporting"] {
        assert!(cases.contains(&format!(r#""step": "{step}""#)), "no case for {step}");
    }
}
