//! Lines and sentences of docs and comments. A doc line is read alone, on hover and in search results. So it begins
//! with the noun of the thing or with a verb, and never with a pronoun.

use std::{fs, path::Path};
use workflow_tests::sources;

/// The words with which no doc line begins.
const PRONOUNS: [&str; 13] = [
    "It", "That", "Those", "Such", "The same", "What", "Who", "Where it", "This", "They", "Nobody", "Somebody",
    "Whoever",
];

/// The words with which no plain comment inside a body begins, and no paragraph or cell in Markdown.
const RIDDLES: [&str; 6] = ["It", "That", "Those", "Such", "Nobody", "Somebody"];

#[test]
fn no_doc_line_begins_with_a_pronoun() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = sources::files(&root, &["rs", "md"]);
    assert!(files.len() > 300, "the workspace has {} files", files.len());
    let mut found = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&root).expect("lies there").to_string_lossy();
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let lines = if name.ends_with(".rs") { refused_in_code(&text) } else { refused_in_markdown(&text) };
        found.extend(lines.into_iter().map(|(number, line)| format!("{name}:{number}: {line}")));
    }
    assert!(found.is_empty(), "{} lines begin with a pronoun:\n{}", found.len(), found.join("\n"));
}

#[test]
fn doc_lines_in_code_are_found() {
    let refused = |code: &str| refused_in_code(code).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(refused("//! What it is.\n//! It goes on.\n\n/// The same as\n/// that.\nstruct A;"), [1, 4]);
    assert_eq!(refused("/// Items of a list.\n/// That is all.\nstruct A {\n    /// Those of it.\n    b: u8,\n}"), [4]);
    assert_eq!(refused("/// Where it lies.\n/// Where items lie.\n\n/// Whatever.\nstruct A;"), [1]);
    assert_eq!(refused("/// Items.\n///\n/// What they are.\n/// It goes on.\nstruct A;"), [3]);
    assert_eq!(refused("/// Tries.\n///\n/// # Errors\n/// That failure.\nfn a() {}"), [4]);
    // Plain comments: of an item as in docs, in a body only what refers to something unnamed.
    assert_eq!(refused("// What it does.\n#[test]\nfn a() {\n    // What it does.\n    b(); // It is.\n}"), [1]);
    assert_eq!(refused("fn a() {\n    b();\n    // It is\n    // that.\n    c();\n}"), [3]);
    assert!(refused("// Itself, Thatcher, Suchlike.\nfn a() {}").is_empty());
}

#[test]
fn paragraphs_and_cells_in_markdown_are_found() {
    let refused = |text: &str| refused_in_markdown(text).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(refused("# What it is\n\nIt is.\n\nA\nThat b.\n"), [3]);
    assert_eq!(refused("| a | It is |\n| --- | --- |\n| **Such** | Not it |\n"), [1, 3]);
    assert_eq!(refused("- That one\n  Such a line goes on\n2. Those\n"), [1, 3]);
    assert_eq!(refused("```text\nIt is code.\n\nThat too.\n```\n\n    Such too.\n"), []);
}

/// The most words of a sentence in a doc or a comment.
const LONGEST: usize = 30;

#[test]
fn no_sentence_in_docs_and_comments_is_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for file in sources::files(&root, &["rs"]) {
        let name = file.strip_prefix(&root).expect("lies there").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        found.extend(long_sentences(&text).into_iter().map(|sentence| format!("{name}: {sentence}")));
    }
    assert!(found.is_empty(), "{} sentences of over {LONGEST} words:\n{}", found.len(), found.join("\n"));
}

#[test]
fn long_sentences_are_found() {
    let words = |count: usize| vec!["word"; count].join(" ");
    assert!(long_sentences(&format!("/// {}.\n/// {}.\nfn a() {{}}", words(30), words(30))).is_empty());
    assert_eq!(long_sentences(&format!("//! {}\n//! {}. It ends.", words(16), words(15))).len(), 1);
    assert!(long_sentences(&format!("// {}\n//\n// {}", words(16), words(15))).is_empty());
    assert!(long_sentences(&format!("/// - {}\n/// - {}", words(16), words(15))).is_empty());
    assert!(long_sentences(&format!("/// ```\n/// {}\n/// ```", words(31))).is_empty());
    assert!(long_sentences(&format!("/// | {} |", words(31))).is_empty());
    assert!(long_sentences(&format!("/// `{}` {}", words(31), words(29))).is_empty());
}

