//! `for`, `#[concurrency]`, `#[catch]`, `#[tolerate]`.

use crate::workflow;
use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use serde::{Deserialize, Serialize};
use workflow_runtime::Failure;

cases!(
    two_at_once,
    no_items,
    failing_item,
    in_a_fan_out,
    each_for_itself,
    more_than_tolerated,
    share_tolerated,
    one_at_a_time,
    item_with_retries,
    patterns_and_ranges,
);

workflow! {
    workflow TwoAtOnce(items: Vec<u32>) -> Vec<u32> with script: Script {
        #[concurrency(2)]
        stage all: Vec<u32> = for item in items {
            stage one: u32 = script.step(ctx, item * 10);
            one
        };
        all
    }
}

fn two_at_once() -> Case<TwoAtOnce> {
    let script = Script::new().plan("one", takes(10)).plan("one[0]", takes(25));
    Case::new(&script, TwoAtOnce::new(script.clone()), (vec![1, 2, 3, 4],)).pattern([14]).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        10 one[1] completed
        10 one[2] started
        20 one[2] completed
        20 one[3] started
        25 one[0] completed
        30 one[3] completed
        30 all completed
        30 - ended
        = [10, 20, 30, 40]
    "#]])
}

workflow! {
    workflow NoItems(items: Vec<u32>) -> usize with script: Script {
        stage all: Vec<u32> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            one
        };
        stage counted: usize = script.step(ctx, all.len());
        *counted
    }
}

