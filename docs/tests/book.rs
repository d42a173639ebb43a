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
