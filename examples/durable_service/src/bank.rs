//! The bank's own systems, as far as workflows have to do with them.

use std::sync::Arc;
use std::time::Duration;

use workflow_runtime::StageContext;

use crate::ledger::Ledger;

/// The services that both workflows call. Cloning costs a reference count.
#[derive(Debug, Clone)]
pub struct Bank {
    ledger: Arc<Ledger>,
    latency: Duration,
    settling: Duration,
}

/// Why a step does not work.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The ledger can't be written.
    #[error("the ledger can't be written")]
    Ledger(#[from] std::io::Error),
    /// The bank refuses the step.
    #[error("{0}")]
    Refused(String),
}

impl Problem {
    /// Whether another attempt may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Ledger(_))
    }
}

impl Bank {
    /// Whose systems take `latency` to answer, and whose money takes `settling` to arrive.
    pub fn new(ledger: Ledger, latency: Duration, settling: Duration) -> Self {
        Self { ledger: Arc::new(ledger), latency, settling }
    }

    /// How long money is on its way.
    pub fn settling(&self) -> Duration {
        self.settling
    }

    /// Something takes effect. The process may end before, in between, or after: it is done once all the same.
    ///
    /// # Errors
    ///
    /// When the ledger can't be written.
    pub async fn has_done(&self, ctx: &StageContext, what: String) -> Result<(), Problem> {
        tokio::time::sleep(self.latency / 2).await;
        self.ledger.post(ctx.idempotency_key(), ctx.attempt(), what)?;
        tokio::time::sleep(self.latency / 2).await;
        Ok(())
    }
}
