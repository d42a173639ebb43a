//! Where the time went: table, critical path, parallelism, timeline.

use std::time::Duration;
use tokio::time::sleep;
use workflow_runtime::{StageContext, StageStatus, observe::Report, workflow};

async fn after<T>(milliseconds: u64, value: T) -> T {
    sleep(Duration::from_millis(milliseconds)).await;
    value
}

async fn on_third(ctx: &StageContext) -> Result<u32, &'static str> {
    sleep(Duration::from_millis(20)).await;
    if ctx.attempt() < 3 { Err("too early") } else { Ok(3) }
}

async fn shipping(fails: &bool) -> Result<(), &'static str> {
    sleep(Duration::from_millis(10)).await;
    if *fails { Err("no carrier") } else { Ok(()) }
}

workflow! {
    workflow Rounds() -> u64 {
        signal start: u64;
        stage started: u64 = *start;
        stage counted: u64 = loop count: u64 = *started {
            stage short: u64 = after(5, 1);
            stage long: u64 = after(10, *short);
            stage other: u64 = after(12, 0);
            if *count < 1 { continue *count + *long } else { break *count + *other }
        };
        stage items: Vec<u64> = for time in [10u64, 30, 20] {
            stage item: u64 = after(*time + *counted - *counted, 0);
            item
        };
        items.len() as u64
    }
}

/// Rounds follow each other, items wait for room, a signal makes all wait.
#[tokio::test(start_paused = true)]
async fn critical_path_through_rounds() {
    let report = Report::new();
    let run = Rounds::new().observed_by(report.clone()).start();
    sleep(Duration::from_millis(7)).await;
    run.signal(RoundsSignal::Start(0)).unwrap();
    assert_eq!(run.await.unwrap(), 3);
    let path = report.critical_path().into_iter();
    let path: Vec<_> = path.map(|step| (step.stage, step.at.as_millis(), step.time.as_millis())).collect();
    let expected = [
        ("started", 7, 0),
        ("short[0]", 7, 5),
        ("long[0]", 12, 10),
        ("short[1]", 22, 5),
        ("long[1]", 27, 10),
        ("item[1]", 37, 30),
    ];
    assert_eq!(path, expected.map(|(stage, at, time)| (stage.to_owned(), at, time)));
    assert!(report.to_table().contains("(waiting)   0 ms   7 ms    10%"), "{}", report.to_table());
    report.clear();
    assert_eq!(report.critical_path(), []);
    assert_eq!(report.parallelism(), None);
    assert_eq!(report.to_table(), "");
}

workflow! {
    workflow Order(fails: bool) {
        stage profile: u32 = after(35, 1);

        #[retry(3, fixed(15ms))]
        stage checked: u32 = on_third(ctx);

        stage documents: Vec<u64> = for time in [10u64, 30, 20] {
            stage page: u64 = after(*time, *time);
            page
        };

        #[after(profile, checked, documents)]
        stage fast: u32 = race {
            { stage slow_carrier: u32 = after(60, 1); slow_carrier },
            { stage fast_carrier: u32 = after(25, 2); fast_carrier },
        };

        #[when(*fast > 2)]
        stage insured: Option<u32> = after(10, 1);

        #[undo(after(15, ()))]
        #[after(insured)]
        stage paid = after(5, ());

        #[after(paid)]
        stage shipped = shipping(fails);
    }
}

async fn two_runs() -> Report {
    let report = Report::new();
    let order = Order::new().observed_by(report.clone());
    order.run(false).await.unwrap();
    order.run(true).await.unwrap_err();
    report
}

#[tokio::test(start_paused = true)]
async fn table() {
    let table = two_runs().await.to_table();
    let expected = "\
Order: 2 runs, 1 completed, 1 failed; 275 ms; parallelism 1.60, at most 5

stage           runs  attempts  completed  failed  skipped  cancelled  undone  undo failed    time  longest  waits
profile            2         2          2       -        -          -       -            -   70 ms    35 ms      -
checked            2         6          2       -        -          -       -            -  120 ms    90 ms  60 ms
documents          2         2          2       -        -          -       -            -   60 ms    30 ms      -
  page             6         6          6       -        -          -       -            -  120 ms    30 ms      -
fast               2         2          2       -        -          -       -            -   50 ms    25 ms      -
  slow_carrier     2         2          -       -        -          2       -            -   50 ms    25 ms      -
  fast_carrier     2         2          2       -        -          -       -            -   50 ms    25 ms      -
insured            2         -          -       -        2          -       -            -       -        -      -
paid               2         2          2       -        -          -       1            -   10 ms     5 ms      -
shipped            2         2          1       1        -          -       -            -   20 ms    10 ms      -

failures of  kind   count
checked      Error      4
shipped      Error      1

critical path of the longest run, 145 ms
stage                at   time  share
checked            0 ms  90 ms    62%
fast_carrier      90 ms  25 ms    17%
paid             115 ms   5 ms     3%
shipped          120 ms  10 ms     7%
(until the end)  130 ms  15 ms    10%
";
    assert_eq!(table, expected, "\n{table}");
}

