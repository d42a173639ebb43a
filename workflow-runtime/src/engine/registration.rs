//! A workflow that an engine has, whatever its types.

use super::{
    inner::Shared,
    instance::{AnyLive, Live},
};
use crate::durable::workflow::Durable;
use std::{pin::Pin, sync::Arc};
use workflow_store::{Change, Loaded, StoreFuture};

/// A workflow as the engine knows it.
pub(crate) trait Registered: Send + Sync {
    /// A fingerprint of what the user has written.
    fn build(&self) -> u64;
    /// An instance in memory, and the future that runs it.
    fn live(
        &self,
        shared: &Arc<Shared>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> (Arc<dyn AnyLive>, Running);
}

/// Changes that were sent to the store before the instance is in memory.
pub(crate) type OnTheWay = (Vec<Change>, StoreFuture<()>);

pub(crate) type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Registration<W>(pub(crate) W);

impl<W: Durable> Registered for Registration<W> {
    fn build(&self) -> u64 {
        W::BUILD
    }

    fn live(
        &self,
        shared: &Arc<Shared>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> (Arc<dyn AnyLive>, Running) {
        let (services, observers) = self.0.parts();
        Live::<W>::make(shared, loaded, interrupted, on_the_way, (services.clone(), observers.clone()))
    }
}
