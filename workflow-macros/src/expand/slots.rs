//! Slots for the outputs of stages that a driver runs.

use super::Expansion;
use crate::model::{Local, NameKind, ScopeId, StageId};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

impl Expansion<'_, '_> {
    /// The slot of a stage of a driven scope: a place.
    pub(super) fn slot(&self, stage: StageId) -> TokenStream {
        let model = &self.model.stages[stage];
        let slots = self.slots(model.scope);
        self.slot_of(&slots, stage)
    }

    /// The slot of a stage whose scope has ended.
    pub(super) fn stored_slot(&self, stage: StageId) -> TokenStream {
        let stored = self.local("stored", self.model.stages[stage].scope);
        self.slot_of(&stored, stage)
    }

    fn slot_of(&self, slots: &Ident, stage: StageId) -> TokenStream {
        let model = &self.model.stages[stage];
        if model.scope == 0 {
            let field = self.local("slot", model.local);
            quote!(#slots.#field)
        } else {
            let field = syn::Index::from(model.local);
            quote!(#slots.#field)
        }
    }

    pub(crate) fn slot_types(&self, id: ScopeId, runtime: &TokenStream) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let slot = |&stage: &StageId| {
            let slot = if self.model.stages[stage].lazy { quote!(LazySlot) } else { quote!(Slot) };
            let ty = self.stage_type(stage);
            (quote!(#runtime::#slot<#ty>), quote!(#runtime::#slot::EMPTY))
        };
        self.model.scopes[id].stages.iter().map(slot).unzip()
    }

    pub(crate) fn slots_struct(&self) -> Ident {
        format_ident!("__{}Slots", self.model.workflow.name, span = Span::call_site())
    }

    /// The struct of the slots of the workflow's own stages. No tuple, since rustc looks through a large tuple again
    /// wherever it is named.
    pub(crate) fn slots_item(&self) -> TokenStream {
        let runtime = self.full_path();
        let name = self.slots_struct();
        let generics = &self.model.workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let phantom = super::items::phantom(generics);
        let marker = self.named("marker");
        let (types, new) = self.slot_types(0, &runtime);
        let fields: Vec<Ident> = (0..types.len()).map(|local| self.local("slot", local)).collect();
        quote! {
            #[doc(hidden)]
            #[allow(clippy::all, clippy::pedantic)]
            struct #name #impl_generics #clause { #(#fields: #types,)* #marker: #phantom }
            #[allow(clippy::all, clippy::pedantic, clippy::declare_interior_mutable_const)]
            impl #impl_generics #name #type_generics #clause {
                const EMPTY: Self = Self { #(#fields: #new,)* #marker: #runtime::PhantomData };
            }
        }
    }

    /// References to the outputs of this scope's own stages, by name.
    pub(super) fn bind_slots(&self, id: ScopeId, names: &[usize]) -> TokenStream {
        let mut bound = TokenStream::new();
        for &name in names {
            let NameKind::Stage(stage) = self.model.names[name].kind else { continue };
            if self.model.stages[stage].scope != id || self.model.stages[stage].lazy {
                continue;
            }
            let slot = self.slot(stage);
            let ident = &self.model.names[name].ident;
            bound.extend(quote!(#[allow(unused_variables)] let #ident = #slot.get();));
            if self.model.names[name].lent {
                let lender = self.lender(name);
                bound.extend(quote!(let #lender = #slot.held();));
            }
        }
        bound
    }

    /// All `let`s, in the order of their needs on each other; a closure of a later one calls that of an earlier one.
    pub(crate) fn all_bindings(&self, id: ScopeId) -> TokenStream {
        let scope = &self.model.scopes[id];
        let mut lets = self.unbound_lets(id);
        let mut bindings = TokenStream::new();
        while !lets.is_empty() {
            let next = lets.iter().position(|&binding| {
                let place = scope.lets.iter().position(|&other| other == binding).unwrap_or_default();
                let free = |on: usize| !lets.contains(&scope.lets[on]);
                scope.let_needs[place].iter().all(|need| !matches!(need.on, Local::Let(on) if !free(on)))
            });
            let binding = lets.remove(next.unwrap_or(0));
            let uses = &self.model.codes[self.model.lets[binding].value].uses;
            bindings.extend(self.binding(binding, &self.bind_slots(id, uses)));
        }
        bindings
    }
}
