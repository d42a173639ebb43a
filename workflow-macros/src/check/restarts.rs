//! Warnings of what a restart of the process changes in a `#[durable]` workflow.
//!
//! A timeout starts anew in each process. A `let` is evaluated again, and one that asks a clock or chance gives another
//! value then.

use super::parts::{Part, parts};
use crate::{
    diagnostics::messages,
    model::{HeadKind, Model, Node, NodeKind, ScopeId},
};
use proc_macro2::Span;
use syn::{Attribute, Expr, visit::Visit};
use workflow_syntax::{Duration, PolicyKind};

/// One thing to warn of: the place, the name of the warning, the message and the lint attributes of the item.
type Tell<'t, 'm> = &'t mut dyn FnMut(Span, &'static str, String, &'m [Attribute]);

/// An hour in nanoseconds. Shorter timeouts are meant for one process.
const LONG: u128 = 3_600_000_000_000;

pub(super) fn warnings<'m>(model: &'m Model<'_>, tell: Tell<'_, 'm>) {
    if !model.durable {
        return;
    }
    for stage in &model.stages {
        let attributes = &stage.syntax.attributes;
        for policy in &attributes.policies {
            if let PolicyKind::Timeout(Duration::Literal { nanoseconds, .. }) = &policy.kind
                && *nanoseconds >= LONG
                && waits(model, &stage.node)
            {
                let message = messages::timeout_of_wait(&stage.syntax.name.to_string());
                tell(policy.name.span(), "timeout_of_wait", message, &attributes.lints);
            }
        }
    }
    for binding in &model.lets {
        let mut changing = Changing(None);
        changing.visit_expr(model.codes[binding.value].expr);
        if let Some((span, call)) = changing.0 {
            let message = messages::changing_let(&model.names[binding.name].ident.to_string(), &call);
            tell(span, "changing_let", message, &binding.syntax.attributes.lints);
        }
    }
}

/// Whether a node waits for time, or for a signal in a `select`.
fn waits(model: &Model<'_>, node: &Node<'_>) -> bool {
    let here = match &node.kind {
        NodeKind::Sleep(_) | NodeKind::SleepUntil(_) => true,
        NodeKind::Select(heads) => {
            heads.iter().any(|head| matches!(head.kind, HeadKind::Signal(_) | HeadKind::Sleep(_)))
        }
        _ => false,
    };
    here || parts(node).into_iter().any(|part| match part {
        Part::Given(node) | Part::Start(node) => waits(model, node),
        Part::Tail(scope)
        | Part::Round(scope)
        | Part::Item(scope)
        | Part::Member(scope)
        | Part::LastRound { scope, .. } => waits_in(model, scope),
    })
}

fn waits_in(model: &Model<'_>, scope: ScopeId) -> bool {
    let scope = &model.scopes[scope];
    scope.stages.iter().any(|&stage| waits(model, &model.stages[stage].node))
        || scope.tail.as_ref().is_some_and(|tail| waits(model, tail))
}

/// The first call of a clock or of chance, by its path.
struct Changing(Option<(Span, String)>);

/// The last two words of functions whose value is another one each time.
const CHANGING: [(&str, &str); 9] = [
    ("SystemTime", "now"),
    ("Instant", "now"),
    ("Utc", "now"),
    ("Local", "now"),
    ("OffsetDateTime", "now_utc"),
    ("Timestamp", "now"),
    ("Uuid", "new_v4"),
    ("Uuid", "now_v7"),
    ("rand", "random"),
];

impl<'ast> Visit<'ast> for Changing {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
            && let Some(before) = path.path.segments.iter().rev().nth(1)
            && CHANGING.iter().any(|(owner, name)| before.ident == owner && last.ident == name)
        {
            self.0.get_or_insert((last.ident.span(), format!("{}::{}()", before.ident, last.ident)));
        }
        syn::visit::visit_expr_call(self, call);
    }
}
