//! A workflow owns what it works on: it outlives its caller.

use crate::{
    diagnostics::messages,
    mentions::{self, Borrow},
    resolve::text,
};
use proc_macro2::{Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use std::collections::HashSet;
use syn::{GenericParam, Generics, Type, WherePredicate, parse_quote, spanned::Spanned};
use workflow_syntax::{
    Block, Else, If, Item, ParsedMembers, ParsedNode, ParsedNodeKind, Workflow, diagnostics::Diagnostics, unread_type,
};

/// Reports every type that borrows, and puts `'static` in its place, so that the items made of it say no more of it.
/// Type parameters get the bounds for it.
pub(crate) fn own(workflow: &mut Workflow, diagnostics: &Diagnostics) {
    let told = parameters(&mut workflow.generics, diagnostics);
    outlive(&mut workflow.generics);
    let owning = Owning { told, diagnostics };
    for binding in workflow.inputs.iter_mut().chain(&mut workflow.services) {
        owning.ty(&mut binding.ty);
    }
    owning.ty(&mut workflow.output);
    owning.block(&mut workflow.body);
}

/// Takes the lifetimes out and gives their names.
fn parameters(generics: &mut Generics, diagnostics: &Diagnostics) -> HashSet<String> {
    let mut told = HashSet::new();
    for parameter in generics.lifetimes() {
        diagnostics.error(parameter.lifetime.span(), messages::lifetime_parameter(&parameter.lifetime.to_string()));
        told.insert(parameter.lifetime.ident.to_string());
    }
    if told.is_empty() {
        return told;
    }
    let others = generics.params.iter().filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    generics.params =
        others.filter_map(|parameter| syn::parse2::<GenericParam>(owned(parameter.to_token_stream())).ok()).collect();
    if let Some(clause) = &mut generics.where_clause {
        let others = clause.predicates.iter().filter(|predicate| !matches!(predicate, WherePredicate::Lifetime(_)));
        clause.predicates = others
            .filter_map(|predicate| syn::parse2::<WherePredicate>(owned(predicate.to_token_stream())).ok())
            .collect();
    }
    told
}

/// The sized type to write for one that plainly has no size.
fn owned_of_unsized(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => Some("String".to_owned()),
        Type::Slice(slice) => Some(format!("Vec<{}>", text(&slice.elem))),
        Type::TraitObject(object) => Some(format!("Box<{}>", text(object))),
        Type::Paren(paren) => owned_of_unsized(&paren.elem),
        _ => None,
    }
}

/// Adds the bounds of every type parameter of a workflow.
fn outlive(generics: &mut Generics) {
    let parameters: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for parameter in parameters {
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote!(#parameter: ::core::marker::Send + ::core::marker::Sync + 'static));
    }
}

struct Owning<'d> {
    /// Lifetimes that were parameters of the workflow.
    told: HashSet<String>,
    diagnostics: &'d Diagnostics,
}

impl Owning<'_> {
    /// Reports a type that has no name. Whether it had one.
    fn named(&self, ty: &mut Type) -> bool {
        if let Some(owned) = owned_of_unsized(ty) {
            let span = ty.span();
            self.diagnostics.error(span, messages::no_size(&text(ty), &owned));
            *ty = unread_type(span);
            return false;
        }
        let Some(span) = keyword_impl(ty.to_token_stream()) else { return true };
        self.diagnostics.error(span, messages::IMPL_TRAIT);
        *ty = unread_type(span);
        false
    }

    fn ty(&self, ty: &mut Type) {
        if !self.named(ty) {
            return;
        }
        // Where it first borrows, other than by a parameter.
        let (mut first, mut of_parameter) = (None, false);
        for borrow in mentions::borrows(ty) {
            match borrow {
                Borrow::Named(name) if self.told.contains(&name.ident.to_string()) => of_parameter = true,
                Borrow::Named(name) if name.ident == "static" => {}
                Borrow::Named(name) => _ = first.get_or_insert(name.span()),
                Borrow::Unnamed(span) => _ = first.get_or_insert(span),
            }
        }
        if let Some(span) = first {
            self.diagnostics.error(span, messages::BORROWS);
        }
        if (first.is_some() || of_parameter)
            && let Ok(owned) = syn::parse2(owned(ty.to_token_stream()))
        {
            *ty = owned;
        }
    }

    fn block(&self, block: &mut Block) {
        for item in &mut block.items {
            match item {
                Item::Stage(stage) => {
                    if let Some(ty) = &mut stage.ty {
                        self.ty(ty);
                    }
                    self.node(&mut stage.node);
                }
                Item::Let(binding) => _ = self.named(&mut binding.ty),
                Item::Signal(signal) => _ = self.named(&mut signal.ty),
            }
        }
        if let Some(tail) = &mut block.tail {
            self.node(tail);
        }
    }

    fn node(&self, node: &mut ParsedNode) {
        match &mut node.kind {
            ParsedNodeKind::Block(block) | ParsedNodeKind::Seq(block) => self.block(block),
            ParsedNodeKind::If(branch) => self.branch(branch),
            ParsedNodeKind::Match(matching) => matching.arms.iter_mut().for_each(|arm| self.node(&mut arm.node)),
            ParsedNodeKind::Loop(looping) => {
                if let Some(state) = &mut looping.state {
                    self.named(&mut state.ty);
                }
                self.block(&mut looping.body);
            }
            ParsedNodeKind::For(each) => self.block(&mut each.body),
            ParsedNodeKind::Race(members) | ParsedNodeKind::Quorum(_, members) => match members {
                ParsedMembers::Listed(nodes) => nodes.iter_mut().for_each(|node| self.node(node)),
                ParsedMembers::For(each) => self.block(&mut each.body),
            },
            ParsedNodeKind::Select(heads) => heads.iter_mut().for_each(|head| self.node(&mut head.node)),
            ParsedNodeKind::Break(Some(value)) | ParsedNodeKind::Continue(Some(value)) => self.node(value),
            _ => {}
        }
    }

    fn branch(&self, branch: &mut If) {
        self.block(&mut branch.then);
        match &mut branch.otherwise {
            Some(Else::Block(block)) => self.block(block),
            Some(Else::If(next)) => self.branch(next),
            None => {}
        }
    }
}

/// Where a type says `impl Trait`.
fn keyword_impl(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "impl" => Some(ident.span()),
        TokenTree::Group(group) => keyword_impl(group.stream()),
        _ => None,
    })
}

/// The tokens of a type with `'static` for every lifetime.
fn owned(tokens: TokenStream) -> TokenStream {
    let mut owned = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), self::owned(group.stream()));
                inner.set_span(group.span());
                owned.extend([TokenTree::Group(inner)]);
            }
            TokenTree::Punct(quote) if quote.as_char() == '\'' => {
                tokens.next();
                owned.extend(quote_spanned!(quote.span()=> 'static));
            }
            TokenTree::Punct(and) if and.as_char() == '&' => {
                let span = and.span();
                let mut alone = Punct::new('&', Spacing::Alone);
                alone.set_span(span);
                owned.extend([TokenTree::Punct(alone)]);
                let has_lifetime = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                if !has_lifetime {
                    owned.extend(quote_spanned!(span=> 'static));
                }
            }
            other => owned.extend([other]),
        }
    }
    owned
}
