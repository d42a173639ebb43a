//! `#[retry]`, `#[timeout]`, `#[deadline]`, `#[fallback]`.

use crate::{Case, Script, case::cases, takes, waits};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(doubling_waits, late_then_fallback);

workflow! {
    workflow DoublingWaits() -> u32 with script: Script {
        #[retry(5, exponential(100ms..300ms), jitter = none)]
        stage tried: u32 = script.step(ctx, 1);
        tried
    }
}

fn doubling_waits() -> Case<DoublingWaits> {
    let busy = takes(10).fails("busy");
    let script = Script::new().plan("tried", [busy.clone(), busy.clone(), busy.clone(), busy, takes(1)]);
    Case::new(&script, DoublingWaits::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        10 tried attempt 1 failed: busy, next in 100 ms
        110 tried attempt 2 started
        120 tried attempt 2 failed after 2 attempts: busy, next in 200 ms
        320 tried attempt 3 started
        330 tried attempt 3 failed after 3 attempts: busy, next in 300 ms
        630 tried attempt 4 started
        640 tried attempt 4 failed after 4 attempts: busy, next in 300 ms
        940 tried attempt 5 started
        941 tried completed
        941 - ended
        = 1
    "#]])
}

workflow! {
    workflow LateThenFallback() -> u32 with script: Script {
        #[timeout(20ms)]
        #[retry(1, fixed(5ms))]
        #[fallback(script.step(ctx, 7))]
        stage rate: u32 = script.step(ctx, 1);
        rate
    }
}

fn late_then_fallback() -> Case<LateThenFallback> {
    let script = Script::new().plan("rate", [waits(), takes(30), takes(3)]);
    Case::new(&script, LateThenFallback::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 rate started
        20 rate attempt 1 timed out: it took longer than 20ms, next in 5 ms
        25 rate attempt 2 started
        45 rate attempt 2 timed out after 2 attempts: it took longer than 20ms
        45 rate decided: fallback
        48 rate completed
        48 - ended
        = 7
    "#]])
}
