//! `#[undo]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;

cases!(last_first, under_way);

workflow! {
    workflow LastFirst() with script: Script {
        #[undo(script.undo(flight))]
        stage flight: Effect = script.effect(ctx);
        #[undo(script.undo(hotel))]
        stage hotel: Effect = script.effect(ctx);
        #[undo(script.undo(car), retry(1, fixed(3ms)))]
        stage car: Effect = script.effect(ctx);
        #[after(flight, hotel, car)]
        stage paid = script.step(ctx, ());
    }
}

fn last_first() -> Case<LastFirst> {
    let script = Script::new()
        .plan("flight", takes(20))
        .plan("hotel", takes(10))
        .plan("undo hotel", takes(1))
        .plan("car", takes(30))
        .plan("undo car", takes(2).fails("no answer"))
        .plan("paid", takes(1).fails("no money"));
    Case::new(&script, LastFirst::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 flight started
        0 hotel started
        0 car started
        10 hotel completed
        20 flight completed
        30 car completed
        30 paid started
        31 paid failed: no money
        31 car undoing
        38 car could not be undone: failed after 2 attempts: no answer
        38 flight undoing
        38 flight undone
        38 hotel undoing
        39 hotel undone
        39 - failed
        = failed: stage 'paid' failed: no money
        = not undone: stage 'car' failed after 2 attempts: no answer
    "#]])
}

workflow! {
    workflow UnderWay() with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[undo(script.undo(lost))]
        stage lost: Effect = script.effect(ctx);
        stage plain = script.step(ctx, ());
        stage failing = script.step(ctx, ());
    }
}

fn under_way() -> Case<UnderWay> {
    let script = Script::new()
        .plan("booked", takes(20))
        .plan("lost", takes(60_000))
        .plan("plain", takes(15))
        .plan("failing", takes(10).fails("no"));
    Case::new(&script, UnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 lost started
        0 plain started
        0 failing started
        10 failing failed: no
        10 booked cancelled
        10 lost cancelled
        10 plain cancelled
        30010 booked undoing
        30010 booked undone
        30010 - failed
        = failed: stage 'failing' failed: no
        = in doubt: lost
    "#]])
}
