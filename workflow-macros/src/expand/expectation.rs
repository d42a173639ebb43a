//! The expectation placed on a node: the type of its value, whose it is, and how a round may end in it.

use crate::model::{NameId, ScopeId, StageId};
use proc_macro2::TokenStream;
use quote::quote;

/// The expectation placed on a node's value.
#[derive(Clone)]
pub(super) struct Expectation {
    /// An expression of type `TypeHint<T>`: the type that is asked of it.
    pub(super) of: TokenStream,
    /// The type as written, if a stage declares it.
    pub(crate) ty: Option<TokenStream>,
    /// Whose type that is: the name that an error says.
    pub(crate) whose: TypeOwner,
    /// Target of `break` and `continue`, in a loop's tail.
    pub(crate) round: Option<Round>,
    pub(crate) discards: Discard,
}

impl Expectation {
    pub(super) fn value(of: TokenStream, whose: TypeOwner) -> Self {
        Self { of, ty: None, whose, round: None, discards: Discard::None }
    }

    /// The node of a stage that is declared as `ty`.
    pub(super) fn declared(of: TokenStream, ty: TokenStream, stage: StageId) -> Self {
        Self { of, ty: Some(ty), whose: TypeOwner::Stage(stage), round: None, discards: Discard::None }
    }

    pub(super) fn discarding(self, discards: Discard) -> Self {
        Self { discards, ..self }
    }

    /// The expectation placed on an item or a member, whose type is that of `of`.
    pub(super) fn part(&self, of: &syn::Ident, whose: TypeOwner, of_list: bool) -> Self {
        let discards = if of_list && self.discards == Discard::Lists { Discard::All } else { self.discards };
        Self::value(quote!(#of), whose).discarding(discards)
    }
}

/// The values that are dropped, whatever their type: the user has declared none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Discard {
    None,
    /// Values of the items of a `for`, and of the members of a `quorum`.
    Lists,
    All,
}

/// The declaration that gives a node its type.
#[derive(Clone, Copy)]
pub(crate) enum TypeOwner {
    Stage(StageId),
    Named(NameId),
    Workflow,
}

impl TypeOwner {
    pub(super) fn of(stage: Option<StageId>) -> Self {
        stage.map_or(Self::Workflow, Self::Stage)
    }
}

#[derive(Clone)]
pub(crate) struct Round {
    pub(crate) scope: ScopeId,
    pub(crate) has_state: bool,
    /// The type of `break`.
    pub(crate) of: TokenStream,
    pub(crate) whose: TypeOwner,
    pub(crate) discards: Discard,
    /// The innermost stage around the loop.
    pub(crate) stage: Option<StageId>,
}

/// The scopes that end with a node, so that their values may be moved out.
#[derive(Clone, Default)]
pub(super) struct OwningScopes(pub(crate) Vec<ScopeId>);

impl OwningScopes {
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn and(&self, scope: ScopeId) -> Self {
        let mut ends = self.clone();
        ends.0.push(scope);
        ends
    }

    /// Returns the scopes from `scope` inwards.
    pub(crate) fn from(&self, scope: ScopeId) -> Self {
        let start = self.0.iter().position(|&other| other == scope).unwrap_or(self.0.len());
        Self(self.0[start..].to_vec())
    }
}
