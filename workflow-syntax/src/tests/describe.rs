//! A syntax tree as text, to compare it in one line.

use crate::{
    tree::{
        Attributes, Block, Condition, Duration, Else, If, Item, ParsedFor, ParsedHeadKind, ParsedMembers, ParsedNode,
        ParsedNodeKind, ParsedRetry, ParsedTolerance, ParsedWait, PolicyKind,
    },
    workflow::{Binding, Workflow, Workflows},
};
use quote::ToTokens;

pub(super) fn workflows(read: &Workflows) -> String {
    read.workflows.iter().map(workflow).collect::<Vec<_>>().join("\n")
}

fn tokens(read: impl ToTokens) -> String {
    read.to_token_stream().to_string().split_whitespace().collect()
}

fn workflow(read: &Workflow) -> String {
    let bindings = |read: &[Binding]| {
        let one =
            |binding: &Binding| format!("{}{}:{}", attributes(&binding.attributes), binding.name, tokens(&binding.ty));
        read.iter().map(one).collect::<Vec<_>>().join(",")
    };
    format!(
        "{}{}workflow {}{}({})->{} with({}) where({}) {}",
        attributes(&read.attributes),
        tokens(&read.visibility),
        read.name,
        tokens(&read.generics),
        bindings(&read.inputs),
        tokens(&read.output),
        bindings(&read.services),
        tokens(&read.generics.where_clause),
        block(&read.body)
    )
}

pub(super) fn block(read: &Block) -> String {
    let mut parts: Vec<String> = read.items.iter().map(item).collect();
    parts.extend(read.tail.as_deref().map(node));
    format!("{{{}}}", parts.join(" "))
}

fn item(read: &Item) -> String {
    match read {
        Item::Stage(stage) => {
            let ty = stage.ty.as_ref().map(|ty| format!(":{}", tokens(ty))).unwrap_or_default();
            format!("{}stage {}{ty}={};", attributes(&stage.attributes), stage.name, node(&stage.node))
        }
        Item::Let(value) => {
            format!(
                "{}let {}:{}={};",
                attributes(&value.attributes),
                value.name,
                tokens(&value.ty),
                tokens(&value.value)
            )
        }
        Item::Signal(signal) => {
            format!("{}signal {}:{};", attributes(&signal.attributes), signal.name, tokens(&signal.ty))
        }
    }
}

pub(super) fn node(read: &ParsedNode) -> String {
    format!("{}{}", attributes(&read.attributes), kind(&read.kind))
}

fn optional(read: Option<&ParsedNode>) -> String {
    read.map(|read| format!(" {}", node(read))).unwrap_or_default()
}

fn kind(read: &ParsedNodeKind) -> String {
    match read {
        ParsedNodeKind::Expression(expression) => format!("`{}`", tokens(expression)),
        ParsedNodeKind::Block(read) => block(read),
        ParsedNodeKind::Seq(read) => format!("seq{}", block(read)),
        ParsedNodeKind::If(read) => branch(read),
        ParsedNodeKind::Match(read) => {
            let arms = read.arms.iter().map(|arm| {
                let guard = arm.guard.as_ref().map(|guard| format!(" if {}", tokens(guard))).unwrap_or_default();
                format!("{}{}{guard}=>{}", attributes(&arm.attributes), tokens(&arm.pattern), node(&arm.node))
            });
            format!("match {}[{}]", tokens(&read.scrutinee), arms.collect::<Vec<_>>().join(","))
        }
        ParsedNodeKind::Loop(read) => {
            let state = read
                .state
                .as_ref()
                .map(|state| format!(" {}:{}={}", state.name, tokens(&state.ty), node(&state.initial)));
            format!("loop{}{}", state.unwrap_or_default(), block(&read.body))
        }
        ParsedNodeKind::For(read) => each(read),
        ParsedNodeKind::Race(read) => format!("race{}", members(read)),
        ParsedNodeKind::Quorum(number, read) => format!("quorum({}){}", tokens(number), members(read)),
        ParsedNodeKind::Select(heads) => {
            let heads = heads.iter().map(|head| {
                let what = match &head.kind {
                    ParsedHeadKind::Node { name, ty, node: waited } => {
                        format!("{name}:{}={}", tokens(ty), node(waited))
                    }
                    ParsedHeadKind::Signal(name) => format!("signal {name}"),
                    ParsedHeadKind::Stage(name) => format!("stage {name}"),
                    ParsedHeadKind::Sleep(read) => format!("sleep({})", duration(read)),
                };
                let guard = head.guard.as_ref().map(|guard| format!(" if {}", tokens(guard))).unwrap_or_default();
                format!("{}{what}{guard}=>{}", attributes(&head.attributes), node(&head.node))
            });
            format!("select[{}]", heads.collect::<Vec<_>>().join(","))
        }
        ParsedNodeKind::Sleep(read) => format!("sleep({})", duration(read)),
        ParsedNodeKind::SleepUntil(time) => format!("sleep_until({})", tokens(time)),
        ParsedNodeKind::Return(value) => format!("return {}", tokens(value)),
        ParsedNodeKind::Fail(value) => format!("fail {}", tokens(value)),
        ParsedNodeKind::Break(value) => format!("break{}", optional(value.as_deref())),
        ParsedNodeKind::Continue(value) => format!("continue{}", optional(value.as_deref())),
        ParsedNodeKind::Error => "error".to_owned(),
    }
}

