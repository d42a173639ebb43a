//! Workflows that the machine writes: what is formatted has the same tokens, and is formatted the same again.

#[allow(dead_code, unreachable_pub, reason = "the generator serves other tests too")]
#[path = "../../tests/src/generator/mod.rs"]
mod generator;
mod sources;

use generator::random::Random;
use workflow_fmt::format_rust;

/// How many random workflows.
const WORKFLOWS: u64 = 40;

/// The tokens of a text, without the commas that may stand before a closing bracket.
fn words(text: &str) -> String {
    let stream: proc_macro2::TokenStream = text.parse().expect("is made of tokens");
    let words: String = stream.to_string().split_whitespace().collect();
    [")", "]", "}"]
        .into_iter()
        .fold(words, |words, close| words.replace(&format!(",{close}"), close))
        .replace("},", "}")
}

#[test]
fn random_workflows_keep_their_tokens() {
    let rustfmt = sources::rustfmt();
    let sources: Vec<String> = (0..WORKFLOWS)
        .flat_map(|number| {
            let random = Random::new(number);
            [random.source(), random.durable_source()].map(|source| format!("workflow! {{\n{source}}}\n"))
        })
        .collect();
    let code = sources.join("\n");
    assert!(code.matches("stage ").count() > 500, "the workflows have stages");
    let once = format_rust(&code, &rustfmt).expect("rustfmt runs");
    assert_eq!(once.left, []);
    assert!(once.text != code, "something has been formatted");
    assert!(words(&once.text) == words(&code), "no token is lost");
    let twice = format_rust(&once.text, &rustfmt).expect("rustfmt runs");
    assert!(twice.text == once.text, "{}", workflow_fmt::diff("random", &once.text, &twice.text));
}
