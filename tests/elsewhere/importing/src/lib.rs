//! Knows the macro from another crate that gives it on; the runtime is no dependency of its own.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use workflow_tests_exporting::workflow;

include!("../../every_construct.rs");

workflow_tests_exporting::inner::flow! {
    /// By another name.
    pub workflow Renamed(number: u32) -> u32 { stage one: u32 = *number; one }
}
