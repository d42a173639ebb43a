//! Conditions that are known before anything runs.

use super::{failing::is_plain, parts::each_node};
use crate::{
    diagnostics::messages,
    model::{HeadKind, Model, Node, NodeKind, When},
};
use proc_macro2::Span;
use syn::{Attribute, Expr, Lit, spanned::Spanned};

/// Tells every `#[when]` and `#[accept]` that is written as `true` or `false`. An `if` may be: rustc has no lint for it either.
pub(super) fn conditions<'m>(model: &'m Model<'_>, tell: &mut impl FnMut(Span, String, &'m [Attribute])) {
    for stage in &model.stages {
        if let Some(When::Holds(code)) = stage.when
            && let Some((holds, span)) = literal(model.codes[code].expr)
        {
            let message = messages::known_when(&stage.syntax.name.to_string(), holds);
            tell(span, message, &stage.syntax.attributes.lints);
        }
    }
    for signal in &model.signals {
        if let Some((holds, span)) = signal.accept.and_then(literal) {
            let message = messages::known_accept(&signal.syntax.name.to_string(), holds);
            tell(span, message, &signal.syntax.attributes.lints);
        }
    }
}

/// Tells every head of a `select` that gives a plain value: no other head that waits decides.
pub(super) fn heads(model: &Model<'_>, tell: &mut impl FnMut(Span, String)) {
    each_node(model, &mut |node, _, _| {
        let NodeKind::Select(heads) = &node.kind else { return };
        for head in heads {
            if let HeadKind::Node { name, scope, .. } = head.kind
                && let Some(Node { kind: NodeKind::Expression(code), .. }) = &model.scopes[scope].tail
                && model.scopes[scope].stages.is_empty()
                && is_plain(model.codes[*code].expr)
            {
                let name = &model.names[name].ident;
                tell(name.span(), messages::ready_head(&name.to_string()));
            }
        }
    });
}

fn literal(expr: &Expr) -> Option<(bool, Span)> {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Bool(known) => Some((known.value, expr.span())),
            _ => None,
        },
        Expr::Paren(paren) => literal(&paren.expr),
        _ => None,
    }
}
