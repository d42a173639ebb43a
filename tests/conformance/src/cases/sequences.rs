//! What runs when: data, `#[after]`, `seq`, blocks.

use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(chain, split_and_join, written_in_any_order);

workflow! {
    workflow Chain(number: u32) -> u32 with script: Script {
        stage one: u32 = script.step(ctx, number + 1);
        stage two: u32 = script.step(ctx, one * 2);
        two
    }
}

fn chain() -> Case<Chain> {
    let script = Script::new().plan("one", takes(10)).plan("two", takes(5));
    Case::new(&script, Chain::new(script.clone()), (1,)).pattern([1]).trace(expect![[r#"
        0 - started
        0 one started
        10 one completed
        10 two started
        15 two completed
        15 - ended
        = 4
    "#]])
}

workflow! {
    workflow SplitAndJoin() -> u32 with script: Script {
        stage first: u32 = script.step(ctx, 1);
        stage left: u32 = script.step(ctx, first + 1);
        stage right: u32 = script.step(ctx, first + 2);
        stage both: u32 = script.step(ctx, left * right);
        both
    }
}

fn split_and_join() -> Case<SplitAndJoin> {
    let script = Script::new().plan("first", takes(1)).plan("left", takes(10)).plan("right", takes(20));
    Case::new(&script, SplitAndJoin::new(script.clone()), ()).pattern([2, 3]).trace(expect![[r#"
        0 - started
        0 first started
        1 first completed
        1 left started
        1 right started
        11 left completed
        21 right completed
        21 both started
        21 both completed
        21 - ended
        = 6
    "#]])
}

workflow! {
    workflow WrittenInAnyOrder() -> Vec<u32> with script: Script {
        #[after(unlock)]
        stage serve = seq {
            stage coffee = script.step(ctx, ());
            stage bill = script.step(ctx, ());
        };
        stage unlock = script.step(ctx, ());
        // Nobody names it: the run waits for it nevertheless.
        stage music = script.step(ctx, ());
        stage block: Vec<u32> = {
            stage inner: u32 = script.step(ctx, 1);
            vec![*inner]
        };
        block
    }
}

fn written_in_any_order() -> Case<WrittenInAnyOrder> {
    let script = Script::new()
        .plan("unlock", takes(5))
        .plan("coffee", takes(10))
        .plan("bill", takes(1))
        .plan("music", takes(100))
        .plan("inner", takes(2));
    Case::new(&script, WrittenInAnyOrder::new(script.clone()), ()).pattern([1, 11]).trace(expect![[r#"
        0 - started
        0 block started
        0 unlock started
        0 music started
        0 inner started
        2 inner completed
        2 block completed
        5 unlock completed
        5 serve started
        5 coffee started
        15 coffee completed
        15 bill started
        16 bill completed
        16 serve completed
        100 music completed
        100 - ended
        = [1]
    "#]])
}
