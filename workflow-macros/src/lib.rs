//! The `workflow!` macro: tokens → syntax → model → checks → code.
#![forbid(unsafe_code)]
mod diagnostics;
mod nearest;
mod syntax;
