//! What the runtime's `workflow!` puts before the user's tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// `[$crate] tokens..`
pub(crate) struct Invocation {
    /// The runtime crate, whatever the user calls it.
    pub(crate) krate: TokenStream,
    pub(crate) tokens: TokenStream,
}

impl Invocation {
    pub(crate) fn read(tokens: TokenStream) -> Self {
        let mut rest = tokens.into_iter();
        let krate = match rest.next() {
            Some(TokenTree::Group(group)) => group.stream(),
            other => {
                let tokens = other.into_iter().chain(rest).collect();
                return Self { krate: quote!(::workflow_runtime), tokens };
            }
        };
        Self { krate, tokens: rest.collect() }
    }
}
