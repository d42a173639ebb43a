//! A file: its bodies, formatted in one run of rustfmt.

use crate::{
    invocations::{self, Invocation},
    layout::Layout,
    markdown,
    restore::restore,
    rustfmt::{Rustfmt, RustfmtError},
    skeleton::{self, MARK, Skeleton},
    tokens::{Text, bytes},
};
use std::{fmt::Write, ops::Range};

/// A file after formatting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The text of the whole file. Only bodies of `workflow!` differ from the text before.
    pub text: String,
    /// The bodies that stayed as they were, because they could not be formatted.
    pub left: Vec<Left>,
}

/// A body that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The line of the reason, from 1.
    pub line: usize,
    /// The column of the reason, in letters from 1.
    pub column: usize,
    /// The reason.
    pub why: String,
}

/// Formats the bodies in a file of Rust.
///
/// # Errors
/// `rustfmt` can't be started.
pub fn format_rust(source: &str, rustfmt: &Rustfmt) -> Result<Formatted, RustfmtError> {
    let unix = source.replace("\r\n", "\n");
    let mut file = File::new(&unix);
    match invocations::find(&without_shebang(&unix)) {
        Ok(found) => found.into_iter().for_each(|invocation| file.add(&unix, 0, &invocation, rustfmt)),
        Err(error) => file.leave(bytes(error.span()).start, "this file can't be read as Rust"),
    }
    let formatted = file.format(rustfmt)?;
    Ok(with_line_ends_of(source, formatted))
}

/// Formats the bodies in the Rust code blocks of a Markdown file. A body with a line that rustdoc hides stays as it is.
///
/// # Errors
/// `rustfmt` can't be started.
pub fn format_markdown(source: &str, rustfmt: &Rustfmt) -> Result<Formatted, RustfmtError> {
    let unix = source.replace("\r\n", "\n");
    let mut file = File::new(&unix);
    for block in markdown::blocks(&unix) {
        let (code, hidden) = markdown::without_hidden_lines(&unix[block.clone()]);
        let offset = block.start;
        // Code without a workflow may be anything.
        let Ok(found) = invocations::find(&code) else {
            if code.contains("workflow!") {
                file.leave(offset, "this block can't be read as Rust");
            }
            continue;
        };
        for invocation in found {
            let body = &invocation.body;
            if is_hidden(&code, &hidden, &invocation) {
                continue;
            }
            if let Some(hidden) = hidden.iter().find(|line| line.start < body.end && body.start < line.end) {
                file.leave(offset + hidden.start, "a line of this workflow is hidden");
            } else {
                file.add(&code, offset, &invocation, rustfmt);
            }
        }
    }
    let formatted = file.format(rustfmt)?;
    Ok(with_line_ends_of(source, formatted))
}

/// Whether no line of an invocation is shown.
fn is_hidden(code: &str, hidden: &[Range<usize>], invocation: &Invocation) -> bool {
    let mut start = 0;
    code.split_inclusive('\n').all(|line| {
        let range = start..start + line.len();
        start = range.end;
        range.end <= invocation.name || range.start > invocation.body.end || hidden.contains(&range)
    })
}

/// Returns a file of Rust with blanks in place of the line that names its interpreter.
fn without_shebang(source: &str) -> String {
    let line = source.lines().next().unwrap_or_default();
    if line.starts_with("#!") && !line[2..].trim_start().starts_with('[') {
        return format!("{}{}", " ".repeat(line.len()), &source[line.len()..]);
    }
    source.to_owned()
}

fn with_line_ends_of(source: &str, formatted: Formatted) -> Formatted {
    if source.contains("\r\n") {
        return Formatted { text: formatted.text.replace('\n', "\r\n"), ..formatted };
    }
    formatted
}

/// A body that can be formatted.
struct Body {
    /// Its bytes in the file.
    range: Range<usize>,
    skeleton: Skeleton,
    layout: Layout,
    comments: Vec<String>,
}

/// The bodies of a file.
struct File<'t> {
    text: &'t str,
    bodies: Vec<Body>,
    left: Vec<(usize, String)>,
}

