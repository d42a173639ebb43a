//! Docs of public functions that return futures: each says what becomes of its work if the future is dropped.

use std::{fs, path::Path};
use workflow_tests::sources;

/// Files and folders with public functions that return futures. Modules that are hidden from users are left out.
const PUBLIC: [&str; 5] = [
    "workflow-runtime/src/engine",
    "workflow-runtime/src/policy",
    "workflow-runtime/src/handle.rs",
    "workflow-store/src",
    "workflow-sqlite/src",
];

#[test]
fn public_futures_say_their_cancel_safety() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut count, mut found) = (0, Vec::new());
    for file in PUBLIC.iter().flat_map(|path| sources::files(&root.join(path), &["rs"])) {
        let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.strip_prefix(&root).expect("lies there").display();
        for (number, says_so) in futures_of(&code) {
            count += 1;
            if !says_so {
                found.push(format!("{name}:{number}"));
            }
        }
    }
    assert!(count > 15, "{count} public functions return a future");
    assert!(found.is_empty(), "docs without `# Cancel safety`:\n{}", found.join("\n"));
}

#[test]
fn functions_that_return_futures_are_found() {
    assert_eq!(futures_of("/// Waits.\npub async fn a() {}"), [(2, false)]);
    assert_eq!(
        futures_of("/// Waits.\n///\n/// # Cancel safety\n/// None.\n#[inline]\npub async fn a() {}"),
        [(6, true)]
    );
    assert_eq!(futures_of("    pub fn a(\n        b: u8,\n    ) -> impl Future<Output = ()> {"), [(1, false)]);
    assert_eq!(futures_of("pub fn a(b: impl Future<Output = ()>) -> u8 {\npub(crate) async fn c() {}"), []);
}

/// Returns the line of each public function that returns a future, and whether its doc has the heading.
fn futures_of(code: &str) -> Vec<(usize, bool)> {
    let lines: Vec<&str> = code.lines().map(str::trim_start).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let returns_future = || {
            let end = lines[at..].iter().position(|line| line.ends_with('{') || line.ends_with(';')).unwrap_or(0);
            let signature = lines[at..=at + end].join(" ");
            signature.rsplit_once("-> ").is_some_and(|(_, output)| output.contains("impl Future"))
        };
        if line.starts_with("pub async fn ") || (line.starts_with("pub fn ") && returns_future()) {
            let about = lines[..at].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
            let says_so = about.into_iter().any(|line| *line == "/// # Cancel safety");
            found.push((at + 1, says_so));
        }
    }
    found
}
