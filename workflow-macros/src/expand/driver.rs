//! A scope that the driver runs: where its outputs lie, who waits for whom, and how each stage starts.
//!
//! In a large scope, stages start in plain functions of a few dozen arms each, and their futures are boxed. In one body
//! the compiler's work on all of them would grow faster than their number. An `async` body costs the compiler several
//! times as much. In a smaller one they run in `async` functions, which is that much faster at run time: a lane has
//! room for any of them. (Room for a future of any type, with `stackfuture`, took a fifth less at run time and nearly
//! twice as long to build.)

use super::{
    Expansion,
    expectation::TypeOwner,
    expression, index_of,
    shape::{LONGEST, waits_for},
};
use crate::model::{CodeId, LetId, NameId, NameKind, ScopeId, StageId};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::{BTreeSet, HashSet};
use syn::spanned::Spanned;

/// Stages that start in one function.
const GROUP: usize = 32;
/// Stages that run in one `async` function.
const GROUP_IN_PLACE: usize = 16;

/// Names of the workflow's own body that the emitted code uses.
#[derive(Default)]
pub(super) struct Noted {
    /// Closures that wait for signals: nothing but the body can hold them.
    pub(super) signals: bool,
    pub(super) announced: BTreeSet<StageId>,
    pub(super) lets: BTreeSet<LetId>,
}

impl Noted {
    fn add(&mut self, other: Self) {
        self.signals |= other.signals;
        self.announced.extend(other.announced);
        self.lets.extend(other.lets);
    }
}

/// The starts of the stages of a scope.
#[derive(Default)]
struct Starts {
    /// Starts in the body, which sees everything: each piece, and the code that starts it; in place, its future.
    own: Vec<(Literal, TokenStream)>,
    /// Starts in functions, by number.
    groups: Vec<Group>,
}

/// Stages that start in one function.
#[derive(Default)]
struct Group {
    pieces: Vec<Literal>,
    arms: TokenStream,
    names: BTreeSet<NameId>,
    noted: Noted,
}

