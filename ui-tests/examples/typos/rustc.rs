//! Checks one program without cargo's time: `rustc --emit=metadata` beside what cargo has built.

use serde_json::Value;
use std::{
    env, fs,
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A message of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) level: String,
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) bytes: Range<usize>,
    /// The message as a terminal shows it.
    pub(crate) rendered: String,
}

/// How to check a program.
pub(crate) struct Rustc {
    arguments: Vec<String>,
    directory: PathBuf,
}

impl Rustc {
    pub(crate) fn new(root: &Path) -> Self {
        let built = Command::new(env!("CARGO"))
            .args(["check", "--package", "workflow-ui-tests", "--message-format=json", "--quiet"])
            .current_dir(root)
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        let mut arguments = Vec::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
            let Some(name @ ("workflow_runtime" | "tokio" | "serde")) = message["target"]["name"].as_str() else {
                continue;
            };
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

    /// Returns what rustc says of `source`; `number`: of the thread.
    pub(crate) fn check(&self, source: &str, number: usize) -> Vec<Told> {
        let directory = self.directory.join(number.to_string());
        fs::create_dir_all(&directory).expect("a directory");
        let file = directory.join("program.rs");
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
    let rendered = message["rendered"].as_str().unwrap_or_default().to_owned();
    Some(Told { level, text, line: number("line_start"), bytes, rendered })
}
