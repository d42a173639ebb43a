//! The names that the patterns of a workflow bind.

use proc_macro2::Ident;
use std::collections::HashSet;

/// The names that patterns bind, by the place where they are seen.
#[derive(Default)]
pub(crate) struct BoundNames {
    scopes: Vec<Vec<String>>,
    /// Of each stage's `#[when(let ..)]`.
    whens: Vec<Vec<String>>,
    all: HashSet<String>,
    /// Names that a task's own copy of the pattern binds again.
    again: Vec<(Binder, Ident)>,
}

/// A pattern that binds a name: that of a scope, or that of a stage's `#[when(let ..)]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Binder {
    Scope(usize),
    When(usize),
}

impl BoundNames {
    pub(crate) fn new(scopes: Vec<Vec<String>>, whens: Vec<Vec<String>>) -> Self {
        let all = scopes.iter().chain(&whens).flatten().cloned().collect();
        Self { scopes, whens, all, again: Vec::new() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str)
    }

    pub(crate) fn mark_again(&mut self, binder: Binder, name: &Ident) {
        if !self.again(binder).any(|marked| marked == name) {
            self.again.push((binder, name.clone()));
        }
    }

    /// The names of that pattern that a task binds again: where the pattern stands, nothing may name them.
    pub(crate) fn again(&self, binder: Binder) -> impl Iterator<Item = &Ident> {
        self.again.iter().filter(move |(by, _)| *by == binder).map(|(_, name)| name)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all.contains(name)
    }

    pub(crate) fn scope_binds(&self, scope: usize, name: &str) -> bool {
        self.scopes[scope].iter().any(|bound| bound == name)
    }

    pub(crate) fn when_binds(&self, stage: usize, name: &str) -> bool {
        self.whens[stage].iter().any(|bound| bound == name)
    }
}
