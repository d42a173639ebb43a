//! Names of types: no two types of one crate share a name, so that a name alone says what is meant.

use std::{collections::BTreeMap, fs, path::Path};
use workflow_tests::sources;

/// The crates that are checked.
const CRATES: [&str; 7] = [
    "workflow-fmt",
    "workflow-graph",
    "workflow-macros",
    "workflow-runtime",
    "workflow-sqlite",
    "workflow-store",
    "workflow-syntax",
];

#[test]
fn no_two_types_of_a_crate_share_a_name() {
    let mut found = Vec::new();
    for name in CRATES {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let is_of_tests =
            |file: &Path| file.iter().any(|part| Path::new(part).file_stem().is_some_and(|stem| stem == "tests"));
        let mut files = sources::files(&source, &["rs"]);
        files.retain(|file| !is_of_tests(file.strip_prefix(&source).expect("lies there")));
        let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in &files {
            let code = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for (number, declared) in types_of(&code) {
                let file = file.strip_prefix(&source).expect("lies there").display();
                types.entry(declared).or_default().push(format!("{name}/src/{file}:{number}"));
            }
        }
        assert!(types.len() > 10, "{name} has types: {types:?}");
        let shared = types.into_iter().filter(|(_, places)| places.len() > 1);
        found.extend(shared.map(|(declared, places)| format!("{declared}: {}", places.join(", "))));
    }
    assert!(found.is_empty(), "{} names stand for two types:\n{}", found.len(), found.join("\n"));
}

#[test]
fn declarations_are_found() {
    let names = |code| types_of(code).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
    assert_eq!(
        names("struct A;\npub(crate) enum B<T> {\n    C(T),\n}\npub trait D: E {\n    type F;\n}"),
        ["A", "B", "D"]
    );
    assert_eq!(names("pin_project! {\n    pub struct A<F> {\n        f: F,\n    }\n}\ntype B = u8;"), ["A", "B"]);
    assert_eq!(names("/// struct A\n// enum B\nlet c = \"struct D\";\nimpl E {}"), [""; 0]);
    assert_eq!(names("struct A;\n#[cfg(test)]\nmod tests {\n    struct A;\n}"), ["A"]);
    // Of two declarations with opposite conditions, one is compiled.
    let twins = "#[cfg(unix)]\nstruct A(u8);\n/// Other systems.\n#[cfg(not(unix))]\n#[derive(Debug)]\nstruct A;";
    assert_eq!(names(twins), ["A"]);
    assert_eq!(names("#[cfg(unix)]\nstruct A(u8);\nstruct A;"), ["A", "A"]);
}

/// Returns the types that a file declares outside of its tests, each with its line. Of several with a condition, which
/// exclude each other, the first is returned.
fn types_of(code: &str) -> Vec<(usize, String)> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines: Vec<&str> = code.lines().collect();
    let mut types: Vec<(usize, String)> = Vec::new();
    let mut conditional: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = declared(line) else { continue };
        let before = lines[..at].iter().rev().take_while(|line| is_about_an_item(line));
        let has_condition = before.into_iter().any(|line| line.trim_start().starts_with("#[cfg("));
        if has_condition && conditional.contains(&name) {
            continue;
        }
        if has_condition {
            conditional.push(name.clone());
        }
        types.push((at + 1, name));
    }
    types
}

/// Returns whether the line is an attribute or a comment, which belongs to the item below it.
fn is_about_an_item(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[") || line.starts_with("//")
}

/// Returns the name of the type that the line declares.
fn declared(line: &str) -> Option<String> {
    let text = line.trim_start();
    let text = match text.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.strip_prefix(' ')?,
        None => text,
    };
    let (keyword, rest) = text.split_once(' ')?;
    // An indented `type` is an associated one.
    let is_type =
        matches!(keyword, "struct" | "enum" | "trait" | "union") || (keyword == "type" && !line.starts_with(' '));
    let name: String = rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    (is_type && name.starts_with(char::is_uppercase)).then_some(name)
}
