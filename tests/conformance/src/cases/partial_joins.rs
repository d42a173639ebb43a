//! Goes on when some have ended, while the others run on.

use crate::workflow;
use crate::{Case, Script, case::cases, crew::Crew, takes};
use expect_test::expect;
use serde::{Deserialize, Serialize};

cases!(
    blocking_discriminator,
    structured_partial_join,
    blocking_partial_join,
    static_partial_join_of_instances,
    dynamic_partial_join_of_instances,
    instances_until_closed,
);

workflow! {
    workflow BlockingDiscriminator() -> u32 with script: Script {
        stage rounds: u32 = loop sum: u32 = 0 {
            stage slow: u32 = script.step(ctx, 100);
            stage quick: u32 = script.step(ctx, 1);
            // Goes on with the first; the next round begins when both have ended.
            stage first: u32 = select { stage slow => *slow, stage quick => *quick };
            stage told: u32 = script.step(ctx, sum + first);
            if *told >= 2 { break *told } else { continue *told }
        };
        rounds
    }
}

fn blocking_discriminator() -> Case<BlockingDiscriminator> {
    let script = Script::new().plan("slow", takes(20)).plan("quick", takes(5)).plan("told", takes(1));
    Case::new(&script, BlockingDiscriminator::new(script.clone()), ()).pattern([28]).trace(expect![[r#"
        0 - started
        0 rounds started
        0 slow[0] started
        0 quick[0] started
        0 first[0] started
        5 quick[0] completed
        5 first[0] decided: stage quick
        5 first[0] completed
        5 told[0] started
        6 told[0] completed
        20 slow[0] completed
        20 rounds[0] decided: else
        20 rounds[0] decided: continue
        20 slow[1] started
        20 quick[1] started
        20 first[1] started
        25 quick[1] completed
        25 first[1] decided: stage quick
        25 first[1] completed
        25 told[1] started
        26 told[1] completed
        40 slow[1] completed
        40 rounds[1] decided: *told >= 2
        40 rounds[1] decided: break
        40 rounds completed
        40 - ended
        = 2
    "#]])
}

workflow! {
    workflow StructuredPartialJoin() -> u32 with script: Script {
        stage north: u32 = script.step(ctx, 1);
        stage south: u32 = script.step(ctx, 2);
        stage west: u32 = script.step(ctx, 4);
        // Two of the three, and the third runs on.
        stage two: Vec<u32> = quorum(2) {
            select { stage north => *north },
            select { stage south => *south },
            select { stage west => *west },
        };
        stage next: u32 = script.step(ctx, two.iter().sum::<u32>());
        next + north + south + west
    }
}

fn structured_partial_join() -> Case<StructuredPartialJoin> {
    let script =
        Script::new().plan("north", takes(30)).plan("south", takes(10)).plan("west", takes(20)).plan("next", takes(3));
    Case::new(&script, StructuredPartialJoin::new(script.clone()), ()).pattern([30]).trace(expect![[r#"
        0 - started
        0 north started
        0 south started
        0 west started
        0 two started
        10 south completed
        10 two decided: stage south
        10 two decided: 2
        20 west completed
        20 two decided: stage west
        20 two decided: 3
        20 two completed
        20 next started
        23 next completed
        30 north completed
        30 - ended
        = 13
    "#]])
}

workflow! {
    workflow BlockingPartialJoin() -> u32 with script: Script {
        stage rounds: u32 = loop round: u32 = 1 {
            stage one: u32 = script.step(ctx, 1);
            stage other: u32 = script.step(ctx, 2);
            stage third: u32 = script.step(ctx, 3);
            stage two: Vec<u32> = quorum(2) {
                select { stage one => *one },
                select { stage other => *other },
                select { stage third => *third },
            };
            stage told: u32 = script.step(ctx, round * two.iter().sum::<u32>());
            // The next round begins when the third has ended, too.
            if *round == 2 { break told } else { continue round + 1 }
        };
        rounds
    }
}

fn blocking_partial_join() -> Case<BlockingPartialJoin> {
    let script =
        Script::new().plan("one", takes(5)).plan("other", takes(10)).plan("third", takes(20)).plan("told", takes(2));
    Case::new(&script, BlockingPartialJoin::new(script.clone()), ()).pattern([31]).trace(expect![[r#"
        0 - started
        0 rounds started
        0 one[0] started
        0 other[0] started
        0 third[0] started
        0 two[0] started
        5 one[0] completed
        5 two[0] decided: stage one
        5 two[0] decided: 1
        10 other[0] completed
        10 two[0] decided: stage other
        10 two[0] decided: 2
        10 two[0] completed
        10 told[0] started
        12 told[0] completed
        20 third[0] completed
        20 rounds[0] decided: else
        20 rounds[0] decided: continue
        20 one[1] started
        20 other[1] started
        20 third[1] started
        20 two[1] started
        25 one[1] completed
        25 two[1] decided: stage one
        25 two[1] decided: 1
        30 other[1] completed
        30 two[1] decided: stage other
        30 two[1] decided: 2
        30 two[1] completed
        30 told[1] started
        32 told[1] completed
        40 third[1] completed
        40 rounds[1] decided: *round == 2
        40 rounds[1] decided: break
        40 rounds completed
        40 - ended
        = 6
    "#]])
}

workflow! {
    workflow StaticPartialJoinOfInstances(items: Vec<u64>) -> u64 with script: Script, ended: Crew {
        stage all: Vec<u64> = for item in items {
            stage one: u64 = script.step(ctx, *item);
            #[after(one)]
            stage counted = ended.begin(ctx, 1);
            *one
        };
        // When two have been counted, which takes 1 ms each; the others run on.
        stage first: u64 = ended.next(ctx);
        #[after(first)]
        stage second: u64 = ended.next(ctx);
        stage next: u64 = script.step(ctx, 100 + first + second);
        all.iter().sum::<u64>() + next
    }
}

fn static_partial_join_of_instances() -> Case<StaticPartialJoinOfInstances> {
    let script = Script::new()
        .plan("one[0]", takes(30))
        .plan("one[1]", takes(10))
        .plan("one[2]", takes(20))
        .plan("next", takes(5));
    let workflow = StaticPartialJoinOfInstances::new(script.clone(), Crew::default());
    Case::new(&script, workflow, (vec![1, 2, 3],)).pattern([34]).trace(expect![[r#"
        0 - started
        0 all started
        0 one[0] started
        0 one[1] started
        0 one[2] started
        0 first started
        10 one[1] completed
        10 counted[1] started
        10 counted[1] completed
        11 first completed
        11 second started
        20 one[2] completed
        20 counted[2] started
        20 counted[2] completed
        21 second completed
        21 next started
        26 next completed
        30 one[0] completed
        30 counted[0] started
        30 counted[0] completed
        30 all completed
        30 - ended
        = 108
    "#]])
}

/// Requests from outside while instances are running.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    /// One more, which takes this number of milliseconds.
    Begin(u64),
    /// No more.
    Close,
}

workflow! {
    workflow DynamicPartialJoinOfInstances(wanted: usize) -> Vec<u64> with script: Script, crew: Crew {
        // Instances may be added while others are running, until the wanted number has ended.
        stage ended: Vec<u64> = loop so_far: Vec<u64> = Vec::new() {
            signal order: Order;
            stage one: Option<u64> = select {
                signal order => match order {
                    Order::Begin(milliseconds) => {
                        stage begun = crew.begin(ctx, *milliseconds);
                        None::<u64>
                    }
                    Order::Close => fail "too few",
                },
                took: u64 = crew.next(ctx) => Some(*took),
            };
            stage now: Vec<u64> = so_far.iter().chain(one).copied().collect::<Vec<_>>();
            if now.len() == *wanted { break now } else { continue now }
        };
        #[after(ended)]
        stage told = script.step(ctx, ());
        ended.clone()
    }
}

fn dynamic_partial_join_of_instances() -> Case<DynamicPartialJoinOfInstances> {
    let script = Script::new().plan("told", takes(1));
    let workflow = DynamicPartialJoinOfInstances::new(script.clone(), Crew::default());
    Case::new(&script, workflow, (2,))
        .pattern([36])
        .signal(5, DynamicPartialJoinOfInstancesSignal::Order(Order::Begin(90)))
        .signal(10, DynamicPartialJoinOfInstancesSignal::Order(Order::Begin(50)))
        .signal(20, DynamicPartialJoinOfInstancesSignal::Order(Order::Begin(10)))
        .trace(expect![[r#"
            0 - started
            0 ended started
            0 one[0] started
            5 > signal
            5 one[0] got signal order
            5 one[0] decided: signal order
            5 one[0] decided: Order::Begin(milliseconds)
            5 begun[0] started
            5 begun[0] completed
            5 one[0] completed
            5 now[0] started
            5 now[0] completed
            5 ended[0] decided: else
            5 ended[0] decided: continue
            5 one[1] started
            10 > signal
            10 one[1] got signal order
            10 one[1] decided: signal order
            10 one[1] decided: Order::Begin(milliseconds)
            10 begun[1] started
            10 begun[1] completed
            10 one[1] completed
            10 now[1] started
            10 now[1] completed
            10 ended[1] decided: else
            10 ended[1] decided: continue
            10 one[2] started
            20 > signal
            20 one[2] got signal order
            20 one[2] decided: signal order
            20 one[2] decided: Order::Begin(milliseconds)
            20 begun[2] started
            20 begun[2] completed
            20 one[2] completed
            20 now[2] started
            20 now[2] completed
            20 ended[2] decided: else
            20 ended[2] decided: continue
            20 one[3] started
            30 one[3] decided: took
            30 one[3] completed
            30 now[3] started
            30 now[3] completed
            30 ended[3] decided: else
            30 ended[3] decided: continue
            30 one[4] started
            60 one[4] decided: took
            60 one[4] completed
            60 now[4] started
            60 now[4] completed
            60 ended[4] decided: now.len() == *wanted
            60 ended[4] decided: break
            60 ended completed
            60 told started
            61 told completed
            61 - ended
            = [10, 50]
        "#]])
}

/// How it stands with the instances.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    open: bool,
    under_way: usize,
    ended: Vec<u64>,
}

impl Known {
    fn new(open: bool, under_way: usize, ended: &[u64]) -> Self {
        Self { open, under_way, ended: ended.to_vec() }
    }
}

workflow! {
    workflow InstancesUntilClosed() -> Vec<u64> with script: Script, crew: Crew {
        // How many there will be is not known while they run: more may come at any time until it is closed.
        stage all: Vec<u64> = loop known: Known = Known::new(true, 0, &[]) {
            signal order: Order;
            stage now: Known = select {
                signal order if known.open => match order {
                    Order::Begin(milliseconds) => {
                        stage begun = crew.begin(ctx, *milliseconds);
                        Known::new(true, known.under_way + 1, &known.ended)
                    }
                    Order::Close => Known::new(false, known.under_way, &known.ended),
                },
                took: u64 = crew.next(ctx) if known.under_way > 0 => {
                    stage ended: Vec<u64> = known.ended.iter().chain([took]).copied().collect::<Vec<_>>();
                    Known::new(known.open, known.under_way - 1, ended)
                },
            };
            if !now.open && now.under_way == 0 { break now.ended.clone() } else { continue now }
        };
        // The stage waits for all instances.
        #[after(all)]
        stage told = script.step(ctx, ());
        all.clone()
    }
}

fn instances_until_closed() -> Case<InstancesUntilClosed> {
    let script = Script::new().plan("told", takes(1));
    let workflow = InstancesUntilClosed::new(script.clone(), Crew::default());
    Case::new(&script, workflow, ())
        .pattern([15])
        .signal(5, InstancesUntilClosedSignal::Order(Order::Begin(50)))
        .signal(10, InstancesUntilClosedSignal::Order(Order::Begin(10)))
        .signal(30, InstancesUntilClosedSignal::Order(Order::Close))
        .trace(expect![[r#"
            0 - started
            0 all started
            0 now[0] started
            5 > signal
            5 now[0] got signal order
            5 now[0] decided: signal order
            5 now[0] decided: Order::Begin(milliseconds)
            5 begun[0] started
            5 begun[0] completed
            5 now[0] completed
            5 all[0] decided: else
            5 all[0] decided: continue
            5 now[1] started
            10 > signal
            10 now[1] got signal order
            10 now[1] decided: signal order
            10 now[1] decided: Order::Begin(milliseconds)
            10 begun[1] started
            10 begun[1] completed
            10 now[1] completed
            10 all[1] decided: else
            10 all[1] decided: continue
            10 now[2] started
            20 now[2] decided: took
            20 ended[2] started
            20 ended[2] completed
            20 now[2] completed
            20 all[2] decided: else
            20 all[2] decided: continue
            20 now[3] started
            30 > signal
            30 now[3] got signal order
            30 now[3] decided: signal order
            30 now[3] decided: Order::Close
            30 now[3] completed
            30 all[3] decided: else
            30 all[3] decided: continue
            30 now[4] started
            55 now[4] decided: took
            55 ended[4] started
            55 ended[4] completed
            55 now[4] completed
            55 all[4] decided: !now.open && now.under_way == 0
            55 all[4] decided: break
            55 all completed
            55 told started
            56 told completed
            56 - ended
            = [10, 50]
        "#]])
}
