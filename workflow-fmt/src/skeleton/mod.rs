//! The skeleton of a body: Rust with the same shape. Each of its words is as wide as the word of the workflow for which
//! it stands, so rustfmt breaks the lines where those of the workflow should break. `stage name` becomes `let wwname`,
//! `#[retry(3)]` becomes `wwretry(3);`, `seq { .. }` becomes `'w: { .. }`.
//!
//! The letters are ASCII, because rustfmt takes bytes for columns at some places.

mod attribute;
mod header;
mod item;
mod node;

use crate::tokens::{Text, bytes};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::{collections::HashMap, ops::Range};
use syn::spanned::Spanned;
use workflow_syntax::{Workflows, diagnostics::Diagnostics};

/// The letter that marks what is no token in the skeleton: no body holds it.
pub(crate) const MARK: char = 'ǀ';

/// A mistake in a body, or another reason to leave it as it is.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The byte of the body where it stands.
    pub(crate) at: usize,
    pub(crate) why: String,
}

/// Treatment of the white space next to a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Gap {
    #[default]
    Kept,
    Dropped,
    /// One blank.
    Blank,
    /// One blank where there is none.
    Padded,
    /// A line break, and the indentation of the workflow.
    Line,
}

/// Facts about a token, for the writing of the workflow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    /// The white space before it.
    pub(crate) before: Gap,
    /// The white space behind it.
    pub(crate) after: Gap,
    /// A `,` follows it, whatever rustfmt says.
    pub(crate) comma_after: bool,
    /// Whether it ends a block: a `;` that rustfmt adds does not belong to the language.
    pub(crate) ends_block: bool,
    /// The end of an arrow: a block that rustfmt adds behind it does not belong to the language.
    pub(crate) is_arrow: bool,
    /// How much deeper than in the workflow the skeleton's lines stand from here on.
    pub(crate) depth: i32,
}

/// A replacement in the body.
#[derive(Debug, Clone)]
struct Edit {
    range: Range<usize>,
    /// Text of the skeleton.
    text: String,
    /// Text of the workflow. `None`: a comment, or nothing to restore.
    restored: Option<String>,
    note: Note,
}

/// The words behind one token of the skeleton.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// The workflow has the same token.
    Same,
    /// The first of the tokens that stand for these words.
    Words(String),
    /// One of the others.
    Follower,
}

/// A token of the skeleton.
#[derive(Debug, Clone)]
pub(crate) struct SkeletonToken {
    pub(crate) text: String,
    pub(crate) origin: Origin,
    pub(crate) note: Note,
}

/// The skeleton of a body.
pub(crate) struct Skeleton {
    pub(crate) text: String,
    pub(crate) tokens: Vec<SkeletonToken>,
    /// The services of each workflow that has some, as they are written.
    pub(crate) services: Vec<String>,
    /// Words of the body, for the comparison with the formatted one.
    pub(crate) meaning: Vec<String>,
}

/// The place in the text of a workflow that its services are written to.
pub(crate) fn services_here(number: usize) -> String {
    format!("{MARK}with{number}{MARK}")
}

/// Reads a body and makes its skeleton.
pub(crate) fn build(source: &str) -> Result<Skeleton, Unread> {
    if let Some(at) = source.find(MARK) {
        return Err(Unread { at, why: "it holds a letter that the formatter uses itself".to_owned() });
    }
    let not_tokens = |error: &proc_macro2::LexError| Unread { at: bytes(error.span()).start, why: error.to_string() };
    let stream: TokenStream = source.parse().map_err(|error| not_tokens(&error))?;
    let body = Text::read(source.to_owned()).map_err(|error| not_tokens(&error))?;
    let diagnostics = Diagnostics::new();
    let workflows = workflow_syntax::parse(stream, &diagnostics);
    let found = diagnostics.finish();
    if let Some(first) = found.iter().min_by_key(|one| bytes(one.error.span()).start) {
        let why = first.error.to_string();
        let why = why.lines().next().unwrap_or_default().to_owned();
        return Err(Unread { at: bytes(first.error.span()).start, why });
    }
    Builder::new(&body).skeleton(&workflows)
}

/// Goes through the tree of a body and collects what has to be replaced.
struct Builder<'t> {
    body: &'t Text,
    edits: Vec<Edit>,
    /// Notes of tokens that stay, by their first byte.
    notes: HashMap<usize, Note>,
    services: Vec<String>,
    meaning: Vec<String>,
    unread: Option<Unread>,
}

impl<'t> Builder<'t> {
    fn new(body: &'t Text) -> Self {
        Self { body, edits: Vec::new(), notes: HashMap::new(), services: Vec::new(), meaning: Vec::new(), unread: None }
    }

