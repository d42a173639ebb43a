//! A scope: its stages in the order that its graph allows, then its tail.

use super::{
    Expansion,
    node::{Ends, Tail},
    series::{self, Shape, waits_for},
};
use crate::model::{LetId, Local, NameKind, ScopeId, StageId};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// A future, and the stages whose outputs it gives.
struct Branch {
    future: TokenStream,
    pattern: TokenStream,
    stages: Vec<StageId>,
}

/// How many branches one join takes.
const JOIN: usize = 8;

impl Expansion<'_, '_> {
    /// A block expression, for an `async` body, that runs the scope and gives what its tail gives.
    pub(super) fn scope(&self, id: ScopeId, tail: &Tail, ends: &Ends) -> TokenStream {
        self.scope_after(&TokenStream::new(), id, tail, ends)
    }

    /// The same for a scope that was chosen among others.
    pub(super) fn chosen(
        &self,
        id: ScopeId,
        stage: Option<StageId>,
        (arm, site): (&str, &str),
        tail: &Tail,
        ends: &Ends,
    ) -> TokenStream {
        self.scope_after(&self.decided_at(stage, arm, site), id, tail, ends)
    }

    /// Tells observers of a choice.
    pub(super) fn decided(&self, stage: Option<StageId>, arm: &str) -> TokenStream {
        let (cx, number) = (self.cx(), self.number(stage));
        quote!(#cx.decided(#number, #arm);)
    }

    fn scope_after(&self, before: &TokenStream, id: ScopeId, tail: &Tail, ends: &Ends) -> TokenStream {
        let ends = ends.and(id);
        let scope = &self.model.scopes[id];
        let waits = self.waits(id);
        let body = match self.shape(id) {
            Some(shape) => {
                let mut lets = self.unbound_lets(id);
                let mut body = self.ready_lets(id, &mut lets, &[]);
                self.series(id, &shape, &mut body, &mut lets, &mut Vec::new());
                body
            }
            None => self.driven(id),
        };
        let tail = match &scope.tail {
            Some(node) => self.node(node, scope.around, tail, &ends),
            None => self.no_tail(tail, scope.close),
        };
        quote!({ #before #waits #body #tail })
    }

    /// The nest of series and joins that the scope is; none: the driver runs it.
    fn shape(&self, id: ScopeId) -> Option<Shape> {
        let scope = &self.model.scopes[id];
        if scope.stages.iter().any(|&stage| self.model.stages[stage].lazy) {
            return None;
        }
        series::shape(scope).filter(|shape| self.lets_fit(id, shape))
    }

    pub(super) fn is_driven(&self, id: ScopeId) -> bool {
        self.shape(id).is_none()
    }

    // Series and joins.

    /// Statements that run `shape` and bind the outputs.
    fn series(&self, id: ScopeId, shape: &Shape, body: &mut TokenStream, lets: &mut Vec<LetId>, done: &mut Vec<usize>) {
        match shape {
            Shape::Series(parts) => parts.iter().for_each(|part| self.series(id, part, body, lets, done)),
            Shape::Stage(local) => {
                let stage = self.model.scopes[id].stages[*local];
                body.extend(self.stage_statement(stage));
                done.push(*local);
                body.extend(self.bind(stage));
                body.extend(self.ready_lets(id, lets, done));
            }
            Shape::Parallel(parts) => {
                let branches: Vec<Branch> = parts.iter().map(|part| self.branch(id, part)).collect();
                let stages: Vec<StageId> = branches.iter().flat_map(|branch| branch.stages.clone()).collect();
                let Branch { future, pattern, .. } = self.join(branches);
                body.extend(quote!(let #pattern = #future.await?;));
                for stage in stages {
                    let name = self.model.stages[stage].name;
                    if self.model.names[name].lent {
                        let held = self.held(name);
                        body.extend(quote!(let #held = #held.shared();));
                    }
                    done.push(self.model.stages[stage].local);
                    body.extend(self.bind(stage));
                }
                body.extend(self.ready_lets(id, lets, done));
            }
        }
    }

    fn branch(&self, id: ScopeId, shape: &Shape) -> Branch {
        if let Shape::Stage(local) = shape {
            let stage = self.model.scopes[id].stages[*local];
            let held = self.held(self.model.stages[stage].name);
            return Branch { future: self.stage_future(stage), pattern: quote!(#held), stages: vec![stage] };
        }
        let runtime = &self.runtime;
        let mut statements = TokenStream::new();
        let mut done = Vec::new();
        self.series(id, shape, &mut statements, &mut Vec::new(), &mut done);
        let stages: Vec<StageId> = done.iter().map(|&local| self.model.scopes[id].stages[local]).collect();
        let held: Vec<Ident> = stages.iter().map(|&stage| self.held(self.model.stages[stage].name)).collect();
        let future = quote!(async move { #statements #runtime::Result::<_, #runtime::Stop>::Ok((#(#held,)*)) });
        Branch { future, pattern: quote!((#(#held,)*)), stages }
    }

    /// One future of several; more than a join takes are joined in groups.
    fn join(&self, mut branches: Vec<Branch>) -> Branch {
        while branches.len() > JOIN {
            let mut groups = Vec::new();
            while !branches.is_empty() {
                let group: Vec<Branch> = branches.drain(..branches.len().min(JOIN)).collect();
                groups.push(self.join(group));
            }
            branches = groups;
        }
        if branches.len() == 1 {
            return branches.remove(0);
        }
        let runtime = &self.runtime;
        let join = quote::format_ident!("join{}", branches.len());
        let futures = branches.iter().map(|branch| &branch.future);
        let patterns = branches.iter().map(|branch| &branch.pattern);
        Branch {
            future: quote!(#runtime::#join(#(#futures),*)),
            pattern: quote!((#(#patterns,)*)),
            stages: branches.iter().flat_map(|branch| branch.stages.clone()).collect(),
        }
    }

    /// What others call a stage's output from here on.
    fn bind(&self, stage: StageId) -> TokenStream {
        let name = self.model.stages[stage].name;
        self.bind_held(name)
    }

    /// The reference that the user names, to the local that holds the value.
    pub(super) fn bind_held(&self, name: usize) -> TokenStream {
        let model = &self.model.names[name];
        let held = self.held(name);
        let mut bound = TokenStream::new();
        if model.used {
            let ident = &model.ident;
            bound.extend(quote!(let #ident = &*#held;));
        }
        if model.lent {
            let lender = self.lender(name);
            bound.extend(quote!(let #lender = &#held;));
        }
        bound
    }

    // `let`s.

    fn unbound_lets(&self, id: ScopeId) -> Vec<LetId> {
        self.model.scopes[id].lets.clone()
    }

    /// Those `let`s whose needs have all ended.
    fn ready_lets(&self, id: ScopeId, lets: &mut Vec<LetId>, done: &[usize]) -> TokenStream {
        let scope = &self.model.scopes[id];
        let mut ready = TokenStream::new();
        loop {
            let next = lets.iter().position(|&binding| {
                let place = scope.lets.iter().position(|&other| other == binding).unwrap_or_default();
                scope.let_needs[place].iter().all(|need| match need.on {
                    Local::Stage(on) => done.contains(&on),
                    Local::Let(on) => !lets.contains(&scope.lets[on]),
                })
            });
            let Some(next) = next else { return ready };
            ready.extend(self.binding(lets.remove(next), &TokenStream::new()));
        }
    }

    /// Whether every `let` can be defined before whoever names it, in a place that all of them see.
    fn lets_fit(&self, id: ScopeId, shape: &Shape) -> bool {
        let scope = &self.model.scopes[id];
        let own = scope.let_needs.iter().flatten().any(|need| matches!(need.on, Local::Stage(_)));
        if !own {
            return true;
        }
        match shape {
            Shape::Stage(_) => true,
            Shape::Series(parts) => parts.iter().all(|part| matches!(part, Shape::Stage(_))),
            Shape::Parallel(_) => false,
        }
    }

    /// A closure that evaluates the `let` when it is first asked.
    pub(super) fn binding(&self, binding: LetId, bindings: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.lets[binding];
        let (cell, get) = (self.local("cell", binding), self.local("let", binding));
        let ty = &model.syntax.ty;
        let expr = &model.syntax.value;
        let lints = &model.syntax.attributes.lints;
        let value = self.named("value");
        let before = self.before(model.value, None);
        quote! {
            let #cell = #runtime::OnceLock::<#ty>::new();
            let #get = || {
                #bindings
                #cell.get_or_init(|| { #before #(#lints)* let #value: #ty = #expr; #value })
            };
            let #get = &#get;
        }
    }

    // The driver.

    /// Statements that run the scope through the driver and bind the outputs that its tail names.
    fn driven(&self, id: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let scope = &self.model.scopes[id];
        let slots = self.slots(id);
        let stored = self.local("stored", id);
        let new = scope.stages.iter().map(|&stage| {
            if self.model.stages[stage].lazy {
                quote!(#runtime::LazySlot::new())
            } else {
                quote!(#runtime::Slot::new())
            }
        });
        let types = scope.stages.iter().map(|&stage| {
            let slot = if self.model.stages[stage].lazy { quote!(LazySlot) } else { quote!(Slot) };
            let ty = self.stage_type(stage);
            quote!(#runtime::#slot<#ty>)
        });
        let mut body = quote! {
            let #stored: (#(#types,)*) = (#(#new,)*);
            let #slots = &#stored;
        };
        let demands = if scope.stages.iter().any(|&stage| self.model.stages[stage].lazy) {
            let (demands, asked) = (self.demands(id), self.local("asked", id));
            body.extend(quote!(let #asked = #runtime::Demands::new(); let #demands = &#asked;));
            quote!(#runtime::Option::Some(#demands))
        } else {
            quote!(#runtime::Option::None)
        };
        let mut lets = self.unbound_lets(id);
        // In the order of their needs on each other; a closure of a later one calls that of an earlier one.
        while !lets.is_empty() {
            let next = lets.iter().position(|&binding| {
                let place = scope.lets.iter().position(|&other| other == binding).unwrap_or_default();
                let free = |on: usize| !lets.contains(&scope.lets[on]);
                scope.let_needs[place].iter().all(|need| !matches!(need.on, Local::Let(on) if !free(on)))
            });
            let binding = lets.remove(next.unwrap_or(0));
            let uses = &self.model.codes[self.model.lets[binding].value].uses;
            body.extend(self.binding(binding, &self.bind_slots(id, uses)));
        }
        let pieces = self.pieces(id);
        let piece = self.named("piece");
        let arms = scope.stages.iter().enumerate().map(|(local, &stage)| self.arm(id, local, stage));
        body.extend(quote! {
            #runtime::drive(#pieces, #demands, |#piece| -> #runtime::Erased<'_> {
                match #piece {
                    #(#arms)*
                    _ => ::core::unreachable!(),
                }
            }).await?;
        });
        for &lazy in scope.stages.iter().filter(|&&stage| self.model.stages[stage].lazy) {
            let field = syn::Index::from(self.model.stages[lazy].local);
            let (cx, number, cell, local) = (self.cx(), self.number(Some(lazy)), self.cell(lazy), self.named("cell"));
            body.extend(quote! {
                if #slots.#field.is_empty() {
                    if let #runtime::Option::Some(#local) = #cell { #local.skip(); }
                    #cx.skipped(#number);
                }
            });
        }
        let tail_uses = self.tail_uses(id);
        body.extend(self.bind_slots(id, &tail_uses));
        body
    }

    /// References to the outputs of this scope's own stages, by name.
    fn bind_slots(&self, id: ScopeId, names: &[usize]) -> TokenStream {
        let slots = self.slots(id);
        let mut bound = TokenStream::new();
        for &name in names {
            let NameKind::Stage(stage) = self.model.names[name].kind else { continue };
            if self.model.stages[stage].scope != id || self.model.stages[stage].lazy {
                continue;
            }
            let field = syn::Index::from(self.model.stages[stage].local);
            let ident = &self.model.names[name].ident;
            bound.extend(quote!(let #ident = #slots.#field.get();));
            if self.model.names[name].lent {
                let lender = self.lender(name);
                bound.extend(quote!(let #lender = #slots.#field.held();));
            }
        }
        bound
    }

    fn arm(&self, id: ScopeId, local: usize, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let slots = self.slots(id);
        let field = syn::Index::from(local);
        let piece = self.number(Some(local));
        let uses = crate::resolve::names_inside(self.model, stage);
        let bound = self.bind_slots(id, &uses);
        let future = self.stage_future(stage);
        let lent = self.model.names[self.model.stages[stage].name].lent;
        let filled = if self.model.stages[stage].lazy {
            quote!(#slots.#field.fill(#lent, #future))
        } else {
            quote!(#runtime::fill(&#slots.#field, #lent, #future))
        };
        quote!(#piece => { #bound #runtime::Box::pin(#filled) })
    }

    /// The static table of who waits for whom.
    fn pieces(&self, id: ScopeId) -> TokenStream {
        let runtime = &self.runtime;
        let scope = &self.model.scopes[id];
        let count = scope.stages.len();
        let mut needs = vec![0u32; count];
        let mut then = vec![Vec::new(); count];
        for (stage, needed) in needs.iter_mut().enumerate() {
            for on in waits_for(scope, stage) {
                // Whoever names a lazy stage asks for it instead of waiting.
                if !self.model.stages[scope.stages[on]].lazy {
                    *needed += 1;
                    then[on].push(self.number(Some(stage)));
                }
            }
        }
        let pieces = scope.stages.iter().zip(needs).zip(then).map(|((&stage, needs), then)| {
            let lazy = self.model.stages[stage].lazy;
            let needs = proc_macro2::Literal::u32_suffixed(needs + u32::from(lazy));
            quote!(#runtime::Piece { needs: #needs, then: &[#(#then),*], lazy: #lazy })
        });
        quote!({ static PIECES: &[#runtime::Piece] = &[#(#pieces),*]; PIECES })
    }

    /// What the tail names, nested scopes included.
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
