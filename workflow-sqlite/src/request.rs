//! What waits for the writer.

use crate::{
    applier::{Applied, Applier},
    command::{Begin, SummedBatch, SummedInstance, SummedSignal},
    error::fault,
};
use std::path::Path;
use tokio::sync::oneshot;
use workflow_store::{Change, InstanceKey, StoreError, StoreErrorKind};

/// What can be written.
pub(crate) trait Work: Send + 'static {
    /// What who asks for it is given.
    type Given: Send + 'static;

    fn apply(&self, applier: &mut Applier<'_>) -> Applied<Self::Given>;

    /// What it is, for "could not …".
    fn doing(&self) -> String;

    /// Which instance it is about, where there is one yet.
    fn instance(&self) -> Option<InstanceKey>;

    /// Returns how many bytes of the file it takes at least.
    fn bytes(&self) -> usize;
}

impl Work for Begin {
    type Given = u64;

    fn apply(&self, applier: &mut Applier<'_>) -> Applied<u64> {
        applier.begin()
    }

    fn doing(&self) -> String {
        "note that an engine begins".to_owned()
    }

    fn instance(&self) -> Option<InstanceKey> {
        None
    }

    fn bytes(&self) -> usize {
        0
    }
}

impl Work for SummedInstance {
    type Given = InstanceKey;

    fn apply(&self, applier: &mut Applier<'_>) -> Applied<InstanceKey> {
        applier.create(self)
    }

    fn doing(&self) -> String {
        format!("make the instance '{}'", self.new.id)
    }

    fn instance(&self) -> Option<InstanceKey> {
        None
    }

    fn bytes(&self) -> usize {
        self.new.input.len() + self.new.id.len()
    }
}

impl Work for SummedBatch {
    type Given = ();

    fn apply(&self, applier: &mut Applier<'_>) -> Applied<()> {
        applier.commit(self)
    }

    fn doing(&self) -> String {
        format!("commit to the instance with the key {}", self.batch.instance.0)
    }

    fn instance(&self) -> Option<InstanceKey> {
        Some(self.batch.instance)
    }

    fn bytes(&self) -> usize {
        self.batch.changes.iter().map(written).sum()
    }
}

impl Work for SummedSignal {
    type Given = Option<i64>;

    fn apply(&self, applier: &mut Applier<'_>) -> Applied<Option<i64>> {
        applier.signal(self)
    }

    fn doing(&self) -> String {
        format!("keep the signal '{}' for the instance with the key {}", self.signal.name, self.instance.0)
    }

    fn instance(&self) -> Option<InstanceKey> {
        Some(self.instance)
    }

    fn bytes(&self) -> usize {
        self.signal.payload.len()
    }
}

/// Something to be written, and who waits for it.
pub(crate) struct Asked<W: Work> {
    work: W,
    /// What came of it, to be told once it is on disk.
    answer: Option<Result<W::Given, StoreError>>,
    /// Who does not wait any more has dropped the other end.
    reply: oneshot::Sender<Result<W::Given, StoreError>>,
}

/// What is to be written.
pub(crate) enum Request {
    Begin(Asked<Begin>),
    Create(Asked<SummedInstance>),
    Commit(Asked<SummedBatch>),
    Signal(Asked<SummedSignal>),
}

impl<W: Work> Asked<W> {
    pub(crate) fn new(work: W, reply: oneshot::Sender<Result<W::Given, StoreError>>) -> Self {
        Self { work, answer: None, reply }
    }

    fn apply(&mut self, applier: &mut Applier<'_>) -> rusqlite::Result<()> {
        self.answer = Some(self.work.apply(applier)?);
        Ok(())
    }

    fn told(self) {
        if let Some(answer) = self.answer {
            let _ = self.reply.send(answer);
        }
    }

    fn refused(self, error: &StoreError) {
        let error = error.clone();
        let error = match self.work.instance() {
            Some(instance) => error.of(instance),
            None => error,
        };
        let _ = self.reply.send(Err(error));
    }

    fn failed(self, error: rusqlite::Error, applier: &Applier<'_>, path: &Path) {
        let mut error = fault(error, &self.work.doing(), path);
        if error.kind() == StoreErrorKind::Full
            && let Ok(Some(limit)) = applier.limit_below(self.work.bytes(), self.work.instance())
        {
            let message = format!(
                "could not {} in '{}': it is larger than the store may become ({limit} bytes)",
                self.work.doing(),
                path.display()
            );
            error = StoreError::new(StoreErrorKind::TooLarge, message).from_source(error);
        }
        let error = match self.work.instance() {
            Some(instance) => error.of(instance),
            None => error,
        };
        let _ = self.reply.send(Err(error));
    }
}

impl Request {
    pub(crate) fn apply(&mut self, applier: &mut Applier<'_>) -> rusqlite::Result<()> {
        match self {
            Self::Begin(asked) => asked.apply(applier),
            Self::Create(asked) => asked.apply(applier),
            Self::Commit(asked) => asked.apply(applier),
            Self::Signal(asked) => asked.apply(applier),
        }
    }

    pub(crate) fn told(self) {
        match self {
            Self::Begin(asked) => asked.told(),
            Self::Create(asked) => asked.told(),
            Self::Commit(asked) => asked.told(),
            Self::Signal(asked) => asked.told(),
        }
    }

    pub(crate) fn refused(self, error: &StoreError) {
        match self {
            Self::Begin(asked) => asked.refused(error),
            Self::Create(asked) => asked.refused(error),
            Self::Commit(asked) => asked.refused(error),
            Self::Signal(asked) => asked.refused(error),
        }
    }

    pub(crate) fn failed(self, error: rusqlite::Error, applier: &Applier<'_>, path: &Path) {
        match self {
            Self::Begin(asked) => asked.failed(error, applier, path),
            Self::Create(asked) => asked.failed(error, applier, path),
            Self::Commit(asked) => asked.failed(error, applier, path),
            Self::Signal(asked) => asked.failed(error, applier, path),
        }
    }
}

/// Returns how many bytes a change writes that stay until another change of the instance.
fn written(change: &Change) -> usize {
    match change {
        Change::Put { path, record } => path.len() + record.payload.len(),
        Change::Status { outcome, .. } => outcome.as_ref().map_or(0, Vec::len),
        _ => 0,
    }
}
