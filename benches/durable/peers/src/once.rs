//! One count, on an empty store and a runtime of its own.

use crate::harness::{Failed, Rate};
use std::{future::Future, path::PathBuf, pin::Pin};
use tokio::runtime::Builder;

pub type Measured<'a> = Pin<Box<dyn Future<Output = Result<Rate, Failed>> + 'a>>;

/// # Errors
///
/// The error of the count, or of the folder of its store.
pub fn once<'a>(measured: impl FnOnce(PathBuf) -> Measured<'a>) -> Result<Rate, Failed> {
    let folder = tempfile::tempdir()?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let rate = runtime.block_on(measured(folder.path().to_owned()));
    // Not waited for: what has not ended by now would take minutes.
    runtime.shutdown_background();
    rate
}
