//! Imports between the files of a crate: no two files import each other, also not in a longer circle. In
//! `workflow-runtime` no import runs up the floors that CONTRIBUTING.md gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use workflow_tests::sources;

/// The crates that are checked.
const CRATES: [&str; 6] =
    ["workflow-fmt", "workflow-macros", "workflow-runtime", "workflow-sqlite", "workflow-store", "workflow-syntax"];

/// Modules that only re-export: they may import from anywhere, and nothing inside their crate imports them.
const FACES: [&str; 2] = ["", "__private"];

/// The lines that a file of the crates has at most.
const LONGEST: usize = 500;

/// The modules that each module imports, by path without `crate`.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The floor of each entry in a crate's `src`.
type Floors = BTreeMap<String, u32>;

#[test]
fn no_circle() {
    for name in CRATES {
        let imports = imports_of(&source_of(name));
        assert!(imports.len() > 5, "{name} has {} files", imports.len());
        assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 10, "{name} has imports: {imports:?}");
        for (module, imported) in &imports {
            for face in FACES {
                assert!(!imported.contains(face), "{name}: '{module}' imports through '{face}', which only re-exports");
            }
        }
        if let Some(circle) = find_circle(&imports) {
            panic!("{name} has a circle of imports: {}", circle.join(" → "));
        }
    }
}

#[test]
fn no_import_runs_up() {
    let floors = floors();
    let source = source_of("workflow-runtime");
    let entries = fs::read_dir(&source).expect("can be read");
    let entries: BTreeSet<String> = entries
        .map(|entry| entry.expect("can be read").path().with_extension(""))
        .map(|path| path.file_name().expect("has a name").to_string_lossy().into_owned())
        .collect();
    let named: BTreeSet<String> = floors.keys().cloned().collect();
    assert_eq!(entries, named, "what `workflow-runtime/src` holds, and the floors in CONTRIBUTING.md");
    let found = running_up(&imports_of(&source), &floors);
    assert!(found.is_empty(), "imports run up:\n{}", found.join("\n"));
}

#[test]
fn an_import_that_runs_up_is_found() {
    let floors: Floors = [("low", 1), ("beside", 1), ("high", 2)].map(|(name, floor)| (name.to_owned(), floor)).into();
    let imports = |module: &str, imported: &str| -> Imports {
        [(module.to_owned(), [imported.to_owned()].into()), (imported.to_owned(), BTreeSet::new())].into()
    };
    assert!(running_up(&imports("high::a", "low::b"), &floors).is_empty());
    assert!(running_up(&imports("low::a", "low::b"), &floors).is_empty());
    assert_eq!(running_up(&imports("low::a", "high"), &floors), ["low::a → high"]);
    assert_eq!(running_up(&imports("low::a", "beside::b"), &floors), ["low::a → beside::b"]);
}

#[test]
fn inline_paths_are_found() {
    let code = "fn a() {\n    crate::b::c(); // crate::no\n    d(super::e::F, $crate::g);\n}\n/// [`h`](crate::h)\nuse crate::{i};";
    assert_eq!(inline_paths(code), ["crate::b::c", "super::e::F"]);
}

#[test]
fn no_file_is_long() {
    let crates = CRATES.into_iter().chain(["workflow-graph"]);
    for source in crates.map(source_of) {
        for file in sources::files(&source, &["rs"]) {
            let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let lines = code.lines().count();
            assert!(lines <= LONGEST, "{} has {lines} lines, more than one idea", file.display());
        }
    }
}

#[test]
fn a_circle_is_found() {
    let imports = |pairs: &[(&str, &[&str])]| -> Imports {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        pairs.iter().map(|&(module, imported)| (module.to_owned(), owned(imported))).collect()
    };
    assert_eq!(find_circle(&imports(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), None);
    let circle = find_circle(&imports(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]));
    assert_eq!(circle, Some(vec!["b".to_owned(), "c".to_owned(), "b".to_owned()]));
}

#[test]
fn use_trees_are_expanded() {
    let code = "use std::fmt;\n    pub(crate) use crate::{\n    a::{self, B},\n    c,\n};\nuse super::d::E as F;\n// use crate::no;";
    let paths: Vec<String> = use_paths(code);
    assert_eq!(paths, ["std::fmt", "crate::a::self", "crate::a::B", "crate::c", "super::d::E"]);
    let modules = ["", "a", "c", "d", "f"].map(str::to_owned).into();
    let resolved: Vec<_> = paths.iter().map(|path| resolve(path, "f", &modules)).collect();
    let expected = [None, Some("a"), Some("a"), Some("c"), Some("d")].map(|module| module.map(str::to_owned));
    assert_eq!(resolved, expected);
}

fn source_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src")
}

/// Reads the floors from the table in CONTRIBUTING.md: rows such as "| 4 | `run/`, `handle.rs` |".
fn floors() -> Floors {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../CONTRIBUTING.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut floors = Floors::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", floor, entries, ..] = cells[..] else { continue };
        let Ok(floor) = floor.parse() else { continue };
        for entry in entries.split(',') {
            let entry = entry.trim().trim_matches('`').trim_end_matches('/').trim_end_matches(".rs");
            assert_eq!(floors.insert(entry.to_owned(), floor), None, "'{entry}' has one floor");
        }
    }
    floors
}

