//! Requests that wait for the writer: a command each, and the channel to the caller.

use crate::{
    applier::{Applier, CommandResult},
    command::{BeginSession, CommitBatch, CreateInstance, StoreSignal},
    error::into_store_error,
};
use std::path::Path;
use tokio::sync::oneshot;
use workflow_store::{Change, InstanceKey, StoreError, StoreErrorKind};

/// A command that the writer executes.
pub(crate) trait Command: Send + 'static {
    /// The value that the caller receives.
    type Output: Send + 'static;

    /// Executes the command within the transaction of the writer.
    fn execute(&self, applier: &mut Applier<'_>) -> CommandResult<Self::Output>;

    /// Describes the command for the message "could not …".
    fn description(&self) -> String;

    /// Returns the instance that the command is about, if there is one yet.
    fn instance(&self) -> Option<InstanceKey>;

    /// Returns the number of bytes that the command takes in the file at least.
    fn min_bytes(&self) -> usize;
}

impl Command for BeginSession {
    type Output = u64;

    fn execute(&self, applier: &mut Applier<'_>) -> CommandResult<u64> {
        applier.begin_session()
    }

    fn description(&self) -> String {
        "open a session".to_owned()
    }

    fn instance(&self) -> Option<InstanceKey> {
        None
    }

    fn min_bytes(&self) -> usize {
        0
    }
}

impl Command for CreateInstance {
    type Output = InstanceKey;

    fn execute(&self, applier: &mut Applier<'_>) -> CommandResult<InstanceKey> {
        applier.create_instance(self)
    }

    fn description(&self) -> String {
        format!("create the instance '{}'", self.new.id)
    }

    fn instance(&self) -> Option<InstanceKey> {
        None
    }

    fn min_bytes(&self) -> usize {
        self.new.input.len() + self.new.id.len()
    }
}

impl Command for CommitBatch {
    type Output = ();

    fn execute(&self, applier: &mut Applier<'_>) -> CommandResult<()> {
        applier.commit_batch(self)
    }

    fn description(&self) -> String {
        format!("commit to the instance with the key {}", self.batch.instance.0)
    }

    fn instance(&self) -> Option<InstanceKey> {
        Some(self.batch.instance)
    }

    fn min_bytes(&self) -> usize {
        self.batch.changes.iter().map(written_bytes).sum()
    }
}

impl Command for StoreSignal {
    type Output = Option<i64>;

    fn execute(&self, applier: &mut Applier<'_>) -> CommandResult<Option<i64>> {
        applier.store_signal(self)
    }

    fn description(&self) -> String {
        format!("store the signal '{}' for the instance with the key {}", self.signal.name, self.instance.0)
    }

    fn instance(&self) -> Option<InstanceKey> {
        Some(self.instance)
    }

    fn min_bytes(&self) -> usize {
        self.signal.payload.len()
    }
}

/// A command that waits for the writer, and the caller that waits for the result.
pub(crate) struct PendingRequest<C: Command> {
    command: C,
    /// The result, which is sent once it is on disk.
    result: Option<Result<C::Output, StoreError>>,
    /// The channel to the caller. A caller that no longer waits has dropped the other end.
    reply: oneshot::Sender<Result<C::Output, StoreError>>,
}

/// A request of any kind.
pub(crate) enum Request {
    Begin(PendingRequest<BeginSession>),
    Create(PendingRequest<CreateInstance>),
    Commit(PendingRequest<CommitBatch>),
    Signal(PendingRequest<StoreSignal>),
}

impl<C: Command> PendingRequest<C> {
    pub(crate) fn new(command: C, reply: oneshot::Sender<Result<C::Output, StoreError>>) -> Self {
        Self { command, result: None, reply }
    }

    fn execute(&mut self, applier: &mut Applier<'_>) -> rusqlite::Result<()> {
        self.result = Some(self.command.execute(applier)?);
        Ok(())
    }

    fn complete(self) {
        if let Some(result) = self.result {
            let _ = self.reply.send(result);
        }
    }

    fn refuse(self, error: StoreError) {
        let error = match self.command.instance() {
            Some(instance) => error.with_instance(instance),
            None => error,
        };
        let _ = self.reply.send(Err(error));
    }

    fn fail(self, error: rusqlite::Error, applier: &Applier<'_>, path: &Path) {
        let mut error = into_store_error(error, &self.command.description(), path);
        if error.kind() == StoreErrorKind::Full
            && let Ok(Some(limit)) = applier.limit_below(self.command.min_bytes(), self.command.instance())
        {
            let message = format!(
                "could not {} in '{}': it is larger than the size limit of the store ({limit} bytes)",
                self.command.description(),
                path.display()
            );
            error = StoreError::new(StoreErrorKind::TooLarge, message).with_source(error);
        }
        self.refuse(error);
    }
}

impl Request {
    /// Executes the command within the transaction of the writer.
    pub(crate) fn execute(&mut self, applier: &mut Applier<'_>) -> rusqlite::Result<()> {
        match self {
            Self::Begin(request) => request.execute(applier),
            Self::Create(request) => request.execute(applier),
            Self::Commit(request) => request.execute(applier),
            Self::Signal(request) => request.execute(applier),
        }
    }

    /// Sends the result to the caller, after the transaction has ended.
    pub(crate) fn complete(self) {
        match self {
            Self::Begin(request) => request.complete(),
            Self::Create(request) => request.complete(),
            Self::Commit(request) => request.complete(),
            Self::Signal(request) => request.complete(),
        }
    }

    /// Sends an error of the store to the caller.
    pub(crate) fn refuse(self, error: &StoreError) {
        let error = error.clone();
        match self {
            Self::Begin(request) => request.refuse(error),
            Self::Create(request) => request.refuse(error),
            Self::Commit(request) => request.refuse(error),
            Self::Signal(request) => request.refuse(error),
        }
    }

    /// Sends the error that ended the transaction to the caller.
    pub(crate) fn fail(self, error: rusqlite::Error, applier: &Applier<'_>, path: &Path) {
        match self {
            Self::Begin(request) => request.fail(error, applier, path),
            Self::Create(request) => request.fail(error, applier, path),
            Self::Commit(request) => request.fail(error, applier, path),
            Self::Signal(request) => request.fail(error, applier, path),
        }
    }
}

/// Returns the number of bytes that a change writes and that stay until another change of the
/// instance.
fn written_bytes(change: &Change) -> usize {
    match change {
        Change::Put { path, record } => path.len() + record.payload.len(),
        Change::Status { outcome, .. } => outcome.as_ref().map_or(0, Vec::len),
        _ => 0,
    }
}
