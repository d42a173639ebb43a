//! Stages on a task of their own: what they take along from the run that starts them.

use super::{
    Expansion,
    expectation::{Discard, OwningScopes, TypeOwner},
};
use crate::bound_names::Binder;
use crate::model::{LetId, NameId, NameKind, NodeKind, Rebind, Source, StageId};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

impl Expansion<'_, '_> {
    /// The stage's node, on its own task where it asks for one.
    pub(super) fn spawned_stage(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let model = &self.model.stages[stage];
        if model.blocking {
            return self.blocking(stage, of, "blocking");
        }
        let node = self.node(&model.node, Some(stage), &self.stage_tail(stage, of), &OwningScopes::none());
        if model.spawn { self.spawned(stage, &node) } else { node }
    }

    /// Loans of all that the stage names, and the references that it sees on its task.
    /// `inside`: the stage has an undo, which owns all that already, and this is for its task in there.
    pub(super) fn loans(&self, stage: StageId, inside: bool) -> (TokenStream, TokenStream) {
        let names = crate::resolve::names_lent(self.model, stage);
        self.loans_of((stage, inside), &names, &self.model.stages[stage].replays, "loan")
    }

    /// Loans of those names, and of what those patterns are matched against. Inside, each is bound as it was outside,
    /// so that it can be lent again.
    pub(super) fn loans_of(
        &self,
        (stage, inside): (StageId, bool),
        names: &[NameId],
        replays: &[Rebind<'_>],
        kind: &str,
    ) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let mut lend = TokenStream::new();
        let mut bind = TokenStream::new();
        let (services, owned) = (self.named("services"), self.named(&format!("{kind}_services")));
        let mut lets = Vec::new();
        // Breakers and caches lie beside the services.
        let mut services_lent = self.shares_policies(stage);
        if services_lent {
            lend.extend(quote!(let #owned = #runtime::Clone::clone(#services);));
            bind.extend(quote!(let #services = &#owned;));
        }
        for &name in names {
            let ident = &self.model.names[name].ident;
            let loan = self.local(kind, name);
            let lender = self.lender(name);
            match self.model.names[name].kind {
                NameKind::Service(index) => {
                    if !std::mem::replace(&mut services_lent, true) {
                        lend.extend(quote!(let #owned = #runtime::Clone::clone(#services);));
                        bind.extend(quote!(let #services = &#owned;));
                    }
                    let field = syn::Index::from(index);
                    bind.extend(quote!(#[allow(unused_variables)] let #ident = &#services.#field;));
                }
                NameKind::Signal(signal) => {
                    let held = self.signal_held(signal, Some(stage));
                    lend.extend(quote!(let #loan = #held.lend();));
                    bind.extend(quote!(let #lender = &#loan; #[allow(unused_variables)] let #ident = &**#lender;));
                    bind.extend(self.signal_arrived(signal, &lender));
                }
                NameKind::Let(binding) => lets.push(binding),
                NameKind::Stage(lazy)
                    if self.model.stages[lazy].lazy
                        && !self.in_task(lazy, if inside { Some(stage) } else { self.around(lazy, stage) }) =>
                {
                    let held = self.force(lazy);
                    lend.extend(quote!(let #loan = #held.lend();));
                    bind.extend(quote!(let #lender = &#loan; #[allow(unused_variables)] let #ident = &**#lender;));
                }
                _ => {
                    lend.extend(quote!(let #loan = #lender.lend();));
                    bind.extend(quote!(let #lender = &#loan; #[allow(unused_variables)] let #ident = &**#lender;));
                }
            }
        }
        // A `let` outside of what a pattern binds comes before it, so that it does not see the pattern's names; one
        // inside comes after, since it may name them.
        for replay in replays {
            let is_inside = |binding: &LetId| match replay.binder {
                Binder::Scope(scope) => self.model.within(self.model.lets[*binding].scope, scope),
                Binder::When(_) => false,
            };
            let (then, now): (Vec<LetId>, Vec<LetId>) = lets.into_iter().partition(is_inside);
            for binding in now {
                bind.extend(self.binding(binding, &TokenStream::new()));
            }
            lets = then;
            self.replay(replay, kind, &mut lend, &mut bind);
        }
        for binding in lets {
            bind.extend(self.binding(binding, &TokenStream::new()));
        }
        (lend, bind)
    }

    /// Whether the stage or one inside it has a breaker or a cache.
    fn shares_policies(&self, stage: StageId) -> bool {
        self.model.shared > 0
            && self.model.stages.iter().enumerate().any(|(id, model)| {
                (model.policies.breaker.is_some() || model.policies.cache.is_some())
                    && self.model.enclosing(Some(id)).any(|around| around == stage)
            })
    }

    /// A `let` that the stage's task evaluates, or a pattern that it matches again, names `ctx`.
    fn looks_up_context(&self, stage: StageId) -> bool {
        let replays = self.model.stages[stage].replays.iter().filter_map(|replay| match replay.source {
            Source::Item { code, again, .. } | Source::Scrutinee { code, again, .. } => again.then_some(code),
            Source::Condition { code } => Some(code),
        });
        let names = crate::resolve::names_lent(self.model, stage);
        let lets = names.into_iter().filter_map(|name| match self.model.names[name].kind {
            NameKind::Let(binding) => Some(self.model.lets[binding].value),
            _ => None,
        });
        replays.chain(lets).any(|code| self.model.codes[code].context)
    }

    /// Returns the code that takes the workflow's `return` slot and signals along into an owned body, and the code that
    /// binds them there.
    pub(super) fn returned_owned(&self) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let (returned, signals, owned) = (self.named("returned"), self.named("signals"), self.named("owned_signals"));
        let (mut take, mut give) = (TokenStream::new(), TokenStream::new());
        if self.model.returns {
            take.extend(quote!(let #returned = #runtime::ReturnSlot::share(&#returned);));
            give.extend(quote!(let #returned = &#returned;));
        }
        if self.has_signals() {
            take.extend(quote!(let #owned = #runtime::Clone::clone(#signals);));
            give.extend(quote!(let #signals = &#owned;));
        }
        (take, give)
    }

    /// `node`, an expression for an `async` body, on a task of its own.
    pub(super) fn spawned(&self, stage: StageId, node: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.stages[stage];
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let (lend, bind) = self.loans(stage, model.policies.undo.is_some());
        let (state, owned, detached) = (self.named("state"), self.named("owned"), self.named("detached"));
        let (take, give) = self.returned_owned();
        let (take_permits, keep_permits) = self.permits_along(stage);
        quote!({
            #lend
            let #owned = #state.cloned();
            #take
            #take_permits
            #runtime::spawn(#frame, #number, move |#detached| async move {
                #keep_permits
                let #frame = #detached.frame();
                let #state = #owned.as_ref();
                #give
                #bind
                #runtime::Result::<_, #runtime::Exit>::Ok(#node)
            }).await?
        })
    }

    /// `call`: what of the runtime takes it: whether it gives the output or the expression's own `Result`.
    pub(super) fn blocking(&self, stage: StageId, of: &TokenStream, call: &str) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number, mark) = (self.frame(), self.number(Some(stage)), self.mark(TypeOwner::Stage(stage)));
        let NodeKind::Expression(code) = self.model.stages[stage].node.kind else {
            // Reported by the checks.
            return quote!(::core::unreachable!());
        };
        let (lend, bind) = self.loans(stage, self.model.stages[stage].policies.undo.is_some());
        let expr = self.model.codes[code].expr;
        let mut lets = TokenStream::new();
        for &name in &self.model.codes[code].uses {
            if let NameKind::Let(binding) = self.model.names[name].kind {
                let (ident, get) = (&self.model.names[name].ident, self.let_getter(binding));
                lets.extend(quote!(#[allow(unused_variables)] let #ident = #get();));
            }
        }
        let (guard, context) = (self.named("guard"), self.named("context"));
        let ctx = syn::Ident::new("ctx", expr.span());
        let site = &self.model.codes[code].site;
        let (context, inside) = if self.model.codes[code].context {
            (
                quote!(let #guard = #frame.context(#number, #site); let #context = #runtime::Clone::clone(&*#guard);),
                quote!(#[allow(unused_variables)] let #ctx = &#context;),
            )
        } else {
            (TokenStream::new(), TokenStream::new())
        };
        let (detach, inside_first) = if self.looks_up_context(stage) {
            let detached = self.named("detached");
            (quote!(let #detached = #frame.detach();), quote!(let #frame = #detached.frame();))
        } else {
            Default::default()
        };
        let span = expr.span();
        let runtime_here = self.runtime_at(span);
        let discards = self.discards(stage) == Discard::All;
        let own = call == "blocking_own";
        let expr = if discards && !own {
            let value = self.given_at(span);
            let settled = self.settled(&value);
            quote_spanned!(span=> { let #value = #expr; #settled.into_inner() })
        } else if self.is_coerced(code, TypeOwner::Stage(stage)) && !own {
            quote_spanned!(span=> #runtime_here::ascribe(#of, #expr))
        } else {
            quote!(#expr)
        };
        let (of, kept) = if discards && own {
            (quote!(#runtime::of_any()), quote!(.map(::core::mem::drop)))
        } else {
            (of.clone(), TokenStream::new())
        };
        let (take_permits, keep_permits) = self.permits_along(stage);
        let closure = quote!(move || { #keep_permits #inside_first #bind #inside #lets #expr });
        let (runtime, call) = (runtime_here, Ident::new(call, span));
        let call =
            quote_spanned!(span=> #runtime::#call(#frame, #number, #runtime::PhantomData::<#mark>, #of, #closure));
        let (fresh, call) = (self.await_restored(code, Some(stage)), self.evaluating(call));
        quote!({ #lend #detach #take_permits #fresh #context #call.await? #kept })
    }
}
