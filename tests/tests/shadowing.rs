//! Names that Rust code inside an expression declares: where one hides a name of the workflow's, it is no use of that
//! name.
#![deny(warnings)]
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    clippy::redundant_closure_for_method_calls,
    clippy::shadow_unrelated,
    clippy::needless_pass_by_value,
    clippy::let_and_return,
    reason = "what users write is not the point here"
)]
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use workflow_runtime::{graph::Graph, workflow};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    count: u64,
    next: Option<Box<Order>>,
}

fn order(count: u64) -> Order {
    Order { count, next: Some(Box::new(Order { count: count + 1, next: None })) }
}

async fn one(number: &u64) -> u64 {
    tokio::task::yield_now().await;
    *number
}

async fn undo_it(sum: Arc<AtomicU64>, number: u64) {
    sum.fetch_add(number, Ordering::Relaxed);
}

workflow! {
    workflow Expressions(order: Order, orders: Vec<Order>, n: u64) -> Vec<u64> {
        stage count: u64 = order.count;
        stage event: Option<u64> = Some(*n + 10);
        stage closure: u64 = orders.iter().map(|order| order.count).sum::<u64>();
        stage block: u64 = async {
            let order = order.clone();
            let count = order.count + 1;
            count
        };
        stage bound: u64 = match n { 0 => 0, n => n + 1 };
        stage chosen: u64 = if let Some(event) = event { *event } else { 0 };
        stage chained: u64 = if let Some(event) = event && let Some(n) = event.checked_sub(10) { n + 1 } else { 0 };
        stage written: usize = format!("{count}{}", orders.iter().map(|count| count.count).sum::<u64>(), count = "x").len();
        stage listed: usize = vec![orders.iter().map(|order| order.count).max(); 2].len();
        stage tested: bool = matches!(order.next.as_deref(), Some(order) if order.count > 1);
        stage failing: Result<u64, workflow_runtime::Failure> = {
            #[catch]
            stage tried: Result<u64, workflow_runtime::Failure> = fail "no";
            tried
        };
        stage told: String = match failing { Ok(n) => n.to_string(), Err(failure) => failure.stage().unwrap_or("-").to_owned() };
        vec![*count, *closure, *block, *bound, *chosen, *chained, *written as u64, *listed as u64, u64::from(*tested),
            told.len() as u64]
    }
}

workflow! {
    /// Nodes whose patterns have names of stages that stand elsewhere, also of stages that come later: no edge, no cycle.
    workflow Patterns(given: Option<Order>) -> Vec<u64> {
        stage first: u64 = match given {
            Some(last) => {
                stage inner: u64 = one(&last.count);
                inner + 1
            }
            None => 0,
        };
        stage each: Vec<u64> = for last in [*first, 5] { stage more: u64 = one(last); more + last };
        #[when(let Some(last) = given)]
        stage when: Option<u64> = one(&last.count);
        #[when(let Some(last) = given && let Some(next) = &last.next && next.count > 1)]
        stage chain: Option<u64> = one(&next.count);
        stage raced: u64 = race for last in [7_u64, 7] { one(last) };
        stage chosen: u64 = if let Some(last) = given && last.count > 0 { one(&last.count) } else { 0 };
        stage last: u64 = async move { each.iter().sum::<u64>() + chain.unwrap_or(0) + when.unwrap_or(0) };
        vec![*first, *last, *raced, *chosen]
    }
}

workflow! {
    /// A stage may have the name of a pattern around it: its own expression means the pattern's, all others mean the stage.
    workflow Inner(orders: Vec<Order>, given: Option<u64>) -> Vec<u64> {
        stage counts: Vec<u64> = for order in orders {
            stage order: u64 = one(&order.count);
            #[spawn]
            stage task: u64 = one(order);
            order + task
        };
        stage one_of: u64 = match given {
            Some(number) => { stage number: u64 = number + 1; number }
            None => 0,
        };
        counts.iter().copied().chain([*one_of]).collect::<Vec<_>>()
    }
}

