//! Runs the code in README.md and in the book as tests: `cargo test -p workflow-docs`.
//!
//! `tests/book.rs` fails if a page with Rust code is missing here.
#![forbid(unsafe_code)]

/// Makes a module of each page, whose documentation is the page.
macro_rules! pages {
    ($($name:ident = $file:literal,)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

pages! {
    readme = "../../README.md",
    getting_started = "../getting-started.md",
    guide_stages = "../guide/stages.md",
    guide_branches = "../guide/branches.md",
    guide_collections = "../guide/collections.md",
    guide_races = "../guide/races.md",
    guide_time_and_signals = "../guide/time-and-signals.md",
    guide_failures = "../guide/failures.md",
    guide_undo = "../guide/undo.md",
    guide_tasks = "../guide/tasks.md",
    guide_observing = "../guide/observing.md",
    guide_testing = "../guide/testing.md",
    guide_durable = "../guide/durable.md",
    upgrading = "../upgrading.md",
    reference_grammar = "../reference/grammar.md",
    reference_expressions = "../reference/expressions.md",
    reference_execution = "../reference/execution.md",
    reference_generated = "../reference/generated.md",
    patterns = "../patterns.md",
    format = "../format.md",
    internals_store = "../internals/store.md",
    workflow_graph = "../../workflow-graph/README.md",
    workflow_runtime = "../../workflow-runtime/README.md",
}
