//! The undos of a `quorum`: of its losers, and of its winners once a later stage fails.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, panics, takes};
use expect_test::expect;

cases!(
    losers_are_undone,
    winners_are_undone_later,
    loser_under_way,
    loser_not_undone,
    winners_undone_when_out_of_reach,
);

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
