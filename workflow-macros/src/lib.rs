//! The `workflow!` macro: tokens → syntax → model → checks → code.
//!
//! Use it as `workflow_runtime::workflow!`, whose documentation says what it takes.
#![forbid(unsafe_code)]

mod bound_names;
mod check;
mod declared;
mod diagnostics;
mod expand;
mod format_names;
mod invocation;
mod mentions;
mod mistakes;
mod model;
mod naming;
mod pipeline;
mod resolve;

/// The macro to which `workflow_runtime::workflow!` passes its tokens, after the path of its crate.
#[doc(hidden)]
#[proc_macro]
pub fn __workflow(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::run(tokens.into(), false).into()
}

/// The macro behind `workflow!` if the runtime's feature `durable` is on: workflows can run on a store.
#[doc(hidden)]
#[proc_macro]
pub fn __workflow_durable(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    pipeline::run(tokens.into(), true).into()
}
