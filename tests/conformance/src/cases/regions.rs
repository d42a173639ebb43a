//! `#[until]` on what has parts: blocks, loops, the items of a `for`.

use crate::workflow;
use crate::{Case, Effect, Script, case::cases, takes, waits};
use expect_test::expect;

cases!(
    region_is_cut,
    region_finishes_what_is_under_way,
    all_items_are_cut,
    items_that_have_ended_count,
    rounds_are_cut,
);

workflow! {
    workflow RegionIsCut() -> Option<u32> with script: Script {
        signal stop: ();
        #[until(stop)]
        stage region: Option<u32> = {
            #[undo(script.undo(first))]
            stage first: Effect = script.effect(ctx);
            #[undo(script.undo(second))]
            stage second: Effect = script.effect(ctx);
            #[after(first, second)]
            stage long: u32 = script.step(ctx, 1);
            stage beside = script.step(ctx, ());
            *long
        };
        // When all of it is undone.
        #[after(region)]
        stage last = script.step(ctx, ());
        *region
    }
}

fn region_is_cut() -> Case<RegionIsCut> {
    let script = Script::new()
        .plan("first", takes(5))
        .plan("undo first", takes(2))
        .plan("second", takes(3))
        .plan("undo second", takes(4))
        .plan("long", waits())
        .plan("beside", waits())
        .plan("last", takes(1));
    Case::new(&script, RegionIsCut::new(script.clone()), ())
        .pattern([25])
        .signal(20, RegionIsCutSignal::Stop(()))
        .trace(expect![[r#"
            0 - started
            0 region started
            0 first started
            0 second started
            0 beside started
            3 second completed
            5 first completed
            5 long started
            20 > signal
            20 region got signal stop
            20 long cancelled
            20 beside cancelled
            20 first undoing
            22 first undone
            22 second undoing
            26 second undone
            26 region cancelled
            26 last started
            27 last completed
            27 - ended
            = None
        "#]])
}

workflow! {
    workflow RegionFinishesWhatIsUnderWay() -> bool with script: Script {
        stage timer = sleep(10ms);
        #[until(timer)]
        stage region: Option<u32> = {
            #[undo(script.undo(booking))]
            stage booking: Effect = script.effect(ctx);
            #[after(booking)]
            stage used: u32 = script.step(ctx, 1);
            *used
        };
        region.is_none()
    }
}

fn region_finishes_what_is_under_way() -> Case<RegionFinishesWhatIsUnderWay> {
    let script = Script::new().plan("booking", takes(25)).plan("undo booking", takes(3));
    Case::new(&script, RegionFinishesWhatIsUnderWay::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 timer started
        0 region started
        0 booking started
        10 timer completed
        10 booking cancelled
        25 booking undoing
        28 booking undone
        28 region cancelled
        28 - ended
        = true
    "#]])
}

workflow! {
    workflow AllItemsAreCut(items: Vec<u32>) -> Option<Vec<u32>> with script: Script {
        signal stop: ();
        #[until(stop)]
        #[concurrency(2)]
        stage all: Option<Vec<u32>> = for item in items {
            stage one: u32 = script.step(ctx, *item);
            one
        };
        all.clone()
    }
}

fn all_items_are_cut() -> Case<AllItemsAreCut> {
    let script = Script::new().plan("one", takes(10)).plan("one[2]", takes(50));
    Case::new(&script, AllItemsAreCut::new(script.clone()), (vec![1, 2, 3, 4, 5, 6],))
        .pattern([26])
        .signal(25, AllItemsAreCutSignal::Stop(()))
        .trace(expect![[r#"
            0 - started
            0 all started
            0 one[0] started
            0 one[1] started
            10 one[0] completed
            10 one[1] completed
            10 one[2] started
            10 one[3] started
            20 one[3] completed
            20 one[4] started
            25 > signal
            25 all got signal stop
            25 one[4] cancelled
            25 one[2] cancelled
            25 all cancelled
            25 - ended
            = None
        "#]])
}

workflow! {
    workflow ItemsThatHaveEndedCount(items: Vec<u32>) -> Vec<Option<u32>> with script: Script {
        signal enough: ();
        stage all: Vec<Option<u32>> = for item in items {
            #[until(enough)]
            stage one: Option<u32> = script.step(ctx, item * 10);
            one.clone()
        };
        all
    }
}

// Items that have ended keep their values; the others are withdrawn, and the run goes on.
fn items_that_have_ended_count() -> Case<ItemsThatHaveEndedCount> {
    let script = Script::new().plan("one[0]", takes(10)).plan("one[1]", takes(50)).plan("one[2]", takes(20));
    Case::new(&script, ItemsThatHaveEndedCount::new(script.clone()), (vec![1, 2, 3],))
        .pattern([27])
        .signal(25, ItemsThatHaveEndedCountSignal::Enough(()))
        .trace(expect![[r#"
            0 - started
            0 all started
            0 one[0] started
            0 one[1] started
            0 one[2] started
            10 one[0] completed
            20 one[2] completed
            25 > signal
            25 one got signal enough
            25 one[1] cancelled
            25 all completed
            25 - ended
            = [Some(10), None, Some(30)]
        "#]])
}

workflow! {
    workflow RoundsAreCut() -> Option<u32> with script: Script {
        signal stop: ();
        #[until(stop)]
        stage polled: Option<u32> = loop round: u32 = 0 {
            #[undo(script.undo(opened))]
            stage opened: Effect = script.effect(ctx);
            #[after(opened)]
            stage is_there: bool = script.ask::<bool>(ctx);
            if *is_there { break *round } else { continue round + 1 }
        };
        *polled
    }
}

// All rounds are undone, the last first.
fn rounds_are_cut() -> Case<RoundsAreCut> {
    let script =
        Script::new().plan("opened", takes(2)).plan("undo opened", takes(1)).plan("is_there", takes(8).gives(false));
    Case::new(&script, RoundsAreCut::new(script.clone()), ()).signal(25, RoundsAreCutSignal::Stop(())).trace(expect![[
        r#"
            0 - started
            0 polled started
            0 opened[0] started
            2 opened[0] completed
            2 is_there[0] started
            10 is_there[0] completed
            10 polled[0] decided: else
            10 polled[0] decided: continue
            10 opened[1] started
            12 opened[1] completed
            12 is_there[1] started
            20 is_there[1] completed
            20 polled[1] decided: else
            20 polled[1] decided: continue
            20 opened[2] started
            22 opened[2] completed
            22 is_there[2] started
            25 > signal
            25 polled got signal stop
            25 is_there[2] cancelled
            25 opened[2] undoing
            26 opened[2] undone
            26 opened[1] undoing
            27 opened[1] undone
            27 opened[0] undoing
            28 opened[0] undone
            28 polled cancelled
            28 - ended
            = None
        "#
    ]])
}
