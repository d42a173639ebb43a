//! The boxed future.

use std::{future::Future, pin::Pin};

/// A boxed future that another thread may poll.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
