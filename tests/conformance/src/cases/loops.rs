//! `loop`, `#[max]`.

use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(rounds_until_good, rounds_spent);

workflow! {
    workflow RoundsUntilGood() -> u32 with script: Script {
        #[max(5)]
        stage accepted: u32 = loop quality: u32 = 1 {
            stage is_good: bool = script.ask::<bool>(ctx);
            if *is_good { break *quality } else { continue quality + 1 }
        };
        accepted
    }
}

fn rounds_until_good() -> Case<RoundsUntilGood> {
    let script = Script::new().plan("is_good", takes(7).gives(false)).plan("is_good[2]", takes(1).gives(true));
    Case::new(&script, RoundsUntilGood::new(script.clone()), ()).pattern([10, 21]).trace(expect![[r#"
        0 - started
        0 accepted started
        0 is_good[0] started
        7 is_good[0] completed
        7 accepted[0] decided: else
        7 accepted[0] decided: continue
        7 is_good[1] started
        14 is_good[1] completed
        14 accepted[1] decided: else
        14 accepted[1] decided: continue
        14 is_good[2] started
        15 is_good[2] completed
        15 accepted[2] decided: *is_good
        15 accepted[2] decided: break
        15 accepted completed
        15 - ended
        = 3
    "#]])
}

workflow! {
    workflow RoundsSpent() with script: Script {
        #[max(2)]
        stage tried = loop {
            stage once = script.step(ctx, ());
            if false { break } else { continue }
        };
    }
}

fn rounds_spent() -> Case<RoundsSpent> {
    let script = Script::new().plan("once", takes(10));
    Case::new(&script, RoundsSpent::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        0 once[0] started
        10 once[0] completed
        10 tried[0] decided: else
        10 tried[0] decided: continue
        10 once[1] started
        20 once[1] completed
        20 tried[1] decided: else
        20 tried[1] decided: continue
        20 tried did not end within its rounds: no `break` in 2 rounds
        20 - failed
        = failed: stage 'tried' did not end within its rounds: no `break` in 2 rounds
    "#]])
}