#[tokio::test(start_paused = true)]
async fn timeline() {
    let report = two_runs().await;
    let svg = report.to_svg();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<title>checked, attempt ").count(), 6);
    assert!(svg.contains("<title>checked, attempt 2: 20 ms from 35 ms, failed</title>"), "{svg}");
    assert!(svg.contains("<title>slow_carrier: 25 ms from 90 ms, cancelled</title>"), "{svg}");
    assert!(svg.contains("<title>undo of paid: 15 ms from 130 ms, completed</title>"), "{svg}");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("timeline.svg");
    std::fs::write(path, svg).unwrap();
}

workflow! {
    workflow Ends() -> u32 {
        #[undo(async move { Err::<(), _>("stuck") })]
        stage booked: u32 = 1;
        #[undo(after(1, ()))]
        stage held: u32 = 1;
        #[timeout(2ms)]
        signal never: u32;
        #[after(booked, held)]
        stage fails: u32 = never + 1;
        *fails
    }
}

workflow! {
    workflow Asks() -> u32 {
        #[when(panic!("when"))]
        stage asks: Option<u32> = 1;
        asks.unwrap_or_default()
    }
}

/// The columns of a stage's row, as far as `undo failed`.
fn row(table: &str, stage: &str) -> Vec<String> {
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(stage)).expect("it has a row");
    row.split_whitespace().skip(1).take(8).map(ToOwned::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn what_failed_before_it_was_tried_is_told() {
    let report = Report::new();
    let run = Ends::new().observed_by(report.clone()).start();
    while run.state().fails.status() == StageStatus::Waiting {
        after(1, ()).await;
    }
    assert_eq!(run.state().fails.status(), StageStatus::Failed);
    run.await.unwrap_err();
    let table = report.to_table();
    assert_eq!(row(&table, "fails"), ["1", "-", "-", "1", "-", "-", "-", "-"], "{table}");
    assert_eq!(row(&table, "booked"), ["1", "1", "1", "-", "-", "-", "-", "1"], "could not be undone\n{table}");
    assert_eq!(row(&table, "held"), ["1", "1", "1", "-", "-", "-", "1", "-"], "{table}");
    let failures: Vec<&str> =
        table.lines().skip_while(|line| !line.starts_with("failures of")).skip(1).take(2).collect();
    let words = |line: &&str| line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
    let failures: Vec<Vec<String>> = failures.iter().map(words).collect();
    assert_eq!(failures, [["booked", "Error", "1"], ["fails", "Timeout", "1"]], "{table}");

    let report = Report::new();
    Asks::new().observed_by(report.clone()).run().await.unwrap_err();
    let table = report.to_table();
    assert!(table.lines().any(|line| line.split_whitespace().eq(["asks", "Panic", "1"])), "{table}");
}

workflow! {
    workflow Leaves() -> u32 {
        #[spawn]
        stage far = after(1_000, ());
        stage now: u32 = after(5, 7);
        stage end: u32 = { if *now == 7 { return 7 } else { 1 } };
        *end
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_task_tells_after_the_end_is_not_lost() {
    let report = Report::new();
    let leaves = Leaves::new().observed_by(report.clone());
    leaves.run().await.unwrap();
    after(1, ()).await;
    let table = report.to_table();
    assert_eq!(row(&table, "far"), ["1", "1", "-", "-", "-", "1", "-", "-"], "{table}");
    assert!(table.starts_with("Leaves: 1 run, 1 completed; 5 ms;"), "{table}");
    // One that is dropped is no longer waited for either.
    tokio::time::timeout(std::time::Duration::from_millis(2), leaves.run()).await.unwrap_err();
    after(1, ()).await;
    let table = report.to_table();
    assert!(table.starts_with("Leaves: 2 runs, 1 completed, 1 cancelled;"), "{table}");
    assert_eq!(row(&table, "far"), ["2", "2", "-", "-", "-", "2", "-", "-"], "{table}");
    assert_eq!(format!("{report:?}"), "Report { runs: 2, under_way: 0, .. }");
}

workflow! {
    workflow Bounded() -> Vec<u64> {
        #[concurrency(1)]
        stage all: Vec<u64> = for number in 0..4u64 {
            stage first: u64 = busy(*number);
            stage then: u64 = busy(*first);
            *then
        };
        all
    }
}

/// Takes some time of the real clock, with pauses in between.
async fn busy(number: u64) -> u64 {
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_micros(200));
        tokio::task::yield_now().await;
    }
    number
}

#[tokio::test]
async fn items_one_after_the_other_are_on_the_path_on_a_real_clock() {
    let report = Report::new();
    Bounded::new().observed_by(report.clone()).run().await.unwrap();
    let path: Vec<String> = report.critical_path().into_iter().map(|step| step.stage).collect();
    let expected: Vec<String> = (0..4).flat_map(|item| [format!("first[{item}]"), format!("then[{item}]")]).collect();
    assert_eq!(path, expected);
}
