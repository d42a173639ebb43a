//! The macro's output after a mistake: the errors, and uses of all that the user's tokens name.
//!
//! rustc says nothing of a name that it can't find in a module with a `compile_error!`. So the errors stand in a module
//! of their own, and names outside of it are checked as ever. A path into it, if nothing is there, is whatever the rest
//! of the crate makes of it. That path is the type of what could not be read.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::collections::{BTreeMap, HashSet};
use workflow_syntax::{
    diagnostics::{Diagnostic, order_written},
    is_unread_word,
};

/// The places of the mistakes found so far.
pub(crate) struct Mistakes {
    places: HashSet<(usize, usize, String)>,
}

impl Mistakes {
    pub(crate) fn new(spans: &[Span]) -> Self {
        Self { places: spans.iter().map(|span| place(*span)).collect() }
    }

    /// Whether there is no mistake at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether one of them stands at one of the tokens.
    pub(crate) fn is_in(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => self.places.contains(&place(group.span_open())) || self.is_in(group.stream()),
            token => self.places.contains(&place(token.span())),
        })
    }
}

/// Returns the start of a span. For rust-analyzer each lies at the start of the file, so there its own words tell it from
/// others. No workflow of rustc's lies there, because the name of the macro does.
fn place(span: Span) -> (usize, usize, String) {
    let start = span.start();
    let words = if (start.line, start.column) == (1, 0) { format!("{span:?}") } else { String::new() };
    (start.line, start.column, words)
}

/// The name of the module, which differs between the invocations of one file.
fn module(found: &[Diagnostic]) -> Ident {
    let place = found.first().map_or_else(Span::call_site, |first| first.error.span()).start();
    format_ident!("__mistakes_{}_{}", place.line, place.column, span = Span::mixed_site())
}

/// `items` and the errors, in the order written. `whole`: each workflow has its items, so that what the rest of the
/// module names of them is there.
pub(crate) fn told(items: TokenStream, found: &[Diagnostic], user: &TokenStream, whole: bool) -> TokenStream {
    if found.is_empty() {
        return items;
    }
    let module = module(found);
    let items = readable(items, &module);
    let spans: Vec<Span> = found.iter().map(|one| one.error.span()).collect();
    let errors = order_written(&spans).into_iter().map(|one| found[one].error.to_compile_error());
    let errors: Vec<TokenStream> = errors.collect();
    // rustc tells the same error at the same place once.
    let outside = if whole { &[] } else { &errors[..] };
    let mut words = BTreeMap::new();
    words_of(user, &mut words);
    let (words, around) = (words.values(), quote!(super));
    quote! {
        #items
        #(#outside)*
        #[doc(hidden)]
        #[allow(warnings, clippy::all, clippy::pedantic)]
        mod #module {
            use #around::*;
            #(#errors)*
            /// An import that the workflow names is no unused one, even where the mistake hides it.
            mod words { use #around::{#(#words as _),*}; }
        }
    }
}

/// Every name, once.
fn words_of(tokens: &TokenStream, words: &mut BTreeMap<String, Ident>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => words_of(&group.stream(), words),
            TokenTree::Ident(word) if syn::parse2::<Ident>(TokenTree::from(word.clone()).into()).is_ok() => {
                words.entry(word.to_string()).or_insert(word);
            }
            _ => {}
        }
    }
}

/// Puts a type in the module of the errors in the place of each type that could not be read.
fn readable(tokens: TokenStream, module: &Ident) -> TokenStream {
    let mut read = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), readable(group.stream(), module));
                inner.set_span(group.span());
                read.extend([TokenTree::Group(inner)]);
            }
            TokenTree::Ident(word) if is_unread_word(&word) => read.extend(quote!(#module::Unread)),
            token => read.extend([token]),
        }
    }
    read
}
