//! The consumers of each signal: the stages that may request it. When all have ended without it, the signal can't be
//! taken any more.

use super::waits::of_signals;
use crate::model::{Model, NameKind, StageId};

/// The known consumers of a signal.
enum Consumers {
    These(Vec<StageId>),
    /// One is sure to ask, or may ask at the very end: it stays open.
    Sure,
}

/// Collects the consumers of the workflow's own signals. (A signal of a nested block is closed at the end of the stage
/// around that.)
pub(super) fn collect(model: &mut Model<'_>) {
    if model.signals.is_empty() {
        return;
    }
    let mut all: Vec<Consumers> = model.signals.iter().map(|_| Consumers::These(Vec::new())).collect();
    let mut ask = |signal: usize, stage: Option<StageId>| match (&mut all[signal], stage) {
        (Consumers::These(stages), Some(stage)) => stages.push(stage),
        (consumers, _) => *consumers = Consumers::Sure,
    };
    for code in model.codes.iter().filter(|code| code.undoes.is_none()) {
        for &name in &code.uses {
            if let NameKind::Signal(signal) = model.names[name].kind {
                // A `let` asks wherever it is used. What a stage itself names, it waits for, if it runs at all.
                let asks = model.stage_of(0, code.scope, code.around).filter(|&stage| {
                    let may_not_run =
                        model.stages[stage].when.is_some() || model.stages[stage].policies.until.is_some();
                    code.of_let.is_none() && (code.scope != 0 || may_not_run)
                });
                ask(signal, asks);
            }
        }
    }
    for (signal, stage) in of_signals(model) {
        ask(signal, stage);
    }
    for (signal, consumers) in all.into_iter().enumerate() {
        if let Consumers::These(mut stages) = consumers
            && model.signals[signal].scope == 0
            // A stage that nothing requests may never start, and so never end.
            && stages.iter().all(|&stage| !model.stages[stage].lazy)
        {
            stages.sort_unstable();
            stages.dedup();
            model.signals[signal].consumers = stages;
        }
    }
}
