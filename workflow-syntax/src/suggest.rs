//! The known name that a misspelt one most likely means.

/// The nearest of `known`, if it is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = name.to_lowercase();
    known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(&typed, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the number of slips that still leave a name recognisable: a third of it, and none in a name of two letters.
fn tolerance(name: &str, candidate: &str) -> usize {
    (name.chars().count().max(candidate.chars().count()) / 3).min(3)
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, typed) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, meant) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(typed != meant);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && from[row - 1] == *meant && *typed == to[column - 1] {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        for (typed, meant) in
            [("stge", "stage"), ("satge", "stage"), ("Stage", "stage"), ("lte", "let"), ("signl", "signal")]
        {
            assert_eq!(nearest(typed, ["let", "signal", "stage"]), Some(meant), "{typed}");
        }
    }

    #[test]
    fn stays_silent_where_nothing_is_near() {
        for typed in ["", "x", "profile", "mut", "use"] {
            assert_eq!(nearest(typed, ["let", "signal", "stage"]), None, "{typed}");
        }
    }

    #[test]
    fn an_exact_match_is_no_suggestion() {
        assert_eq!(nearest("stage", ["stage"]), None);
    }
}
