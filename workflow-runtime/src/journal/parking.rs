//! Parking: the instance can't go on without a person, for a reason that names what is in the way.

use super::{
    log::{Journal, ParkReason},
    path::is_instance_record,
    payload::NotStorable,
};
use crate::failure::BoxError;
use std::collections::HashSet;
use workflow_graph::Graph;

impl Journal {
    /// Marks the stages that are being rewound.
    pub(crate) fn gives_up(&self, stages: HashSet<String>) {
        self.lock().given_up = stages;
    }

    fn halt(&self, halt: ParkReason) {
        self.lock().halt.get_or_insert(halt);
        self.wake_driver();
    }

    /// Parks the instance, which can't go on without an operator. Never returns.
    pub(crate) async fn park<T>(&self, reason: String) -> T {
        self.park_now(reason);
        std::future::pending().await
    }

    /// Parks with that reason, if there is one.
    pub(crate) async fn park_if_refused(&self, reason: Option<String>) {
        if let Some(reason) = reason {
            self.park::<()>(reason).await;
        }
    }

    /// Parks the instance from code that can't await: the run goes on until its next await.
    pub(crate) fn park_now(&self, reason: String) {
        self.halt(ParkReason(reason));
    }

    pub(crate) async fn undecodable<T>(&self, path: &str, error: BoxError) -> T {
        if self.is_given_up(path) {
            self.takes_up_undo(path);
            tracing::warn!(target: "workflow", instance = %self.id, path, %error, "a record of a rewound stage can't be read: the stage is not undone");
            return std::future::pending().await;
        }
        // What could not be stored says so itself.
        let reason = match error.downcast_ref::<NotStorable>() {
            Some(unkept) => unkept.to_string(),
            None => format!("what is stored of '{path}' can't be read: {error}"),
        };
        self.park(reason).await
    }

    /// Returns the stage that the instance is parked at, if its reason names one.
    pub(crate) fn parked_stage(&self, graph: &Graph<'static>) -> Option<&'static str> {
        let ParkReason(reason) = self.halted()?;
        // Reasons quote the path of what can't be gone on with.
        let quoted = reason.split('\'').skip(1).step_by(2);
        let names = quoted.flat_map(|path| path.rsplit('/'));
        let mut stages = names.filter_map(|name| graph.stages.iter().find(|stage| stage.name == name));
        stages.next().map(|stage| stage.name)
    }

    /// Returns whether other stages are being taken back, and that one is not.
    pub(crate) fn outlives_rewind(&self, path: &str) -> bool {
        let content = self.lock();
        let first = path.split('/').next().unwrap_or_default();
        !content.given_up.is_empty() && !content.given_up.contains(first)
    }

    /// Returns whether the stage of that record is taken back: the record need not be read, nor come out as it did.
    fn is_given_up(&self, path: &str) -> bool {
        let content = self.lock();
        let first = path.split('/').next().unwrap_or_default();
        let beside = is_instance_record(path) && !path.starts_with(":signal-");
        !content.given_up.is_empty() && (beside || content.given_up.contains(first))
    }

    /// Parks the instance because of the record at a path, unless its stage is being rewound. Never returns.
    pub(crate) async fn park_at<T>(&self, path: &str, reason: String) -> T {
        if self.is_given_up(path) { std::future::pending().await } else { self.park(reason).await }
    }

    /// Parks the instance because of the record at a path, unless its stage is being rewound. For code that can't
    /// await.
    pub(crate) fn park_now_at(&self, path: &str, reason: String) {
        if !self.is_given_up(path) {
            self.park_now(reason);
        }
    }

    pub(crate) fn halted(&self) -> Option<ParkReason> {
        self.lock().halt.clone()
    }
}
