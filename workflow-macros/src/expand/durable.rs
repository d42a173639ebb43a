//! What a `#[durable]` workflow has more than others: a hook at each stage and each choice, which is on record or goes
//! there.

use super::{Expansion, former::former, node::Whose};
use crate::{
    check::renames,
    model::{CodeId, Members, NameKind, NodeKind, Scope, ScopeId, StageId},
    text,
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Expr, Lifetime, spanned::Spanned};
use workflow_graph::ScopeKind;

/// FNV-1a, for more than a few.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The names of the members of one race, whatever their order.
pub(super) fn all_names(names: &[String]) -> String {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.join(" ")
}

/// FNV-1a.
fn hash(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Expansion<'_, '_> {
    pub(super) fn is_durable(&self) -> bool {
        self.model.durable
    }

    /// What tells a choice or a timer from the others of its stage: its own words, and a number where these are not the
    /// only ones. Its record lies under it, also for the next build of the program.
    pub(super) fn site(&self, stage: Option<StageId>, words: &impl ToTokens) -> String {
        let words = text::of_tokens(words.to_token_stream());
        let hash = hash(&words);
        let mut sites = self.sites.borrow_mut();
        let count = sites.entry((stage, hash)).or_insert(0);
        *count += 1;
        if *count == 1 { format!("{hash:08x}") } else { format!("{hash:08x}-{count}") }
    }

    /// How values of a type that is written somewhere are stored.
    pub(super) fn payload(&self, whose: Whose, ty: &TokenStream, span: Span) -> TokenStream {
        let (runtime, mark) = (self.runtime_at(span), self.mark(whose));
        quote_spanned!(span=> #runtime::durable::stored::<#mark, #ty>())
    }

    /// The same for what an expression of type `Of<T>` says.
    /// Where the stage's type can't be stored that is told once, there.
    pub(super) fn payload_of(&self, whose: Whose, of: &TokenStream) -> TokenStream {
        let span = match whose {
            Whose::Stage(stage) => self.model.stages[stage].syntax.ty.as_ref().map(Spanned::span),
            Whose::Workflow => Some(self.model.workflow.output.span()),
            Whose::Named(_) => None,
        };
        let span = span.unwrap_or_else(Span::mixed_site);
        let (runtime, mark) = (self.runtime_at(span), self.mark(whose));
        quote_spanned!(span=> #runtime::durable::stored_of::<#mark, _>(#of))
    }

    /// The body of a stage, which gives its output, or with `undo`: that, and whether there is something to undo.
    pub(super) fn kept(&self, stage: StageId, body: &TokenStream, undo: bool) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.stages[stage];
        let (cx, number) = (self.cx(), self.number(Some(stage)));
        let span = model.syntax.ty.as_ref().map_or(model.syntax.name.span(), Spanned::span);
        let payload = self.payload(Whose::Stage(stage), &self.stage_type(stage), span);
        let keeps = match (&model.node.kind, self.compensates_inside(stage)) {
            (_, true) => quote!(Inside),
            (NodeKind::Expression(_), false) => quote!(Leaf),
            _ => quote!(Block),
        };
        let run = if undo { body.clone() } else { quote!((#body, true)) };
        let part = self.part(span, "part", &quote!(#runtime::Result::<_, #runtime::Stop>::Ok(#run)));
        let kept = quote!(#runtime::durable::kept(#cx, #number, #payload, #runtime::durable::Keeps::#keeps, move |#cx| #part).await?);
        if undo { kept } else { quote!(#kept.0) }
    }

    /// What runs inside a stage or an item, with its type forgotten: rustc follows types only to a certain depth.
    fn part(&self, span: Span, part: &str, body: &TokenStream) -> TokenStream {
        let (runtime, part) = (self.runtime_at(span), Ident::new(part, span));
        let part = quote_spanned!(span=> #runtime::durable::#part);
        quote!(#part(async move { #body }))
    }

    /// Before an expression of the user's is evaluated.
    pub(super) fn fresh(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        let site = self.code_site(code, stage);
        if let Some(stage) = stage.filter(|&stage| self.is_protected(stage, code)) {
            let on_attempt = self.model.stages[stage].policies.undo.as_ref().is_some_and(|undo| undo.on_attempt);
            let armed = on_attempt.then(|| quote!(#runtime::durable::armed(#cx, #number).await;));
            let evaluates = self.evaluates(code, Some(stage));
            return quote!(#armed #runtime::durable::begins(#cx, #number, #site).await; #evaluates);
        }
        let evaluates = self.evaluates(code, stage);
        quote!(#runtime::durable::fresh(#cx, #number, #site).await; #evaluates)
    }

    /// Right before an expression of the user's is evaluated: what is begun in there has a name.
    pub(super) fn evaluates(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let (runtime, cx, number, evaluating) =
            (&self.runtime, self.cx(), self.number(stage), self.named("evaluating"));
        let site = &*self.model.codes[code].site;
        quote!(let #evaluating = #runtime::durable::evaluates(#cx, #number, #site);)
    }

    /// What tells an expression of the user's from the others of its stage; nothing where it is all that the stage does.
    fn code_site(&self, code: CodeId, stage: Option<StageId>) -> &str {
        let is_own =
            |stage: StageId| matches!(self.model.stages[stage].node.kind, NodeKind::Expression(own) if own == code);
        match &*self.model.codes[code].site {
            "" if stage.is_some_and(|stage| is_own(stage) && !self.compensates_inside(stage)) => "",
            "" => "tail",
            site => site,
        }
    }

    /// Before an expression that is a part of a stage is evaluated: where it has failed already, that counts.
    pub(super) fn fresh_part(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        let fresh = self.fresh(code, stage);
        let site = self.code_site(code, stage);
        if !self.is_durable() || site.is_empty() {
            return fresh;
        }
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        quote!(#runtime::durable::failed_before(#cx, #number, #site).await?; #fresh)
    }

    /// An expression that is a part of a stage, as a future: its failure is on record before anything comes of it.
    pub(super) fn noting(&self, code: CodeId, stage: Option<StageId>, call: TokenStream) -> TokenStream {
        let site = self.code_site(code, stage);
        if !self.is_durable() || site.is_empty() {
            return call;
        }
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        quote!(#runtime::durable::noting(#cx, #number, #site, #call))
    }

    /// The stage has an undo, and the code is what it does: where it was interrupted, it runs again whatever else has failed.
    fn is_protected(&self, stage: StageId, code: CodeId) -> bool {
        let model = &self.model.stages[stage];
        model.policies.undo.is_some() && matches!(model.node.kind, NodeKind::Expression(own) if own == code)
    }

    /// What an expression of the user's has given, after [`evaluates`](Self::evaluates).
    pub(super) fn evaluating(&self, call: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return call;
        }
        let (runtime, evaluating) = (&self.runtime, self.named("evaluating"));
        self.busy(quote!(#runtime::durable::placed(#evaluating, #call)))
    }

    /// A future of the user's, which is under way while it is polled.
    pub(super) fn busy(&self, call: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return call;
        }
        let (runtime, cx) = (&self.runtime, self.cx());
        quote!(#runtime::durable::busy(#cx, #call))
    }

    /// A scrutinee, as it was when it was first matched: statements before it, and the value. `inline`: there is no place for
    /// statements, but what is made there lives long enough.
    pub(super) fn recalled(&self, code: CodeId, expr: &Expr, inline: bool) -> (TokenStream, TokenStream) {
        let value = if inline { self.evaluated(expr) } else { quote!(#expr) };
        if !self.is_durable() {
            return (TokenStream::new(), value);
        }
        let stage = self.model.codes[code].around;
        let (cx, number, site) = (self.cx(), self.number(stage), self.site(stage, expr));
        let (runtime, mark) = (self.runtime_at(expr.span()), self.mark(Whose::of(stage)));
        let (before, record) = match inline {
            true => (TokenStream::new(), quote!(&#runtime::durable::on_record(#cx, #number, #site))),
            false => {
                let record = self.local("record", code);
                (quote!(let #record = #runtime::durable::on_record(#cx, #number, #site);), quote!(&#record))
            }
        };
        let value = quote_spanned!(expr.span()=>
            #runtime::durable::recall(
                #runtime::PhantomData::<#mark>,
                (&&#runtime::durable::recalls(#value)).__workflow_recalls(),
                (#cx, #number, #site),
                #record,
            )
        );
        (before, value)
    }

    /// A condition, as it was when it was first asked.
    pub(super) fn remembered(&self, code: CodeId, expr: &Expr) -> TokenStream {
        if !self.is_durable() {
            return self.evaluated(expr);
        }
        let stage = self.model.codes[code].around;
        let (runtime, cx, number, site) = (&self.runtime, self.cx(), self.number(stage), self.site(stage, expr));
        quote!(#runtime::durable::condition(#cx, #number, #site, || #expr))
    }

    /// A choice is on record before what was chosen begins.
    pub(super) fn decided_at(&self, stage: Option<StageId>, arm: &str, site: &str) -> TokenStream {
        if !self.is_durable() {
            return self.decided(stage, arm);
        }
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        quote!(#runtime::durable::chosen(#cx, #number, #site, #arm).await;)
    }

    /// Something in the scope has an undo.
    pub(super) fn keeps(&self, scope: ScopeId) -> bool {
        self.model.scopes[scope].compensates
    }
}

/// The names of members and of their decisions.
impl Expansion<'_, '_> {
    /// What tells the members of a race or a quorum from each other, whatever their order: the first stage of each, or its own
    /// words; and what tells the race from others of its stage. (Members that are items' are told apart as these are.)
    pub(super) fn race_sites(&self, stage: Option<StageId>, members: &Members<'_>) -> (Vec<String>, String) {
        let durable = self.is_durable();
        match members {
            Members::Listed(scopes) if !durable => (vec![String::new(); scopes.len()], String::new()),
            Members::For(_) if !durable => (Vec::new(), String::new()),
            Members::For(_) => {
                let site = self.site(stage, &quote!(race for));
                let won = site.split_once('-').map_or_else(|| "won".to_owned(), |(_, count)| format!("won-{count}"));
                (Vec::new(), won)
            }
            Members::Listed(scopes) => {
                let sites = self.member_names(scopes);
                let won = format!("won-{}", self.site(stage, &all_names(&sites)));
                (sites, won)
            }
        }
    }

    /// The first stage of each, or its words; where others before it are written alike, which of them.
    fn member_names(&self, scopes: &[ScopeId]) -> Vec<String> {
        self.member_names_before(scopes, &BTreeMap::new())
    }

    /// Returns the same with former names in them; `renamed` has these by today's.
    pub(super) fn member_names_before(&self, scopes: &[ScopeId], renamed: &BTreeMap<String, String>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for &scope in scopes {
            let name = self.member_name(scope, renamed);
            let before = names.iter().filter(|before| before.split('-').next() == Some(&name)).count();
            names.push(if before == 0 { name } else { format!("{name}-{}", before + 1) });
        }
        names
    }

    fn member_name(&self, member: ScopeId, renamed: &BTreeMap<String, String>) -> String {
        let is_inside = |scope: ScopeId| self.is_within(scope, member);
        if let Some(stage) = self.model.stages.iter().find(|stage| is_inside(stage.scope)) {
            let name = super::items::bare(&stage.syntax.name);
            return renamed.get(&name).cloned().unwrap_or(name);
        }
        let words = self.model.codes.iter().filter(|code| is_inside(code.scope));
        let words: Vec<String> = words
            .map(|code| text::of_tokens(former(code.expr.to_token_stream(), renamed, &mut BTreeSet::new())))
            .collect();
        format!("{:08x}", hash(&words.join(" ")))
    }

    /// What other builds may have called the records of members, and what these are called now: the stage, then both names. A
    /// member is the one that holds a stage of that name, in whatever order its stages stand; earlier versions went by its
    /// position. A name that ends with `*` stands for all that begin so: a stage has one race, whatever its members are.
    /// A stage with several races is left out: there the old names tell less.
    pub(super) fn former_sites(&self) -> Vec<(String, String, String)> {
        let mut found = Vec::new();
        let races: Vec<_> = (0..self.model.scopes.len()).filter_map(|scope| self.members_with_first(scope)).collect();
        for scopes in &races {
            let stage = self.model.scopes[scopes[0]].around;
            if races.iter().filter(|other| self.model.scopes[other[0]].around == stage).count() > 1 {
                continue;
            }
            let stage = stage.map_or_else(String::new, |stage| super::items::bare(self.stage_name(stage)));
            let names = self.member_names(scopes);
            let words = text::of_tokens(all_names(&names).to_token_stream());
            let won = format!("won-{:08x}", hash(&words));
            found.push((stage.clone(), "won".to_owned(), won.clone()));
            found.push((stage.clone(), "won-*".to_owned(), won));
            for (place, (name, &scope)) in names.into_iter().zip(scopes).enumerate() {
                let others = self.stages_within(scope).filter(|other| *other != name);
                for before in [place.to_string()].into_iter().chain(others) {
                    let (before, now) = (format!("member-{before}"), format!("member-{name}"));
                    found.push((stage.clone(), format!("thrown-{before}"), format!("thrown-{now}")));
                    found.push((stage.clone(), before, now));
                }
            }
        }
        found
    }

    /// The names of the stages in a member.
    fn stages_within(&self, member: ScopeId) -> impl Iterator<Item = String> {
        let inside = self.model.stages.iter().filter(move |stage| self.is_within(stage.scope, member));
        inside.map(|stage| super::items::bare(&stage.syntax.name))
    }

    fn is_within(&self, scope: ScopeId, member: ScopeId) -> bool {
        std::iter::successors(Some(scope), |&scope| self.model.scopes[scope].parent).any(|scope| scope == member)
    }

    /// How many races and quorums of listed members a stage has.
    pub(super) fn races_in(&self, stage: Option<StageId>) -> usize {
        let first = |scope: &&Scope<'_>| scope.kind == ScopeKind::Member && scope.label == "1" && scope.around == stage;
        self.model.scopes.iter().filter(first).count()
    }

    /// The members of which that scope is the first.
    pub(super) fn members_with_first(&self, scope: ScopeId) -> Option<Vec<ScopeId>> {
        let first = &self.model.scopes[scope];
        if first.kind != ScopeKind::Member || first.label != "1" {
            return None;
        }
        let next = |after: ScopeId, label: String| {
            (after + 1..self.model.scopes.len()).find(|&other| {
                let other = &self.model.scopes[other];
                other.kind == ScopeKind::Member && other.parent == first.parent && other.label == label
            })
        };
        let mut members = vec![scope];
        while let Some(another) = next(members[members.len() - 1], (members.len() + 1).to_string()) {
            members.push(another);
        }
        Some(members)
    }
}

/// Timers, rounds, items, members, heads, signals.
impl Expansion<'_, '_> {
    /// `sleep(D)`, awaited.
    /// `written`: the time is a literal, and so that of the program that runs.
    pub(super) fn sleep(&self, stage: Option<StageId>, time: &TokenStream, written: bool) -> TokenStream {
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        if !self.is_durable() {
            return quote!(#runtime::sleep(#time).await);
        }
        let site = self.site(stage, &quote!(sleep));
        quote!(#runtime::durable::sleep_kept(#cx, #number, #site, #time, #written).await)
    }

    /// `sleep_until(T)`, awaited.
    pub(super) fn sleep_until(&self, stage: Option<StageId>, time: &Expr) -> TokenStream {
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        if !self.is_durable() {
            // The method stands at its argument, so that rustc tells a mistake there and not at the whole workflow.
            let time_of = self.evaluated(time);
            return quote_spanned!(time.span()=> #cx.sleep_until(#time_of).await);
        }
        let time = self.evaluated(time);
        let site = self.site(stage, &quote!(sleep));
        quote!(#runtime::durable::sleep_until_kept(#cx, #number, #site, #time).await)
    }

    /// The state with which a round begins, or whose first one is `value`.
    pub(super) fn next_round(
        &self,
        stage: Option<StageId>,
        (scope, round): (ScopeId, &TokenStream),
        payload: &TokenStream,
        value: &TokenStream,
    ) -> TokenStream {
        let (runtime, cx, number) = (&self.runtime, self.loop_cx(scope), self.number(stage));
        let keeps = self.keeps(scope);
        quote!(#runtime::durable::next_round(#cx, #number, #round, #keeps, #payload, async move {
            #runtime::Result::<_, #runtime::Stop>::Ok(#value)
        }).await?)
    }

    /// Where the loop goes on, and the state there: `value`, where it begins.
    pub(super) fn first_round(&self, stage: Option<StageId>, scope: ScopeId, value: &TokenStream) -> TokenStream {
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        let (payload, keeps) = (self.round_payload(scope), self.keeps(scope));
        let (own, first, next) = (self.loop_cx(scope), self.local("first", scope), self.local("next", scope));
        let found = self.named("found");
        let value = self.next_round(stage, (scope, &quote!(0)), &payload, value);
        quote! {
            let #own = #cx;
            #[allow(unused_mut, unused_variables)]
            let (#first, mut #next) = match #runtime::durable::resumed_round(#cx, #number, #keeps, #payload).await {
                #runtime::Option::Some(#found) => #found,
                #runtime::Option::None => (0, #value),
            };
        }
    }

    /// How a loop's state is stored.
    pub(super) fn round_payload(&self, scope: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let state = self.model.names.iter().position(|name| name.kind == NameKind::LoopState(scope));
        match (self.model.scopes[scope].state, state) {
            (Some(ty), Some(name)) => self.payload(Whose::Named(name), &quote!(#ty), ty.span()),
            _ => quote!(#runtime::durable::stored::<(), ()>()),
        }
    }

    /// The next round of a loop without a state is on record before it begins.
    pub(super) fn next_without_state(&self, stage: Option<StageId>, scope: ScopeId) -> TokenStream {
        let (payload, round) = (self.round_payload(scope), self.named("round").to_token_stream());
        self.next_round(stage, (scope, &round), &payload, &quote!(()))
    }

    /// Rounds that have ended stay on record, for their undos.
    pub(super) fn has_recorded_end(&self, round: ScopeId) -> bool {
        self.is_durable() && self.keeps(round)
    }

    /// Returns the label that the body of such a round breaks to.
    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn end_label(&self, round: ScopeId) -> Lifetime {
        Lifetime::new(&format!("'__end{round}"), Span::mixed_site())
    }

    /// How such a round ends.
    pub(super) fn round_ended(&self, stage: Option<StageId>, scope: ScopeId, body: &TokenStream) -> TokenStream {
        let (runtime, cx, number) = (&self.runtime, self.loop_cx(scope), self.number(stage));
        let (payload, round, label) = (self.round_payload(scope), self.named("round"), self.end_label(scope));
        quote!(#runtime::durable::round(#cx, #number, #round, #payload, #runtime::durable::part(async {
            #[allow(unused_labels, unreachable_code)]
            #runtime::Result::<#runtime::durable::RoundEnd<_, _>, #runtime::Stop>::Ok(#label: { #body })
        })).await?)
    }

    /// Where the loop itself is, in its rounds.
    pub(super) fn loop_cx(&self, scope: ScopeId) -> proc_macro2::Ident {
        self.local("loop", scope)
    }

    /// The items of a `for`, recognised on resume by what they are.
    pub(super) fn recognised(&self, stage: Option<StageId>, items: TokenStream) -> TokenStream {
        if !self.is_durable() {
            return items;
        }
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        let recognising = self.recognising(&items);
        quote!(#runtime::durable::recognised(#cx, #number, #recognising).await)
    }

    /// Items that can be told apart; the error stands at the last of their tokens.
    pub(super) fn recognising(&self, items: &TokenStream) -> TokenStream {
        let runtime =
            self.full_path_at(items.clone().into_iter().last().map_or_else(Span::mixed_site, |token| token.span()));
        quote!(#runtime::durable::recognising(#items))
    }

    /// The body of an item, which gives a `Result<_, Stop>` of what `of` says.
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
        let (runtime, cx, number) = (&self.runtime, self.cx(), self.number(stage));
        let (payload, keeps) = (self.payload_of(Whose::of(stage), of), self.keeps(scope));
        let span = stage.map_or_else(Span::mixed_site, |stage| self.model.stages[stage].syntax.name.span());
        let part = self.part(span, "item_part", &body);
        let kept = Ident::new(if racing { "kept_each" } else { "kept_item" }, Span::mixed_site());
        quote!(#runtime::durable::#kept(#cx, #number, #payload, #keeps, move |#cx| #part).await)
    }
}

/// `impl Durable`
impl Expansion<'_, '_> {
    /// How inputs, signals and the output are stored, in this order: asked once each, where it is written.
    fn payloads(&self) -> (TokenStream, TokenStream) {
        let (workflow, runtime) = (self.model.workflow, &self.runtime);
        let inputs = workflow.inputs.iter().map(|input| (&input.ty, self.mark_of(&input.name)));
        let signals = self.model.signals.iter().map(|signal| (&signal.syntax.ty, self.mark_of(&signal.syntax.name)));
        let output = [(&workflow.output, quote!(Self))];
        let all: Vec<_> = inputs.chain(signals).chain(output).collect();
        let types = all.iter().map(|(ty, _)| quote!(#runtime::durable::Payload<#ty>));
        let values = all.iter().map(|(ty, mark)| {
            let runtime = self.runtime_at(ty.span());
            quote_spanned!(ty.span()=> #runtime::durable::stored::<#mark, #ty>())
        });
        (quote!((#(#types,)*)), quote!((#(#values,)*)))
    }

    /// That of a signal.
    pub(super) fn signal_payload(&self, signal: usize) -> TokenStream {
        let (runtime, place) = (&self.runtime, syn::Index::from(self.model.workflow.inputs.len() + signal));
        quote!(<Self as #runtime::durable::Durable>::payloads().#place)
    }

    pub(super) fn durable_implementation(&self) -> TokenStream {
        if !self.is_durable() {
            return TokenStream::new();
        }
        let runtime = &self.runtime;
        let workflow = self.model.workflow;
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let name = &workflow.name;
        let (types, values) = self.payloads();
        let (encode, decode) = self.input_functions();
        let output_place = syn::Index::from(workflow.inputs.len() + self.model.signals.len());
        let (values, encode, decode, output, signal_functions) = if self.sound {
            (values, encode, decode, quote!(Self::payloads().#output_place), self.durable_signals())
        } else {
            // Never called: the rest of the crate is checked against it.
            let signal_functions = quote! {
                fn accept(_: &Self::Signal) -> #runtime::Result<(), #runtime::SignalError> { ::core::unreachable!() }
                fn encode_signal(_: &Self::Signal) -> #runtime::Result<(&'static str, #runtime::Vec<u8>), #runtime::BoxError> {
                    ::core::unreachable!()
                }
                fn deliver_stored(_: &Self::Signals, _: &str, _: &[u8], _: i64) -> #runtime::durable::Delivered {
                    ::core::unreachable!()
                }
            };
            let never = quote!(::core::unreachable!());
            (never.clone(), never.clone(), never.clone(), never, signal_functions)
        };
        let (bytes, inputs) = (self.named("bytes"), self.named("inputs"));
        let former_name = match renames::former(&workflow.attributes) {
            Some(former) => {
                let former = super::items::bare(former);
                quote!(#runtime::Option::Some(#former))
            }
            None => quote!(#runtime::Option::None),
        };
        let former_sites = self.former_sites().into_iter().map(|(stage, before, now)| quote!((#stage, #before, #now)));
        let former = self.former_names();
        let former = former.iter().map(|(old, new)| quote!((#old, #new)));
        let former_texts = self.former_texts();
        let plain = self.plain_sites();
        let build = fingerprint(&self.source.to_string());
        let given = self.named("given");
        let start = match &workflow.inputs[..] {
            [one] => {
                let ty = &one.ty;
                let start = quote_spanned!(ty.span()=> type Start = #ty;);
                quote!(#start fn inputs(#given: Self::Start) -> Self::Input { (#given,) })
            }
            _ => quote!(type Start = Self::Input; fn inputs(#given: Self::Start) -> Self::Input { #given }),
        };
        quote! {
            #[allow(clippy::all, clippy::pedantic, unused_variables)]
            impl #impl_generics #runtime::durable::Durable for #name #type_generics #clause {
                const FORMER_NAME: #runtime::Option<&'static str> = #former_name;
                const FORMER: &'static [(&'static str, &'static str)] = &[#(#former),*];
                const BUILD: u64 = #build;
                const FORMER_SITES: &'static [(&'static str, &'static str, &'static str)] = &[#(#former_sites),*];
                const FORMER_TEXTS: &'static [(&'static str, &'static str, &'static [&'static str])] = &[#(#former_texts),*];
                const PLAIN: &'static [(&'static str, &'static str)] = &[#(#plain),*];
                #start
                type Payloads = #types;
                fn payloads() -> Self::Payloads { #values }
                fn encode_input(#inputs: &Self::Input) -> #runtime::Result<#runtime::Vec<u8>, #runtime::BoxError> { #encode }
                fn decode_input(#bytes: &[u8]) -> #runtime::Result<Self::Input, #runtime::BoxError> { #decode }
                fn output() -> #runtime::durable::Payload<Self::Output> { #output }
                #signal_functions
            }
        }
    }

    /// The bodies of `encode_input` and `decode_input`.
    fn input_functions(&self) -> (TokenStream, TokenStream) {
        let runtime = &self.runtime;
        let (bytes, inputs, payloads, parts) =
            (self.named("bytes"), self.named("inputs"), self.named("payloads"), self.named("parts"));
        let places: Vec<_> = (0..self.model.workflow.inputs.len()).map(syn::Index::from).collect();
        let encode = quote! {
            let #payloads = Self::payloads();
            #runtime::Result::Ok(#runtime::durable::join(&[#(#payloads.#places.write(&#inputs.#places)?),*]))
        };
        let count = places.len();
        let decode = quote! {
            let #payloads = Self::payloads();
            let #parts = #runtime::durable::split(#bytes, #count)?;
            #runtime::Result::Ok((#(#payloads.#places.read(&#parts[#places])?,)*))
        };
        (encode, decode)
    }

    fn durable_signals(&self) -> TokenStream {
        let runtime = &self.runtime;
        let (signals, signal, value) = (self.named("signals"), self.named("signal"), self.named("value"));
        let (text, payload, number) = (self.named("text"), self.named("payload"), self.named("number"));
        let enumeration = self.signal_enum();
        let accepts = self.model.signals.iter().map(|model| {
            let (ident, ty, variant) =
                (&model.syntax.name, &model.syntax.ty, super::items::variant(&model.syntax.name));
            let accept = model.accept.map(|condition| {
                let holds = self.named("holds");
                quote!(
                    let #ident: &#ty = #value;
                    let #holds: bool = #condition;
                    if !#holds { return #runtime::Result::Err(#runtime::SignalError::Refused); }
                )
            });
            quote!(#enumeration::#variant(#value) => { #accept })
        });
        let encodes = self.model.signals.iter().enumerate().map(|(place, model)| {
            let (variant, text) = (super::items::variant(&model.syntax.name), super::items::bare(&model.syntax.name));
            let stored = self.signal_payload(place);
            quote!(#enumeration::#variant(#value) => #runtime::Result::Ok((#text, #stored.write(#value)?)),)
        });
        let delivers = self.model.signals.iter().enumerate().map(|(place, model)| {
            let (ident, text) = (&model.syntax.name, super::items::bare(&model.syntax.name));
            let stored = self.signal_payload(place);
            quote!(#text => #runtime::durable::deliver(&#signals.#ident, #stored, #payload, #number),)
        });
        let (accepts, encodes) = if self.has_signals() {
            let never = (self.model.workflow.generics.type_params().next().is_some())
                .then(|| quote!(#enumeration::__Never(#value, _) => match *#value {},));
            (quote!(match #signal { #(#accepts)* #never }), quote!(match #signal { #(#encodes)* #never }))
        } else {
            (quote!(match *#signal {}), quote!(match *#signal {}))
        };
        quote! {
            #[allow(unreachable_code)]
            fn accept(#signal: &Self::Signal) -> #runtime::Result<(), #runtime::SignalError> {
                #accepts
                #runtime::Result::Ok(())
            }
            fn encode_signal(#signal: &Self::Signal) -> #runtime::Result<(&'static str, #runtime::Vec<u8>), #runtime::BoxError> {
                #encodes
            }
            fn deliver_stored(#signals: &Self::Signals, #text: &str, #payload: &[u8], #number: i64) -> #runtime::durable::Delivered {
                match #text {
                    #(#delivers)*
                    _ => #runtime::durable::Delivered::Unknown,
                }
            }
        }
    }
}
