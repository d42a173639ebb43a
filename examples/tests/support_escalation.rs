//! `support_escalation` gives each ticket the path that its script says, exact to the millisecond.

mod support;

use support::{Finished, run};

fn serve(options: &[&str], input: &str) -> Finished {
    run("support_escalation", options, input.as_bytes())
}

/// A case of that severity with these further fields.
fn case(severity: &str, more: &str) -> String {
    let ticket = format!(r#"{{"customer":"Ada Berg","subject":"It beeps","severity":"{severity}"}}"#);
    format!(r#"{{"id":"T-1","ticket":{ticket}{more}}}"#).replace('\n', " ")
}

/// The path of the only case after its first two entries, which are always the same: its lines without the spaces
/// around them.
fn path(severity: &str, more: &str) -> Vec<String> {
    let finished = serve(&["-"], &case(severity, more));
    assert_eq!(finished.code, Some(0), "{}", finished.errors);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let path: Vec<String> = finished.output.lines().skip(1).take_while(|line| !line.is_empty()).map(words).collect();
    assert_eq!(path[0], "0d 00:00:02.000 desk confirms “It beeps”");
    path[2..].to_vec()
}

/// The count in the row of the table for this outcome at this level.
fn count(finished: &Finished, outcome: &str, level: &str) -> usize {
    let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut rows = finished.output.lines().map(cells);
    let row = rows.find(|row| row.get(1).is_some_and(|cell| cell == outcome) && row[2] == level);
    row.and_then(|row| row[3].parse().ok()).unwrap_or_default()
}

#[test]
fn the_shipped_file_has_something_of_everything() {
    let finished = serve(&[], "");
    assert_eq!(finished.code, Some(0), "{}", finished.errors);
    for (outcome, level, expected) in [
        ("closed in silence", "first level", 3),
        ("decided", "manager", 6),
        ("line could not be read", "", 4),
        ("solved", "first level", 18),
        ("solved", "second level", 7),
        ("solved", "third level", 7),
        ("withdrawn", "", 4),
        ("all lines", "", 49),
    ] {
        assert_eq!(count(&finished, outcome, level), expected, "{outcome}, {level} in\n{}", finished.output);
    }
    assert_eq!(count(&finished, "broke off", "-"), 0);
}

#[test]
fn paths_do_not_depend_on_the_concurrency() {
    let (alone, together) = (serve(&["--concurrency", "1"], ""), serve(&["--concurrency", "200"], ""));
    assert!(alone.output.contains("to the third level"));
    assert_eq!(alone.output, together.output);
}

#[test]
fn without_anybody_it_goes_up_by_the_clock() {
    assert_eq!(
        path("fault", ""),
        [
            "0d 00:30:02.000 first level to the second level: no answer in time",
            "0d 04:30:02.000 second level to the third level: no answer in time",
            "1d 00:00:04.000 desk update 1: still open",
            "1d 04:30:02.000 third level to the manager: no answer in time",
            "2d 00:00:06.000 desk update 2: still open",
            "3d 00:00:08.000 desk update 3: still open",
            "3d 04:30:02.000 manager gives the money back, after 48h",
            "3d 04:30:04.000 desk asks for a rating",
            "=> the manager gives the money back",
        ]
    );
}

#[test]
fn an_outage_passes_the_first_level_over() {
    let path = path("outage", "");
    assert_eq!(path[0], "0d 04:00:02.000 second level to the third level: no answer in time");
    assert!(path.contains(&"1d 04:00:02.000 third level to the manager: no answer in time".to_owned()), "{path:?}");
}

#[test]
fn a_reply_interrupts_the_agent() {
    let more = r#","agents":[{"level":"first","takes":"25m","answer":"proposes"}],"customer":[
        {"after":"10m","does":{"replies":{"information":"since today"}}},{"after":"1h","does":{"replies":"solved"}},
        {"after":"2h","does":{"rates":{"stars":6}}},{"after":"3h","does":{"rates":{"stars":4}}}]"#;
    assert_eq!(
        path("question", more),
        [
            "0d 00:10:00.000 customer “since today”",
            "0d 00:10:00.000 first level cut off, after 9m 58s",
            "0d 00:35:00.000 first level proposes something, after 25m",
            "0d 01:00:00.000 customer solved, thank you",
            "0d 01:00:02.000 desk asks for a rating",
            "0d 02:00:00.000 customer gives 6 of 5 (not taken)",
            "0d 03:00:00.000 customer gives 4 of 5",
            "=> solved by the first level, rated 4 of 5",
        ]
    );
}

#[test]
fn a_question_without_a_reply_is_asked_once_more() {
    let path = path("fault", r#","agents":[{"level":"first","takes":"10m","answer":"asks"}]"#);
    assert_eq!(
        path,
        [
            "0d 00:10:02.000 first level asks for more, after 10m",
            "1d 00:00:04.000 desk update 1: still open",
            "1d 00:10:04.000 first level reminds the customer",
            "2d 00:00:06.000 desk update 2: still open",
            "=> closed in silence after the first level",
        ]
    );
}

#[test]
fn a_customer_may_take_the_ticket_back() {
    let more = r#","agents":[{"level":"first","takes":"25m","answer":"proposes"}],
        "customer":[{"after":"20m","does":"withdraws"}]"#;
    assert_eq!(
        path("fault", more),
        [
            "0d 00:20:00.000 customer takes the ticket back",
            "0d 00:20:00.000 first level cut off, after 19m 58s",
            "=> withdrawn by the customer",
        ]
    );
}

#[test]
fn talks_are_bounded() {
    let asks = r#"{"level":"first","takes":"1m","answer":"asks"}"#;
    let agents = [asks; 9].join(",");
    let tells: Vec<String> =
        (1..9).map(|hour| format!(r#"{{"after":"{hour}h","does":{{"replies":{{"information":"no"}}}}}}"#)).collect();
    let path = path("fault", &format!(r#","agents":[{agents}],"customer":[{}]"#, tells.join(",")));
    assert!(
        path.contains(&"0d 04:00:00.000 first level to the second level: they go round in circles".to_owned()),
        "{path:?}"
    );
}

#[test]
fn each_broken_line_is_named_and_the_others_go_on() {
    let good = case("fault", "");
    let backwards = case("fault", r#","customer":[{"after":"-1h","does":"withdraws"}]"#);
    let input = [&good, "[", &case("urgent", ""), &backwards, "", &good].join("\n");
    let finished = serve(&["-"], &input);
    assert_eq!(finished.code, Some(0));
    for message in [
        "line 2: not JSON: ",
        "line 3: not a case: ticket.severity: unknown variant `urgent`",
        "line 4: not a case: customer[0].after: ",
        "line 5: the line is empty",
    ] {
        assert!(finished.output.contains(message), "'{message}' is missing in\n{}", finished.output);
    }
    assert_eq!((count(&finished, "decided", "manager"), count(&finished, "all lines", "")), (2, 6));
}

#[test]
fn nothing_to_do_is_no_error() {
    let finished = serve(&["-", "--quiet"], "");
    assert_eq!((finished.code, finished.errors.as_str()), (Some(0), ""));
    let none_at_once = serve(&["--concurrency", "0"], "");
    assert_eq!(none_at_once.code, Some(2));
}

#[test]
fn shows_its_graph() {
    let finished = serve(&["--graph"], "");
    assert_eq!(finished.code, Some(0));
    assert!(finished.output.contains("handled"), "{}", finished.output);
}
