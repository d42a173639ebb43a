//! Makes every typo in three workflows of sixty lines, and says what rustc makes of each.
//!
//! `programs/` has the workflows: plain, with policies and signals, durable. Each token is deleted, doubled, swapped
//! with the next, misspelt, taken for another name or another type. Brackets are of another kind or lost. A `;`, a line
//! or an item is lost, or junk stands before it. One error at the mistake's place and no warning beside it is what we
//! want.
//!
//! The place: the error's primary span touches the change or one of the tokens around it, or starts in a line of these.
//! Where a name or its type has changed, a line that has this name is a place too: rustc can't know which of both is
//! wrong. Errors with the same words are one: each use of a name that is lost has its own. Not counted are mutants that compile, and those whose brackets don't match, which no macro is asked about.
//!
//! ```text
//! cargo run -p workflow-ui-tests --example typos -- [--every N] [--rank] [--full] [WORDS..]
//! ```
//!
//! `--every N` tries one of N mutants, always the same ones. `--rank` lists only which first messages are most
//! frequent where it went wrong. `--full` prints each message as a terminal shows it. WORDS: only mutants whose
//! description has one of them, or those of a program so named.
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write,
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

mod mutations;
mod rustc;
mod tokens;

use mutations::{Mutant, mutants};
use rustc::{Rustc, Told};

const PROGRAMS: &[&str] = &["plain", "policies", "durable"];

/// Percentage of the mutants with errors that should have one, at the mistake's place.
const WANTED: f64 = 95.0;
/// Percentage of them that may have several errors.
const SEVERAL: f64 = 2.0;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    /// No error.
    Accepted,
    /// One error, at the mistake.
    One,
    /// One error there, and warnings as its consequence.
    Warned,
    Elsewhere,
    Several,
    /// The macro panicked, or rustc did.
    Panic,
    /// Brackets don't match: rustc says so before any macro runs.
    Brackets,
}

const COLUMNS: &[(&str, Verdict)] = &[
    ("accepted", Verdict::Accepted),
    ("brackets", Verdict::Brackets),
    ("one", Verdict::One),
    ("warned", Verdict::Warned),
    ("off", Verdict::Elsewhere),
    ("several", Verdict::Several),
    ("panic", Verdict::Panic),
];

struct Options {
    every: usize,
    rank: bool,
    full: bool,
    words: Vec<String>,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { every: 1, rank: false, full: false, words: Vec::new() };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--every" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    options.every = number.filter(|number| *number > 0).expect("`--every` wants a number");
                }
                "--rank" => options.rank = true,
                "--full" => options.full = true,
                _ => options.words.push(argument),
            }
        }
        options
    }

    fn takes(&self, number: usize, program: &str, mutant: &Mutant) -> bool {
        // Spread over all kinds, which follow each other at regular distances.
        let spread = number.wrapping_mul(0x9E37_79B1) >> 7;
        spread.is_multiple_of(self.every)
            && (self.words.is_empty()
                || self.words.iter().any(|word| word == program || mutant.description.contains(word)))
    }
}

/// A mutant, the program it comes from, and what rustc says of it.
struct Tried {
    program: &'static str,
    mutant: Mutant,
    told: Vec<Told>,
    verdict: Verdict,
}

fn main() -> ExitCode {
    let options = Options::read();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let rustc = Rustc::new(root);
    let mut all = Vec::new();
    for &program in PROGRAMS {
        let file = root.join("ui-tests/examples/typos/programs").join(program).with_extension("rs");
        let source = fs::read_to_string(file).expect("a program");
        let told = rustc.check(&source, 0);
        assert!(told.is_empty(), "the program itself does not compile without a word: {told:?}");
        all.extend(mutants(&source).into_iter().map(|mutant| (program, mutant)));
    }
    let mut number = 0;
    all.retain(|(program, mutant)| {
        number += 1;
        options.takes(number, program, mutant)
    });
    let tried = check(all, &rustc);
    if options.rank {
        rank(&tried);
    } else {
        list(&tried, &options);
    }
    report(&tried)
}

