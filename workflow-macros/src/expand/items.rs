//! The items that the user sees: the workflow, its stages, its state.

use super::{Expansion, index_of};
use crate::naming::{bare, variant};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::{GenericParam, Generics, spanned::Spanned};
use workflow_syntax as syntax;

/// `G, N`, for `use<..>` and `PhantomData`.
fn parameter_names(generics: &Generics) -> Vec<Ident> {
    let names = generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(parameter.ident.clone()),
        GenericParam::Const(parameter) => Some(parameter.ident.clone()),
        GenericParam::Lifetime(_) => None,
    });
    names.collect()
}

pub(super) fn phantom(generics: &Generics) -> TokenStream {
    let types = generics.type_params().map(|parameter| &parameter.ident);
    quote!(::core::marker::PhantomData<fn() -> (#(#types,)*)>)
}

impl Expansion<'_, '_> {
    pub(super) fn items(&self) -> TokenStream {
        if !self.model.workflow.counted {
            return self.unread_items();
        }
        let workflow = self.workflow_item();
        let stages = self.stages_item();
        let state = self.state_item();
        let implementation = self.implementation();
        let names = self.names();
        let signals = self.signal_items();
        let functions = self.functions.take();
        self.deprecating(quote!(#workflow #stages #state #signals #names #implementation #(#functions)*))
    }

    /// The items of a workflow that is `#[deprecated]` name it without a warning.
    fn deprecating(&self, items: TokenStream) -> TokenStream {
        if !self.model.workflow.attributes.passed.iter().any(|passed| passed.path().is_ident("deprecated")) {
            return items;
        }
        match syn::parse2::<syn::File>(items.clone()) {
            Ok(file) => file.items.iter().map(|item| quote!(#[allow(deprecated)] #item)).collect(),
            Err(_) => items,
        }
    }

    /// `#[doc(hidden)]`, for all that belongs to the workflow.
    fn hidden(&self) -> Option<TokenStream> {
        let is_hidden = |doc: &syn::Attribute| match &doc.meta {
            syn::Meta::List(list) => list.tokens.to_string() == "hidden",
            _ => false,
        };
        self.model.workflow.attributes.docs.iter().any(is_hidden).then(|| quote!(#[doc(hidden)]))
    }

    /// Emits a workflow whose inputs could not be read. The number of its arguments is unknown, so rustc takes it for
    /// what the rest of the crate does.
    fn unread_items(&self) -> TokenStream {
        let syntax::Workflow { attributes, visibility, name, .. } = self.model.workflow;
        let (cfgs, unread) = (&attributes.cfgs, syntax::unread_type(name.span()));
        let stages = self.stages_item();
        quote!(#(#cfgs)* #[allow(non_camel_case_types)] #visibility type #name = #unread; #stages)
    }

    fn workflow_item(&self) -> TokenStream {
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let syntax::Workflow { attributes, visibility, name, .. } = workflow;
        let (docs, cfgs, lints) = (&attributes.docs, &attributes.cfgs, self.lints());
        let passed = &attributes.passed;
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let parameters = parameter_names(generics);
        let phantom = phantom(generics);
        let picture = self.is_sound().then(|| self.picture()).map(|picture| quote!(#[doc = #picture]));
        let no_docs = docs.is_empty().then(|| format!("The workflow `{name}`.")).map(|text| quote!(#[doc = #text]));

        let service_names: Vec<_> = workflow.services.iter().map(|service| &service.name).collect();
        let service_types: Vec<_> = workflow.services.iter().map(|service| &service.ty).collect();
        let input_names: Vec<_> = workflow.inputs.iter().map(|input| &input.name).collect();
        let input_types: Vec<_> = workflow.inputs.iter().map(|input| &input.ty).collect();
        let output = &workflow.output;
        let services = self.named("services");
        let declared = self.declared();
        let (services_type, new_services) = self.services();
        let (marker, observers) = (self.named("marker"), self.named("observers"));
        let default = workflow.services.is_empty().then(|| {
            quote! {
                impl #impl_generics ::core::default::Default for #name #type_generics #clause {
                    fn default() -> Self { Self::new() }
                }
            }
        });
        quote! {
            #(#cfgs)*
            #(#docs)*
            #no_docs
            #picture
            #(#lints)*
            #(#passed)*
            #visibility struct #declared #generics #clause {
                #services: #services_type,
                #observers: #runtime::Observers,
                #marker: #phantom,
            }
            #[allow(clippy::all, clippy::pedantic)]
            impl #impl_generics #name #type_generics #clause {
                /// The workflow's graph: stages, edges, types, policies, docs, source lines.
                pub const GRAPH: &'static #runtime::Graph<'static> = <Self as #runtime::Workflow>::GRAPH;

                /// The workflow, with the services that its stages use.
                #[must_use]
                pub fn new(#(#service_names: #service_types),*) -> Self {
                    Self {
                        #services: #new_services,
                        #observers: #runtime::Observers::none(),
                        #marker: ::core::marker::PhantomData,
                    }
                }

                /// Attaches an observer, which receives every event of the runs of this value and of its later clones.
                /// Several may be attached.
                #[must_use]
                pub fn observed_by(self, observer: impl #runtime::Observer) -> Self {
                    Self { #observers: #runtime::Observers::and(self.#observers, observer), ..self }
                }

                /// Runs the workflow. The future borrows nothing and does nothing until it is polled; dropping it
                /// cancels all that is running.
                ///
                /// # Errors
                /// The first stage that failed, and why.
                pub fn run(&self, #(#input_names: #input_types),*)
                    -> impl ::core::future::Future<Output = #runtime::Result<#output, #runtime::Failure>>
                        + ::core::marker::Send + 'static + use<#(#parameters),*>
                {
                    #runtime::run::<Self>(#runtime::Clone::clone(&self.#services), #runtime::Clone::clone(&self.#observers), (#(#input_names,)*))
                }

                /// Starts the workflow on the current tokio runtime and gives a handle on it: await it for the output,
                /// look at the state, cancel it. Dropping the handle detaches the run.
                ///
                /// # Panics
                /// Outside of a tokio runtime.
                #[track_caller]
                pub fn start(&self, #(#input_names: #input_types),*) -> #runtime::Handle<Self> {
                    #runtime::start::<Self>(#runtime::Clone::clone(&self.#services), #runtime::Clone::clone(&self.#observers), (#(#input_names,)*))
                }
            }
            /// Costs a reference count.
            #[allow(clippy::all, clippy::pedantic)]
            impl #impl_generics ::core::clone::Clone for #name #type_generics #clause {
                fn clone(&self) -> Self {
                    Self {
                        #services: #runtime::Clone::clone(&self.#services),
                        #observers: #runtime::Clone::clone(&self.#observers),
                        #marker: ::core::marker::PhantomData,
                    }
                }
            }
            impl #impl_generics ::core::fmt::Debug for #name #type_generics #clause {
                fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    __formatter.write_str(::core::stringify!(#name))
                }
            }
            #default
        }
    }

    /// The workflow's `#[allow]`s and their like, for every item. (An `#[expect]` would be fulfilled by one of them
    /// only.)
    fn lints(&self) -> Vec<&syn::Attribute> {
        self.model.workflow.attributes.lints.iter().filter(|lint| !lint.path().is_ident("expect")).collect()
    }

    /// Returns the type and the constructor of the state that all runs share: the services, and the state of policies.
    /// Without any, both are `()` and no references are counted.
    fn services(&self) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let services = &self.model.workflow.services;
        let (names, types) = (services.iter().map(|service| &service.name), services.iter().map(|service| &service.ty));
        match (services.is_empty(), self.model.shared) {
            (true, 0) => (quote!(()), quote!(())),
            (false, 0) => (quote!(#runtime::Arc<(#(#types,)*)>), quote!(#runtime::Arc::new((#(#names,)*)))),
            (_, count) => (
                quote!(#runtime::Arc<(#(#types,)* #runtime::SharedPolicies,)>),
                quote!(#runtime::Arc::new((#(#names,)* #runtime::SharedPolicies::new(#count),))),
            ),
        }
    }

    pub(super) fn stage_enum(&self) -> Ident {
        format_ident!("{}Stage", self.model.workflow.name)
    }

    /// The workflow's name where its type is declared: not at the user's token alone, where rustc would propose type
    /// parameters for what is not found in its fields.
    fn declared(&self) -> Ident {
        let name = &self.model.workflow.name;
        Ident::new(&name.to_string(), Span::call_site().located_at(name.span()))
    }

    fn state_struct(&self) -> Ident {
        // As above.
        let span = Span::call_site().located_at(self.model.workflow.name.span());
        format_ident!("{}State", self.model.workflow.name, span = span)
    }

    fn stages_item(&self) -> TokenStream {
        let runtime = &self.runtime;
        let (name, visibility, lints) = (self.stage_enum(), &self.model.workflow.visibility, self.lints());
        // Two of one name are a mistake that has been reported.
        let mut seen = HashSet::new();
        let stages = self.model.stages.iter().filter(|stage| seen.insert(variant(&stage.syntax.name).to_string()));
        let stages: Vec<_> = stages.collect();
        let variants: Vec<Ident> = stages.iter().map(|stage| variant(&stage.syntax.name)).collect();
        let texts: Vec<String> = stages.iter().map(|stage| bare(&stage.syntax.name)).collect();
        let docs = stages.iter().map(|stage| {
            let docs = &stage.syntax.attributes.docs;
            let text = format!("Stage `{}`.", stage.syntax.name);
            if docs.is_empty() { quote!(#[doc = #text]) } else { quote!(#(#docs)*) }
        });
        let about = format!("The stages of [`{}`], in the order written.", self.model.workflow.name);
        let formatter = self.named("formatter");
        // Tables and loops over them: arms and calls, one a stage, would cost the compiler much more.
        let names = self.named("NAMES");
        let (display, found) = if variants.is_empty() {
            (quote!(match *self {}), quote!(#runtime::Option::None))
        } else {
            (
                quote!(#formatter.pad(Self::#names[*self as usize])),
                quote!(::core::iter::Iterator::position(&mut Self::#names.iter(), |__name| *__name == __text)),
            )
        };
        let all = variants.len();
        let hidden = self.hidden();
        quote! {
            #[doc = #about]
            #hidden
            #(#lints)*
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::hash::Hash)]
            #visibility enum #name { #(#docs #variants,)* }
            #[allow(clippy::all, clippy::pedantic)]
            impl #name {
                /// All of them.
                pub const ALL: [Self; #all] = [#(Self::#variants),*];
                const #names: [&'static str; #all] = [#(#texts),*];
            }
            /// The name as written.
            #[allow(clippy::all, clippy::pedantic, unused_variables)]
            impl ::core::fmt::Display for #name {
                fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #display }
            }
            #[allow(clippy::all, clippy::pedantic)]
            impl ::core::str::FromStr for #name {
                type Err = #runtime::UnknownStage;
                fn from_str(__text: &str) -> #runtime::Result<Self, Self::Err> {
                    let __found: #runtime::Option<usize> = #found;
                    match __found {
                        #runtime::Option::Some(__found) => #runtime::Result::Ok(Self::ALL[__found]),
                        #runtime::Option::None => #runtime::Result::Err(#runtime::unknown_stage(__text)),
                    }
                }
            }
        }
    }

    fn state_item(&self) -> TokenStream {
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let (name, visibility, lints) = (self.state_struct(), &workflow.visibility, self.lints());
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let phantom = phantom(generics);
        let marker = self.named("marker");
        let mut seen = HashSet::new();
        let stages: Vec<_> =
            (0..self.model.stages.len()).filter(|&stage| seen.insert(self.stage_name(stage).to_string())).collect();
        let fields: Vec<_> = stages.iter().map(|&stage| self.stage_name(stage)).collect();
        let types = stages.iter().map(|&stage| {
            let ty = self.stage_type(stage);
            let items = self.model.items_around(self.model.stages[stage].scope).len();
            (0..items).fold(quote!(#runtime::StageState<#ty>), |inner, _| quote!(#runtime::ItemStates<#inner>))
        });
        // Constants and a table, since each call would have the compiler look at all that is to be dropped if it
        // panics.
        let is_item = |stage: usize| !self.model.items_around(self.model.stages[stage].scope).is_empty();
        let new = stages.iter().map(|&stage| match is_item(stage) {
            true => quote!(#runtime::ItemStates::WAITING),
            false => quote!(#runtime::StageState::WAITING),
        });
        let seen = stages.iter().map(|&stage| {
            let (field, index) = (self.stage_name(stage), index_of(stage));
            match is_item(stage) {
                true => quote!(#index => #runtime::StateEntry::Items(&self.#field),),
                false => quote!(#index => #runtime::StateEntry::Stage(self.#field.cell()),),
            }
        });
        let (stage_enum, names) = (self.stage_enum(), self.named("NAMES"));
        let docs = fields.iter().map(|name| format!("Stage `{name}`."));
        let about =
            format!("The state of a running [`{}`]: what has become of each stage, and its output.", workflow.name);
        let hidden = self.hidden();
        quote! {
            #[doc = #about]
            #hidden
            #[allow(clippy::pub_underscore_fields)]
            #(#lints)*
            #visibility struct #name #generics #clause {
                #(#[doc = #docs] pub #fields: #types,)*
                #marker: #phantom,
            }
            #[allow(clippy::all, clippy::pedantic)]
            impl #impl_generics ::core::default::Default for #name #type_generics #clause {
                fn default() -> Self {
                    Self { #(#fields: #new,)* #marker: ::core::marker::PhantomData }
                }
            }
            #[doc(hidden)]
            impl #impl_generics #runtime::States for #name #type_generics #clause {
                fn seen(&self, __stage: #runtime::StageId) -> #runtime::StateEntry<'_> {
                    match __stage.0 { #(#seen)* _ => #runtime::StateEntry::Nothing }
                }
            }
            #[allow(clippy::all, clippy::pedantic)]
            impl #impl_generics ::core::fmt::Debug for #name #type_generics #clause {
                fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #runtime::debug_states(__formatter, ::core::stringify!(#name), &#stage_enum::#names, self)
                }
            }
        }
    }

    fn implementation(&self) -> TokenStream {
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let durable = self.durable_implementation();
        let (name, state_struct, stage_enum) = (&workflow.name, self.state_struct(), self.stage_enum());
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let input_types = workflow.inputs.iter().map(|input| &input.ty);
        let output = &workflow.output;
        // A type that is more private than the workflow is reported where it stands.
        let place = |bindings: &[syntax::Binding]| bindings.first().map_or_else(Span::call_site, |one| one.ty.span());
        let (services_type, _) = self.services();
        let input_type = quote_spanned!(place(&workflow.inputs)=> type Input = (#(#input_types,)*););
        let output_type = quote_spanned!(output.span()=> type Output = #output;);
        let services_type = quote_spanned!(place(&workflow.services)=> type Services = #services_type;);
        let graph = self.graph();
        let input = self.named("input");
        let bodies = self.in_bodies();
        let machine = if self.is_sound() { bodies.machine() } else { bodies.sketch() };
        self.functions.replace(bodies.functions.take());
        let (frame, state, services) = (self.frame(), self.named("state"), self.named("services"));
        let (view, plain, shown) = (self.view(), self.named("UNOBSERVED"), self.named("OBSERVED"));
        let observers = self.named("observers");
        let lints = &workflow.attributes.lints;
        let compensates = self.model.compensates;
        let (signal_types, signals) = (self.signal_types(), self.named("signals"));
        let lifetime = syn::Lifetime::new("'__run", Span::mixed_site());
        quote! {
            #durable
            #[allow(clippy::all, clippy::pedantic, unreachable_code, unused_qualifications, dropping_references)]
            #(#lints)*
            impl #impl_generics #runtime::Workflow for #name #type_generics #clause {
                #input_type
                #output_type
                type State = #state_struct #type_generics;
                type Stage = #stage_enum;
                #services_type
                const GRAPH: &'static #runtime::Graph<'static> = {
                    // As a constant of its own the compiler would look at each part of it several times.
                    static GRAPH: #runtime::Graph<'static> = #graph;
                    &GRAPH
                };
                const COMPENSATES: bool = #compensates;
                #signal_types

                fn machine<#lifetime, const #plain: usize, const #shown: usize>(
                    #frame: #runtime::Frame<#lifetime>,
                    #view: #runtime::Visibility<#plain, #shown>,
                    #state: #runtime::Option<&#lifetime #runtime::Arc<Self::State>>,
                    #services: &#lifetime Self::Services,
                    #signals: &#lifetime Self::Signals,
                    #input: Self::Input,
                ) -> impl ::core::future::Future<Output = #runtime::Result<Self::Output, #runtime::Exit>>
                    + ::core::marker::Send + #lifetime
                { #machine }

                fn parts(&self) -> (&Self::Services, &#runtime::Observers) {
                    (&self.#services, &self.#observers)
                }

                fn with_observers(self, __observers: #runtime::Observers) -> Self {
                    Self { #observers: __observers, ..self }
                }
            }
        }
    }
}
