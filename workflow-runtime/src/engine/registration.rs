//! A workflow that an engine has, whatever its types.

use super::{
    inner::{DynInstance, EngineInner, OnTheWay, RunFuture, WorkflowFactory},
    instance::ResidentInstance,
};
use crate::durable::workflow::Durable;
use std::sync::Arc;
use workflow_store::Loaded;

pub(crate) struct Registration<W>(pub(crate) W);

impl<W: Durable> WorkflowFactory for Registration<W> {
    fn build(&self) -> u64 {
        W::BUILD
    }

    fn live(
        &self,
        shared: &Arc<EngineInner>,
        loaded: Loaded,
        interrupted: bool,
        on_the_way: Option<OnTheWay>,
    ) -> (Arc<dyn DynInstance>, RunFuture) {
        let (services, observers) = self.0.parts();
        ResidentInstance::<W>::make(shared, loaded, interrupted, on_the_way, (services.clone(), observers.clone()))
    }
}
