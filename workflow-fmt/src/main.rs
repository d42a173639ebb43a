//! `cargo workflow fmt`: formats the bodies of `workflow!` in the files of a package.
#![forbid(unsafe_code)]

mod project;

use lexopt::prelude::*;
use project::Project;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};
use workflow_fmt::{Formatted, Rustfmt, RustfmtError, diff, format_markdown, format_rust};

const USAGE: &str = "\
Formats the bodies of `workflow!`, as rustfmt would.

Usage: cargo workflow fmt [OPTIONS] [FILES]...

Arguments:
  [FILES]...  Files of Rust, and of Markdown (`.md`), whose blocks of Rust are formatted.
              Without any: the files of the current package, or of the workspace

Options:
      --check                 Write nothing: print what would change, and end with status 1 if anything would
      --all                   All packages of the workspace
      --edition <EDITION>     The edition of Rust, instead of that of each file's package
      --manifest-path <PATH>  The Cargo.toml of the package
  -h, --help                  Print this help
  -V, --version               Print the version

A body that can't be formatted stays as it is: the line says which, and the status is 1.
";

/// Options and files of the command line.
#[derive(Default)]
struct Options {
    check: bool,
    all: bool,
    edition: Option<String>,
    manifest: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let outcome = arguments(lexopt::Parser::from_env()).and_then(|options| options.map_or(Ok(true), |it| run(&it)));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(said) => {
            eprintln!("error: {said}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line. `None`: all has been said.
fn arguments(mut parser: lexopt::Parser) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let mut command = None;
    let said = |error: lexopt::Error| format!("{error}\nhelp: cargo workflow fmt --help");
    let mut is_first = true;
    while let Some(argument) = parser.next().map_err(said)? {
        match argument {
            // cargo passes the name of its subcommand.
            Value(word) if is_first && word == "workflow" => {}
            Value(word) if command.is_none() && word == "fmt" => command = Some(word),
            Value(word) if command.is_none() => {
                return Err(format!("unknown command '{}'\nhelp: cargo workflow fmt", word.display()));
            }
            Value(file) => options.files.push(PathBuf::from(file)),
            Long("check") => options.check = true,
            Long("all") => options.all = true,
            Long("edition") => options.edition = Some(parser.value().and_then(ValueExt::string).map_err(said)?),
            Long("manifest-path") => options.manifest = Some(PathBuf::from(parser.value().map_err(said)?)),
            Short('h') | Long("help") => {
                print(USAGE)?;
                return Ok(None);
            }
            Short('V') | Long("version") => {
                print(concat!("cargo-workflow ", env!("CARGO_PKG_VERSION"), "\n"))?;
                return Ok(None);
            }
            other => return Err(said(other.unexpected())),
        }
        is_first = false;
    }
    if command.is_none() {
        return Err("a command is missing\nhelp: cargo workflow fmt".to_owned());
    }
    Ok(Some(options))
}

/// Formats the files. Returns whether all is well.
fn run(options: &Options) -> Result<bool, String> {
    let mut programs = BTreeMap::new();
    let mut is_well = true;
    for (file, edition) in files(options)? {
        let outcome = format_file(&file, &edition, options.check, &mut programs);
        match outcome {
            Ok(file_is_well) => is_well &= file_is_well,
            Err(Failure::File(said)) => {
                eprintln!("error: {}: {said}", shown(&file));
                is_well = false;
            }
            // Every other file would fail in the same way.
            Err(Failure::Program(said)) => return Err(said),
        }
    }
    Ok(is_well)
}

/// The edition of a file that no package says: the latest.
const LATEST: &str = "2024";

/// Returns the files to format, with their editions.
fn files(options: &Options) -> Result<BTreeMap<PathBuf, String>, String> {
    let manifest = options.manifest.as_deref();
    let mut files = BTreeMap::new();
    if options.files.is_empty() {
        let project = Project::read(manifest)?;
        let folder = match manifest {
            Some(manifest) => manifest.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned)),
            None => std::env::current_dir().ok(),
        };
        files = project.files(&folder.unwrap_or_default(), options.all);
    } else {
        // A file outside of any package has no edition of its own.
        let project = Project::read(manifest).ok().filter(|_| options.edition.is_none());
        for file in &options.files {
            let edition = file.canonicalize().ok().and_then(|file| project.as_ref()?.edition_of(&file));
            files.insert(file.clone(), edition.unwrap_or_else(|| LATEST.to_owned()));
        }
    }
    if let Some(edition) = &options.edition {
        for of_file in files.values_mut() {
            of_file.clone_from(edition);
        }
    }
    Ok(files)
}

/// The reason why a file is not formatted.
enum Failure {
    File(String),
    Program(String),
}

type Programs = BTreeMap<(PathBuf, String), Rustfmt>;

/// Formats one file. Returns whether all is well with it.
fn format_file(file: &Path, edition: &str, check: bool, programs: &mut Programs) -> Result<bool, Failure> {
    let bytes = fs::read(file).map_err(|error| Failure::File(format!("can't be read: {error}")))?;
    let source = String::from_utf8(bytes).map_err(|error| {
        Failure::File(format!("is not UTF-8: byte {} can't be read", error.utf8_error().valid_up_to()))
    })?;
    // Most files have no workflow: `rustfmt` does not run for them.
    if !source.contains("workflow!") {
        return Ok(true);
    }
    let program = |error: RustfmtError| match error {
        RustfmtError::NotStarted { .. } => Failure::Program(error.to_string()),
        RustfmtError::Refused { .. } => Failure::File(error.to_string()),
    };
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    let key = (folder, edition.to_owned());
    if !programs.contains_key(&key) {
        let rustfmt = Rustfmt::of_folder(&key.0, edition).map_err(program)?;
        programs.insert(key.clone(), rustfmt);
    }
    let is_markdown = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    let format = if is_markdown { format_markdown } else { format_rust };
    let Formatted { text, left } = format(&source, &programs[&key]).map_err(program)?;
    for left in &left {
        eprintln!("{}:{}:{}: left as it is: {}", shown(file), left.line, left.column, left.why);
    }
    let changes = text != source;
    if changes && check {
        print(&diff(&shown(file), &source, &text)).map_err(Failure::Program)?;
    } else if changes {
        fs::write(file, &text).map_err(|error| Failure::File(format!("can't be written: {error}")))?;
    }
    Ok(left.is_empty() && !(changes && check))
}

/// Prints to the standard output. A reader that goes away before the end is no error.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("can't print: {error}")),
        _ => Ok(()),
    }
}

/// Returns a path as it is shown: from the current folder, if the file lies there.
fn shown(file: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(&current).unwrap_or(file).display().to_string()
}
