//! Runs an instance in memory: prepares it from its records, polls it, evicts or settles it.

use super::{
    error::EngineError,
    inner::{DynInstance, EngineInner, OnTheWay, RunFuture},
    instance::{CANCELLED, Outcome, ResidentInstance},
    log,
};
use crate::{
    durable::{
        rewind::rewind_run,
        upgrade::{former_names, orphaned_undo, rename},
        workflow::Durable,
    },
    failure::{Failure, panic::drop_quietly},
    journal::{
        failure::StoredFailure,
        homes::missing,
        keys::Keys,
        log::{Journal, ParkReason},
        path::{CLEAN_STOP, KEYS, REWIND},
        record::{RecordKind, encode_record},
    },
    launch::conclude,
    observe::observers::Observers,
    output::visibility::Visibility,
    run::{root::root, state::RunState},
    undo::rollback_record::RolledBack,
};
use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};
use tokio::sync::Notify;
use workflow_store::{Change, Instance, InstanceKey, InstanceStatus, Loaded, Timestamp};

impl<W: Durable> ResidentInstance<W> {
    pub(crate) fn make(
        shared: &Arc<EngineInner>,
        mut loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
        (services, observers): (W::Services, Observers),
    ) -> (Arc<dyn DynInstance>, RunFuture) {
        let renamed = rename::<W>(&mut loaded);
        let signals = std::mem::take(&mut loaded.signals);
        let orphaned_undo = orphaned_undo(W::GRAPH, &loaded.records);
        let is_of_this_build =
            loaded.instance.status == InstanceStatus::Waiting && loaded.instance.outcome == encode_record(&W::BUILD);
        let missing = if is_of_this_build || loaded.records.is_empty() {
            BTreeSet::new()
        } else {
            missing(W::GRAPH, &loaded.records)
        };
        let keys_record = loaded.records.iter().find(|(path, _)| path == KEYS).map(|(_, record)| record.clone());
        let Loaded { instance: Instance { key, id, input, interruptions, status, .. }, records, .. } = loaded;
        let fresh = records.is_empty() && !interrupted;
        // One that waits without a record was begun before.
        let begins = fresh && status == InstanceStatus::Running;
        let keys = match fresh {
            true => Ok(Keys::beginning(&id, former_names::<W>())),
            false => Keys::going_on(keys_record.as_ref(), former_names::<W>(), W::PLAIN),
        };
        let journal = Arc::new(Journal::new(
            Arc::clone(&shared.store),
            shared.clock.clone(),
            (key, &id, W::GRAPH),
            records,
            on_the_way,
        ));
        let keys = keys.map_err(|error| format!("what is stored of '{KEYS}' can't be read: {error}")).map(|keys| {
            let unknown = keys.unknown(keys_record.as_ref(), fresh && !W::PLAIN.is_empty());
            journal.set_keys(keys);
            unknown
        });
        let live = Arc::new(Self {
            journal,
            state: Arc::default(),
            signals: W::Signals::default(),
            cancel: Arc::default(),
            delivered: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            rewinding: AtomicBool::new(false),
            idle_timeout: shared.idle_timeout,
            caught_up: AtomicBool::new(false),
            catching_up: Notify::new(),
        });
        let resumed = if fresh { None } else { Some(interrupted) };
        // Before any that still comes.
        let delivered = signals.iter().try_for_each(|signal| live.deliver_again(signal));
        let delivered = orphaned_undo.map_or(delivered, |stage| {
            Err(format!("'{stage}' was done and would have to be undone, but its workflow no longer says how"))
        });
        let failed_by_store = shared.was_failed_by_store(key);
        live.journal.set_suspects(&shared.suspects);
        let processes = shared.interruptions.saturating_sub(interruptions);
        let left =
            PreviousState { input, delivered, renamed, keys, begins, resumed, processes, missing, failed_by_store };
        let run = run(Arc::clone(shared), Arc::clone(&live), key, left, (services, observers));
        (live, Box::pin(run))
    }
}

/// Data that an earlier run in memory has left.
struct PreviousState {
    /// Inputs of the instance, encoded.
    input: Vec<u8>,
    /// Whether the signals that no wait has taken could be delivered.
    delivered: Result<(), String>,
    /// Changes that move records from former names to today's.
    renamed: Vec<Change>,
    /// Payload of the record of key names, if it must be written.
    keys: Result<Option<Vec<u8>>, String>,
    /// Whether no process has had the instance in memory before.
    begins: bool,
    /// Whether the instance was interrupted. `None`: it has no records.
    resumed: Option<bool>,
    /// Number of processes that have ended while the instance was running, since its last write.
    processes: u64,
    /// Stages that have completed, and signals that were taken, which the workflow no longer has.
    missing: BTreeSet<String>,
    /// Whether the store interrupted the instance, not the end of a process.
    failed_by_store: bool,
}

