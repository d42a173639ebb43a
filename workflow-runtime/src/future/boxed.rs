//! The boxed future.

use std::{future::Future, pin::Pin};

/// A boxed future that another thread may poll.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A boxed future that owns all it needs.
pub(crate) type Owned<T> = BoxFuture<'static, T>;
