//! A task of its own matches the patterns around it again: it can't borrow what they bound.

use super::{
    Expansion,
    patterns::{self, Matched},
};
use crate::model::{CodeId, NameKind, Rebind, Source};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Pat, spanned::Spanned};

impl Expansion<'_, '_> {
    /// Emits the values lent to a task, and the pattern that the task matches again.
    pub(super) fn replay(&self, replay: &Rebind<'_>, kind: &str, lend: &mut TokenStream, bind: &mut TokenStream) {
        let runtime = &self.runtime;
        let names = &replay.bindings;
        // What the pattern binds beside them must not hide a name of the workflow's.
        let only = |pattern: TokenStream| match replay.binds_more {
            true => quote!(let (#(#names,)*) = { #pattern (#(#names,)*) };),
            false => pattern,
        };
        // An item in that place.
        let item = |pattern: &Pat, place: TokenStream| match Matched::of(&[pattern]) {
            Matched::References => {
                let pattern = patterns::in_place(pattern);
                quote!(#[allow(unused_variables)] let #pattern = #place;)
            }
            Matched::Shown | Matched::Constants => {
                quote_spanned!(pattern.span()=> #[allow(unused_variables)] let #pattern = #runtime::ByRef(&#place).__workflow_shown();)
            }
        };
        match replay.source {
            Source::Item { pattern, scope, code, again } => {
                let taken = self.local("taken", scope);
                if again {
                    let (expr, index) = (self.model.codes[code].expr, self.index(scope));
                    bind.extend(self.names_again(code));
                    let items = match self.is_durable() {
                        false => quote!(#expr),
                        true => {
                            let (frame, number) = (self.frame(), self.number(self.model.codes[code].around));
                            let fingerprinted = self.fingerprinted(&quote!(#expr));
                            quote!(#runtime::durable::in_recorded_order_again(#frame, #number, #fingerprinted))
                        }
                    };
                    bind.extend(quote!(let #taken = #runtime::reborrow_item(#items, #index);));
                    bind.extend(only(item(pattern, quote!(#taken))));
                } else {
                    let loan = self.local(&format!("{kind}_item"), scope);
                    lend.extend(quote!(let #loan = #taken.lend();));
                    bind.extend(quote!(let #taken = &#loan;));
                    bind.extend(only(item(pattern, quote!(**#taken))));
                }
            }
            Source::Scrutinee { pattern, code, again } => {
                // Alone it is no constant, which binds nothing.
                let scrutinee = if again {
                    let scrutinee = self.own_scrutinee(code, &[pattern]);
                    bind.extend(self.names_again(code));
                    bind.extend(scrutinee.keep.clone());
                    scrutinee
                } else {
                    let (kept, loan) = (self.local("kept", code), self.local(&format!("{kind}_kept"), code));
                    lend.extend(quote!(let #loan = #kept.lend();));
                    bind.extend(quote!(let #kept = &#loan;));
                    self.lent_scrutinee(code, &[pattern])
                };
                let (matched, pattern) = (&scrutinee.matched, scrutinee.pattern(pattern));
                bind.extend(quote! {
                    #[allow(unreachable_patterns, unused_variables)]
                    let (#(#names,)*) = match #matched { #pattern => (#(#names,)*), _ => ::core::unreachable!() };
                });
            }
            Source::Condition { code } => {
                let condition = self.condition(code, self.model.codes[code].expr);
                bind.extend(self.names_again(code));
                bind.extend(quote! {
                    #[allow(unused_variables)]
                    let (#(#names,)*) = if #condition { (#(#names,)*) } else { ::core::unreachable!() };
                });
            }
        }
    }

    /// Binds the `let`s and the context named by an expression that is evaluated again, since these are not lent under
    /// their own names.
    fn names_again(&self, code: CodeId) -> TokenStream {
        let mut bound = TokenStream::new();
        for &name in &self.model.codes[code].uses {
            if let NameKind::Let(binding) = self.model.names[name].kind {
                let (ident, get) = (&self.model.names[name].ident, self.local("let", binding));
                bound.extend(quote!(#[allow(unused_variables)] let #ident = #get();));
            }
        }
        if self.model.codes[code].context {
            bound.extend(self.context(code, self.model.codes[code].around));
        }
        bound
    }
}