fn check(mutants: Vec<(&'static str, Mutant)>, rustc: &Rustc) -> Vec<Tried> {
    let next = AtomicUsize::new(0);
    let mut told: Vec<(usize, Vec<Told>)> = thread::scope(|scope| {
        let worker = |number: usize| {
            let (mutants, next) = (&mutants, &next);
            scope.spawn(move || {
                let mut told = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((_, mutant)) = mutants.get(index) else { return told };
                    told.push((index, rustc.check(&mutant.source, number)));
                }
            })
        };
        let workers: Vec<_> = (0..2).map(worker).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    told.sort_by_key(|(index, _)| *index);
    let tried = mutants.into_iter().zip(told).map(|((program, mutant), (_, told))| {
        let verdict = verdict(&mutant, &told);
        Tried { program, mutant, told, verdict }
    });
    tried.collect()
}

fn verdict(mutant: &Mutant, told: &[Told]) -> Verdict {
    let errors: Vec<&Told> = told.iter().filter(|told| told.level == "error").collect();
    if told.iter().any(|told| told.text.contains("panicked") || told.level.contains("internal compiler")) {
        return Verdict::Panic;
    }
    // A name that is lost is not found in each place that names it, in the same words.
    let mut errors = errors;
    let mut said = BTreeSet::new();
    errors.retain(|told| said.insert(&told.text));
    match errors.as_slice() {
        [] => Verdict::Accepted,
        all if all.iter().all(|one| one.text.contains("delimiter")) => Verdict::Brackets,
        [one] if !is_at_its_place(mutant, one) => Verdict::Elsewhere,
        [_] if told.iter().any(|told| told.level == "warning") => Verdict::Warned,
        [_] => Verdict::One,
        _ => Verdict::Several,
    }
}

fn is_at_its_place(mutant: &Mutant, one: &Told) -> bool {
    let lines = |bytes: &std::ops::Range<usize>| {
        let line = |at: usize| mutant.source[..at.min(mutant.source.len())].matches('\n').count() + 1;
        (line(bytes.start), line(bytes.end.saturating_sub(1)))
    };
    let (first, last) = lines(&mutant.place);
    let touches = one.bytes.start < mutant.place.end && mutant.place.start < one.bytes.end;
    if touches && one.bytes.len() < 120 || one.line == first || one.line == mutant.line || one.line == last {
        return true;
    }
    let line = mutant.source.lines().nth(one.line.saturating_sub(1)).unwrap_or_default();
    mutant.name.as_deref().is_some_and(|name| {
        line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).any(|word| word == name)
    })
}

fn list(tried: &[Tried], options: &Options) {
    let mut out = std::io::stdout().lock();
    for Tried { program, mutant, told, verdict } in tried {
        let good = matches!(verdict, Verdict::One | Verdict::Accepted | Verdict::Brackets);
        if good && options.words.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{verdict:?}: {program} line {}: {}: {}", mutant.line, mutant.kind, mutant.description);
        for told in told {
            if options.full {
                let _ = writeln!(out, "{}", told.rendered);
            } else {
                let _ = writeln!(out, "    {} in line {}: {}", told.level, told.line, told.text);
            }
        }
    }
}

/// Prints the messages of mutants with a bad verdict, names left out, the most frequent first.
fn rank(tried: &[Tried]) {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for Tried { program, mutant, told, verdict } in tried {
        if matches!(verdict, Verdict::One | Verdict::Accepted | Verdict::Brackets) {
            continue;
        }
        let said: BTreeSet<String> = told.iter().map(|told| nameless(&told.text)).collect();
        let said = format!("{verdict:?}: {}", said.into_iter().collect::<Vec<_>>().join(" + "));
        let example = format!("{program} line {}: {}", mutant.line, mutant.description);
        let entry = found.entry(said).or_insert((0, example));
        entry.0 += 1;
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (said, (count, example)) in found {
        println!("{count:>5}  {said}\n       {example}");
    }
}

/// The message without what it quotes.
fn nameless(text: &str) -> String {
    text.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "_" }).collect()
}

fn report(tried: &[Tried]) -> ExitCode {
    let mut counts: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    for one in tried {
        for row in [one.mutant.kind, one.program, "~ all"] {
            *counts.entry((row, one.verdict)).or_default() += 1;
        }
    }
    let of = |row, verdict| counts.get(&(row, verdict)).copied().unwrap_or_default();
    let titles: Vec<&str> = COLUMNS.iter().map(|(title, _)| *title).collect();
    let titles: Vec<String> = titles.iter().map(|title| format!("{title:>9}")).collect();
    println!("{:<14}{}", "", titles.concat());
    let rows: BTreeSet<&str> = counts.keys().map(|(row, _)| *row).collect();
    let mut holds = true;
    for row in rows {
        let numbers: Vec<String> = COLUMNS.iter().map(|(_, verdict)| format!("{:>9}", of(row, *verdict))).collect();
        let numbers = numbers.concat();
        let told: usize = COLUMNS[2..].iter().map(|(_, verdict)| of(row, *verdict)).sum();
        let share = |verdict| percent(of(row, verdict), told);
        println!("{row:<14}{numbers}{:>8.1} %", share(Verdict::One));
        if row == "~ all" {
            let one = share(Verdict::One);
            let several = share(Verdict::Several);
            println!("{one:.1} % have one error at their place, {several:.1} % have several");
            holds = one >= WANTED && several <= SEVERAL && of(row, Verdict::Panic) == 0;
        }
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[allow(clippy::cast_precision_loss, reason = "counts of some thousands")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}
