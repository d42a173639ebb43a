//! Heads of a `select` that do not decide it.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, panics, takes, waits};
use expect_test::expect;

cases!(
    failing_head,
    panicking_head,
    withdrawn_head_is_undone,
    withdrawn_head_under_way,
    withdrawn_head_not_undone,
    arm_is_undone_later,
);

workflow! {
    workflow FailingHead() -> u32 with script: Script {
        stage chosen: u32 = select {
            good: u32 = {
                #[undo(script.undo(reserved))]
                stage reserved: Effect = script.effect(ctx);
                #[after(reserved)]
                stage slow: u32 = script.step(ctx, 1);
                slow
            } => *good,
            bad: u32 = { stage broken: u32 = script.step(ctx, 2); broken } => *bad,
        };
        *chosen
    }
}

fn failing_head() -> Case<FailingHead> {
    let script = Script::new()
        .plan("reserved", takes(5))
        .plan("undo reserved", takes(3))
        .plan("slow", takes(100))
        .plan("broken", takes(20).fails("no line"));
    Case::new(&script, FailingHead::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 chosen started
        0 reserved started
        0 broken started
        5 reserved completed
        5 slow started
        20 broken failed: no line
        20 slow cancelled
        20 chosen failed: stage 'broken' failed: no line
        20 reserved undoing
        23 reserved undone
        23 - failed
        = failed: stage 'broken' failed: no line
    "#]])
}

workflow! {
    workflow PanickingHead() -> u32 with script: Script {
        #[retry(2)]
        #[fallback(script.step(ctx, 3))]
        stage chosen: u32 = select {
            bad: u32 = { stage broken: u32 = script.step(ctx, 2); broken } => *bad,
            sleep(1s) => 0,
        };
        *chosen
    }
}

fn panicking_head() -> Case<PanickingHead> {
    let script = Script::new().plan("broken", panics("out of range")).plan("chosen", takes(4));
    Case::new(&script, PanickingHead::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 chosen started
        0 broken started
        0 broken panicked: out of range
        0 chosen attempt 1 failed: stage 'broken' panicked: out of range
        0 chosen decided: fallback
        4 chosen completed
        4 - ended
        = 3
    "#]])
}

workflow! {
    workflow WithdrawnHeadIsUndone() -> u32 with script: Script {
        stage chosen: u32 = select {
            good: u32 = {
                #[undo(script.undo(first))]
                stage first: Effect = script.effect(ctx);
                #[after(first)]
                #[undo(script.undo(second))]
                stage second: Effect = script.effect(ctx);
                #[after(second)]
                stage slow: u32 = script.step(ctx, 1);
                slow
            } => *good,
            sleep(50ms) => script.step(ctx, 2),
        };
        *chosen
    }
}

fn withdrawn_head_is_undone() -> Case<WithdrawnHeadIsUndone> {
    let script = Script::new()
        .plan("first", takes(5))
        .plan("second", takes(6))
        .plan("undo first", takes(2))
        .plan("undo second", takes(1))
        .plan("slow", takes(100))
        .plan("chosen", takes(4));
    Case::new(&script, WithdrawnHeadIsUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 chosen started
        0 first started
        5 first completed
        5 second started
        11 second completed
        11 slow started
        50 slow cancelled
        50 second undoing
        51 second undone
        51 first undoing
        53 first undone
        53 chosen decided: sleep
        57 chosen completed
        57 - ended
        = 2
    "#]])
}

workflow! {
    workflow WithdrawnHeadUnderWay() -> u32 with script: Script {
        signal stop: u32;
        stage chosen: u32 = select {
            booked: Effect = {
                #[undo(script.undo(booking))]
                stage booking: Effect = script.effect(ctx);
                booking.clone()
            } => script.step(ctx, u32::from(booked.place().is_empty())),
            signal stop => script.step(ctx, *stop),
        };
        *chosen
    }
}

fn withdrawn_head_under_way() -> Case<WithdrawnHeadUnderWay> {
    let script = Script::new().plan("booking", takes(100)).plan("undo booking", takes(5)).plan("chosen", takes(1));
    Case::new(&script, WithdrawnHeadUnderWay::new(script.clone()), ())
        .signal(30, WithdrawnHeadUnderWaySignal::Stop(8))
        .trace(expect![[r#"
            0 - started
            0 chosen started
            0 booking started
            30 > signal
            30 chosen got signal stop
            30 booking cancelled
            100 booking undoing
            105 booking undone
            105 chosen decided: signal stop
            106 chosen completed
            106 - ended
            = 8
        "#]])
}

workflow! {
    workflow WithdrawnHeadNotUndone() -> u32 with script: Script {
        #[undo(script.undo(paid))]
        stage paid: Effect = script.effect(ctx);
        stage chosen: u32 = select {
            sent: u32 = {
                #[undo(script.undo(letter))]
                stage letter: Effect = script.effect(ctx);
                #[after(letter)]
                stage answered: u32 = script.step(ctx, 1);
                answered
            } => *sent,
            sleep(20ms) => script.step(ctx, 2),
        };
        *chosen
    }
}

fn withdrawn_head_not_undone() -> Case<WithdrawnHeadNotUndone> {
    let script = Script::new()
        .plan("paid", takes(3))
        .plan("letter", takes(5))
        .plan("undo letter", takes(2).fails("sent already"))
        .plan("answered", waits());
    Case::new(&script, WithdrawnHeadNotUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 paid started
        0 chosen started
        0 letter started
        3 paid completed
        5 letter completed
        5 answered started
        20 answered cancelled
        20 letter undoing
        22 letter could not be undone: failed: sent already
        22 chosen decided: sleep
        22 chosen completed
        22 - ended
        = 2
    "#]])
}

workflow! {
    workflow ArmIsUndoneLater() with script: Script {
        stage chosen: Effect = select {
            sleep(10ms) => {
                #[undo(script.undo(sent))]
                stage sent: Effect = script.effect(ctx);
                sent.clone()
            },
            made: u32 = script.step(ctx, 1) => fail made.to_string(),
        };
        stage checked = script.step(ctx, drop(chosen.clone()));
    }
}

fn arm_is_undone_later() -> Case<ArmIsUndoneLater> {
    let script = Script::new().plan("sent", takes(5)).plan("chosen", takes(60)).plan("undo sent", takes(2));
    let script = script.plan("checked", takes(7).fails("bounced"));
    Case::new(&script, ArmIsUndoneLater::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 chosen started
        10 chosen decided: sleep
        10 sent started
        15 sent completed
        15 chosen completed
        15 checked started
        22 checked failed: bounced
        22 sent undoing
        24 sent undone
        24 - failed
        = failed: stage 'checked' failed: bounced
    "#]])
}
