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
    losers_are_undone,
    winners_are_undone_later,
    loser_under_way,
    loser_not_undone,
    winners_undone_when_out_of_reach,
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
    workflow LosersAreUndone(servers: Vec<u32>) -> Vec<u32> with script: Script {
        stage leases: Vec<u32> = quorum(2) for server in servers {
            #[undo(script.undo(lease))]
            stage lease: Effect = script.effect(ctx);
            #[after(lease)]
            stage confirmed: u32 = script.step(ctx, *server);
            confirmed
        };
        stage used: Vec<u32> = script.step(ctx, leases.clone());
        used
    }
}

fn losers_are_undone() -> Case<LosersAreUndone> {
    let script = Script::new()
        .plan("lease", takes(5))
        .plan("lease[2]", takes(7))
        .plan("undo lease", takes(2))
        .plan("confirmed", takes(10))
        .plan("confirmed[1]", takes(100))
        .plan("confirmed[2]", takes(200))
        .plan("confirmed[3]", takes(20));
    Case::new(&script, LosersAreUndone::new(script.clone()), (vec![10, 11, 12, 13],))
        .trace(expect![[r#"
        0 - started
        0 leases started
        0 lease[0] started
        0 lease[1] started
        0 lease[2] started
        0 lease[3] started
        5 lease[0] completed
        5 confirmed[0] started
        5 lease[1] completed
        5 confirmed[1] started
        5 lease[3] completed
        5 confirmed[3] started
        7 lease[2] completed
        7 confirmed[2] started
        15 confirmed[0] completed
        15 leases decided: 1
        25 confirmed[3] completed
        25 leases decided: 4
        25 confirmed[1] cancelled
        25 confirmed[2] cancelled
        25 lease[2] undoing
        27 lease[2] undone
        27 lease[1] undoing
        29 lease[1] undone
        29 leases completed
        29 used started
        29 used completed
        29 - ended
        = [10, 13]
    "#]])
        // A member that succeeded, but is not recorded, succeeds once more, after the others.
        .or_interrupted(["[13, 10]"])
}

workflow! {
    workflow WinnersAreUndoneLater(servers: Vec<u32>) with script: Script {
        stage leases: Vec<u32> = quorum(2) for server in servers {
            #[undo(script.undo(lease))]
            stage lease: Effect = script.effect(ctx);
            #[after(lease)]
            stage confirmed: u32 = script.step(ctx, *server);
            confirmed
        };
        #[after(leases)]
        stage used = script.step(ctx, ());
    }
}

fn winners_are_undone_later() -> Case<WinnersAreUndoneLater> {
    let script = Script::new()
        .plan("lease[0]", takes(5))
        .plan("lease[1]", takes(6))
        .plan("lease[2]", takes(7))
        .plan("confirmed[0]", takes(50))
        .plan("confirmed[1]", takes(20))
        .plan("confirmed[2]", takes(10))
        .plan("used", takes(1).fails("no space"));
    Case::new(&script, WinnersAreUndoneLater::new(script.clone()), (vec![10, 11, 12],)).trace(expect![[r#"
        0 - started
        0 leases started
        0 lease[0] started
        0 lease[1] started
        0 lease[2] started
        5 lease[0] completed
        5 confirmed[0] started
        6 lease[1] completed
        6 confirmed[1] started
        7 lease[2] completed
        7 confirmed[2] started
        17 confirmed[2] completed
        17 leases decided: 3
        26 confirmed[1] completed
        26 leases decided: 2
        26 confirmed[0] cancelled
        26 lease[0] undoing
        26 lease[0] undone
        26 leases completed
        26 used started
        27 used failed: no space
        27 lease[2] undoing
        27 lease[2] undone
        27 lease[1] undoing
        27 lease[1] undone
        27 - failed
        = failed: stage 'used' failed: no space
    "#]])
}

workflow! {
    workflow LoserUnderWay() -> Vec<u32> with script: Script {
        stage booked: Vec<u32> = quorum(1) {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                hotel.place().len() as u32
            },
            {
                #[undo(script.undo(inn))]
                #[timeout(40ms)]
                stage inn: Effect = script.effect(ctx);
                inn.place().len() as u32
            },
            { stage tent: u32 = script.step(ctx, 1); tent },
        };
        booked
    }
}

fn loser_under_way() -> Case<LoserUnderWay> {
    let script = Script::new().plan("hotel", takes(60)).plan("inn", takes(30)).plan("tent", takes(10));
    Case::new(&script, LoserUnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 hotel started
        0 inn started
        0 tent started
        10 tent completed
        10 booked decided: 3
        10 hotel cancelled
        10 inn cancelled
        60 hotel undoing
        60 hotel undone
        60 inn undoing
        60 inn undone
        60 booked completed
        60 - ended
        = [1]
    "#]])
}

workflow! {
    workflow LoserNotUndone() -> Vec<u32> with script: Script {
        #[retry(3)]
        stage booked: Vec<u32> = quorum(1) {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                #[after(hotel)]
                stage paid: u32 = script.step(ctx, 1);
                paid
            },
            { stage tent: u32 = script.step(ctx, 2); tent },
        };
        stage used: Vec<u32> = script.step(ctx, booked.clone());
        used
    }
}

fn loser_not_undone() -> Case<LoserNotUndone> {
    let script = Script::new()
        .plan("hotel", takes(5))
        .plan("undo hotel", panics("no such hotel"))
        .plan("paid", takes(50))
        .plan("tent", takes(10))
        .plan("used", takes(10).fails("no pegs"));
    Case::new(&script, LoserNotUndone::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 booked started
        0 hotel started
        0 tent started
        5 hotel completed
        5 paid started
        10 tent completed
        10 booked decided: 2
        10 paid cancelled
        10 hotel undoing
        10 hotel could not be undone: panicked: no such hotel
        10 booked completed
        10 used started
        20 used failed: no pegs
        20 - failed
        = failed: stage 'used' failed: no pegs
        = not undone: stage 'hotel' panicked: no such hotel
    "#]])
}

workflow! {
    workflow WinnersUndoneWhenOutOfReach() -> u32 with script: Script {
        #[fallback(script.step(ctx, 9))]
        stage agreed: u32 = {
            stage signed: Vec<Effect> = quorum(2) {
                { #[undo(script.undo(first))] stage first: Effect = script.effect(ctx); first.clone() },
                { #[undo(script.undo(second))] stage second: Effect = script.effect(ctx); second.clone() },
            };
            signed.len() as u32
        };
        *agreed
    }
}

fn winners_undone_when_out_of_reach() -> Case<WinnersUndoneWhenOutOfReach> {
    let script = Script::new()
        .plan("first", takes(10))
        .plan("undo first", takes(4))
        .plan("second", takes(30).fails("refused"))
        .plan("agreed", takes(1));
    Case::new(&script, WinnersUndoneWhenOutOfReach::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 agreed started
        0 signed started
        0 first started
        0 second started
        10 first completed
        10 signed decided: 1
        30 second failed: refused
        30 signed did not reach its quorum: needed 2 of 2, 1 failed: stage 'second' failed: refused
        30 first undoing
        34 first undone
        34 agreed attempt 1 failed: stage 'signed' did not reach its quorum: needed 2 of 2, 1 failed: stage 'second' failed: refused
        34 agreed decided: fallback
        35 agreed completed
        35 - ended
        = 9
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
