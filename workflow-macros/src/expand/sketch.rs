//! The user's expressions after a mistake, in a closure that nothing calls. So rustc says in the same compile what is
//! wrong with the others, and an editor completes names.
//!
//! Whatever a mistake may have to do with, a name or an expression, has no type there: rustc says nothing of it.

use super::{Expansion, patterns, patterns::Matched};
use crate::model::{Binds, CodeId, NameId, NameKind, ScopeId, StageId, When};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashMap;
use syn::{Expr, Pat, Type, spanned::Spanned};

impl Expansion<'_, '_> {
    /// The machine of a workflow with mistakes.
    pub(super) fn sketch(&self) -> TokenStream {
        let imports = self.imports();
        let krate = &self.krate;
        let mut names = TokenStream::new();
        for name in &self.model.names {
            names.extend(untyped(&name.ident));
        }
        let mut written = HashMap::new();
        written_names(self.source, &mut written);
        // A name may be declared where the mistake is.
        let unknown = self.model.unknown.iter().filter(|name| !crate::mentions::is_constant(name));
        let bound = self.model.bound_in.all().map(str::to_owned);
        names.extend(unknown.cloned().chain(bound).filter_map(|name| written.get(&name)).map(untyped));
        let unread = unread();
        let reserved = [("ctx", quote!(StageContext)), ("failure", quote!(Failure))];
        for (name, ty) in reserved {
            names.extend(written.get(name).map(|name| quote!(let #name: &#krate::#ty = #unread;)));
        }
        let body = self.sketched_scope(0);
        quote! {
            #imports
            #[allow(warnings, clippy::all, clippy::pedantic)]
            let _ = || {
                #names
                #body
            };
            async move { ::core::unreachable!() }
        }
    }

    fn sketched_scope(&self, id: ScopeId) -> TokenStream {
        let scope = &self.model.scopes[id];
        let declared = (0..self.model.names.len()).filter(|&name| self.model.names[name].scope == id);
        let declared: TokenStream = declared.map(|name| self.sketched_name(name)).collect();
        let mut parts = TokenStream::new();
        for &stage in &scope.stages {
            let own = self.sketched_parts(id, Some(stage));
            parts.extend(self.sketched_when(stage, &own));
        }
        parts.extend(self.sketched_parts(id, scope.around));
        quote!({ #declared #parts })
    }

    /// A reference of the declared type, if that is right.
    fn sketched_name(&self, name: NameId) -> TokenStream {
        let ident = &self.model.names[name].ident;
        let workflow = self.model.workflow;
        let ty: Option<&Type> = match self.model.names[name].kind {
            NameKind::Input(index) => workflow.inputs.get(index).map(|input| &input.ty),
            NameKind::Service(index) => workflow.services.get(index).map(|service| &service.ty),
            NameKind::Stage(stage) => {
                let syntax = self.model.stages[stage].syntax;
                let mut policies = syntax.attributes.policies.iter();
                let wrong =
                    policies.any(|policy| self.mistakes.is_in(policy.name.to_token_stream()) && !is_number(policy));
                syntax.ty.as_ref().filter(|_| !wrong)
            }
            NameKind::Let(binding) => Some(&self.model.lets[binding].syntax.ty),
            NameKind::Signal(signal) => Some(&self.model.signals[signal].syntax.ty),
            NameKind::LoopState(round) => self.model.scopes[round].state,
            NameKind::Head(_) => None,
        };
        let doubted =
            self.mistakes.is_in(ident.to_token_stream()) || self.model.declared_twice.contains_key(&ident.to_string());
        match ty.filter(|ty| !doubted && !self.mistakes.is_in(ty.to_token_stream())) {
            Some(ty) => {
                let unread = unread();
                quote!(let #ident: &#ty = #unread;)
            }
            None => untyped(ident),
        }
    }

    /// The expressions and scopes of that stage in that scope.
    fn sketched_parts(&self, id: ScopeId, around: Option<StageId>) -> TokenStream {
        let codes = (0..self.model.codes.len())
            .filter(|&code| self.model.codes[code].scope == id && self.model.codes[code].around == around);
        let mut parts: TokenStream = codes.map(|code| self.sketched_code(code)).collect();
        let scopes = (0..self.model.scopes.len())
            .filter(|&scope| self.model.scopes[scope].parent == Some(id) && self.model.scopes[scope].around == around);
        for scope in scopes {
            let body = self.sketched_scope(scope);
            parts.extend(match &self.model.scopes[scope].binds {
                None => body,
                Some(Binds::Item { pattern, items }) => self.sketched_item(pattern, *items, &body),
                Some(Binds::Scrutinee { pattern, value }) => self.sketched_match(pattern, *value, &body),
                Some(Binds::Condition { code }) => self.sketched_if(*code, &body),
            });
        }
        parts
    }

    fn sketched_code(&self, code: CodeId) -> TokenStream {
        let code = &self.model.codes[code];
        let expr = code.expr;
        if self.is_doubtful(expr) || has_let(expr) {
            return TokenStream::new();
        }
        match code.of_let.map(|binding| &self.model.lets[binding].syntax.ty) {
            Some(ty) if !self.mistakes.is_in(ty.to_token_stream()) => quote!(let _: #ty = #expr;),
            _ => quote!(let _ = #expr;),
        }
    }

    fn is_doubtful(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Verbatim(_)) || self.mistakes.is_in(expr.to_token_stream())
    }

    fn sketched_when(&self, stage: StageId, body: &TokenStream) -> TokenStream {
        match &self.model.stages[stage].when {
            None => quote!({ #body }),
            Some(When::Holds(code)) => self.sketched_if(*code, body),
            Some(When::Matches { pattern, value }) => self.sketched_match(pattern, *value, body),
        }
    }

    fn sketched_if(&self, code: CodeId, body: &TokenStream) -> TokenStream {
        let expr = self.model.codes[code].expr;
        if self.is_doubtful(expr) {
            let names = crate::mentions::condition_bindings(expr);
            let names: TokenStream = names.iter().map(untyped).collect();
            return quote!({ #names #body });
        }
        let condition = self.condition(code, expr);
        quote!(if #condition { #body })
    }

    fn sketched_match(&self, pattern: &Pat, value: CodeId, body: &TokenStream) -> TokenStream {
        if self.is_doubtful_pattern(pattern) || self.is_doubtful(self.model.codes[value].expr) {
            return unmatched(pattern, body);
        }
        let scrutinee = self.own_scrutinee(value, &[pattern]);
        let (keep, matched) = (&scrutinee.keep, &scrutinee.matched);
        match scrutinee.how {
            Matched::Shown => quote!({ #keep if let #pattern = #matched { #body } }),
            _ => {
                let shown = self.shown_name(&scrutinee, pattern);
                let pattern = patterns::in_place(pattern);
                quote!({ #keep if let #pattern = #matched { #shown #body } })
            }
        }
    }

    fn sketched_item(&self, pattern: &Pat, items: CodeId, body: &TokenStream) -> TokenStream {
        let expr = self.model.codes[items].expr;
        if self.is_doubtful_pattern(pattern) || self.is_doubtful(expr) {
            return unmatched(pattern, body);
        }
        let (item, runtime) = (self.named("item"), &self.runtime);
        let shown = quote_spanned!(pattern.span()=> #runtime::ByRef(&#item).__workflow_shown());
        quote!(for #item in #expr { let #pattern = #shown; #body })
    }

    fn is_doubtful_pattern(&self, pattern: &Pat) -> bool {
        matches!(pattern, Pat::Verbatim(_)) || self.mistakes.is_in(pattern.to_token_stream())
    }
}

/// A body whose names are bound to nothing.
fn unmatched(pattern: &Pat, body: &TokenStream) -> TokenStream {
    let names: TokenStream = crate::mentions::bindings(pattern).iter().map(untyped).collect();
    quote!({ #names #body })
}

/// Whether the attribute only counts or measures: what is wrong in it says nothing of the stage's type.
fn is_number(policy: &workflow_syntax::Policy) -> bool {
    !["catch", "when", "until"].iter().any(|name| policy.name == name)
}

fn has_let(expr: &Expr) -> bool {
    super::expression::binds_names(expr)
}

/// The type of what could not be read; see `mistakes.rs`.
fn unread() -> TokenStream {
    workflow_syntax::unread_type(Span::mixed_site()).into_token_stream()
}

fn untyped(ident: &Ident) -> TokenStream {
    let unread = unread();
    quote!(let #ident = #unread;)
}

/// Every name in the user's tokens, as it is written first.
fn written_names(tokens: &TokenStream, found: &mut HashMap<String, Ident>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Group(group) => written_names(&group.stream(), found),
            TokenTree::Ident(name) if syn::parse2::<Ident>(TokenTree::from(name.clone()).into()).is_ok() => {
                found.entry(name.to_string()).or_insert(name);
            }
            _ => {}
        }
    }
}
