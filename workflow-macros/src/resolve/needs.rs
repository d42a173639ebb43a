//! The edges of every scope's graph: which stage or `let` waits for which.

use crate::{
    diagnostics::messages,
    model::{Edge, Local, Model, NameId, NameKind, Need, ScopeId, StageId},
};
use proc_macro2::Ident;
use std::collections::HashSet;
use workflow_graph::{EdgeKind, ScopeKind};
use workflow_syntax::{PolicyKind, diagnostics::Diagnostics, is_unread, suggest::nearest};

pub(super) fn collect(model: &mut Model<'_>, diagnostics: &Diagnostics) {
    for scope in &mut model.scopes {
        scope.needs = vec![Vec::new(); scope.stages.len()];
        scope.let_needs = vec![Vec::new(); scope.lets.len()];
    }
    let mut edges = Edges { drawn: HashSet::new() };
    for code in 0..model.codes.len() {
        // What reverses a stage waits for nothing.
        if model.codes[code].undoes.is_some() {
            continue;
        }
        for place in 0..model.codes[code].uses.len() {
            edges.data(model, code, place);
        }
    }
    for stage in 0..model.stages.len() {
        edges.after(model, stage, diagnostics);
    }
    for signal in 0..model.signals.len() {
        edges.after_of_signal(model, signal, diagnostics);
    }
    for scope in 0..model.scopes.len() {
        if model.scopes[scope].kind == ScopeKind::Seq {
            edges.sequence(model, scope);
        }
    }
}

struct Edges {
    drawn: HashSet<(StageId, StageId)>,
}

impl Edges {
    /// Code names a stage or a `let`: the one at that place in its list.
    fn data(&mut self, model: &mut Model<'_>, code: usize, place: usize) {
        let (inner, around, of_let, name, span) = {
            let code = &model.codes[code];
            (code.scope, code.around, code.of_let, code.uses[place], code.spans[place])
        };
        let outer = model.names[name].scope;
        let (on, kind) = match model.names[name].kind {
            NameKind::Stage(stage) if model.is_awaited(inner, stage) => return,
            NameKind::Signal(signal) => {
                self.signal(model, signal, (inner, around));
                return;
            }
            NameKind::Stage(stage) => {
                let kind = if model.stages[stage].lazy { EdgeKind::Lazy } else { EdgeKind::Data };
                (Local::Stage(model.stages[stage].local), kind)
            }
            NameKind::Let(binding) => (Local::Let(place_of(model, outer, binding)), EdgeKind::Data),
            _ => return,
        };
        let need = Need { on, kind, span };
        match of_let {
            Some(binding) if inner == outer => {
                let place = place_of(model, inner, binding);
                model.scopes[inner].let_needs[place].push(need);
                return;
            }
            _ => {
                if let Some(stage) = model.stage_of(outer, inner, around) {
                    let local = model.stages[stage].local;
                    model.scopes[outer].needs[local].push(need);
                    if of_let.is_some() {
                        self.draw_name(model, name, stage, kind);
                    }
                }
            }
        }
        if let (Some(to), None) = (around, of_let) {
            self.draw_name(model, name, to, kind);
        }
    }

    /// Makes each stage that waits for a signal wait for the stages in the signal's `#[after]`.
    fn signal(&mut self, model: &mut Model<'_>, signal: usize, (inner, around): (ScopeId, Option<StageId>)) {
        for ident in model.signals[signal].after.clone() {
            let Some(from) = model.stage_named(ident) else { continue };
            let outer = model.stages[from].scope;
            let on = Local::Stage(model.stages[from].local);
            if let Some(waiting) = model.stage_of(outer, inner, around) {
                let local = model.stages[waiting].local;
                model.scopes[outer].needs[local].push(Need { on, kind: EdgeKind::After, span: ident.span() });
            }
            if let Some(to) = around {
                self.draw(model, from, to, EdgeKind::After);
            }
        }
    }

    /// Draws what a name stands for. A `let` is drawn through: its own needs go to what names it.
    fn draw_name(&mut self, model: &mut Model<'_>, name: NameId, to: StageId, kind: EdgeKind) {
        let mut names = vec![name];
        // A cycle of `let`s is reported elsewhere; it must not be followed here.
        let mut seen = HashSet::new();
        while let Some(name) = names.pop() {
            match model.names[name].kind {
                NameKind::Stage(from) => self.draw(model, from, to, kind),
                NameKind::Let(binding) if seen.insert(binding) => {
                    names.extend(model.codes[model.lets[binding].value].uses.iter().rev());
                }
                _ => {}
            }
        }
    }

