//! `#[acquire]`: permits for the time of each attempt.

use crate::{Case, Effect, Script, case::cases, takes, workflow};
use expect_test::expect;
use workflow_runtime::{Failure, Pool};

cases!(
    three_at_two_desks,
    opposite_orders,
    given_back_between_attempts,
    several_of_one_pool,
    more_than_there_are,
    waiter_is_cut,
    held_by_a_block,
    waiting_is_not_timed,
    held_until_it_ends,
    default_pool,
    interleaved,
);

workflow! {
    workflow ThreeAtTwoDesks() -> u32 with script: Script, desks: Pool {
        #[acquire(desks)]
        stage first: u32 = script.step(ctx, 1);
        #[acquire(desks)]
        stage second: u32 = script.step(ctx, 2);
        #[acquire(desks)]
        stage third: u32 = script.step(ctx, 3);
        first + second + third
    }
}

fn three_at_two_desks() -> Case<ThreeAtTwoDesks> {
    let script = Script::new().plan("first", takes(10)).plan("second", takes(20)).plan("third", takes(5));
    let desks = script.pool("desks", 2);
    Case::new(&script, ThreeAtTwoDesks::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 second started
        0 third started
        10 first completed
        15 third completed
        20 second completed
        20 - ended
        = 6
    "#]])
}

workflow! {
    workflow OppositeOrders() with script: Script, left: Pool, right: Pool {
        stage ready = script.step(ctx, ());
        #[acquire(left)]
        #[acquire(right)]
        stage forth = script.step(ctx, ());
        #[acquire(right)]
        #[acquire(left)]
        #[after(ready)]
        stage back = script.step(ctx, ());
        #[acquire(right)]
        #[after(ready)]
        stage once = script.step(ctx, ());
    }
}

fn opposite_orders() -> Case<OppositeOrders> {
    let script =
        Script::new().plan("ready", takes(5)).plan("forth", takes(20)).plan("back", takes(10)).plan("once", takes(3));
    let (left, right) = (script.pool("left", 1), script.pool("right", 1));
    Case::new(&script, OppositeOrders::new(script.clone(), left, right), ()).trace(expect![[r#"
        0 - started
        0 ready started
        0 forth started
        5 ready completed
        5 back started
        5 once started
        20 forth completed
        23 once completed
        33 back completed
        33 - ended
        = ()
    "#]])
}

workflow! {
    workflow GivenBackBetweenAttempts() with script: Script, desks: Pool {
        #[acquire(desks)]
        #[retry(2, fixed(20ms))]
        stage flaky = script.step(ctx, ());
        stage ready = script.step(ctx, ());
        #[acquire(desks)]
        #[after(ready)]
        stage other = script.step(ctx, ());
    }
}

fn given_back_between_attempts() -> Case<GivenBackBetweenAttempts> {
    let script = Script::new()
        .plan("flaky", [takes(10).fails("busy"), takes(5)])
        .plan("ready", takes(5))
        .plan("other", takes(50));
    let desks = script.pool("desks", 1);
    Case::new(&script, GivenBackBetweenAttempts::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 flaky started
        0 ready started
        5 ready completed
        5 other started
        10 flaky attempt 1 failed: busy, next in 20 ms
        30 flaky attempt 2 started
        60 other completed
        65 flaky completed
        65 - ended
        = ()
    "#]])
}

workflow! {
    workflow SeveralOfOnePool(weights: Vec<usize>) with script: Script, lift: Pool {
        stage all = for weight in weights {
            #[acquire(lift, *weight)]
            stage lifted = script.step(ctx, ());
        };
    }
}

fn several_of_one_pool() -> Case<SeveralOfOnePool> {
    // The third is too heavy to go along, and the small fourth does not overtake it.
    let script = Script::new()
        .plan("lifted[0]", takes(10))
        .plan("lifted[1]", takes(30))
        .plan("lifted[2]", takes(20))
        .plan("lifted[3]", takes(5));
    let lift = script.pool("lift", 4);
    Case::new(&script, SeveralOfOnePool::new(script.clone(), lift), (vec![2, 1, 3, 1],)).trace(expect![[r#"
        0 - started
        0 all started
        0 lifted[0] started
        0 lifted[1] started
        0 lifted[2] started
        0 lifted[3] started
        10 lifted[0] completed
        30 lifted[1] completed
        30 lifted[2] completed
        35 lifted[3] completed
        35 all completed
        35 - ended
        = ()
    "#]])
}

workflow! {
    workflow MoreThanThereAre(wanted: usize) with script: Script, lift: Pool {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        #[acquire(lift, *wanted)]
        stage lifted = script.step(ctx, ());
    }
}

fn more_than_there_are() -> Case<MoreThanThereAre> {
    let script = Script::new().plan("before", takes(10)).plan("lifted", takes(10));
    let lift = script.pool("lift", 4);
    Case::new(&script, MoreThanThereAre::new(script.clone(), lift), (5,)).trace(expect![[r#"
        0 - started
        0 before started
        10 before completed
        10 lifted started
        10 lifted failed: 5 permits asked of a pool of 4
        10 before undoing
        10 before undone
        10 - failed
        = failed: stage 'lifted' failed: 5 permits asked of a pool of 4
    "#]])
}

workflow! {
    workflow WaiterIsCut() -> u32 with script: Script, desks: Pool, rooms: Pool {
        #[acquire(desks)]
        stage holder: u32 = script.step(ctx, 1);
        // Has its room, and waits for its desk.
        stage first: u32 = race {
            {
                stage ready = script.step(ctx, ());
                #[after(ready)]
                #[acquire(rooms)]
                #[acquire(desks)]
                stage waiter: u32 = script.step(ctx, 2);
                waiter
            },
            { stage quick: u32 = script.step(ctx, 3); quick },
        };
        #[acquire(rooms)]
        #[after(first)]
        stage next: u32 = script.step(ctx, 4);
        holder + first + next
    }
}

fn waiter_is_cut() -> Case<WaiterIsCut> {
    let script = Script::new()
        .plan("holder", takes(100))
        .plan("ready", takes(5))
        .plan("quick", takes(20))
        .plan("next", takes(10));
    let (rooms, desks) = (script.pool("rooms", 1), script.pool("desks", 1));
    Case::new(&script, WaiterIsCut::new(script.clone(), desks, rooms), ()).trace(expect![[r#"
        0 - started
        0 holder started
        0 first started
        0 ready started
        0 quick started
        5 ready completed
        5 waiter started
        20 quick completed
        20 first decided: 2
        20 waiter cancelled
        20 first completed
        20 next started
        30 next completed
        100 holder completed
        100 - ended
        = 8
    "#]])
}

workflow! {
    workflow HeldByABlock(batches: Vec<u32>) -> Vec<u32> with script: Script, oven: Pool {
        stage baked: Vec<u32> = for batch in batches {
            #[acquire(oven)]
            stage tray: u32 = {
                stage heated: u32 = script.step(ctx, batch + 1);
                stage cooled: u32 = script.step(ctx, heated * 10);
                cooled
            };
            tray
        };
        baked
    }
}

fn held_by_a_block() -> Case<HeldByABlock> {
    let script = Script::new().plan("heated", takes(10)).plan("cooled", takes(5)).plan("cooled[0]", takes(7));
    let oven = script.pool("oven", 1);
    Case::new(&script, HeldByABlock::new(script.clone(), oven), (vec![1, 2],)).pattern([39]).trace(expect![[r#"
        0 - started
        0 baked started
        0 tray[0] started
        0 heated[0] started
        0 tray[1] started
        10 heated[0] completed
        10 cooled[0] started
        17 cooled[0] completed
        17 tray[0] completed
        17 heated[1] started
        27 heated[1] completed
        27 cooled[1] started
        32 cooled[1] completed
        32 tray[1] completed
        32 baked completed
        32 - ended
        = [20, 30]
    "#]])
}

workflow! {
    workflow WaitingIsNotTimed() with script: Script, desks: Pool {
        #[acquire(desks)]
        stage holder = script.step(ctx, ());
        stage ready = script.step(ctx, ());
        #[after(ready)]
        #[acquire(desks)]
        #[timeout(15ms)]
        stage patient = script.step(ctx, ());
        #[after(ready)]
        #[acquire(desks)]
        #[deadline(40ms)]
        #[fallback(script.step(ctx, ()))]
        stage hasty = script.step(ctx, ());
    }
}

fn waiting_is_not_timed() -> Case<WaitingIsNotTimed> {
    let script = Script::new()
        .plan("holder", takes(50))
        .plan("ready", takes(5))
        .plan("patient", takes(10))
        .plan("hasty", takes(2));
    let desks = script.pool("desks", 1);
    Case::new(&script, WaitingIsNotTimed::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 holder started
        0 ready started
        5 ready completed
        5 patient started
        5 hasty started
        45 hasty attempt 1 passed its deadline: all its attempts together took longer than 40ms
        45 hasty decided: fallback
        47 hasty completed
        50 holder completed
        60 patient completed
        60 - ended
        = ()
    "#]])
}

workflow! {
    workflow HeldUntilItEnds() -> usize with script: Script, desks: Pool {
        #[catch]
        stage tried: Result<usize, Failure> = {
            #[acquire(desks)]
            #[undo(script.undo(booked))]
            stage booked: Effect = script.effect(ctx);
            stage failing = script.step(ctx, ());
            booked.place().len()
        };
        stage ready = script.step(ctx, ());
        #[acquire(desks)]
        #[after(ready)]
        stage other = script.step(ctx, ());
        tried.as_ref().copied().unwrap_or_default()
    }
}

fn held_until_it_ends() -> Case<HeldUntilItEnds> {
    let script = Script::new()
        .plan("booked", takes(40))
        .plan("undo booked", takes(10))
        .plan("failing", takes(10).fails("no"))
        .plan("ready", takes(20))
        .plan("other", takes(30));
    let desks = script.pool("desks", 1);
    Case::new(&script, HeldUntilItEnds::new(script.clone(), desks), ()).trace(expect![[r#"
        0 - started
        0 tried started
        0 booked started
        0 failing started
        0 ready started
        10 failing failed: no
        10 booked cancelled
        20 ready completed
        20 other started
        40 booked undoing
        50 booked undone
        50 tried attempt 1 failed: stage 'failing' failed: no
        50 tried completed
        70 other completed
        70 - ended
        = 0
    "#]])
}

workflow! {
    #[acquire(desks)]
    workflow DefaultPool() -> u32 with script: Script, desks: Pool, rooms: Pool {
        stage first: u32 = script.step(ctx, 1);
        #[acquire(rooms)]
        stage elsewhere: u32 = script.step(ctx, 2);
        stage block: u32 = {
            stage inside: u32 = script.step(ctx, 3);
            *inside
        };
        first + elsewhere + block
    }
}

fn default_pool() -> Case<DefaultPool> {
    let script = Script::new().plan("first", takes(10)).plan("elsewhere", takes(3)).plan("inside", takes(20));
    let (desks, rooms) = (script.pool("desks", 1), script.pool("rooms", 1));
    Case::new(&script, DefaultPool::new(script.clone(), desks, rooms), ()).trace(expect![[r#"
        0 - started
        0 block started
        0 first started
        0 elsewhere started
        0 inside started
        3 elsewhere completed
        10 first completed
        30 inside completed
        30 block completed
        30 - ended
        = 6
    "#]])
}

workflow! {
    workflow Interleaved() with script: Script, patient: Pool {
        // In this order, and none while another of the patient's is running.
        #[acquire(patient)]
        stage blood = script.step(ctx, ());
        #[acquire(patient)]
        #[after(blood)]
        stage pressure = script.step(ctx, ());
        #[acquire(patient)]
        stage picture = script.step(ctx, ());
    }
}

fn interleaved() -> Case<Interleaved> {
    let script = Script::new().plan("blood", takes(10)).plan("pressure", takes(5)).plan("picture", takes(20));
    let patient = script.pool("patient", 1);
    Case::new(&script, Interleaved::new(script.clone(), patient), ()).pattern([17, 40]).trace(expect![[r#"
        0 - started
        0 blood started
        0 picture started
        10 blood completed
        10 pressure started
        30 picture completed
        35 pressure completed
        35 - ended
        = ()
    "#]])
}
