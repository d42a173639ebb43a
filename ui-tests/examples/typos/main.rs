//! Makes every typo in README's workflow, and says what rustc makes of each.
//!
//! Deletes, doubles, misspells and swaps each token of the workflow in turn, then deletes and doubles each line, and
//! counts the errors: one, at the typo, is what we want. What is not so is printed, and at the end how many there are
//! of each kind.
//!
//! `cargo run -p workflow-ui-tests --example typos`; with words behind `--`: only typos whose description has one of
//! them, each in full.
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

mod tokens;

use tokens::{Token, tokens};

const FILE: &str = "docs/examples/quote.rs";

/// One mistake.
struct Typo {
    kind: &'static str,
    description: String,
    source: String,
    /// Position in the changed source: the line, and the bytes that may count as the place.
    line: usize,
    place: Range<usize>,
}

/// A message of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    level: String,
    text: String,
    line: usize,
    bytes: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    None,
    AtTheTypo,
    OnItsLine,
    Elsewhere,
    Several,
    /// Brackets don't match: rustc says so before any macro runs.
    Brackets,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let source = fs::read_to_string(root.join(FILE)).expect("README's program");
    let mut typos = typos_of(&source);
    if !words.is_empty() {
        typos.retain(|typo| words.iter().any(|word| typo.description.contains(word)));
    }
    let rustc = Rustc::new(root);
    let next = AtomicUsize::new(0);
    let mut told: Vec<(usize, Vec<Told>)> = thread::scope(|scope| {
        let worker = |number: usize| {
            let (typos, next, rustc) = (&typos, &next, &rustc);
            scope.spawn(move || {
                let mut told = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(typo) = typos.get(index) else { return told };
                    told.push((index, rustc.check(&typo.source, number)));
                }
            })
        };
        let workers: Vec<_> = (0..2).map(worker).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    told.sort_by_key(|(index, _)| *index);
    report(&typos, &told, !words.is_empty());
}

fn report(typos: &[Typo], told: &[(usize, Vec<Told>)], all: bool) {
    let mut counts: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    let mut out = std::io::stdout().lock();
    for (index, told) in told {
        let typo = &typos[*index];
        let verdict = verdict(typo, told);
        *counts.entry((typo.kind, verdict)).or_default() += 1;
        *counts.entry(("all", verdict)).or_default() += 1;
        let warned = told.iter().any(|told| told.level == "warning") && told.iter().any(|told| told.level == "error");
        if warned {
            *counts.entry(("and warnings", verdict)).or_default() += 1;
        }
        if all || warned || !matches!(verdict, Verdict::AtTheTypo | Verdict::OnItsLine | Verdict::Brackets) {
            let _ = writeln!(out, "{verdict:?}: line {}: {}", typo.line, typo.description);
            for told in told {
                let _ = writeln!(out, "    {} in line {}: {}", told.level, told.line, told.text);
            }
        }
    }
    let columns = ["tried", "none", "at it", "line", "off", "more", "bracket"];
    row(&mut out, "", &columns.map(str::to_owned));
    let kinds: std::collections::BTreeSet<&str> = counts.keys().map(|(kind, _)| *kind).collect();
    for kind in kinds {
        let of = |verdict| counts.get(&(kind, verdict)).copied().unwrap_or_default();
        let verdicts = [
            Verdict::None,
            Verdict::AtTheTypo,
            Verdict::OnItsLine,
            Verdict::Elsewhere,
            Verdict::Several,
            Verdict::Brackets,
        ];
        let numbers = verdicts.map(of);
        let tried = numbers.iter().sum::<usize>();
        let numbers: Vec<String> = [tried].into_iter().chain(numbers).map(|number| number.to_string()).collect();
        row(&mut out, kind, &numbers);
    }
}

fn row(out: &mut impl Write, kind: &str, columns: &[String]) {
    let _ = write!(out, "{kind:<14}");
    for column in columns {
        let _ = write!(out, "{column:>8}");
    }
    let _ = writeln!(out);
}

fn verdict(typo: &Typo, told: &[Told]) -> Verdict {
    let errors: Vec<&Told> = told.iter().filter(|told| told.level == "error").collect();
    match errors.as_slice() {
        [] => Verdict::None,
        all if all.iter().all(|one| one.text.contains("delimiter")) => Verdict::Brackets,
        [one] if one.bytes.start < typo.place.end && typo.place.start < one.bytes.end && one.bytes.len() < 120 => {
            Verdict::AtTheTypo
        }
        [one] if one.line == typo.line => Verdict::OnItsLine,
        [_] => Verdict::Elsewhere,
        _ => Verdict::Several,
    }
}