/// Returns the sentences of docs and comments that have more words than [`LONGEST`]. Code counts as one word.
fn long_sentences(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let (mut before, mut is_example) = ("", false);
    for line in text.lines().map(str::trim_start) {
        let marker = marker_of(line);
        let content = line[marker.len()..].trim();
        is_example = !marker.is_empty() && is_example != content.starts_with("```");
        let is_prose =
            !marker.is_empty() && !is_example && !["|", "#", "```"].iter().any(|mark| content.starts_with(mark));
        let is_item = content.starts_with("- ") || content.starts_with(|first: char| first.is_ascii_digit());
        if marker != before || is_item || !is_prose || content.is_empty() {
            paragraphs.push(String::new());
        }
        if is_prose {
            let paragraph = paragraphs.last_mut().expect("one is there");
            paragraph.push_str(content);
            paragraph.push(' ');
        }
        before = marker;
    }
    let is_long = |sentence: &&str| {
        sentence.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count() > LONGEST
    };
    let mut long = Vec::new();
    for paragraph in paragraphs {
        // Each piece of code is one word.
        let prose: Vec<&str> =
            paragraph.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { "x" } else { part }).collect();
        let prose = prose.concat();
        let sentences = prose.split_inclusive(". ").flat_map(|part| part.split_inclusive("? "));
        long.extend(sentences.filter(is_long).map(ToOwned::to_owned));
    }
    long
}

/// Returns the first line of each comment, and of each paragraph of a doc, that begins with one of the words, with its
/// number.
fn refused_in_code(code: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = code.lines().map(str::trim_start).collect();
    let mut refused = Vec::new();
    let mut before = "";
    for (at, line) in lines.iter().enumerate() {
        let marker = marker_of(line);
        let ends_paragraph = |line: &str| line == marker || line[marker.len()..].starts_with(" #");
        let is_paragraph = marker.len() == 3 && marker == before && ends_paragraph(lines[at - 1]);
        if !marker.is_empty() && (marker != before || is_paragraph) {
            let words: &[&str] = match marker {
                "//" if !is_before_item(&lines[at..]) => &RIDDLES,
                _ => &PRONOUNS,
            };
            if begins_with(&line[marker.len()..], words) {
                refused.push((at + 1, *line));
            }
        }
        before = marker;
    }
    refused
}

/// Returns the marker of a line that is a comment as a whole. Empty for code.
fn marker_of(line: &str) -> &'static str {
    let markers = ["////", "///", "//!", "//"];
    markers.into_iter().find(|marker| line.starts_with(marker)).unwrap_or_default()
}

/// Whether an item follows the comment with which these lines begin.
fn is_before_item(lines: &[&str]) -> bool {
    let items = ["pub", "fn", "async", "struct", "enum", "trait", "impl", "type", "const", "static", "mod", "use"];
    let is_passed = |line: &&&str| line.starts_with("//") || line.starts_with("#[");
    let code = lines.iter().find(|line| !is_passed(line)).copied().unwrap_or_default();
    let first = code.split(|character: char| !character.is_alphanumeric() && character != '_').next();
    // `async move {}` and `const {}` are expressions.
    let is_expression = code.starts_with("async move") || code.starts_with("async {") || code.starts_with("const {");
    first.is_some_and(|first| items.contains(&first)) && !is_expression
}

/// Returns the lines outside code whose paragraph, item of a list or cell begins with one of the words, with their
/// numbers.
fn refused_in_markdown(text: &str) -> Vec<(usize, &str)> {
    let mut refused = Vec::new();
    let (mut is_code, mut is_begun) = (false, false);
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            is_code = !is_code;
        }
        if is_code || line.starts_with("    ") || trimmed.starts_with(['#', '`']) {
            is_begun = false;
            continue;
        }
        let item = trimmed.trim_start_matches(|character: char| character.is_ascii_digit());
        let item = ["- ", "* ", ". ", "> "].into_iter().find_map(|mark| item.strip_prefix(mark));
        let is_refused = match (trimmed.strip_prefix('|'), item) {
            (Some(row), _) => row.split('|').any(|cell| begins_with(cell, &RIDDLES)),
            (None, Some(item)) => begins_with(item, &RIDDLES),
            (None, None) => !is_begun && begins_with(trimmed, &RIDDLES),
        };
        if is_refused {
            refused.push((at + 1, line));
        }
        is_begun = !trimmed.is_empty();
    }
    refused
}

/// Whether the text begins with one of the words, also in italics or bold.
fn begins_with(text: &str, words: &[&str]) -> bool {
    let text = text.trim_start_matches(|character: char| character.is_whitespace() || character == '*');
    words.iter().any(|word| text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}