impl<'t> File<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, bodies: Vec::new(), left: Vec::new() }
    }

    fn leave(&mut self, at: usize, why: impl Into<String>) {
        self.left.push((at, why.into()));
    }

    /// Adds the body of an invocation in `code`, which stands at `offset` in the file.
    fn add(&mut self, code: &str, offset: usize, invocation: &Invocation, rustfmt: &Rustfmt) {
        let Invocation { name, body } = invocation;
        let line = code[..*name].rfind('\n').map_or(0, |at| at + 1);
        let before = &code[line..*name];
        let blank = &before[..before.len() - before.trim_start().len()];
        let source = &code[body.clone()];
        match skeleton::build(source) {
            Ok(skeleton) => {
                let indentation = blank.to_owned();
                let layout = Layout { hard_tabs: rustfmt.hard_tabs, tab_spaces: rustfmt.tab_spaces, indentation };
                let comments = Text::read(source.to_owned()).map(|text| text.comments()).unwrap_or_default();
                let range = body.start + offset..body.end + offset;
                self.bodies.push(Body { range, skeleton, layout, comments });
            }
            Err(unread) => self.leave(offset + body.start + unread.at, unread.why),
        }
    }

    fn format(mut self, rustfmt: &Rustfmt) -> Result<Formatted, RustfmtError> {
        let bodies = std::mem::take(&mut self.bodies);
        let all: Vec<&Body> = bodies.iter().collect();
        let written = match format_bodies(&all, rustfmt) {
            Ok(written) => written,
            Err(RustfmtError::Refused { .. }) => {
                // One of them is to blame: the others are formatted all the same.
                let one = |body: &Body| match format_bodies(&[body], rustfmt) {
                    Ok(mut written) => Ok(written.pop().unwrap_or_else(|| Err("it is lost".to_owned()))),
                    Err(RustfmtError::Refused { said, .. }) => {
                        let first = said.lines().next().unwrap_or_default().to_owned();
                        Ok(Err(format!("rustfmt can't read what stands for it: {first}")))
                    }
                    Err(error) => Err(error),
                };
                bodies.iter().map(one).collect::<Result<_, _>>()?
            }
            Err(error) => return Err(error),
        };
        let mut text = self.text.to_owned();
        for (body, written) in bodies.iter().zip(written).rev() {
            match written {
                Ok(written) => text.replace_range(body.range.clone(), &written),
                Err(why) => self.leave(body.range.start, why),
            }
        }
        self.left.sort_by_key(|(at, _)| *at);
        let left = self.left.iter().map(|(at, why)| {
            let before = self.text.get(..*at).unwrap_or(self.text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            let (line, column) = (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1);
            Left { line, column, why: why.clone() }
        });
        let left = left.collect();
        Ok(Formatted { text, left })
    }
}

/// Returns each body as it should be, or why it stays.
fn format_bodies(bodies: &[&Body], rustfmt: &Rustfmt) -> Result<Vec<Result<String, String>>, RustfmtError> {
    if bodies.is_empty() {
        return Ok(Vec::new());
    }
    let mut code = String::new();
    for (number, body) in bodies.iter().enumerate() {
        let depth = body.layout.depth();
        let (open, close) = (format!("mod {MARK} {{ "), "}");
        for (workflow, services) in body.skeleton.services.iter().enumerate() {
            let name = services_name(number, workflow);
            let (open, close) = (open.repeat(depth + 1), close.repeat(depth + 1));
            let _ = writeln!(code, "{open}fn {name}({services}\n) {{}}{close}");
        }
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        let _ = writeln!(code, "{open}fn {}() {{\n{}\n}}{close}", body_name(number), body.skeleton.text);
    }
    let formatted = rustfmt.format(&code)?;
    let refused = |why: String| RustfmtError::Refused { program: "rustfmt".into(), said: why };
    let formatted = Text::read(formatted).map_err(|error| refused(error.to_string()))?;
    Ok(bodies.iter().enumerate().map(|(number, body)| written(body, number, &formatted)).collect())
}

fn body_name(number: usize) -> String {
    format!("{MARK}body{number}")
}

fn services_name(number: usize, workflow: usize) -> String {
    format!("{MARK}{number}_{workflow}")
}

/// Returns a body from what rustfmt has made of its skeleton, if it still says the same.
fn written(body: &Body, number: usize, formatted: &Text) -> Result<String, String> {
    let find = |name: &str| formatted.tokens.iter().position(|token| token.text == name);
    let lost = || "rustfmt has lost it".to_owned();
    let mut services = Vec::new();
    for workflow in 0..body.skeleton.services.len() {
        let open = find(&services_name(number, workflow)).ok_or_else(lost)? + 1;
        let close = formatted.closer(open);
        let (from, to) = (formatted.tokens[open].range.end, formatted.tokens[close].range.start);
        let written = formatted.source[from..to].trim_end();
        services.push(if written.contains('\n') { format!("with{written}") } else { format!("with {written}") });
    }
    let name = find(&body_name(number)).ok_or_else(lost)?;
    let open = name + 3;
    let range = open + 1..formatted.closer(open);
    let changed = || "rustfmt changes more of it than its layout".to_owned();
    let text = restore(&body.skeleton, &services, formatted, range, &body.layout).ok_or_else(changed)?;
    let text = text.trim_end().trim_start_matches('\n');
    let written = format!("\n{text}\n{}", body.layout.indentation);
    let again = skeleton::build(&written).map_err(|unread| format!("it could not be read again: {}", unread.why))?;
    if again.meaning != body.skeleton.meaning {
        return Err("its meaning would change".to_owned());
    }
    let comments = Text::read(written.clone()).map(|text| text.comments()).unwrap_or_default();
    if comments.join(" ") != body.comments.join(" ") {
        return Err("a comment would be lost or moved".to_owned());
    }
    Ok(written)
}
