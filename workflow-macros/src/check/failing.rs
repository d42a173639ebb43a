//! Policies for failures, on a stage that can't fail.

use crate::{
    diagnostics::numbers,
    model::{Model, NodeKind},
};
use syn::{BinOp, Expr, Lit};
use workflow_syntax::{PolicyKind, diagnostics::Diagnostics};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for stage in &model.stages {
        let NodeKind::Expression(code) = stage.node.kind else { continue };
        if !is_plain(model.codes[code].expr) {
            continue;
        }
        for policy in &stage.syntax.attributes.policies {
            if matches!(policy.kind, PolicyKind::Retry(_) | PolicyKind::Fallback(_) | PolicyKind::Breaker { .. }) {
                let (policy, name) = (&policy.name, stage.syntax.name.to_string());
                diagnostics.error(policy.span(), numbers::cannot_fail(&policy.to_string(), &name));
            }
        }
    }
}

/// Whether an expression gives a plain value, by its tokens alone: a literal, or operators between values of which one is a
/// literal. What a name stands for is not known here, and an operator may be one of the user's.
pub(super) fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Paren(paren) => is_plain(&paren.expr),
        Expr::Group(group) => is_plain(&group.expr),
        Expr::Unary(unary) => is_plain(&unary.expr),
        Expr::Cast(cast) => is_operand(&cast.expr),
        Expr::Binary(binary) => {
            let (left, right) = (&binary.left, &binary.right);
            let compares = matches!(
                binary.op,
                BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
            );
            is_operand(left) && is_operand(right) && (compares || has_number(left) || has_number(right))
        }
        _ => false,
    }
}

/// Whether evaluating an operand calls nothing.
fn is_operand(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Paren(paren) => is_operand(&paren.expr),
        Expr::Group(group) => is_operand(&group.expr),
        Expr::Unary(unary) => is_operand(&unary.expr),
        Expr::Cast(cast) => is_operand(&cast.expr),
        Expr::Field(field) => is_operand(&field.base),
        Expr::Binary(binary) => is_operand(&binary.left) && is_operand(&binary.right),
        _ => false,
    }
}

fn has_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Float(_)),
        Expr::Paren(paren) => has_number(&paren.expr),
        Expr::Unary(unary) => has_number(&unary.expr),
        Expr::Binary(binary) => has_number(&binary.left) || has_number(&binary.right),
        _ => false,
    }
}