async fn run<W: Durable>(
    shared: Arc<EngineInner>,
    live: Arc<ResidentInstance<W>>,
    key: InstanceKey,
    left: PreviousState,
    (services, observers): (W::Services, Observers),
) {
    let journal = &live.journal;
    let core = RunState::new(W::GRAPH, W::COMPENSATES, observers, None);
    let core = core.tracked_in(Arc::clone(&live.state) as _).on_store(Arc::clone(journal));
    core.emit_resumed(shared.take_observed(key), left.begins);
    if left.begins {
        log::started(&core);
    } else if left.processes > 0 {
        log::goes_on(&core);
    }
    if !left.missing.is_empty() {
        log::misses(&core, &left.missing);
    }
    let outcome = match prepare(&live, left) {
        Err(reason) => Outcome::Halted(ParkReason(reason)),
        Ok(input) => {
            let mut whole = Box::pin(async {
                let machine =
                    W::machine(core.frame(), Visibility::OBSERVED, Some(&live.state), &services, &live.signals, input);
                let mut machine = Box::pin(Some(root(&core, machine)));
                if journal.record(REWIND).is_some() {
                    return match rewind_run(&core, journal, machine.as_mut()).await {
                        Ok(()) => Ok(None),
                        Err(error) => journal.park(format!("it can't be rewound: {error}")).await,
                    };
                }
                let thrown = RolledBack::whole(journal);
                match conclude(&core, machine.as_mut(), Some(&live.cancel), &thrown).await {
                    Ok(output) => Ok(Some(output)),
                    Err(failure) => Err(failure.with_undone_elsewhere(journal.all_not_undone())),
                }
            });
            let mut woken = None;
            let outcome: Outcome<Option<W::Output>> = loop {
                // A signal or a cancellation that comes while it waits for the gate keeps it in memory.
                let wakes = || (live.delivered.load(SeqCst), live.cancel.is_cancelled());
                let before = wakes();
                let outcome = poll_fn(|context| live.poll(&core, whole.as_mut(), &mut woken, context)).await;
                let Outcome::Waits(_) = outcome else { break outcome };
                let _gate = shared.gate(key).await;
                // Meanwhile its tasks may have gone on.
                let is_still = |_: &_| wakes() == before && !live.stopping.load(SeqCst);
                let Some(until) = live.waits_elsewhere().filter(is_still) else { continue };
                journal.suspend();
                drop_quietly(|| drop(whole));
                shared.keep_observed(key, core.take_observed());
                evict(&shared, &live, key, until).await;
                return;
            };
            if !matches!(outcome, Outcome::Ended(_)) {
                journal.suspend();
            }
            drop_quietly(|| drop(whole));
            outcome.of_run()
        }
    };
    let _gate = shared.gate(key).await;
    let outcome = match outcome {
        // The rewind was requested in the last moment: the records are there still.
        Outcome::Halted(ParkReason(_)) | Outcome::Ended(Ok(_)) if live.rewinding.load(SeqCst) => Outcome::Stopped,
        outcome => outcome,
    };
    let goes_on = matches!(outcome, Outcome::Rewound)
        || (matches!(outcome, Outcome::Stopped) && live.rewinding.load(SeqCst) && !shared.is_stopping());
    if goes_on && matches!(outcome, Outcome::Stopped) {
        // Awaited: once this is on disk, so is all that was written before, and it is read again now.
        live.journal.put(CLEAN_STOP, RecordKind::CrashCount, encode_record(&0));
        let _ = live.journal.finalize(Vec::new(), &live.stopping).await;
    } else {
        finish_instance::<W>(&shared, (&live, &core), key, outcome).await;
    }
    if !core.has_ended() {
        // Nothing of it ends here: it goes on later.
        journal.suspend();
        shared.keep_observed(key, core.take_observed());
    }
    drop(core);
    live.emit_restored();
    shared.leave(key);
    if goes_on && let Err(error) = shared.activate(key).await {
        shared.handle_error(key, live.journal.id(), &error);
    }
}

