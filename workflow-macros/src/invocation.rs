//! The tokens that precede the user's: the runtime's path, and the `#[cfg]` conditions that rustc has answered.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use workflow_syntax::CfgValue;

/// `[$crate] tokens..`, as the runtime's `workflow!` writes it, or `[$crate] @ { (holds) (condition) .. } tokens..`, as
/// this macro does when it asks rustc about a `#[cfg]`.
pub(crate) struct Invocation {
    /// The runtime crate, whatever the user calls it.
    pub(crate) krate: TokenStream,
    pub(crate) known: Vec<CfgValue>,
    pub(crate) tokens: TokenStream,
}

impl Invocation {
    pub(crate) fn read(tokens: TokenStream) -> Self {
        let mut rest = tokens.into_iter().peekable();
        let krate = match rest.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => group.stream(),
            _ => return Self { krate: quote!(::workflow_runtime), known: Vec::new(), tokens: rest.collect() },
        };
        rest.next();
        let mut known = Vec::new();
        if matches!(rest.peek(), Some(TokenTree::Punct(at)) if at.as_char() == '@') {
            rest.next();
            if let Some(TokenTree::Group(group)) = rest.next() {
                known = read_known(group.stream());
            }
        }
        Self { krate, known, tokens: rest.collect() }
    }

    /// Two invocations of which rustc keeps the one that applies.
    pub(crate) fn ask(&self, condition: &TokenStream) -> TokenStream {
        let Self { krate, known, tokens } = self;
        let known = known.iter().map(|CfgValue { condition, holds }| quote!((#holds) (#condition)));
        let known = quote!(#(#known)*);
        quote! {
            #[cfg(#condition)]
            #krate::__private::__workflow! { [#krate] @ { #known (true) (#condition) } #tokens }
            #[cfg(not(#condition))]
            #krate::__private::__workflow! { [#krate] @ { #known (false) (#condition) } #tokens }
        }
    }
}

fn read_known(tokens: TokenStream) -> Vec<CfgValue> {
    let mut known = Vec::new();
    let mut groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    while let (Some(holds), Some(condition)) = (groups.next(), groups.next()) {
        known.push(CfgValue { condition, holds: holds.to_string() == "true" });
    }
    known
}
