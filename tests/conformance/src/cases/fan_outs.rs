//! `for`, `#[concurrency]`, `#[catch]`, `#[tolerate]`.

use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(two_at_once);

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
