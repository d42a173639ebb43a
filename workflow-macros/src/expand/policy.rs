//! The layers around a stage's node: fallback and catch, deadline, retries, the timeout of each attempt.

use super::{
    Expansion,
    expectation::{Expectation, OwningScopes, TypeOwner},
};
use crate::model::{Cache, CodeId, NameKind, NodeKind, StageId, Time};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

impl Expansion<'_, '_> {
    /// A duration.
    pub(super) fn time(&self, time: &Time, stage: Option<StageId>) -> TokenStream {
        let runtime = &self.runtime;
        match time {
            Time::Nanoseconds(nanoseconds) => {
                let seconds = u64::try_from(nanoseconds / 1_000_000_000).unwrap_or(u64::MAX);
                let rest = u32::try_from(nanoseconds % 1_000_000_000).unwrap_or_default();
                quote!(#runtime::Duration::new(#seconds, #rest))
            }
            Time::Code(code) => {
                let before = self.prelude(*code, stage);
                let expr = self.model.codes[*code].expr;
                let value = self.named("duration");
                quote!({ #before let #value: #runtime::Duration = #expr; #value })
            }
        }
    }

    /// The stage's node with its policies; `of`: the type that is expected of the node.
    pub(super) fn policied(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let value = if self.is_tried_once(stage) { self.once(stage, of) } else { self.attempted(stage, of) };
        match &self.model.stages[stage].policies.cache {
            Some(cache) => self.cached(stage, cache, &value),
            None => value,
        }
    }

    /// Returns whether no policy makes attempts of the stage.
    fn is_tried_once(&self, stage: StageId) -> bool {
        let policies = &self.model.stages[stage].policies;
        policies.retries.is_empty()
            && policies.timeout.is_none()
            && policies.deadline.is_none()
            && policies.fallback.is_none()
            && policies.catch.is_none()
            && policies.breaker.is_none()
            && policies.pools.is_empty()
    }

    /// Returns whether the stage's only attempt starts with the stage itself.
    pub(super) fn is_tried_at_once(&self, stage: StageId) -> bool {
        let model = &self.model.stages[stage];
        let may_not_run = model.when.is_some() || model.policies.until.is_some() || model.policies.cache.is_some();
        !may_not_run && self.is_tried_once(stage) && self.signals_first(stage).is_empty()
    }

    /// Waits for the signals that its node begins with. No attempt begins before they are there. No timeout and no
    /// deadline counts the wait, and no permit is held for it.
    pub(crate) fn signals_first(&self, stage: StageId) -> TokenStream {
        let code = match &self.model.stages[stage].node.kind {
            NodeKind::Expression(code) | NodeKind::SleepUntil(code) => Some(*code),
            NodeKind::Match { scrutinee, .. } => Some(*scrutinee),
            NodeKind::If(branches) => branches.first().and_then(|branch| branch.condition),
            NodeKind::For(each) => Some(each.items),
            _ => None,
        };
        let mut signals = Vec::new();
        for &name in code.iter().flat_map(|&code| &self.model.codes[code].uses) {
            match self.model.names[name].kind {
                NameKind::Signal(signal) => signals.push(signal),
                NameKind::Let(binding) => self.signals_of_let(binding, &mut signals),
                _ => {}
            }
        }
        let held = signals.into_iter().map(|signal| self.signal_held(signal, Some(stage)));
        quote!(#(let _ = #held;)*)
    }

    fn once(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let mut node = self.spawned_stage(stage, of);
        if self.model.stages[stage].policies.undo.is_some() {
            let runtime = &self.runtime;
            let run = quote!(async move { #runtime::Result::<_, #runtime::Exit>::Ok(#node) });
            let run = self.in_flight(stage, run, false);
            node = quote!(#run.await?);
        }
        if self.is_tried_at_once(stage) {
            return node;
        }
        let (frame, number, waits) = (self.frame(), self.number(Some(stage)), self.signals_first(stage));
        quote!({ #waits #frame.first_attempt_started(#number); #node })
    }

    /// The value for a key that has been computed before, or else a new one.
    fn cached(&self, stage: StageId, cache: &Cache, value: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let before = self.prelude(cache.key, Some(stage));
        let key = self.model.codes[cache.key].expr;
        let (at, span, value_of_key) = (self.runtime_at(key.span()), key.span(), self.evaluated(key));
        let key = quote_spanned!(span=> #at::cache_key(#value_of_key));
        let (turn, given, hit) = (self.named("turn"), self.named("given"), self.named("hit"));
        let (services, field) = (self.named("services"), syn::Index::from(self.model.workflow.services.len()));
        let place = cache.place;
        let time_to_live = match &cache.time_to_live {
            Some(time) => {
                let time = self.time(time, Some(stage));
                quote!(#runtime::Option::Some(#time))
            }
            None => quote!(#runtime::Option::None),
        };
        let looked_up = self.busy(quote!(#runtime::cached(&#services.#field, #place, #time_to_live, #key)));
        let found = self.is_durable().then(|| {
            let (frame, number) = (self.frame(), self.number(Some(stage)));
            quote!(#runtime::durable::found_in_cache(#frame, #number);)
        });
        quote!(match { #before #looked_up.await } {
            #runtime::Cached::Hit(#given) => { #hit = true; #found #given }
            #runtime::Cached::Miss(#turn) => {
                let #given = #value;
                #turn.fill(#runtime::Clone::clone(&#given));
                #given
            }
        })
    }

    /// Attempts whose failure a `#[catch]` or a `#[fallback]` absorbs, after their completed stages are undone.
    /// `falls_back`: a fallback runs then.
    fn catch(&self, stage: StageId, attempts: &TokenStream, falls_back: bool) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let run = if self.compensates_inside(stage) {
            let (log, scope_log, around) = (self.named("log"), self.named("scope_log"), self.named("outside"));
            quote!(async move {
                let #scope_log = #frame.child_log();
                let #log = &#scope_log;
                let #around = #frame;
                #runtime::undoing(#around, (#number, "scope"), #log, async move {
                    let #frame = #around.logging(#log);
                    #attempts.await
                }).await
            })
        } else {
            attempts.clone()
        };
        let in_flight = falls_back && self.model.stages[stage].policies.undo.is_some();
        if self.is_durable() {
            let site = if falls_back { "falls-back" } else { "absorbed" };
            return quote!(#runtime::durable::absorbed_kept(#frame, (#number, #site), #in_flight, #run).await);
        }
        if in_flight {
            return quote!(#runtime::catch_in_flight(#frame, #number, #run).await);
        }
        quote!(#runtime::catch(#frame, #run).await)
    }

    /// Returns whether some stage nested in it has an undo.
    pub(super) fn compensates_inside(&self, stage: StageId) -> bool {
        let codes = self.model.stages[stage].codes.clone();
        self.model.codes[codes].iter().any(|code| code.undoes.is_some())
    }

    /// The expression's own `Result<T, E>`, wherever it runs.
    pub(crate) fn own_result(&self, stage: StageId, code: CodeId, of: &TokenStream) -> TokenStream {
        let model = &self.model.stages[stage];
        match (model.spawn, model.blocking) {
            (true, _) => self.spawned(stage, &self.typed(stage, code, of)),
            (_, true) => self.blocking(stage, of, "blocking_own"),
            _ => self.typed(stage, code, of),
        }
    }

    /// The value, or the fallback's once all attempts have failed.
    pub(crate) fn with_fallback(&self, stage: StageId, of: &TokenStream, attempts: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let Some(scope) = self.model.stages[stage].policies.fallback else {
            return quote!(#attempts.await?);
        };
        let (why, value) = (self.named("why"), self.named("value"));
        let failure = syn::Ident::new("failure", self.model.stages[stage].syntax.name.span());
        let tail = Expectation::value(of.clone(), TypeOwner::Stage(stage)).discarding(self.discards(stage));
        let mut node = self.record_choice(scope, Some(stage), ("fallback", "fallback"), &tail, &OwningScopes::none());
        if self.model.stages[stage].policies.undo.is_some() {
            let run = quote!(async move { #runtime::Result::<_, #runtime::Exit>::Ok(#node) });
            let run = self.in_flight(stage, run, false);
            node = quote!(#run.await?);
        }
        let absorbed = self.catch(stage, attempts, true);
        let told = self.compensates_inside(stage).then(|| {
            let (frame, number) = (self.frame(), self.number(Some(stage)));
            quote!(#runtime::falls_back(#frame, #number, &#why);)
        });
        quote!(match #absorbed {
            #runtime::Result::Ok(#value) => #value,
            #runtime::Result::Err(#why) => {
                let #why = #why?;
                #told
                #[allow(unused_variables)]
                let #failure = &#why;
                #node
            }
        })
    }

    /// A stage declared as `Result<T, Failure>`, or as `Result<T, E>` with the expression's own `E`. `of`: the type that is
    /// expected of it.
    pub(crate) fn caught_stage(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let frame = self.frame();
        let mark = self.mark(TypeOwner::Stage(stage));
        let content = self.named("caught");
        let ty = self.stage_type(stage);
        let span = self.model.stages[stage].syntax.ty.as_ref().map_or(self.stage_name(stage).span(), Spanned::span);
        let call = syn::Ident::new("__workflow_of_caught", span);
        let of = match self.model.stages[stage].is_optional() {
            false => quote_spanned!(span=> #call::<#mark, #ty>()),
            true => quote!(#runtime::of_caught_in::<#mark, _>(#of)),
        };
        if let (false, NodeKind::Expression(code)) =
            (self.model.stages[stage].catches_all(), &self.model.stages[stage].node.kind)
        {
            let (number, stage_policies) = (self.number(Some(stage)), self.stage_policies(stage));
            let rules = self.rules(&self.model.stages[stage].policies.retries);
            let attempts = self.attempt(stage, &self.own_result(stage, *code, &quote!(#content)), true);
            let waits = self.signals_first(stage);
            return quote!({
                let #content = #of;
                #waits
                #runtime::own_error(#frame, #number, #runtime::retry_if_error(#frame, #number, #stage_policies, #attempts, #rules, #runtime::omit_source).await)?
            });
        }
        let mut attempts = self.attempts(stage, &quote!(#content));
        // What is caught is what the fallback failed with.
        if self.model.stages[stage].policies.fallback.is_some() {
            let value = self.with_fallback(stage, &quote!(#content), &attempts);
            attempts = quote!(async move { #runtime::Result::<_, #runtime::Exit>::Ok(#value) });
        }
        let absorbed = self.catch(stage, &attempts, false);
        quote!({
            let #content = #of;
            #runtime::every_failure(#absorbed)?
        })
    }
}
