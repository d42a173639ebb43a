//! Code that only a `#[durable]` workflow has: a hook at each stage and each choice, which is restored from its record
//! or recorded.

use super::{Expansion, expectation::TypeOwner};
use crate::model::{CodeId, NameKind, NodeKind, ScopeId, StageId};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Lifetime, spanned::Spanned};
use workflow_syntax::text;

impl Expansion<'_, '_> {
    pub(super) fn is_durable(&self) -> bool {
        self.model.durable
    }

    /// Returns the key of a choice or a timer within its stage: a hash of its words, numbered where these words occur
    /// more than once. The record lies under this key, also for the next build of the program.
    pub(super) fn site(&self, stage: Option<StageId>, words: &impl ToTokens) -> String {
        let words = text::of_tokens(words.to_token_stream());
        let hash = text::hash(&words);
        let mut sites = self.sites.borrow_mut();
        let count = sites.entry((stage, hash)).or_insert(0);
        *count += 1;
        if *count == 1 { format!("{hash:08x}") } else { format!("{hash:08x}-{count}") }
    }

    /// Returns the encoding of values of a type that is written somewhere.
    pub(super) fn payload(&self, whose: TypeOwner, ty: &TokenStream, span: Span) -> TokenStream {
        let (runtime, mark) = (self.runtime_at(span), self.mark(whose));
        quote_spanned!(span=> #runtime::durable::stored::<#mark, #ty>())
    }

    /// Returns the encoding of values of an expression of type `TypeHint<T>`. A type that can't be stored is reported
    /// once, where the stage declares it.
    pub(super) fn payload_of(&self, whose: TypeOwner, of: &TokenStream) -> TokenStream {
        let span = match whose {
            TypeOwner::Stage(stage) => self.model.stages[stage].syntax.ty.as_ref().map(Spanned::span),
            TypeOwner::Workflow => Some(self.model.workflow.output.span()),
            TypeOwner::Named(_) => None,
        };
        let span = span.unwrap_or_else(Span::mixed_site);
        let (runtime, mark) = (self.runtime_at(span), self.mark(whose));
        quote_spanned!(span=> #runtime::durable::stored_of::<#mark, _>(#of))
    }

    /// The body of a stage, which gives its output, or with `undo`: that, and whether there is something to undo.
    pub(super) fn checkpoint(&self, stage: StageId, body: &TokenStream, undo: bool) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.stages[stage];
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let span = model.syntax.ty.as_ref().map_or(model.syntax.name.span(), Spanned::span);
        let payload = self.payload(TypeOwner::Stage(stage), &self.stage_type(stage), span);
        let keeps = match (&model.node.kind, self.compensates_inside(stage)) {
            (_, true) => quote!(Nested),
            (NodeKind::Expression(_), false) => quote!(Outcome),
            _ => quote!(Output),
        };
        let run = if undo { body.clone() } else { quote!((#body, true)) };
        let part = self.part(span, "part", &quote!(#runtime::Result::<_, #runtime::Exit>::Ok(#run)));
        let kept = quote!(#runtime::durable::checkpoint(#frame, #number, #payload, #runtime::durable::Retention::#keeps, move |#frame| #part).await?);
        if undo { kept } else { quote!(#kept.0) }
    }

    /// The body of a stage or an item with its type erased: rustc follows types only to a certain depth.
    fn part(&self, span: Span, part: &str, body: &TokenStream) -> TokenStream {
        let (runtime, part) = (self.runtime_at(span), Ident::new(part, span));
        let part = quote_spanned!(span=> #runtime::durable::#part);
        quote!(#part(async move { #body }))
    }

    /// Emits the wait before an expression of the user's is evaluated.
    pub(super) fn await_restored(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        let site = self.code_site(code, stage);
        if let Some(stage) = stage.filter(|&stage| self.is_protected(stage, code)) {
            let on_attempt = self.model.stages[stage].policies.undo.as_ref().is_some_and(|undo| undo.on_attempt);
            let armed = on_attempt.then(|| quote!(#runtime::durable::armed(#frame, #number).await;));
            let evaluates = self.evaluates(code, Some(stage));
            return quote!(#armed #runtime::durable::before_user_code(#frame, #number, #site).await; #evaluates);
        }
        let evaluates = self.evaluates(code, stage);
        quote!(#runtime::durable::await_restored(#frame, #number, #site).await; #evaluates)
    }

    /// Right before an expression of the user's is evaluated: what is begun in there has a name.
    pub(super) fn evaluates(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let (runtime, frame, number, evaluating) =
            (&self.runtime, self.frame(), self.number(stage), self.named("evaluating"));
        let site = &*self.model.codes[code].site;
        quote!(let #evaluating = #runtime::durable::evaluates(#frame, #number, #site);)
    }

    /// Returns the key of a user's expression within its stage. Empty for the expression that is the whole stage.
    fn code_site(&self, code: CodeId, stage: Option<StageId>) -> &str {
        let is_own =
            |stage: StageId| matches!(self.model.stages[stage].node.kind, NodeKind::Expression(own) if own == code);
        match &*self.model.codes[code].site {
            "" if stage.is_some_and(|stage| is_own(stage) && !self.compensates_inside(stage)) => "",
            "" => "tail",
            site => site,
        }
    }

    /// Emits the check before an expression that is a part of a stage is evaluated: a recorded failure counts.
    pub(super) fn await_restored_part(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        let fresh = self.await_restored(code, stage);
        let site = self.code_site(code, stage);
        if !self.is_durable() || site.is_empty() {
            return fresh;
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        quote!(#runtime::durable::failed_before(#frame, #number, #site).await?; #fresh)
    }

    /// Records the failure of an expression that is part of a stage, also a panic, before the failure has any effect.
    /// `ended` evaluates and awaits the expression.
    pub(super) fn noting(&self, code: CodeId, stage: Option<StageId>, ended: TokenStream) -> TokenStream {
        let site = self.code_site(code, stage);
        if !self.is_durable() || site.is_empty() {
            return ended;
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        quote!(#runtime::durable::noting(#frame, #number, #site, async { #ended }).await)
    }

    /// The stage has an undo, and the code is what it does: where it was interrupted, it runs again whatever else has
    /// failed.
    fn is_protected(&self, stage: StageId, code: CodeId) -> bool {
        let model = &self.model.stages[stage];
        model.policies.undo.is_some() && matches!(model.node.kind, NodeKind::Expression(own) if own == code)
    }

    /// The result of a user's expression, after [`evaluates`](Self::evaluates).
    pub(super) fn evaluating(&self, call: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return call;
        }
        let (runtime, evaluating) = (&self.runtime, self.named("evaluating"));
        self.busy(quote!(#runtime::durable::placed(#evaluating, #call)))
    }

    /// A future of the user's, which is running while it is polled.
    pub(super) fn busy(&self, call: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return call;
        }
        let (runtime, frame) = (&self.runtime, self.frame());
        quote!(#runtime::durable::busy(#frame, #call))
    }

    /// A scrutinee, as it was when it was first matched: statements before it, and the value. `inline`: there is no
    /// place for statements, but what is made there lives long enough.
    pub(super) fn restored(&self, code: CodeId, expr: &Expr, inline: bool) -> (TokenStream, TokenStream) {
        let value = if inline { self.evaluated(expr) } else { quote!(#expr) };
        if !self.is_durable() || !self.is_sound() {
            return (TokenStream::new(), value);
        }
        let stage = self.model.codes[code].around;
        let (frame, number, site) = (self.frame(), self.number(stage), self.site(stage, expr));
        let (runtime, mark) = (self.runtime_at(expr.span()), self.mark(TypeOwner::of(stage)));
        let (before, record) = match inline {
            true => (TokenStream::new(), quote!(&#runtime::durable::on_record(#frame, #number, #site))),
            false => {
                let record = self.local("record", code);
                (quote!(let #record = #runtime::durable::on_record(#frame, #number, #site);), quote!(&#record))
            }
        };
        let value = quote_spanned!(expr.span()=>
            #runtime::durable::recall(
                #runtime::PhantomData::<#mark>,
                (&&#runtime::durable::recalls(#value)).__workflow_recalls(),
                (#frame, #number, #site),
                #record,
            )
        );
        (before, value)
    }

    /// A condition, as it was when it was first asked.
    pub(super) fn remembered(&self, code: CodeId, expr: &Expr) -> TokenStream {
        if !self.is_durable() || !self.is_sound() {
            return self.evaluated(expr);
        }
        let stage = self.model.codes[code].around;
        let (runtime, frame, number, site) = (&self.runtime, self.frame(), self.number(stage), self.site(stage, expr));
        quote!(#runtime::durable::condition(#frame, #number, #site, || #expr))
    }

    /// A choice is recorded before its scope begins.
    pub(super) fn decided_at(&self, stage: Option<StageId>, arm: &str, site: &str) -> TokenStream {
        if !self.is_durable() {
            return self.decided(stage, arm);
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        quote!(#runtime::durable::record_choice(#frame, #number, #site, #arm).await;)
    }

    /// Returns whether a stage in the scope has an undo.
    pub(super) fn keeps(&self, scope: ScopeId) -> bool {
        self.model.scopes[scope].compensates
    }
}

/// Timers, rounds, items, members, heads, signals.
impl Expansion<'_, '_> {
    /// `sleep(D)`, awaited.
    /// `written`: the time is a literal, and so that of the program that runs.
    pub(super) fn sleep(&self, stage: Option<StageId>, time: &TokenStream, written: bool) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        if !self.is_durable() {
            return quote!(#runtime::sleep(#time).await);
        }
        let site = self.site(stage, &quote!(sleep));
        quote!(#runtime::durable::sleep_kept(#frame, #number, #site, #time, #written).await)
    }

    /// `sleep_until(T)`, awaited.
    pub(super) fn sleep_until(&self, stage: Option<StageId>, time: &Expr) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        if !self.is_durable() {
            // The method stands at its argument, so that rustc reports a mistake there and not at the whole workflow.
            let time_of = self.evaluated(time);
            return quote_spanned!(time.span()=> #frame.sleep_until(#time_of).await);
        }
        let time = self.evaluated(time);
        let site = self.site(stage, &quote!(sleep));
        quote!(#runtime::durable::sleep_until_kept(#frame, #number, #site, #time).await)
    }

    /// The state with which a round begins, or whose first one is `value`.
    pub(super) fn next_round(
        &self,
        stage: Option<StageId>,
        (scope, round): (ScopeId, &TokenStream),
        payload: &TokenStream,
        value: &TokenStream,
    ) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.loop_cx(scope), self.number(stage));
        let keeps = self.keeps(scope);
        quote!(#runtime::durable::next_round(#frame, #number, #round, #keeps, #payload, async move {
            #runtime::Result::<_, #runtime::Exit>::Ok(#value)
        }).await?)
    }

    /// Emits where the loop goes on, and the state there: `value`, if it begins.
    pub(super) fn first_round(&self, stage: Option<StageId>, scope: ScopeId, value: &TokenStream) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        let (payload, keeps) = (self.round_payload(scope), self.keeps(scope));
        let (own, first, next) = (self.loop_cx(scope), self.local("first", scope), self.local("next", scope));
        let found = self.named("found");
        let value = self.next_round(stage, (scope, &quote!(0)), &payload, value);
        quote! {
            let #own = #frame;
            #[allow(unused_mut, unused_variables)]
            let (#first, mut #next) = match #runtime::durable::resumed_round(#frame, #number, #keeps, #payload).await {
                #runtime::Option::Some(#found) => #found,
                #runtime::Option::None => (0, #value),
            };
        }
    }

    /// Returns the encoding of a loop's state.
    pub(super) fn round_payload(&self, scope: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let state = self.model.names.iter().position(|name| name.kind == NameKind::LoopState(scope));
        match (self.model.scopes[scope].state, state) {
            (Some(ty), Some(name)) => self.payload(TypeOwner::Named(name), &quote!(#ty), ty.span()),
            _ => quote!(#runtime::durable::stored::<(), ()>()),
        }
    }

    /// The next round of a loop without a state is recorded before it begins.
    pub(super) fn next_without_state(&self, stage: Option<StageId>, scope: ScopeId) -> TokenStream {
        let (payload, round) = (self.round_payload(scope), self.named("round").to_token_stream());
        self.next_round(stage, (scope, &round), &payload, &quote!(()))
    }

    /// Rounds that have ended stay recorded, for their undos.
    pub(super) fn has_recorded_end(&self, round: ScopeId) -> bool {
        self.is_durable() && self.keeps(round)
    }

    /// Returns the label that the body of such a round breaks to.
    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn end_label(&self, round: ScopeId) -> Lifetime {
        Lifetime::new(&format!("'__end{round}"), Span::mixed_site())
    }

    /// Emits the end of such a round.
    pub(super) fn round_ended(&self, stage: Option<StageId>, scope: ScopeId, body: &TokenStream) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.loop_cx(scope), self.number(stage));
        let (payload, round, label) = (self.round_payload(scope), self.named("round"), self.end_label(scope));
        quote!(#runtime::durable::round(#frame, #number, #round, #payload, #runtime::durable::part(async {
            #[allow(unused_labels, unreachable_code)]
            #runtime::Result::<#runtime::durable::RoundEnd<_, _>, #runtime::Exit>::Ok(#label: { #body })
        })).await?)
    }

    /// Returns the name of the frame of the loop itself, in its rounds.
    pub(super) fn loop_cx(&self, scope: ScopeId) -> proc_macro2::Ident {
        self.local("loop", scope)
    }

    /// The items of a `for`, recognised on resume by what they are.
    pub(super) fn in_recorded_order(&self, stage: Option<StageId>, items: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return items;
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        let fingerprinted = self.fingerprinted(&items);
        quote!(#runtime::durable::in_recorded_order(#frame, #number, #fingerprinted).await)
    }

    /// Items that can be told apart; the error stands at the last of their tokens.
    pub(super) fn fingerprinted(&self, items: &TokenStream) -> TokenStream {
        let runtime =
            self.full_path_at(items.clone().into_iter().last().map_or_else(Span::mixed_site, |token| token.span()));
        quote!(#runtime::durable::fingerprinted(#items))
    }

    /// The body of an item, which gives a `Result<_, Exit>` of what `of` says.
    pub(super) fn kept_item(
        &self,
        stage: Option<StageId>,
        scope: ScopeId,
        of: &TokenStream,
        racing: bool,
        body: TokenStream,
    ) -> TokenStream {
        if !self.is_durable() {
            return body;
        }
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        let (payload, keeps) = (self.payload_of(TypeOwner::of(stage), of), self.keeps(scope));
        let span = stage.map_or_else(Span::mixed_site, |stage| self.model.stages[stage].syntax.name.span());
        let part = self.part(span, "item_part", &body);
        let kept = Ident::new(if racing { "kept_each" } else { "kept_item" }, Span::mixed_site());
        quote!(#runtime::durable::#kept(#frame, #number, #payload, #keeps, move |#frame| #part).await)
    }
}
