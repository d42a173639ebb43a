//! The driver without generated code, on graphs that would take long to compile: whether it grows as they do.

use std::{
    future::{Future as _, poll_fn},
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};
use workflow_runtime::__private::{Exit, Schedule, Start, drive, erased};

/// The graph of a case, if it is one of these.
pub(crate) fn graph(case: &str) -> Option<&'static Schedule> {
    let (shape, count) = case.strip_prefix("driven_")?.rsplit_once('_')?;
    let count: u32 = count.parse().ok()?;
    let needs = match shape {
        "chain" => (0..count).map(|stage| Vec::from_iter(stage.checked_sub(1))).collect(),
        "fan_in" => (0..count).map(|_| Vec::new()).chain([(0..count).collect()]).collect(),
        "random" => random(count),
        _ => return None,
    };
    Some(pieces(&needs))
}

/// Each needs one to three of the twenty before it. The same on every machine.
fn random(count: u32) -> Vec<Vec<u32>> {
    let mut state = 42_u64;
    let mut below = |end: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((state >> 33) % u64::from(end)).unwrap_or(0)
    };
    let mut needs = |stage: u32| {
        let mut needs: Vec<u32> = match stage {
            0 => Vec::new(),
            _ => (0..=below(3)).map(|_| stage - 1 - below(stage.min(20))).collect(),
        };
        needs.sort_unstable();
        needs.dedup();
        needs
    };
    (0..count).map(&mut needs).collect()
}

/// Returns the driver's table of a graph, as the macro emits it. The table is leaked, since generated code has it as a
/// `static`.
fn pieces(needs: &[Vec<u32>]) -> &'static Schedule {
    let mut then = vec![Vec::new(); needs.len()];
    for (stage, needs) in (0_u32..).zip(needs) {
        for &need in needs {
            then[need as usize].push(stage);
        }
    }
    let mut end = 0;
    let ends: Vec<u32> = then
        .iter()
        .map(|then| {
            end += u32::try_from(then.len()).unwrap_or(u32::MAX);
            end
        })
        .collect();
    Box::leak(Box::new(Schedule {
        needs: needs.iter().map(|needs| u32::try_from(needs.len()).unwrap_or(u32::MAX)).collect::<Vec<_>>().leak(),
        then: then.concat().leak(),
        ends: ends.leak(),
        lazy: &[],
    }))
}

/// Every stage waits once, and is woken.
pub(crate) fn run(graph: &'static Schedule) {
    let start = |piece: u32| {
        let mut waited = false;
        Start::Pending(erased(poll_fn(move |context| {
            if std::mem::replace(&mut waited, true) {
                black_box(piece);
                return Poll::Ready(Ok::<_, Exit>(()));
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })))
    };
    let mut run = pin!(drive(graph, None, start));
    while run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
}
