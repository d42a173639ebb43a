//! The language's own attributes and their arguments.

use super::{Parser, arguments::Arguments, fragment::read, tokens::Tokens};
use crate::{
    diagnostics::parse_messages,
    suggest::nearest,
    tree::{Condition, Duration, ParsedNode, ParsedRetry, ParsedTolerance, ParsedUndo, ParsedWait, PolicyKind},
};
use proc_macro2::{Group, Ident, Span, TokenTree};
use syn::{Expr, Path};

/// The names of all of them.
pub(super) const NAMES: [&str; 22] = [
    "accept",
    "acquire",
    "after",
    "blocking",
    "breaker",
    "cache",
    "catch",
    "concurrency",
    "deadline",
    "durable",
    "fallback",
    "lazy",
    "max",
    "retry",
    "spawn",
    "timeout",
    "tolerate",
    "undo",
    "until",
    "version",
    "was",
    "when",
];

/// Names that other languages give the attributes.
pub(super) const OTHER_NAMES: [(&str, &str); 9] = [
    ("depends", "after"),
    ("depends_on", "after"),
    ("needs", "after"),
    ("compensate", "undo"),
    ("rollback", "undo"),
    ("retries", "retry"),
    ("parallelism", "concurrency"),
    ("circuit_breaker", "breaker"),
    ("condition", "when"),
];

/// An attribute being read: what its errors name and show.
#[derive(Clone, Copy)]
struct Reading<'a> {
    name: &'a str,
    /// Place where a missing part is reported.
    end: Span,
    arguments: &'a [Tokens<'a>],
}