    /// An edge to a stage, and to each around it that `from` is outside of: what stands in a block starts with it. None
    /// where `from` is a part of `to`, since a block's tail comes after what stands in the block.
    fn draw(&mut self, model: &mut Model<'_>, from: StageId, to: StageId, kind: EdgeKind) {
        // Only what names a `#[lazy]` stage waits for it: an order does not ask for it.
        if model.stages[from].lazy && kind != EdgeKind::Lazy {
            return;
        }
        let outer = model.stages[from].scope;
        let mut next = Some(to);
        while let Some(to) = next {
            let scope = model.stages[to].scope;
            if from == to || !model.within(scope, outer) {
                break;
            }
            if self.drawn.insert((from, to)) {
                model.edges.push(Edge { from, to, kind });
            }
            next = if scope == outer { None } else { model.scopes[scope].around };
        }
    }

    fn after(&mut self, model: &mut Model<'_>, stage: StageId, diagnostics: &Diagnostics) {
        let syntax = model.stages[stage].syntax;
        for policy in &syntax.attributes.policies {
            let PolicyKind::After(names) = &policy.kind else { continue };
            for ident in names {
                self.after_one(model, stage, ident, diagnostics);
            }
        }
    }

    fn after_one(&mut self, model: &mut Model<'_>, stage: StageId, ident: &Ident, diagnostics: &Diagnostics) {
        let scope = model.stages[stage].scope;
        let from = match after_stage(model, scope, ident) {
            Ok(from) => from,
            Err(None) => return,
            Err(Some(message)) => return diagnostics.error(ident.span(), message),
        };
        let outer = model.stages[from].scope;
        let on = Local::Stage(model.stages[from].local);
        if let Some(waiting) = model.stage_of(outer, scope, Some(stage)) {
            let local = model.stages[waiting].local;
            model.scopes[outer].needs[local].push(Need { on, kind: EdgeKind::After, span: ident.span() });
        }
        self.draw(model, from, stage, EdgeKind::After);
    }

    /// Makes the wait for the signal begin after the stages in its `#[after]` have ended. A stage of an outer scope
    /// ends before the stage around the signal's scope begins.
    fn after_of_signal(&mut self, model: &mut Model<'_>, signal: usize, diagnostics: &Diagnostics) {
        let scope = model.signals[signal].scope;
        for ident in model.signals[signal].after.clone() {
            let from = match after_stage(model, scope, ident) {
                Ok(from) => from,
                Err(message) => {
                    if let Some(message) = message {
                        diagnostics.error(ident.span(), message);
                    }
                    continue;
                }
            };
            let outer = model.stages[from].scope;
            let around = model.scopes[scope].around;
            if let Some(waiting) = model.stage_of(outer, scope, around).filter(|_| outer != scope) {
                let on = Local::Stage(model.stages[from].local);
                let local = model.stages[waiting].local;
                model.scopes[outer].needs[local].push(Need { on, kind: EdgeKind::After, span: ident.span() });
                self.draw(model, from, waiting, EdgeKind::After);
            }
        }
    }

    /// Each stage of a `seq` waits for the one before it.
    fn sequence(&mut self, model: &mut Model<'_>, scope: ScopeId) {
        for next in 1..model.scopes[scope].stages.len() {
            let (from, to) = (model.scopes[scope].stages[next - 1], model.scopes[scope].stages[next]);
            let span = model.stages[to].syntax.keyword;
            let need = Need { on: Local::Stage(next - 1), kind: EdgeKind::Sequence, span };
            model.scopes[scope].needs[next].push(need);
            self.draw(model, from, to, EdgeKind::Sequence);
        }
    }
}

/// The stage that an `#[after]` in `scope` names, or what is wrong with that, unless it has been reported.
fn after_stage(model: &mut Model<'_>, scope: ScopeId, ident: &Ident) -> Result<StageId, Option<String>> {
    let text = ident.to_string();
    let Some(&name) = model.by_name.get(&text) else {
        if model.has_gaps {
            return Err(None);
        }
        let known = model.stages.iter().map(|stage| stage.syntax.name.to_string()).collect::<Vec<_>>();
        return Err(Some(messages::unknown_stage(&text, nearest(&text, known.iter().map(String::as_str)))));
    };
    model.names[name].used = true;
    match model.names[name].kind {
        NameKind::Stage(stage) if model.within(scope, model.stages[stage].scope) => Ok(stage),
        NameKind::Stage(_) => Err(Some(messages::after_outside(&text))),
        // A `let` without a type may be meant as a stage.
        NameKind::Let(binding) if is_unread(&model.lets[binding].syntax.ty) => Err(None),
        _ => Err(Some(messages::after_no_stage(&text))),
    }
}

fn place_of(model: &Model<'_>, scope: ScopeId, binding: usize) -> usize {
    model.scopes[scope].lets.iter().position(|&other| other == binding).unwrap_or_default()
}
