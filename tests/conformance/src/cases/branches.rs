//! `if`, `match`, `#[when]`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;

cases!(
    one_arm,
    some_of_several,
    guards_in_order,
    if_let_chain,
    panicking_guard,
    arm_is_undone,
    failing_arm,
    branch_in_a_branch,
    skipped_has_nothing_to_undo,
    bindings_survive_a_retry,
    after_a_skipped_stage,
    branch_in_the_tail,
);

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

workflow! {
    workflow GuardsInOrder(amount: u32, is_member: bool) -> String with script: Script {
        stage told: String = match (*amount, *is_member) {
            (0, _) => "nothing".to_owned(),
            (some, true) if *some > 400 => script.step(ctx, format!("a lot: {some}")),
            (some, _) if *some > 100 => {
                stage checked: u32 = script.step(ctx, *some);
                format!("checked: {checked}")
            }
            (_, true) | (_, false) => "little".to_owned(),
        };
        told
    }
}

fn guards_in_order() -> Case<GuardsInOrder> {
    let script = Script::new().plan("checked", takes(10)).plan("told", takes(5));
    Case::new(&script, GuardsInOrder::new(script.clone()), (300, true)).trace(expect![[r#"
        0 - started
        0 told started
        0 told decided: (some, _) if *some > 100
        0 checked started
        10 checked completed
        10 told completed
        10 - ended
        = "checked: 300"
    "#]])
}

workflow! {
    workflow IfLetChain(note: Option<String>, most: usize) -> usize with script: Script {
        stage length: usize = if let Some(text) = note && let Some((head, rest)) = text.split_once(' ') && head.len() < *most {
            stage read: usize = script.step(ctx, head.len() * 100 + rest.len());
            read
        } else if note.is_none() {
            script.step(ctx, 1)
        } else {
            0
        };
        length
    }
}

fn if_let_chain() -> Case<IfLetChain> {
    let script = Script::new().plan("read", takes(10));
    Case::new(&script, IfLetChain::new(script.clone()), (Some("see you".to_owned()), 4)).trace(expect![[r#"
        0 - started
        0 length started
        0 length decided: let Some(text) = note && let Some((head, rest)) = text.split_once(' ') && head.len() < *most
        0 read started
        10 read completed
        10 length completed
        10 - ended
        = 303
    "#]])
}

workflow! {
    workflow PanickingGuard(number: u32) -> u32 with script: Script {
        #[undo(script.undo(booked))]
        stage booked: Effect = script.effect(ctx);
        #[after(booked)]
        #[retry(2)]
        stage chosen: u32 = match *number {
            some if quietly_broken(*some) => 1,
            _ => script.step(ctx, 2),
        };
        *chosen
    }
}

fn quietly_broken(number: u32) -> bool {
    if number > 0 { std::panic::resume_unwind(Box::new("no guard")) } else { true }
}

fn panicking_guard() -> Case<PanickingGuard> {
    let script = Script::new().plan("booked", takes(5));
    Case::new(&script, PanickingGuard::new(script.clone()), (1,)).trace(expect![[r#"
        0 - started
        0 booked started
        5 booked completed
        5 chosen started
        5 chosen panicked: no guard
        5 booked undoing
        5 booked undone
        5 - failed
        = failed: stage 'chosen' panicked: no guard
    "#]])
}

workflow! {
    workflow ArmIsUndone(is_abroad: bool) with script: Script {
        stage shipped: String = if *is_abroad {
            #[undo(script.undo(declared))]
            stage declared: Effect = script.effect(ctx);
            #[undo(script.undo(flown))]
            #[after(declared)]
            stage flown: Effect = script.effect(ctx);
            flown.place().to_owned()
        } else {
            #[undo(script.undo(driven))]
            stage driven: Effect = script.effect(ctx);
            driven.place().to_owned()
        };
        stage received = script.step(ctx, shipped.clone().clear());
    }
}

fn arm_is_undone() -> Case<ArmIsUndone> {
    let script = Script::new()
        .plan("declared", takes(5))
        .plan("undo declared", takes(1))
        .plan("flown", takes(6))
        .plan("undo flown", takes(2))
        .plan("received", takes(10).fails("nobody at home"));
    Case::new(&script, ArmIsUndone::new(script.clone()), (true,)).trace(expect![[r#"
        0 - started
        0 shipped started
        0 shipped decided: *is_abroad
        0 declared started
        5 declared completed
        5 flown started
        11 flown completed
        11 shipped completed
        11 received started
        21 received failed: nobody at home
        21 flown undoing
        23 flown undone
        23 declared undoing
        24 declared undone
        24 - failed
        = failed: stage 'received' failed: nobody at home
    "#]])
}

workflow! {
    workflow FailingArm(is_abroad: bool) -> u32 with script: Script {
        stage beside: u32 = script.step(ctx, 1);
        stage shipped: u32 = if *is_abroad {
            #[undo(script.undo(declared))]
            stage declared: Effect = script.effect(ctx);
            stage weighed: u32 = script.step(ctx, 3);
            #[after(declared)]
            stage flown: u32 = script.step(ctx, weighed + 1);
            *flown
        } else {
            0
        };
        beside + shipped
    }
}

fn failing_arm() -> Case<FailingArm> {
    let script = Script::new()
        .plan("beside", takes(100))
        .plan("declared", takes(10))
        .plan("undo declared", takes(4))
        .plan("weighed", takes(15).fails("no scales"));
    Case::new(&script, FailingArm::new(script.clone()), (true,)).trace(expect![[r#"
        0 - started
        0 shipped started
        0 beside started
        0 shipped decided: *is_abroad
        0 declared started
        0 weighed started
        10 declared completed
        15 weighed failed: no scales
        15 shipped failed: stage 'weighed' failed: no scales
        15 beside cancelled
        15 declared undoing
        19 declared undone
        19 - failed
        = failed: stage 'weighed' failed: no scales
    "#]])
}

workflow! {
    workflow BranchInABranch(left: bool, right: Option<u32>) -> u32 with script: Script {
        stage path: u32 = if *left {
            match right {
                Some(number) => {
                    stage deep: u32 = if *number > 5 { script.step(ctx, 1) } else { script.step(ctx, 2) };
                    stage deeper: u32 = script.step(ctx, deep * 10);
                    deeper
                }
                None => 0,
            }
        } else {
            script.step(ctx, 9)
        };
        path
    }
}

fn branch_in_a_branch() -> Case<BranchInABranch> {
    let script = Script::new().plan("deep", takes(10)).plan("deeper", takes(20)).plan("path", takes(1));
    Case::new(&script, BranchInABranch::new(script.clone()), (true, Some(4))).trace(expect![[r#"
        0 - started
        0 path started
        0 path decided: *left
        0 path decided: Some(number)
        0 deep started
        0 deep decided: else
        10 deep completed
        10 deeper started
        30 deeper completed
        30 path completed
        30 - ended
        = 20
    "#]])
}

workflow! {
    workflow SkippedHasNothingToUndo(insured: bool) with script: Script {
        #[when(*insured)]
        #[undo(async { if let Some(made) = policy { script.undo(made).await } else { Ok(()) } })]
        stage policy: Option<Effect> = script.effect(ctx);
        #[when(!*insured)]
        #[undo(async { if let Some(made) = waiver { script.undo(made).await } else { Ok(()) } })]
        stage waiver: Option<Effect> = script.effect(ctx);
        #[after(policy, waiver)]
        stage signed = script.step(ctx, ());
    }
}

fn skipped_has_nothing_to_undo() -> Case<SkippedHasNothingToUndo> {
    let script = Script::new().plan("waiver", takes(5)).plan("signed", takes(10).fails("no pen"));
    Case::new(&script, SkippedHasNothingToUndo::new(script.clone()), (false,)).trace(expect![[r#"
        0 - started
        0 policy enabled
        0 policy skipped
        0 waiver started
        5 waiver completed
        5 signed started
        15 signed failed: no pen
        15 waiver undoing
        15 waiver undone
        15 - failed
        = failed: stage 'signed' failed: no pen
    "#]])
}

workflow! {
    workflow BindingsSurviveARetry(words: Vec<String>) -> String with script: Script {
        stage longest: String = match words.iter().max_by_key(|word| word.len()).cloned() {
            Some(word) if word.len() > 2 => {
                #[retry(2, fixed(10ms))]
                stage shouted: String = script.step(ctx, word.to_uppercase());
                shouted
            }
            other => other.clone().unwrap_or_default(),
        };
        longest
    }
}

fn bindings_survive_a_retry() -> Case<BindingsSurviveARetry> {
    let script = Script::new().plan("shouted", [takes(5).fails("hoarse"), takes(5)]);
    let words = ["a", "word", "no"].map(str::to_owned).to_vec();
    Case::new(&script, BindingsSurviveARetry::new(script.clone()), (words,)).trace(expect![[r#"
        0 - started
        0 longest started
        0 longest decided: Some(word) if word.len() > 2
        0 shouted started
        5 shouted attempt 1 failed: hoarse, next in 10 ms
        15 shouted attempt 2 started
        20 shouted completed
        20 longest completed
        20 - ended
        = "WORD"
    "#]])
}

workflow! {
    workflow AfterASkippedStage(number: u32) -> u32 with script: Script {
        stage early: u32 = script.step(ctx, *number);
        #[when(let Some(big) = early.checked_sub(100))]
        stage large: Option<u32> = script.step(ctx, *big);
        #[after(large)]
        stage rest: u32 = script.step(ctx, 5);
        #[when(*early > 100)]
        stage _unused = script.step(ctx, ());
        large.unwrap_or(1) + rest
    }
}

fn after_a_skipped_stage() -> Case<AfterASkippedStage> {
    let script = Script::new().plan("early", takes(10)).plan("large", takes(100)).plan("rest", takes(20));
    Case::new(&script, AfterASkippedStage::new(script.clone()), (7,)).trace(expect![[r#"
        0 - started
        0 early started
        10 early completed
        10 _unused enabled
        10 large enabled
        10 large skipped
        10 rest started
        10 _unused skipped
        30 rest completed
        30 - ended
        = 6
    "#]])
}

workflow! {
    workflow BranchInTheTail(kind: u32) -> u32 with script: Script {
        stage first: u32 = script.step(ctx, *kind);
        match *first {
            0 => fail "nothing",
            1 => return 10,
            _ => {
                stage last: u32 = script.step(ctx, first * 3);
                last
            }
        }
    }
}

fn branch_in_the_tail() -> Case<BranchInTheTail> {
    let script = Script::new().plan("first", takes(10)).plan("last", takes(5));
    Case::new(&script, BranchInTheTail::new(script.clone()), (4,)).trace(expect![[r#"
        0 - started
        0 first started
        10 first completed
        10 - decided: _
        10 last started
        15 last completed
        15 - ended
        = 12
    "#]])
}
