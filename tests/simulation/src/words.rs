//! What the workflows of the batch are written with.
#![allow(unused_imports)]

pub(crate) use crate::{subject::Typed, value::Value, world::World};
pub(crate) use workflow_runtime::{Failure, Pool, Workflow, workflow};
