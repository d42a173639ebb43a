//! The machine: what `run` and `start` drive.

use super::{
    Expansion,
    expectation::{Discard, Expectation, OwningScopes, TypeOwner},
};
use crate::model::{NameKind, Time};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

impl Expansion<'_, '_> {
    /// The body of `Workflow::machine`.
    pub(super) fn machine(&self) -> TokenStream {
        let runtime = &self.runtime;
        let values = self.values();
        let input = self.named("input");
        let services = self.named("services");
        let workflow = self.model.workflow;

        let held: Vec<Ident> = (0..workflow.inputs.len()).map(|index| self.held(index)).collect();
        let mut bound = TokenStream::new();
        for (index, held) in held.iter().enumerate() {
            // Where functions start the stages they take it as it is in either view.
            let owned = match self.model.names[index].lent {
                true => quote!(#runtime::OwnedOrShared::Owned(#held).shared()),
                false if self.is_driven(0) => quote!(#runtime::OwnedOrShared::Owned(#held)),
                false => self.own(&held.to_token_stream()),
            };
            bound.extend(quote!(let #held = #owned;));
            bound.extend(self.bind_held(index));
        }
        for name in &self.model.names {
            if let NameKind::Service(index) = name.kind
                && name.used
            {
                let ident = &name.ident;
                let field = syn::Index::from(index);
                bound.extend(quote!(#[allow(unused_variables)] let #ident = &#services.#field;));
            }
        }
        let body = self.scope(0, &self.output_tail(), &OwningScopes::none());
        let body = match &self.model.deadline {
            None => body,
            Some(limit) => {
                // What the body borrows from is bound inside, since the body takes it along.
                let (frame, names) = (self.frame(), self.names_of_deadline(limit));
                let (limit, local) = (self.time(limit, None), self.named("limit"));
                let bound = std::mem::take(&mut bound);
                quote!({
                    let #local = { #names #limit };
                    #runtime::with_deadline(#frame, #local, async move { #bound #runtime::Result::<_, #runtime::Exit>::Ok(#body) }).await?
                })
            }
        };
        let body = if self.model.returns {
            let returned = self.named("returned");
            let ended = self.named("ended");
            quote! {
                let #returned = #runtime::ReturnSlot::new();
                let #ended = {
                    let #returned = &#returned;
                    async move { #bound #runtime::Result::<_, #runtime::Exit>::Ok(#body) }.await
                };
                #returned.or(#ended)
            }
        } else {
            quote!(#bound #runtime::Result::<_, #runtime::Exit>::Ok(#body))
        };
        let imports = self.imports();
        quote! {
            #imports
            #values
            async move {
                let (#(#held,)*) = #input;
                #body
            }
        }
    }

    /// Inputs and services that the workflow's deadline names, bound before all else.
    fn names_of_deadline(&self, limit: &Time) -> TokenStream {
        let Time::Code(code) = limit else { return TokenStream::new() };
        let services = self.named("services");
        let names = self.model.codes[*code].uses.iter().map(|&name| {
            let ident = &self.model.names[name].ident;
            match self.model.names[name].kind {
                NameKind::Input(index) => {
                    let held = self.held(index);
                    quote!(#[allow(unused_variables)] let #ident = &#held;)
                }
                NameKind::Service(index) => {
                    let field = syn::Index::from(index);
                    quote!(#[allow(unused_variables)] let #ident = &#services.#field;)
                }
                _ => TokenStream::new(),
            }
        });
        names.collect()
    }

    /// Imports of the functions and traits that emitted code names without a path, so that an error points at the
    /// user's token alone.
    pub(super) fn imports(&self) -> TokenStream {
        let (runtime, alias) = (self.full_path(), self.named("runtime"));
        let durable = self.is_durable().then(|| {
            quote! {
                #[allow(unused_imports)]
                use #runtime::durable::{RecallsAgain as _, RecallsReference as _, RecallsValue as _};
            }
        });
        let hiding = self.hiding();
        quote! {
            #durable
            #hiding
            #[allow(unused_imports)]
            use ::core::convert::Into as _;
            #[allow(unused_imports)]
            use #runtime as #alias;
            #[allow(unused_imports)]
            use #runtime::{
                GiveReason as _, Show as _, ShowFuture as _, of_list as __workflow_of_list, of_optional as __workflow_of_optional,
                of_caught as __workflow_of_caught, ViaFuture as _, ViaFutureOfResult as _, ViaResult as _, ViaValue as _,
            };
        }
    }

    /// Functions with the names of the workflow: a local may have the name of a function, but not that of a constant or a
    /// static, which the functions hide. What is called by such a name stays visible.
    fn hiding(&self) -> TokenStream {
        let runtime = self.full_path();
        let mut seen = std::collections::HashSet::new();
        let names = self.model.names.iter().filter(|name| {
            let text = name.ident.to_string();
            name.used && !self.model.called.contains(&text) && seen.insert(text)
        });
        let mut names = names.map(|name| &name.ident).peekable();
        if names.peek().is_none() {
            return TokenStream::new();
        }
        quote!(#[allow(unused_imports)] use #runtime::{#(hides as #names),*};)
    }

    /// The expectation placed on the workflow's own tail.
    fn output_tail(&self) -> Expectation {
        let nothing = matches!(&self.model.workflow.output, Type::Tuple(tuple) if tuple.elems.is_empty());
        let discards = if nothing { Discard::Lists } else { Discard::None };
        Expectation::value(self.output_of(), TypeOwner::Workflow).discarding(discards)
    }

    /// Types whose names the compiler's errors say.
    pub(super) fn names(&self) -> TokenStream {
        let module = self.names_module();
        let mut seen = std::collections::HashSet::new();
        let all = self.model.names.iter().map(|name| &name.ident).chain([&self.model.workflow.name]);
        let names = all.filter(|name| seen.insert(name.to_string())).map(|name| {
            let mut name = name.clone();
            name.set_span(Span::mixed_site());
            // No value: rustc should not suggest to import it after a typo.
            quote!(pub enum #name {})
        });
        quote!(
            #[allow(non_camel_case_types, non_snake_case, unreachable_pub, dead_code, missing_docs)]
            #[doc(hidden)]
            mod #module { #(#names)* }
        )
    }

    /// Every type that stages share is asked to be `Send + Sync + 'static`, once, where it is written. (Those of the
    /// stages themselves are asked where their cells are made.)
    fn values(&self) -> TokenStream {
        let workflow = self.model.workflow;
        let inputs = workflow.inputs.iter().chain(&workflow.services).map(|binding| (&binding.name, &binding.ty));
        let lets = self.model.lets.iter().map(|binding| (&binding.syntax.name, &binding.syntax.ty));
        let states = self.model.names.iter().filter_map(|name| match name.kind {
            NameKind::LoopState(round) => Some((&name.ident, self.model.scopes[round].state?)),
            _ => None,
        });
        let values = inputs.chain(lets).chain(states).map(|(name, ty): (&Ident, &Type)| {
            let runtime = self.runtime_at(ty.span());
            let mark = self.mark_of(name);
            quote_spanned!(ty.span()=> #runtime::value::<#mark, #ty>();)
        });
        quote!(#(#values)*)
    }
}
