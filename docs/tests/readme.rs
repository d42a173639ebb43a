//! README.md shows what is tested: its workflow is `examples/quote.rs`, its error is that of `refused/`.

use std::{fs, path::Path};

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).replace("\r\n", "\n")
}

#[test]
fn shows_the_workflow_that_the_picture_is_of() {
    assert!(read("../README.md").contains(&format!("```rust\n{}```\n", read("examples/quote.rs"))));
}

/// `TRYBUILD=overwrite` takes what the compiler says now.
#[test]
fn shows_what_the_compiler_says() {
    trybuild::TestCases::new().compile_fail("refused/*.rs");
    let (readme, error) = (read("../README.md"), read("refused/cycle.stderr"));
    assert!(readme.contains(&format!("```text\n{error}```\n")), "README.md shows another error than:\n{error}");
}

/// The book has room for everything else.
#[test]
fn is_short() {
    let lines = read("../README.md").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
}
