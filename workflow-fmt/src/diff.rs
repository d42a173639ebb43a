//! The difference of two texts, as `cargo fmt --check` prints it.

use std::fmt::Write;

/// The lines around a difference that are shown with it.
const CONTEXT: usize = 3;

/// The pairs of lines that are compared at most.
const MOST: usize = 10_000_000;

/// Returns the lines that differ, each difference under a heading with its file and line. Empty: the texts are equal.
#[must_use]
pub fn diff(name: &str, before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let steps = steps(&old, &new);
    let mut shown = String::new();
    let mut at = 0;
    while let Some(from) = steps.iter().skip(at).position(|step| step.sign != ' ').map(|found| found + at) {
        // Differences that are near each other stand under one heading.
        let mut to = from;
        let mut equal = 0;
        for (number, step) in steps.iter().enumerate().skip(from) {
            equal = if step.sign == ' ' { equal + 1 } else { 0 };
            if equal > 2 * CONTEXT {
                break;
            }
            if step.sign != ' ' {
                to = number;
            }
        }
        let first = from.saturating_sub(CONTEXT).max(at);
        let last = (to + CONTEXT).min(steps.len() - 1);
        let _ = writeln!(shown, "Diff in {name}:{}:", steps[first].number);
        for step in &steps[first..=last] {
            let _ = writeln!(shown, "{}{}", step.sign, step.text);
        }
        at = last + 1;
    }
    shown
}

/// One line of a difference.
struct Line<'t> {
    /// A blank, `-` or `+`.
    sign: char,
    /// Its line in the text before, from 1.
    number: usize,
    text: &'t str,
}

/// Returns all lines of both texts, with the longest common subsequence taken for what is equal.
fn steps<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (olds, news) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    // Beyond that, all lines between the first difference and the last are taken for different.
    let is_compared = olds.len().saturating_mul(news.len()) <= MOST;
    let mut lengths = vec![vec![0_u32; if is_compared { news.len() + 1 } else { 1 }]; olds.len() + 1];
    for (row, before) in olds.iter().enumerate().rev().filter(|_| is_compared) {
        for (column, after) in news.iter().enumerate().rev() {
            lengths[row][column] = if before == after {
                lengths[row + 1][column + 1] + 1
            } else {
                lengths[row + 1][column].max(lengths[row][column + 1])
            };
        }
    }
    let mut steps: Vec<Line> = Vec::new();
    let equal = |number: usize, text| Line { sign: ' ', number, text };
    steps.extend(old[..start].iter().enumerate().map(|(at, text)| equal(at + 1, *text)));
    let (mut row, mut column) = (0, 0);
    while row < olds.len() || column < news.len() {
        let number = start + row + 1;
        if is_compared && row < olds.len() && column < news.len() && olds[row] == news[column] {
            steps.push(equal(number, olds[row]));
            (row, column) = (row + 1, column + 1);
        } else if row < olds.len()
            && (!is_compared || column == news.len() || lengths[row + 1][column] >= lengths[row][column + 1])
        {
            steps.push(Line { sign: '-', number, text: olds[row] });
            row += 1;
        } else {
            steps.push(Line { sign: '+', number, text: news[column] });
            column += 1;
        }
    }
    let from = old.len() - end;
    steps.extend(old[from..].iter().enumerate().map(|(at, text)| equal(from + at + 1, *text)));
    steps
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff("a.rs", "a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_difference_stands_in_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\n";
        let after = "1\n2\n3\n4\nfive\n6\n";
        assert_eq!(diff("a.rs", before, after), "Diff in a.rs:2:\n 2\n 3\n 4\n-5\n+five\n 6\n");
    }

    #[test]
    fn distant_differences_have_headings_of_their_own() {
        let lines = |first: &str, last: &str| format!("{first}\n{}{last}\n", "x\n".repeat(9));
        let shown = diff("a.rs", &lines("a", "b"), &lines("c", "d"));
        assert_eq!(shown.matches("Diff in").count(), 2);
        assert_eq!(shown.matches("\n x").count(), 6);
    }
}