workflow! {
    /// On a task of its own, and in what undoes it.
    workflow Tasks(order: Order, orders: Vec<Order>, given: Option<Order>) -> u64 with sum: Arc<AtomicU64> {
        let total: u64 = order.count * 100;
        stage spawned: Vec<u64> = for order in orders {
            #[spawn]
            stage item: u64 = async { order.count + *total };
            *item
        };
        stage matched: u64 = match given {
            Some(order) => {
                #[spawn]
                stage of_match: u64 = async { order.count + *total };
                #[blocking]
                stage blocking: u64 = order.count + *total;
                of_match + blocking
            }
            None => 0,
        };
        #[when(let Some(order) = given && order.count > 1)]
        #[spawn]
        stage chain: Option<u64> = async { order.count };
        #[when(let Some(order) = given)]
        #[undo(undo_it(Arc::clone(sum), order.count + *undone.as_ref().unwrap_or(&0)))]
        stage undone: Option<u64> = one(&order.count);
        #[after(undone)]
        stage end: u64 = if spawned.len() + orders.len() > 0 {
            fail format!("{} {matched} {chain:?}", spawned.iter().map(|order| order.to_string()).collect::<Vec<_>>().join(" "))
        } else { 0 };
        *end
    }
}

workflow! {
    /// A scope that no nest of joins fits: the driver starts its stages.
    workflow Driven(a: u64, b: Option<u64>) -> u64 {
        stage n1: u64 = one(a);
        stage n2: u64 = match b { Some(n1) => { stage inner: u64 = one(n1); *inner }, None => 0 };
        stage n3: u64 = async { let n2 = n1 + 1; n2 };
        stage n4: u64 = [1, 2].iter().map(|n3| n3 * *n2).sum::<u64>();
        stage n5: u64 = n3 + n2;
        stage n6: u64 = n3 + n4 + n5;
        stage n7: u64 = n1 + n4;
        n6 + n7
    }
}

fn waits(graph: &Graph<'_>, from: &str, to: &str) -> bool {
    graph
        .edges
        .iter()
        .any(|edge| graph.stages[edge.from as usize].name == from && graph.stages[edge.to as usize].name == to)
}

#[tokio::test]
async fn expressions_declare_names_of_their_own() {
    let given = Expressions::new().run(order(3), vec![order(1), order(4)], 7).await.unwrap();
    assert_eq!(given, [3, 5, 4, 8, 17, 8, 2, 2, 1, 5]);
    let graph = Expressions::GRAPH;
    assert!(!waits(graph, "count", "block") && !waits(graph, "count", "closure"));
    assert!(!waits(graph, "count", "written"), "`count` is an argument's name there");
    assert!(waits(graph, "event", "chosen") && waits(graph, "event", "chained"));
}

#[tokio::test]
async fn patterns_hide_names_of_the_workflow() {
    let given = Patterns::new().run(Some(order(3))).await.unwrap();
    assert_eq!(given, [4, 8 + 10 + 4 + 3, 7, 3]);
    let graph = Patterns::GRAPH;
    assert!(graph.edges.iter().all(|edge| graph.stages[edge.from as usize].name != "last"));
    let given = Patterns::new().run(None).await.unwrap();
    assert_eq!(given, [0, 10, 7, 0]);
}

#[tokio::test]
async fn a_stage_hides_the_name_of_a_pattern_around_it() {
    let given = Inner::new().run(vec![order(1), order(2)], Some(8)).await.unwrap();
    assert_eq!(given, [2, 4, 9]);
}

#[tokio::test]
async fn tasks_and_undos_see_what_is_meant() {
    let sum = Arc::new(AtomicU64::new(0));
    let failed = Tasks::new(Arc::clone(&sum)).run(order(2), vec![order(5)], Some(order(9))).await.unwrap_err();
    assert_eq!(std::error::Error::source(&failed).unwrap().to_string(), "205 418 Some(9)");
    assert_eq!(sum.load(Ordering::Relaxed), 18);
}

#[tokio::test]
async fn the_driver_sees_what_is_meant() {
    let given = Driven::new().run(2, Some(5)).await.unwrap();
    assert_eq!(given, 3 + 15 + 8 + 17);
    let graph = Driven::GRAPH;
    assert!(!waits(graph, "n1", "n2") && !waits(graph, "n2", "n3") && !waits(graph, "n3", "n4"));
}
