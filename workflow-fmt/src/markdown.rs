//! The Rust of a Markdown file: the blocks between fences that say `rust`, or nothing.

use std::ops::Range;

/// Returns the bytes of each block of Rust in a Markdown file: from the line behind its fence to the line of the closing
/// one.
pub(crate) fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let fence = content.chars().next().filter(|first| *first == '`' || *first == '~');
        let width = fence.map_or(0, |fence| content.chars().take_while(|letter| *letter == fence).count());
        let rest = content[width..].trim();
        match &open {
            None if width >= 3 && !rest.contains('`') => {
                let fence = fence.unwrap_or_default();
                let is_rust = matches!(rest.split([',', ' ']).next(), Some("rust" | ""));
                open = Some(Open { fence, width, is_rust, start: start + line.len() });
            }
            Some(block) if fence == Some(block.fence) && width >= block.width && rest.is_empty() => {
                if block.is_rust {
                    blocks.push(block.start..start);
                }
                open = None;
            }
            _ => {}
        }
        start += line.len();
    }
    blocks
}

/// A fence without its end.
struct Open {
    fence: char,
    width: usize,
    is_rust: bool,
    start: usize,
}

/// Returns a block's code with blanks in place of what rustdoc hides, byte for byte as long as the block. Each hidden
/// line is one that begins with `# `.
pub(crate) fn without_hidden_lines(block: &str) -> (String, Vec<Range<usize>>) {
    let (mut code, mut hidden) = (String::new(), Vec::new());
    for line in block.split_inclusive('\n') {
        let content = line.trim();
        if content == "#" || content.starts_with("# ") {
            hidden.push(code.len()..code.len() + line.len());
            // Its code stays: what it opens may be closed by a line that is shown.
            code.push_str(&line.replacen('#', " ", 1));
        } else {
            code.push_str(line);
        }
    }
    (code, hidden)
}

#[cfg(test)]
mod tests {
    use super::{blocks, without_hidden_lines};

    #[test]
    fn blocks_of_rust_are_found() {
        let text = "a\n```rust,no_run\nx\n```\n```text\ny\n```\n- b\n  ```\n  z\n  ```\n````\n```\n````\n";
        let found: Vec<&str> = blocks(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["x\n", "  z\n", "```\n"]);
    }

    #[test]
    fn hidden_lines_keep_their_length() {
        let (code, hidden) = without_hidden_lines("# fn a() {\n#[b]\n#\n# }\n");
        assert_eq!(code, "  fn a() {\n#[b]\n \n  }\n");
        assert_eq!(hidden, [0..11, 16..18, 18..22]);
    }
}
