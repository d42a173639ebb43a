//! The losers of a `race`, and the state after it is over.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;

cases!(
    race_in_a_race,
    winner_is_undone_later,
    failed_racer_is_undone_at_once,
    race_is_cut_by_its_surroundings,
    race_is_tried_again,
);

workflow! {
    workflow RaceInARace() -> u32 with script: Script {
        stage first: u32 = race {
            {
                stage inner: u32 = race {
                    { #[undo(script.undo(left))] stage left: Effect = script.effect(ctx); left.place().len() as u32 },
                    {
                        #[undo(script.undo(right))]
                        stage right: Effect = script.effect(ctx);
                        #[after(right)]
                        stage rest: u32 = script.step(ctx, 2);
                        rest
                    },
                };
                stage more: u32 = script.step(ctx, *inner);
                more
            },
            { stage outer: u32 = script.step(ctx, 7); outer },
        };
        *first
    }
}

fn race_in_a_race() -> Case<RaceInARace> {
    let script = Script::new()
        .plan("left", takes(10))
        .plan("right", takes(5))
        .plan("rest", takes(100))
        .plan("undo right", takes(3))
        .plan("undo left", takes(2))
        .plan("more", takes(100))
        .plan("outer", takes(50));
    Case::new(&script, RaceInARace::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 inner started
        0 left started
        0 right started
        0 outer started
        5 right completed
        5 rest started
        10 left completed
        10 inner decided: 1
        10 rest cancelled
        10 right undoing
        13 right undone
        13 inner completed
        13 more started
        50 outer completed
        50 first decided: 2
        50 more cancelled
        50 left undoing
        52 left undone
        52 first completed
        52 - ended
        = 7
    "#]])
}

workflow! {
    workflow WinnerIsUndoneLater() with script: Script {
        stage room: u32 = race {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                #[after(hotel)]
                #[undo(script.undo(key))]
                stage key: Effect = script.effect(ctx);
                (hotel.place().len() + key.place().len()) as u32
            },
            { stage hostel: u32 = script.step(ctx, 2); hostel },
        };
        #[undo(script.undo(taxi))]
        stage taxi: Effect = script.effect(ctx);
        #[after(room, taxi)]
        stage paid = script.step(ctx, ());
    }
}

fn winner_is_undone_later() -> Case<WinnerIsUndoneLater> {
    let script = Script::new()
        .plan("hotel", takes(10))
        .plan("taxi", takes(15))
        .plan("key", takes(10))
        .plan("hostel", takes(50))
        .plan("paid", takes(5).fails("no money"));
    Case::new(&script, WinnerIsUndoneLater::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 room started
        0 taxi started
        0 hotel started
        0 hostel started
        10 hotel completed
        10 key started
        15 taxi completed
        20 key completed
        20 room decided: 1
        20 hostel cancelled
        20 room completed
        20 paid started
        25 paid failed: no money
        25 key undoing
        25 key undone
        25 taxi undoing
        25 taxi undone
        25 hotel undoing
        25 hotel undone
        25 - failed
        = failed: stage 'paid' failed: no money
    "#]])
}

workflow! {
    workflow FailedRacerIsUndoneAtOnce() -> u32 with script: Script {
        stage room: u32 = race {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                #[after(hotel)]
                stage paid: u32 = script.step(ctx, 1);
                paid
            },
            { stage hostel: u32 = script.step(ctx, 2); hostel },
        };
        room
    }
}

fn failed_racer_is_undone_at_once() -> Case<FailedRacerIsUndoneAtOnce> {
    let script = Script::new()
        .plan("hotel", takes(5))
        .plan("undo hotel", takes(10))
        .plan("paid", takes(5).fails("declined"))
        .plan("hostel", takes(50));
    Case::new(&script, FailedRacerIsUndoneAtOnce::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 room started
        0 hotel started
        0 hostel started
        5 hotel completed
        5 paid started
        10 paid failed: declined
        10 hotel undoing
        20 hotel undone
        50 hostel completed
        50 room decided: 2
        50 room completed
        50 - ended
        = 2
    "#]])
}

workflow! {
    workflow RaceIsCutByItsSurroundings() with script: Script {
        stage room: u32 = race {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                #[after(hotel)]
                stage paid: u32 = script.step(ctx, 1);
                paid
            },
            { #[undo(script.undo(hostel))] stage hostel: Effect = script.effect(ctx); hostel.place().len() as u32 },
        };
        stage beside = script.step(ctx, ());
        stage told = script.step(ctx, room.to_string().clear());
    }
}

fn race_is_cut_by_its_surroundings() -> Case<RaceIsCutByItsSurroundings> {
    let script = Script::new()
        .plan("hotel", takes(5))
        .plan("paid", takes(100))
        .plan("hostel", takes(60))
        .plan("beside", takes(20).fails("storm"));
    Case::new(&script, RaceIsCutByItsSurroundings::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 room started
        0 hotel started
        0 hostel started
        0 beside started
        5 hotel completed
        5 paid started
        20 beside failed: storm
        20 paid cancelled
        20 hostel cancelled
        20 room cancelled
        60 hostel undoing
        60 hostel undone
        60 hotel undoing
        60 hotel undone
        60 - failed
        = failed: stage 'beside' failed: storm
    "#]])
}

workflow! {
    workflow RaceIsTriedAgain() -> u32 with script: Script {
        #[retry(1, fixed(10ms))]
        stage room: u32 = race {
            { stage hotel: u32 = script.step(ctx, 1); hotel },
            { stage hostel: u32 = script.step(ctx, 2); hostel },
        };
        room
    }
}

fn race_is_tried_again() -> Case<RaceIsTriedAgain> {
    let script = Script::new()
        .plan("hotel", takes(5).panics("on fire"))
        .plan("hostel", takes(7).fails("full"))
        .plan("hostel[1]", takes(3))
        .plan("hotel[1]", takes(4));
    Case::new(&script, RaceIsTriedAgain::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 room started
        0 hotel started
        0 hostel started
        5 hotel panicked: on fire
        7 hostel failed: full
        7 room attempt 1 did not reach its quorum: needed 1 of 2, 2 failed: stage 'hostel' failed: full, next in 10 ms
        17 room attempt 2 started
        17 hotel[1] started
        17 hostel[1] started
        20 hostel[1] completed
        20 room[1] decided: 2
        20 hotel[1] cancelled
        20 room completed
        20 - ended
        = 2
    "#]])
}