/// Returns the imports from an entry's own floor or from above it.
fn running_up(imports: &Imports, floors: &Floors) -> Vec<String> {
    let entry_of = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let floor_of = |entry: &str| *floors.get(entry).unwrap_or_else(|| panic!("'{entry}' has a floor"));
    let mut found = Vec::new();
    for (module, imported) in imports.iter().filter(|(module, _)| !FACES.contains(&module.as_str())) {
        for other in imported {
            let (from, to) = (entry_of(module), entry_of(other));
            if from != to && floor_of(&to) >= floor_of(&from) {
                found.push(format!("{module} → {other}"));
            }
        }
    }
    found
}

/// Reads the imports of all files below a folder, less those of tests and faces.
fn imports_of(source: &Path) -> Imports {
    let files = sources::files(source, &["rs"]);
    let by_module: BTreeMap<String, PathBuf> =
        files.into_iter().map(|file| (module_of(file.strip_prefix(source).expect("lies there")), file)).collect();
    let modules: BTreeSet<String> = by_module.keys().cloned().collect();
    let is_checked = |module: &str| !FACES.contains(&module) && !module.split("::").any(|part| part == "tests");
    let imports = by_module.into_iter().filter(|(module, _)| is_checked(module)).map(|(module, file)| {
        let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let paths = use_paths(code).into_iter().chain(inline_paths(code));
        let imported = paths.filter_map(|path| resolve(&path, &module, &modules)).collect();
        (module, imported)
    });
    imports.collect()
}

/// Returns each path below `crate` or `super` that stands in the code itself.
fn inline_paths(code: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let mut paths = Vec::new();
    for line in code.lines() {
        let line = line.split("//").next().unwrap_or_default();
        for (at, _) in line.match_indices("crate::").chain(line.match_indices("super::")) {
            let is_begun = line[..at].ends_with(|before| is_part(before) || before == ':' || before == '$');
            let path = line[at..].split(|character| !is_part(character) && character != ':').next().unwrap_or_default();
            if !is_begun && !path.ends_with("::") {
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

/// Returns the path of the module in a file, such as `conformance::due`. That of `lib.rs` is empty.
fn module_of(file: &Path) -> String {
    let parts = file.with_extension("");
    let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let is_folder = parts.last().is_some_and(|last| last == "mod" || last == "lib");
    parts[..parts.len() - usize::from(is_folder)].join("::")
}

/// Returns each path that the code imports.
fn use_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    for statement in lines.join("\n").split(';') {
        // A statement begins on a line of its own, after whatever stands before it.
        let begin = statement.lines().position(|line| {
            let line = line.trim_start();
            line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "))
        });
        if let Some(begin) = begin {
            let lines: Vec<&str> = statement.lines().skip(begin).collect();
            let tree: String = lines.join(" ").split_once("use ").map(|(_, tree)| tree.to_owned()).unwrap_or_default();
            expand("", &tree, &mut paths);
        }
    }
    paths
}

/// Adds the paths of a tree, such as `a::{b, c}`, to those that are known.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        if !path.is_empty() {
            paths.push(format!("{prefix}{path}"));
        }
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut begin) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[begin..at], paths);
                begin = at + 1;
            }
            _ => {}
        }
    }
    expand(&prefix, &inner[begin..], paths);
}

/// Returns the module of this crate from which a path imports. `None` if that is another crate, or the importing module
/// itself.
fn resolve(path: &str, importer: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut place: Vec<&str> = importer.split("::").filter(|part| !part.is_empty()).collect();
    let mut parts = path.split("::").peekable();
    match *parts.peek()? {
        "crate" => place.clear(),
        "self" => {}
        "super" => _ = place.pop(),
        child => {
            let child = if importer.is_empty() { child.to_owned() } else { format!("{importer}::{child}") };
            if !modules.contains(&child) {
                return None;
            }
        }
    }
    while parts.next_if(|part| matches!(*part, "crate" | "self")).is_some() {}
    if parts.next_if_eq(&"super").is_some() {
        while parts.next_if_eq(&"super").is_some() {
            place.pop();
        }
    }
    let mut module = place.join("::");
    for part in parts {
        let next = if module.is_empty() { part.to_owned() } else { format!("{module}::{part}") };
        if !modules.contains(&next) {
            break;
        }
        module = next;
    }
    (module != importer).then_some(module)
}

/// Returns a circle of imports, from a module back to itself.
fn find_circle(imports: &Imports) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}

fn visit(module: &str, imports: &Imports, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
    if let Some(begin) = way.iter().position(|visited| visited == module) {
        let mut circle = way[begin..].to_vec();
        circle.push(module.to_owned());
        return Some(circle);
    }
    if done.contains(module) {
        return None;
    }
    way.push(module.to_owned());
    let imported = imports.get(module).into_iter().flatten();
    let circle = imported.into_iter().find_map(|imported| visit(imported, imports, way, done));
    way.pop();
    done.insert(module.to_owned());
    circle
}
