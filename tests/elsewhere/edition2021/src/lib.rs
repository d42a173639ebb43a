//! A user who still has the edition of 2021.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use workflow_runtime::workflow;

include!("../../every_construct.rs");
