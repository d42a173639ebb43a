//! parse → resolve → check → expand

use crate::{
    diagnostics::{self, Diagnostics},
    expand,
    invocation::Invocation,
    resolve, syntax,
};
use proc_macro2::TokenStream;

pub(crate) fn run(tokens: TokenStream) -> TokenStream {
    let invocation = Invocation::read(tokens);
    let diagnostics = Diagnostics::new();
    let mut workflows = syntax::parse(invocation.tokens.clone(), &diagnostics);
    if let Err(condition) = syntax::apply_conditions(&mut workflows, &invocation.known) {
        // Whatever has been found is found again by the one that rustc keeps.
        diagnostics.finish();
        return invocation.ask(&condition);
    }
    let mut items = TokenStream::new();
    for workflow in &workflows.workflows {
        let model = resolve::resolve(workflow, &diagnostics);
        items.extend(expand::expand(&model, &invocation.krate, diagnostics.count() == 0));
    }
    let found = diagnostics.finish();
    items.extend(diagnostics::errors(&found));
    items
}
