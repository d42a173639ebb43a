//! The codec of stored values: JSON that keeps every value of serde's data model exactly.
//!
//! A value that plain JSON keeps is written as plain JSON. What plain JSON would lose is written with *tags*: objects with
//! one key that begins with `$`. A payload that holds a tag begins with a space, the *mark*. Plain payloads, also those of
//! earlier versions, never do, so that a `$` in them is the user's own.
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
mod write;

#[cfg(test)]
mod tests;

pub(crate) use canonical::{Sequences, canonical};
pub(crate) use error::CodecError;
pub(crate) use read::read;
pub(crate) use scan::{join, split};
pub(crate) use write::{write, write_to};

/// The first byte of a payload that holds tags.
const MARK: u8 = b' ';

/// How deep a value may be nested. Reading is recursive, and a thread's stack is finite.
const DEEPEST: u16 = 256;

/// The beginning of the tag of a `Some`.
const SOME: &[u8] = b"{\"$some\":";

/// The bits of the NaN that is written as `NaN`.
const NAN_64: u64 = 0x7ff8_0000_0000_0000;
const NAN_32: u32 = 0x7fc0_0000;

/// The name under which `serde_json`'s `RawValue` asks for its text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";
