//! Model → items: the workflow, its state, its stages, its graph, its machine.

pub(crate) mod attempts;
mod coercion;
mod driver;
mod durable;
pub(crate) mod durable_items;
pub(crate) mod expectation;
mod expression;
pub(crate) mod fingerprint;
mod graph;
mod items;
mod machine;
mod node;
mod patterns;
mod policy;
mod race;
mod rebind;
pub(crate) mod record_names;
mod renames;
pub(crate) mod rounds;
mod scope;
pub(crate) mod select;
mod shape;
mod signal;
mod sketch;
pub(crate) mod slots;
mod stage;
pub(crate) mod task;
mod undo;

use crate::{
    invocation::Invocation,
    mistakes::Mistakes,
    model::{LetId, Model, NameId, NameKind, ScopeId, StageId},
    naming,
};
use expectation::TypeOwner;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use std::{cell::RefCell, collections::HashMap};

/// All items of one workflow. Where there are mistakes, the items are there, and the machine is never made.
pub(crate) fn expand<'m>(model: &'m Model<'_>, invocation: &'m Invocation, mistakes: &'m Mistakes) -> TokenStream {
    let krate = &invocation.krate;
    let expansion = Expansion {
        model,
        source: &invocation.tokens,
        krate: krate.clone(),
        runtime: quote!(#krate::__private),
        in_bodies: false,
        mistakes,
        sites: RefCell::default(),
        functions: RefCell::default(),
        noted: RefCell::default(),
    };
    expansion.items()
}

/// A workflow being expanded.
///
/// Generated locals have `mixed_site` spans, so that no identifier of the user's can meet them; what the user names is
/// bound under the user's own identifier.
struct Expansion<'m, 's> {
    model: &'m Model<'s>,
    /// The tokens that the user has written.
    source: &'m TokenStream,
    /// `$crate`
    krate: TokenStream,
    /// `$crate::__private`, or in bodies a short name for it: every token costs the compiler something.
    runtime: TokenStream,
    in_bodies: bool,
    mistakes: &'m Mistakes,
    /// Occurrences of each choice's words in a stage.
    sites: RefCell<HashMap<(Option<StageId>, u32), u32>>,
    /// Items that the machine calls.
    functions: RefCell<Vec<TokenStream>>,
    noted: RefCell<driver::Noted>,
}

impl Expansion<'_, '_> {
    /// Returns the expansion for the bodies of functions, which contain the imports.
    fn in_bodies(&self) -> Self {
        let alias = self.named("runtime");
        Self {
            model: self.model,
            source: self.source,
            krate: self.krate.clone(),
            runtime: quote!(#alias),
            in_bodies: true,
            mistakes: self.mistakes,
            sites: RefCell::default(),
            functions: RefCell::default(),
            noted: RefCell::default(),
        }
    }

    /// Whether the workflow has no mistake, as far as the macro knows.
    fn is_sound(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// The runtime's path where nothing is imported.
    fn full_path(&self) -> TokenStream {
        let krate = &self.krate;
        quote!(#krate::__private)
    }

    /// The runtime's path, standing at `span`: an error about what is called there stands there as a whole.
    fn runtime_at(&self, span: Span) -> TokenStream {
        if !self.in_bodies {
            return self.full_path_at(span);
        }
        let mut alias = self.named("runtime");
        alias.set_span(span);
        quote!(#alias)
    }

    /// The runtime's path in full, for calls where rustc would otherwise not point at the argument that is wrong.
    fn full_path_at(&self, span: Span) -> TokenStream {
        let krate = self.krate.clone().into_iter().map(|mut token| {
            token.set_span(token.span().located_at(span));
            token
        });
        let krate: TokenStream = krate.collect();
        quote_spanned!(span=> #krate::__private)
    }

    /// A generated local.
    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    fn local(&self, kind: &str, number: usize) -> Ident {
        format_ident!("__{kind}{number}", span = Span::mixed_site())
    }

    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    fn named(&self, name: &str) -> Ident {
        Ident::new(&format!("__{name}"), Span::mixed_site())
    }

    fn frame(&self) -> Ident {
        self.named("cx")
    }

    /// Whether anybody can look at the run.
    fn view(&self) -> Ident {
        self.named("view")
    }

    /// A stage's id in generated code; none: the workflow's body.
    fn number(&self, stage: Option<StageId>) -> TokenStream {
        let runtime = &self.runtime;
        match stage {
            Some(stage) => {
                let index = index_of(stage);
                quote!(#runtime::StageId(#index))
            }
            None => quote!(#runtime::StageId::BODY),
        }
    }

    /// The type whose name an error says: that of a stage or a loop's state, or the workflow itself for its tail.
    fn mark(&self, whose: TypeOwner) -> TokenStream {
        match whose {
            TypeOwner::Stage(stage) => self.mark_of(&self.model.stages[stage].syntax.name),
            TypeOwner::Named(name) => self.mark_of(&self.model.names[name].ident),
            TypeOwner::Workflow => quote!(Self),
        }
    }

    fn mark_of(&self, name: &Ident) -> TokenStream {
        let mut name = name.clone();
        name.set_span(Span::mixed_site());
        let module = self.names_module();
        quote!(#module::#name)
    }

    /// Returns the name of the module. If two workflows of a crate share a name, errors show the path, so it is kept
    /// short.
    fn names_module(&self) -> Ident {
        self.named(&naming::bare(&self.model.workflow.name))
    }

    fn stage_name(&self, stage: StageId) -> &Ident {
        &self.model.stages[stage].syntax.name
    }

    /// The local that holds the output of a stage, an input or a loop's state.
    fn held(&self, name: NameId) -> Ident {
        self.local("held", name)
    }

    /// A reference to that local, or to its slot's content, for lending.
    fn lender(&self, name: NameId) -> Ident {
        self.local("lender", name)
    }

    /// The closure that evaluates a `let`.
    fn let_getter(&self, binding: LetId) -> Ident {
        if self.model.lets[binding].scope == 0 {
            self.noted.borrow_mut().lets.insert(binding);
        }
        self.local("let", binding)
    }

    fn slots(&self, scope: ScopeId) -> Ident {
        self.local("slots", scope)
    }

    fn demands(&self, scope: ScopeId) -> Ident {
        self.local("demands", scope)
    }

    /// The number of an item of that `for`.
    fn index(&self, scope: ScopeId) -> Ident {
        self.local("index", scope)
    }

    fn is_lazy(&self, name: NameId) -> bool {
        matches!(self.model.names[name].kind, NameKind::Stage(stage) if self.model.stages[stage].lazy)
    }
}

/// The index of a stage in the workflow's graph.
fn index_of(stage: StageId) -> Literal {
    Literal::u32_suffixed(u32::try_from(stage).unwrap_or(u32::MAX))
}
