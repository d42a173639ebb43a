//! The undos of the items of a `for`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(items_are_undone, item_under_way, effects_in_a_fan_out_that_is_caught,);

workflow! {
    workflow ItemsAreUndone(items: Vec<u32>) with script: Script {
        stage all = for item in items {
            #[undo(script.undo(debited))]
            stage debited: Effect = script.effect(ctx);
            #[after(debited)]
            #[undo(script.undo(credited))]
            stage credited: Effect = script.effect(ctx);
            drop((item, credited.clone()))
        };
        #[after(all)]
        stage closed = script.step(ctx, ());
    }
}

fn items_are_undone() -> Case<ItemsAreUndone> {
    let script = Script::new()
        .plan("debited", takes(10))
        .plan("debited[1]", takes(4))
        .plan("debited[2]", takes(11))
        .plan("credited", takes(3))
        .plan("credited[1]", takes(20))
        .plan("undo credited", takes(1))
        .plan("closed", takes(1).fails("too late"));
    Case::new(&script, ItemsAreUndone::new(script.clone()), (vec![7, 8, 9],)).trace(expect![[r#"
        0 - started
        0 all started
        0 debited[0] started
        0 debited[1] started
        0 debited[2] started
        4 debited[1] completed
        4 credited[1] started
        10 debited[0] completed
        10 credited[0] started
        11 debited[2] completed
        11 credited[2] started
        13 credited[0] completed
        14 credited[2] completed
        24 credited[1] completed
        24 all completed
        24 closed started
        25 closed failed: too late
        25 credited[1] undoing
        26 credited[1] undone
        26 credited[2] undoing
        27 credited[2] undone
        27 credited[0] undoing
        28 credited[0] undone
        28 debited[2] undoing
        28 debited[2] undone
        28 debited[0] undoing
        28 debited[0] undone
        28 debited[1] undoing
        28 debited[1] undone
        28 - failed
        = failed: stage 'closed' failed: too late
    "#]])
}

workflow! {
    workflow ItemUnderWay(items: Vec<u32>) -> usize with script: Script {
        #[concurrency(3)]
        stage all: Vec<usize> = for item in items {
            #[undo(script.undo(sent))]
            stage sent: Effect = script.effect(ctx);
            sent.place().len() + *item as usize
        };
        all.len()
    }
}

fn item_under_way() -> Case<ItemUnderWay> {
    let script = Script::new()
        .plan("sent", takes(30))
        .plan("sent[0]", takes(10))
        .plan("sent[1]", takes(20).fails("no such address"))
        .plan("sent[3]", takes(50).fails("lost"));
    Case::new(&script, ItemUnderWay::new(script.clone()), (vec![0; 6],)).trace(expect![[r#"
        0 - started
        0 all started
        0 sent[0] started
        0 sent[1] started
        0 sent[2] started
        10 sent[0] completed
        10 sent[3] started
        20 sent[1] failed: no such address
        20 sent[3] cancelled
        20 sent[2] cancelled
        20 all failed: stage 'sent' failed: no such address
        60 sent[2] undoing
        60 sent[2] undone
        60 sent[0] undoing
        60 sent[0] undone
        60 - failed
        = failed: stage 'sent' failed: no such address
    "#]])
}

workflow! {
    workflow EffectsInAFanOutThatIsCaught(items: Vec<u32>) -> usize with script: Script {
        #[catch]
        stage all: Vec<Result<usize, Failure>> = for item in items {
            #[undo(script.undo(booked))]
            stage booked: Effect = script.effect(ctx);
            #[after(booked)]
            stage paid: u32 = script.step(ctx, *item);
            *paid as usize
        };
        stage closed: usize = script.step(ctx, all.iter().flatten().count());
        *closed
    }
}

fn effects_in_a_fan_out_that_is_caught() -> Case<EffectsInAFanOutThatIsCaught> {
    let script = Script::new()
        .plan("booked", takes(5))
        .plan("booked[2]", takes(6))
        .plan("undo booked", takes(2))
        .plan("paid", takes(10))
        .plan("paid[1]", takes(3).fails("declined"))
        .plan("paid[2]", takes(30))
        .plan("closed", takes(1).fails("locked"));
    Case::new(&script, EffectsInAFanOutThatIsCaught::new(script.clone()), (vec![1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 booked[0] started
        0 booked[1] started
        0 booked[2] started
        5 booked[0] completed
        5 paid[0] started
        5 booked[1] completed
        5 paid[1] started
        6 booked[2] completed
        6 paid[2] started
        8 paid[1] failed: declined
        8 booked[1] undoing
        10 booked[1] undone
        15 paid[0] completed
        36 paid[2] completed
        36 all completed
        36 closed started
        37 closed failed: locked
        37 booked[2] undoing
        39 booked[2] undone
        39 booked[0] undoing
        41 booked[0] undone
        41 - failed
        = failed: stage 'closed' failed: locked
    "#]])
}
