//! Input from outside: signals, cancellation.

use crate::workflow;
use crate::{Case, Effect, Refusal, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::Pool;

cases!(
    early_and_late,
    cancelled,
    refused_then_accepted,
    each_round_takes_the_next,
    all_see_the_same,
    each_attempt_takes_the_next,
    closed_with_its_branch,
    waiting_is_cancelled,
    after_what_comes_before,
    signal_of_a_losing_racer,
    failed_while_waiting,
    waiting_is_no_attempt,
);

workflow! {
    workflow EarlyAndLate() -> u32 with script: Script {
        signal early: u32;
        signal late: u32;
        stage ready: u32 = script.step(ctx, 1);
        stage sum: u32 = script.step(ctx, ready + early + late);
        sum
    }
}

fn early_and_late() -> Case<EarlyAndLate> {
    let script = Script::new().plan("ready", takes(10));
    Case::new(&script, EarlyAndLate::new(script.clone()), ())
        .pattern([24])
        .signal(5, EarlyAndLateSignal::Early(10))
        .signal(20, EarlyAndLateSignal::Late(100))
        .signal(20, EarlyAndLateSignal::Early(11))
        .trace(expect![[r#"
            0 - started
            0 ready started
            5 > signal
            10 ready completed
            10 sum got signal early
            20 > signal
            20 > signal: Closed
            20 sum got signal late
            20 sum started
            20 sum completed
            20 - ended
            = 111
        "#]])
        // The refusal of the signal is reported once the change is on the disk.
        .trace_on_store(expect![[r#"
            0 - started
            0 ready started
            5 > signal
            10 ready completed
            10 sum got signal early
            20 > signal
            20 sum got signal late
            20 sum started
            20 sum completed
            20 - ended
            20 > signal: Closed
            = 111
        "#]])
}

workflow! {
    workflow Cancelled() with script: Script {
        stage outer = {
            stage inner = script.step(ctx, ());
        };
        stage beside = script.step(ctx, ());
    }
}

fn cancelled() -> Case<Cancelled> {
    let script = Script::new().plan("inner", takes(100)).plan("beside", takes(200));
    Case::new(&script, Cancelled::new(script.clone()), ()).pattern([20]).cancel(10).trace(expect![[r#"
        0 - started
        0 outer started
        0 inner started
        0 beside started
        10 > cancel
        10 inner cancelled
        10 outer cancelled
        10 beside cancelled
        10 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow RefusedThenAccepted() -> u32 with script: Script {
        #[accept(*offer >= 100)]
        signal offer: u32;
        stage listed = script.step(ctx, ());
        #[after(listed)]
        stage sold: u32 = script.step(ctx, *offer);
        sold
    }
}

fn refused_then_accepted() -> Case<RefusedThenAccepted> {
    let script = Script::new().plan("listed", takes(10)).plan("sold", takes(5));
    Case::new(&script, RefusedThenAccepted::new(script.clone()), ())
        .signal(5, RefusedThenAcceptedSignal::Offer(40))
        .signal(20, RefusedThenAcceptedSignal::Offer(99))
        .signal(30, RefusedThenAcceptedSignal::Offer(120))
        .signal(32, RefusedThenAcceptedSignal::Offer(150))
        .trace(expect![[r#"
            0 - started
            0 listed started
            5 > signal: Refused
            10 listed completed
            20 > signal: Refused
            30 > signal
            30 sold got signal offer
            30 sold started
            32 > signal: Closed
            35 sold completed
            35 - ended
            = 120
        "#]])
}

workflow! {
    workflow EachRoundTakesTheNext() -> Vec<u32> with script: Script {
        stage all: Vec<u32> = loop kept: Vec<u32> = Vec::new() {
            signal number: Option<u32>;
            stage seen: Option<u32> = script.step(ctx, *number);
            match *seen {
                Some(next) => continue [kept.as_slice(), &[*next]].concat(),
                None => break kept.clone(),
            }
        };
        all
    }
}

fn each_round_takes_the_next() -> Case<EachRoundTakesTheNext> {
    let script = Script::new().plan("seen", takes(10));
    Case::new(&script, EachRoundTakesTheNext::new(script.clone()), ())
        .pattern([24])
        .signal(1, EachRoundTakesTheNextSignal::Number(Some(1)))
        .signal(2, EachRoundTakesTheNextSignal::Number(Some(2)))
        .signal(30, EachRoundTakesTheNextSignal::Number(None))
        .signal(35, EachRoundTakesTheNextSignal::Number(Some(4)))
        .trace(expect![[r#"
            0 - started
            0 all started
            1 > signal
            1 seen[0] got signal number
            1 seen[0] started
            2 > signal
            11 seen[0] completed
            11 all[0] decided: Some(next)
            11 all[0] decided: continue
            11 seen[1] got signal number
            11 seen[1] started
            21 seen[1] completed
            21 all[1] decided: Some(next)
            21 all[1] decided: continue
            30 > signal
            30 seen[2] got signal number
            30 seen[2] started
            35 > signal
            40 seen[2] completed
            40 all[2] decided: None
            40 all[2] decided: break
            40 all completed
            40 - ended
            = [1, 2]
        "#]])
}

workflow! {
    workflow AllSeeTheSame() -> u32 with script: Script {
        signal rate: u32;
        stage quick: u32 = script.step(ctx, *rate);
        stage prepared = script.step(ctx, ());
        stage inside: u32 = {
            #[after(prepared)]
            stage slow: u32 = script.step(ctx, rate * 10);
            slow + rate * 100
        };
        quick + inside
    }
}

fn all_see_the_same() -> Case<AllSeeTheSame> {
    let script = Script::new().plan("quick", takes(5)).plan("prepared", takes(20)).plan("slow", takes(10));
    Case::new(&script, AllSeeTheSame::new(script.clone()), ())
        .signal(3, AllSeeTheSameSignal::Rate(7))
        .signal(10, AllSeeTheSameSignal::Rate(8))
        .trace(expect![[r#"
            0 - started
            0 prepared started
            3 > signal
            3 quick got signal rate
            3 quick started
            8 quick completed
            10 > signal: Closed
            20 prepared completed
            20 inside started
            20 slow started
            30 slow completed
            30 inside completed
            30 - ended
            = 777
        "#]])
}

workflow! {
    workflow EachAttemptTakesTheNext() -> u32 with script: Script {
        #[retry(2, fixed(10ms))]
        stage opened: u32 = {
            signal code: u32;
            stage checked: u32 = script.step(ctx, *code);
            if *checked == 7 { script.step(ctx, *checked) } else { "wrong code".parse::<u32>() }
        };
        opened
    }
}

fn each_attempt_takes_the_next() -> Case<EachAttemptTakesTheNext> {
    let script = Script::new().plan("checked", takes(5)).plan("opened", takes(1));
    Case::new(&script, EachAttemptTakesTheNext::new(script.clone()), ())
        .signal(10, EachAttemptTakesTheNextSignal::Code(1))
        .signal(12, EachAttemptTakesTheNextSignal::Code(7))
        .trace(expect![[r#"
            0 - started
            0 opened started
            10 > signal
            10 checked got signal code
            10 checked started
            12 > signal
            15 checked completed
            15 opened decided: else
            15 opened attempt 1 failed: invalid digit found in string, next in 10 ms
            25 opened attempt 2 started
            25 checked[1] got signal code
            25 checked[1] started
            30 checked[1] completed
            30 opened[1] decided: *checked == 7
            31 opened completed
            31 - ended
            = 7
        "#]])
}

workflow! {
    workflow ClosedWithItsBranch(asks: bool) -> u32 with script: Script {
        stage looked: bool = script.step(ctx, *asks);
        stage answer: u32 = if *looked {
            signal reply: u32;
            stage read: u32 = script.step(ctx, *reply);
            *read
        } else {
            0
        };
        #[after(answer)]
        stage rest = script.step(ctx, ());
        *answer
    }
}

fn closed_with_its_branch() -> Case<ClosedWithItsBranch> {
    let script = Script::new().plan("looked", takes(10)).plan("rest", takes(50));
    Case::new(&script, ClosedWithItsBranch::new(script.clone()), (false,))
        .signal(5, ClosedWithItsBranchSignal::Reply(1))
        .signal(20, ClosedWithItsBranchSignal::Reply(2))
        .trace(expect![[r#"
            0 - started
            0 looked started
            5 > signal
            10 looked completed
            10 answer started
            10 answer decided: else
            10 answer completed
            10 rest started
            20 > signal: Closed
            60 rest completed
            60 - ended
            = 0
        "#]])
}

workflow! {
    workflow WaitingIsCancelled() -> u32 with script: Script {
        #[undo(script.undo(asked))]
        stage asked: Effect = script.effect(ctx);
        signal reply: u32;
        #[after(asked)]
        #[undo(script.undo(booked))]
        stage booked: Effect = async { if *reply > 0 { script.effect(ctx).await } else { Err(Refusal("none".to_owned())) } };
        booked.place().len() as u32
    }
}

fn waiting_is_cancelled() -> Case<WaitingIsCancelled> {
    let script = Script::new().plan("asked", takes(5)).plan("undo asked", takes(2)).plan("booked", takes(10));
    Case::new(&script, WaitingIsCancelled::new(script.clone()), ()).cancel(40).trace(expect![[r#"
        0 - started
        0 asked started
        5 asked completed
        5 booked enabled
        40 > cancel
        40 booked cancelled
        40 asked undoing
        42 asked undone
        42 - failed
        = was cancelled
    "#]])
}

workflow! {
    workflow AfterWhatComesBefore() -> u32 with script: Script {
        stage letter = script.step(ctx, ());
        #[after(letter)]
        #[timeout(50ms)]
        #[fallback(script.step(ctx, 1))]
        signal answer: u32;
        stage read: u32 = script.step(ctx, *answer);
        *read
    }
}

fn after_what_comes_before() -> Case<AfterWhatComesBefore> {
    let script = Script::new().plan("letter", takes(100)).plan("read", takes(5));
    Case::new(&script, AfterWhatComesBefore::new(script.clone()), ())
        .signal(149, AfterWhatComesBeforeSignal::Answer(8))
        .trace(expect![[r#"
            0 - started
            0 letter started
            100 letter completed
            149 > signal
            149 read got signal answer
            149 read started
            154 read completed
            154 - ended
            = 8
        "#]])
}

workflow! {
    workflow SignalOfALosingRacer() -> u32 with script: Script {
        stage first: u32 = race {
            {
                signal reply: u32;
                stage answered: u32 = script.step(ctx, *reply);
                answered
            },
            { stage guessed: u32 = script.step(ctx, 3); guessed },
        };
        stage used: u32 = script.step(ctx, *first);
        used
    }
}

fn signal_of_a_losing_racer() -> Case<SignalOfALosingRacer> {
    let script = Script::new().plan("answered", takes(50)).plan("guessed", takes(30)).plan("used", takes(10));
    Case::new(&script, SignalOfALosingRacer::new(script.clone()), ())
        .signal(10, SignalOfALosingRacerSignal::Reply(4))
        .signal(35, SignalOfALosingRacerSignal::Reply(5))
        .trace(expect![[r#"
            0 - started
            0 first started
            0 guessed started
            10 > signal
            10 answered got signal reply
            10 answered started
            30 guessed completed
            30 first decided: 2
            30 answered cancelled
            30 first completed
            30 used started
            35 > signal: Closed
            40 used completed
            40 - ended
            = 3
        "#]])
}

workflow! {
    workflow FailedWhileWaiting() -> u32 with script: Script {
        signal approval: u32;
        stage waited: u32 = script.step(ctx, *approval);
        stage watched = script.step(ctx, ());
        *waited
    }
}

fn failed_while_waiting() -> Case<FailedWhileWaiting> {
    let script = Script::new().plan("watched", takes(20).fails("alarm"));
    Case::new(&script, FailedWhileWaiting::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 watched started
        20 watched failed: alarm
        20 - failed
        = failed: stage 'watched' failed: alarm
    "#]])
}

workflow! {
    workflow WaitingIsNoAttempt() -> u32 with script: Script, desks: Pool {
        signal form: u32;
        let fee: u32 = form * 2;
        // Neither its permit is held nor its time counts before the form is sent.
        #[acquire(desks)]
        #[timeout(20ms)]
        #[deadline(50ms)]
        #[retry(1)]
        stage stamped: u32 = script.step(ctx, *fee);
        #[acquire(desks)]
        stage swept = script.step(ctx, ());
        #[undo(script.undo(filed))]
        stage filed: Effect = async { if *form > 0 { script.effect(ctx).await } else { Err(Refusal("empty".to_owned())) } };
        #[after(filed)]
        stage closed = script.step(ctx, ());
        *stamped
    }
}

fn waiting_is_no_attempt() -> Case<WaitingIsNoAttempt> {
    let script = Script::new()
        .plan("stamped", [takes(30), takes(5)])
        .plan("swept", takes(40))
        .plan("filed", takes(10))
        .plan("closed", takes(30).fails("late"));
    let desks = script.pool("desks", 1);
    Case::new(&script, WaitingIsNoAttempt::new(script.clone(), desks), ())
        .signal(100, WaitingIsNoAttemptSignal::Form(4))
        .trace(expect![[r#"
            0 - started
            0 stamped enabled
            0 swept started
            0 filed enabled
            40 swept completed
            100 > signal
            100 stamped got signal form
            100 stamped attempt 1 started
            100 filed attempt 1 started
            110 filed completed
            110 closed started
            120 stamped attempt 1 timed out: it took longer than 20ms, next in 0 ms
            120 stamped attempt 2 started
            125 stamped completed
            140 closed failed: late
            140 filed undoing
            140 filed undone
            140 - failed
            = failed: stage 'closed' failed: late
        "#]])
}
