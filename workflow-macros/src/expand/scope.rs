//! A scope: its stages in the order that its graph allows, then its tail.

use super::{
    Expansion,
    expectation::{Expectation, OwningScopes},
    shape::{self, Shape},
};
use crate::{
    bound_names::Binder,
    model::{LetId, Local, ScopeId, StageId},
};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// A future, and the stages whose outputs it gives.
struct ParallelBranch {
    future: TokenStream,
    pattern: TokenStream,
    stages: Vec<StageId>,
}

/// Branches that one join takes.
const JOIN: usize = 8;

impl Expansion<'_, '_> {
    /// A block expression, for an `async` body, that runs the scope and gives what its tail gives.
    pub(super) fn scope(&self, id: ScopeId, tail: &Expectation, ends: &OwningScopes) -> TokenStream {
        self.scope_after(&TokenStream::new(), id, tail, ends)
    }

    /// A block expression that runs a scope chosen among others, and reports the choice first.
    pub(super) fn record_choice(
        &self,
        id: ScopeId,
        stage: Option<StageId>,
        (arm, site): (&str, &str),
        tail: &Expectation,
        ends: &OwningScopes,
    ) -> TokenStream {
        self.scope_after(&self.decided_at(stage, arm, site), id, tail, ends)
    }

    /// Reports a choice to observers.
    pub(super) fn decided(&self, stage: Option<StageId>, arm: &str) -> TokenStream {
        let (view, frame, number) = (self.view(), self.frame(), self.number(stage));
        quote!(#view.decided(&#frame, #number, #arm);)
    }

    fn scope_after(&self, before: &TokenStream, id: ScopeId, tail: &Expectation, ends: &OwningScopes) -> TokenStream {
        let ends = ends.and(id);
        let bound_again = self.bound_again(Binder::Scope(id));
        let scope = &self.model.scopes[id];
        let waits = self.waits(id);
        let body = match self.shape(id) {
            Some(shape) => {
                let mut lets = self.unbound_lets(id);
                let mut body = self.ready_lets(id, &mut lets, &[]);
                // Only the outermost one knows that nothing runs beside it.
                self.series((id, id == 0), &shape, &mut body, &mut lets, &mut Vec::new());
                body
            }
            None => self.driven(id),
        };
        let tail = match &scope.tail {
            Some(node) => self.node(node, scope.around, tail, &ends),
            None => self.no_tail(tail, scope.close),
        };
        quote!({ #before #bound_again #waits #body #tail })
    }

    /// Names what only a task's own copy of that pattern is for: the compiler would take it for unused.
    pub(super) fn bound_again(&self, binder: Binder) -> TokenStream {
        let names = self.model.bound_in.again(binder);
        quote!(#(let _ = &#names;)*)
    }

    /// The nest of series and joins that the scope is; none: the driver runs it.
    fn shape(&self, id: ScopeId) -> Option<Shape> {
        let scope = &self.model.scopes[id];
        if scope.stages.iter().any(|&stage| self.model.stages[stage].lazy) {
            return None;
        }
        shape::shape(scope).filter(|shape| self.lets_fit(id, shape))
    }

    pub(super) fn is_driven(&self, id: ScopeId) -> bool {
        self.shape(id).is_none()
    }

    // Series and joins.

    /// Statements that run `shape` and bind the outputs; `alone`: no other stage is running beside it.
    fn series(
        &self,
        (id, alone): (ScopeId, bool),
        shape: &Shape,
        body: &mut TokenStream,
        lets: &mut Vec<LetId>,
        done: &mut Vec<usize>,
    ) {
        match shape {
            Shape::Series(parts) => parts.iter().for_each(|part| self.series((id, alone), part, body, lets, done)),
            Shape::Stage(local) => {
                let stage = self.model.scopes[id].stages[*local];
                body.extend(self.stage_statement(stage, alone));
                done.push(*local);
                body.extend(self.bind(stage));
                body.extend(self.ready_lets(id, lets, done));
            }
            Shape::Piece(part) => {
                let piece = self.branch((id, alone), part);
                self.joined(id, piece, body, lets, done);
            }
            Shape::Parallel(parts) => {
                let mut branches: Vec<ParallelBranch> =
                    parts.iter().map(|part| self.branch((id, false), part)).collect();
                if shape.is_large() {
                    for branch in &mut branches {
                        let (runtime, future) = (&self.runtime, &branch.future);
                        branch.future = quote!(#runtime::Box::pin(#future));
                    }
                }
                let join = self.join(branches);
                self.joined(id, join, body, lets, done);
            }
        }
    }

    /// Statements that run a future of several stages and bind their outputs.
    fn joined(
        &self,
        id: ScopeId,
        run: ParallelBranch,
        body: &mut TokenStream,
        lets: &mut Vec<LetId>,
        done: &mut Vec<usize>,
    ) {
        let ParallelBranch { future, pattern, stages } = run;
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

    fn branch(&self, (id, alone): (ScopeId, bool), shape: &Shape) -> ParallelBranch {
        match shape {
            Shape::Piece(part) => return self.branch((id, alone), part),
            Shape::Stage(local) => {
                let stage = self.model.scopes[id].stages[*local];
                let held = self.held(self.model.stages[stage].name);
                return ParallelBranch {
                    future: self.stage_future(stage),
                    pattern: quote!(#held),
                    stages: vec![stage],
                };
            }
            Shape::Series(_) | Shape::Parallel(_) => {}
        }
        let runtime = &self.runtime;
        let mut statements = TokenStream::new();
        let mut done = Vec::new();
        self.series((id, alone), shape, &mut statements, &mut Vec::new(), &mut done);
        let stages: Vec<StageId> = done.iter().map(|&local| self.model.scopes[id].stages[local]).collect();
        let held: Vec<Ident> = stages.iter().map(|&stage| self.held(self.model.stages[stage].name)).collect();
        let future = quote!(async move { #statements #runtime::Result::<_, #runtime::Exit>::Ok((#(#held,)*)) });
        ParallelBranch { future, pattern: quote!((#(#held,)*)), stages }
    }

    /// One future of several; more than a join takes are joined in groups.
    fn join(&self, mut branches: Vec<ParallelBranch>) -> ParallelBranch {
        while branches.len() > JOIN {
            let mut groups = Vec::new();
            while !branches.is_empty() {
                let group: Vec<ParallelBranch> = branches.drain(..branches.len().min(JOIN)).collect();
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
        let stages: Vec<&[StageId]> = branches.iter().map(|branch| branch.stages.as_slice()).collect();
        ParallelBranch {
            future: quote!(#runtime::#join(#(#futures),*)),
            pattern: quote!((#(#patterns,)*)),
            stages: stages.concat(),
        }
    }

    /// Binds a stage's output for the stages that come later.
    fn bind(&self, stage: StageId) -> TokenStream {
        let name = self.model.stages[stage].name;
        self.bind_held(name)
    }

    /// A value that no stage made and that is not lent, as its scope holds it.
    pub(super) fn own(&self, value: &TokenStream) -> TokenStream {
        let view = self.view();
        quote!(#view.own(#value))
    }

    /// The reference that the user names, to the local that holds the value.
    pub(super) fn bind_held(&self, name: usize) -> TokenStream {
        let model = &self.model.names[name];
        let held = self.held(name);
        let mut bound = TokenStream::new();
        if model.used {
            let ident = &model.ident;
            let ascribed = self.ascribed(name);
            bound.extend(quote!(#[allow(unused_variables)] let #ident #ascribed = &*#held;));
        }
        if model.lent {
            let lender = self.lender(name);
            bound.extend(quote!(let #lender = &#held;));
        }
        bound
    }

    // `let`s.

    pub(super) fn unbound_lets(&self, id: ScopeId) -> Vec<LetId> {
        self.model.scopes[id].lets.clone()
    }

    /// Binds the `let`s whose dependencies have all ended.
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

    /// Whether every `let` can be defined before each expression that names it, in a place that all of them see.
    fn lets_fit(&self, id: ScopeId, shape: &Shape) -> bool {
        let scope = &self.model.scopes[id];
        let own = scope.let_needs.iter().flatten().any(|need| matches!(need.on, Local::Stage(_)));
        if !own {
            return true;
        }
        match shape {
            Shape::Stage(_) => true,
            Shape::Series(parts) => parts.iter().all(|part| matches!(part, Shape::Stage(_))),
            Shape::Parallel(_) | Shape::Piece(_) => false,
        }
    }

    /// A closure that evaluates the `let` when it is first asked.
    pub(super) fn binding(&self, binding: LetId, bindings: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.lets[binding];
        let (cell, get) = (self.local("cell", binding), self.let_getter(binding));
        let ty = &model.syntax.ty;
        let expr = &model.syntax.value;
        let lints = &model.syntax.attributes.lints;
        let value = self.named("value");
        let before = self.prelude(model.value, None);
        let same = self.is_durable().then(|| {
            let (frame, number) = (self.frame(), self.number(self.model.scopes[model.scope].around));
            let name = crate::naming::bare(&self.model.names[model.name].ident);
            quote! {
                {
                    use #runtime::durable::{EvaluatedAgain as _, EvaluatedOnce as _};
                    (&#runtime::durable::Evaluated(&#value)).__workflow_same(#frame, #number, #name);
                }
            }
        });
        quote! {
            let #cell = #runtime::OnceLock::<#ty>::new();
            let #get = || {
                #bindings
                #cell.get_or_init(|| { #before #(#lints)* let #value: #ty = #expr; #same #value })
            };
            let #get = &#get;
        }
    }
}
