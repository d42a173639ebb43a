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

#[cfg(test)]
mod tests {
    use super::run;

    /// The expansion of a workflow with these items, as text.
    fn expansion(items: &str) -> String {
        let header = "workflow W(order: u32) -> u32 with shop: Shop";
        let tokens = format!("{header} {{ {items} }}").parse().expect("is made of tokens");
        run(tokens, false).to_string()
    }

    /// An editor puts a name behind the `.` and compares both expansions. The type of what stands before the name has to be
    /// at the same place of the text in both.
    #[test]
    fn an_editor_finds_what_stands_before_a_dot() {
        for items in [
            "stage a: u32 = shop.; *a",
            "stage a: u32 = shop. #[timeout(5s)] stage b: u32 = shop.take(a); *b",
            "stage a: u32 = take(order, async { shop. }); *a",
            "stage a: u32 = { stage b: u32 = shop.take(order.); *b }; *a",
            "stage a: u32 = if shop.is_open() { shop. } else { 1 }; *a",
            "stage a: u32 = shop.take(order); shop.",
        ] {
            let at = items.find(". ").or(items.find(".;")).or(items.find(".)")).unwrap_or(items.len() - 1);
            let tried = format!("{}.raCompletionMarker{}", &items[..at], &items[at + 1..]);
            let (written, tried) = (expansion(items), expansion(&tried));
            let (before, _) = tried.split_once(". raCompletionMarker").expect("the name is in the expansion");
            let before = before.trim_end();
            assert!(before.ends_with("shop") || before.ends_with("order"), "{items}");
            assert!(written.starts_with(before), "{items}");
            assert_eq!(written.matches("compile_error").count(), tried.matches("compile_error").count(), "{items}");
            assert_eq!(written.matches("compile_error").count(), 1, "{items}: one mistake");
        }
    }
}
