//! A stage with an undo: its future owns all that it needs, and so does what reverses it.

use super::{Expansion, expectation::TypeOwner, expression};
use crate::{
    model::{NodeKind, StageId},
    resolve,
};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

impl Expansion<'_, '_> {
    /// `body`: an expression for an `async` body that gives `(output, whether there is something to undo)`.
    pub(super) fn compensable(&self, stage: StageId, prelude: &TokenStream, body: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let (lend, bind) = self.loans(stage, false);
        let (state, owned, detached) = (self.named("state"), self.named("owned"), self.named("detached"));
        let (take, give) = self.returned_owned();
        let (arm_lend, arm) = self.arm_undo(stage);
        let on_attempt = self.model.stages[stage].policies.undo.as_ref().is_some_and(|undo| undo.on_attempt);
        let keeps = (!on_attempt).then(|| self.names_own(stage)).map(|keeps| quote!(#keeps,));
        let protected = if on_attempt { quote!(compensable_from_attempt) } else { quote!(compensable) };
        quote!({
            #arm_lend
            #lend
            let #owned = #state.cloned();
            #take
            #runtime::#protected(#frame, #number, #keeps move |#detached| async move {
                let #frame = #detached.frame();
                let #state = #owned.as_ref();
                #give
                #bind
                #prelude
                #runtime::Result::<_, #runtime::Exit>::Ok(#body)
            }, #arm).await?
        })
    }

    /// Protects the stage's own attempt `run`, a future of a `Result`, from being dropped while it is running. Without
    /// an undo it may be dropped.
    pub(super) fn in_flight(&self, stage: StageId, run: TokenStream, limited: bool) -> TokenStream {
        let model = &self.model.stages[stage];
        if model.policies.undo.is_none() {
            return run;
        }
        let (runtime, frame) = (&self.runtime, self.frame());
        let grace = match model.node.kind {
            NodeKind::Sleep(_) | NodeKind::SleepUntil(_) => quote!(None),
            _ if limited => quote!(OwnTimeout),
            _ => quote!(Fixed),
        };
        quote!(#runtime::in_flight(#frame, #runtime::GracePeriod::#grace, #run))
    }

    /// Returns whether the undo names the stage's own output.
    fn names_own(&self, stage: StageId) -> bool {
        let undo = self.model.stages[stage].policies.undo.as_ref();
        undo.is_some_and(|undo| self.model.codes[undo.action].uses.contains(&self.model.stages[stage].name))
    }

    /// Returns the values lent to the closure that undoes the stage, and the closure.
    fn arm_undo(&self, stage: StageId) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let Some(undo) = &self.model.stages[stage].policies.undo else { return Default::default() };
        let (frame, number, mark) = (self.frame(), self.number(Some(stage)), self.mark(TypeOwner::Stage(stage)));
        let names = resolve::names_of_undo(self.model, stage);
        let (lend, bind) = self.loans_of((stage, false), &names, &undo.replays, "undo_loan");
        let detached = self.named("detached");
        let expr = self.model.codes[undo.action].expr;
        let span = expr.span();
        let failure = Ident::new("failure", span);
        let why = self.named("why");
        let own = self.named("own");
        let own_name = self.stage_name(stage);
        let names_own = self.names_own(stage);
        let bind_own =
            (names_own && !undo.on_attempt).then(|| quote!(let #own_name = #runtime::OwnedFrame::kept(#own.as_ref());));
        let runtime_here = self.runtime_at(span);
        let run = self.named("run");
        let before = self.prelude(undo.action, Some(stage));
        let call = quote_spanned!(span=>
            #runtime_here::undo_expression(#frame, #number, #runtime_here::PhantomData::<#mark>, #expr)
        );
        let (evaluates, call) = (self.evaluates(undo.action, Some(stage)), self.evaluating(call));
        let run = if expression::drops_temporaries(expr) {
            quote!(let #run = #call; #run.await)
        } else {
            quote!(let #run = #call.await; #run)
        };
        let stage_policies = self.policies_of(&undo.retries, undo.timeout.as_ref(), None, stage);
        let (attempt, place) = (self.named("attempt"), self.named("attempted"));
        let judged = undo.retries.iter().any(|retry| retry.only_if.is_some());
        let (attempts, rules) = if judged {
            let rules = self.rules_of_failures(&undo.retries);
            (quote!(retry_if_failure), quote!(, #rules))
        } else {
            (quote!(retry), TokenStream::new())
        };
        let parameters = if undo.on_attempt { quote!(#why, #detached) } else { quote!(#own, #why, #detached) };
        let arm = quote!(
            move |#parameters: #runtime::Arc<#runtime::OwnedFrame>| async move {
                let #frame = #detached.frame();
                let #why = &#why;
                #bind_own
                #bind
                #runtime::#attempts(#frame, #number, #stage_policies, move |#attempt: u32| async move {
                    #[allow(unused_variables)]
                    let #failure = #why;
                    let #place = #frame.place(#number, #attempt as usize - 1);
                    let #frame = #frame.again(&#place, #attempt, false);
                    #before
                    #evaluates
                    #run
                } #rules).await
            }
        );
        (lend, arm)
    }
}