fn no_items() -> Case<NoItems> {
    let script = Script::new().plan("one", takes(10)).plan("counted", takes(1));
    Case::new(&script, NoItems::new(script.clone()), (Vec::new(),)).trace(expect![[r#"
        0 - started
        0 all started
        0 all completed
        0 counted started
        1 counted completed
        1 - ended
        = 0
    "#]])
}

workflow! {
    workflow FailingItem(items: Vec<u32>) -> Vec<u32> with script: Script {
        #[concurrency(3)]
        stage all: Vec<u32> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            stage two: u32 = script.step(ctx, one + 1);
            two
        };
        all
    }
}

fn failing_item() -> Case<FailingItem> {
    let script = Script::new().plan("one", takes(10)).plan("two", takes(20)).plan("two[1]", takes(5).fails("torn"));
    Case::new(&script, FailingItem::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        10 one[0] completed
        10 two[0] started
        10 one[1] completed
        10 two[1] started
        10 one[2] completed
        10 two[2] started
        15 two[1] failed: torn
        15 two[0] cancelled
        15 two[2] cancelled
        15 all failed: stage 'two' failed: torn
        15 - failed
        = failed: stage 'two' failed: torn
    "#]])
}

workflow! {
    workflow InAFanOut(table: Vec<Vec<u32>>) -> Vec<Vec<u32>> with script: Script {
        #[concurrency(2)]
        stage rows: Vec<Vec<u32>> = for row in table {
            #[concurrency(1)]
            stage cells: Vec<u32> = for number in row {
                stage cell: u32 = script.step(ctx, number * 2);
                cell
            };
            cells
        };
        rows
    }
}

fn in_a_fan_out() -> Case<InAFanOut> {
    let script = Script::new().plan("cell", takes(10)).plan("cell[1][0]", takes(5));
    Case::new(&script, InAFanOut::new(script.clone()), (vec![vec![1, 2], vec![3], vec![4]],)).trace(expect![[r#"
        0 - started
        0 rows started
        0 cells[0] started
        0 cell[0][0] started
        0 cells[1] started
        0 cell[1][0] started
        5 cell[1][0] completed
        5 cells[1] completed
        5 cells[2] started
        5 cell[2][0] started
        10 cell[0][0] completed
        10 cell[0][1] started
        15 cell[2][0] completed
        15 cells[2] completed
        20 cell[0][1] completed
        20 cells[0] completed
        20 rows completed
        20 - ended
        = [[2, 4], [6], [8]]
    "#]])
}

workflow! {
    workflow EachForItself(items: Vec<u32>) -> Vec<String> with script: Script {
        #[catch]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            if *one == 3 { fail "three" } else { *one }
        };
        all.iter().map(told).collect::<Vec<String>>()
    }
}

fn told(item: &Result<u32, Failure>) -> String {
    item.as_ref().map_or_else(|why| format!("{:?}", why.kind()), u32::to_string)
}

fn each_for_itself() -> Case<EachForItself> {
    let script = Script::new()
        .plan("one", takes(10))
        .plan("one[0]", takes(5).fails("torn"))
        .plan("one[3]", takes(20).panics("burnt"));
    Case::new(&script, EachForItself::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        0 one[3] started
        5 one[0] failed: torn
        10 one[1] completed
        10 all[1] decided: else
        10 one[2] completed
        10 all[2] decided: *one == 3
        20 one[3] panicked: burnt
        20 all completed
        20 - ended
        = ["Error", "2", "Failed", "Panic"]
    "#]])
}

workflow! {
    workflow MoreThanTolerated(items: Vec<u32>) -> usize with script: Script {
        #[catch]
        #[tolerate(1)]
        #[concurrency(2)]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            one
        };
        all.len()
    }
}

fn more_than_tolerated() -> Case<MoreThanTolerated> {
    let script = Script::new()
        .plan("one", takes(10))
        .plan("one[0]", takes(5).fails("torn"))
        .plan("one[3]", takes(6).fails("burnt"))
        .plan("one[4]", takes(100));
    Case::new(&script, MoreThanTolerated::new(script.clone()), (vec![1, 2, 3, 4, 5, 6],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        5 one[0] failed: torn
        5 one[2] started
        10 one[1] completed
        10 one[3] started
        15 one[2] completed
        15 one[4] started
        16 one[3] failed: burnt
        16 one[4] cancelled
        16 all exceeded its tolerance of failed items: stage 'one' failed: burnt
        16 - failed
        = failed: stage 'all' exceeded its tolerance of failed items: stage 'one' failed: burnt
    "#]])
}

workflow! {
    workflow ShareTolerated(items: Vec<u32>) -> usize with script: Script {
        #[catch]
        #[tolerate(50%)]
        stage all: Vec<Result<u32, Failure>> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            one
        };
        all.iter().flatten().count()
    }
}

fn share_tolerated() -> Case<ShareTolerated> {
    let script = Script::new().plan("one", takes(10).fails("torn")).plan("one[1]", takes(20)).plan("one[3]", takes(30));
    Case::new(&script, ShareTolerated::new(script.clone()), (vec![1, 2, 3, 4],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        0 one[3] started
        10 one[0] failed: torn
        10 one[2] failed: torn
        20 one[1] completed
        30 one[3] completed
        30 all completed
        30 - ended
        = 2
    "#]])
}

workflow! {
    workflow OneAtATime(most: usize) -> Vec<u32> with script: Script {
        #[concurrency(*most)]
        stage all: Vec<u32> = for item in 0..3_u32 {
            stage one: u32 = script.step(ctx, item + 1);
            one
        };
        all
    }
}

fn one_at_a_time() -> Case<OneAtATime> {
    let script = Script::new().plan("one", takes(10)).plan("one[1]", takes(3));
    Case::new(&script, OneAtATime::new(script.clone()), (1,)).pattern([13]).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        10 one[0] completed
        10 one[1] started
        13 one[1] completed
        13 one[2] started
        23 one[2] completed
        23 all completed
        23 - ended
        = [1, 2, 3]
    "#]])
}

workflow! {
    workflow ItemWithRetries(items: Vec<u32>) -> Vec<u32> with script: Script {
        #[concurrency(1)]
        stage all: Vec<u32> = for item in items {
            #[retry(1, fixed(20ms))]
            stage one: u32 = script.step(ctx, item * 10);
            one
        };
        all
    }
}

fn item_with_retries() -> Case<ItemWithRetries> {
    let script = Script::new()
        .plan("one[0]", [takes(5).fails("busy"), takes(5)])
        .plan("one[1]", [takes(6).fails("busy"), takes(6).fails("gone")]);
    Case::new(&script, ItemWithRetries::new(script.clone()), (vec![1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        5 one[0] attempt 1 failed: busy, next in 20 ms
        25 one[0] attempt 2 started
        30 one[0] completed
        30 one[1] started
        36 one[1] attempt 1 failed: busy, next in 20 ms
        56 one[1] attempt 2 started
        62 one[1] attempt 2 failed after 2 attempts: gone
        62 one[1] failed after 2 attempts: gone
        62 all failed: stage 'one' failed after 2 attempts: gone
        62 - failed
        = failed: stage 'one' failed after 2 attempts: gone
    "#]])
}

/// A parcel with its recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parcel {
    to: String,
    weights: (u32, u32),
}

workflow! {
    workflow PatternsAndRanges(parcels: Vec<Parcel>) -> (Vec<String>, u32) with script: Script {
        stage labels: Vec<String> = for (number, Parcel { to, weights: (net, _) }) in parcels.iter().enumerate() {
            stage label: String = script.step(ctx, format!("{number} {to} {net}"));
            label
        };
        stage sums: Vec<u32> = for round in 1..=2 {
            stage sum: u32 = script.step(ctx, parcels.iter().map(|parcel| parcel.weights.1).sum::<u32>() * round);
            sum
        };
        (labels.clone(), sums.iter().sum::<u32>())
    }
}

fn patterns_and_ranges() -> Case<PatternsAndRanges> {
    let script = Script::new().plan("label", takes(10)).plan("label[0]", takes(20)).plan("sum", takes(5));
    let parcel = |to: &str, net| Parcel { to: to.to_owned(), weights: (net, net + 1) };
    Case::new(&script, PatternsAndRanges::new(script.clone()), (vec![parcel("Rome", 3), parcel("Oslo", 5)],)).trace(
        expect![[r#"
            0 - started
            0 labels started
            0 sums started
            0 label[0] started
            0 label[1] started
            0 sum[0] started
            0 sum[1] started
            5 sum[0] completed
            5 sum[1] completed
            5 sums completed
            10 label[1] completed
            20 label[0] completed
            20 labels completed
            20 - ended
            = (["0 Rome 3", "1 Oslo 5"], 30)
        "#]],
    )
}
