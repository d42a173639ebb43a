//! A stage: its expression or construct, its cell, the task it runs on.

use super::{
    Expansion,
    expectation::{Discard, Expectation, TypeOwner},
    expression,
};
use crate::{
    bound_names::Binder,
    model::{CodeId, NameId, NameKind, NodeKind, StageId, When},
};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use workflow_syntax::unread_type;

impl Expansion<'_, '_> {
    /// The declared type.
    pub(super) fn stage_type(&self, stage: StageId) -> TokenStream {
        match &self.model.stages[stage].syntax.ty {
            // What is wrong with it has been reported.
            Some(ty) if self.mistakes.is_in(ty.to_token_stream()) => unread_type(ty.span()).into_token_stream(),
            Some(ty) => quote!(#ty),
            None => quote!(()),
        }
    }

    /// `: &T`, if the declared type may have a mistake: inference ends there, and finds no other type for it.
    pub(super) fn ascribed(&self, name: NameId) -> TokenStream {
        const KNOWN: [&str; 15] = [
            "String", "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "u128", "u16", "u32", "u64",
            "u8",
        ];
        let NameKind::Stage(stage) = self.model.names[name].kind else { return TokenStream::new() };
        match &self.model.stages[stage].syntax.ty {
            Some(syn::Type::Path(path)) if KNOWN.iter().any(|known| path.path.is_ident(known)) => TokenStream::new(),
            Some(ty) => quote!(: &#ty),
            None => TokenStream::new(),
        }
    }

    /// Returns the cell through which the handle sees the stage; `None` without a handle.
    pub(super) fn cell(&self, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let state = self.named("state");
        let field = self.stage_name(stage);
        let items = self.model.items_around(self.model.stages[stage].scope);
        let place = if items.is_empty() {
            quote!(.share())
        } else {
            let indices = items.iter().map(|&scope| self.index(scope));
            quote!(#(.at(#indices))*)
        };
        let (shared, view) = (self.named("shared"), self.view());
        quote! {
            match #view.of(#state) {
                #runtime::Option::Some(#shared) => #runtime::Option::Some(#shared.#field #place),
                #runtime::Option::None => #runtime::Option::None,
            }
        }
    }

    /// The cell of the stage itself, which requires of the declared type that the output can be shared.
    fn typed_cell(&self, stage: StageId) -> TokenStream {
        self.watched_in(stage, &self.cell(stage))
    }

    /// Asks only that.
    pub(super) fn may_be_shared(&self, stage: StageId) -> TokenStream {
        let (runtime, ty) = (&self.runtime, self.stage_type(stage));
        self.watched_in(stage, &quote!(#runtime::Option::<#runtime::StageState<#ty>>::None))
    }

    fn watched_in(&self, stage: StageId, cell: &TokenStream) -> TokenStream {
        let syntax = self.model.stages[stage].syntax;
        let span = syntax.ty.as_ref().map_or(syntax.name.span(), Spanned::span);
        let (runtime, mark) = (self.runtime_at(span), self.mark(TypeOwner::Stage(stage)));
        // rustc lets the error stand at the argument only where both come from one place.
        let local = syn::Ident::new("__workflow_cell", span);
        let watched = quote_spanned!(span=> #runtime::typed_cell::<#mark, _>(#local));
        quote!({ let #local = #cell; #watched })
    }

    /// Takes the value of a stage out of its cell, before it is handed over.
    pub(super) fn forget(&self, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let cell = self.cell(stage);
        let local = self.named("cell");
        let announced = self.model.stages[stage].announced.then(|| {
            let announced = self.announced(stage);
            quote!(#announced.forget();)
        });
        quote!(#announced if let #runtime::Option::Some(#local) = #cell { #local.forget(); })
    }

    /// A statement that runs the stage and binds its output; `alone`: no other stage is running then.
    pub(super) fn stage_statement(&self, stage: StageId, alone: bool) -> TokenStream {
        let model = &self.model.stages[stage];
        let held = self.held(model.name);
        let lints = &model.syntax.attributes.lints;
        let run = self.named("run");
        let shared = if self.model.names[model.name].lent { quote!(.shared()) } else { TokenStream::new() };
        if let (Some(code), false) = (self.plain(stage), self.is_overheard(stage)) {
            let expr = self.model.codes[code].expr;
            let before = self.prelude(code, Some(stage));
            let (frame, number) = (self.frame(), self.number(Some(stage)));
            let call = self.plain_expression(stage, code, alone);
            // A `?` would have rustc look for what an error is made of, too.
            let (runtime, stop) = (&self.runtime, self.named("stop"));
            let settled = |given: TokenStream| {
                quote!(match #given {
                    #runtime::Result::Ok(#run) => #run,
                    #runtime::Result::Err(#stop) => return #runtime::Result::Err(#stop),
                })
            };
            return if expression::drops_temporaries(expr) {
                let settled = settled(quote!(#run.await));
                quote!(#(#lints)* let #held = { #before #frame.at(#number); let #run = #call; #settled } #shared;)
            } else {
                let settled = settled(run.to_token_stream());
                quote!(#(#lints)* let #held = { #before #frame.at(#number); let #run = #call.await; #settled } #shared;)
            };
        }
        let future = self.stage_future(stage);
        quote!(#(#lints)* let #held = #future.await? #shared;)
    }

    /// The future of a stage, which gives a `Result<StageOutput<T>, Exit>`.
    pub(super) fn stage_future(&self, stage: StageId) -> TokenStream {
        let future = self.own_future(stage);
        self.announcing(stage, future)
    }

    fn own_future(&self, stage: StageId) -> TokenStream {
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        let lints = &self.model.stages[stage].syntax.attributes.lints;
        if let Some(code) = self.plain(stage) {
            let expr = self.model.codes[code].expr;
            let before = self.prelude(code, Some(stage));
            let call = self.plain_expression(stage, code, false);
            let context = self.model.codes[code].context;
            let run = self.named("run");
            if (expression::is_simple(expr) || expression::drops_temporaries(expr))
                && !context
                && !self.waits_before(code)
            {
                return quote!({ #before #frame.at(#number); #(#lints)* let #run = #call; #run });
            }
            return quote!(async move { #before #frame.at(#number); #(#lints)* let #run = #call.await; #run });
        }
        match self.simple(stage).filter(|&code| self.is_durable() && self.waits_before(code)) {
            // The composite starts when all that its waits name has arrived.
            Some(code) => {
                let (before, composite) = (self.prelude(code, Some(stage)), self.composite(stage));
                quote!(async move { { #before } #composite.await })
            }
            None => self.composite(stage),
        }
    }

    /// The expression of a stage that is a single expression, and not recorded.
    pub(super) fn plain(&self, stage: StageId) -> Option<CodeId> {
        if self.is_durable() { None } else { self.simple(stage) }
    }

    /// The expression of a stage that is nothing but one.
    fn simple(&self, stage: StageId) -> Option<CodeId> {
        let model = &self.model.stages[stage];
        match model.node.kind {
            NodeKind::Expression(code)
                if model.when.is_none() && !model.spawn && !model.blocking && model.policies.is_empty() =>
            {
                Some(code)
            }
            _ => None,
        }
    }

    fn plain_expression(&self, stage: StageId, code: CodeId, alone: bool) -> TokenStream {
        let (frame, number, mark) = (self.frame(), self.number(Some(stage)), self.mark(TypeOwner::Stage(stage)));
        let span = self.model.codes[code].expr.span();
        let runtime = self.runtime_at(span);
        let (view, cell) = (self.view(), self.typed_cell(stage));
        let local = self.named("cell");
        let whose = TypeOwner::Stage(stage);
        let expression = self.expression(code, &quote!(#runtime::of_cell(&#local)), whose);
        let (leaf, place) = match alone {
            true => (quote_spanned!(span=> lone_stage_expression), quote_spanned!(span=> #frame)),
            false => (quote_spanned!(span=> stage_expression), quote_spanned!(span=> #frame, #number)),
        };
        if matches!(self.model.codes[code].expr, syn::Expr::Macro(_)) || self.is_coerced(code, whose) {
            // An expression that may diverge or be coerced asks the cell for its type first.
            return quote_spanned!(span=> {
                let #local = #cell;
                let #local = #runtime::#leaf(#place, #runtime::PhantomData::<#mark>, #runtime::begin(#frame, #number, #view, #runtime::Clone::clone(&#local)), #expression);
                #local
            });
        }
        quote_spanned!(span=> #runtime::#leaf(#place, #runtime::PhantomData::<#mark>, #runtime::begin(#frame, #number, #view, #cell), #expression))
    }

    /// A stage with a construct, a condition or a task of its own.
    fn composite(&self, stage: StageId) -> TokenStream {
        let runtime = &self.runtime;
        let model = &self.model.stages[stage];
        let (frame, number, mark) = (self.frame(), self.number(Some(stage)), self.mark(TypeOwner::Stage(stage)));
        let cell = self.typed_cell(stage);
        let (local, of) = (self.named("cell"), self.named("of"));
        let lints = &model.syntax.attributes.lints;
        let (content, wrap) = (self.named("content"), self.named("wrap"));
        let optional = model.when.is_some() || model.policies.until.is_some();
        let of_content = match optional {
            true => {
                let span = model.syntax.ty.as_ref().map_or(model.syntax.name.span(), Spanned::span);
                let (call, ty) = (syn::Ident::new("__workflow_of_optional", span), self.stage_type(stage));
                quote_spanned!(span=> let (#content, #wrap) = #call::<#mark, #ty>();)
            }
            false => quote!(let #content = #of;),
        };
        let node = self.policied(stage, &quote!(#content));
        let skip_ident = self.named("skip");
        let skipped = quote! {
            if let #runtime::Option::Some(#skip_ident) = &#skip_ident { #skip_ident.skip(); }
            #frame.skipped(#number);
        };
        // Cut by what `#[until]` names, the stage gives `None`, as where it is skipped.
        let (node, wrapped) = match model.policies.until {
            None => (node, false),
            Some(name) => {
                let (cut, value) = (self.until(stage, name, &node), self.named("value"));
                let node = quote!(match #cut {
                    #runtime::Until::Given(#value) => #wrap(#runtime::Option::Some(#value)),
                    #runtime::Until::Skipped => { #skipped #wrap(#runtime::Option::None) }
                    #runtime::Until::Cut => {
                        if let #runtime::Option::Some(#skip_ident) = &#skip_ident { #skip_ident.cut(); }
                        #frame.cut(#number);
                        #wrap(#runtime::Option::None)
                    }
                });
                (node, true)
            }
        };
        let undo = model.policies.undo.is_some();
        // With an undo: the output, and whether there is something to undo.
        let hit = self.named("hit");
        let cached = model.policies.cache.is_some();
        let given = |value: TokenStream, ran: bool| match (undo, cached) {
            (true, true) => quote!({ let #hit = (#value, #hit); (#hit.0, #ran && !#hit.1) }),
            (true, false) => quote!((#value, #ran)),
            (false, _) => value,
        };
        let body = match &model.when {
            None => given(node, true),
            Some(when) => {
                let some = if wrapped { node } else { quote!(#wrap(#runtime::Option::Some(#node))) };
                let some = given(some, true);
                let none = given(quote!(#wrap(#runtime::Option::None)), false);
                let none = quote!({ #skipped #none });
                self.when(when, stage, &some, &none)
            }
        };
        let of_content =
            if cached { quote!(#of_content #[allow(unused_assignments)] let mut #hit = false;) } else { of_content };
        let body = if self.is_durable() { self.checkpoint(stage, &body, undo) } else { body };
        // Without an undo the body says which type it gives: one that never gives any has none of its own.
        let (of_content, body) = match undo {
            true => (TokenStream::new(), self.compensable(stage, &of_content, &body)),
            false => (of_content, quote!(#runtime::ascribe(#of, #body))),
        };
        let skip =
            if optional { quote!(let #skip_ident = #runtime::Clone::clone(&#local);) } else { TokenStream::new() };
        // What has an undo is shared with that from the start.
        let view = if undo { quote!(#runtime::Visibility::OBSERVED) } else { self.view().to_token_stream() };
        let staged =
            Ident::new(if self.is_tried_at_once(stage) { "staged" } else { "stage_with_policies" }, Span::call_site());
        quote!({
            let #local = #cell;
            let #of = #runtime::of_cell(&#local);
            #skip
            #(#lints)*
            let #local = #runtime::#staged(#frame, #number, #view, #local, async move {
                #of_content
                #runtime::Result::<_, #runtime::Exit>::Ok(#body)
            });
            #local
        })
    }

    fn when(&self, when: &When<'_>, stage: StageId, some: &TokenStream, none: &TokenStream) -> TokenStream {
        let (frame, number) = (self.frame(), self.number(Some(stage)));
        match when {
            When::Holds(code) => {
                let before = self.prelude(*code, Some(stage));
                let expr = self.model.codes[*code].expr;
                let mut condition = self.condition(*code, expr);
                // Names that it binds can't be had without it.
                if self.is_durable() && !expression::binds_names(expr) {
                    let runtime = &self.runtime;
                    condition = quote!(#runtime::durable::has_held(#frame, #number) || (#condition));
                }
                let bound_again = self.bound_again(Binder::When(stage));
                quote!({ #before #frame.at(#number); if #condition { #bound_again #some } else { #none } })
            }
            When::Matches { pattern, value } => {
                let before = self.prelude(*value, Some(stage));
                let scrutinee = self.scrutinee(*value, &[*pattern]);
                let bound_again = self.bound_again(Binder::When(stage));
                let (keep, matched, shown_name) =
                    (&scrutinee.keep, &scrutinee.matched, self.shown_name(&scrutinee, pattern));
                let pattern = scrutinee.pattern(pattern);
                quote!({ #before #frame.at(#number); #keep if let #pattern = #matched { #shown_name #bound_again #some } else { #none } })
            }
        }
    }

    pub(crate) fn stage_tail(&self, stage: StageId, of: &TokenStream) -> Expectation {
        let stage_model = &self.model.stages[stage];
        let tail = match stage_model.when.is_some()
            || stage_model.policies.catch.is_some()
            || stage_model.policies.until.is_some()
        {
            false => Expectation::declared(of.clone(), self.stage_type(stage), stage),
            true => Expectation::value(of.clone(), TypeOwner::Stage(stage)),
        };
        tail.discarding(self.discards(stage))
    }

    /// Returns which values of the stage are dropped because it declares no type.
    pub(super) fn discards(&self, stage: StageId) -> Discard {
        let model = &self.model.stages[stage];
        match (&model.syntax.ty, model.when.is_some() || model.policies.until.is_some()) {
            (Some(_), _) => Discard::None,
            (None, true) => Discard::All,
            (None, false) => Discard::Lists,
        }
    }
}

impl Expansion<'_, '_> {
    /// Sets the round of a stage's loop in the state.
    pub(super) fn begin_round(&self, stage: StageId, round: &syn::Ident) -> TokenStream {
        let runtime = &self.runtime;
        let cell = self.cell(stage);
        let local = self.named("cell");
        quote!(if let #runtime::Option::Some(#local) = #cell { #local.begin_round(#round); })
    }
}
