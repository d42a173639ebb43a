//! Measures `rustc` for one crate: cargo runs it through this program, which notes its time and memory.

pub(crate) use crate::subject::manifest;
use crate::subject::{Form, Subject};
use std::{
    env,
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};
use wait4::Wait4 as _;

/// Names the file in which the wrapper notes what it measured. Where it is set, this program is the wrapper.
const RECORD: &str = "WORKFLOW_BENCHES_RECORD";
/// The wrapper asks the compiler how long macros took.
const PASSES: &str = "WORKFLOW_BENCHES_PASSES";
/// The wrapper notes every crate, with its name.
const EACH: &str = "WORKFLOW_BENCHES_EACH";

/// A way to compile the crate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// `cargo check`, with nothing of this crate there.
    Check,
    /// `cargo check` again, after one stage has been edited.
    Recheck,
    /// `cargo build`.
    Debug,
    /// `cargo build --release`.
    Release,
    /// Only the time that all macros of the crate take, by the compiler's own clock: with the macro as cargo compiles
    /// it for a debug build.
    Expansion,
}

impl Action {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Check => "`cargo check`, cold",
            Self::Recheck => "`cargo check` after an edit",
            Self::Debug => "`cargo build`",
            Self::Release => "`cargo build --release`",
            Self::Expansion => "macro expansion (real seconds)",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Check | Self::Recheck | Self::Expansion => &["check"],
            Self::Debug => &["build"],
            Self::Release => &["build", "--release"],
        }
    }
}

/// The cost of one call of `rustc`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// CPU seconds.
    pub(crate) seconds: f64,
    /// Peak of resident memory, in millions of bytes.
    pub(crate) megabytes: f64,
}

impl Cost {
    /// Returns how much more this cost is than another.
    pub(crate) fn over(self, other: Self) -> Self {
        Self { seconds: self.seconds - other.seconds, megabytes: self.megabytes - other.megabytes }
    }
}

/// A library of one file.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: String,
    pub(crate) source: String,
}

/// Where the crates lie and are compiled.
pub(crate) struct Laboratory {
    folder: PathBuf,
    root: PathBuf,
}

impl Laboratory {
    /// Below the workspace's target directory.
    pub(crate) fn new() -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("..")).to_owned();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let folder = target.join("compile_time");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, root })
    }

    /// The least of `runs` measurements: whatever else the machine does can only add to it.
    pub(crate) fn measure(&self, subject: Subject, action: Action, runs: usize) -> io::Result<Cost> {
        let folder = self.folder.join(subject.package());
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), subject.manifest(&self.runtime()))?;
        if !matches!(subject.form, Form::Peer(_)) {
            // The same versions as everywhere else.
            fs::copy(self.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        }
        let mut least = Cost { seconds: f64::INFINITY, megabytes: f64::INFINITY };
        for _ in 0..runs {
            let cost = self.once(subject, action, &folder)?;
            least.seconds = least.seconds.min(cost.seconds);
            least.megabytes = least.megabytes.min(cost.megabytes);
        }
        Ok(least)
    }

    fn once(&self, subject: Subject, action: Action, folder: &Path) -> io::Result<Cost> {
        let source = folder.join("src/lib.rs");
        fs::write(&source, subject.source(false))?;
        self.cargo(folder, &["clean", "--quiet", "--package", &subject.package()], None)?;
        let mut cost = self.compile(folder, action)?;
        if action == Action::Recheck {
            fs::write(&source, subject.source(true))?;
            cost = self.compile(folder, action)?;
        }
        Ok(cost)
    }

    fn compile(&self, folder: &Path, action: Action) -> io::Result<Cost> {
        let record = self.folder.join("record");
        fs::write(&record, "")?;
        let mut arguments = action.arguments().to_vec();
        arguments.push("--quiet");
        self.cargo(folder, &arguments, Some((&record, action)))?;
        let text = fs::read_to_string(&record)?;
        let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<f64>().ok());
        let (seconds, megabytes) = (numbers.next(), numbers.next());
        match (seconds, megabytes, numbers.next()) {
            (Some(seconds), Some(megabytes), None) => Ok(Cost { seconds, megabytes }),
            _ => Err(io::Error::other(format!("rustc did not run once for {}: {text:?}", folder.display()))),
        }
    }

    /// The least of `runs` builds of a package whose dependencies are built.
    pub(crate) fn measure_package(&self, package: &Package, action: Action, runs: usize) -> io::Result<Cost> {
        let folder = self.written(package)?;
        let mut least = Cost { seconds: f64::INFINITY, megabytes: f64::INFINITY };
        for _ in 0..runs {
            self.cargo(&folder, &["clean", "--quiet", "--package", &package.name], None)?;
            let cost = self.compile(&folder, action)?;
            least.seconds = least.seconds.min(cost.seconds);
            least.megabytes = least.megabytes.min(cost.megabytes);
        }
        Ok(least)
    }

    /// Returns the number of lines of LLVM's language that rustc makes of a package, before any optimisation.
    pub(crate) fn llvm_lines(&self, package: &Package) -> io::Result<usize> {
        let folder = self.written(package)?;
        let out = folder.join("package.ll");
        let emit = format!("--emit=llvm-ir={}", out.display());
        self.cargo(&folder, &["clean", "--quiet", "--package", &package.name], None)?;
        let arguments =
            ["rustc", "--quiet", "--release", "--lib", "--", &emit, "-Ccodegen-units=1", "-Cno-prepopulate-passes"];
        self.cargo(&folder, &arguments, None)?;
        let text = fs::read_to_string(&out)?;
        let (mut count, mut inside) = (0, false);
        for line in text.lines() {
            inside |= line.starts_with("define ");
            count += usize::from(inside && !line.trim().is_empty());
            inside &= line != "}";
        }
        Ok(count)
    }

    /// Writes a package, and returns its folder.
    fn written(&self, package: &Package) -> io::Result<PathBuf> {
        let folder = self.folder.join(&package.name);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), &package.manifest)?;
        fs::write(folder.join("src/lib.rs"), &package.source)?;
        fs::copy(self.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(folder)
    }

    /// A `cargo check` from nothing of a package that only has these dependencies.
    pub(crate) fn check_from_nothing(&self, package: &str, dependencies: &str) -> io::Result<FromNothing> {
        let folder = self.folder.join("clean").join(package);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/lib.rs"), "")?;
        fs::write(folder.join("Cargo.toml"), manifest(package, dependencies))?;
        fs::copy(self.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let (target, record) = (folder.join("target"), folder.join("record"));
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        fs::write(&record, "")?;
        let mut cargo = command(&folder, &["check", "--quiet", "--offline"], &target);
        cargo.env("CARGO_INCREMENTAL", "0");
        cargo.env("RUSTC_WRAPPER", env::current_exe()?).env(RECORD, &record).env(EACH, "1");
        // With all that cargo has waited for.
        let used = cargo.stdin(Stdio::null()).spawn()?.wait4()?;
        if !used.status.success() {
            return Err(io::Error::other(format!("cargo check in {}", folder.display())));
        }
        let note = |line: &str| {
            let (seconds, name) = line.split_once(' ')?;
            Some((name.to_owned(), seconds.parse().ok()?))
        };
        let crates = fs::read_to_string(&record)?.lines().filter_map(note).collect();
        fs::remove_dir_all(&target)?;
        Ok(FromNothing { seconds: (used.rusage.utime + used.rusage.stime).as_secs_f64(), crates })
    }

    /// The path of the crate that users name.
    pub(crate) fn runtime(&self) -> String {
        self.root.join("workflow-runtime").display().to_string()
    }

    fn cargo(&self, folder: &Path, arguments: &[&str], record: Option<(&Path, Action)>) -> io::Result<()> {
        let mut cargo = command(folder, arguments, &self.folder.join("target"));
        if let Some((record, action)) = record {
            cargo.env("RUSTC_WRAPPER", env::current_exe()?).env(RECORD, record);
            if action == Action::Expansion {
                cargo.env(PASSES, "1");
            }
        }
        let output = cargo.stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("cargo {} in {}:\n{said}", arguments.join(" "), folder.display())))
    }
}

