//! The `workflow!` macro: tokens → syntax → model → checks → code.
//!
//! Use it as `workflow_runtime::workflow!`, whose documentation says what it takes.
#![forbid(unsafe_code)]

mod check;
mod diagnostics;
mod expand;
mod invocation;
mod mentions;
mod model;
mod naming;
mod pipeline;
mod resolve;
mod suggest;
mod syntax;
mod text;

/// What `workflow_runtime::workflow!` hands its tokens to, with the path of its crate.
#[doc(hidden)]
#[proc_macro]
pub fn __workflow(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::run(tokens.into(), false).into()
}

/// The same where the runtime can run workflows on a store: its feature `durable`.
#[doc(hidden)]
#[proc_macro]
pub fn __workflow_durable(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::run(tokens.into(), true).into()
}
