//! Runs the code in README.md and docs/ as tests: `cargo test -p workflow-docs`.
#![forbid(unsafe_code)]

/// README.md
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}

/// docs/language.md
#[cfg(doctest)]
#[doc = include_str!("../language.md")]
pub mod language {}

/// docs/patterns.md
#[cfg(doctest)]
#[doc = include_str!("../patterns.md")]
pub mod patterns {}

/// docs/format.md
#[cfg(doctest)]
#[doc = include_str!("../format.md")]
pub mod format {}

/// workflow-graph/README.md
#[cfg(doctest)]
#[doc = include_str!("../../workflow-graph/README.md")]
pub mod graph {}

/// workflow-runtime/README.md
#[cfg(doctest)]
#[doc = include_str!("../../workflow-runtime/README.md")]
pub mod runtime {}