    fn skeleton(mut self, workflows: &Workflows) -> Result<Skeleton, Unread> {
        for workflow in &workflows.workflows {
            self.workflow(workflow);
        }
        if let Some(unread) = self.unread {
            return Err(unread);
        }
        // Stable: of several at one place the first stays the first.
        self.edits.sort_by_key(|edit| edit.range.start);
        let source = &self.body.source;
        let (mut text, mut from) = (String::new(), 0);
        // The edit of each piece of the skeleton, and where the pieces between them come from.
        let mut edited: Vec<(Range<usize>, &Edit)> = Vec::new();
        let mut copied: Vec<(usize, usize)> = Vec::new();
        for edit in &self.edits {
            if edit.range.start < from {
                return Err(Unread { at: edit.range.start, why: format!("its parts overlap: {}", edit.text) });
            }
            copied.push((text.len(), from));
            text.push_str(&source[from..edit.range.start]);
            let start = text.len();
            text.push_str(&edit.text);
            edited.push((start..text.len(), edit));
            from = edit.range.end;
        }
        copied.push((text.len(), from));
        text.push_str(&source[from..]);
        let read = Text::read(text).map_err(|error| Unread { at: 0, why: error.to_string() })?;
        let mut last_edit = None;
        let tokens = read.tokens.iter().map(|token| {
            let number = edited.partition_point(|(range, _)| range.end <= token.range.start);
            let of_edit = edited.get(number).filter(|(range, _)| range.contains(&token.range.start));
            if let Some((_, edit)) = of_edit
                && let Some(restored) = &edit.restored
            {
                let first = last_edit.replace(number) != Some(number);
                let origin = if first { Origin::Words(restored.clone()) } else { Origin::Follower };
                let mut note = edit.note.clone();
                if let Some(noted) = self.notes.get(&edit.range.start).filter(|_| !edit.range.is_empty()) {
                    note.before = noted.before.clone();
                }
                return SkeletonToken { text: token.text.clone(), origin, note };
            }
            let piece = copied.partition_point(|(start, _)| *start <= token.range.start).saturating_sub(1);
            let (start, origin) = copied[piece];
            let note = self.notes.get(&(token.range.start - start + origin)).cloned().unwrap_or_default();
            SkeletonToken { text: token.text.clone(), origin: Origin::Same, note }
        });
        let tokens = tokens.collect();
        Ok(Skeleton { text: read.source, tokens, services: self.services, meaning: self.meaning })
    }

    /// Replaces the tokens `first..=last`.
    fn replace(&mut self, first: usize, last: usize, text: impl Into<String>, restored: impl Into<String>) {
        let tokens = &self.body.tokens;
        let range = tokens[first].range.start..tokens[last].range.end;
        if let Some(commented) = (first + 1..=last).find(|number| !self.body.gap(*number).trim().is_empty()) {
            let at = tokens[commented - 1].range.end;
            self.leave(at, "a comment stands where none can be kept");
        }
        self.edit(range, text, restored, Note::default());
    }

    fn edit(&mut self, range: Range<usize>, text: impl Into<String>, restored: impl Into<String>, note: Note) {
        self.edits.push(Edit { range, text: text.into(), restored: Some(restored.into()), note });
    }

    /// Notes something of the edit that was made last.
    fn note_last(&mut self, note: Note) {
        if let Some(edit) = self.edits.last_mut() {
            edit.note = note;
        }
    }

    fn note(&mut self, token: usize) -> &mut Note {
        let start = self.body.tokens[token].range.start;
        self.notes.entry(start).or_default()
    }

    fn leave(&mut self, at: usize, why: &str) {
        self.unread.get_or_insert(Unread { at, why: why.to_owned() });
    }

    /// Returns the number of the token at which a span starts.
    fn first(&self, span: Span) -> usize {
        self.body.at(bytes(span).start).min(self.body.tokens.len().saturating_sub(1))
    }

    /// Returns the number of the token at which a span ends.
    fn last(&self, span: Span) -> usize {
        self.body.last_before(bytes(span).end)
    }

    /// Notes a word of the language.
    fn says(&mut self, word: impl Into<String>) {
        self.meaning.push(word.into());
    }

    /// Notes a piece of Rust. What rustfmt may add or take away there does not count.
    fn fragment(&mut self, fragment: &impl ToTokens) {
        let mut words = String::new();
        for word in fragment.to_token_stream().to_string().split_whitespace() {
            words.extend(word.chars().filter(|character| !",;{}()|".contains(*character)));
        }
        self.meaning.push(words);
    }

    /// Returns the number of the last token of a piece of Rust.
    fn end_of(&self, fragment: &impl Spanned) -> usize {
        self.last(fragment.span())
    }
}

/// Returns a word of so many letters.
fn wide(letters: usize) -> String {
    "w".repeat(letters)
}

/// A name of the skeleton for one of the workflow's, so much wider.
fn wider(name: &str, by: usize) -> String {
    match name.strip_prefix("r#") {
        Some(raw) => format!("r#{}{raw}", wide(by)),
        None => format!("{}{name}", wide(by)),
    }
}
