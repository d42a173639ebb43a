//! The names that an expression mentions: in its own tokens, in nested macros, in format strings. The same visitor
//! looks for all else that may stand anywhere in an expression, a pattern or a type, since each visitor compiles all of
//! syn's once more.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprMacro, ExprMethodCall, ExprPath, ExprTry, ItemFn, Lifetime,
    LitStr, Macro, ParenthesizedGenericArguments, Pat, PatIdent, Type, TypeFnPtr, TypeReference,
    visit::{self, Visit},
};

/// The names that one expression mentions.
#[derive(Default)]
pub(crate) struct Mentions {
    /// Identifiers that may be names of the workflow, with where they stand.
    pub(crate) names: Vec<(String, Span)>,
    /// Identifiers in macros that are no names of the workflow, and words in plain strings that would be names in a
    /// format string.
    pub(crate) others: Vec<String>,
    /// Identifiers that are called, `name(..)`. If no such name can be seen, a function of that name is meant.
    pub(crate) called: Vec<(String, Span)>,
    /// Names bound by patterns, closures and `let`s in the expression.
    pub(crate) bindings: Vec<Ident>,
    /// `.await` outside an `async` block or closure.
    pub(crate) awaits: Vec<Span>,
    /// `?` outside an `async` block or closure.
    pub(crate) questions: Vec<Span>,
}

/// Returns the names that `expr` mentions. `known` decides which identifiers of a macro's tokens count.
pub(crate) fn mentions(expr: &Expr, known: &dyn Fn(&str) -> bool) -> Mentions {
    let mut visitor = Visitor::new(known);
    visitor.visit_expr(expr);
    visitor.found
}

/// Whether an expression locks something, outside its `async` blocks and closures.
pub(crate) fn locks(expr: &Expr) -> bool {
    let mut visitor = Visitor::new(&|_| false);
    visitor.visit_expr(expr);
    visitor.locks
}

/// The borrows and the lifetimes of a type in the order written, but those of functions, which have lifetimes of their
/// own.
pub(crate) fn borrows(ty: &Type) -> Vec<Borrow> {
    let mut visitor = Visitor::new(&|_| false);
    visitor.visit_type(ty);
    visitor.borrows
}

/// A borrow inside a type.
pub(crate) enum Borrow {
    /// The `&` of a reference without a lifetime.
    Unnamed(Span),
    Named(Lifetime),
}

/// Every identifier of an expression, wherever it stands.
pub(crate) fn idents(expr: &Expr) -> Vec<String> {
    fn collect(tokens: TokenStream, found: &mut Vec<String>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => found.push(ident.to_string()),
                TokenTree::Group(group) => collect(group.stream(), found),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                    found.extend(words.filter(|word| !word.is_empty()).map(ToOwned::to_owned));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(expr.to_token_stream(), &mut found);
    found
}

/// Returns the names that a pattern binds.
pub(crate) fn bindings(pattern: &Pat) -> Vec<Ident> {
    let mut visitor = Visitor::new(&|_| false);
    visitor.visit_pat(pattern);
    visitor.found.bindings
}

/// The name that is the whole expression.
pub(crate) fn bare_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        _ => None,
    }
}

/// The methods that give a guard.
const GUARDS: [&str; 5] = ["lock", "read", "write", "borrow", "borrow_mut"];

/// Whether a macro's tokens lock something, outside of what may be an `async` block or a closure.
fn locks_in(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let nested = tokens.iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "async",
        TokenTree::Punct(punct) => punct.as_char() == '|',
        _ => false,
    });
    let locks = tokens.windows(3).any(|three| match three {
        [TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(arguments)] => {
            dot.as_char() == '.' && GUARDS.iter().any(|guard| method == guard) && arguments.stream().is_empty()
        }
        _ => false,
    });
    let inside = |token: &TokenTree| matches!(token, TokenTree::Group(group) if locks_in(group.stream()));
    !nested && (locks || tokens.iter().any(inside))
}

struct Visitor<'k> {
    known: &'k dyn Fn(&str) -> bool,
    found: Mentions,
    locks: bool,
    borrows: Vec<Borrow>,
    /// Number of `async` blocks, closures and functions around.
    inside: usize,
    /// Number of types of functions around.
    signatures: usize,
}

impl<'k> Visitor<'k> {
    fn new(known: &'k dyn Fn(&str) -> bool) -> Self {
        Self { known, found: Mentions::default(), locks: false, borrows: Vec::new(), inside: 0, signatures: 0 }
    }

    fn name(&mut self, ident: &Ident) {
        self.found.names.push((ident.to_string(), ident.span()));
    }

    /// Whether that word in a macro's tokens or a format string is meant as a name of the workflow's.
    fn is_known(&self, text: &str) -> bool {
        text == "ctx" || (self.known)(text)
    }

