//! `#[catch]` on a stage that is plainly declared as another type, and a key of `#[cache]` that is plainly borrowed. A type behind an alias is rustc's to report.

use crate::{
    diagnostics::messages,
    mentions::bare_name,
    model::{CodeId, Model, NodeKind, Stage},
    resolve::text,
};
use syn::{Expr, GenericArgument, PathArguments, PathSegment, Type, spanned::Spanned};
use workflow_syntax::diagnostics::Diagnostics;

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for stage in &model.stages {
        if let Some(cache) = &stage.policies.cache {
            key(model, cache.key, diagnostics);
        }
        if stage.policies.catch.is_some() {
            caught(stage, diagnostics);
        }
        if let NodeKind::For(each) = &stage.node.kind
            && each.catch
        {
            items(stage, diagnostics);
        }
    }
}

/// Checks the key of a `#[cache]` that is plainly a reference.
fn key(model: &Model<'_>, code: CodeId, diagnostics: &Diagnostics) {
    let code = &model.codes[code];
    let named = match code.expr {
        Expr::Reference(reference) => bare_name(&reference.expr),
        expr => bare_name(expr).filter(|name| code.uses.iter().any(|&used| model.names[used].ident == **name)),
    };
    if let Some(name) = named {
        diagnostics.error(code.expr.span(), messages::borrowed_key(&text(code.expr), &name.to_string()));
    }
}

fn caught(stage: &Stage<'_>, diagnostics: &Diagnostics) {
    let name = stage.syntax.name.to_string();
    let Some(declared) = &stage.syntax.ty else {
        let optional = stage.is_optional();
        return diagnostics.error(stage.syntax.name.span(), messages::catch_no_result(&name, "()", "()", optional));
    };
    // A stage that may give nothing has its `Result` in an `Option`.
    let ty = stage.caught_type().unwrap_or(declared);
    if is_no_result(ty) || (stage.is_optional() && result(declared).is_some()) {
        let content = result(ty).map_or(ty, |(content, _)| content);
        let content = result(declared).map_or(content, |(content, _)| content);
        let message = messages::catch_no_result(&name, &text(declared), &text(content), stage.is_optional());
        return diagnostics.error(declared.span(), message);
    }
    let is_block = !matches!(stage.node.kind, NodeKind::Expression(_));
    if let Some((content, Some(error))) = result(ty)
        && is_block
        && !is_failure(error)
    {
        diagnostics.error(error.span(), messages::catch_of_block(&name, &text(content)));
    } else if stage.policies.fallback.is_some()
        && !stage.catches_all()
        && let Some((content, error)) = result(ty)
    {
        let span = error.map_or_else(|| ty.span(), Spanned::span);
        diagnostics.error(span, messages::catch_after_fallback(&name, &text(content)));
    }
}

/// Checks `#[catch]` on a `for`: each item's failure becomes a value.
fn items(stage: &Stage<'_>, diagnostics: &Diagnostics) {
    let name = stage.syntax.name.to_string();
    let Some(ty) = &stage.syntax.ty else {
        return diagnostics.error(stage.syntax.name.span(), messages::catch_no_list(&name, "()"));
    };
    let Some(item) = segment(ty).filter(|last| last.ident == "Vec").and_then(|last| arguments(last).next()) else {
        return;
    };
    match result(item) {
        Some((content, Some(error))) if !is_failure(error) => {
            diagnostics.error(error.span(), messages::catch_no_list(&name, &text(content)));
        }
        None if is_no_result(item) => diagnostics.error(item.span(), messages::catch_no_list(&name, &text(item))),
        _ => {}
    }
}

fn segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let list = match &segment.arguments {
        PathArguments::AngleBracketed(list) => Some(&list.args),
        _ => None,
    };
    list.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The two of a `Result`; an alias may have one.
fn result(ty: &Type) -> Option<(&Type, Option<&Type>)> {
    let last = segment(ty).filter(|last| last.ident == "Result")?;
    let mut arguments = arguments(last);
    Some((arguments.next()?, arguments.next()))
}

fn is_failure(ty: &Type) -> bool {
    segment(ty).is_some_and(|last| last.ident == "Failure")
}

/// Whether the type can't be an alias of a `Result`.
fn is_no_result(ty: &Type) -> bool {
    const KNOWN: [&str; 24] = [
        "Arc", "Box", "Duration", "HashMap", "HashSet", "Option", "String", "Vec", "bool", "char", "f32", "f64",
        "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8", "usize",
    ];
    match ty {
        Type::Tuple(_) | Type::Array(_) | Type::Reference(_) | Type::Slice(_) | Type::Never(_) => true,
        _ => segment(ty).is_some_and(|last| KNOWN.iter().any(|known| last.ident == known)),
    }
}
