//! The book is whole: `SUMMARY.md` lists every page once, every page exists, and all of its Rust code is tested.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

/// The pages in the folder of the book, by their paths in it.
fn pages() -> BTreeSet<String> {
    let mut pages = BTreeSet::new();
    let mut folders = vec![folder()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder can be read") {
            let path = entry.expect("its entries can be read").path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("SUMMARY.md") {
                let path = path.strip_prefix(folder()).expect("a page lies in the folder of the book");
                pages.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    pages
}

#[test]
fn lists_every_page_once() {
    let summary = read(&folder().join("SUMMARY.md"));
    let mut listed = BTreeSet::new();
    for link in summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(listed.insert(link.to_owned()), "SUMMARY.md lists {link} twice");
    }
    assert!(listed.len() > 20, "{listed:?}");
    assert_eq!(listed, pages(), "left: listed in SUMMARY.md, right: in the folder");
}

/// Code without a language would be Rust for rustdoc, and plain text for mdBook.
#[test]
fn code_says_its_language() {
    for page in pages() {
        let mut is_open = false;
        for (number, line) in read(&folder().join(&page)).lines().enumerate() {
            let Some(language) = line.strip_prefix("```") else { continue };
            assert!(is_open || !language.is_empty(), "{page}:{}: code without a language", number + 1);
            is_open = !is_open;
        }
        assert!(!is_open, "{page}: code without an end");
    }
}

#[test]
fn all_rust_code_is_tested() {
    let tested = read(&folder().join("src/lib.rs"));
    let with_code: Vec<_> = pages().into_iter().filter(|page| read(&folder().join(page)).contains("```rust")).collect();
    assert!(with_code.len() > 15, "{with_code:?}");
    for page in with_code {
        assert!(tested.contains(&format!("\"../{page}\"")), "docs/src/lib.rs does not test {page}");
    }
}

/// The text of a page without code blocks, tables and headings, as one line a paragraph or item of a list. The targets
/// of its links are left out.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        let number = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        if line.is_empty() || line.starts_with("- ") || number {
            paragraphs.push(String::new());
        }
        if !is_code && !line.starts_with(['|', '#', '!']) && !line.starts_with("```") {
            let paragraph = paragraphs.last_mut().expect("there is a first one");
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    let without_targets = |paragraph: String| {
        let mut parts = paragraph.split("](");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + "]" + part.split_once(')').map_or("", |(_, rest)| rest))
    };
    paragraphs.into_iter().map(without_targets).collect()
}

#[test]
fn sentences_are_short() {
    let mut long = Vec::new();
    let mut count = 0;
    for page in pages().into_iter().chain(["../README.md".to_owned()]) {
        for paragraph in paragraphs(&read(&folder().join(&page))) {
            let sentences = paragraph.split_inclusive(". ").flat_map(|part| part.split_inclusive("? "));
            for sentence in sentences.flat_map(|part| part.split_inclusive(".** ")) {
                count += 1;
                if sentence.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count() > 30 {
                    long.push(format!("{page}: {sentence}"));
                }
            }
        }
    }
    assert!(count > 500, "only {count} sentences");
    assert!(long.is_empty(), "more than 30 words:\n{}", long.join("\n"));
}