fn branch(read: &If) -> String {
    let otherwise = match &read.otherwise {
        None => String::new(),
        Some(Else::Block(read)) => format!("else{}", block(read)),
        Some(Else::If(read)) => format!("else {}", branch(read)),
    };
    format!("if {}{}{otherwise}", tokens(&read.condition), block(&read.then))
}

fn each(read: &ParsedFor) -> String {
    format!("for {} in {}{}", tokens(&read.pattern), tokens(&read.items), block(&read.body))
}

fn members(read: &ParsedMembers) -> String {
    match read {
        ParsedMembers::Listed(nodes) => format!("[{}]", nodes.iter().map(node).collect::<Vec<_>>().join(",")),
        ParsedMembers::For(read) => format!(" {}", each(read)),
    }
}

fn attributes(read: &Attributes) -> String {
    let plain = read.docs.iter().chain(&read.cfgs).chain(&read.lints).map(tokens);
    plain.chain(read.policies.iter().map(|one| format!("#{}[{}]", one.name, policy(&one.kind)))).collect()
}

fn policy(read: &PolicyKind) -> String {
    match read {
        PolicyKind::After(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        PolicyKind::When(Condition::Holds(condition)) => tokens(condition),
        PolicyKind::When(Condition::Matches { pattern, value }) => format!("let {}={}", tokens(pattern), tokens(value)),
        PolicyKind::Lazy | PolicyKind::Spawn | PolicyKind::Blocking | PolicyKind::Durable | PolicyKind::Catch => {
            String::new()
        }
        PolicyKind::Max { rounds, otherwise } => format!("{} else{}", tokens(rounds), optional(otherwise.as_deref())),
        PolicyKind::Concurrency(value)
        | PolicyKind::Accept(value)
        | PolicyKind::Tolerate(ParsedTolerance::Count(value)) => tokens(value),
        PolicyKind::Version(number) => number.to_string(),
        PolicyKind::Was(name) | PolicyKind::Until(name) => name.to_string(),
        PolicyKind::Retry(read) => retry(read),
        PolicyKind::Timeout(read) | PolicyKind::Deadline(read) => duration(read),
        PolicyKind::Fallback(read) => node(read),
        PolicyKind::Tolerate(ParsedTolerance::Percent(value)) => format!("{}%", tokens(value)),
        PolicyKind::Undo(read) => format!(
            "{} retries({}) timeout({}) attempt({})",
            tokens(&read.action),
            read.retries.iter().map(retry).collect::<Vec<_>>().join(";"),
            read.timeout.as_ref().map(duration).unwrap_or_default(),
            read.on_attempt
        ),
        PolicyKind::Breaker { failures, cooldown } => format!("{} {}", tokens(failures), duration(cooldown)),
        PolicyKind::Acquire { pool, permits } => format!("{} {}", tokens(pool), tokens(permits)),
        PolicyKind::Cache { key, ttl } => format!("{} {}", tokens(key), ttl.as_ref().map(duration).unwrap_or_default()),
    }
}

fn retry(read: &ParsedRetry) -> String {
    let wait = match &read.wait {
        ParsedWait::None => String::new(),
        ParsedWait::Fixed(read) => format!(" fixed {}", duration(read)),
        ParsedWait::Exponential { first, last } => format!(" exponential {}..{}", duration(first), duration(last)),
    };
    let only_if = read.only_if.as_ref().map(|path| format!(" if {}", tokens(path))).unwrap_or_default();
    format!("{}{wait}{}{only_if}", tokens(&read.more), if read.jitter { "" } else { " exact" })
}

fn duration(read: &Duration) -> String {
    match read {
        Duration::Literal { nanoseconds, .. } => format!("{nanoseconds}ns"),
        Duration::Expression(expression) => tokens(expression),
    }
}
