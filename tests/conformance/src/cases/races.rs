//! `race` and `quorum`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::Failure;

cases!(first_wins, quorum_of_two, all_fail, over_items, over_no_items, panicking_racer, node_racers,);

workflow! {
    workflow FirstWins() -> u32 with script: Script {
        stage room: u32 = race {
            {
                #[undo(script.undo(hotel))]
                stage hotel: Effect = script.effect(ctx);
                #[after(hotel)]
                stage slow: u32 = script.step(ctx, 1);
                slow
            },
            { stage hostel: u32 = script.step(ctx, 2); hostel },
            { stage broken: u32 = script.step(ctx, 3); broken },
        };
        stage paid: u32 = script.step(ctx, *room);
        paid
    }
}

fn first_wins() -> Case<FirstWins> {
    let script = Script::new()
        .plan("hotel", takes(5))
        .plan("undo hotel", takes(2))
        .plan("slow", takes(100))
        .plan("hostel", takes(20))
        .plan("broken", takes(1).fails("closed"))
        .plan("paid", takes(1));
    Case::new(&script, FirstWins::new(script.clone()), ()).pattern([29]).trace(expect![[r#"
        0 - started
        0 room started
        0 hotel started
        0 hostel started
        0 broken started
        1 broken failed: closed
        5 hotel completed
        5 slow started
        20 hostel completed
        20 room decided: 2
        20 slow cancelled
        20 hotel undoing
        22 hotel undone
        22 room completed
        22 paid started
        23 paid completed
        23 - ended
        = 2
    "#]])
}

workflow! {
    workflow QuorumOfTwo(replicas: Vec<u32>) -> Vec<u32> with script: Script {
        stage written: Vec<u32> = quorum(2) for replica in replicas {
            stage write: u32 = script.step(ctx, *replica);
            write
        };
        written
    }
}

fn quorum_of_two() -> Case<QuorumOfTwo> {
    let script = Script::new()
        .plan("write[0]", takes(30))
        .plan("write[1]", takes(10))
        .plan("write[2]", takes(5).fails("down"))
        .plan("write[3]", takes(20));
    Case::new(&script, QuorumOfTwo::new(script.clone()), (vec![1, 2, 3, 4],)).pattern([35]).trace(expect![[r#"
        0 - started
        0 written started
        0 write[0] started
        0 write[1] started
        0 write[2] started
        0 write[3] started
        5 write[2] failed: down
        10 write[1] completed
        10 written decided: 2
        20 write[3] completed
        20 written decided: 4
        20 write[0] cancelled
        20 written completed
        20 - ended
        = [2, 4]
    "#]])
}

workflow! {
    workflow AllFail() -> u32 with script: Script {
        #[undo(script.undo(before))]
        stage before: Effect = script.effect(ctx);
        #[after(before)]
        stage room: u32 = race {
            { stage hotel: u32 = script.step(ctx, 1); hotel },
            { stage hostel: u32 = script.step(ctx, 2); if *hostel > 0 { fail "no key" } else { 2 } },
            { stage tent: u32 = script.step(ctx, 3); tent },
        };
        *room
    }
}

fn all_fail() -> Case<AllFail> {
    let script = Script::new()
        .plan("before", takes(1))
        .plan("hotel", takes(30).fails("full"))
        .plan("hostel", takes(10))
        .plan("tent", takes(20).panics("torn"));
    Case::new(&script, AllFail::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 before started
        1 before completed
        1 room started
        1 hotel started
        1 hostel started
        1 tent started
        11 hostel completed
        11 room decided: *hostel > 0
        21 tent panicked: torn
        31 hotel failed: full
        31 room did not reach its quorum: needed 1 of 3, 3 failed: stage 'hotel' failed: full
        31 before undoing
        31 before undone
        31 - failed
        = failed: stage 'room' did not reach its quorum: needed 1 of 3, 3 failed: stage 'hotel' failed: full
    "#]])
}

workflow! {
    workflow OverItems(servers: Vec<String>) -> String with script: Script {
        stage answer: String = race for (index, server) in servers.iter().enumerate() {
            stage asked: String = script.step(ctx, format!("{server} {index}"));
            asked
        };
        answer
    }
}

fn over_items() -> Case<OverItems> {
    let script =
        Script::new().plan("asked[0]", takes(30)).plan("asked[1]", takes(10).fails("down")).plan("asked[2]", takes(20));
    let servers = ["far", "broken", "near"].map(str::to_owned).to_vec();
    Case::new(&script, OverItems::new(script.clone()), (servers,)).trace(expect![[r#"
        0 - started
        0 answer started
        0 asked[0] started
        0 asked[1] started
        0 asked[2] started
        10 asked[1] failed: down
        20 asked[2] completed
        20 answer decided: 3
        20 asked[0] cancelled
        20 answer completed
        20 - ended
        = "near 2"
    "#]])
}

workflow! {
    workflow OverNoItems(servers: Vec<String>) -> String with script: Script {
        #[catch]
        stage answer: Result<String, Failure> = race for server in servers {
            stage asked: String = script.step(ctx, server.clone());
            asked
        };
        stage told: String = script.step(ctx, answer.as_ref().map_or_else(|why| format!("{:?}", why.kind()), Clone::clone));
        told
    }
}

fn over_no_items() -> Case<OverNoItems> {
    let script = Script::new().plan("asked", takes(10)).plan("told", takes(1));
    Case::new(&script, OverNoItems::new(script.clone()), (Vec::new(),)).trace(expect![[r#"
        0 - started
        0 answer started
        0 answer attempt 1 did not reach its quorum: needed 1 of 0, 0 failed
        0 answer completed
        0 told started
        1 told completed
        1 - ended
        = "QuorumFailed"
    "#]])
}

workflow! {
    workflow PanickingRacer() -> u32 with script: Script {
        stage first: u32 = race {
            { stage wild: u32 = script.step(ctx, 1); wild },
            { stage calm: u32 = script.step(ctx, 2); calm },
        };
        first
    }
}

fn panicking_racer() -> Case<PanickingRacer> {
    let script = Script::new().plan("wild", takes(5).panics("broke loose")).plan("calm", takes(50));
    Case::new(&script, PanickingRacer::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 first started
        0 wild started
        0 calm started
        5 wild panicked: broke loose
        50 calm completed
        50 first decided: 2
        50 first completed
        50 - ended
        = 2
    "#]])
}

workflow! {
    workflow NodeRacers(number: u32) -> u32 with script: Script {
        stage first: u32 = race {
            if *number > 3 { fail "too large" } else { script.step(ctx, 1) },
            match *number {
                5 => {
                    stage five: u32 = script.step(ctx, 5);
                    five
                }
                _ => 0,
            },
            loop count: u32 = 0 {
                stage tick: u32 = script.step(ctx, count + 1);
                if *tick == 2 { break *tick } else { continue *tick }
            },
        };
        first
    }
}

fn node_racers() -> Case<NodeRacers> {
    let script = Script::new().plan("five", takes(15)).plan("tick", takes(10));
    Case::new(&script, NodeRacers::new(script.clone()), (5,)).trace(expect![[r#"
        0 - started
        0 first started
        0 first decided: *number > 3
        0 first decided: 5
        0 five started
        0 tick[0] started
        10 tick[0] completed
        10 first[0] decided: else
        10 first[0] decided: continue
        10 tick[1] started
        15 five completed
        15 first decided: 2
        15 tick[1] cancelled
        15 first completed
        15 - ended
        = 5
    "#]])
}
