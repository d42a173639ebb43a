//! Expressions that the declared type has to reach, as that of a `let` does. All others may also give a future or a
//! `Result` of that type.

use crate::mentions::is_constant;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprCall, Lit, Type};

/// Pointers and cells, which are made by functions that are no futures.
const HOLDERS: [&str; 8] = ["Box", "Arc", "Rc", "Mutex", "RwLock", "Cell", "RefCell", "OnceLock"];

/// Whether the expression gives a value at once that may have to be coerced to that type.
pub(super) fn is_coerced(expr: &Expr, ty: &Type) -> bool {
    match expr {
        // A function; names of the workflow's are references.
        Expr::Path(_) => matches!(ty, Type::FnPtr(_)),
        _ => (is_direct(expr) && is_unsized_inside(ty.to_token_stream())) || (is_pointer(expr) && may_be_alias(ty)),
    }
}

/// Whether a type says `dyn`, a slice or a function pointer.
fn is_unsized_inside(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "dyn" || ident == "fn",
        TokenTree::Group(group) => {
            let is_slice = group.delimiter() == Delimiter::Bracket
                && !group
                    .stream()
                    .into_iter()
                    .any(|token| matches!(token, TokenTree::Punct(semicolon) if semicolon.as_char() == ';'));
            is_slice || is_unsized_inside(group.stream())
        }
        _ => false,
    })
}

/// A name alone, which may stand for a pointer to something unsized.
fn may_be_alias(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.qself.is_none()
        && path.path.segments.last().is_some_and(|last| {
            last.arguments.is_none() && last.ident != "String" && is_constant(&last.ident.to_string())
        })
}

/// Whether the expression is no future and no `Result`, by its form alone.
fn is_direct(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_)
        | Expr::Array(_)
        | Expr::Repeat(_)
        | Expr::Reference(_)
        | Expr::Tuple(_)
        | Expr::Struct(_)
        | Expr::Closure(_) => true,
        Expr::Macro(invocation) => invocation.mac.path.is_ident("vec"),
        Expr::Paren(paren) => is_direct(&paren.expr),
        Expr::Call(call) => is_constructor(call),
        _ => false,
    }
}

/// `Box::new(..)`, `&[..]`, `b".."`.
fn is_pointer(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => matches!(*reference.expr, Expr::Array(_) | Expr::Repeat(_)),
        Expr::Lit(literal) => matches!(literal.lit, Lit::ByteStr(_)),
        Expr::Paren(paren) => is_pointer(&paren.expr),
        Expr::Call(call) => is_holder(call),
        _ => false,
    }
}

/// `Box::new(..)`, `Some(..)`, `Client(..)`; not `Ok(..)`, a `Result`.
fn is_constructor(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else { return false };
    let Some(last) = function.path.segments.last() else { return false };
    let name = last.ident.to_string();
    is_holder(call) || (is_constant(&name) && name != "Ok" && name != "Err")
}

/// `Box::new(..)`, `Arc::from(..)`.
fn is_holder(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else { return false };
    let mut segments = function.path.segments.iter().rev();
    let (Some(last), Some(holder)) = (segments.next(), segments.next()) else { return false };
    let makes = ["new", "from"].iter().any(|name| last.ident == name);
    makes && HOLDERS.iter().any(|name| holder.ident == name)
}
