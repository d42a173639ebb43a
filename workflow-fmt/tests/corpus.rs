//! Every workflow of the project: each can be formatted, and formatting it twice changes nothing more.

mod sources;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::{fs, ops::Range, path::Path};
use workflow_fmt::{format_markdown, format_rust};

/// Files whose workflows nest so deep that rustfmt needs minutes for them: its time doubles with each level.
const DEEP: [&str; 3] = ["depth.rs", "nested_20.rs", "nested_40.rs"];

/// All Rust of the project that has a workflow without mistakes, as one text: so rustfmt runs once.
fn corpus() -> String {
    let root = sources::root();
    let mut corpus = String::new();
    for folder in ["benches", "docs", "examples", "tests", "ui-tests/accepted"] {
        for file in sources::files(&root.join(folder), "rs") {
            let is = |name: &str| file.iter().any(|part| part == name);
            let code = fs::read_to_string(&file).expect("is text");
            if code.contains("workflow!") && !is("refused") && !is("peers") && !DEEP.iter().any(|deep| is(deep)) {
                corpus.push_str(&code);
                corpus.push('\n');
            }
        }
    }
    corpus
}

fn left(text: &str, left: &[workflow_fmt::Left]) -> String {
    let shown =
        |left: &workflow_fmt::Left| format!("{}: {}", left.why, text.lines().nth(left.line - 1).unwrap_or_default());
    left.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_workflow_is_formatted_the_same_again() {
    let (corpus, rustfmt) = (corpus(), sources::rustfmt());
    assert!(corpus.matches("workflow!").count() > 300, "the corpus has workflows");
    let once = format_rust(&corpus, &rustfmt).expect("rustfmt runs");
    assert_eq!(left(&corpus, &once.left), "");
    let twice = format_rust(&once.text, &rustfmt).expect("rustfmt runs");
    assert_eq!(left(&once.text, &twice.left), "");
    assert!(twice.text == once.text, "{}", workflow_fmt::diff("corpus", &once.text, &twice.text));
}

/// The code with each white space that has no comment and no blank line in it replaced.
fn laid_out(code: &str, by: &str) -> String {
    let mut ends = Vec::new();
    places(code.parse().expect("is made of tokens"), &mut ends);
    let mut text = String::new();
    let mut from = 0;
    for place in ends {
        let gap = &code[from.min(place.start)..place.start];
        // A doc comment ends with its line.
        let is_plain = !code[..from].lines().next_back().is_some_and(|line| line.trim_start().starts_with("//"))
            && !gap.is_empty()
            && gap.trim().is_empty()
            && gap.matches('\n').count() < 2;
        text.push_str(if is_plain { by } else { gap });
        text.push_str(&code[place.clone()]);
        from = place.end;
    }
    text
}

fn places(stream: TokenStream, ends: &mut Vec<Range<usize>>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                // A doc comment's group stands where the comment does.
                if ends.last() != Some(&group.span().byte_range()) {
                    ends.push(group.span_open().byte_range());
                    places(group.stream(), ends);
                    ends.push(group.span_close().byte_range());
                }
            }
            other => {
                let place = other.span().byte_range();
                if ends.last() != Some(&place) {
                    ends.push(place);
                }
            }
        }
    }
}

#[test]
fn lines_do_not_matter() {
    let rustfmt = sources::rustfmt();
    let mut code = String::new();
    for file in sources::files(&sources::root().join("examples"), "rs") {
        code.push_str(&fs::read_to_string(&file).expect("is text"));
    }
    let expected = format_rust(&code, &rustfmt).expect("rustfmt runs");
    let tokens = |text: &str| laid_out(text, " ").split_whitespace().collect::<String>();
    for by in [" ", "\n", "\n\t   "] {
        let other = laid_out(&code, by);
        let formatted = format_rust(&other, &rustfmt).expect("rustfmt runs");
        assert_eq!(left(&other, &formatted.left), "");
        let (expected, formatted) = (bodies(&expected.text), bodies(&formatted.text));
        assert_eq!(expected.len(), formatted.len());
        for (expected, formatted) in expected.iter().zip(&formatted) {
            assert_eq!(tokens(expected), tokens(formatted));
            assert_eq!(expected, formatted, "laid out by {by:?}");
        }
    }
}

/// Returns the bodies of all workflows, which begin and end in the first column.
fn bodies(text: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("workflow!") {
        let stream = after.char_indices().find(|(_, letter)| *letter == '{').map_or(0, |(at, _)| at);
        let end = after.find("\n}").unwrap_or(after.len());
        bodies.push(after[stream..end].trim_start_matches(['{', ' ', '\n', '\t']).to_owned());
        rest = &after[end..];
    }
    bodies
}

#[test]
fn every_page_is_formatted() {
    let (root, rustfmt) = (sources::root(), sources::rustfmt());
    let mut pages = sources::files(&root.join("docs"), "md");
    pages.extend(["README.md", "examples/README.md"].map(|page| root.join(page)));
    for page in pages {
        let text = fs::read_to_string(&page).expect("is text");
        let formatted = format_markdown(&text, &rustfmt).expect("rustfmt runs");
        assert_eq!(left(&text, &formatted.left), "", "{}", page.display());
        assert!(formatted.text == text, "{}", workflow_fmt::diff(&name(&page), &text, &formatted.text));
    }
}

fn name(page: &Path) -> String {
    page.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
