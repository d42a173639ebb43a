//! What comes from outside: signals, cancellation.

use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(early_and_late, cancelled);

workflow! {
    workflow EarlyAndLate() -> u32 with script: Script {
        signal early: u32;
        signal late: u32;
        stage ready: u32 = script.step(ctx, 1);
        stage sum: u32 = script.step(ctx, ready + early + late);
        sum
    }
}

fn early_and_late() -> Case<EarlyAndLate> {
    let script = Script::new().plan("ready", takes(10));
    Case::new(&script, EarlyAndLate::new(script.clone()), ())
        .pattern([24])
        .signal(5, EarlyAndLateSignal::Early(10))
        .signal(20, EarlyAndLateSignal::Late(100))
        .signal(20, EarlyAndLateSignal::Early(11))
        .trace(expect![[r#"
            0 - started
            0 ready started
            5 > signal
            10 ready completed
            10 sum got signal early
            20 > signal
            20 > signal: Closed
            20 sum got signal late
            20 sum started
            20 sum completed
            20 - ended
            = 111
        "#]])
}

workflow! {
    workflow Cancelled() with script: Script {
        stage outer = {
            stage inner = script.step(ctx, ());
        };
        stage beside = script.step(ctx, ());
    }
}

fn cancelled() -> Case<Cancelled> {
    let script = Script::new().plan("inner", takes(100)).plan("beside", takes(200));
    Case::new(&script, Cancelled::new(script.clone()), ()).pattern([20]).cancel(10).trace(expect![[r#"
        0 - started
        0 outer started
        0 inner started
        0 beside started
        10 > cancel
        10 inner cancelled
        10 outer cancelled
        10 beside cancelled
        10 - failed
        = was cancelled
    "#]])
}
