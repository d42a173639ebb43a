//! The runtime has another name here.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use wf::workflow;

include!("../../every_construct.rs");
