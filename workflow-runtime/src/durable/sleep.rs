//! `sleep` and `sleep_until`: the moment at which they end is recorded.

use crate::{
    journal::timer::{due, due_by_literal},
    run::frame::Frame,
    stage_id::StageId,
};
use std::time::{Duration, SystemTime};

/// `sleep(D)`; `site`: which of the sleeps in that stage; `written`: `D` is a literal.
pub async fn sleep_kept(frame: Frame<'_>, stage: StageId, site: &str, time: Duration, written: bool) {
    match frame.journal() {
        None => crate::stage::timeout::sleep(time).await,
        Some(journal) => {
            let path = frame.path_within(stage, &format!("timer-{site}"));
            let at = match written {
                true => due_by_literal(journal, path, time).await,
                false => due(journal, path, || journal.now().after(time)).await,
            };
            journal.wait_until(at).await;
        }
    }
}

/// `sleep_until(T)`
pub async fn sleep_until_kept(frame: Frame<'_>, stage: StageId, site: &str, time: SystemTime) {
    match frame.journal() {
        None => frame.sleep_until(time).await,
        Some(journal) => {
            let path = frame.path_within(stage, &format!("timer-{site}"));
            let at = due(journal, path, || time.into()).await;
            journal.wait_until(at).await;
        }
    }
}
