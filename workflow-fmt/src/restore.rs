//! From the formatted skeleton back to the workflow.

use crate::{
    alignment::{Step, align},
    layout::Layout,
    skeleton::{Gap, MARK, Note, Origin, Skeleton, services_here},
    tokens::Text,
};
use std::{collections::HashSet, ops::Range};

/// Writes the workflow that a formatted skeleton stands for. `range` are the skeleton's tokens in `formatted`, `services`
/// the formatted services of its workflows. Returns nothing where rustfmt has changed more than it may.
pub(crate) fn restore(
    skeleton: &Skeleton,
    services: &[String],
    formatted: &Text,
    range: Range<usize>,
    layout: &Layout,
) -> Option<String> {
    let steps = align(&skeleton.tokens, formatted, range.clone())?;
    let base = range.start.checked_sub(1).and(indentation(formatted.gap(range.start)));
    let mut writer = Writer {
        formatted,
        services,
        base: base.unwrap_or_default(),
        text: String::new(),
        depths: Vec::new(),
        literals: Vec::new(),
        after: Gap::Kept,
        dropped: HashSet::new(),
        braces: HashSet::new(),
    };
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Both(old, new) => {
                let token = &skeleton.tokens[old];
                let next = steps.get(number + 1).copied();
                let follows = skeleton.tokens.get(old + 1).is_some_and(|next| matches!(next.origin, Origin::Follower));
                writer.token(new, &token.origin, &token.note, !follows);
                if !follows {
                    writer.look_ahead(&token.note, next);
                }
            }
            Step::Added(new) => writer.added(new),
            Step::Removed(old) => {
                if let Origin::Words(words) = &skeleton.tokens[old].origin {
                    writer.text.push_str(words);
                }
            }
        }
    }
    let end = formatted.tokens.get(range.end).map_or(formatted.source.len(), |token| token.range.start);
    let start = formatted.tokens.get(range.end.checked_sub(1)?)?.range.end;
    writer.gap(formatted.source.get(start..end)?);
    Some(writer.finish(layout))
}

/// Returns the white space behind the last line break.
fn indentation(gap: &str) -> Option<String> {
    gap.rfind('\n').map(|at| gap[at + 1..].to_owned())
}

struct Writer<'t> {
    formatted: &'t Text,
    services: &'t [String],
    /// The indentation of a workflow.
    base: String,
    text: String,
    /// How the depth of lines changes, and from which byte of the text on.
    depths: Vec<(usize, i32)>,
    /// Where literals of several lines stand in the text: their lines stay.
    literals: Vec<Range<usize>>,
    /// Treatment of the next white space.
    after: Gap,
    /// Tokens of rustfmt's that do not belong to the language.
    dropped: HashSet<usize>,
    /// The closing braces among them.
    braces: HashSet<usize>,
}

