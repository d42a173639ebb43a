//! Tests that a workflow's graph tells what the machine does.
#![deny(warnings)]

mod told;

use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use told::{Clock, assert_told};
use workflow_runtime::{
    graph::{Awaited, EdgeKind, Graph},
    workflow,
};

/// Each edge in words, sorted.
fn edges(graph: &Graph<'_>) -> Vec<String> {
    let name = |stage: u32| graph.stages[stage as usize].name;
    let mut edges: Vec<String> = graph
        .edges
        .iter()
        .map(|edge| {
            let kind = if edge.kind == EdgeKind::Data { String::new() } else { format!(" {:?}", edge.kind) };
            format!("{} -> {}{kind}", name(edge.from), name(edge.to))
        })
        .collect();
    edges.sort();
    edges
}

/// Each wait in words: what, why, and where.
fn waits(graph: &Graph<'_>) -> Vec<String> {
    let scope = |scope: u32| graph.scopes[scope as usize].label;
    let waits = graph.waits.iter().map(|wait| {
        let on = match wait.on {
            Awaited::Stage(stage) => graph.stages[stage as usize].name,
            Awaited::Signal(signal) => graph.signals[signal as usize].name,
            Awaited::Scope(on) => scope(on),
        };
        let stage = wait.stage.map(|stage| &graph.stages[stage as usize]);
        let part = match stage {
            Some(stage) if stage.scope == wait.scope => String::new(),
            _ => format!(" in '{}'", scope(wait.scope)),
        };
        format!("{:?} {on}: {}{part}", wait.kind, stage.map_or("tail", |stage| stage.name))
    });
    waits.collect()
}

