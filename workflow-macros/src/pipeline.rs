//! parse → resolve → check → expand

use crate::{
    check, expand,
    invocation::Invocation,
    mistakes::{self, Mistakes},
    resolve,
};
use proc_macro2::TokenStream;
use workflow_syntax::{self as syntax, diagnostics::Diagnostics};

/// `durable`: the runtime can run workflows on a store.
pub(crate) fn run(tokens: TokenStream, durable: bool) -> TokenStream {
    let invocation = Invocation::read(tokens);
    let diagnostics = Diagnostics::new();
    let mut workflows = syntax::parse(invocation.tokens.clone(), &diagnostics);
    if let Err(condition) = syntax::apply_conditions(&mut workflows, &invocation.known) {
        // Whatever has been found is found again by the one that rustc keeps.
        diagnostics.finish();
        return invocation.ask(&condition);
    }
    diagnostics.end_of_parsing();
    let mut items = TokenStream::new();
    let read = !diagnostics.has_gaps();
    for workflow in &mut workflows.workflows {
        check::own(workflow, &diagnostics);
        if !durable {
            check::not_durable(workflow, &diagnostics);
        }
        let model = resolve::resolve(workflow, &diagnostics);
        check::check(&model, read, &diagnostics);
        let mistakes = Mistakes::new(&diagnostics.spans());
        items.extend(expand::expand(&model, &invocation, &mistakes));
        if mistakes.is_empty() {
            items.extend(check::warnings(&model));
        }
    }
    mistakes::told(items, &diagnostics.finish(), &invocation.tokens, workflows.whole)
}
