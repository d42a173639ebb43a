//! The program `rustfmt`.

use std::{
    fmt, io,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The `rustfmt` of one folder, with the configuration that holds there.
#[derive(Debug, Clone)]
pub struct Rustfmt {
    program: PathBuf,
    folder: PathBuf,
    edition: String,
    pub(crate) tab_spaces: usize,
    pub(crate) hard_tabs: bool,
}

/// A failure to run `rustfmt`.
#[derive(Debug)]
pub enum RustfmtError {
    /// The program can't be started.
    NotStarted {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The program refuses its configuration or what it is given.
    Refused {
        /// The program.
        program: PathBuf,
        /// Text of its error.
        said: String,
    },
}

impl fmt::Display for RustfmtError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { program, error } if error.kind() == io::ErrorKind::NotFound => {
                write!(
                    formatter,
                    "'{}' is not installed, or not on the PATH\nhelp: rustup component add rustfmt",
                    program.display()
                )
            }
            Self::NotStarted { program, error } => {
                write!(formatter, "'{}' can't be started: {error}", program.display())
            }
            Self::Refused { program, said } => write!(formatter, "'{}' failed: {}", program.display(), said.trim()),
        }
    }
}

impl std::error::Error for RustfmtError {}

impl Rustfmt {
    /// Returns the `rustfmt` that the environment's `RUSTFMT` names, or else the one on the PATH, for code of an edition
    /// in a folder. It runs once, to read the configuration.
    ///
    /// # Errors
    /// The program can't be started, or its configuration can't be read.
    pub fn of_folder(folder: &Path, edition: &str) -> Result<Self, RustfmtError> {
        let program = std::env::var_os("RUSTFMT").map_or_else(|| PathBuf::from("rustfmt"), PathBuf::from);
        Self::new(program, folder, edition)
    }

    /// Returns a program as the `rustfmt` of a folder. It runs once, to read the configuration.
    ///
    /// # Errors
    /// The program can't be started, or its configuration can't be read.
    pub fn new(program: PathBuf, folder: &Path, edition: &str) -> Result<Self, RustfmtError> {
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        let mut rustfmt = Self { program, folder, edition: edition.to_owned(), tab_spaces: 4, hard_tabs: false };
        let printed = rustfmt.run(&["--edition", edition, "--print-config", "current", "."], "")?;
        for line in printed.lines() {
            match line.split_once(" = ") {
                Some(("tab_spaces", value)) => rustfmt.tab_spaces = value.parse().unwrap_or(4),
                Some(("hard_tabs", value)) => rustfmt.hard_tabs = value == "true",
                _ => {}
            }
        }
        Ok(rustfmt)
    }

    /// Formats a file.
    ///
    /// # Errors
    /// The program can't be started, or can't read the code.
    pub(crate) fn format(&self, code: &str) -> Result<String, RustfmtError> {
        self.run(&["--edition", &self.edition, "--emit", "stdout"], code)
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<String, RustfmtError> {
        let not_started = |error| RustfmtError::NotStarted { program: self.program.clone(), error };
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(not_started)?;
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().map_err(not_started)?;
        let refused = |said: String| RustfmtError::Refused { program: self.program.clone(), said };
        if !output.status.success() {
            return Err(refused(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        written.map_err(not_started)?;
        String::from_utf8(output.stdout).map_err(|error| refused(error.to_string()))
    }
}
