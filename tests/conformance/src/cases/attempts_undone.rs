//! `#[undo(.., on = attempt)]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::Pool;

cases!(
    armed_before_the_answer,
    armed_though_it_succeeds,
    armed_once_for_all_attempts,
    armed_and_cut,
    not_armed_while_it_waits,
    armed_in_each_item,
);

workflow! {
    workflow ArmedBeforeTheAnswer() with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
    }
}

fn armed_before_the_answer() -> Case<ArmedBeforeTheAnswer> {
    let script = Script::new()
        .plan("before", takes(5))
        .plan("undo before", takes(1))
        .plan("_paid", takes(10).fails("connection reset"))
        .plan("undo _paid", takes(2));
    Case::new(&script, ArmedBeforeTheAnswer::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        5 before completed
        5 _paid started
        15 _paid failed: connection reset
        15 _paid undoing
        17 _paid undone
        17 before undoing
        18 before undone
        18 - failed
        = failed: stage '_paid' failed: connection reset
    "#]])
}

workflow! {
    workflow ArmedThoughItSucceeds() with script: Script {
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
        #[undo(script.undo(noted))]
        stage noted: Effect = script.effect(ctx);
        #[after(_paid, noted)]
        stage told = script.step(ctx, ());
    }
}

fn armed_though_it_succeeds() -> Case<ArmedThoughItSucceeds> {
    let script =
        Script::new().plan("_paid", takes(20)).plan("noted", takes(10)).plan("told", takes(5).fails("no line"));
    Case::new(&script, ArmedThoughItSucceeds::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 _paid started
        0 noted started
        10 noted completed
        20 _paid completed
        20 told started
        25 told failed: no line
        25 _paid undoing
        25 _paid undone
        25 noted undoing
        25 noted undone
        25 - failed
        = failed: stage 'told' failed: no line
    "#]])
}

workflow! {
    workflow ArmedOnceForAllAttempts() -> u32 with script: Script {
        #[retry(2, fixed(10ms))]
        #[timeout(15ms)]
        #[undo(script.undo_place("paid"), on = attempt)]
        stage paid: Effect = script.effect(ctx);
        paid.place().len() as u32
    }
}

fn armed_once_for_all_attempts() -> Case<ArmedOnceForAllAttempts> {
    let script = Script::new().plan("paid", [waits(), takes(5).fails("busy"), takes(1).fails("closed")]);
    Case::new(&script, ArmedOnceForAllAttempts::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 paid started
        15 paid attempt 1 timed out: it took longer than 15ms, next in 10 ms
        25 paid attempt 2 started
        30 paid attempt 2 failed after 2 attempts: busy, next in 10 ms
        40 paid attempt 3 started
        41 paid attempt 3 failed after 3 attempts: closed
        41 paid failed after 3 attempts: closed
        41 paid undoing
        41 paid undone
        41 - failed
        = failed: stage 'paid' failed after 3 attempts: closed
    "#]])
}

workflow! {
    workflow ArmedAndCut() with script: Script {
        #[undo(script.undo_place("_paid"), on = attempt)]
        stage _paid: Effect = script.effect(ctx);
        stage beside = script.step(ctx, ());
    }
}

fn armed_and_cut() -> Case<ArmedAndCut> {
    let script =
        Script::new().plan("_paid", waits()).plan("undo _paid", takes(3)).plan("beside", takes(10).fails("no"));
    Case::new(&script, ArmedAndCut::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 _paid started
        0 beside started
        10 beside failed: no
        10 _paid cancelled
        30010 _paid undoing
        30013 _paid undone
        30013 - failed
        = failed: stage 'beside' failed: no
        = in doubt: _paid
    "#]])
}

workflow! {
    workflow NotArmedWhileItWaits() with script: Script, desks: Pool {
        #[acquire(desks)]
        stage holder = script.step(ctx, ());
        stage ready = script.step(ctx, ());
        #[after(ready)]
        #[acquire(desks)]
        #[undo(script.undo_place("_waiting"), on = attempt)]
        stage _waiting: Effect = script.effect(ctx);
        stage beside = script.step(ctx, ());
    }
}

fn not_armed_while_it_waits() -> Case<NotArmedWhileItWaits> {
    let script =
        Script::new().plan("holder", takes(100)).plan("ready", takes(5)).plan("beside", takes(20).fails("fire"));
    let desks = script.pool("desks", 1);
    Case::new(&script, NotArmedWhileItWaits::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 holder started
        0 ready started
        0 beside started
        5 ready completed
        5 _waiting started
        20 beside failed: fire
        20 holder cancelled
        20 _waiting cancelled
        20 - failed
        = failed: stage 'beside' failed: fire
    "#]])
}

workflow! {
    workflow ArmedInEachItem(orders: Vec<u32>) with script: Script {
        #[concurrency(2)]
        stage all = for order in orders {
            #[undo(script.undo_place(&format!("_sent[{order}]")), on = attempt)]
            stage _sent: Effect = script.effect(ctx);
        };
    }
}

fn armed_in_each_item() -> Case<ArmedInEachItem> {
    let script =
        Script::new().plan("_sent[0]", takes(10)).plan("_sent[1]", takes(25).fails("lost")).plan("_sent[2]", takes(30));
    Case::new(&script, ArmedInEachItem::new(script.clone()), (vec![0, 1, 2, 3],)).trace(expect![[r#"
        0 - started
        0 all started
        0 _sent[0] started
        0 _sent[1] started
        10 _sent[0] completed
        10 _sent[2] started
        25 _sent[1] failed: lost
        25 _sent[2] cancelled
        25 all failed: stage '_sent' failed: lost
        40 _sent[2] undoing
        40 _sent[2] undone
        40 _sent[0] undoing
        40 _sent[0] undone
        40 _sent[1] undoing
        40 _sent[1] undone
        40 - failed
        = failed: stage '_sent' failed: lost
    "#]])
}
