//! Properties of the parser: no token stream makes it panic, and one more mistake is seldom more than one more error.

use super::read_tokens;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::{collection::vec, prelude::*};

const WORDS: &[&str] = &[
    "workflow",
    "with",
    "where",
    "stage",
    "let",
    "signal",
    "seq",
    "if",
    "else",
    "match",
    "loop",
    "for",
    "in",
    "race",
    "quorum",
    "select",
    "sleep",
    "sleep_until",
    "return",
    "fail",
    "break",
    "continue",
    "pub",
    "mut",
    "ref",
    "as",
    "async",
    "move",
    "fn",
    "use",
    "const",
    "while",
    "self",
    "_",
    "a",
    "b",
    "W",
    "T",
    "Some",
    "retry",
    "timeout",
    "after",
    "when",
    "max",
    "undo",
    "cache",
    "breaker",
    "acquire",
    "jitter",
    "none",
    "fixed",
    "exponential",
    "version",
    "doc",
    "cfg",
    "stge",
    "r#type",
];
const PUNCTS: &[&str] = &[
    ";", ",", ":", "::", "=", "=>", "==", "->", "<", ">", "..", "..=", "|", "||", "&", "&&", "?", "!", "#", "+", "-",
    "*", "%", ".", "@", "'",
];
const LITERALS: &[&str] =
    &["1", "200ms", "5m", "1.5s", "30s", "9999999999999999999999999999999999999999999d", "\"text\"", "1e9999s"];

/// A valid workflow with all there is.
const WHOLE: &str = r#"
/// Doc.
#[durable]
#[version(3)]
pub workflow Whole<K: Ord>(input: Map<K, V>, other: T) -> Result<A, B> with service: S, more: T<U> where K: Clone {
    #[retry(5, exponential(200ms..30s), jitter = none, if = is_transient)]
    #[timeout(2min)]
    stage one: A = call(input, |a, b| a + b);
    let two: B = one.len() + 1;
    #[accept(*three > 3)]
    signal three: C;
    #[max(3, else = fail "late")]
    stage four: D = loop state: S = first(two) {
        stage verdict: V = verify::<A, B>(state);
        match verdict {
            V::Valid { x, .. } if *x > 3 => break state,
            V::Invalid(problems) => continue correct(state, problems),
            _ => #[concurrency(3)] for item in 0..3 { f(item) }
        }
    };
    #[when(let Some(x) = four)]
    #[undo(reverse(five), retry(3), timeout(5s), on = attempt)]
    stage five: Option<E> = if let Some(y) = four && *y > 3 { g(y) } else if *two == 3 { h() } else { sleep(3s) };
    #[after(one, five)]
    #[cache(key = (one, two), ttl = 1h)]
    #[breaker(failures = 3, cooldown = 30s)]
    stage six = seq { stage seven = i(); stage eight = race { j(), { k() }, l() }; };
    #[tolerate(5%)]
    #[catch]
    stage nine: Vec<Result<F, Failure>> = for (i, x) in list.iter() { m(i, x) };
    stage ten: G = quorum(2) for x in list { n(x) };
    stage eleven: H = select {
        value: Map<K, V> = o(|a, b| a) => p(value),
        signal three if *two > 3 => three.clone(),
        stage six => { q() }
        sleep(1min) => return Err(late),
    };
    s(eleven)
}
"#;

fn word() -> impl Strategy<Value = TokenTree> {
    prop::sample::select(WORDS).prop_map(|word| match word.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()).into(),
        None => Ident::new(word, Span::call_site()).into(),
    })
}

fn operator() -> impl Strategy<Value = Vec<TokenTree>> {
    prop::sample::select(PUNCTS).prop_map(|text| {
        let last = text.chars().count() - 1;
        let spacing = |at| if at == last { Spacing::Alone } else { Spacing::Joint };
        text.chars().enumerate().map(|(at, one)| Punct::new(one, spacing(at)).into()).collect()
    })
}

fn literal() -> impl Strategy<Value = TokenTree> {
    prop::sample::select(LITERALS).prop_map(|text| text.parse::<Literal>().expect("a literal").into())
}

fn soup() -> impl Strategy<Value = TokenStream> {
    let leaf = prop_oneof![
        4 => word().prop_map(|tree| vec![tree]),
        3 => operator(),
        1 => literal().prop_map(|tree| vec![tree]),
    ];
    let tree = leaf.prop_recursive(5, 60, 8, |inner| {
        let delimiters = [Delimiter::Brace, Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::None];
        (prop::sample::select(delimiters.to_vec()), vec(inner, 0..8))
            .prop_map(|(delimiter, inner)| vec![Group::new(delimiter, inner.into_iter().flatten().collect()).into()])
    });
    vec(tree, 0..24).prop_map(|trees| trees.into_iter().flatten().collect())
}

/// A random change to one token.
#[derive(Clone, Copy, Debug)]
enum Slip {
    Delete,
    Duplicate,
    Swap,
    Rename,
}

/// Returns the number of tokens, those in groups included.
fn count(tokens: TokenStream) -> usize {
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => 1 + count(group.stream()),
            _ => 1,
        })
        .sum()
}

/// `tokens` with a slip at the token that is `at` in the order written.
fn slipped(tokens: TokenStream, at: &mut usize, slip: Slip, other: &TokenTree) -> TokenStream {
    let mut trees = Vec::new();
    let mut swapped = None;
    for tree in tokens {
        if *at == 0 {
            *at = usize::MAX;
            match slip {
                Slip::Delete => {}
                Slip::Duplicate => trees.extend([tree.clone(), tree]),
                Slip::Swap => swapped = Some(tree),
                Slip::Rename => trees.push(other.clone()),
            }
            continue;
        }
        *at = at.saturating_sub(1);
        let tree = match tree {
            TokenTree::Group(group) if *at < usize::MAX - 1 => {
                let mut slipped = Group::new(group.delimiter(), slipped(group.stream(), at, slip, other));
                slipped.set_span(group.span());
                slipped.into()
            }
            other => other,
        };
        trees.push(tree);
        trees.extend(swapped.take());
    }
    trees.extend(swapped);
    trees.into_iter().collect()
}

fn slip() -> impl Strategy<Value = Slip> {
    prop::sample::select(vec![Slip::Delete, Slip::Duplicate, Slip::Swap, Slip::Rename])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_soup_panics(tokens in soup()) {
        read_tokens(tokens);
    }

    #[test]
    fn no_soup_in_a_body_panics(tokens in soup()) {
        let mut header: TokenStream = "workflow W(a: A) -> T".parse().expect("tokens");
        header.extend([TokenTree::from(Group::new(Delimiter::Brace, tokens))]);
        let (read, _) = read_tokens(header);
        prop_assert_eq!(read.workflows.len(), 1);
    }

    #[test]
    fn no_soup_in_a_stage_panics(node in soup(), attribute in soup()) {
        let attribute = Group::new(Delimiter::Bracket, attribute);
        let body = quote::quote!(#attribute stage a: A = #node;);
        read_tokens(quote::quote!(workflow W() -> T { # #body }));
    }

    #[test]
    fn no_slip_panics(position in any::<prop::sample::Index>(), slip in slip(), other in word()) {
        let whole: TokenStream = WHOLE.parse().expect("tokens");
        let mut at = position.index(count(whole.clone()));
        let (_, told) = read_tokens(slipped(whole, &mut at, slip, &other));
        prop_assert!(told.len() <= 6, "{:?}", told);
    }
}

#[test]
fn the_whole_workflow_is_valid() {
    super::read_clean(WHOLE);
}
