//! `select` and `#[until]`.

use super::{
    Expansion,
    expectation::{Expectation, OwningScopes, TypeOwner},
};
use crate::model::{Head, HeadKind, StageId, Time};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

impl Expansion<'_, '_> {
    /// `#[until(name)]` around the node of a stage declared as `Option<T>`.
    pub(super) fn until(&self, stage: StageId, name: &Ident, node: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let end = self.ended(name, Some(stage));
        let run = quote!(async move { #runtime::Result::<_, #runtime::Exit>::Ok(#node) });
        if !self.compensates_inside(stage) {
            return match self.is_durable() {
                false => quote!(#runtime::until(#frame, #end, #run).await?),
                true => quote!(#runtime::durable::until_kept(#frame, #end, #run).await?),
            };
        }
        let (losers, all, log, member_log, around, won) = (
            self.named("losers"),
            self.named("all_losers"),
            self.named("log"),
            self.named("member_log"),
            self.named("around"),
            self.named("won"),
        );
        let label = crate::naming::bare(name);
        let (until, of_stage, log_of_run) = match self.is_durable() {
            false => (quote!(#runtime::until), TokenStream::new(), quote!(#frame.logging(#losers).child_log())),
            true => (
                quote!(#runtime::durable::until_recorded),
                quote!(#number, #label,),
                quote!(#runtime::durable::contender_log(#frame, #losers, #runtime::durable::has_ended(#frame, #number))),
            ),
        };
        quote!({
            let #all = #frame.child_log();
            let #losers = &#all;
            let #around = #frame;
            let #won = #until(#frame, #of_stage #end, async move {
                let #member_log = #log_of_run;
                let #log = &#member_log;
                #runtime::undoing(#around, (#number, "until"), #log, async move {
                    let #frame = #around.logging(#log);
                    #run.await
                }).await
            }).await?;
            #runtime::undo_losers(#frame, #number, "until", #losers).await;
            #won
        })
    }

    /// `select { .. }`
    pub(super) fn select(
        &self,
        heads: &[Head<'_>],
        stage: Option<StageId>,
        tail: &Expectation,
        ends: &OwningScopes,
    ) -> TokenStream {
        let runtime = &self.runtime;
        let (frame, number) = (self.frame(), self.number(stage));
        let mut cells = TokenStream::new();
        let mut futures = Vec::new();
        let mut arms = Vec::new();
        let mut labels = Vec::new();
        let compensates = heads
            .iter()
            .any(|head| matches!(head.kind, HeadKind::Node { scope, .. } if self.model.scopes[scope].compensates));
        let site = if self.is_durable() { self.site(stage, &quote!(select)) } else { String::new() };
        for (place, head) in heads.iter().enumerate() {
            let label = self.model.scopes[head.scope].label.trim_end_matches(" =>");
            let before = labels.iter().filter(|(other, _)| *other == label).count();
            let recorded = if before == 0 { label.to_owned() } else { format!("{label} #{}", before + 1) };
            let (future, bound) = self.head(head, (stage, &site, &recorded), &mut cells);
            let future = match &head.kind {
                HeadKind::Signal(name) if self.model.signal_named(name).is_some() => {
                    let wait = self.model.signal_named(name).map(|signal| self.wait(signal));
                    quote!(#runtime::signal_head(#future, #wait))
                }
                _ => quote!(#runtime::head(#future)),
            };
            let future = match head.guard {
                None => quote!(#runtime::Option::Some(#future)),
                Some(guard) => {
                    let before = self.prelude(guard, stage);
                    let expr = self.model.codes[guard].expr;
                    quote!(if { #before #expr } {
                        #runtime::Option::Some(#future)
                    } else {
                        #runtime::Option::None
                    })
                }
            };
            futures.push(future);
            let keeps = matches!(head.kind, HeadKind::Node { scope, .. } if self.keeps(scope));
            let gives = matches!(head.kind, HeadKind::Node { .. });
            labels.push((label, quote!((#label, #gives, #keeps))));
            let body = self.scope(head.scope, tail, ends);
            let decided = self.decided(stage, label);
            arms.push(quote!(#place => { #decided #bound #body }));
        }
        let chosen = self.named("chosen");
        let select = match self.is_durable() {
            false => quote!(#runtime::select(#frame, #number, [#(#futures),*].into())),
            true => {
                let labels = labels.iter().map(|(_, label)| label);
                quote!(#runtime::durable::select_kept(#frame, #number, #site, &[#(#labels),*], [#(#futures),*].into()))
            }
        };
        let (losers, all) = (self.named("losers"), self.named("all_losers"));
        let decision = format!("choice-{site}");
        let (open, close) = if compensates {
            (
                quote!(let #all = #frame.child_log(); let #losers = &#all;),
                quote!(#runtime::undo_losers(#frame, #number, #decision, #losers).await;),
            )
        } else {
            (TokenStream::new(), TokenStream::new())
        };
        quote!({
            #cells
            #open
            #frame.at(#number);
            let #chosen = #select.await?;
            #close
            match #chosen { #(#arms)* _ => ::core::unreachable!() }
        })
    }

    /// The future of a head, and what its node sees of it. `select` and `label`: the key and the value of the
    /// decision's record.
    fn head(
        &self,
        head: &Head<'_>,
        (stage, select, label): (Option<StageId>, &str, &str),
        cells: &mut TokenStream,
    ) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        match &head.kind {
            HeadKind::Node { name, ty, scope } => {
                let cell = self.local("head", *name);
                cells.extend(quote!(let #cell = #runtime::Slot::<#ty>::new(); let #cell = &#cell;));
                let body = self.scope(
                    *scope,
                    &Expectation::value(quote!(#runtime::of::<#ty>()), TypeOwner::Named(*name)),
                    &OwningScopes::none(),
                );
                let site = format!("head-{}", self.model.names[*name].ident);
                let goes_on = {
                    let (frame, number) = (self.frame(), self.number(stage));
                    quote!(#runtime::durable::has_decided(#frame, #number, #select, #label))
                };
                let body = self.member_scope(*scope, stage, (&site, &goes_on), &body);
                let given = self.named("given");
                let ident = &self.model.names[*name].ident;
                let lender = self.lender(*name);
                let body = quote!(async move { #body });
                let body = match self.is_durable() {
                    true => {
                        let (frame, number, text) = (self.frame(), self.number(stage), crate::naming::bare(ident));
                        let payload = self.payload(TypeOwner::Named(*name), &quote!(#ty), ty.span());
                        let keeps = self.keeps(*scope);
                        quote!(#runtime::durable::kept_head(#frame, #number, #text, #keeps, #payload, #body))
                    }
                    false => body,
                };
                let future = quote!(async move {
                    let #given = #body.await?;
                    #cell.put(#given);
                    #runtime::Result::<(), #runtime::Exit>::Ok(())
                });
                (future, quote!(let #lender = #cell.held(); #[allow(unused_variables)] let #ident = #cell.get();))
            }
            HeadKind::Signal(name) => (self.ended(name, stage), TokenStream::new()),
            HeadKind::Stage(name) => {
                let bound = self.model.stage_named(name).map(|awaited| {
                    let announced = self.announced(awaited);
                    let lender = self.lender(self.model.stages[awaited].name);
                    {
                        let own = self.local("awaited", awaited);
                        quote!(let #own = #announced.get().await; let #lender = &#own; #[allow(unused_variables)] let #name = &**#lender;)
                    }
                });
                (self.ended(name, stage), bound.unwrap_or_default())
            }
            HeadKind::Sleep(time) => {
                let written = matches!(time, Time::Nanoseconds(_));
                let time = self.time(time, stage);
                let sleep = self.sleep(stage, &time, written);
                let future = quote!(async move {
                    #sleep;
                    #runtime::Result::<(), #runtime::Exit>::Ok(())
                });
                (future, TokenStream::new())
            }
        }
    }
}
