//! A workflow of the batch, without its type.

use crate::{value::Value, world::World};
use std::{fmt::Display, pin::Pin};
use workflow_runtime::{
    Pool, Workflow,
    engine::{Durable, Engine, EngineBuilder, EngineError, InstanceHandle},
};

/// The future of an asynchronous function.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A workflow.
pub trait Subject: Sync {
    /// Gives it to an engine.
    fn register(&self, builder: EngineBuilder, world: &World, pool: &Pool) -> EngineBuilder;
    /// Starts an instance.
    fn start<'a>(&'a self, engine: &'a Engine, id: &'a str) -> Asked<'a, Result<Box<dyn Handle>, EngineError>>;
}

/// An instance.
pub trait Handle: Send + Sync {
    /// Returns its result.
    fn result(&self) -> Asked<'_, Result<Value, EngineError>>;
    /// Sends the signal with that number once.
    fn signal(&self, at: u32, once: String, value: u64) -> Asked<'_, Result<(), EngineError>>;
    /// Cancels it.
    fn cancel(&self) -> Asked<'_, Result<(), EngineError>>;
    /// Takes a stage back; none where there is none of that name.
    fn rewind(&self, stage: &str) -> Option<Asked<'_, Result<(), EngineError>>>;
}

/// A workflow with its type.
pub(crate) struct Typed<W: Workflow> {
    pub(crate) new: fn(World, Pool) -> W,
    pub(crate) stage: fn(&str) -> Option<W::Stage>,
    pub(crate) signal: fn(u32, u64) -> Option<W::Signal>,
}

struct TypedRun<W: Workflow> {
    run: InstanceHandle<W>,
    stage: fn(&str) -> Option<W::Stage>,
    signal: fn(u32, u64) -> Option<W::Signal>,
}

impl<W: Durable<Start = (), Output = Value>> Subject for Typed<W>
where
    W::Stage: Display,
{
    fn register(&self, builder: EngineBuilder, world: &World, pool: &Pool) -> EngineBuilder {
        builder.workflow((self.new)(world.clone(), pool.clone()))
    }

    fn start<'a>(&'a self, engine: &'a Engine, id: &'a str) -> Asked<'a, Result<Box<dyn Handle>, EngineError>> {
        Box::pin(async move {
            let run = engine.start::<W>(id, ()).await?;
            Ok(Box::new(TypedRun { run, stage: self.stage, signal: self.signal }) as Box<dyn Handle>)
        })
    }
}

impl<W: Durable<Start = (), Output = Value>> Handle for TypedRun<W> {
    fn result(&self) -> Asked<'_, Result<Value, EngineError>> {
        Box::pin(self.run.result())
    }

    fn signal(&self, at: u32, once: String, value: u64) -> Asked<'_, Result<(), EngineError>> {
        match (self.signal)(at, value) {
            Some(signal) => Box::pin(self.run.signal_once(once, signal)),
            None => Box::pin(std::future::ready(Ok(()))),
        }
    }

    fn cancel(&self) -> Asked<'_, Result<(), EngineError>> {
        Box::pin(self.run.cancel())
    }

    fn rewind(&self, stage: &str) -> Option<Asked<'_, Result<(), EngineError>>> {
        let stage = (self.stage)(stage)?;
        Some(Box::pin(self.run.rewind(stage)))
    }
}
