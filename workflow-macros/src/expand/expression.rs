//! The user's expressions, and what stands before them.

use super::{
    Expansion, coercion,
    expectation::TypeOwner,
    patterns::{self, Matched},
};
use crate::{
    mentions::{self, bare_name},
    model::{CodeId, NameKind, StageId, When},
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{BinOp, Expr, Lit, Pat, UnOp, spanned::Spanned};

/// A scrutinee, and how its patterns are matched.
pub(super) struct Scrutinee {
    /// Statements that keep it.
    pub(super) keep: TokenStream,
    /// The expression after `match`.
    pub(super) matched: TokenStream,
    pub(super) how: Matched,
    is_kept: bool,
}

impl Scrutinee {
    /// One of its patterns.
    pub(super) fn pattern(&self, pattern: &Pat) -> TokenStream {
        match self.how {
            Matched::Shown => quote!(#pattern),
            Matched::Constants | Matched::References => patterns::in_place(pattern),
        }
    }
}

impl Expansion<'_, '_> {
    /// Bindings emitted right before an expression: `let`s, which are evaluated when first needed, `#[lazy]` stages,
    /// which start when requested, and `ctx`.
    pub(super) fn prelude(&self, id: CodeId, stage: Option<StageId>) -> TokenStream {
        let (names, context) = (self.names_before(id, stage), self.context_before(id, stage));
        quote!(#names #context)
    }

    /// `ctx`, where that expression names it.
    pub(super) fn context_before(&self, id: CodeId, stage: Option<StageId>) -> TokenStream {
        if self.model.codes[id].context { self.context(id, stage) } else { TokenStream::new() }
    }

    /// Bindings emitted right before an expression, without `ctx`.
    pub(super) fn names_before(&self, id: CodeId, stage: Option<StageId>) -> TokenStream {
        let code = &self.model.codes[id];
        let mut before = TokenStream::new();
        for &name in &code.uses {
            let ident = &self.model.names[name].ident;
            match self.model.names[name].kind {
                NameKind::Signal(signal) if code.of_let.is_some() => {
                    let peeked = self.signal_peeked(signal);
                    before.extend(quote!(#[allow(unused_variables)] let #ident = #peeked;));
                }
                NameKind::Signal(signal) => {
                    let held = self.signal_held(signal, stage);
                    before.extend(quote!(#[allow(unused_variables)] let #ident = &**#held;));
                }
                NameKind::Let(binding) => {
                    let get = self.let_getter(binding);
                    if code.of_let.is_none() {
                        let mut signals = Vec::new();
                        self.signals_of_let(binding, &mut signals);
                        for signal in signals {
                            let held = self.signal_held(signal, stage);
                            before.extend(quote!(let _ = #held;));
                        }
                        // A panic of its value is one of the stage that needs it first.
                        let (frame, number) = (self.frame(), self.number(stage));
                        before.extend(quote!(#frame.at(#number);));
                    }
                    before.extend(quote!(#[allow(unused_variables)] let #ident = #get();));
                }
                NameKind::Stage(lazy) if self.model.stages[lazy].lazy && !self.lent_to(lazy, id, stage) => {
                    let held = self.force(lazy);
                    before.extend(quote!(#[allow(unused_variables)] let #ident = &**#held;));
                }
                _ => {}
            }
        }
        before
    }

    /// `ctx`, for that expression.
    pub(super) fn context(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        let (frame, number, guard) = (self.frame(), self.number(stage), self.named("guard"));
        let ctx = Ident::new("ctx", self.model.codes[code].expr.span());
        let site = &self.model.codes[code].site;
        quote!(let #guard = #frame.context(#number, #site); #[allow(unused_variables)] let #ctx = &*#guard;)
    }

    /// Whether what owns all that it needs, around that code, has been lent what the lazy stage makes: it asked before
    /// it started.
    fn lent_to(&self, lazy: StageId, code: CodeId, stage: Option<StageId>) -> bool {
        let Some(stage) = stage else { return false };
        if self.model.codes[code].undoes.is_some() {
            return true;
        }
        let model = &self.model.stages[stage];
        // Where there is an undo, it owns the condition too.
        let outside = match model.when {
            Some(When::Holds(when) | When::Matches { value: when, .. }) => {
                when == code && model.policies.undo.is_none()
            }
            None => false,
        };
        self.in_task(lazy, if outside { self.around(lazy, stage) } else { Some(stage) })
    }

    /// Whether `stage`, or one around it that the lazy stage does not live in, owns all that it needs.
    pub(super) fn in_task(&self, lazy: StageId, stage: Option<StageId>) -> bool {
        let mut next = stage;
        while let Some(stage) = next {
            if self.model.stages[stage].owns() {
                return true;
            }
            next = self.around(lazy, stage);
        }
        false
    }

    /// The stage around `stage`, unless the lazy stage lives in it too.
    pub(super) fn around(&self, lazy: StageId, stage: StageId) -> Option<StageId> {
        let scope = self.model.stages[stage].scope;
        if self.model.within(self.model.stages[lazy].scope, scope) { None } else { self.model.scopes[scope].around }
    }

    /// Asks for a lazy stage: a `&OwnedOrShared<T>`.
    pub(super) fn force(&self, lazy: StageId) -> TokenStream {
        let demands = self.demands(self.model.stages[lazy].scope);
        let slot = self.slot(lazy);
        let piece = super::index_of(self.model.stages[lazy].local);
        quote!(#slot.force(#demands, #piece).await)
    }

    /// Returns whether a wait precedes the expression.
    pub(super) fn waits_before(&self, code: CodeId) -> bool {
        self.model.codes[code].uses.iter().any(|&name| match self.model.names[name].kind {
            NameKind::Signal(_) => true,
            NameKind::Let(binding) => {
                let mut signals = Vec::new();
                self.signals_of_let(binding, &mut signals);
                !signals.is_empty()
            }
            _ => self.is_lazy(name),
        })
    }

    /// The expression; where it can only diverge, or may be coerced, as the type that is asked of it.
    pub(super) fn expression(&self, code: CodeId, of: &TokenStream, whose: TypeOwner) -> TokenStream {
        let expr = self.model.codes[code].expr;
        let runtime = &self.runtime;
        if diverges(expr) {
            return quote!({ #runtime::never_returns(#of, || #expr) });
        }
        if self.is_coerced(code, whose) {
            let runtime = self.runtime_at(expr.span());
            return quote_spanned!(expr.span()=> #runtime::ascribe(#of, #expr));
        }
        let expr = without_parentheses(expr);
        quote!(#expr)
    }

    /// Whether the declared type has to reach the expression, as that of a `let` does: `Box::new(client)` as a
    /// `Box<dyn Client>`.
    pub(super) fn is_coerced(&self, code: CodeId, whose: TypeOwner) -> bool {
        let declared = match whose {
            TypeOwner::Stage(stage) => self.model.stages[stage].syntax.ty.as_ref(),
            TypeOwner::Workflow => Some(&self.model.workflow.output),
            TypeOwner::Named(name) => match self.model.names[name].kind {
                NameKind::LoopState(round) => self.model.scopes[round].state,
                NameKind::Signal(signal) => Some(&self.model.signals[signal].syntax.ty),
                _ => None,
            },
        };
        declared.is_some_and(|ty| coercion::is_coerced(self.model.codes[code].expr, ty))
    }

    /// An expression that is no stage, awaited, in an `async` body: its value.
    pub(super) fn unnamed(
        &self,
        code: CodeId,
        stage: Option<StageId>,
        of: &TokenStream,
        whose: TypeOwner,
    ) -> TokenStream {
        let (frame, number, mark) = (self.frame(), self.number(stage), self.mark(whose));
        let (before, context) = (self.names_before(code, stage), self.context_before(code, stage));
        let expression = self.expression(code, of, whose);
        let span = self.model.codes[code].expr.span();
        let runtime = self.runtime_at(span);
        let unnamed = match whose {
            TypeOwner::Stage(_) => quote_spanned!(span=> #runtime::body_expression),
            TypeOwner::Named(_) | TypeOwner::Workflow => quote_spanned!(span=> #runtime::declared_expression),
        };
        let call = quote_spanned!(span=> #unnamed(#frame, #number, #runtime::PhantomData::<#mark>, #of, #expression));
        let run = self.named("run");
        let (fresh, call) = (self.await_restored_part(code, stage), self.evaluating(call));
        let ended = match drops_temporaries(self.model.codes[code].expr) {
            true => quote!({ let #run = #call; #run.await }),
            false => quote!(#call.await),
        };
        let ended = self.noting(code, stage, ended);
        quote!({ #before #fresh #context #frame.at(#number); let #run = #ended?; #run })
    }

    /// An expression whose value no node uses: the value is dropped, whatever its type.
    pub(super) fn untyped_body(&self, code: CodeId, stage: Option<StageId>) -> TokenStream {
        let (frame, number) = (self.frame(), self.number(stage));
        let (before, context) = (self.names_before(code, stage), self.context_before(code, stage));
        let runtime = &self.runtime;
        let expression = self.expression(code, &quote!(#runtime::of::<()>()), TypeOwner::of(stage));
        let span = self.model.codes[code].expr.span();
        let (value, run) = (self.given_at(span), self.named("run"));
        let settled = self.settled(&value);
        let call = self.evaluating(quote!(#runtime::untyped_body(#frame, #number, #settled)));
        let fresh = self.await_restored_part(code, stage);
        let ended = match drops_temporaries(self.model.codes[code].expr) {
            true => quote!({ let #value = #expression; let #run = #call; #run.await }),
            false => quote!(match #expression { #value => #call.await }),
        };
        let ended = self.noting(code, stage, ended);
        quote!({ #before #fresh #context #frame.at(#number); let #run = #ended?; #run })
    }

    /// A local for a value of the user's: rustc lets an error stand at the expression only where the local comes from
    /// there too.
    #[allow(clippy::unused_self, reason = "reads like its neighbours")]
    pub(super) fn given_at(&self, span: Span) -> Ident {
        Ident::new("__workflow_given", span)
    }

    /// A future that tells whether a value which is dropped is an error.
    pub(super) fn settled(&self, value: &Ident) -> TokenStream {
        let (runtime, span) = (self.runtime_at(value.span()), value.span());
        quote_spanned!(span=> (&&&#runtime::type_tag(&#value)).__workflow_kind().settle(#value))
    }

    /// The value of an expression that stands inside something awaited, or that outlives its statement: where it locks
    /// something, its temporaries are dropped before that.
    pub(super) fn evaluated(&self, expr: &Expr) -> TokenStream {
        if !drops_temporaries(expr) {
            return quote!(#expr);
        }
        let (runtime, span) = (self.runtime_at(expr.span()), expr.span());
        quote_spanned!(span=> #runtime::evaluated(|| #expr))
    }

    /// A number, of whatever type of integer.
    pub(super) fn count(&self, code: CodeId) -> TokenStream {
        let expr = self.model.codes[code].expr;
        let (runtime, value) = (self.runtime_at(expr.span()), self.number_of(expr));
        quote_spanned!(expr.span()=> #runtime::count(#value))
    }

    /// A number; where it is too large for the `i32` that rustc would take it for, a `u64`.
    pub(super) fn number_of(&self, expr: &Expr) -> TokenStream {
        if let Expr::Lit(literal) = expr
            && let Lit::Int(number) = &literal.lit
            && number.suffix().is_empty()
            && let Ok(value) = number.base10_parse::<u64>()
            && i32::try_from(value).is_err()
        {
            let mut number = Literal::u64_suffixed(value);
            number.set_span(expr.span());
            return quote!(#number);
        }
        self.evaluated(expr)
    }

    /// A scrutinee, matched by reference: statements that keep it, and the reference.
    pub(super) fn shown(&self, code: CodeId, expr: &Expr, kept: &Ident) -> (TokenStream, TokenStream) {
        if let Some(shown) = self.named_scrutinee(code, expr, &[]) {
            return (TokenStream::new(), shown);
        }
        match expr {
            // A name, or what a pattern bound: a reference already.
            Expr::Path(_) | Expr::Reference(_) | Expr::Lit(_) => (TokenStream::new(), quote!(#expr)),
            place if is_place(place) => (TokenStream::new(), quote!(&#place)),
            other => {
                let runtime = &self.runtime;
                let span = other.span();
                let shown = quote_spanned!(span=> #runtime::ByRef(&#kept).__workflow_shown());
                let (before, value) = self.restored(code, without_parentheses(other), false);
                (quote!(#before let #kept = #value;), shown)
            }
        }
    }

    /// A scrutinee that is a name of the workflow's, or an unknown name: a typo. Whatever is wrong with it, its
    /// patterns bind references, so that expressions which name them have no error too. `bound`: names that the
    /// condition has bound before.
    fn named_scrutinee(&self, code: CodeId, expr: &Expr, bound: &[Ident]) -> Option<TokenStream> {
        let name = bare_name(expr)?;
        let (runtime, span) = (self.runtime_at(name.span()), name.span());
        let text = name.to_string();
        if self.model.unknown.contains(&text) && !mentions::is_constant(&text) && text != "ctx" && text != "failure" {
            return Some(quote_spanned!(span=> #runtime::reference(&#name)));
        }
        let mut uses = self.model.codes[code].uses.iter();
        let is_named = uses.any(|&used| self.model.names[used].ident == *name) && !bound.contains(name);
        is_named.then(|| quote_spanned!(span=> #runtime::reference(#name)))
    }

    /// A name that a flat pattern binds in place: a reference to the value, or the value if it is one, as by all other
    /// patterns.
    pub(super) fn shown_name(&self, scrutinee: &Scrutinee, pattern: &Pat) -> TokenStream {
        let Some(name) = patterns::name_of_all(pattern) else { return TokenStream::new() };
        if scrutinee.how != Matched::Constants || !scrutinee.is_kept {
            return TokenStream::new();
        }
        let runtime = &self.runtime;
        quote!(let #name = #runtime::ByRef(#name).__workflow_shown();)
    }

    /// A scrutinee for those patterns. One that is lent to a task inside is shared.
    pub(super) fn scrutinee(&self, code: CodeId, patterns: &[&Pat]) -> Scrutinee {
        if !self.model.codes[code].lent {
            return self.own_scrutinee(code, patterns);
        }
        let (runtime, kept) = (&self.runtime, self.local("kept", code));
        let (before, value) = self.restored(code, self.model.codes[code].expr, false);
        let keep = quote!(#before let #kept = #runtime::OwnedOrShared::Owned(#value).shared(); let #kept = &#kept;);
        Scrutinee { keep, ..self.lent_scrutinee(code, patterns) }
    }

    /// A scrutinee that nothing is lent of.
    pub(super) fn own_scrutinee(&self, code: CodeId, patterns: &[&Pat]) -> Scrutinee {
        let (kept, expr) = (self.local("kept", code), self.model.codes[code].expr);
        let (keep, shown) = self.shown(code, expr, &kept);
        let how = Matched::of(patterns);
        let is_kept = !keep.is_empty();
        let in_place = match how {
            Matched::Shown => None,
            _ if is_kept => Some(quote!(#kept)),
            _ if is_place(expr) => Some(quote!(#expr)),
            _ => self.named_scrutinee(code, expr, &[]).map(|_| quote!(*#expr)),
        };
        match in_place {
            Some(matched) => Scrutinee { keep, matched, how, is_kept },
            None => Scrutinee { keep, matched: shown, how: Matched::Shown, is_kept },
        }
    }

    /// A scrutinee that has been lent.
    pub(super) fn lent_scrutinee(&self, code: CodeId, patterns: &[&Pat]) -> Scrutinee {
        let (runtime, kept) = (&self.runtime, self.local("kept", code));
        let span = self.model.codes[code].expr.span();
        let how = Matched::of(patterns);
        let matched = match how {
            Matched::Shown => quote_spanned!(span=> #runtime::ByRef(&**#kept).__workflow_shown()),
            Matched::Constants | Matched::References => quote!(**#kept),
        };
        Scrutinee { keep: TokenStream::new(), matched, how, is_kept: true }
    }

    /// An `if`'s condition: every `let` in it matches by reference.
    pub(super) fn condition(&self, code: CodeId, expr: &Expr) -> TokenStream {
        self.condition_after(code, expr, &mut Vec::new())
    }

    /// `bound`: names that its `let`s have bound so far.
    fn condition_after(&self, code: CodeId, expr: &Expr, bound: &mut Vec<Ident>) -> TokenStream {
        match expr {
            Expr::Let(binding) => {
                let pattern = &binding.pat;
                let value = &binding.expr;
                let runtime = &self.runtime;
                let named = self.named_scrutinee(code, value, bound);
                bound.extend(mentions::bindings(pattern));
                if Matched::of(&[pattern]) == Matched::References {
                    let pattern = patterns::in_place(pattern);
                    let in_place = match &**value {
                        value if named.is_some() => quote!(*#value),
                        Expr::Path(_) | Expr::Reference(_) => quote!(#value),
                        place if is_place(place) => quote!(#place),
                        other => self.restored(code, other, true).1,
                    };
                    return quote!(let #pattern = #in_place);
                }
                let shown = named.unwrap_or_else(|| match &**value {
                    Expr::Path(_) | Expr::Reference(_) => quote!(#value),
                    place if is_place(place) => quote!(&#place),
                    other => {
                        let (_, value) = self.restored(code, other, true);
                        quote_spanned!(other.span()=> #runtime::ByRef(&(#value)).__workflow_shown())
                    }
                });
                quote!(let #pattern = #shown)
            }
            Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
                let left = self.condition_after(code, &binary.left, bound);
                let right = self.condition_after(code, &binary.right, bound);
                let op = &binary.op;
                quote!(#left #op #right)
            }
            other => self.remembered(code, other),
        }
    }
}

/// Returns whether a condition has a `let`.
pub(super) fn binds_names(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            binds_names(&binary.left) || binds_names(&binary.right)
        }
        _ => false,
    }
}

/// A struct literal without the parentheses that a block behind it asks for: where it is used, rustc would tell of them.
pub(super) fn without_parentheses(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) if matches!(without_parentheses(&paren.expr), Expr::Struct(_)) => {
            without_parentheses(&paren.expr)
        }
        _ => expr,
    }
}

/// A field, an element or a dereference: something that lies in a name, and stays there.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => is_place_root(&field.base),
        Expr::Index(index) => is_place_root(&index.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_place_root(&unary.expr),
        Expr::Paren(paren) => is_place(&paren.expr),
        _ => false,
    }
}

fn is_place_root(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(_)) || is_place(expr)
}

/// Returns whether a future that this expression gives can't borrow from a temporary of the expression. Such a future
/// may be made in one place and awaited in another.
pub(super) fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Paren(paren) => is_simple(&paren.expr),
        Expr::Reference(reference) => is_place_root(&reference.expr),
        Expr::Field(_) | Expr::Index(_) => is_place(expr),
        Expr::Unary(unary) => is_place(expr) || is_simple(&unary.expr),
        Expr::Binary(binary) => is_simple(&binary.left) && is_simple(&binary.right),
        Expr::Cast(cast) => is_simple(&cast.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_simple),
        Expr::Array(array) => array.elems.iter().all(is_simple),
        Expr::Struct(literal) => literal.rest.is_none() && literal.fields.iter().all(|field| is_simple(&field.expr)),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(_)) && call.args.iter().all(is_simple),
        Expr::MethodCall(call) => is_place_root(&call.receiver) && call.args.iter().all(is_simple),
        _ => false,
    }
}

/// Whether the expression locks something: what it gives is then taken out, and its temporaries are dropped, before
/// anything is awaited.
pub(super) fn drops_temporaries(expr: &Expr) -> bool {
    mentions::locks(expr)
}

/// `panic!(..)` and its like.
fn diverges(expr: &Expr) -> bool {
    let Expr::Macro(invocation) = expr else { return false };
    let Some(last) = invocation.mac.path.segments.last() else { return false };
    ["panic", "todo", "unimplemented", "unreachable"].iter().any(|name| last.ident == name)
}