    fn nested(&mut self, walk: impl FnOnce(&mut Self)) {
        self.inside += 1;
        walk(self);
        self.inside -= 1;
    }

    /// A macro's tokens: identifiers that are not fields, methods, paths or macros themselves.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct = |index: usize, c: char| matches!(tokens.get(index), Some(TokenTree::Punct(p)) if p.as_char() == c);
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => self.format_string(literal),
                TokenTree::Punct(_) => {}
                TokenTree::Ident(ident) => {
                    let range = index > 1 && punct(index - 1, '.') && punct(index - 2, '.');
                    let member = index > 0 && punct(index - 1, '.') && !range;
                    let path_before = index > 1 && punct(index - 1, ':') && punct(index - 2, ':');
                    let colon = punct(index + 1, ':');
                    let assigned = punct(index + 1, '=') && !punct(index + 2, '=') && !punct(index + 2, '>');
                    let bang = punct(index + 1, '!') && !punct(index + 2, '=');
                    if member || path_before || colon || assigned || bang {
                        continue;
                    }
                    if self.is_known(&ident.to_string()) {
                        self.name(ident);
                    } else if !matches!(tokens.get(index + 1), Some(TokenTree::Group(_))) {
                        self.found.others.push(ident.to_string());
                    }
                }
            }
        }
    }

    /// `"{name}"`, `"{name:?}"`
    fn format_string(&mut self, literal: &Literal) {
        let text = literal.to_string();
        if !text.contains('{') || !text.starts_with(['"', 'r']) {
            return;
        }
        let mut rest = text.as_str();
        while let Some(open) = rest.find('{') {
            rest = &rest[open + 1..];
            if let Some(escaped) = rest.strip_prefix('{') {
                rest = escaped;
                continue;
            }
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let name = &rest[..end];
            if rest[end..].starts_with([':', '}']) {
                if self.is_known(name) {
                    self.found.names.push((name.to_owned(), literal.span()));
                } else {
                    self.found.others.push(name.to_owned());
                }
            }
            // Widths and precisions: `{:width$}`, `{:.precision$}`.
            let close = rest.find('}').unwrap_or(rest.len());
            for argument in rest[..close].split('$').rev().skip(1) {
                let start = argument.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
                if self.is_known(&argument[start..]) {
                    self.found.names.push((argument[start..].to_owned(), literal.span()));
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
        {
            self.name(ident);
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        // `format("{name}")`: the `!` is missing.
        let before = self.found.names.len();
        self.format_string(&text.token());
        self.found.others.extend(self.found.names.drain(before..).map(|(name, _)| name));
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
        {
            self.found.called.push((ident.to_string(), ident.span()));
            call.args.iter().for_each(|argument| self.visit_expr(argument));
            return;
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let locks = call.args.is_empty() && GUARDS.iter().any(|guard| call.method == guard);
        self.locks |= locks && self.inside == 0;
        visit::visit_expr_method_call(self, call);
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.is_none() && self.signatures == 0 {
            self.borrows.push(Borrow::Unnamed(reference.and_token.span));
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if self.signatures == 0 {
            self.borrows.push(Borrow::Named(lifetime.clone()));
        }
    }

    fn visit_type_fn_ptr(&mut self, function: &'ast TypeFnPtr) {
        self.signatures += 1;
        visit::visit_type_fn_ptr(self, function);
        self.signatures -= 1;
    }

    fn visit_parenthesized_generic_arguments(&mut self, function: &'ast ParenthesizedGenericArguments) {
        self.signatures += 1;
        visit::visit_parenthesized_generic_arguments(self, function);
        self.signatures -= 1;
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.found.bindings.push(pattern.ident.clone());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.nested(|visitor| visit::visit_expr_async(visitor, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.nested(|visitor| visit::visit_expr_closure(visitor, closure));
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.nested(|visitor| visit::visit_item_fn(visitor, function));
    }

    fn visit_expr_await(&mut self, wait: &'ast ExprAwait) {
        if self.inside == 0 {
            self.found.awaits.push(wait.await_token.span);
        }
        visit::visit_expr_await(self, wait);
    }

    fn visit_expr_try(&mut self, attempt: &'ast ExprTry) {
        if self.inside == 0 {
            self.found.questions.push(attempt.question_token.span);
        }
        visit::visit_expr_try(self, attempt);
    }

    fn visit_expr_macro(&mut self, invocation: &'ast ExprMacro) {
        self.visit_macro(&invocation.mac);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        // The temporaries of others, `format!` and its like, end with them.
        let leaves = invocation.path.segments.last().is_some_and(|last| last.ident == "vec" || last.ident == "matches");
        self.locks |= leaves && self.inside == 0 && locks_in(invocation.tokens.clone());
        self.tokens(invocation.tokens.clone());
    }
}
