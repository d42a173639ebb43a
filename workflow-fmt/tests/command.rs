//! The command: which files it takes, what it prints, how it ends.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const UGLY: &str = "workflow! { workflow A() -> u32 { stage a: u32 = 1 ; *a } }\n";
const NEAT: &str = "workflow! {\n    workflow A() -> u32 {\n        stage a: u32 = 1;\n        *a\n    }\n}\n";

/// A folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("can be made");
    folder
}

fn write(file: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().expect("lies in a folder")).expect("can be made");
    fs::write(file, text).expect("can be written");
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-workflow"));
    command.args(arguments).current_dir(folder).env_remove("RUSTFMT");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outcome(&command(folder, arguments).output().expect("can be started"))
}

fn outcome(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("can be read")
}

#[test]
fn a_file_is_formatted() {
    let folder = folder("a_file");
    write(&folder.join("a.rs"), UGLY);
    assert_eq!(run(&folder, &["workflow", "fmt", "a.rs"]), (Some(0), String::new(), String::new()));
    assert_eq!(read(&folder.join("a.rs")), NEAT);
}

#[test]
fn check_prints_and_writes_nothing() {
    let folder = folder("check");
    write(&folder.join("a.rs"), UGLY);
    let (status, printed, said) = run(&folder, &["fmt", "--check", "a.rs"]);
    assert_eq!((status, said.as_str()), (Some(1), ""));
    let lines = NEAT.trim_end().replace('\n', "\n+");
    assert_eq!(printed, format!("Diff in a.rs:1:\n-{UGLY}+{lines}\n"));
    assert_eq!(read(&folder.join("a.rs")), UGLY);
    write(&folder.join("a.rs"), NEAT);
    assert_eq!(run(&folder, &["fmt", "--check", "a.rs"]), (Some(0), String::new(), String::new()));
}

#[test]
fn blocks_of_markdown_are_formatted() {
    let folder = folder("markdown");
    let page = |rust: &str, hidden: &str| {
        format!("# A\n\n```rust,ignore\n{rust}```\n\n```text\n{UGLY}```\n\n- b\n\n  ```rust\n  # {UGLY}  ```\n{hidden}")
    };
    write(&folder.join("a.md"), page(UGLY, ""));
    assert_eq!(run(&folder, &["fmt", "a.md"]), (Some(0), String::new(), String::new()));
    assert_eq!(read(&folder.join("a.md")), page(NEAT, ""));
    write(&folder.join("b.md"), "```rust\nworkflow! {\n# workflow A() {}\n workflow B() {}\n}\n```\n");
    let (status, _, said) = run(&folder, &["fmt", "b.md"]);
    assert_eq!((status, said.as_str()), (Some(1), "b.md:3:1: left as it is: a line of this workflow is hidden\n"));
}

#[test]
fn the_files_of_a_package_are_formatted() {
    let folder = folder("package");
    let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
    write(&folder.join("Cargo.toml"), manifest);
    write(&folder.join("rustfmt.toml"), "tab_spaces = 2\n");
    let code = format!("mod b;\n#[path = \"other/c.rs\"]\nmod c;\nmod d {{\n  mod e;\n}}\n{UGLY}");
    write(&folder.join("src/lib.rs"), &code);
    for file in ["src/b/mod.rs", "src/other/c.rs", "src/d/e.rs", "tests/f.rs", "src/stray.rs"] {
        write(&folder.join(file), UGLY);
    }
    assert_eq!(run(&folder.join("src"), &["fmt"]), (Some(0), String::new(), String::new()));
    let narrow = NEAT.replace("    ", "  ");
    for file in ["src/b/mod.rs", "src/other/c.rs", "src/d/e.rs", "tests/f.rs"] {
        assert_eq!(read(&folder.join(file)), narrow, "{file}");
    }
    assert_eq!(read(&folder.join("src/lib.rs")), code.replace(UGLY, &narrow));
    assert_eq!(read(&folder.join("src/stray.rs")), UGLY, "no module of the package");
}

#[test]
fn what_cannot_be_read_stays() {
    let folder = folder("unread");
    let code = format!("workflow! {{\n    workflow A() {{\n        stge a = 1;\n    }}\n}}\n{UGLY}");
    write(&folder.join("a.rs"), &code);
    let (status, _, said) = run(&folder, &["fmt", "a.rs"]);
    let expected = "a.rs:3:9: left as it is: unknown item `stge`, did you mean `stage`?\n";
    assert_eq!((status, said.as_str()), (Some(1), expected));
    assert_eq!(read(&folder.join("a.rs")), code.replace(UGLY, NEAT), "the other one is formatted");
}

#[test]
fn a_skipped_workflow_stays() {
    let folder = folder("skipped");
    let code = format!("#[rustfmt::skip]\nworkflow_runtime::{UGLY}macro_rules! a {{ ($a:ident) => {{ {UGLY} }} }}\n");
    write(&folder.join("a.rs"), &code);
    assert_eq!(run(&folder, &["fmt", "a.rs"]), (Some(0), String::new(), String::new()));
    assert_eq!(read(&folder.join("a.rs")), code);
}

#[test]
fn bad_input_is_told() {
    let folder = folder("bad");
    write(&folder.join("latin.rs"), b"// \xe4\n");
    write(&folder.join("open.rs"), "fn a() {\n    workflow! { workflow A() {}\n");
    write(&folder.join("a.rs"), UGLY);
    for (arguments, expected) in [
        (&["fmt", "none.rs"][..], "error: none.rs: can't be read: No such file or directory (os error 2)\n"),
        (&["fmt", "latin.rs"], "error: latin.rs: is not UTF-8: byte 3 can't be read\n"),
        (&["fmt", "open.rs"], "open.rs:2:15: left as it is: this file can't be read as Rust\n"),
        (&["fmt", "--edition", "2077", "a.rs"], "error: a.rs: 'rustfmt' failed: "),
        (&["fmt", "--chek"], "error: invalid option '--chek'\nhelp: cargo workflow fmt --help\n"),
        (&["format"], "error: unknown command 'format'\nhelp: cargo workflow fmt\n"),
        (&[], "error: a command is missing\nhelp: cargo workflow fmt\n"),
    ] {
        let (status, printed, said) = run(&folder, arguments);
        assert_eq!((status, printed.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(said.starts_with(expected), "{arguments:?}: {said}");
    }
    assert_eq!(read(&folder.join("a.rs")), UGLY);
}

#[test]
fn a_missing_rustfmt_is_told() {
    let folder = folder("no_rustfmt");
    write(&folder.join("a.rs"), UGLY);
    let output = command(&folder, &["fmt", "a.rs"]).env("RUSTFMT", "no-rustfmt").output().expect("can be started");
    let expected = "error: 'no-rustfmt' is not installed, or not on the PATH\nhelp: rustup component add rustfmt\n";
    assert_eq!(outcome(&output), (Some(1), String::new(), expected.to_owned()));
    assert_eq!(read(&folder.join("a.rs")), UGLY);
}
