//! Text that may hold anything, made fit for a picture.

use std::borrow::Cow;

/// One line of at most `limit` characters: white space becomes single spaces, what no format can hold goes, and `…`
/// stands for what was cut.
pub(super) fn line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for c in word.chars().filter(|&c| is_drawable(c)) {
            line.push(c);
            length += 1;
        }
        if length > limit {
            break;
        }
    }
    if length > limit {
        let mut cut: String = line.chars().take(limit.saturating_sub(1)).collect();
        cut.truncate(cut.trim_end().len());
        cut.push('…');
        return cut;
    }
    line
}

/// XML has no way to write these, and a reversed reading direction would leave its label.
fn is_drawable(c: char) -> bool {
    !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Fits as many pieces into each line as it holds, up to `lines` lines.
pub(super) fn wrap(pieces: &[String], limit: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for piece in pieces {
        let length = piece.chars().count();
        let is_full = wrapped.len() == lines;
        match wrapped.last_mut() {
            Some(last) if last.chars().count() + 3 + length <= limit => {
                last.push_str(" · ");
                last.push_str(piece);
            }
            Some(last) if is_full => {
                last.push_str(" …");
                break;
            }
            _ => wrapped.push(piece.clone()),
        }
    }
    wrapped
}

/// The width of a line in a monospaced font, in font sizes.
pub(super) fn width(line: &str) -> f64 {
    line.chars().map(character_width).sum()
}

fn character_width(c: char) -> f64 {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' => 0.0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 1.05,
        c if c.is_ascii() => 0.61,
        _ => 0.66,
    }
}

/// Escapes text for element content and attribute values. A line break becomes a reference, so that it never makes a
/// blank line.
#[must_use]
pub fn xml(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'', '\n']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("&#10;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}