async fn takes(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

workflow! {
    workflow Blocks() -> u64 {
        stage slow: u64 = takes(3);
        // A `let` may name one that is written later.
        let first: u64 = second + 1;
        let second: u64 = slow + 1;
        stage block: u64 = {
            stage x: u64 = takes(1);
            stage inner: u64 = {
                stage y: u64 = x + first;
                *y
            };
            *inner
        };
        stage other: u64 = takes(6);
        stage chosen: u64 = if *block > 3 {
            #[after(other)]
            stage z: u64 = takes(2);
            *z
        } else {
            0
        };
        block + chosen + other
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_waits_for_what_its_parts_name() {
    let expected = [
        "block -> chosen",
        "other -> chosen After",
        "other -> z After",
        "slow -> block",
        "slow -> inner",
        "slow -> y",
        "x -> inner",
        "x -> y",
    ];
    assert_eq!(edges(Blocks::GRAPH), expected);
    let clock = Arc::new(Clock::default());
    assert_eq!(Blocks::new().observed_by(Arc::clone(&clock)).run().await.unwrap(), 6 + 2 + 6);
    assert_told(&clock, Blocks::GRAPH, "Blocks");
    // The picture says it at the block's border, and once.
    let chart = Blocks::GRAPH.to_mermaid();
    let (slow, block) = (item(&chart, "slow"), item(&chart, "block"));
    let from_slow: Vec<&str> =
        chart.lines().map(str::trim).filter(|line| line.starts_with(&format!("{slow} -"))).collect();
    assert_eq!(from_slow, [format!("{slow} --> {block}")]);
}

/// The item that a label stands in.
fn item(chart: &str, label: &str) -> String {
    let is_labelled = |line: &&str| ["\"", " ·", "<br/>"].iter().any(|end| line.contains(&format!("\"{label}{end}")));
    let line = chart.lines().find(is_labelled).unwrap_or_else(|| panic!("no {label} in {chart}"));
    let number: String = line
        .split('n')
        .find_map(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then_some(digits)
        })
        .unwrap();
    format!("n{number}")
}

workflow! {
    workflow Lazy() -> (u64, u64) {
        #[lazy]
        stage rate: u64 = takes(2);
        stage asks: u64 = rate + 0;
        // An order alone does not ask for it, and so does not wait.
        #[after(rate)]
        stage other: u64 = takes(1);
        (*asks, *other)
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_does_not_ask_for_a_lazy_stage() {
    assert_eq!(edges(Lazy::GRAPH), ["rate -> asks Lazy"]);
    let clock = Arc::new(Clock::default());
    assert_eq!(Lazy::new().observed_by(Arc::clone(&clock)).run().await.unwrap(), (2, 1));
    assert_told(&clock, Lazy::GRAPH, "Lazy");
}

workflow! {
    workflow Tasks() -> u64 {
        signal go: u64;
        #[lazy]
        stage rate: u64 = takes(2);
        #[spawn]
        stage task: u64 = {
            stage first: u64 = takes(1);
            #[spawn]
            stage second: u64 = rate + first;
            second + go
        };
        *task
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_all_that_its_parts_name() {
    assert_eq!(waits(Tasks::GRAPH), ["Lazy rate: task", "Named go: task"]);
    let clock = Arc::new(Clock::default());
    let run = Tasks::new().observed_by(Arc::clone(&clock)).start();
    sleep(Duration::from_secs(5)).await;
    run.signal(TasksSignal::Go(4)).unwrap();
    assert_eq!(run.await.unwrap(), 2 + 1 + 4);
    assert_told(&clock, Tasks::GRAPH, "Tasks");
}

workflow! {
    workflow Waits(n: u32) -> u32 {
        signal approval: u32;
        signal closed: ();
        #[timeout(9s)]
        #[fallback({ stage late: u32 = 4; *late })]
        signal last: u32;
        let limit: u32 = *approval + 1;
        #[lazy]
        stage rate: u64 = takes(1);
        stage slow: u64 = takes(2);
        stage chosen: u32 = if *n > 1 {
            stage asked = ();
            #[after(asked)]
            signal go: u32;
            select {
                signal go => {
                    stage gone: u32 = *go;
                    stage more: u32 = gone + 1;
                    *more
                },
                stage slow => 1,
            }
        } else {
            0
        };
        #[until(slow)]
        stage polled: Option<u32> = loop {
            signal reply: u32;
            stage heard: bool = select {
                signal reply => true,
                found: u64 = takes(5) => *found > *rate,
                signal closed => false,
            };
            if !*heard { break *reply } else { continue }
        };
        #[until(closed)]
        stage checked: Option<u32> = n + limit;
        stage matched: u32 = match *n {
            0 if *closed == () => 0,
            1 => u32::try_from(*rate).unwrap_or(0),
            _ => 7,
        };
        chosen + matched + checked.unwrap_or(0) + polled.unwrap_or(*last)
    }
}

#[test]
fn each_wait_in_the_midst_of_a_stage_is_told() {
    let expected = [
        "Until slow: polled",
        "Until closed: checked",
        "Head reply: heard in 'signal reply =>'",
        "Head found: heard in 'found =>'",
        "Head closed: heard in 'signal closed =>'",
        "Head go: chosen in 'signal go =>'",
        "Head slow: chosen in 'stage slow =>'",
        "Late last: tail in 'too late'",
        "Lazy rate: heard in 'found =>'",
        "Named reply: polled in '!*heard'",
        "Named approval: checked",
        "Guard closed: matched in '0 if *closed == ()'",
        "Lazy rate: matched in '1'",
        "Named last: tail in ''",
    ];
    assert_eq!(waits(Waits::GRAPH), expected);
    let after = |name: &str| {
        let signal = Waits::GRAPH.signals.iter().find(|signal| signal.name == name).unwrap();
        signal.after.iter().map(|&stage| Waits::GRAPH.stages[stage as usize].name).collect::<Vec<_>>()
    };
    assert_eq!((after("go"), after("last")), (vec!["asked"], vec![]));
    assert_eq!(
        edges(Waits::GRAPH),
        ["asked -> gone After", "gone -> more", "rate -> heard Lazy", "rate -> matched Lazy", "rate -> polled Lazy"]
    );
}

#[test]
fn the_picture_leads_to_the_very_part_that_waits() {
    let chart = Waits::GRAPH.to_mermaid();
    let has = |from: &str, arrow: &str, to: &str| {
        let line = format!("    {} {arrow} {}\n", item(&chart, from), item(&chart, to));
        assert!(chart.contains(&line), "{line}{chart}");
    };
    has("go", "--o", "signal go =#gt;");
    has("slow", "--o", "stage slow =#gt;");
    has("asked", "-.->", "go");
    has("reply", "--o", "signal reply =#gt;");
    has("found", "-->", "found =#gt;");
    has("reply", "--o", "!#42;heard");
    has("slow", "--x", "polled");
    has("rate", "-.->", "1");
    has("last", "--o", "u32");
    has("approval", "--o", "checked");
    // A signal stands in the block that declares it, and no arrow leads from it to a border around what waits.
    let (go, chosen) = (item(&chart, "go"), item(&chart, "chosen"));
    assert!(!chart.contains(&format!("{go} --o {chosen}\n")), "{chart}");
    let block = chart.find(&format!("subgraph {}[", item(&chart, "#42;n #gt; 1"))).unwrap();
    let end = block + chart[block..].find("\n        end").unwrap();
    assert!(chart[block..end].contains(&format!("{go}>")), "{chart}");
}

#[tokio::test(start_paused = true)]
async fn stages_with_signals_start_when_the_graph_says() {
    let clock = Arc::new(Clock::default());
    let began = Instant::now();
    let run = Waits::new().observed_by(Arc::clone(&clock)).start(2);
    sleep(Duration::from_millis(500)).await;
    run.signal(WaitsSignal::Go(5)).unwrap();
    run.signal(WaitsSignal::Approval(6)).unwrap();
    // `slow` cuts `polled`; `last` is late.
    assert_eq!(run.await.unwrap(), 6 + 7 + (2 + 7) + 4);
    assert_eq!(began.elapsed().as_secs(), 9);
    assert_told(&clock, Waits::GRAPH, "Waits");
}
