//! Signals: their enum, queues, waits, and what stages announce.

use super::{
    Expansion,
    expectation::{Expectation, OwningScopes, TypeOwner},
};
use crate::model::{NameKind, ScopeId, StageId};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::collections::HashSet;
use workflow_graph::ScopeKind;

impl Expansion<'_, '_> {
    pub(super) fn has_signals(&self) -> bool {
        !self.model.signals.is_empty()
    }

    pub(super) fn signal_enum(&self) -> Ident {
        format_ident!("{}Signal", self.model.workflow.name)
    }

    pub(crate) fn wait(&self, signal: usize) -> Ident {
        self.note_signal(signal);
        self.local("wait", signal)
    }

    /// A closure that waits for the signal on behalf of a stage: a future of `Result<&OwnedOrShared<T>, Exit>`.
    fn signal_get(&self, signal: usize) -> Ident {
        self.note_signal(signal);
        self.local("signal", signal)
    }

    fn note_signal(&self, signal: usize) {
        if self.model.signals[signal].scope == 0 {
            self.noted.borrow_mut().signals = true;
        }
    }

    pub(super) fn announced(&self, stage: StageId) -> Ident {
        if self.model.stages[stage].scope == 0 {
            self.noted.borrow_mut().announced.insert(stage);
        }
        self.local("announced", stage)
    }

