//! `if`, `match`, `#[when]`.

use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(one_arm, some_of_several);

workflow! {
    workflow OneArm(amount: u32) -> u32 with script: Script {
        stage approved: u32 = match *amount {
            0..100 => script.step(ctx, 1),
            _ => {
                stage asked: u32 = script.step(ctx, 2);
                stage signed: u32 = script.step(ctx, asked + 1);
                signed
            }
        };
        stage paid: u32 = script.step(ctx, approved * 10);
        paid
    }
}

fn one_arm() -> Case<OneArm> {
    let script = Script::new().plan("asked", takes(3)).plan("signed", takes(4)).plan("paid", takes(1));
    Case::new(&script, OneArm::new(script.clone()), (500,)).pattern([4, 5]).trace(expect![[r#"
        0 - started
        0 approved started
        0 approved decided: _
        0 asked started
        3 asked completed
        3 signed started
        7 signed completed
        7 approved completed
        7 paid started
        8 paid completed
        8 - ended
        = 30
    "#]])
}

workflow! {
    workflow SomeOfSeveral(amount: u32) -> u32 with script: Script {
        #[when(*amount > 10)]
        stage insured: Option<u32> = script.step(ctx, 1);
        #[when(*amount > 100)]
        stage checked: Option<u32> = script.step(ctx, 2);
        #[when(*amount > 1000)]
        stage escorted: Option<u32> = script.step(ctx, 3);
        stage chosen: u32 = script.step(ctx, [insured, checked, escorted].into_iter().flatten().sum::<u32>());
        chosen
    }
}

fn some_of_several() -> Case<SomeOfSeveral> {
    let script = Script::new().plan("insured", takes(5)).plan("checked", takes(8));
    Case::new(&script, SomeOfSeveral::new(script.clone()), (500,)).pattern([6, 7, 37]).trace(expect![[r#"
        0 - started
        0 escorted enabled
        0 insured started
        0 checked started
        0 escorted skipped
        5 insured completed
        8 checked completed
        8 chosen started
        8 chosen completed
        8 - ended
        = 3
    "#]])
}
