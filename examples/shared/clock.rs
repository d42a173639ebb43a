//! Whose time a run keeps.

use std::future::Future;

use anyhow::Context;
use clap::Args;
use tokio::runtime::Builder;

/// The options for it.
#[derive(Debug, Args)]
pub struct Clock {
    /// Jump to the next timer whenever everything waits for one, so that days take no time: the default
    #[arg(long, overrides_with = "real_time")]
    fast: bool,
    /// Wait as long as the cases say
    #[arg(long, overrides_with = "fast")]
    real_time: bool,
}

impl Clock {
    /// Runs a program on one thread, which is what tokio's paused clock asks for.
    ///
    /// # Errors
    ///
    /// When the system has no place for a runtime.
    pub fn run<F: Future>(&self, program: F) -> anyhow::Result<F::Output> {
        let is_paused = self.fast || !self.real_time;
        let runtime = Builder::new_current_thread().enable_time().start_paused(is_paused).build();
        Ok(runtime.context("no runtime")?.block_on(program))
    }
}
