//! What stands around a stage's node: fallback and catch, deadline, retries, the timeout of each attempt.

use super::{
    Expansion, expression,
    node::{Discards, Ends, Tail, Whose},
};
use crate::model::{Acquire, Cache, CodeId, NameKind, NodeKind, Retry, StageId, Time, Wait};
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
                let before = self.before(*code, stage);
                let expr = self.model.codes[*code].expr;
                let value = self.named("duration");
                quote!({ #before let #value: #runtime::Duration = #expr; #value })
            }
        }
    }

    /// The stage's node with its policies; `of`: the type that the node is asked for.
    pub(super) fn policied(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let value = if self.is_tried_once(stage) { self.once(stage, of) } else { self.attempted(stage, of) };
        match &self.model.stages[stage].policies.cache {
            Some(cache) => self.cached(stage, cache, &value),
            None => value,
        }
    }

    /// No policy makes attempts of it.
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

    /// Its only attempt starts with the stage itself.
    pub(super) fn is_tried_at_once(&self, stage: StageId) -> bool {
        let model = &self.model.stages[stage];
        let may_not_run = model.when.is_some() || model.policies.until.is_some() || model.policies.cache.is_some();
        !may_not_run && self.is_tried_once(stage) && self.signals_first(stage).is_empty()
    }

    /// Waits for the signals that its node begins with: no attempt begins before they are there, no timeout and no deadline
    /// counts the wait, and no permit is held for it.
    fn signals_first(&self, stage: StageId) -> TokenStream {
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
        let mut node = self.elsewhere(stage, of);
        if self.model.stages[stage].policies.undo.is_some() {
            let runtime = &self.runtime;
            let run = quote!(async move { #runtime::Result::<_, #runtime::Stop>::Ok(#node) });
            let run = self.in_flight(stage, run, false);
            node = quote!(#run.await?);
        }
        if self.is_tried_at_once(stage) {
            return node;
        }
        let (cx, number, waits) = (self.cx(), self.number(Some(stage)), self.signals_first(stage));
        quote!({ #waits #cx.tried(#number); #node })
    }

    /// The value for a key that has been computed before, or else a new one.
    fn cached(&self, stage: StageId, cache: &Cache, value: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let before = self.before(cache.key, Some(stage));
        let key = self.evaluated(self.model.codes[cache.key].expr);
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
            let (cx, number) = (self.cx(), self.number(Some(stage)));
            quote!(#runtime::durable::found_in_cache(#cx, #number);)
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

    fn attempted(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let policies = &self.model.stages[stage].policies;
        match policies.catch {
            Some(_) => self.caught(stage),
            None => {
                let attempts = self.attempts(stage, of);
                self.with_fallback(stage, of, &attempts)
            }
        }
    }

    /// A `Result<T, Stop>`-valued future of all attempts.
    fn attempts(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let policies = &self.model.stages[stage].policies;
        let (cx, number) = (self.cx(), self.number(Some(stage)));
        let settings = self.settings(stage);
        let judged = policies.retries.iter().any(|retry| retry.only_if.is_some());
        let own = match self.model.stages[stage].node.kind {
            NodeKind::Expression(code) if judged => Some(self.own_result(stage, code, of)),
            _ => None,
        };
        let typed = own.is_some();
        let node = own.unwrap_or_else(|| self.elsewhere(stage, of));
        let attempts = self.attempt(stage, &node, typed);
        let attempts = match (typed, judged) {
            (true, _) => {
                let rules = self.rules(&policies.retries);
                quote!(#runtime::or_failure(#cx, #number, #runtime::attempts_judged(#cx, #number, #settings, #attempts, #rules, #runtime::told)))
            }
            (false, true) => {
                let rules = self.rules_of_failures(&policies.retries);
                quote!(#runtime::attempts_where(#cx, #number, #settings, #attempts, #rules))
            }
            (false, false) => quote!(#runtime::attempts(#cx, #number, #settings, #attempts)),
        };
        let waits = self.signals_first(stage);
        if waits.is_empty() { attempts } else { quote!(async { #waits #attempts.await }) }
    }

    /// A closure that makes the future of one attempt.
    fn attempt(&self, stage: StageId, node: &TokenStream, typed: bool) -> TokenStream {
        let runtime = &self.runtime;
        let (cx, number) = (self.cx(), self.number(Some(stage)));
        let (attempt, place) = (self.named("attempt"), self.named("attempted"));
        let block = !matches!(self.model.stages[stage].node.kind, NodeKind::Expression(_));
        let limit = match &self.model.stages[stage].policies.timeout {
            Some(time) if self.limits_inside(stage) => {
                let time = self.time(time, Some(stage));
                quote!(#runtime::Option::Some(#time))
            }
            _ => quote!(#runtime::Option::None),
        };
        let body = if self.compensates_inside(stage) {
            let (log, scope_log, around) = (self.named("log"), self.named("attempt_log"), self.named("around"));
            quote! {
                let #scope_log = #cx.child_log();
                let #log = &#scope_log;
                let #around = #cx;
                #runtime::undoing(#around, (#number, "attempt"), #log, #runtime::limited(#around, #number, #limit, async move {
                    let #cx = #around.logging(#log);
                    #runtime::Result::<_, #runtime::Stop>::Ok(#node)
                })).await
            }
        } else if self.limits_inside(stage) {
            quote!(#runtime::limited(#cx, #number, #limit, async move {
                #runtime::Result::<_, #runtime::Stop>::Ok(#node)
            }).await)
        } else {
            quote!(#runtime::Result::<_, #runtime::Stop>::Ok(#node))
        };
        let body = if self.model.stages[stage].policies.undo.is_some() {
            let limited = self.model.stages[stage].policies.timeout.is_some();
            let run = self.in_flight(stage, quote!(async move { #body }), limited);
            quote!(#run.await)
        } else {
            body
        };
        let body = self.guarded(stage, &body, typed);
        let run = quote!(async move {
            let #place = #cx.place(#number, #attempt as usize - 1);
            let #cx = #cx.again(&#place, #attempt, #block);
            #body
        });
        // What stands around an attempt has room for its future more than once: blocks within blocks would grow by a factor
        // a level, and soon be more than rustc looks into.
        let run = if block { quote!(#runtime::apart(#run)) } else { run };
        quote!(move |#attempt: u32| #run)
    }

    /// Whether each attempt looks at its timeout itself: permits are waited for outside of it, and what a late attempt did
    /// is undone before the next.
    fn limits_inside(&self, stage: StageId) -> bool {
        let policies = &self.model.stages[stage].policies;
        self.compensates_inside(stage) || policies.breaker.is_some() || !policies.pools.is_empty()
    }

    fn runs_elsewhere(&self, stage: StageId) -> bool {
        self.model.stages[stage].spawn || self.model.stages[stage].blocking
    }

    /// What runs elsewhere may run on when nobody waits for it any more: it holds on to its permits itself. What takes them
    /// along, and what keeps them there.
    pub(super) fn permits_along(&self, stage: StageId) -> (TokenStream, TokenStream) {
        if self.model.stages[stage].policies.pools.is_empty() {
            return Default::default();
        }
        let (runtime, shared, along) = (&self.runtime, self.named("shared_permits"), self.named("along"));
        (quote!(let #along = #runtime::Clone::clone(#shared);), quote!(let _ = &#along;))
    }

    /// An attempt with its breaker and its permits: `body` gives a `Result<_, Stop>`.
    fn guarded(&self, stage: StageId, body: &TokenStream, typed: bool) -> TokenStream {
        let runtime = &self.runtime;
        let policies = &self.model.stages[stage].policies;
        let (cx, number) = (self.cx(), self.number(Some(stage)));
        let mut body = body.clone();
        if !policies.pools.is_empty() {
            let (permits, given) = (self.named("permits"), self.named("given"));
            let mut before = TokenStream::new();
            let pools = policies.pools.iter().map(|Acquire { pool, permits }| {
                before.extend(self.before(*pool, Some(stage)));
                let pool = self.model.codes[*pool].expr;
                let count = match permits {
                    Some(permits) => {
                        before.extend(self.before(*permits, Some(stage)));
                        let count = self.count(*permits);
                        quote!(#count as usize)
                    }
                    None => quote!(1),
                };
                let runtime = self.runtime_at(pool.span());
                let pool = quote_spanned!(pool.span()=> #runtime::pool(&(#pool)));
                quote!((#pool, #count))
            });
            let pools: Vec<TokenStream> = pools.collect();
            let share = self.runs_elsewhere(stage).then(|| {
                let shared = self.named("shared_permits");
                quote! {
                    let #permits = #runtime::Arc::new(#permits);
                    let #shared = &#permits;
                }
            });
            // Who waits for others is not one who only waits: nobody would wake it.
            let acquired = self.busy(quote!(#runtime::acquire_all(&[#(#pools),*])));
            body = quote!({
                let #permits = { #before #runtime::permits(#cx, #number, #acquired).await? };
                #share
                let #given = #body;
                ::core::mem::drop(#permits);
                #given
            });
        }
        if let Some(breaker) = &policies.breaker {
            let before = self.before(breaker.failures, Some(stage));
            let failures = self.count(breaker.failures);
            let cooldown = self.time(&breaker.cooldown, Some(stage));
            let (services, field) = (self.named("services"), syn::Index::from(self.model.workflow.services.len()));
            let place = breaker.place;
            let (value, good) = (self.named("value"), typed);
            let good = if good { quote!(|#value| #value.is_ok()) } else { quote!(|_| true) };
            let settings = self.named("settings");
            body = quote!({
                #before
                let #settings = (#failures, #cooldown);
                #runtime::breaking(#cx, #number, &#services.#field, #place, || #settings, async move { #body }, #good).await
            });
        }
        body
    }

    /// What absorbs a failure undoes what was done until then first. `falls_back`: on something that runs then.
    fn absorbed(&self, stage: StageId, attempts: &TokenStream, falls_back: bool) -> TokenStream {
        let runtime = &self.runtime;
        let (cx, number) = (self.cx(), self.number(Some(stage)));
        let run = if self.compensates_inside(stage) {
            let (log, scope_log, around) = (self.named("log"), self.named("scope_log"), self.named("outside"));
            quote!(async move {
                let #scope_log = #cx.child_log();
                let #log = &#scope_log;
                let #around = #cx;
                #runtime::undoing(#around, (#number, "scope"), #log, async move {
                    let #cx = #around.logging(#log);
                    #attempts.await
                }).await
            })
        } else {
            attempts.clone()
        };
        let in_flight = falls_back && self.model.stages[stage].policies.undo.is_some();
        if self.is_durable() {
            let site = if falls_back { "falls-back" } else { "absorbed" };
            return quote!(#runtime::durable::absorbed_kept(#cx, (#number, #site), #in_flight, #run).await);
        }
        if in_flight {
            return quote!(#runtime::absorbed_in_flight(#cx, #number, #run).await);
        }
        quote!(#runtime::absorbed(#cx, #run).await)
    }

    /// Some stage nested in it has an undo.
    pub(super) fn compensates_inside(&self, stage: StageId) -> bool {
        let codes = self.model.stages[stage].codes.clone();
        self.model.codes[codes].iter().any(|code| code.undoes.is_some())
    }

    /// The expression's own `Result<T, E>`, wherever it runs.
    fn own_result(&self, stage: StageId, code: CodeId, of: &TokenStream) -> TokenStream {
        let model = &self.model.stages[stage];
        match (model.spawn, model.blocking) {
            (true, _) => self.spawned(stage, &self.typed(stage, code, of)),
            (_, true) => self.blocking(stage, of, "blocking_own"),
            _ => self.typed(stage, code, of),
        }
    }

    /// The same on the task of the workflow, so that rules can look at the `E`.
    fn typed(&self, stage: StageId, code: CodeId, of: &TokenStream) -> TokenStream {
        let (cx, number, mark) = (self.cx(), self.number(Some(stage)), self.mark(Whose::Stage(stage)));
        let (before, context) = (self.names_before(code, Some(stage)), self.context_before(code, Some(stage)));
        let expression = self.expression(code, of);
        let span = self.model.codes[code].expr.span();
        let runtime = self.runtime_at(span);
        let (of, kept) = match self.discards(stage) {
            Discards::All => (quote!(#runtime::of_any()), quote!(.map(::core::mem::drop))),
            _ => (of.clone(), TokenStream::new()),
        };
        let call = quote_spanned!(span=> #runtime::typed(#runtime::PhantomData::<#mark>, #of, #expression));
        let run = self.named("run");
        let (fresh, call) = (self.fresh(code, Some(stage)), self.evaluating(call));
        if expression::drops_temporaries(self.model.codes[code].expr) {
            quote!({ #before #fresh #context #cx.at(#number); let #run = #call; let #run = #run.await #kept; #run })
        } else {
            quote!({ #before #fresh #context #cx.at(#number); let #run = #call.await #kept; #run })
        }
    }

    /// Which rules apply to an expression's own error.
    fn rules(&self, retries: &[Retry<'_>]) -> TokenStream {
        let error = self.named("error");
        let rules = self.rules_by(retries, |path| {
            // rustc lets the error stand at the path only where the argument comes from there too.
            let local = syn::Ident::new("__workflow_error", path.span());
            quote_spanned!(path.span()=> { let #local = #error; #path(#local) })
        });
        let rule = self.named("rule");
        quote!(|#error, #rule: usize| #rules)
    }

    /// Which rules apply to the failure of what is no single expression.
    pub(super) fn rules_of_failures(&self, retries: &[Retry<'_>]) -> TokenStream {
        let (failure, rule) = (self.named("failed"), self.named("rule"));
        let runtime = &self.runtime;
        let rules = self.rules_by(retries, |path| {
            let runtime = self.runtime_at(path.span());
            quote_spanned!(path.span()=> #runtime::failed_with(#path, #failure))
        });
        quote!(|#failure: &#runtime::Failure, #rule: usize| #rules)
    }

    fn rules_by(&self, retries: &[Retry<'_>], holds: impl Fn(&syn::Path) -> TokenStream) -> TokenStream {
        let rule = self.named("rule");
        let rules = retries.iter().enumerate().map(|(index, retry)| {
            let holds = retry.only_if.map_or_else(|| quote!(true), &holds);
            quote!(#index => #holds,)
        });
        quote!(match #rule { #(#rules)* _ => false })
    }

    fn settings(&self, stage: StageId) -> TokenStream {
        let policies = &self.model.stages[stage].policies;
        // Where more than the expression stands inside an attempt, the timeout stands there too.
        let timeout = policies.timeout.as_ref().filter(|_| !self.limits_inside(stage));
        self.settings_of(&policies.retries, timeout, policies.deadline.as_ref(), stage)
    }

    pub(super) fn settings_of(
        &self,
        retries: &[Retry<'_>],
        timeout: Option<&Time>,
        deadline: Option<&Time>,
        stage: StageId,
    ) -> TokenStream {
        let runtime = &self.runtime;
        let option = |time: Option<&Time>| match time {
            Some(time) => {
                let time = self.time(time, Some(stage));
                quote!(#runtime::Option::Some(#time))
            }
            None => quote!(#runtime::Option::None),
        };
        let (timeout, deadline) = (option(timeout), option(deadline));
        let retries = retries.iter().map(|retry| self.retry(retry, stage));
        quote!(#runtime::Settings { retries: [#(#retries),*].into(), timeout: #timeout, deadline: #deadline })
    }

    fn retry(&self, retry: &Retry<'_>, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let before = self.before(retry.more, Some(stage));
        let more = self.evaluated(self.model.codes[retry.more].expr);
        let wait = match &retry.wait {
            Wait::None => quote!(#runtime::Wait::None),
            Wait::Fixed(time) => {
                let time = self.time(time, Some(stage));
                quote!(#runtime::Wait::Fixed(#time))
            }
            Wait::Exponential { first, last } => {
                let (first, last) = (self.time(first, Some(stage)), self.time(last, Some(stage)));
                quote!(#runtime::Wait::Exponential { first: #first, last: #last })
            }
        };
        let jitter = if retry.jitter { quote!(Full) } else { quote!(None) };
        let conditional = retry.only_if.is_some();
        quote!({
            #before
            #runtime::Attempted {
                retry: #runtime::Retry::new(#runtime::times(#more)).waiting(#wait).jitter(#runtime::Jitter::#jitter),
                conditional: #conditional,
            }
        })
    }

    /// The value, or the fallback's once all attempts have failed.
    fn with_fallback(&self, stage: StageId, of: &TokenStream, attempts: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let Some(scope) = self.model.stages[stage].policies.fallback else {
            return quote!(#attempts.await?);
        };
        let (why, value) = (self.named("why"), self.named("value"));
        let failure = syn::Ident::new("failure", self.model.stages[stage].syntax.name.span());
        let tail = Tail::value(of.clone(), Whose::Stage(stage)).discarding(self.discards(stage));
        let mut node = self.chosen(scope, Some(stage), ("fallback", "fallback"), &tail, &Ends::none());
        if self.model.stages[stage].policies.undo.is_some() {
            let run = quote!(async move { #runtime::Result::<_, #runtime::Stop>::Ok(#node) });
            let run = self.in_flight(stage, run, false);
            node = quote!(#run.await?);
        }
        let absorbed = self.absorbed(stage, attempts, true);
        let told = self.compensates_inside(stage).then(|| {
            let (cx, number) = (self.cx(), self.number(Some(stage)));
            quote!(#runtime::falls_back(#cx, #number, &#why);)
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

    /// A stage declared as `Result<T, Failure>`, or as `Result<T, E>` with the expression's own `E`.
    fn caught(&self, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let cx = self.cx();
        let mark = self.mark(Whose::Stage(stage));
        let content = self.named("caught");
        let ty = self.stage_type(stage);
        let span = self.model.stages[stage].syntax.ty.as_ref().map_or(self.stage_name(stage).span(), Spanned::span);
        let call = syn::Ident::new("__workflow_of_caught", span);
        let of = quote_spanned!(span=> #call::<#mark, #ty>());
        if let (false, NodeKind::Expression(code)) =
            (self.model.stages[stage].catches_all(), &self.model.stages[stage].node.kind)
        {
            let (number, settings) = (self.number(Some(stage)), self.settings(stage));
            let rules = self.rules(&self.model.stages[stage].policies.retries);
            let attempts = self.attempt(stage, &self.own_result(stage, *code, &quote!(#content)), true);
            let waits = self.signals_first(stage);
            return quote!({
                let #content = #of;
                #waits
                #runtime::own_error(#cx, #number, #runtime::attempts_judged(#cx, #number, #settings, #attempts, #rules, #runtime::untold).await)?
            });
        }
        let mut attempts = self.attempts(stage, &quote!(#content));
        // What is caught is what the fallback failed with.
        if self.model.stages[stage].policies.fallback.is_some() {
            let value = self.with_fallback(stage, &quote!(#content), &attempts);
            attempts = quote!(async move { #runtime::Result::<_, #runtime::Stop>::Ok(#value) });
        }
        let absorbed = self.absorbed(stage, &attempts, false);
        quote!({
            let #content = #of;
            #runtime::every_failure(#absorbed)?
        })
    }
}