/// The cost of a package with all its dependencies.
pub(crate) struct FromNothing {
    /// CPU seconds of cargo, the compilers and the build scripts.
    pub(crate) seconds: f64,
    /// CPU seconds of each call of `rustc`.
    pub(crate) crates: Vec<(String, f64)>,
}

fn command(folder: &Path, arguments: &[&str], target: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target);
    // Whatever the caller has set for its own builds.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PROFILE_") || ["RUSTFLAGS", "CARGO_INCREMENTAL"].contains(&&*text) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs this program in place of `rustc`, if cargo called it so.
pub(crate) fn as_wrapper() -> Option<ExitCode> {
    let record = env::var_os(RECORD)?;
    let code = match wrap(Path::new(&record)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    };
    Some(code)
}

fn wrap(record: &Path) -> io::Result<bool> {
    let mut arguments = env::args_os().skip(1);
    let compiler = arguments.next().unwrap_or_else(|| "rustc".into());
    let mut rustc = Command::new(compiler);
    let arguments: Vec<OsString> = arguments.collect();
    rustc.args(&arguments);
    let unit = if env::var_os(EACH).is_some() { unit(&arguments) } else { None };
    if env::var_os("CARGO_PRIMARY_PACKAGE").is_none() && unit.is_none() {
        return Ok(rustc.status()?.success());
    }
    let mut note = OpenOptions::new().append(true).open(record)?;
    if env::var_os(PASSES).is_some() {
        let output = rustc.arg("-Ztime-passes").env("RUSTC_BOOTSTRAP", "1").output()?;
        let passes = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        // time:   0.052; rss:   51MB ->   69MB (  +18MB)  macro_expand_crate
        let line = passes.lines().find(|line| line.trim_end().ends_with("\tmacro_expand_crate"));
        let seconds = line.and_then(|line| line.split([':', ';']).nth(1)).map_or("", str::trim);
        writeln!(note, "{seconds} 0")?;
        return Ok(output.status.success());
    }
    let used = rustc.spawn()?.wait4()?;
    let seconds = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    if let Some(unit) = unit {
        writeln!(note, "{seconds:.3} {unit}")?;
        return Ok(used.status.success());
    }
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let megabytes = used.rusage.maxrss as f64 / 1e6;
    writeln!(note, "{seconds:.3} {megabytes:.0}")?;
    Ok(used.status.success())
}

/// Returns the name of the compiled unit, unless cargo only asks for the compiler's version.
fn unit(arguments: &[OsString]) -> Option<String> {
    let after = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1)?.to_str();
    let name = after("--crate-name").filter(|name| *name != "___")?;
    let linked = arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
        argument.strip_prefix("--emit=").is_some_and(|kinds| kinds.split(',').any(|kind| kind == "link"))
    });
    Some(if linked { format!("{name}, to machine code") } else { name.to_owned() })
}

/// Awaits in one body cost the compiler more than linear time: more than these are not worth waiting for.
pub(crate) const LONGEST_BY_HAND: usize = 300;

/// Whether that is measured at all.
pub(crate) fn is_sensible(subject: Subject) -> bool {
    subject.form != Form::ByHand || subject.stages <= LONGEST_BY_HAND
}
