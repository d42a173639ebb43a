//! parse → resolve → check → expand

use crate::{diagnostics::{self, Diagnostics}, expand, invocation::Invocation, resolve, syntax};
use proc_macro2::TokenStream;

pub(crate) fn run(tokens: TokenStream) -> TokenStream {
    let Invocation { krate, tokens } = Invocation::read(tokens);
    let diagnostics = Diagnostics::new();
    let workflows = syntax::parse(tokens, &diagnostics);
    let mut items = TokenStream::new();
    for workflow in &workflows.workflows {
        let told = diagnostics.count();
        let model = resolve::resolve(workflow, &diagnostics);
        if diagnostics.count() == told {
            items.extend(expand::expand(&model, &krate));
        } else {
            items.extend(expand::fallback(workflow, &[], &krate));
        }
    }
    let found = diagnostics.finish();
    items.extend(diagnostics::errors(&found));
    items
}
