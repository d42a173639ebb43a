//! The names that the patterns of a workflow bind.

use std::collections::HashSet;

/// The names that patterns bind, by the place where they are seen.
#[derive(Default)]
pub(crate) struct BoundNames {
    scopes: Vec<Vec<String>>,
    /// Of each stage's `#[when(let ..)]`.
    whens: Vec<Vec<String>>,
    all: HashSet<String>,
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
        Self { scopes, whens, all }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(String::as_str)
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
