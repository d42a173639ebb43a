//! The names in a format string.

/// Returns the names in a literal as written, if it may be a format string; of each, whether it is printed: all others
/// are widths and precisions.
pub(crate) fn format_names(literal: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    if !literal.starts_with(['"', 'r']) {
        return found;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = literal;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(escaped) = rest.strip_prefix('{') {
            rest = escaped;
            continue;
        }
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        if rest[end..].starts_with([':', '}']) {
            found.push((rest[..end].to_owned(), true));
        }
        // `{:width$}`, `{:.precision$}`
        let close = rest.find('}').unwrap_or(rest.len());
        for argument in rest[..close].split('$').rev().skip(1) {
            let start = argument.rfind(|c: char| !is_part(c)).map_or(0, |at| at + 1);
            found.push((argument[start..].to_owned(), false));
        }
    }
    found
}
