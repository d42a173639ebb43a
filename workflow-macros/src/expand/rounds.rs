//! Rounds of a `loop`: its states, `break` and `continue`.

use super::{
    Expansion,
    expectation::{Discard, Expectation, OwningScopes, Round, TypeOwner},
};
use crate::model::{Loop, NameKind, Node, ScopeId, StageId};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Lifetime;

impl Expansion<'_, '_> {
    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    fn label(&self, round: ScopeId) -> Lifetime {
        Lifetime::new(&format!("'__round{round}"), Span::mixed_site())
    }

    pub(crate) fn looping(
        &self,
        looping: &Loop<'_>,
        stage: Option<StageId>,
        tail: &Expectation,
        _: Span,
    ) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(stage));
        let label = self.label(looping.round);
        let (round, place, next) = (self.named("round"), self.named("place"), self.local("next", looping.round));
        let state = looping.syntax.state.as_ref();
        let initial = looping.initial.as_ref().zip(state).map(|(node, state)| {
            let ty = &state.ty;
            let asked = Expectation::value(quote!(#runtime::of::<#ty>()), self.whose_state(looping.round));
            let value = self.node(node, stage, &asked, &OwningScopes::none());
            if self.is_durable() {
                self.first_round(stage, looping.round, &value)
            } else {
                quote!(let mut #next: #ty = #value;)
            }
        });
        let initial = match initial {
            None if self.is_durable() => Some(self.first_round(stage, looping.round, &quote!(()))),
            initial => initial,
        };
        let first = match self.is_durable() {
            true => self.local("first", looping.round).to_token_stream(),
            false => quote!(0),
        };
        let bound = state.map(|state| {
            let name = self.model.by_name.get(&state.name.to_string()).copied().unwrap_or_default();
            let held = self.held(name);
            let owned = match self.model.names[name].lent {
                true => quote!(#runtime::OwnedOrShared::Owned(#next).shared()),
                false => self.own(&next.to_token_stream()),
            };
            let bound = self.bind_held(name);
            quote!(let #held = #owned; #bound)
        });
        let ends = OwningScopes::none();
        let inner = Expectation {
            of: quote!(#runtime::of::<()>()),
            ty: None,
            whose: tail.whose,
            discards: Discard::None,
            round: Some(Round {
                scope: looping.round,
                has_state: state.is_some(),
                of: tail.of.clone(),
                whose: tail.whose,
                discards: tail.discards,
                stage,
            }),
        };
        let body = self.scope(looping.round, &inner, &ends);
        let rounds = self.named("rounds");
        let max = looping.max.map(|max| {
            let before = self.prelude(max, stage);
            let max = self.count(max);
            quote!(let #rounds: u64 = { #before #frame.at(#number); #max };)
        });
        let spent = looping.max.map(|_| {
            let otherwise = match looping.otherwise {
                Some(scope) => {
                    let asked = Expectation::value(tail.of.clone(), tail.whose).discarding(tail.discards);
                    let ends = OwningScopes::none().and(looping.round);
                    let value = self.record_choice(scope, stage, ("else", "max"), &asked, &ends);
                    quote!(break #label #value)
                }
                None => quote!(return #runtime::Result::Err(#frame.rounds_spent(#number, #rounds))),
            };
            (quote!(#round >= #rounds), otherwise)
        });
        let spent = spent.map(|(condition, otherwise)| {
            // The node sees the state of the round that does not come.
            quote!(if #condition { #bound #otherwise })
        });
        // Rounds that are always ready give way to others: looked at now and then, since most rounds take longer than
        // that.
        let turn = quote!(if #round & 31 == 31 { #runtime::turn_of_rounds(#frame).await; });
        let watched = stage.map(|stage| self.begin_round(stage, &round));
        let continues = if self.has_recorded_end(looping.round) {
            let ended = self.round_ended(stage, looping.round, &quote!(#bound #body));
            let (given, outcome) = (self.named("given"), quote!(#runtime::durable::RoundEnd));
            quote!(match #ended {
                #outcome::Break(#given) => break #label #given,
                #outcome::Next(#given) => {
                    #next = #given;
                    continue #label
                }
            })
        } else {
            quote!(#bound #body)
        };
        quote!({
            #initial
            #max
            let mut #round: u64 = #first;
            #label: loop {
                #spent
                #turn
                let #place = #frame.place(#number, #round as usize);
                let #frame = #frame.within(&#place);
                #round += 1;
                #watched
                #continues
            }
        })
    }

    pub(crate) fn with_breaker(
        &self,
        value: Option<&Node<'_>>,
        stage: Option<StageId>,
        tail: &Expectation,
        ends: &OwningScopes,
        span: Span,
    ) -> TokenStream {
        let Some(round) = &tail.round else { return quote!(::core::unreachable!()) };
        let outer = Expectation::value(round.of.clone(), round.whose).discarding(round.discards);
        let value = match value {
            Some(node) => self.node(node, stage, &outer, &ends.from(round.scope)),
            None => self.no_tail(&outer, span),
        };
        let (label, decided) = (self.label(round.scope), self.decided(round.stage, "break"));
        if self.has_recorded_end(round.scope) {
            let (runtime, label) = (&self.runtime, self.end_label(round.scope));
            return quote!({ #decided break #label #runtime::durable::RoundEnd::Break(#value) });
        }
        quote!({ #decided break #label #value })
    }

    /// The round ends without a state, and the next one begins.
    pub(crate) fn goes_on(&self, round: &Round) -> TokenStream {
        let (label, decided) = (self.label(round.scope), self.decided(round.stage, "continue"));
        if !self.is_durable() {
            return quote!({ #decided continue #label });
        }
        let next = self.next_without_state(round.stage, round.scope);
        if self.has_recorded_end(round.scope) {
            let (runtime, label) = (&self.runtime, self.end_label(round.scope));
            return quote!({ #decided break #label #runtime::durable::RoundEnd::Next(#next) });
        }
        quote!({ #decided #next; continue #label })
    }

    pub(crate) fn continuing(
        &self,
        value: Option<&Node<'_>>,
        stage: Option<StageId>,
        tail: &Expectation,
        ends: &OwningScopes,
    ) -> TokenStream {
        let Some(round) = &tail.round else { return quote!(::core::unreachable!()) };
        let runtime = &self.runtime;
        let (Some(node), Some(ty)) = (value, self.state_type(round.scope)) else { return self.goes_on(round) };
        let (label, decided) = (self.label(round.scope), self.decided(round.stage, "continue"));
        let next = self.local("next", round.scope);
        let asked = Expectation::value(quote!(#runtime::of::<#ty>()), self.whose_state(round.scope));
        let value = self.node(node, stage, &asked, &ends.from(round.scope));
        let value = match self.is_durable() {
            true => {
                let payload = self.round_payload(round.scope);
                let counted = self.named("round").to_token_stream();
                self.next_round(round.stage, (round.scope, &counted), &payload, &value)
            }
            false => value,
        };
        if self.has_recorded_end(round.scope) {
            let label = self.end_label(round.scope);
            return quote!({ #decided break #label #runtime::durable::RoundEnd::Next(#value) });
        }
        quote!({ #decided #next = #value; continue #label })
    }

    fn whose_state(&self, round: ScopeId) -> TypeOwner {
        let state = self.model.names.iter().position(|name| name.kind == NameKind::LoopState(round));
        state.map_or(TypeOwner::Workflow, TypeOwner::Named)
    }

    /// The declared type of the state of the loop with that round.
    fn state_type(&self, round: ScopeId) -> Option<TokenStream> {
        let ty = self.model.scopes[round].state?;
        Some(quote!(#ty))
    }
}
