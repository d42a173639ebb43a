//! Crash counts, for each place in the workflow by itself. After too many in a row the instance is parked.
//!
//! The first begin of a place writes nothing: at the end of a process, all code that was ready to run in it counts as
//! begun once. Each further begin is recorded before it happens. So an engine that ends before it comes to a place
//! counts for nothing there.

use super::record::{RecordKind, decode_record, encode_record};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use workflow_store::Record;

/// Crashes in a row in one place, without progress, after which an instance is parked.
const TOO_MANY: u32 = 5;

/// Crashes after which a place begins only while few others of its kind do: one of them may be the cause.
const SUSPECT: u32 = 3;

/// Suspects that begin at once, at most; one that is about to be parked begins alone.
const TOGETHER: u32 = 64;

/// Time that a suspect has to run before the next ones begin. After it the place is no suspect any more.
pub(crate) const PROBATION: Duration = Duration::from_secs(5);

/// The interruptions of the user code of one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredCuts", into = "(u32, u32)")]
pub(crate) struct Interruptions {
    /// All of them: by so much the number of its next attempt is higher.
    pub(crate) times: u32,
    /// Interruptions by a crash, since the last progress of the instance.
    pub(crate) crashes: u32,
}

/// Earlier versions knew one number.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredCuts {
    Times(u32),
    Both(u32, u32),
}

impl From<StoredCuts> for Interruptions {
    fn from(stored: StoredCuts) -> Self {
        match stored {
            StoredCuts::Times(times) => Self { times, crashes: 0 },
            StoredCuts::Both(times, crashes) => Self { times, crashes },
        }
    }
}

impl From<Interruptions> for (u32, u32) {
    fn from(cuts: Interruptions) -> Self {
        (cuts.times, cuts.crashes)
    }
}

impl Interruptions {
    pub(crate) fn of(record: Option<&Record>) -> Self {
        record.and_then(|record| decode_record(record).ok()).unwrap_or_default()
    }

    /// Returns the record without the crashes that an operator, or progress, has forgiven. `None` if there are none.
    pub(crate) fn forgiven(record: &Record) -> Option<Vec<u8>> {
        let cuts = Self::of(Some(record));
        let is_one = record.kind == RecordKind::Interrupted as u8 && cuts.crashes > 0;
        is_one.then(|| encode_record(&Self { crashes: 0, ..cuts }))
    }

    /// Counts one interruption more.
    pub(super) fn once_more(self, in_peace: bool) -> Self {
        let crashes = if in_peace { self.crashes } else { self.crashes.saturating_add(1) };
        Self { times: self.times.saturating_add(1), crashes }
    }

    pub(super) fn are_too_many(self) -> bool {
        self.crashes >= TOO_MANY
    }

    /// Returns how many permits for suspects the place needs before it begins.
    pub(super) const fn permits(self) -> u32 {
        match self.crashes {
            0..SUSPECT => 0,
            SUSPECT => 1,
            _ => TOGETHER,
        }
    }
}

/// The permits of one engine for places that may be what ends its process.
#[derive(Clone)]
pub(crate) struct Suspects(Arc<Semaphore>);

impl Default for Suspects {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TOGETHER as usize)))
    }
}

impl Suspects {
    pub(super) async fn turn(&self, permits: u32) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_many_owned(permits).await.ok()
    }
}

/// The interruptions of an instance in memory.
#[derive(Default)]
pub(crate) struct CrashCounter {
    /// Whether the instance was interrupted before, and if so, whether by an orderly stop.
    pub(super) interrupted: Option<bool>,
    /// Whether the store has the record of an orderly stop.
    pub(super) rested: bool,
    /// Places that were ready to run when it was interrupted, and have not begun since.
    pub(super) reached: HashSet<String>,
    /// Places with recorded crashes.
    pub(super) crashed: BTreeMap<Arc<str>, Interruptions>,
    /// Places whose next begin is on its way to the store.
    pub(super) beginning: Vec<Arc<str>>,
    /// Permits of suspects, held until the instance makes progress.
    pub(super) turns: Vec<OwnedSemaphorePermit>,
}

impl CrashCounter {
    pub(super) fn of(records: &BTreeMap<Arc<str>, Record>) -> Self {
        let crashed = records.iter().filter_map(|(path, record)| {
            let cuts = Interruptions::of(Some(record));
            (record.kind == RecordKind::Interrupted as u8 && cuts.crashes > 0).then(|| (Arc::clone(path), cuts))
        });
        Self { crashed: crashed.collect(), ..Self::default() }
    }

    /// Forgets the crashes within a path whose records are dropped.
    pub(super) fn forget(&mut self, path: &str) {
        self.crashed.retain(|place, _| !is_within(place, path));
    }

    /// Returns whether user code within that path waits for its begin to be on the store.
    pub(super) fn begins_within(&self, path: &str) -> bool {
        self.beginning.iter().any(|place| path.is_empty() || is_within(place, path))
    }

    /// Forgives all crashes after progress. Returns the records to write.
    pub(super) fn forgiven(&mut self) -> impl Iterator<Item = (Arc<str>, Interruptions)> + use<> {
        self.turns.clear();
        let crashed = std::mem::take(&mut self.crashed);
        crashed.into_iter().map(|(place, cuts)| (place, Interruptions { crashes: 0, ..cuts }))
    }
}

fn is_within(place: &str, path: &str) -> bool {
    place.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the place of user code, in words.
pub(crate) fn place_name(place: &str) -> String {
    let (stage, what) = place.rsplit_once(":interrupted").unwrap_or((place, ""));
    let stage = stage.trim_end_matches('/');
    match what {
        "-undo" => format!("the undo of stage '{stage}'"),
        _ if stage.is_empty() => "the workflow's own tail".to_owned(),
        _ => format!("stage '{stage}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(payload: &[u8]) -> Record {
        Record { order: 0, kind: RecordKind::Interrupted as u8, payload: payload.to_vec() }
    }

    #[test]
    fn what_earlier_versions_wrote_is_read() {
        assert_eq!(Interruptions::of(Some(&record(b"3"))), Interruptions { times: 3, crashes: 0 });
        assert_eq!(Interruptions::of(Some(&record(b"[3,2]"))), Interruptions { times: 3, crashes: 2 });
        assert_eq!(Interruptions::of(None), Interruptions::default());
        assert_eq!(encode_record(&Interruptions { times: 3, crashes: 2 }), b"[3,2]");
    }

    #[test]
    fn those_in_peace_are_attempts_and_no_crashes() {
        let cuts = Interruptions::default().once_more(true).once_more(false).once_more(true);
        assert_eq!(cuts, Interruptions { times: 3, crashes: 1 });
        assert_eq!(Interruptions::forgiven(&record(&encode_record(&cuts))), Some(b"[3,0]".to_vec()));
        assert_eq!(Interruptions::forgiven(&record(b"[3,0]")), None);
    }

    #[test]
    fn the_more_crashes_the_fewer_begin_at_once() {
        let permits: Vec<u32> = (0..5).map(|crashes| Interruptions { times: 0, crashes }.permits()).collect();
        assert_eq!(permits, [0, 0, 0, 1, TOGETHER]);
        assert!(
            !Interruptions { times: 9, crashes: 4 }.are_too_many()
                && Interruptions { times: 0, crashes: 5 }.are_too_many()
        );
    }

    #[test]
    fn places_have_words() {
        assert_eq!(place_name("a/0/b/:interrupted"), "stage 'a/0/b'");
        assert_eq!(place_name("b/:interrupted-undo"), "the undo of stage 'b'");
        assert_eq!(place_name(":interrupted-tail"), "the workflow's own tail");
    }
}
