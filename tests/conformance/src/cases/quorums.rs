//! `quorum`: the first `n` to succeed.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, panics, takes};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(
    in_order_of_success,
    out_of_reach,
    all_of_them,
    too_few_items,
    panic_of_a_member,
    anew_in_each_round,
    return_in_a_member,
    member_with_retries,
);

workflow! {
    workflow InOrderOfSuccess() -> Vec<u32> with script: Script {
        stage signed: Vec<u32> = quorum(2) {
            { stage anna: u32 = script.step(ctx, 1); anna },
            { stage berta: u32 = script.step(ctx, 2); berta },
            { stage clara: u32 = script.step(ctx, 3); clara },
        };
        signed
    }
}

fn in_order_of_success() -> Case<InOrderOfSuccess> {
    let script = Script::new().plan("anna", takes(30)).plan("berta", takes(20)).plan("clara", takes(10));
    Case::new(&script, InOrderOfSuccess::new(script.clone()), ())
        .pattern([32])
        .trace(expect![[r#"
        0 - started
        0 signed started
        0 anna started
        0 berta started
        0 clara started
        10 clara completed
        10 signed decided: 3
        20 berta completed
        20 signed decided: 2
        20 anna cancelled
        20 signed completed
        20 - ended
        = [3, 2]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted(["[2, 3]"])
}

workflow! {
    workflow OutOfReach() -> Vec<u32> with script: Script {
        stage signed: Vec<u32> = quorum(2) {
            { stage first: u32 = script.step(ctx, 1); first },
            { stage second: u32 = script.step(ctx, 2); second },
            { stage third: u32 = script.step(ctx, 3); third },
        };
        signed
    }
}

fn out_of_reach() -> Case<OutOfReach> {
    let script = Script::new()
        .plan("first", takes(10).fails("no"))
        .plan("second", takes(90))
        .plan("third", takes(20).fails("never"));
    Case::new(&script, OutOfReach::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 signed started
        0 first started
        0 second started
        0 third started
        10 first failed: no
        20 third failed: never
        20 second cancelled
        20 signed did not reach its quorum: needed 2 of 3, 2 failed: stage 'third' failed: never
        20 - failed
        = failed: stage 'signed' did not reach its quorum: needed 2 of 3, 2 failed: stage 'third' failed: never
    "#]])
}

workflow! {
    workflow AllOfThem(members: Vec<String>) -> Vec<String> with script: Script {
        stage signed: Vec<String> = quorum(3) for member in members {
            stage vote: String = script.step(ctx, member.to_uppercase());
            vote
        };
        signed
    }
}

fn all_of_them() -> Case<AllOfThem> {
    let script = Script::new().plan("vote[0]", takes(30)).plan("vote[1]", takes(20)).plan("vote[2]", takes(40));
    let members = ["a", "b", "c"].map(str::to_owned).to_vec();
    Case::new(&script, AllOfThem::new(script.clone()), (members,))
        .trace(expect![[r#"
        0 - started
        0 signed started
        0 vote[0] started
        0 vote[1] started
        0 vote[2] started
        20 vote[1] completed
        20 signed decided: 2
        30 vote[0] completed
        30 signed decided: 1
        40 vote[2] completed
        40 signed decided: 3
        40 signed completed
        40 - ended
        = ["B", "A", "C"]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted([r#"["A", "B", "C"]"#])
}

workflow! {
    workflow TooFewItems(members: Vec<u32>) -> Vec<u32> with script: Script {
        stage signed: Vec<u32> = quorum(3) for member in members {
            stage vote: u32 = script.step(ctx, *member);
            vote
        };
        signed
    }
}

fn too_few_items() -> Case<TooFewItems> {
    let script = Script::new().plan("vote", takes(10));
    Case::new(&script, TooFewItems::new(script.clone()), (vec![1, 2],)).trace(expect![[r#"
        0 - started
        0 signed started
        0 signed did not reach its quorum: needed 3 of 2, 0 failed
        0 - failed
        = failed: stage 'signed' did not reach its quorum: needed 3 of 2, 0 failed
    "#]])
}

workflow! {
    workflow PanicOfAMember() -> Vec<u32> with script: Script {
        stage signed: Vec<u32> = quorum(2) {
            { stage first: u32 = script.step(ctx, 1); first },
            { stage second: u32 = script.step(ctx, 2); second },
            { stage third: u32 = script.step(ctx, 3); third },
        };
        signed
    }
}

fn panic_of_a_member() -> Case<PanicOfAMember> {
    let script = Script::new().plan("first", takes(10)).plan("second", panics("overflow")).plan("third", takes(5));
    Case::new(&script, PanicOfAMember::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 signed started
        0 first started
        0 second started
        0 second panicked: overflow
        0 third started
        5 third completed
        5 signed decided: 3
        10 first completed
        10 signed decided: 1
        10 signed completed
        10 - ended
        = [3, 1]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted(["[1, 3]"])
}

workflow! {
    workflow AnewInEachRound(servers: Vec<u32>) -> Vec<u32> with script: Script {
        #[max(3)]
        stage agreed: Vec<u32> = loop {
            #[catch]
            stage round: Result<Vec<u32>, Failure> = quorum(2) for server in servers {
                stage vote: u32 = script.step(ctx, *server);
                vote
            };
            match round {
                Ok(votes) => break votes.clone(),
                Err(_) => continue,
            }
        };
        agreed
    }
}

fn anew_in_each_round() -> Case<AnewInEachRound> {
    let script =
        Script::new().plan("vote", takes(10)).plan("vote[0][0]", takes(3).fails("down")).plan("vote[1][0]", takes(20));
    Case::new(&script, AnewInEachRound::new(script.clone()), (vec![4, 5],))
        .trace(expect![[r#"
        0 - started
        0 agreed started
        0 round[0] started
        0 vote[0][0] started
        0 vote[0][1] started
        3 vote[0][0] failed: down
        3 vote[0][1] cancelled
        3 round[0] attempt 1 did not reach its quorum: needed 2 of 2, 1 failed: stage 'vote' failed: down
        3 round[0] completed
        3 agreed[0] decided: Err(_)
        3 agreed[0] decided: continue
        3 round[1] started
        3 vote[1][0] started
        3 vote[1][1] started
        13 vote[1][1] completed
        13 round[1] decided: 2
        23 vote[1][0] completed
        23 round[1] decided: 1
        23 round[1] completed
        23 agreed[1] decided: Ok(votes)
        23 agreed[1] decided: break
        23 agreed completed
        23 - ended
        = [5, 4]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted(["[4, 5]"])
}

workflow! {
    workflow ReturnInAMember(urgent: bool) -> Vec<u32> with script: Script {
        #[undo(script.undo(kept))]
        stage kept: Effect = script.effect(ctx);
        stage signed: Vec<u32> = quorum(2) {
            { stage first: u32 = script.step(ctx, 1); first },
            {
                stage second: u32 = script.step(ctx, 2);
                if *urgent && *second > 0 { return Vec::new() } else { 2 }
            },
            { stage third: u32 = script.step(ctx, 3); third },
        };
        #[after(kept)]
        stage after_all: Vec<u32> = script.step(ctx, signed.clone());
        after_all
    }
}

fn return_in_a_member() -> Case<ReturnInAMember> {
    let script = Script::new()
        .plan("kept", takes(2))
        .plan("first", takes(10))
        .plan("second", takes(15))
        .plan("third", takes(30));
    Case::new(&script, ReturnInAMember::new(script.clone()), (true,)).pattern([43]).trace(expect![[r#"
        0 - started
        0 kept started
        0 signed started
        0 first started
        0 second started
        0 third started
        2 kept completed
        10 first completed
        10 signed decided: 1
        15 second completed
        15 signed decided: *urgent && *second > 0
        15 third cancelled
        15 signed cancelled
        15 - ended
        = []
    "#]])
}

workflow! {
    workflow MemberWithRetries() -> Vec<u32> with script: Script {
        stage signed: Vec<u32> = quorum(2) {
            { #[retry(2, fixed(20ms))] stage flaky: u32 = script.step(ctx, 1); flaky },
            { stage steady: u32 = script.step(ctx, 2); steady },
            { #[retry(1, fixed(1h))] stage slow: u32 = script.step(ctx, 3); slow },
        };
        signed
    }
}

fn member_with_retries() -> Case<MemberWithRetries> {
    let busy = takes(5).fails("busy");
    let script = Script::new()
        .plan("flaky", [busy.clone(), busy.clone(), takes(5)])
        .plan("steady", takes(60))
        .plan("slow", busy);
    Case::new(&script, MemberWithRetries::new(script.clone()), ())
        .trace(expect![[r#"
        0 - started
        0 signed started
        0 flaky started
        0 steady started
        0 slow started
        5 flaky attempt 1 failed: busy, next in 20 ms
        5 slow attempt 1 failed: busy, next in 3600000 ms
        25 flaky attempt 2 started
        30 flaky attempt 2 failed after 2 attempts: busy, next in 20 ms
        50 flaky attempt 3 started
        55 flaky completed
        55 signed decided: 1
        60 steady completed
        60 signed decided: 2
        60 slow cancelled
        60 signed completed
        60 - ended
        = [1, 2]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted(["[2, 1]"])
}