    /// A `&OwnedOrShared<T>` of the signal, awaited.
    pub(super) fn signal_held(&self, signal: usize, stage: Option<StageId>) -> TokenStream {
        let (get, number) = (self.signal_get(signal), self.number(stage));
        quote!(#get(#number).await?)
    }

    /// Binds a signal that has arrived, in a body that owns all that it needs: an expression has its value at once.
    pub(super) fn signal_arrived(&self, signal: usize, lender: &Ident) -> TokenStream {
        let (runtime, wait, get) = (&self.runtime, self.wait(signal), self.signal_get(signal));
        let ty = &self.model.signals[signal].syntax.ty;
        quote! {
            let #wait = &#runtime::Arrived::<#ty>::new(#lender);
            let #get = move |_: #runtime::StageId| ::core::future::ready(#runtime::Result::<_, #runtime::Exit>::Ok(#lender));
        }
    }

    /// The value of a signal that has arrived.
    pub(super) fn signal_peeked(&self, signal: usize) -> TokenStream {
        let wait = self.wait(signal);
        quote!(#wait.peek())
    }

    /// Bindings for a scope's signals and awaited stages, emitted before any stage of the scope starts.
    pub(super) fn waits(&self, id: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let mut waits = TokenStream::new();
        for &stage in &self.model.scopes[id].stages {
            if self.model.stages[stage].announced {
                let announced = self.announced(stage);
                waits.extend(quote!(let #announced = #runtime::Published::new(); let #announced = &#announced;));
            }
        }
        for &signal in &self.model.scopes[id].signals {
            waits.extend(self.signal_wait(id, signal));
        }
        waits
    }

    fn signal_wait(&self, id: ScopeId, signal: usize) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.signals[signal];
        let (signals, wait, get) = (self.named("signals"), self.wait(signal), self.signal_get(signal));
        let (frame, waiter) = (self.frame(), self.named("waiter"));
        let (name, ty) = (&model.syntax.name, &model.syntax.ty);
        let text = crate::naming::bare(name);
        let limit = match &model.timeout {
            Some(time) => {
                let time = self.time(time, None);
                quote!(#runtime::Option::Some(#time))
            }
            None => quote!(#runtime::Option::None),
        };
        let fallback = self.local("fallback", signal);
        let node = model.fallback.map(|scope| {
            let whose =
                self.model.by_name.get(&name.to_string()).map_or(TypeOwner::Workflow, |&name| TypeOwner::Named(name));
            self.scope(scope, &Expectation::value(quote!(#runtime::of::<#ty>()), whose), &OwningScopes::none())
        });
        let last = !self.repeats(id);
        let after = u32::try_from(self.after_here(signal).count()).unwrap_or(u32::MAX);
        let kept = self.is_durable().then(|| {
            let number = self.number(self.model.scopes[id].around);
            let payload = self.signal_payload(signal);
            let falls_back = model.fallback.is_some();
            quote!(.kept(#frame, #number, #text, #payload, #falls_back))
        });
        let (opened, got) = match node {
            None => (TokenStream::new(), quote!(#wait.get(#frame, #waiter, #text))),
            // After the wait, since the fallback may borrow whatever stands before.
            Some(node) => {
                let begin = self.named("begin");
                let keeps = self.is_durable() && model.fallback.is_some_and(|scope| self.keeps(scope));
                let take_up = keeps.then(|| quote!(#wait.take_up(#frame, #fallback, #begin).await;));
                let opened = quote! {
                    let #fallback = #runtime::Fallback::new();
                    let #fallback = &#fallback;
                    let #begin = move || async move { #runtime::Result::<_, #runtime::Exit>::Ok(#node) };
                    #take_up
                };
                (opened, quote!(#wait.get_or(#frame, #waiter, #text, #fallback, #begin)))
            }
        };
        quote! {
            let #wait = #runtime::SignalWait::new(&#signals.#name, #limit, #last, #after) #kept;
            let #wait = &#wait;
            #opened
            let #get = move |#waiter: #runtime::StageId| async move { #got.await };
        }
    }

    /// The stages of its own scope that have to end before the signal is waited for. (One around that scope has ended
    /// before it begins; a `#[lazy]` one may never run.)
    fn after_here(&self, signal: usize) -> impl Iterator<Item = StageId> {
        let model = &self.model.signals[signal];
        let named = model.after.iter().filter_map(|name| self.model.stage_named(name));
        named.filter(|&stage| {
            let stage = &self.model.stages[stage];
            stage.scope == model.scope && !stage.lazy
        })
    }

    /// Returns the signals that wait for the end of a stage.
    fn waits_after(&self, stage: StageId) -> Vec<Ident> {
        let signals = self.model.scopes[self.model.stages[stage].scope].signals.iter();
        signals
            .filter(|&&signal| self.after_here(signal).any(|on| on == stage))
            .map(|&signal| self.wait(signal))
            .collect()
    }

    /// Whether the scope may run more than once in a run: in a round, for an item, or in an attempt of a stage around
    /// it.
    fn repeats(&self, scope: ScopeId) -> bool {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if matches!(self.model.scopes[scope].kind, ScopeKind::Round | ScopeKind::Item) {
                return true;
            }
            if let Some(stage) = self.model.scopes[scope].around
                && !self.model.stages[stage].policies.retries.is_empty()
            {
                return true;
            }
            next = self.model.scopes[scope].parent;
        }
        false
    }

    /// A stage's future, published where a wait names it or where its end matters to signals. These are signals inside
    /// of the stage, signals that it may have requested, and signals that come after it.
    pub(super) fn announcing(&self, stage: StageId, future: TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.stages[stage];
        let mut future = future;
        if model.announced {
            let announced = self.announced(stage);
            future = quote!(#runtime::announcing(#announced, #future));
        }
        if model.scope == 0 {
            let signals = self.named("signals");
            let names: Vec<&Ident> = self
                .model
                .signals
                .iter()
                .filter(|signal| {
                    self.model.stage_of(0, signal.scope, self.model.scopes[signal.scope].around) == Some(stage)
                })
                .map(|signal| &signal.syntax.name)
                .collect();
            if !names.is_empty() {
                future = quote!(#runtime::publish_on_completion(#future, move || { #(#signals.#names.close();)* }));
            }
            let asked = self.model.signals.iter().filter(|signal| signal.consumers.contains(&stage));
            let asked: Vec<TokenStream> = asked
                .map(|signal| {
                    let (name, consumers) =
                        (&signal.syntax.name, u32::try_from(signal.consumers.len()).unwrap_or(u32::MAX));
                    quote!(#signals.#name.consumer_done(#consumers);)
                })
                .collect();
            if !asked.is_empty() {
                future = quote!(#runtime::publish_on_completion(#future, move || { #(#asked)* }));
            }
        }
        let waits = self.waits_after(stage);
        if !waits.is_empty() {
            future = quote!(#runtime::publish_on_completion(#future, move || { #(#waits.consumer_ended();)* }));
        }
        future
    }

    pub(super) fn is_overheard(&self, stage: StageId) -> bool {
        let model = &self.model.stages[stage];
        model.announced
            || (model.scope == 0
                && self.model.signals.iter().any(|signal| signal.scope != 0 || signal.consumers.contains(&stage)))
            || !self.waits_after(stage).is_empty()
    }

    /// A future that ends with the stage or signal of that name.
    pub(crate) fn ended(&self, name: &Ident, stage: Option<StageId>) -> TokenStream {
        let runtime = &self.runtime;
        let wait = match (self.model.stage_named(name), self.model.signal_named(name)) {
            (Some(awaited), _) => {
                let announced = self.announced(awaited);
                quote!(#announced.get().await;)
            }
            (None, Some(signal)) => {
                let held = self.signal_held(signal, stage);
                quote!(#held;)
            }
            (None, None) => TokenStream::new(),
        };
        quote!(async move { #wait #runtime::Result::<(), #runtime::Exit>::Ok(()) })
    }

    /// Signals that a `let` names, other `let`s followed.
    pub(super) fn signals_of_let(&self, binding: usize, found: &mut Vec<usize>) {
        for &name in &self.model.codes[self.model.lets[binding].value].uses {
            match self.model.names[name].kind {
                NameKind::Signal(signal) if !found.contains(&signal) => found.push(signal),
                NameKind::Let(inner) if inner != binding => self.signals_of_let(inner, found),
                _ => {}
            }
        }
    }

    // Items.

    /// The enum of the signals, where they wait, and how one is delivered.
    pub(super) fn signal_items(&self) -> TokenStream {
        if !self.has_signals() {
            return TokenStream::new();
        }
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let (name, queues, visibility) = (self.signal_enum(), self.queues(), &workflow.visibility);
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let phantom = super::items::phantom(generics);
        // Two of one name are a mistake that has been reported.
        let mut seen = HashSet::new();
        let signals = self.model.signals.iter().map(|signal| signal.syntax);
        let signals: Vec<_> =
            signals.filter(|signal| seen.insert(crate::naming::variant(&signal.name).to_string())).collect();
        let variants: Vec<Ident> = signals.iter().map(|signal| crate::naming::variant(&signal.name)).collect();
        let names: Vec<&Ident> = signals.iter().map(|signal| &signal.name).collect();
        let types: Vec<_> = signals.iter().map(|signal| &signal.ty).collect();
        let docs = signals.iter().map(|signal| {
            let docs = &signal.attributes.docs;
            let text = format!("Signal `{}`.", signal.name);
            if docs.is_empty() { quote!(#[doc = #text]) } else { quote!(#(#docs)*) }
        });
        let about = format!("What may arrive from outside while a [`{}`] runs.", workflow.name);
        let parameters: Vec<_> = generics.type_params().map(|parameter| &parameter.ident).collect();
        let never =
            (!parameters.is_empty()).then(|| quote!(#[doc(hidden)] __Never(::core::convert::Infallible, #phantom),));
        let marker = self.named("marker");
        quote! {
            #[doc = #about]
            #visibility enum #name #impl_generics #clause { #(#docs #variants(#types),)* #never }
            #[doc(hidden)]
            #[allow(missing_docs)]
            #visibility struct #queues #impl_generics #clause {
                #(#names: #runtime::SignalQueue<#types>,)*
                #marker: #phantom,
            }
            #[allow(clippy::all, clippy::pedantic)]
            impl #impl_generics ::core::default::Default for #queues #type_generics #clause {
                fn default() -> Self {
                    Self { #(#names: ::core::default::Default::default(),)* #marker: ::core::marker::PhantomData }
                }
            }
        }
    }

    fn queues(&self) -> Ident {
        format_ident!("__{}Signals", self.model.workflow.name)
    }

    /// The signal types of `impl Workflow`.
    pub(super) fn signal_types(&self) -> TokenStream {
        let runtime = &self.runtime;
        let (signals, signal, value) = (self.named("signals"), self.named("signal"), self.named("value"));
        if !self.has_signals() {
            return quote! {
                type Signal = ::core::convert::Infallible;
                type Signals = ();
                fn deliver((): &(), #signal: Self::Signal) -> #runtime::Result<(), #runtime::SignalError> {
                    match #signal {}
                }
            };
        }
        let generics = &self.model.workflow.generics;
        let (_, type_generics, _) = generics.split_for_impl();
        let (name, queues) = (self.signal_enum(), self.queues());
        if !self.is_sound() {
            return quote! {
                type Signal = #name #type_generics;
                type Signals = #runtime::Arc<#queues #type_generics>;
                fn deliver(_: &Self::Signals, _: Self::Signal) -> #runtime::Result<(), #runtime::SignalError> {
                    ::core::unreachable!()
                }
            };
        }
        let arms = self.model.signals.iter().map(|model| {
            let (ident, ty) = (&model.syntax.name, &model.syntax.ty);
            let variant = crate::naming::variant(ident);
            let accept = model.accept.map(|condition| {
                let holds = self.named("holds");
                quote!({
                    #[allow(unused_variables)]
                    let #ident: &#ty = &#value;
                    let #holds: bool = #condition;
                    if !#holds {
                        return #runtime::Result::Err(#runtime::SignalError::Refused);
                    }
                })
            });
            quote!(#name::#variant(#value) => { #accept #signals.#ident.deliver(#value) })
        });
        let never =
            (generics.type_params().next().is_some()).then(|| quote!(#name::__Never(#value, _) => match #value {},));
        quote! {
            type Signal = #name #type_generics;
            type Signals = #runtime::Arc<#queues #type_generics>;
            fn deliver(#signals: &Self::Signals, #signal: Self::Signal) -> #runtime::Result<(), #runtime::SignalError> {
                match #signal { #(#arms)* #never }
            }
        }
    }
}
