//! `release_pipeline` runs what can be run, and says what can't.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Finished, run};
use tempfile::TempDir;

fn release(project: &Path) -> Finished {
    run("release_pipeline", [project], b"")
}

/// A copy of the shipped project, so that tests neither disturb it nor each other.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("release_pipeline/project");
        let folder = TempDir::new().expect("a folder for the test");
        for file in ["Cargo.toml", "Cargo.lock", "src/lib.rs", "tests/round_trip.rs"] {
            let copy = folder.path().join(file);
            fs::create_dir_all(copy.parent().expect("it is in the folder")).expect("a folder");
            fs::copy(shipped.join(file), copy).expect("a copy");
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).expect("the file");
        assert!(text.contains(from), "'{from}' is missing in {file}");
        fs::write(path, text.replace(from, to)).expect("the changed file");
    }
}

/// Returns the outcome of a step in the table.
fn outcome<'a>(finished: &'a Finished, step: &str) -> &'a str {
    let row = finished.output.lines().find(|line| line.starts_with(&format!("│ {step} ")));
    row.and_then(|row| row.split('┆').nth(1)).unwrap_or_default().trim()
}

fn outcomes(finished: &Finished) -> [&str; 6] {
    ["format", "lint", "build", "tests", "docs", "package"].map(|step| outcome(finished, step))
}

#[test]
fn the_shipped_project_can_be_released() {
    let project = Project::new();
    let finished = release(project.path());
    assert_eq!(outcomes(&finished), ["passed"; 6], "{}\n{}", finished.errors, finished.output);
    assert_eq!(finished.code, Some(0));
    let packed = project.path().join("target/release-pipeline/package/package/roman-numerals-example-0.1.0.crate");
    assert!(packed.is_file());
    assert!(finished.output.contains("roman-numerals-example-0.1.0.crate"), "{}", finished.output);
}

#[test]
fn a_failing_test_and_bad_formatting_leave_the_rest_running() {
    let project = Project::new();
    project.replace("src/lib.rs", "const SIGNS", "const  SIGNS");
    project.replace("tests/round_trip.rs", "\"IIII\"", "\"IV\"");
    let finished = release(project.path());
    let expected = ["FAILED", "passed", "passed", "FAILED", "passed", "not run"];
    assert_eq!(outcomes(&finished), expected, "{}\n{}", finished.errors, finished.output);
    assert_eq!(finished.code, Some(1));
    assert!(finished.output.contains("format failed (exit status: 1):"), "{}", finished.output);
    assert!(finished.output.contains("what_is_no_numeral_is_refused ... FAILED"), "{}", finished.output);
    assert!(!finished.output.contains("packed"), "{}", finished.output);
}

#[test]
fn what_does_not_compile_is_neither_tested_nor_documented() {
    let project = Project::new();
    project.replace("src/lib.rs", "let mut rest = number;", "let rest = number;");
    let finished = release(project.path());
    let expected = ["passed", "FAILED", "FAILED", "not run", "not run", "not run"];
    assert_eq!(outcomes(&finished), expected, "{}\n{}", finished.errors, finished.output);
    assert_eq!(finished.code, Some(1));
    assert!(finished.output.contains("cannot assign twice to immutable variable `rest`"), "{}", finished.output);
}

#[test]
fn broken_documentation_is_found() {
    let project = Project::new();
    project.replace("src/lib.rs", "[`from_roman`]", "[`from_greek`]");
    let finished = release(project.path());
    let expected = ["passed", "passed", "passed", "passed", "FAILED", "not run"];
    assert_eq!(outcomes(&finished), expected, "{}\n{}", finished.errors, finished.output);
    assert!(finished.output.contains("unresolved link to `from_greek`"), "{}", finished.output);
}

#[test]
fn what_is_no_project_is_refused_in_words() {
    let project = Project::new();
    let no_project = release(&project.path().join("src"));
    assert_eq!(no_project.code, Some(1));
    assert!(
        no_project.errors.contains("is not a cargo project: there is no Cargo.toml in it"),
        "{}",
        no_project.errors
    );

    let nothing = release(Path::new("/no/such/folder"));
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.errors.contains("'/no/such/folder' is not a folder"), "{}", nothing.errors);

    project.replace("Cargo.toml", "[package]", "[package");
    let broken = release(project.path());
    assert_eq!(broken.code, Some(1));
    assert!(broken.errors.contains("is not a project that cargo understands"), "{}", broken.errors);
}

#[test]
fn shows_its_graph() {
    let finished = run("release_pipeline", ["--graph"], b"");
    assert_eq!(finished.code, Some(0));
    assert!(finished.output.contains("package"), "{}", finished.output);
}