impl Expansion<'_, '_> {
    /// Statements that run the scope through the driver and bind the outputs that its tail names.
    pub(super) fn driven(&self, id: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let scope = &self.model.scopes[id];
        let (slots, stored) = (self.slots(id), self.local("stored", id));
        let mut body = if id == 0 {
            self.function(self.slots_item());
            let name = self.slots_struct();
            let (_, type_generics, _) = self.model.workflow.generics.split_for_impl();
            let type_generics = type_generics.as_turbofish();
            quote!(let #stored = #name #type_generics::EMPTY;)
        } else {
            let (types, new) = self.slot_types(id, runtime);
            quote!(let #stored: (#(#types,)*) = (#(#new,)*);)
        };
        body.extend(quote!(let #slots = &#stored;));
        let demands = if scope.stages.iter().any(|&stage| self.model.stages[stage].lazy) {
            let (demands, asked) = (self.demands(id), self.local("asked", id));
            body.extend(quote!(let #asked = #runtime::LazyRequests::new(); let #demands = &#asked;));
            if self.is_durable() {
                for &lazy in scope.stages.iter().filter(|&&stage| self.model.stages[stage].lazy) {
                    let (frame, number, slot) = (self.frame(), self.number(Some(lazy)), self.slot(lazy));
                    let piece = index_of(self.model.stages[lazy].local);
                    body.extend(
                        quote!(if #runtime::durable::has_begun(#frame, #number) { #slot.ask(#demands, #piece); }),
                    );
                }
            }
            quote!(#runtime::Option::Some(#demands))
        } else {
            quote!(#runtime::Option::None)
        };
        // What can't be shared is reported here too, once a type, or else this body would have an error of its own: its
        // future could not be sent.
        let mut types = HashSet::new();
        for &stage in scope.stages.iter().filter(|&&stage| !self.model.stages[stage].lazy) {
            if types.insert(self.stage_type(stage).to_string()) {
                let shared = if self.is_in_place(id) { self.may_be_shared(stage) } else { self.place_of(stage) };
                body.extend(quote!(let _ = #shared;));
            }
        }
        body.extend(self.all_bindings(id));
        let pieces = self.pieces(id);
        let piece = self.named("piece");
        let starts = self.starts(id);
        let in_place = self.is_in_place(id);
        let kinds = starts.groups.len() + usize::from(!starts.own.is_empty());
        let mut arms = TokenStream::new();
        for (kind, group) in starts.groups.iter().enumerate() {
            let (pieces, call) = (&group.pieces, self.group(group, in_place));
            let started = if in_place { self.started_in_place(&call, kind, kinds) } else { call };
            arms.extend(quote!(#(#pieces)|* => #started,));
        }
        for (piece, own) in &starts.own {
            let started = match in_place {
                true => self.started_in_place(&quote!(#runtime::erased(#own)), kinds - 1, kinds),
                false => own.clone(),
            };
            arms.extend(quote!(#piece => #started,));
        }
        let started = if in_place { quote!(_) } else { quote!(#runtime::Erased<'_>) };
        body.extend(quote! {
            #runtime::drive(#pieces, #demands, |#piece| -> #runtime::Start<#started> {
                match #piece {
                    #arms
                    _ => ::core::unreachable!(),
                }
            }).await?;
        });
        for &lazy in scope.stages.iter().filter(|&&stage| self.model.stages[stage].lazy) {
            let (frame, number, cell, local) =
                (self.frame(), self.number(Some(lazy)), self.cell(lazy), self.named("cell"));
            let slot = self.slot(lazy);
            body.extend(quote! {
                if #slot.is_empty() {
                    if let #runtime::Option::Some(#local) = #cell { #local.skip(); }
                    #frame.skipped(#number);
                }
            });
        }
        let tail_uses = self.tail_uses(id);
        body.extend(self.bind_slots(id, &tail_uses));
        body
    }

    // How stages start.

    fn starts(&self, id: ScopeId) -> Starts {
        let mut starts = Starts::default();
        let in_place = self.is_in_place(id);
        let size = if in_place { GROUP_IN_PLACE } else { GROUP };
        // What the stage around this scope names: that is all that is in it.
        let mut around = self.noted.take();
        for (local, &stage) in self.model.scopes[id].stages.iter().enumerate() {
            let names = crate::resolve::names_inside(self.model, stage);
            let piece = index_of(local);
            let arm = match in_place {
                true => self.arm_in_place(id, stage, &names),
                false => self.arm(id, stage, &names),
            };
            let noted = self.noted.take();
            // A scope further in may be in a pattern's arm, whose names have types that stand nowhere in the source.
            if id != 0 || noted.signals {
                let own = if in_place { self.filling(id, stage, &names) } else { arm };
                starts.own.push((piece, own));
                self.noted.take();
                around.add(noted);
                continue;
            }
            if starts.groups.last().is_none_or(|group| group.pieces.len() == size) {
                starts.groups.push(Group::default());
            }
            if let Some(group) = starts.groups.last_mut() {
                group.arms.extend(quote!(#piece => #arm));
                group.pieces.push(piece);
                group.names.extend(names);
                group.noted.add(noted);
            }
        }
        self.noted.replace(around);
        starts
    }

    /// Whether the futures of the scope's stages lie in its lanes.
    fn is_in_place(&self, id: ScopeId) -> bool {
        id == 0 && self.model.scopes[id].stages.len() <= LONGEST
    }

    /// One of so many kinds of futures, as the driver takes it.
    fn started_in_place(&self, future: &TokenStream, kind: usize, kinds: usize) -> TokenStream {
        let runtime = &self.runtime;
        let (mut future, mut start, mut end) = (future.clone(), 0, kinds);
        // From the innermost choice outwards.
        let mut choices = Vec::new();
        while end - start > 1 {
            let middle = usize::midpoint(start, end);
            choices.push(kind < middle);
            if kind < middle { end = middle } else { start = middle }
        }
        for is_left in choices.into_iter().rev() {
            future = if is_left { quote!(#runtime::left(#future)) } else { quote!(#runtime::right(#future)) };
        }
        quote!(#runtime::Start::Pending(#future))
    }

    /// A block that runs the stage in an `async` function.
    fn arm_in_place(&self, id: ScopeId, stage: StageId, names: &[NameId]) -> TokenStream {
        if self.plain(stage).is_none() || self.is_overheard(stage) {
            // Constructs and policies nest: without a box rustc would have to look through all of them at once.
            let (runtime, filling) = (&self.runtime, self.filling(id, stage, names));
            return quote!({ #runtime::erased(#filling).await?; });
        }
        let (bound, statement, slot) =
            (self.bind_slots(id, names), self.stage_statement(stage, false), self.slot(stage));
        let held = self.held(self.model.stages[stage].name);
        quote!({ #bound #statement #slot.keep(#held); })
    }

    /// A block that starts the stage in a plain function.
    fn arm(&self, id: ScopeId, stage: StageId, names: &[NameId]) -> TokenStream {
        let runtime = &self.runtime;
        if let Some(started) = self.started(stage) {
            let bound = self.bind_slots(id, names);
            return quote!({ #bound #started });
        }
        let filling = self.filling(id, stage, names);
        quote!({ #runtime::Start::Pending(#runtime::erased(#filling)) })
    }

    /// The future of a stage that fills its slot.
    fn filling(&self, id: ScopeId, stage: StageId, names: &[NameId]) -> TokenStream {
        let runtime = &self.runtime;
        let (bound, slot, future) = (self.bind_slots(id, names), self.slot(stage), self.stage_future(stage));
        let lent = self.model.names[self.model.stages[stage].name].lent;
        let filled = if self.model.stages[stage].lazy {
            quote!(#slot.fill(#lent, #future))
        } else {
            quote!(#runtime::fill(&#slot, #lent, #future))
        };
        quote!({ #bound #filled })
    }

    /// A stage that is one expression, which may be evaluated where it starts: one call into the runtime.
    fn started(&self, stage: StageId) -> Option<TokenStream> {
        let model = &self.model.stages[stage];
        let code = self.plain(stage)?;
        let expr = self.model.codes[code].expr;
        let at_once = expression::is_simple(expr) || expression::drops_temporaries(expr);
        let items = !self.model.items_around(model.scope).is_empty();
        if model.lazy || items || self.is_overheard(stage) || self.waits_before(code) {
            return None;
        }
        // What `ctx` is borrowed from would not live long enough.
        let is_coerced = self.is_coerced(code, TypeOwner::Stage(stage));
        if !at_once || is_coerced || self.model.codes[code].context {
            return Some(self.start_inside(stage, code));
        }
        let before = self.prelude(code, Some(stage));
        let lints = &model.syntax.attributes.lints;
        let start = self.start(stage, expr.span(), &quote!(#expr));
        if lints.is_empty() && !expression::drops_temporaries(expr) {
            return Some(quote!(#before #start));
        }
        let run = self.named("run");
        Some(quote!(#before #(#lints)* let #run = #start; #run))
    }

    /// A stage whose expression is evaluated in a future of its own, which keeps the values from which the expression's
    /// future borrows.
    fn start_inside(&self, stage: StageId, code: CodeId) -> TokenStream {
        let (runtime, of, run) = (&self.runtime, self.named("of"), self.named("run"));
        let model = &self.model.stages[stage];
        let (slot, mark, lints) =
            (self.slot(stage), self.mark(TypeOwner::Stage(stage)), &model.syntax.attributes.lints);
        let before = self.prelude(code, Some(stage));
        let expression = self.expression(code, &quote!(#of), TypeOwner::Stage(stage));
        let span = self.model.codes[code].expr.span();
        let runtime_here = self.runtime_at(span);
        let settling =
            quote_spanned!(span=> #runtime_here::await_output(#runtime::PhantomData::<#mark>, #of, #expression));
        let inside = quote!(async move { #before #(#lints)* let #run = #settling.await; #run });
        let start = self.start(stage, Span::mixed_site(), &inside);
        quote!(let #of = #runtime::of_slot(&#slot); #start)
    }

    fn start(&self, stage: StageId, span: Span, expression: &TokenStream) -> TokenStream {
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let lent = self.model.names[self.model.stages[stage].name].lent;
        let runtime = self.runtime_at(span);
        let slot = self.place_of(stage);
        quote_spanned!(span=> #runtime::start_stage(#runtime::starting(#frame, #number), #slot, #lent, #expression))
    }

    /// The slot of a stage; what can't be shared is reported where its type stands.
    pub(super) fn place_of(&self, stage: StageId) -> TokenStream {
        let syntax = self.model.stages[stage].syntax;
        let place = syntax.ty.as_ref().map_or(syntax.name.span(), Spanned::span);
        let (runtime, mark, slot) = (self.runtime_at(place), self.mark(TypeOwner::Stage(stage)), self.slot(stage));
        // rustc lets the error stand at the argument only where both come from one place.
        let local = Ident::new("__workflow_slot", place);
        let shared = quote_spanned!(place=> #runtime::output_slot::<#mark, _>(#local));
        quote!({ let #local = &#slot; #shared })
    }

    // Functions.

    /// Makes the function of a group, and gives the call of it.
    fn group(&self, group: &Group, in_place: bool) -> TokenStream {
        let runtime = self.full_path();
        let workflow = self.model.workflow;
        let name = self.local("start", self.functions.borrow().len());
        let (frame, state, services) = (self.frame(), self.named("state"), self.named("services"));
        let (slots, piece, slots_struct) = (self.slots(0), self.named("piece"), self.slots_struct());
        let generics = &workflow.generics;
        let (impl_generics, type_generics, clause) = generics.split_for_impl();
        let lifetime = syn::Lifetime::new("'__run", Span::mixed_site());
        let reference = quote!(&#lifetime);
        let mut parameters = quote! {
            #frame: #runtime::Frame<#lifetime>,
            #state: #runtime::Option<#reference #runtime::Arc<<Self as #runtime::Workflow>::State>>,
            #services: #reference <Self as #runtime::Workflow>::Services,
            #slots: #reference #slots_struct #type_generics,
            #piece: u32,
        };
        let mut arguments = quote!(#frame, #state, #services, #slots, #piece,);
        let (view, plain, shown) = (self.view(), self.named("UNOBSERVED"), self.named("OBSERVED"));
        let mut bound = TokenStream::new();
        let mut views = TokenStream::new();
        if in_place {
            parameters.extend(quote!(#view: #runtime::Visibility<#plain, #shown>,));
            arguments.extend(quote!(#view,));
            views.extend(quote!(, const #plain: usize, const #shown: usize));
        } else {
            bound.extend(quote!(let #view = #runtime::Visibility::OBSERVED;));
        }
        let mut add = |name: &Ident, ty: TokenStream, argument: Option<TokenStream>| {
            let argument = argument.unwrap_or_else(|| quote!(#name));
            parameters.extend(quote!(#name: #ty,));
            arguments.extend(quote!(#argument,));
        };
        if self.has_signals() {
            add(&self.named("signals"), quote!(#reference <Self as #runtime::Workflow>::Signals), None);
        }
        if self.model.scopes[0].stages.iter().any(|&stage| self.model.stages[stage].lazy) {
            add(&self.demands(0), quote!(#reference #runtime::LazyRequests), None);
        }
        if self.model.returns {
            let output = &workflow.output;
            add(&self.named("returned"), quote!(#reference #runtime::ReturnSlot<#output>), None);
        }
        for &stage in &group.noted.announced {
            let ty = self.stage_type(stage);
            add(&self.announced(stage), quote!(#reference #runtime::Published<#ty>), None);
        }
        for &binding in &group.noted.lets {
            let (ty, get) = (&self.model.lets[binding].syntax.ty, self.let_getter(binding));
            // As a parameter's type it may have lifetimes that are not written.
            add(&get, quote!(#runtime::LetRef<#lifetime, #ty>), Some(quote!(#runtime::LetRef(#get))));
            bound.extend(quote!(let #get = #get.0;));
        }
        for &name in &group.names {
            let model = &self.model.names[name];
            match model.kind {
                NameKind::Service(index) => {
                    let (ident, field) = (&model.ident, syn::Index::from(index));
                    bound.extend(quote!(#[allow(unused_variables)] let #ident = &#services.#field;));
                }
                NameKind::Input(index) => {
                    let (ident, ty, input) = (&model.ident, &workflow.inputs[index].ty, self.local("input", name));
                    let held = self.held(name);
                    add(&input, quote!(#reference #runtime::OwnedOrShared<#ty>), Some(quote!(&#held)));
                    let lender = self.lender(name);
                    bound.extend(quote!(#[allow(unused_variables)] let #ident = &**#input; let #lender = #input;));
                }
                _ => {}
            }
        }
        let (arms, imports) = (&group.arms, self.imports());
        let (lints, workflow_name) = (&workflow.attributes.lints, &workflow.name);
        let body = quote!(#bound match #piece { #arms _ => ::core::unreachable!() });
        let (given, body) = match in_place {
            true => (
                // Only the machine is required to be `Send`, and rustc's error names the value that is not.
                quote!(impl ::core::future::Future<Output = #runtime::Result<(), #runtime::Exit>> + #lifetime),
                quote!(async move { #body #runtime::Result::Ok(()) }),
            ),
            false => (quote!(#runtime::Start<#runtime::Erased<#lifetime>>), body),
        };
        self.function(quote! {
            #[allow(clippy::all, clippy::pedantic, unreachable_code, unused_qualifications, dropping_references)]
            #(#lints)*
            impl #impl_generics #workflow_name #type_generics #clause {
                #[doc(hidden)]
                fn #name<#lifetime #views>(#parameters) -> #given {
                    #imports
                    #body
                }
            }
        });
        quote!(Self::#name(#arguments))
    }

    fn function(&self, function: TokenStream) {
        self.functions.borrow_mut().push(function);
    }

    /// The static table of who waits for whom.
    fn pieces(&self, id: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let scope = &self.model.scopes[id];
        let count = scope.stages.len();
        let is_lazy = |local: usize| self.model.stages[scope.stages[local]].lazy;
        let mut needs = vec![0u32; count];
        let mut then = vec![Vec::new(); count];
        for (stage, needed) in needs.iter_mut().enumerate() {
            for on in waits_for(scope, stage) {
                // An expression that names a lazy stage requests it instead of waiting.
                if !is_lazy(on) {
                    *needed += 1;
                    then[on].push(stage);
                }
            }
            *needed += u32::from(is_lazy(stage));
        }
        let number = |number: usize| Literal::usize_unsuffixed(number);
        let mut end = 0;
        let ends = then.iter().map(|then| {
            end += then.len();
            number(end)
        });
        let ends: Vec<Literal> = ends.collect();
        let then = then.iter().flatten().map(|&stage| number(stage));
        let needs = needs.into_iter().map(Literal::u32_unsuffixed);
        let lazy = (0..count).filter(|&local| is_lazy(local)).map(number);
        quote!({
            static PIECES: #runtime::Schedule = #runtime::Schedule {
                needs: &[#(#needs),*], ends: &[#(#ends),*], then: &[#(#then),*], lazy: &[#(#lazy),*],
            };
            &PIECES
        })
    }

    /// Returns the names that the tail uses, nested scopes included.
    fn tail_uses(&self, id: ScopeId) -> Vec<usize> {
        let around = self.model.scopes[id].around;
        let mut found = Vec::new();
        for code in &self.model.codes {
            let part_of_stage = self.model.stage_of(id, code.scope, code.around).is_some();
            if !part_of_stage
                && code.of_let.is_none_or(|binding| self.model.lets[binding].scope != id)
                && self.model.within(code.scope, id)
                && (code.around == around
                    || code.around.is_some_and(|stage| self.model.within(self.model.stages[stage].scope, id)))
            {
                for &name in &code.uses {
                    if !found.contains(&name) {
                        found.push(name);
                    }
                }
            }
        }
        // A task in the tail evaluates the `let`s that it names again, so what they name is lent to it.
        let mut at = 0;
        while at < found.len() {
            if let NameKind::Let(binding) = self.model.names[found[at]].kind {
                for &name in &self.model.codes[self.model.lets[binding].value].uses {
                    if !found.contains(&name) {
                        found.push(name);
                    }
                }
            }
            at += 1;
        }
        found
    }
}
