//! A formatter of `workflow!`: the bodies of the macro, as rustfmt would format them.
//!
//! [`format_rust`] and [`format_markdown`] take the text of a file. Each body becomes Rust of the same shape, which
//! `rustfmt` formats with the project's own configuration, and then a workflow again. A body whose meaning would change
//! stays as it is, and so does one that can't be read: [`Formatted::left`] says which, and why.
#![forbid(unsafe_code)]

mod alignment;
mod diff;
mod format;
mod invocations;
mod layout;
mod markdown;
mod restore;
mod rustfmt;
mod skeleton;
mod tokens;

pub use diff::diff;
pub use format::{Formatted, Left, format_markdown, format_rust};
pub use rustfmt::{Rustfmt, RustfmtError};
