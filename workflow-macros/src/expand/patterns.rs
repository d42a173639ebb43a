//! Patterns that can't be matched by reference: constants, which rustc compares with the value itself, and `&` inside of
//! others. They are matched in place, where all that is bound outside of a `&` is bound by `ref`.

use crate::mentions::is_constant;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Pat, PatIdent, parse::Parser};

/// How the patterns of one scrutinee are matched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    /// Against a reference to it.
    Shown,
    /// In place. All patterns are flat: each is a constant, a literal, a range or a name.
    Constants,
    /// In place: a pattern has a `&` inside.
    References,
}

impl Matched {
    pub(super) fn of(patterns: &[&Pat]) -> Self {
        if patterns.iter().any(|pattern| !matches!(pattern, Pat::Reference(_)) && has_reference(pattern)) {
            Self::References
        } else if patterns.iter().all(|pattern| is_flat(pattern))
            && patterns.iter().any(|pattern| has_constant(pattern))
        {
            Self::Constants
        } else {
            Self::Shown
        }
    }
}

/// The pattern for a value in place.
pub(super) fn in_place(pattern: &Pat) -> TokenStream {
    let tokens = pattern.to_token_stream();
    match Pat::parse_multi_with_leading_vert.parse2(tokens.clone()) {
        Ok(mut pattern) => {
            by_ref(&mut pattern);
            pattern.into_token_stream()
        }
        Err(_) => tokens,
    }
}

/// The name that a flat pattern binds.
pub(super) fn name_of_all(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if !is_path(name) => Some(&name.ident),
        Pat::Paren(paren) => name_of_all(&paren.pat),
        _ => None,
    }
}

fn by_ref(pattern: &mut Pat) {
    match pattern {
        Pat::Ident(name) => {
            if let Some((_, inner)) = &mut name.subpat {
                by_ref(inner);
            }
            if !is_path(name) && name.by_ref.is_none() && name.mutability.is_none() {
                name.by_ref = Some(syn::token::Ref(name.ident.span()));
            }
        }
        Pat::Or(or) => or.cases.iter_mut().for_each(by_ref),
        Pat::Paren(paren) => by_ref(&mut paren.pat),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(by_ref),
        Pat::Struct(fields) => fields.fields.iter_mut().for_each(|field| by_ref(&mut field.pat)),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(by_ref),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(by_ref),
        _ => {}
    }
}

fn has_reference(pattern: &Pat) -> bool {
    match pattern {
        Pat::Reference(_) => true,
        Pat::Ident(name) => name.subpat.as_ref().is_some_and(|(_, inner)| has_reference(inner)),
        Pat::Or(or) => or.cases.iter().any(|case| !matches!(case, Pat::Reference(_)) && has_reference(case)),
        Pat::Paren(paren) => has_reference(&paren.pat),
        Pat::Slice(slice) => slice.elems.iter().any(has_reference),
        Pat::Struct(fields) => fields.fields.iter().any(|field| has_reference(&field.pat)),
        Pat::Tuple(tuple) => tuple.elems.iter().any(has_reference),
        Pat::TupleStruct(tuple) => tuple.elems.iter().any(has_reference),
        _ => false,
    }
}

/// Whether the pattern takes nothing apart.
fn is_flat(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(name) => name.subpat.is_none() && name.by_ref.is_none() && name.mutability.is_none(),
        Pat::Or(or) => or.cases.iter().all(|case| is_flat(case) && name_of_all(case).is_none()),
        Pat::Paren(paren) => is_flat(&paren.pat),
        Pat::Wild(_) | Pat::Lit(_) | Pat::Range(_) | Pat::Path(_) | Pat::Const(_) => true,
        _ => false,
    }
}

/// Whether a constant stands there: variants are written otherwise, and match by reference too.
fn has_constant(pattern: &Pat) -> bool {
    let is_constant = |name: &Ident| !name.to_string().contains(char::is_lowercase);
    match pattern {
        Pat::Ident(name) => is_path(name) && is_constant(&name.ident),
        Pat::Or(or) => or.cases.iter().any(has_constant),
        Pat::Paren(paren) => has_constant(&paren.pat),
        Pat::Path(path) => path.path.segments.last().is_some_and(|last| is_constant(&last.ident)),
        _ => false,
    }
}

/// A constant or a variant.
fn is_path(name: &PatIdent) -> bool {
    name.subpat.is_none() && name.by_ref.is_none() && is_constant(&name.ident.to_string())
}
