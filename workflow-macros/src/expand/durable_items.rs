//! The items of a durable workflow: how its values are stored, and its trait.

use super::{Expansion, fingerprint::fingerprint};
use crate::check::renames;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// `impl Durable`
impl Expansion<'_, '_> {
    /// Returns the encodings of inputs, signals and the output, in this order: each is named once, where its type is
    /// written.
    fn payloads(&self) -> (TokenStream, TokenStream) {
        let (workflow, runtime) = (self.model.workflow, &self.runtime);
        let inputs = workflow.inputs.iter().map(|input| (&input.ty, self.mark_of(&input.name)));
        let signals = self.model.signals.iter().map(|signal| (&signal.syntax.ty, self.mark_of(&signal.syntax.name)));
        let output = [(&workflow.output, quote!(Self))];
        let all: Vec<_> = inputs.chain(signals).chain(output).collect();
        let types = all.iter().map(|(ty, _)| quote!(#runtime::durable::Payload<#ty>));
        let values = all.iter().map(|(ty, mark)| {
            let runtime = self.runtime_at(ty.span());
            quote_spanned!(ty.span()=> #runtime::durable::stored::<#mark, #ty>())
        });
        (quote!((#(#types,)*)), quote!((#(#values,)*)))
    }

    /// Returns the encoding of values of a signal.
    pub(super) fn signal_payload(&self, signal: usize) -> TokenStream {
        let (runtime, place) = (&self.runtime, syn::Index::from(self.model.workflow.inputs.len() + signal));
        quote!(<Self as #runtime::durable::Durable>::payloads().#place)
    }

    pub(super) fn durable_implementation(&self) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let name = &workflow.name;
        let (types, values) = self.payloads();
        let (encode, decode) = self.input_functions();
        let output_place = syn::Index::from(workflow.inputs.len() + self.model.signals.len());
        let (values, encode, decode, output, signal_functions) = if self.is_sound() {
            (values, encode, decode, quote!(Self::payloads().#output_place), self.durable_signals())
        } else {
            // Never called: the rest of the crate is checked against it.
            let signal_functions = quote! {
                fn accept(_: &Self::Signal) -> #runtime::Result<(), #runtime::SignalError> { ::core::unreachable!() }
                fn encode_signal(_: &Self::Signal) -> #runtime::Result<(&'static str, #runtime::Vec<u8>), #runtime::BoxError> {
                    ::core::unreachable!()
                }
                fn deliver_stored(_: &Self::Signals, _: &str, _: &[u8], _: i64) -> #runtime::durable::Delivered {
                    ::core::unreachable!()
                }
            };
            let never = quote!(::core::unreachable!());
            (never.clone(), never.clone(), never.clone(), never, signal_functions)
        };
        let (bytes, inputs) = (self.named("bytes"), self.named("inputs"));
        let former_name = match renames::former(&workflow.attributes) {
            Some(former) => {
                let former = crate::naming::bare(former);
                quote!(#runtime::Option::Some(#former))
            }
            None => quote!(#runtime::Option::None),
        };
        let former_sites = self.former_sites().into_iter().map(|(stage, before, now)| quote!((#stage, #before, #now)));
        let former = self.former_names();
        let former = former.iter().map(|(old, new)| quote!((#old, #new)));
        let former_texts = self.former_texts();
        let plain = self.plain_sites();
        let build = fingerprint(&self.source.to_string());
        let given = self.named("given");
        let start = match &workflow.inputs[..] {
            [one] => {
                let ty = &one.ty;
                let start = quote_spanned!(ty.span()=> type Start = #ty;);
                quote!(#start fn inputs(#given: Self::Start) -> Self::Input { (#given,) })
            }
            _ => quote!(type Start = Self::Input; fn inputs(#given: Self::Start) -> Self::Input { #given }),
        };
        quote! {
            #[allow(clippy::all, clippy::pedantic, unused_variables)]
            impl #impl_generics #runtime::durable::Durable for #name #type_generics #clause {
                const FORMER_NAME: #runtime::Option<&'static str> = #former_name;
                const FORMER: &'static [(&'static str, &'static str)] = &[#(#former),*];
                const BUILD: u64 = #build;
                const FORMER_SITES: &'static [(&'static str, &'static str, &'static str)] = &[#(#former_sites),*];
                const FORMER_TEXTS: &'static [(&'static str, &'static str, &'static [&'static str])] = &[#(#former_texts),*];
                const PLAIN: &'static [(&'static str, &'static str)] = &[#(#plain),*];
                #start
                type Payloads = #types;
                fn payloads() -> Self::Payloads { #values }
                fn encode_input(#inputs: &Self::Input) -> #runtime::Result<#runtime::Vec<u8>, #runtime::BoxError> { #encode }
                fn decode_input(#bytes: &[u8]) -> #runtime::Result<Self::Input, #runtime::BoxError> { #decode }
                fn output() -> #runtime::durable::Payload<Self::Output> { #output }
                #signal_functions
            }
        }
    }

    /// The bodies of `encode_input` and `decode_input`.
    fn input_functions(&self) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let (bytes, inputs, payloads, parts) =
            (self.named("bytes"), self.named("inputs"), self.named("payloads"), self.named("parts"));
        let places: Vec<_> = (0..self.model.workflow.inputs.len()).map(syn::Index::from).collect();
        let encode = quote! {
            let #payloads = Self::payloads();
            #runtime::Result::Ok(#runtime::durable::join(&[#(#payloads.#places.write(&#inputs.#places)?),*]))
        };
        let count = places.len();
        let decode = quote! {
            let #payloads = Self::payloads();
            let #parts = #runtime::durable::split(#bytes, #count)?;
            #runtime::Result::Ok((#(#payloads.#places.read(&#parts[#places])?,)*))
        };
        (encode, decode)
    }

    fn durable_signals(&self) -> TokenStream {
        let runtime = &self.runtime;
        let (signals, signal, value) = (self.named("signals"), self.named("signal"), self.named("value"));
        let (text, payload, number) = (self.named("text"), self.named("payload"), self.named("number"));
        let enumeration = self.signal_enum();
        let accepts = self.model.signals.iter().map(|model| {
            let (ident, ty, variant) =
                (&model.syntax.name, &model.syntax.ty, crate::naming::variant(&model.syntax.name));
            let accept = model.accept.map(|condition| {
                let holds = self.named("holds");
                quote!(
                    let #ident: &#ty = #value;
                    let #holds: bool = #condition;
                    if !#holds { return #runtime::Result::Err(#runtime::SignalError::Refused); }
                )
            });
            quote!(#enumeration::#variant(#value) => { #accept })
        });
        let encodes = self.model.signals.iter().enumerate().map(|(place, model)| {
            let (variant, text) = (crate::naming::variant(&model.syntax.name), crate::naming::bare(&model.syntax.name));
            let stored = self.signal_payload(place);
            quote!(#enumeration::#variant(#value) => #runtime::Result::Ok((#text, #stored.write(#value)?)),)
        });
        let delivers = self.model.signals.iter().enumerate().map(|(place, model)| {
            let (ident, text) = (&model.syntax.name, crate::naming::bare(&model.syntax.name));
            let stored = self.signal_payload(place);
            quote!(#text => #runtime::durable::deliver(&#signals.#ident, #stored, #payload, #number),)
        });
        let (accepts, encodes) = if self.has_signals() {
            let never = (self.model.workflow.generics.type_params().next().is_some())
                .then(|| quote!(#enumeration::__Never(#value, _) => match *#value {},));
            (quote!(match #signal { #(#accepts)* #never }), quote!(match #signal { #(#encodes)* #never }))
        } else {
            (quote!(match *#signal {}), quote!(match *#signal {}))
        };
        quote! {
            #[allow(unreachable_code)]
            fn accept(#signal: &Self::Signal) -> #runtime::Result<(), #runtime::SignalError> {
                #accepts
                #runtime::Result::Ok(())
            }
            fn encode_signal(#signal: &Self::Signal) -> #runtime::Result<(&'static str, #runtime::Vec<u8>), #runtime::BoxError> {
                #encodes
            }
            fn deliver_stored(#signals: &Self::Signals, #text: &str, #payload: &[u8], #number: i64) -> #runtime::durable::Delivered {
                match #text {
                    #(#delivers)*
                    _ => #runtime::durable::Delivered::Unknown,
                }
            }
        }
    }
}