impl Parser<'_> {
    /// `None`: reported.
    pub(super) fn policy(self, name: &Ident, group: Option<&Group>) -> Option<PolicyKind> {
        let word = name.to_string();
        let arguments = group.map(Arguments::of);
        let list = arguments.as_ref().map(Arguments::list).unwrap_or_default();
        let end = group.map_or_else(|| name.span(), Group::span_close);
        let reading = Reading { name: &word, end, arguments: &list };
        match word.as_str() {
            "lazy" => self.bare(reading, PolicyKind::Lazy),
            "spawn" => self.bare(reading, PolicyKind::Spawn),
            "blocking" => self.bare(reading, PolicyKind::Blocking),
            "durable" => self.bare(reading, PolicyKind::Durable),
            "catch" => self.bare(reading, PolicyKind::Catch),
            "after" => self.names(reading).map(PolicyKind::After),
            "until" => self.one_name(reading).map(PolicyKind::Until),
            "was" => self.one_name(reading).map(PolicyKind::Was),
            "concurrency" => self.one_expression(reading).map(PolicyKind::Concurrency),
            "accept" => self.one_expression(reading).map(PolicyKind::Accept),
            "timeout" => self.one_duration(reading).map(PolicyKind::Timeout),
            "deadline" => self.one_duration(reading).map(PolicyKind::Deadline),
            "fallback" => self.one_node(reading).map(|node| PolicyKind::Fallback(Box::new(node))),
            "when" => self.when(reading),
            "max" => self.max(reading),
            "version" => self.version(reading),
            "retry" => self.retry(reading).map(|retry| PolicyKind::Retry(Box::new(retry))),
            "tolerate" => self.tolerate(reading),
            "undo" => self.undo(reading),
            "breaker" => self.breaker(reading),
            "acquire" => self.acquire(reading),
            "cache" => self.cache(reading),
            _ => None,
        }
    }

    fn bare(self, reading: Reading<'_>, kind: PolicyKind) -> Option<PolicyKind> {
        match reading.arguments.first() {
            None => Some(kind),
            Some(first) => self.form(first.start(0), reading),
        }
    }

    /// The one argument there is to be; `None`: reported.
    fn one(self, reading: Reading<'_>) -> Option<Tokens<'_>> {
        match reading.arguments {
            [one] if !one.is_empty() => Some(*one),
            [first, second, ..] if !first.is_empty() => self.form(second.start(0), reading),
            [first, ..] => self.form(first.start(0), reading),
            [] => self.form(reading.end, reading),
        }
    }

    fn one_expression(self, reading: Reading<'_>) -> Option<Expr> {
        self.expression(self.one(reading)?, "an expression")
    }

    fn one_duration(self, reading: Reading<'_>) -> Option<Duration> {
        self.duration(self.one(reading)?)
    }

    fn one_node(self, reading: Reading<'_>) -> Option<ParsedNode> {
        Some(self.node(self.one(reading)?))
    }

    fn one_name(self, reading: Reading<'_>) -> Option<Ident> {
        let one = self.one(reading)?;
        self.only_name(one, reading)
    }

    fn names(self, reading: Reading<'_>) -> Option<Vec<Ident>> {
        if reading.arguments.is_empty() {
            return self.form(reading.end, reading);
        }
        reading.arguments.iter().map(|argument| self.only_name(*argument, reading)).collect()
    }

    fn only_name(self, argument: Tokens<'_>, reading: Reading<'_>) -> Option<Ident> {
        match argument.word(0) {
            Some(name) if argument.len() == 1 && super::fragment::is_name(name) => Some(name.clone()),
            _ => self.form(argument.start(0), reading),
        }
    }

    fn when(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let one = self.one(reading)?;
        if !one.is_word(0, "let") {
            let condition = self.expression(one, "a condition")?;
            self.assigned(&condition);
            return Some(PolicyKind::When(Condition::Holds(condition)));
        }
        let Some(equals) = one.find(1, Tokens::is_equals) else {
            return self.form(one.start(one.len()), reading);
        };
        // A chain: `let PAT = EXPR && C`.
        if let Ok((chain @ Expr::Binary(_), length)) = one.parse_prefix(read::<Expr>)
            && length == one.len()
        {
            self.assigned(&chain);
            return Some(PolicyKind::When(Condition::Holds(chain)));
        }
        let pattern =
            self.fragment(one.range(1..equals), "a pattern after `let`", syn::Pat::parse_multi_with_leading_vert);
        let value = self.expression(one.after(equals + 1), "an expression after `=`");
        Some(PolicyKind::When(Condition::Matches { pattern: pattern?, value: value? }))
    }

    fn max(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let (rounds, options) = self.leading(reading)?;
        let mut otherwise = None;
        for option in options {
            match option.word(0) {
                Some(word) if word == "else" && option.is_equals(1) => {
                    self.once(otherwise.is_some(), *option)?;
                    let node = option.after(2);
                    if node.is_empty() {
                        return self.wrong(node.start(0), parse_messages::expected("a node after `else =`"));
                    }
                    otherwise = Some(Box::new(self.node(node)));
                }
                _ => return self.unknown_option(*option, reading, &["else"]),
            }
        }
        Some(PolicyKind::Max { rounds, otherwise })
    }

    fn version(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let one = self.one(reading)?;
        let number = match one.get(0) {
            Some(TokenTree::Literal(literal)) if one.len() == 1 => match syn::Lit::new(literal.clone()) {
                syn::Lit::Int(number) if number.suffix().is_empty() => number.base10_parse::<u64>().ok(),
                _ => None,
            },
            _ => None,
        };
        match number {
            Some(number) => Some(PolicyKind::Version(number)),
            None => self.form(one.start(0), reading),
        }
    }

    fn retry(self, reading: Reading<'_>) -> Option<ParsedRetry> {
        let (more, options) = self.leading(reading)?;
        let mut retry = ParsedRetry { more, wait: ParsedWait::None, jitter: true, only_if: None };
        let (mut waits, mut jittered) = (false, false);
        for option in options {
            let word = option.word(0).map(ToString::to_string).unwrap_or_default();
            match word.as_str() {
                "fixed" | "exponential" if option.len() == 2 && option.parenthesis(1).is_some() => {
                    self.once(waits, *option)?;
                    waits = true;
                    retry.wait = self.wait(&word, option.parenthesis(1)?)?;
                }
                "jitter" if option.is_equals(1) => {
                    self.once(jittered, *option)?;
                    jittered = true;
                    if option.len() != 3 || !option.is_word(2, "none") {
                        return self.wrong(option.start(2), parse_messages::JITTER);
                    }
                    retry.jitter = false;
                }
                "if" if option.is_equals(1) => {
                    self.once(retry.only_if.is_some(), *option)?;
                    retry.only_if = Some(self.predicate(option.after(2))?);
                }
                "fixed" | "exponential" | "jitter" | "if" => {
                    return self.wrong(option.start(1), parse_messages::option_form(&word));
                }
                _ => return self.unknown_option(*option, reading, &["fixed", "exponential", "jitter", "if"]),
            }
        }
        Some(retry)
    }

    fn wait(self, word: &str, group: &Group) -> Option<ParsedWait> {
        let arguments = Arguments::of(group);
        match arguments.list().as_slice() {
            [fixed] if word == "fixed" => self.duration(*fixed).map(ParsedWait::Fixed),
            [range] => self.durations(*range).map(|(first, last)| ParsedWait::Exponential { first, last }),
            [] => self.wrong(group.span_close(), parse_messages::option_form(word)),
            [_, more, ..] => self.wrong(more.start(0), parse_messages::option_form(word)),
        }
    }

    fn predicate(self, tokens: Tokens<'_>) -> Option<Path> {
        if tokens.is_empty() {
            return self.wrong(tokens.start(0), parse_messages::option_form("if"));
        }
        match tokens.parse_prefix(read::<Path>) {
            Ok((path, end)) if end == tokens.len() => Some(path),
            _ => self.wrong(tokens.start(0), parse_messages::option_form("if")),
        }
    }

    fn tolerate(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let one = self.one(reading)?;
        let last = one.len() - 1;
        if !one.is_punct(last, '%') {
            return self.expression(one, "a number").map(ParsedTolerance::Count).map(PolicyKind::Tolerate);
        }
        if last == 0 {
            return self.form(one.start(0), reading);
        }
        self.expression(one.before(last), "a number").map(ParsedTolerance::Percent).map(PolicyKind::Tolerate)
    }

    fn undo(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let (action, options) = self.leading(reading)?;
        let mut undo = ParsedUndo { action, retries: Vec::new(), timeout: None, on_attempt: false };
        for option in options {
            let word = option.word(0).map(ToString::to_string).unwrap_or_default();
            match (word.as_str(), option.parenthesis(1).filter(|_| option.len() == 2)) {
                ("retry", Some(group)) => {
                    let arguments = Arguments::of(group);
                    let list = arguments.list();
                    let inner = Reading { name: "retry", end: group.span_close(), arguments: &list };
                    undo.retries.push(self.retry(inner)?);
                }
                ("timeout", Some(group)) => {
                    self.once(undo.timeout.is_some(), *option)?;
                    let arguments = Arguments::of(group);
                    let list = arguments.list();
                    let inner = Reading { name: "timeout", end: group.span_close(), arguments: &list };
                    undo.timeout = Some(self.one_duration(inner)?);
                }
                ("on", None) if option.is_equals(1) => {
                    self.once(undo.on_attempt, *option)?;
                    if option.len() != 3 || !option.is_word(2, "attempt") {
                        return self.wrong(option.start(2), parse_messages::option_form("on"));
                    }
                    undo.on_attempt = true;
                }
                ("retry" | "timeout" | "on", _) => {
                    return self.wrong(option.start(1), parse_messages::option_form(&word));
                }
                _ => return self.unknown_option(*option, reading, &["retry", "timeout", "on"]),
            }
        }
        Some(PolicyKind::Undo(Box::new(undo)))
    }

    fn breaker(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let (mut failures, mut cooldown) = (None, None);
        for option in reading.arguments {
            if option.is_word(0, "failures") && option.is_equals(1) {
                self.once(failures.is_some(), *option)?;
                failures = Some(self.expression(option.after(2), "a number after `failures =`")?);
            } else if option.is_word(0, "cooldown") && option.is_equals(1) {
                self.once(cooldown.is_some(), *option)?;
                cooldown = Some(self.duration(option.after(2))?);
            } else {
                return self.unknown_option(*option, reading, &["failures", "cooldown"]);
            }
        }
        match (failures, cooldown) {
            (Some(failures), Some(cooldown)) => Some(PolicyKind::Breaker { failures, cooldown }),
            _ => self.form(reading.end, reading),
        }
    }

    fn acquire(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let (pool, options) = self.leading(reading)?;
        let permits = match options {
            [] => None,
            [permits] => Some(self.expression(*permits, "a number of permits")?),
            [_, more, ..] => return self.form(more.start(0), reading),
        };
        Some(PolicyKind::Acquire { pool, permits })
    }

    fn cache(self, reading: Reading<'_>) -> Option<PolicyKind> {
        let (mut key, mut ttl) = (None, None);
        for option in reading.arguments {
            if option.is_word(0, "key") && option.is_equals(1) {
                self.once(key.is_some(), *option)?;
                key = Some(self.expression(option.after(2), "an expression after `key =`")?);
            } else if option.is_word(0, "ttl") && option.is_equals(1) {
                self.once(ttl.is_some(), *option)?;
                ttl = Some(self.duration(option.after(2))?);
            } else {
                return self.unknown_option(*option, reading, &["key", "ttl"]);
            }
        }
        match key {
            Some(key) => Some(PolicyKind::Cache { key, ttl }),
            None => self.form(reading.end, reading),
        }
    }

    /// The expression that comes first, and the options after it.
    fn leading(self, reading: Reading<'_>) -> Option<(Expr, &[Tokens<'_>])> {
        match reading.arguments.split_first() {
            Some((first, options)) if !first.is_empty() && !first.is_equals(1) => {
                Some((self.expression(*first, "an expression")?, options))
            }
            Some((first, _)) => self.form(first.start(0), reading),
            None => self.form(reading.end, reading),
        }
    }

    /// Reports an option that stands twice.
    fn once(self, already: bool, option: Tokens<'_>) -> Option<()> {
        if already {
            self.wrong(option.start(0), parse_messages::option_twice(&option.word(0)?.to_string()))
        } else {
            Some(())
        }
    }

    fn unknown_option<T>(self, option: Tokens<'_>, reading: Reading<'_>, known: &[&str]) -> Option<T> {
        let Some(word) = option.word(0) else {
            return self.form(option.start(0), reading);
        };
        let word = word.to_string();
        if known.contains(&word.as_str()) {
            return self.wrong(option.start(1), parse_messages::option_form(&word));
        }
        let meant = nearest(&word, known.iter().copied());
        self.wrong(option.start(0), parse_messages::unknown_option(&word, reading.name, meant, known))
    }

    /// Reports how the attribute is written.
    fn form<T>(self, span: Span, reading: Reading<'_>) -> Option<T> {
        self.wrong(span, parse_messages::attribute_form(reading.name))
    }
}
