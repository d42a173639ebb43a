//! The boxed future.

use std::{future::Future, pin::Pin};

pub(crate) type Owned<T> = Pin<Box<dyn Future<Output = T> + Send>>;