/// Writes the records that must be on disk before anything runs. Returns the input, or the reason why the instance
/// can't run.
fn prepare<W: Durable>(
    live: &ResidentInstance<W>,
    PreviousState { input, delivered, renamed, keys, resumed, failed_by_store, .. }: PreviousState,
) -> Result<W::Input, String> {
    let journal = &live.journal;
    if resumed == Some(true) {
        journal.was_interrupted(failed_by_store);
    }
    let keys = keys?.map(|keys| (KEYS.into(), RecordKind::Keys, keys));
    // Before any user code begins: its keys stay what they are now.
    journal.enter(keys, None, renamed);
    let input = W::decode_input(&input).map_err(|error| format!("its input can't be read: {error}"))?;
    delivered?;
    if journal.record(CANCELLED).is_some() {
        live.cancel.cancel();
    }
    Ok(input)
}

/// Evicts from memory an instance that only waits. The caller holds its gate.
async fn evict<W: Durable>(
    shared: &Arc<EngineInner>,
    live: &ResidentInstance<W>,
    key: InstanceKey,
    until: Option<Timestamp>,
) {
    // By that the next engine sees whether it is another build.
    let build = Some(encode_record(&W::BUILD));
    let change = Change::Status { status: InstanceStatus::Waiting, wake_at: until, outcome: build };
    let committed = live.journal.finalize(vec![change], &live.stopping).await;
    shared.leave(key);
    match committed {
        Ok(()) if until.is_some() => shared.timers.notify_one(),
        Ok(()) => {}
        Err(error) => {
            let id = live.journal.id();
            tracing::error!(target: "workflow", instance = %id, %error, "could not store that the instance waits: retrying in 5 s");
            shared.retry_later(key, id.to_string());
        }
    }
}

/// Writes the outcome of an instance to disk, and then reports it to the callers that wait. The caller holds its gate.
async fn finish_instance<W: Durable>(
    shared: &Arc<EngineInner>,
    (live, core): (&ResidentInstance<W>, &RunState),
    key: InstanceKey,
    outcome: Outcome<W::Output>,
) {
    let id = live.journal.id();
    let (status, bytes) = match &outcome {
        Outcome::Ended(Ok(output)) => match W::output().encode(output) {
            Ok(bytes) => (InstanceStatus::Completed, bytes),
            Err(error) => (InstanceStatus::Parked, encode_record(&format!("its output can't be stored: {error}"))),
        },
        Outcome::Ended(Err(failure)) => (InstanceStatus::Failed, encode_record(&StoredFailure::of(failure))),
        Outcome::Halted(ParkReason(reason)) => (InstanceStatus::Parked, encode_record(reason)),
        Outcome::Waits(_) => return,
        Outcome::Rewound | Outcome::Stopped => {
            if matches!(outcome, Outcome::Stopped) && live.journal.has_begun() {
                live.journal.put(CLEAN_STOP, RecordKind::CrashCount, encode_record(&0));
            }
            if let Err(error) = live.journal.finalize(Vec::new(), &live.stopping).await {
                tracing::error!(target: "workflow", instance = %id, %error, "could not store the last changes of the instance");
            }
            return;
        }
    };
    let outcome_bytes = Some(bytes.clone());
    let mut changes = vec![Change::Status { status, wake_at: None, outcome: outcome_bytes }];
    if status.has_ended() {
        changes.push(Change::Clear);
    }
    let (mut status, mut bytes) = (status, bytes);
    let mut settled = live.journal.finalize(changes, &live.stopping).await;
    if let (Err(error), Some(ParkReason(reason))) = (&settled, live.journal.halted())
        && error.is_permanent()
        && status != InstanceStatus::Parked
    {
        (status, bytes) = (InstanceStatus::Parked, encode_record(&reason));
        let parked = Change::Status { status, wake_at: None, outcome: Some(bytes.clone()) };
        settled = live.journal.finalize(vec![parked], &live.stopping).await;
    }
    if let Err(error) = settled {
        tracing::error!(target: "workflow", instance = %id, %error, "could not store the outcome of the instance");
        return;
    }
    match &outcome {
        Outcome::Ended(ended) if status.has_ended() => {
            core.emit_settled(&ended.as_ref().map(|_| ()).map_err(Failure::clone));
            log::ended(core, ended.as_ref().err());
        }
        _ => {
            let (stage, reason) = (live.journal.parked_stage(core.graph()), super::error::parked_reason(&bytes));
            core.emit_parked(stage, &reason);
            log::parked(core, stage, &reason);
        }
    }
    shared.reply_end(key, || match (&outcome, status) {
        (Outcome::Ended(Err(failure)), InstanceStatus::Failed) => {
            Err(EngineError::Failed { id: id.to_string(), failure: failure.clone() })
        }
        (_, InstanceStatus::Completed) => Ok(bytes.clone()),
        _ => Err(EngineError::Parked { id: id.to_string(), reason: super::error::parked_reason(&bytes) }),
    });
}
