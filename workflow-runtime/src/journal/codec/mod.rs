//! The codec of stored values: JSON that keeps every value of serde's data model exactly.
//!
//! A value that plain JSON keeps is written as plain JSON. What plain JSON would lose is written with *tags*: objects
//! with one key that begins with `$`. A payload that holds a tag begins with a space, the *mark*. Plain payloads, also
//! those of earlier versions, never do, so that a `$` in them is the user's own.
//!
//! | value | written as |
//! | --- | --- |
//! | `Some(x)`, where `x` is written as `null` or as this tag | `{"$some":x}` |
//! | `f64` and `f32` that are no finite number | `{"$f64":"inf"}`, `{"$f32":"-inf"}`, `{"$f64":"NaN"}`, `{"$f64":"0x7ff8000000000001"}` |
//! | bytes | `{"$bytes":"00ff"}` |
//! | a key of a map that is written as something else than a text | `"$="`, and what it is written as |
//! | a key, field or variant that begins with `$` | the same with one more `$` |

mod canonical;
mod error;
mod key;
mod read;
mod scan;
mod tag;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use canonical::{Sequences, canonical};
pub(crate) use error::CodecError;
pub(crate) use read::read;
pub(crate) use scan::{join, split};
pub(crate) use write::{write, write_to};
