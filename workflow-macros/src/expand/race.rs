//! A node of many runs: the items of a `for`, the members of a `race` or a `quorum`.

use super::{
    Expansion,
    expectation::{Expectation, OwningScopes, TypeOwner},
    expression,
    node::last_span,
    patterns::{self, Matched},
};
use crate::model::{For, Members, ScopeId, StageId, Tolerance};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// The parts of a `for`.
pub(super) struct EachParts {
    pub(super) items: TokenStream,
    pub(super) body: TokenStream,
    pub(super) before: TokenStream,
    pub(super) limit: Option<TokenStream>,
    pub(super) tolerance: Option<TokenStream>,
}

impl Expansion<'_, '_> {
    /// The parts of a `for`, for a plain `for` and for a `race` or `quorum` of its items. `item`: an expression of type
    /// `TypeHint<T>` for one run of the body.
    pub(super) fn each(
        &self,
        each: &For<'_>,
        stage: Option<StageId>,
        item: &syn::Ident,
        (tail, of_list): (&Expectation, bool),
        won: Option<&str>,
    ) -> EachParts {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(stage));
        let index = self.index(each.body);
        let (place, taken) = (self.named("place"), self.local("taken", each.body));
        let pattern = each.pattern;
        let content = self.local("content", each.body);
        let item_of = if each.catch { &content } else { item };
        let body = self.scope(each.body, &tail.part(item_of, TypeOwner::of(stage), of_list), &OwningScopes::none());
        let shown = quote_spanned!(pattern.span()=> #runtime::ByRef(&#taken).__workflow_shown());
        let shared = self.model.scopes[each.body]
            .lends_item
            .then(|| quote!(let #taken = #runtime::OwnedOrShared::Owned(#taken).shared();));
        let shown = match shared {
            Some(_) => quote_spanned!(pattern.span()=> #runtime::ByRef(&**#taken).__workflow_shown()),
            None => shown,
        };
        let (pattern, shown) = match Matched::of(&[pattern]) {
            Matched::References => {
                let place = if shared.is_some() { quote!(**#taken) } else { quote!(#taken) };
                (patterns::in_place(pattern), place)
            }
            Matched::Shown | Matched::Constants => (pattern.to_token_stream(), shown),
        };
        let lender = shared.as_ref().map(|_| quote!(let #taken = &#taken;));
        let bind = quote_spanned!(last_span(&pattern)=> let #pattern = #shown;);
        let body = if let Some(won) = won {
            let goes_on = self.has_won(stage, won, None);
            self.member_scope(each.body, stage, ("member", &goes_on), &body)
        } else if each.catch {
            self.item_caught(each.body, stage, &body)
        } else {
            quote!(#runtime::Result::<_, #runtime::Exit>::Ok(#body))
        };
        let body = self.kept_item(stage, each.body, &quote!(#item), won.is_some(), body);
        let body = quote!(move |#index: usize, #taken| async move {
            #shared
            #lender
            let #place = #frame.place(#number, #index);
            let #frame = #frame.within(&#place);
            #bind
            #body
        });
        let mut before = self.prelude(each.items, stage);
        if each.catch {
            let mark = self.mark(TypeOwner::of(stage));
            before.extend(quote!(let #content = #runtime::of_caught_in::<#mark, _>(#item);));
        }
        let tolerance = each.tolerate.as_ref().map(|tolerance| {
            let (code, kind) = match tolerance {
                Tolerance::Count(code) => (*code, quote!(Count)),
                Tolerance::Percent(code) => (*code, quote!(Percent)),
            };
            before.extend(self.prelude(code, stage));
            let count = self.count(code);
            quote!(#runtime::Tolerance::#kind(#count))
        });
        let expr = expression::without_parentheses(self.model.codes[each.items].expr);
        let items = if expression::drops_temporaries(expr) {
            let items = self.named("items");
            before.extend(quote!(let #items = #expr;));
            quote!(#items)
        } else {
            quote!(#expr)
        };
        let items = self.in_recorded_order(stage, items);
        let limit = each.concurrency.map(|limit| {
            before.extend(self.prelude(limit, stage));
            let limit = self.count(limit);
            quote!(#limit as usize)
        });
        EachParts { items, body, before, limit, tolerance }
    }

    pub(super) fn first(
        &self,
        needed: Option<usize>,
        members: &Members<'_>,
        stage: Option<StageId>,
        tail: &Expectation,
        span: Span,
    ) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(stage));
        let of = &tail.of;
        let item = match members {
            Members::For(each) => self.local("item", each.body),
            Members::Listed(scopes) => self.local("item", scopes.first().copied().unwrap_or_default()),
        };
        let list = self.named("list");
        let item_of = match needed {
            Some(_) => {
                let of_list = self.of_list(stage, tail, span);
                quote!(let (#item, #list) = #of_list;)
            }
            None => quote!(let #item = #of;),
        };
        let (mut before, count) = match needed {
            Some(needed) => {
                let count = self.count(needed);
                (self.prelude(needed, stage), quote!(#count as usize))
            }
            None => (TokenStream::new(), quote!(1)),
        };
        let compensates = match members {
            Members::Listed(scopes) => scopes.iter().any(|&scope| self.model.scopes[scope].compensates),
            Members::For(each) => self.model.scopes[each.body].compensates,
        };
        let (sites, won_site) = self.race_sites(stage, members);
        let members = match members {
            Members::Listed(scopes) => {
                let members = scopes.iter().zip(&sites).map(|(&scope, site)| {
                    let part = tail.part(&item, TypeOwner::of(stage), needed.is_some());
                    let body = self.scope(scope, &part, &OwningScopes::none());
                    let name = format!("member-{site}");
                    let goes_on = self.has_won(stage, &won_site, Some(site));
                    let body = self.member_scope(scope, stage, (&name, &goes_on), &body);
                    let body = match needed {
                        Some(_) if self.is_durable() => {
                            let payload = self.payload_of(TypeOwner::of(stage), &quote!(#item));
                            let keeps = self.keeps(scope);
                            quote!(#runtime::durable::kept_member(#frame, #number, #name, #keeps, #payload, async move { #body }).await)
                        }
                        _ => body,
                    };
                    quote!(#runtime::member(#item, async move { #body }))
                });
                quote!([#(#members),*])
            }
            Members::For(each) => {
                let parts = self.each(each, stage, &item, (tail, needed.is_some()), Some(&won_site));
                before.extend(parts.before);
                let (items, body) = (parts.items, parts.body);
                let at = self.model.codes[each.items].expr.span();
                let runtime = self.full_path_at(at);
                quote_spanned!(at=> #runtime::members(#items, #body))
            }
        };
        let alone = !sites.is_empty() && self.races_in(stage) == 1;
        let winners = quote!(#runtime::first(#frame, #number, #count, #members));
        let winners = match self.is_durable() {
            true => {
                let payload = self.payload_of(TypeOwner::of(stage), &quote!(#item));
                quote!(#runtime::durable::first_kept(#frame, #number, (#won_site, &[#(#sites),*], #alone), #compensates, #payload, #winners).await?)
            }
            false => quote!(#winners.await?),
        };
        let value = match needed {
            Some(_) => quote!(#list(#winners)),
            None => quote!(#runtime::race_result(#winners)),
        };
        if compensates {
            let (losers, all, won) = (self.named("losers"), self.named("all_losers"), self.named("won"));
            return quote!({
                #item_of
                #before
                #frame.at(#number);
                let #all = #frame.child_log();
                let #losers = &#all;
                let #won = #value;
                #runtime::undo_losers(#frame, #number, #won_site, #losers).await;
                #won
            });
        }
        quote!({ #item_of #before #frame.at(#number); #value })
    }

    /// An item whose failure is a value; what it did until then is undone first.
    fn item_caught(&self, scope: ScopeId, stage: Option<StageId>, body: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(stage));
        let run = quote!(async move { #runtime::Result::<_, #runtime::Exit>::Ok(#body) });
        if !self.model.scopes[scope].compensates {
            return quote!(#runtime::every_failure(#runtime::catch(#frame, #run).await));
        }
        let (log, item_log, around) = (self.named("log"), self.named("item_log"), self.named("around"));
        quote!({
            let #item_log = #frame.child_log();
            let #log = &#item_log;
            let #around = #frame;
            #runtime::every_failure(#runtime::catch(#around, #runtime::undoing(#around, (#number, "item"), #log, async move {
                let #frame = #around.logging(#log);
                #run.await
            })).await)
        })
    }

    /// The body of a member. The stages of members that lose are undone; those of the winner belong to the undo log of
    /// the surrounding scope. `site`: the member's key within its stage. `goes_on`: an expression that tells whether
    /// the member is recorded as the winner.
    pub(super) fn member_scope(
        &self,
        scope: ScopeId,
        stage: Option<StageId>,
        (site, goes_on): (&str, &TokenStream),
        body: &TokenStream,
    ) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number, durable) = (self.frame(), self.number(stage), self.is_durable());
        let (ended, goes) = (self.named("ended"), self.named("goes_on"));
        if !self.model.scopes[scope].compensates {
            return match durable {
                false => quote!(#runtime::Result::<_, #runtime::Exit>::Ok(#body)),
                true => quote!({
                    let #ended = #body;
                    #runtime::durable::ends(#frame, false).await;
                    #runtime::Result::<_, #runtime::Exit>::Ok(#ended)
                }),
            };
        }
        let (losers, log, around) = (self.named("losers"), self.named("log"), self.named("around"));
        let member_log = self.named("member_log");
        let (open, end) = match durable {
            false => (quote!(let #member_log = #frame.logging(#losers).child_log();), quote!(#body)),
            true => (
                quote!(
                    let #goes = #goes_on;
                    let #member_log = #runtime::durable::contender_log(#frame, #losers, #goes);
                ),
                quote!({
                    let #ended = #body;
                    #runtime::durable::ends(#frame, #goes).await;
                    #ended
                }),
            ),
        };
        quote!({
            #open
            let #log = &#member_log;
            let #around = #frame;
            #runtime::undoing(#around, (#number, #site), #log, async move {
                let #frame = #around.logging(#log);
                #runtime::Result::<_, #runtime::Exit>::Ok(#end)
            }).await
        })
    }

    /// Whether a member is recorded as a winner. `site`: the member's key, none for an item's.
    fn has_won(&self, stage: Option<StageId>, won: &str, site: Option<&str>) -> TokenStream {
        let (runtime, frame, number) = (&self.runtime, self.frame(), self.number(stage));
        let (each, site) = (site.is_none(), site.unwrap_or_default());
        quote!(#runtime::durable::has_won(#frame, #number, #won, #site, #each))
    }
}