impl Writer<'_> {
    fn token(&mut self, new: usize, origin: &Origin, note: &Note, is_last: bool) {
        let is_first = !matches!(origin, Origin::Follower);
        let before = if is_first { note.before.clone() } else { Gap::Dropped };
        self.space(new, &before);
        if is_first && note.depth != 0 {
            self.depths.push((self.text.len(), note.depth));
        }
        match origin {
            Origin::Same => {
                let start = self.text.len();
                self.text.push_str(&self.formatted.tokens[new].text);
                if self.text[start..].contains('\n') {
                    self.literals.push(start..self.text.len());
                }
            }
            Origin::Words(words) => {
                let mut words = words.clone();
                for (number, services) in self.services.iter().enumerate() {
                    words = words.replace(&services_here(number), &format!("{services}\n{}", self.base));
                }
                self.text.push_str(&words);
            }
            Origin::Follower => {}
        }
        if is_last {
            self.after = note.after.clone();
        }
    }

    /// Decides about what rustfmt has added behind a token of the language.
    fn look_ahead(&mut self, note: &Note, next: Option<Step>) {
        let added = |text: &str| match next {
            Some(Step::Added(new)) if self.formatted.is(new, text) => Some(new),
            _ => None,
        };
        if note.ends_block
            && let Some(semicolon) = added(";")
        {
            self.dropped.insert(semicolon);
        }
        if note.is_arrow
            && let Some(open) = added("{")
        {
            let close = self.formatted.closer(open);
            self.dropped.extend([open, close]);
            self.braces.insert(close);
        }
        if note.comma_after && !self.is_comma(next) {
            self.text.push(',');
        }
    }

    fn is_comma(&self, step: Option<Step>) -> bool {
        matches!(step, Some(Step::Both(_, new) | Step::Added(new)) if self.formatted.is(new, ","))
    }

    fn added(&mut self, new: usize) {
        if self.dropped.contains(&new) {
            if !self.comment_before_block(new) {
                self.space(new, &Gap::Dropped);
            }
            if self.braces.contains(&new) && !self.formatted.is(new + 1, ",") && !self.text.ends_with(',') {
                self.text.push(',');
            }
            return;
        }
        self.space(new, &Gap::Kept);
        self.text.push_str(&self.formatted.tokens[new].text);
    }

    /// Writes the comment before an opening brace that is dropped: it stands as deep as the content of the block.
    fn comment_before_block(&mut self, open: usize) -> bool {
        let comment = self.formatted.gap(open);
        let content = self.formatted.gap(open + 1);
        if comment.trim().is_empty() || !self.formatted.is(open, "{") || !content.trim().is_empty() {
            return false;
        }
        let begins_line = comment.trim_start_matches([' ', '\t']).starts_with('\n');
        for (number, line) in comment.trim().lines().enumerate() {
            self.text.push_str(if number == 0 && !begins_line { " " } else { content });
            self.text.push_str(line.trim());
        }
        self.after = Gap::Kept;
        true
    }

    /// Writes the white space and comments before a token.
    fn space(&mut self, new: usize, before: &Gap) {
        let gap = self.formatted.gap(new);
        let has_comment = !gap.trim().is_empty();
        let after = std::mem::take(&mut self.after);
        match (after, before) {
            _ if has_comment => self.gap(gap),
            (Gap::Dropped, _) | (_, Gap::Dropped) => {}
            (_, Gap::Blank) => self.text.push(' '),
            (Gap::Padded, _) | (_, Gap::Padded) if gap.is_empty() => self.text.push(' '),
            (_, Gap::Line) if !gap.contains('\n') => {
                self.text.push('\n');
                self.text.push_str(&self.base);
            }
            _ => self.gap(gap),
        }
    }

    fn gap(&mut self, gap: &str) {
        // A blank line before the first line of the body, or a mark, is none of the workflow's.
        let gap = gap.replace(&format!("//{MARK}"), "///").replace(&format!("/*{MARK}"), "/**");
        self.text.push_str(&gap);
    }

    /// Moves the lines of blocks that stood around an arm only, and the whole to where the macro stands.
    fn finish(self, layout: &Layout) -> String {
        let mut written = String::new();
        let mut start = 0;
        for whole in self.text.split_inclusive('\n') {
            let is_literal =
                self.literals.iter().any(|literal| literal.contains(&(start.max(1) - 1)) && start > literal.start);
            let depth: i32 = self.depths.iter().take_while(|(at, _)| *at < start).map(|(_, depth)| depth).sum();
            if is_literal {
                written.push_str(whole);
            } else {
                let by = usize::try_from(depth).unwrap_or_default();
                let blank = whole.len() - whole.trim_start_matches([' ', '\t']).len();
                let line = &whole[(by * layout.unit()).min(blank)..];
                if !line.trim().is_empty() && start > 0 {
                    written.push_str(&layout.shift());
                }
                written.push_str(line);
            }
            start += whole.len();
        }
        written
    }
}
