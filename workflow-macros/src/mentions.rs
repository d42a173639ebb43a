//! The names that an expression mentions: in its own tokens, in nested macros, in format strings. What the expression
//! itself declares, as a closure's parameter or a `let` in an `async` block, hides a name as in Rust. The same visitor
//! looks for all else that may stand anywhere in an expression, a pattern or a type, since each visitor compiles all of
//! syn's once more.

use crate::format_names::format_names;
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Arm, BinOp, Block, Expr, ExprAsync, ExprAwait, ExprCall, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprMacro,
    ExprMethodCall, ExprPath, ExprTry, ExprWhile, Item, ItemFn, Lifetime, LitStr, Local, Macro,
    ParenthesizedGenericArguments, Pat, PatIdent, Stmt, Token, Type, TypeFnPtr, TypeReference,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
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
    /// Names that the expression itself declares: in patterns, closures and `let`s.
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

/// Returns the names that the `let`s of a condition bind.
pub(crate) fn condition_bindings(condition: &Expr) -> Vec<Ident> {
    match condition {
        Expr::Let(binding) => bindings(&binding.pat),
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            let mut all = condition_bindings(&binary.left);
            all.extend(condition_bindings(&binary.right));
            all
        }
        _ => Vec::new(),
    }
}

/// Whether a name in a pattern is a constant or a variant, by its first letter.
pub(crate) fn is_constant(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
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
    /// Names that the expression has declared and that can be seen here.
    locals: Vec<String>,
    /// Number of `async` blocks, closures and functions around.
    inside: usize,
    /// Number of macros around.
    macros: usize,
    /// Number of types of functions around.
    signatures: usize,
}

impl<'k> Visitor<'k> {
    fn new(known: &'k dyn Fn(&str) -> bool) -> Self {
        Self {
            known,
            found: Mentions::default(),
            locks: false,
            borrows: Vec::new(),
            locals: Vec::new(),
            inside: 0,
            macros: 0,
            signatures: 0,
        }
    }

    fn name(&mut self, ident: &Ident) {
        let text = ident.to_string();
        if !self.locals.contains(&text) {
            self.found.names.push((text, ident.span()));
        }
    }

    /// Whether that word in a macro's tokens or a format string is meant as a name of the workflow's.
    fn is_known(&self, text: &str) -> bool {
        (text == "ctx" || (self.known)(text)) && !self.locals.iter().any(|local| local == text)
    }

