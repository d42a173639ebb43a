//! Every message in one place, and the accumulator that holds them until the end.
//!
//! A message is lowercase, has no full stop, and ends in at most one line `help: ..` that can be pasted.

use proc_macro2::{Span, TokenStream};
use std::cell::RefCell;

/// What has been found so far. It must be read with [`Diagnostics::finish`].
pub(crate) struct Diagnostics {
    found: RefCell<Option<Vec<Diagnostic>>>,
}

/// One thing to tell, at one place.
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    pub(crate) error: syn::Error,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Severity {
    Error,
    Warning,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())) }
    }

    /// A mistake at `span`.
    pub(crate) fn error(&self, span: Span, message: impl std::fmt::Display) {
        self.push(Severity::Error, syn::Error::new(span, message));
    }

    /// A mistake at all of `tokens`.
    pub(crate) fn error_at(&self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.push(Severity::Error, syn::Error::new_spanned(tokens, message));
    }

    /// A mistake that the parser found.
    pub(crate) fn syntax(&self, error: syn::Error) {
        self.push(Severity::Error, error);
    }

    pub(crate) fn warning(&self, span: Span, message: impl std::fmt::Display) {
        self.push(Severity::Warning, syn::Error::new(span, message));
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.found.borrow().iter().flatten().any(|found| found.severity == Severity::Error)
    }

    /// All that was found, in the order found.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.found.take().unwrap_or_default()
    }

    fn push(&self, severity: Severity, error: syn::Error) {
        if let Some(found) = &mut *self.found.borrow_mut() {
            found.push(Diagnostic { severity, error });
        }
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        if self.found.get_mut().is_some() && !std::thread::panicking() {
            panic!("diagnostics were dropped unread");
        }
    }
}

/// `compile_error!`s for what is an error.
pub(crate) fn errors(found: &[Diagnostic]) -> TokenStream {
    found.iter().filter(|one| one.severity == Severity::Error).map(|one| one.error.to_compile_error()).collect()
}