fn typos_of(source: &str) -> Vec<Typo> {
    let start = source.find("workflow! {").expect("a workflow") + "workflow! {".len();
    let end = start + source[start..].find("\n}\n").expect("its end");
    let tokens = tokens(source, start..end);
    let mut typos = Vec::new();
    let mut typo = |kind: &'static str, what: &Range<usize>, with: &str, at: usize, description: String| {
        // The tokens around the change count as its place.
        let before = tokens.iter().rev().find(|token| token.range.end <= what.start);
        let after = tokens.iter().find(|token| token.range.start >= what.end);
        let from = before.map_or(what.start, |token| token.range.start);
        let grown = with.len();
        let shrunk = what.len();
        let to = after.map_or(what.end, |token| token.range.end) + grown - shrunk;
        typos.push(Typo {
            kind,
            description,
            source: format!("{}{with}{}", &source[..what.start], &source[what.end..]),
            line: source[..at].matches('\n').count() + 1,
            place: from..to,
        });
    };
    for (index, token) in tokens.iter().enumerate() {
        let text = &source[token.range.clone()];
        let at = token.range.start;
        let shown = shown(text);
        typo("delete", &token.range, "", at, format!("delete {shown}"));
        typo("double", &token.range, &format!("{text} {text}"), at, format!("double {shown}"));
        for other in Token::misspelt(text) {
            typo("misspell", &token.range, &other, at, format!("misspell {shown} as `{other}`"));
        }
        if let Some(next) = tokens.get(index + 1) {
            let next_text = &source[next.range.clone()];
            let with = format!("{next_text}{}{text}", &source[token.range.end..next.range.start]);
            let description = format!("swap {shown} `{next_text}`");
            if next_text != text {
                typo("swap", &(token.range.start..next.range.end), &format!("{with} "), at, description);
            }
        }
        if let Some(group) = Token::group(&tokens, index, source) {
            let text = &source[group.clone()];
            let shown = self::shown(text);
            typo("delete", &group, "", at, format!("delete {shown}"));
            typo("double", &group, &format!("{text} {text}"), at, format!("double {shown}"));
        }
    }
    let mut from = start;
    for line in source[start..end].split_inclusive('\n') {
        let range = from..from + line.len();
        from = range.end;
        if line.trim().is_empty() || line.trim().starts_with("//") && !line.trim().starts_with("///") {
            continue;
        }
        let shown = line.trim();
        typo("delete line", &range, "", range.start, format!("delete line {shown}"));
        let twice = format!("{line}{line}");
        typo("double line", &range, &twice, range.start, format!("double line {shown}"));
    }
    typos
}

fn shown(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.len() > 60 { format!("`{}..`", &text[..58]) } else { format!("`{text}`") }
}

/// How to check one program, without cargo's time.
struct Rustc {
    arguments: Vec<String>,
    directory: PathBuf,
}

impl Rustc {
    fn new(root: &Path) -> Self {
        let built = Command::new(env!("CARGO"))
            .args(["check", "--package", "workflow-ui-tests", "--message-format=json", "--quiet"])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        let mut arguments = Vec::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            let Some(name @ ("workflow_runtime" | "tokio")) = message["target"]["name"].as_str() else { continue };
            let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for file in files.filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "rmeta")) {
                let directory = Path::new(file).parent().expect("a directory").display();
                arguments.extend(["--extern".into(), format!("{name}={file}")]);
                arguments.extend(["-L".into(), format!("dependency={directory}")]);
            }
        }
        let directory = env::temp_dir().join(format!("typos-{}", std::process::id()));
        Self { arguments, directory }
    }

    fn check(&self, source: &str, number: usize) -> Vec<Told> {
        let directory = self.directory.join(number.to_string());
        fs::create_dir_all(&directory).expect("a directory");
        let file = directory.join("quote.rs");
        fs::write(&file, source).expect("a file");
        let said = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
            .args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "--error-format=json", "--out-dir"])
            .arg(&directory)
            .args(&self.arguments)
            .arg(&file)
            .output()
            .expect("rustc runs");
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).filter_map(|message| told(&message)).collect()
    }
}

impl Drop for Rustc {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// None: a summary.
fn told(message: &Value) -> Option<Told> {
    let level = message["level"].as_str()?.to_owned();
    let text = message["message"].as_str()?.lines().next().unwrap_or_default().to_owned();
    let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    let number = |name: &str| span[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let bytes = number("byte_start")..number("byte_end").max(number("byte_start") + 1);
    Some(Told { level, text, line: number("line_start"), bytes })
}
