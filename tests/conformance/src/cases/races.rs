//! `race` and `quorum`.

use crate::{Case, Effect, Script, case::cases, takes};
use expect_test::expect;
use workflow_runtime::workflow;

cases!(first_wins, quorum_of_two);

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