    /// Walks a part of the expression whose declarations are not seen behind it.
    fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = self.locals.len();
        walk(self);
        self.locals.truncate(before);
    }

    /// The arguments of a macro that looks like a call, a list or a block; whether it does.
    fn arguments(&mut self, tokens: &TokenStream) -> bool {
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(arguments) = list.parse2(tokens.clone()) {
            let before = self.locals.len();
            // Named arguments first: a format string that stands before them sees them.
            for argument in &arguments {
                if let Expr::Assign(assign) = argument
                    && let Some(name) = bare_name(&assign.left)
                {
                    self.scoped(|visitor| {
                        visitor.locals.truncate(before);
                        visitor.visit_expr(&assign.right);
                    });
                    self.locals.push(name.to_string());
                }
            }
            for argument in &arguments {
                match argument {
                    Expr::Assign(assign) if bare_name(&assign.left).is_some() => {}
                    // Only the format string sees the names of arguments.
                    Expr::Lit(_) => self.visit_expr(argument),
                    other => {
                        let named = self.locals.split_off(before);
                        self.visit_expr(other);
                        self.locals.extend(named);
                    }
                }
            }
            self.locals.truncate(before);
            return true;
        }
        let repeated = |input: ParseStream<'_>| {
            let value = input.parse::<Expr>()?;
            input.parse::<Token![;]>()?;
            Ok((value, input.parse::<Expr>()?))
        };
        if let Ok((value, count)) = repeated.parse2(tokens.clone()) {
            self.visit_expr(&value);
            self.visit_expr(&count);
            return true;
        }
        if let Ok(statements) = Block::parse_within.parse2(tokens.clone()) {
            self.scoped(|visitor| statements.iter().for_each(|statement| visitor.visit_stmt(statement)));
            return true;
        }
        false
    }

    /// The arguments of `matches!`.
    fn matched(&mut self, tokens: &TokenStream) -> bool {
        let read = |input: ParseStream<'_>| {
            let value = input.parse::<Expr>()?;
            input.parse::<Token![,]>()?;
            let pattern = Pat::parse_multi_with_leading_vert(input)?;
            let guard = match input.parse::<Option<Token![if]>>()? {
                Some(_) => Some(input.parse::<Expr>()?),
                None => None,
            };
            input.parse::<Option<Token![,]>>()?;
            Ok((value, pattern, guard))
        };
        let Ok((value, pattern, guard)) = read.parse2(tokens.clone()) else { return false };
        self.visit_expr(&value);
        self.scoped(|visitor| {
            visitor.visit_pat(&pattern);
            if let Some(guard) = &guard {
                visitor.visit_expr(guard);
            }
        });
        true
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
        for (name, is_value) in format_names(&literal.to_string()) {
            if self.is_known(&name) {
                self.found.names.push((name, literal.span()));
            } else if is_value && !self.locals.contains(&name) {
                self.found.others.push(name);
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
        if self.macros > 0 {
            self.format_string(&text.token());
            return;
        }
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
            let text = ident.to_string();
            if !self.locals.contains(&text) {
                self.found.called.push((text, ident.span()));
            }
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
        visit::visit_pat_ident(self, pattern);
        let text = pattern.ident.to_string();
        if !(is_constant(&text) && pattern.subpat.is_none() && pattern.by_ref.is_none()) {
            self.locals.push(text);
            self.found.bindings.push(pattern.ident.clone());
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|visitor| {
            // Items are seen in the whole block.
            for statement in &block.stmts {
                let name = match statement {
                    Stmt::Item(Item::Fn(item)) => &item.sig.ident,
                    Stmt::Item(Item::Const(item)) => &item.ident,
                    Stmt::Item(Item::Static(item)) => &item.ident,
                    _ => continue,
                };
                visitor.locals.push(name.to_string());
            }
            visit::visit_block(visitor, block);
        });
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(value) = &local.init {
            self.visit_expr(&value.expr);
            if let Some((_, otherwise)) = &value.diverge {
                self.visit_expr(otherwise);
            }
        }
        self.visit_pat(&local.pat);
    }

    fn visit_expr_let(&mut self, binding: &'ast ExprLet) {
        self.visit_expr(&binding.expr);
        self.visit_pat(&binding.pat);
    }

    fn visit_expr_if(&mut self, choice: &'ast ExprIf) {
        self.scoped(|visitor| {
            visitor.visit_expr(&choice.cond);
            visitor.visit_block(&choice.then_branch);
        });
        if let Some((_, otherwise)) = &choice.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, repeated: &'ast ExprWhile) {
        self.scoped(|visitor| visit::visit_expr_while(visitor, repeated));
    }

    fn visit_expr_for_loop(&mut self, each: &'ast ExprForLoop) {
        self.visit_expr(&each.expr);
        self.scoped(|visitor| {
            visitor.visit_pat(&each.pat);
            visitor.visit_block(&each.body);
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.scoped(|visitor| visit::visit_arm(visitor, arm));
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.nested(|visitor| visit::visit_expr_async(visitor, block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.scoped(|visitor| visitor.nested(|visitor| visit::visit_expr_closure(visitor, closure)));
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.scoped(|visitor| visitor.nested(|visitor| visit::visit_item_fn(visitor, function)));
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
        let is_match = invocation.path.segments.last().is_some_and(|last| last.ident.to_string().ends_with("matches"));
        self.macros += 1;
        let is_read = (is_match && self.matched(&invocation.tokens)) || self.arguments(&invocation.tokens);
        if !is_read {
            self.tokens(invocation.tokens.clone());
        }
        self.macros -= 1;
    }
}
