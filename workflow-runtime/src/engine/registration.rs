//! A workflow that an engine has, whatever its types.

use super::{
    inner::{AnyLive, OnTheWay, Registered, Running, Shared},
    instance::Live,
};
use crate::durable::workflow::Durable;
use std::sync::Arc;
use workflow_store::Loaded;

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
