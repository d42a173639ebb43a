//! The attempts of a stage: timeout, deadline, retries, and what each attempt takes along.

use super::{
    Expansion,
    expectation::{Discard, TypeOwner},
    expression,
};
use crate::model::{Acquire, CodeId, NodeKind, Retry, StageId, Time, Wait};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

impl Expansion<'_, '_> {
    pub(crate) fn attempted(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let policies = &self.model.stages[stage].policies;
        match policies.catch {
            Some(_) => self.caught_stage(stage, of),
            None => {
                let attempts = self.attempts(stage, of);
                self.with_fallback(stage, of, &attempts)
            }
        }
    }

    /// A `Result<T, Exit>`-valued future of all attempts.
    pub(crate) fn attempts(&self, stage: StageId, of: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let policies = &self.model.stages[stage].policies;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let stage_policies = self.stage_policies(stage);
        let judged = policies.retries.iter().any(|retry| retry.only_if.is_some());
        let own = match self.model.stages[stage].node.kind {
            NodeKind::Expression(code) if judged => Some(self.own_result(stage, code, of)),
            _ => None,
        };
        let typed = own.is_some();
        let node = own.unwrap_or_else(|| self.spawned_stage(stage, of));
        let attempts = self.attempt(stage, &node, typed);
        let attempts = match (typed, judged) {
            (true, _) => {
                let rules = self.rules(&policies.retries);
                quote!(#runtime::or_failure(#frame, #number, #runtime::retry_if_error(#frame, #number, #stage_policies, #attempts, #rules, #runtime::keep_source)))
            }
            (false, true) => {
                let rules = self.rules_of_failures(&policies.retries);
                quote!(#runtime::retry_if_failure(#frame, #number, #stage_policies, #attempts, #rules))
            }
            (false, false) => quote!(#runtime::retry(#frame, #number, #stage_policies, #attempts)),
        };
        let waits = self.signals_first(stage);
        if waits.is_empty() { attempts } else { quote!(async { #waits #attempts.await }) }
    }

    /// A closure that makes the future of one attempt.
    pub(crate) fn attempt(&self, stage: StageId, node: &TokenStream, typed: bool) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
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
                let #scope_log = #frame.child_log();
                let #log = &#scope_log;
                let #around = #frame;
                #runtime::undoing(#around, (#number, "attempt"), #log, #runtime::with_timeout(#around, #number, #limit, async move {
                    let #frame = #around.logging(#log);
                    #runtime::Result::<_, #runtime::Exit>::Ok(#node)
                })).await
            }
        } else if self.limits_inside(stage) {
            quote!(#runtime::with_timeout(#frame, #number, #limit, async move {
                #runtime::Result::<_, #runtime::Exit>::Ok(#node)
            }).await)
        } else {
            quote!(#runtime::Result::<_, #runtime::Exit>::Ok(#node))
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
            let #place = #frame.place(#number, #attempt as usize - 1);
            let #frame = #frame.again(&#place, #attempt, #block);
            #body
        });
        // Code around an attempt has room for its future more than once. Blocks within blocks would grow by a factor a
        // level, and soon be more than rustc looks into.
        let run = if block { quote!(#runtime::boxed_attempt(#run)) } else { run };
        quote!(move |#attempt: u32| #run)
    }

    /// Whether each attempt looks at its timeout itself: permits are waited for outside of it, and what a late attempt
    /// did is undone before the next.
    fn limits_inside(&self, stage: StageId) -> bool {
        let policies = &self.model.stages[stage].policies;
        self.compensates_inside(stage) || policies.breaker.is_some() || !policies.pools.is_empty()
    }

    fn runs_elsewhere(&self, stage: StageId) -> bool {
        self.model.stages[stage].spawn || self.model.stages[stage].blocking
    }

    /// Returns the code that takes permits along into a task, and the code that keeps them there. A task may run on
    /// after its stage is dropped, so it holds its permits itself.
    pub(super) fn permits_along(&self, stage: StageId) -> (TokenStream, TokenStream) {
        if self.model.stages[stage].policies.pools.is_empty() {
            return Default::default();
        }
        let (runtime, shared, along) = (&self.runtime, self.named("shared_permits"), self.named("along"));
        (quote!(let #along = #runtime::Clone::clone(#shared);), quote!(let _ = &#along;))
    }

    /// An attempt with its breaker and its permits: `body` gives a `Result<_, Exit>`.
    fn guarded(&self, stage: StageId, body: &TokenStream, typed: bool) -> TokenStream {
        let runtime = &self.runtime;
        let policies = &self.model.stages[stage].policies;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let mut body = body.clone();
        if !policies.pools.is_empty() {
            let (permits, given) = (self.named("permits"), self.named("given"));
            let mut before = TokenStream::new();
            let pools = policies.pools.iter().map(|Acquire { pool, permits }| {
                before.extend(self.prelude(*pool, Some(stage)));
                let pool = self.model.codes[*pool].expr;
                let count = match permits {
                    Some(permits) => {
                        before.extend(self.prelude(*permits, Some(stage)));
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
            // A stage that waits for a permit keeps its instance in memory: once evicted, nothing would wake it.
            let acquired = self.busy(quote!(#runtime::acquire_all(&[#(#pools),*])));
            body = quote!({
                let #permits = { #before #runtime::permits(#frame, #number, #acquired).await? };
                #share
                let #given = #body;
                ::core::mem::drop(#permits);
                #given
            });
        }
        if let Some(breaker) = &policies.breaker {
            let before = self.prelude(breaker.failures, Some(stage));
            let failures = self.count(breaker.failures);
            let cooldown = self.time(&breaker.cooldown, Some(stage));
            let (services, field) = (self.named("services"), syn::Index::from(self.model.workflow.services.len()));
            let place = breaker.place;
            let (value, good) = (self.named("value"), typed);
            let good = if good { quote!(|#value| #value.is_ok()) } else { quote!(|_| true) };
            let stage_policies = self.named("stage_policies");
            body = quote!({
                #before
                let #stage_policies = (#failures, #cooldown);
                #runtime::with_breaker(#frame, #number, &#services.#field, #place, || #stage_policies, async move { #body }, #good).await
            });
        }
        body
    }

    /// The expression's own `Result<T, E>`, evaluated on the task of the workflow, so that retry rules can look at the
    /// `E`.
    pub(crate) fn typed(&self, stage: StageId, code: CodeId, of: &TokenStream) -> TokenStream {
        let (frame, number, mark) = (self.frame(), self.number(Some(stage)), self.mark(TypeOwner::Stage(stage)));
        let (before, context) = (self.names_before(code, Some(stage)), self.context_before(code, Some(stage)));
        let expression = self.expression(code, of, TypeOwner::Stage(stage));
        let span = self.model.codes[code].expr.span();
        let runtime = self.runtime_at(span);
        let (of, kept) = match self.discards(stage) {
            Discard::All => (quote!(#runtime::of_any()), quote!(.map(::core::mem::drop))),
            _ => (of.clone(), TokenStream::new()),
        };
        let call =
            quote_spanned!(span=> #runtime::fallible_expression(#runtime::PhantomData::<#mark>, #of, #expression));
        let run = self.named("run");
        let (fresh, call) = (self.await_restored(code, Some(stage)), self.evaluating(call));
        if expression::drops_temporaries(self.model.codes[code].expr) {
            quote!({ #before #fresh #context #frame.at(#number); let #run = #call; let #run = #run.await #kept; #run })
        } else {
            quote!({ #before #fresh #context #frame.at(#number); let #run = #call.await #kept; #run })
        }
    }

    /// Returns which rules apply to an expression's own error.
    pub(crate) fn rules(&self, retries: &[Retry<'_>]) -> TokenStream {
        let error = self.named("error");
        let rules = self.rules_by(retries, |path| {
            // rustc lets the error stand at the path only where the argument comes from there too.
            let local = syn::Ident::new("__workflow_error", path.span());
            quote_spanned!(path.span()=> { let #local = #error; #path(#local) })
        });
        let rule = self.named("rule");
        quote!(|#error, #rule: usize| #rules)
    }

    /// Returns which rules apply to the failure of a stage that is no single expression.
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

    pub(crate) fn stage_policies(&self, stage: StageId) -> TokenStream {
        let policies = &self.model.stages[stage].policies;
        // Where more than the expression stands inside an attempt, the timeout stands there too.
        let timeout = policies.timeout.as_ref().filter(|_| !self.limits_inside(stage));
        self.policies_of(&policies.retries, timeout, policies.deadline.as_ref(), stage)
    }

    pub(super) fn policies_of(
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
        quote!(#runtime::StagePolicies { retries: [#(#retries),*].into(), timeout: #timeout, deadline: #deadline })
    }

    fn retry(&self, retry: &Retry<'_>, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let before = self.prelude(retry.more, Some(stage));
        let more = self.number_of(self.model.codes[retry.more].expr);
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
            #runtime::RetryRule {
                retry: #runtime::Retry::new(#runtime::times(#more)).with_wait(#wait).jitter(#runtime::Jitter::#jitter),
                conditional: #conditional,
            }
        })
    }
}
