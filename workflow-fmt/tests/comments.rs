//! A comment at every place of every construct: it is kept, and formatting again changes nothing.

mod sources;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use workflow_fmt::format_rust;

const EVERYTHING: &str = r#"
    #[version(2)]
    pub workflow W<T: Copy>(a: u32, b: Vec<u8>) -> u32
    with c: C, d: D
    where
        T: Send,
    {
        signal go: Go;
        let rate: u32 = a * 2;
        #[retry(3, exponential(1s..5s), if = is_soft)]
        #[undo(close(one), retry(2), on = attempt)]
        stage one: u32 = first(a, |x| x + 1);
        #[when(let Some(x) = one)]
        stage two: Option<u32> = if *one > 3 { x } else { fail "no" };
        #[after(one, two)]
        stage three = seq {
            stage four = sleep(5s);
        };
        #[max(3, else = 4)]
        stage five: u32 = loop state: u32 = *a {
            match state {
                0 | 1 if *a > 1 => break 5,
                _ => continue state + 1,
            }
        };
        stage six: Vec<u32> = for item in b {
            item.twice()
        };
        stage seven: u32 = race { f(a), g(b) };
        stage eight: Vec<u32> = quorum(1) {
            { 1 },
            f(b),
        };
        stage nine: u32 = select {
            found: u32 = find(a) if *a > 1 => *found,
            signal go => return 7,
            stage one => 1,
            sleep(3s) => 0,
        };
        nine + rate
    }
"#;

fn gaps(stream: TokenStream, at: &mut Vec<usize>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                at.push(group.span_open().byte_range().start);
                gaps(group.stream(), at);
                at.push(group.span_close().byte_range().start);
            }
            // Nothing stands between the letters of an operator, or of a lifetime.
            other => at.push(other.span().byte_range().start),
        }
    }
}

fn check(comment: &str, at_most: usize) {
    let rustfmt = sources::rustfmt();
    let mut places = Vec::new();
    gaps(EVERYTHING.parse().expect("is made of tokens"), &mut places);
    places.retain(|at| {
        EVERYTHING[..*at].ends_with(char::is_whitespace) || EVERYTHING[..*at].ends_with(['(', '[', '{', ','])
    });
    assert!(places.len() > 150, "there are places");
    let variant = |at: &usize| format!("workflow! {{{}{comment}{}}}\n", &EVERYTHING[..*at], &EVERYTHING[*at..]);
    let code: String = places.iter().map(variant).collect();
    let once = format_rust(&code, &rustfmt).expect("rustfmt runs");
    assert_eq!(once.text.matches(comment.trim()).count(), places.len(), "each comment is kept");
    let told: Vec<String> = once
        .left
        .iter()
        .map(|left| format!("{}: {}", left.why, places[places.len() * left.line / code.lines().count()]))
        .collect();
    assert!(
        once.left.len() <= at_most,
        "{} of {} are left as they were:\n{}",
        once.left.len(),
        places.len(),
        told.join("\n")
    );
    let twice = format_rust(&once.text, &rustfmt).expect("rustfmt runs");
    assert!(twice.text == once.text, "{}", workflow_fmt::diff("comments", &once.text, &twice.text));
}

#[test]
fn line_comments_are_kept() {
    check("// why\n", 40);
}

#[test]
fn block_comments_are_kept() {
    check("/* why */ ", 40);
}
