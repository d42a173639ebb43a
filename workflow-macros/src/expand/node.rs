//! A node: what stands on the right of a stage, in an arm, in a tail. Each gives an expression for an `async` body.

use super::{
    Expansion,
    expectation::{Discard, Expectation, OwningScopes, TypeOwner},
};
use crate::{
    mentions::bare_name,
    model::{Arm, Branch, CodeId, NameKind, Node, NodeKind, StageId, Time},
};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use workflow_syntax as syntax;

impl Expansion<'_, '_> {
    /// `stage`: the innermost one around the node.
    pub(super) fn node(
        &self,
        node: &Node<'_>,
        stage: Option<StageId>,
        tail: &Expectation,
        ends: &OwningScopes,
    ) -> TokenStream {
        match &node.kind {
            NodeKind::Expression(code) => {
                if tail.discards == Discard::All {
                    return self.untyped_body(*code, stage);
                }
                self.hand_over(*code, tail, ends).unwrap_or_else(|| self.unnamed(*code, stage, &tail.of, tail.whose))
            }
            NodeKind::Scope(scope) => self.scope(*scope, tail, ends),
            NodeKind::If(branches) => self.branches(branches, stage, (tail, ends), "", node.span),
            NodeKind::Match { scrutinee, arms } => self.matching(*scrutinee, arms, stage, (tail, ends), node.span),
            NodeKind::Loop(looping) => self.looping(looping, stage, tail, node.span),
            NodeKind::For(each) => {
                let item = self.local("item", each.body);
                let frame = self.frame();
                let at = self.model.codes[each.items].expr.span();
                let runtime = self.full_path_at(at);
                let call = match each.tolerate {
                    Some(_) => quote_spanned!(at=> #runtime::each_tolerant),
                    None => quote_spanned!(at=> #runtime::each),
                };
                let each = self.each(each, stage, &item, (tail, true), None);
                let tolerance = each.tolerance.as_ref().map(|tolerance| quote!(, #tolerance));
                let limit = match each.limit {
                    Some(limit) => limit,
                    None => quote!(32),
                };
                let (items, body, before) = (each.items, each.body, each.before);
                let number = self.number(stage);
                let list = self.named("list");
                let of_list = self.of_list(stage, tail, node.span);
                quote!({
                    let (#item, #list) = #of_list;
                    #before
                    #frame.at(#number);
                    #list(#call(#frame, #number, #items, #limit, #body #tolerance).await?)
                })
            }
            NodeKind::Members { needed, members } => self.first(*needed, members, stage, tail, node.span),
            NodeKind::Select(heads) => self.select(heads, stage, tail, ends),
            NodeKind::Sleep(time) => {
                let written = matches!(time, Time::Nanoseconds(_));
                let (frame, number, time) = (self.frame(), self.number(stage), self.time(time, stage));
                let unit = self.no_tail(&Expectation { round: None, ..tail.clone() }, node.span);
                let sleep = self.sleep(stage, &time, written);
                quote_spanned!(node.span=> { #frame.at(#number); #sleep; #unit })
            }
            NodeKind::SleepUntil(time) => {
                let (frame, number, before) = (self.frame(), self.number(stage), self.prelude(*time, stage));
                let expr = self.model.codes[*time].expr;
                let unit = self.no_tail(&Expectation { round: None, ..tail.clone() }, node.span);
                let sleep = self.sleep_until(stage, expr);
                quote_spanned!(node.span=> { #before #frame.at(#number); #sleep; #unit })
            }
            NodeKind::Return(value) => {
                let runtime = &self.runtime;
                let returned = self.named("returned");
                let output = Expectation::value(self.output_of(), TypeOwner::Workflow);
                let value = match value {
                    Some(code) => self
                        .hand_over(*code, &output, ends)
                        .unwrap_or_else(|| self.unnamed(*code, stage, &output.of, output.whose)),
                    None => self.no_tail(&output, node.span),
                };
                quote!(return #runtime::Result::Err(#returned.set(#value)))
            }
            NodeKind::Fail(code) => {
                let runtime = &self.runtime;
                let (frame, number) = (self.frame(), self.number(stage));
                let before = self.prelude(*code, stage);
                let expr = self.model.codes[*code].expr;
                let span = expr.span();
                let stop = quote_spanned!(span=> #frame.fail(#number, #runtime::FailReason(#expr).__workflow_reason()));
                quote!({ #before #frame.at(#number); return #runtime::Result::Err(#stop) })
            }
            NodeKind::Break(value) => self.with_breaker(value.as_deref(), stage, tail, ends, node.span),
            NodeKind::Continue(value) => self.continuing(value.as_deref(), stage, tail, ends),
            NodeKind::Error => quote!(::core::unreachable!()),
        }
    }

    /// A block without a tail gives `()`; a round without one goes on.
    pub(super) fn no_tail(&self, tail: &Expectation, close: Span) -> TokenStream {
        if let Some(round) = &tail.round
            && !round.has_state
        {
            return self.goes_on(round);
        }
        let (runtime, of, mark) = (self.runtime_at(close), &tail.of, self.mark(tail.whose));
        quote_spanned!(close=> #runtime::expect_unit(#of, #runtime::PhantomData::<#mark>, ()))
    }

    pub(super) fn output_of(&self) -> TokenStream {
        let runtime = &self.runtime;
        let output = &self.model.workflow.output;
        quote!(#runtime::of::<#output>())
    }

    /// The type of the items where a list is expected, and the code that collects them.
    pub(super) fn of_list(&self, stage: Option<StageId>, tail: &Expectation, span: Span) -> TokenStream {
        let mark = self.mark(TypeOwner::of(stage));
        match &tail.ty {
            Some(ty) => {
                // A path that starts in this crate would have rustc report the error twice.
                let call = syn::Ident::new("__workflow_of_list", ty.span());
                quote_spanned!(ty.span()=> #call::<#mark, #ty>())
            }
            None => {
                let runtime = self.runtime_at(span);
                let of = &tail.of;
                quote_spanned!(span=> #runtime::of_list_in::<#mark, _>(#of))
            }
        }
    }

    /// A bare name as a tail hands over the value itself.
    fn hand_over(&self, code: usize, tail: &Expectation, ends: &OwningScopes) -> Option<TokenStream> {
        let ident = bare_name(self.model.codes[code].expr)?;
        let name = *self.model.codes[code].uses.first()?;
        let model = &self.model.names[name];
        if !ends.0.contains(&model.scope) {
            return None;
        }
        let (forget, value) = match model.kind {
            NameKind::Stage(stage) => {
                let held = self.held_of_stage(stage);
                (self.forget(stage), quote_spanned!(ident.span()=> #held.release().await))
            }
            NameKind::Input(_) | NameKind::LoopState(_) => {
                let held = self.held(name);
                (TokenStream::new(), quote_spanned!(ident.span()=> #held.release().await))
            }
            NameKind::Let(binding) => {
                let (get, cell) = (self.let_getter(binding), self.local("cell", binding));
                let runtime = self.runtime_at(ident.span());
                (quote!(let _ = #get();), quote_spanned!(ident.span()=> #runtime::into_value(#cell)))
            }
            NameKind::Service(_) | NameKind::Signal(_) | NameKind::Head(_) => return None,
        };
        let runtime = self.runtime_at(ident.span());
        let (of, mark) = (&tail.of, self.mark(tail.whose));
        let handed = quote_spanned!(ident.span()=> #runtime::expect_type(#of, #runtime::PhantomData::<#mark>, #ident));
        // With the workflow's own tail the undos are over: none holds on to what is handed over.
        let commit = (self.model.compensates && ends.0.contains(&0)).then(|| {
            let frame = self.frame();
            quote!(#frame.commit();)
        });
        Some(quote!({ #commit #forget let #ident = #value; #handed }))
    }

    /// The local of a stage, or its slot.
    fn held_of_stage(&self, stage: StageId) -> TokenStream {
        let model = &self.model.stages[stage];
        if self.is_driven(model.scope) {
            let slot = self.stored_slot(stage);
            return quote!(#slot.into_held());
        }
        let held = self.held(model.name);
        quote!(#held)
    }

    // Branches.

    fn matching(
        &self,
        scrutinee: CodeId,
        arms: &[Arm<'_>],
        stage: Option<StageId>,
        (tail, ends): (&Expectation, &OwningScopes),
        span: Span,
    ) -> TokenStream {
        let before = self.prelude(scrutinee, stage);
        let kept = self.scrutinee(scrutinee, &arms.iter().map(|arm| &arm.syntax.pattern).collect::<Vec<_>>());
        let (frame, number) = (self.frame(), self.number(stage));
        let site = self.site(stage, self.model.codes[scrutinee].expr);
        let arms = arms.iter().map(|arm| {
            let shown_name = self.shown_name(&kept, &arm.syntax.pattern);
            let pattern = kept.pattern(&arm.syntax.pattern);
            let (cfgs, lints) = (&arm.syntax.attributes.cfgs, &arm.syntax.attributes.lints);
            let guard = arm.guard.map(|guard| {
                let (before, expr) = (self.prelude(guard, stage), self.model.codes[guard].expr);
                match before.is_empty() && shown_name.is_empty() {
                    true => quote!(if #expr),
                    false => quote!(if { #shown_name #before #expr }),
                }
            });
            let label = &self.model.scopes[arm.scope].label;
            let body = self.record_choice(arm.scope, stage, (label, &site), tail, ends);
            // The guard alone may name it.
            let allowed = arm.guard.map(|_| quote!(#[allow(unused_variables)]));
            let body = if shown_name.is_empty() { body } else { quote!({ #allowed #shown_name #body }) };
            let body = located_braces(body, end(&arm.syntax.node));
            quote!(#(#cfgs)* #(#lints)* #pattern #guard => #body)
        });
        let (keep, matched) = (&kept.keep, &kept.matched);
        let matching = quote_spanned!(span=> match #matched { #(#arms)* });
        quote!({ #before #frame.at(#number); #keep #matching })
    }

    fn branches(
        &self,
        branches: &[Branch],
        stage: Option<StageId>,
        (tail, ends): (&Expectation, &OwningScopes),
        site: &str,
        span: Span,
    ) -> TokenStream {
        let Some((first, rest)) = branches.split_first() else { return TokenStream::new() };
        let label = &self.model.scopes[first.scope].label;
        let Some(condition) = first.condition else {
            return self.record_choice(first.scope, stage, (label, site), tail, ends);
        };
        let own_site;
        let site = if site.is_empty() {
            own_site = self.site(stage, self.model.codes[condition].expr);
            &own_site
        } else {
            site
        };
        let then = self.record_choice(first.scope, stage, (label, site), tail, ends);
        let before = self.prelude(condition, stage);
        let (frame, number) = (self.frame(), self.number(stage));
        let expr = self.model.codes[condition].expr;
        let condition = self.condition(condition, expr);
        let otherwise = if rest.is_empty() {
            let (decided, nothing) = (self.decided_at(stage, "else", site), self.no_tail(tail, span));
            quote!(#decided #nothing)
        } else {
            self.branches(rest, stage, (tail, ends), site, span)
        };
        quote!({ #before #frame.at(#number); if #condition #then else { #otherwise } })
    }

    // Loops.
}

/// Returns where the node ends, as far as its tokens show.
fn end(node: &syntax::ParsedNode) -> Span {
    match &node.kind {
        syntax::ParsedNodeKind::Expression(expr)
        | syntax::ParsedNodeKind::Fail(expr)
        | syntax::ParsedNodeKind::Return(Some(expr)) => last_span(expr),
        syntax::ParsedNodeKind::Block(block) | syntax::ParsedNodeKind::Seq(block) => block.close,
        syntax::ParsedNodeKind::Match(matching) => matching.braces,
        syntax::ParsedNodeKind::Loop(looping) => looping.body.close,
        syntax::ParsedNodeKind::For(each) => each.body.close,
        syntax::ParsedNodeKind::Break(Some(value)) | syntax::ParsedNodeKind::Continue(Some(value)) => end(value),
        _ => node.span,
    }
}

pub(super) fn last_span(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().last().map_or_else(Span::mixed_site, |token| token.span())
}

/// A block whose braces stand at `span`: where the compiler would add something after it.
fn located_braces(block: TokenStream, span: Span) -> TokenStream {
    let located = block.into_iter().map(|mut token| {
        token.set_span(span);
        token
    });
    located.collect()
}
