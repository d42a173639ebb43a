//! parse → resolve → check → expand

use crate::{diagnostics::{self, Diagnostics}, expand, invocation::Invocation, resolve, syntax};
use proc_macro2::TokenStream;

pub(crate) fn run(tokens: TokenStream) -> TokenStream {
    let Invocation { krate, tokens } = Invocation::read(tokens);
    let diagnostics = Diagnostics::new();
    let workflows = syntax::parse(tokens, &diagnostics);
    let mut items = TokenStream::new();
    for workflow in &workflows.workflows {
        let model = resolve::resolve(workflow, &diagnostics);
        items.extend(expand::expand(&model, &krate, diagnostics.count() == 0));
    }
    let found = diagnostics.finish();
    items.extend(diagnostics::errors(&found));
    items
}
