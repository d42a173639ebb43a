//! A scope that is thrown away: why is on record before anything of it is undone, so that nothing that an interruption makes
//! happen once more is taken for the reason.

use super::{
    Journal, StoredFailure,
    kept::catch_up_with,
    own,
    payload::{Kind, read_own},
};
use crate::{Failure, run::Cx, undo::UndoLog};
use std::{future::Future, pin::Pin, sync::Arc};

/// Where it stands that the whole run is thrown away.
pub(crate) const THROWN: &str = ":thrown";

/// What is on record of a scope that was thrown away, in a durable run.
pub(crate) struct Thrown(Option<(Arc<Journal>, String)>);

impl Thrown {
    /// One of a stage's scopes.
    pub(crate) fn of(cx: Cx<'_>, (stage, site): (u32, &str)) -> Self {
        Self(cx.journal().map(|journal| (Arc::clone(journal), cx.path_within(stage, &format!("thrown-{site}")))))
    }

    /// The whole run.
    pub(crate) fn whole(journal: &Arc<Journal>) -> Self {
        Self(Some((Arc::clone(journal), THROWN.to_owned())))
    }

    /// Why it was thrown away, if it was, once all that there is to undo of it is known.
    pub(crate) async fn before<F: Future>(&self, run: Pin<&mut F>) -> Option<Failure> {
        let (journal, path) = self.0.as_ref()?;
        let record = journal.record(path)?;
        let failure = match read_own::<StoredFailure>(&record) {
            Ok(failure) => failure.restore(),
            Err(error) => return journal.undecodable(path, error).await,
        };
        catch_up_with(journal, record.order, run).await;
        journal.recalled();
        Some(failure)
    }

    /// It is thrown away. Where there is nothing to undo nobody needs to know.
    pub(crate) async fn note(&self, failure: &Failure, log: &UndoLog) {
        if let Some((journal, path)) = &self.0 {
            journal.undoes_all(path.rsplit_once('/').map_or("", |(stage, _)| stage)).await;
        }
        if let Some((journal, path)) = &self.0
            && log.holds_something()
            && journal.record(path).is_none()
        {
            journal.put(path.as_str(), Kind::Failed, own(&StoredFailure::of(failure)));
        }
    }
}
