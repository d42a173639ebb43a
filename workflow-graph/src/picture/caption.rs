//! Texts of a node and of a group's title.

use std::fmt::Write;

use super::outline::{Content, Item};
use super::text;
use crate::{Graph, Policy, ScopeKind, Stage, StageKind, Value};

const TITLE: usize = 40;
const GROUP_TITLE: usize = 60;
const DETAIL: usize = 40;
const DETAIL_LINES: usize = 3;
const HOVER_LINE: usize = 160;
const HOVER_LINES: usize = 24;

/// The words of one item, each line clean and of bounded length, not yet escaped.
pub(super) struct Caption {
    pub(super) title: String,
    /// Small lines below the title.
    pub(super) details: Vec<String>,
    /// Text shown while the pointer rests on the item. Its lines are joined by `\n`.
    pub(super) hover: String,
}

impl Caption {
    pub(super) fn new(graph: &Graph<'_>, item: &Item<'_>) -> Self {
        let mut caption = match item.content {
            Content::Body => Caption::plain(graph.name, hover(&[graph.name], graph.docs, &[])),
            Content::Stage(stage, label) => Caption::of_stage(stage, label, !item.children.is_empty()),
            Content::Scope(scope) => {
                let label = text::line(scope.label, TITLE);
                let title = if label.is_empty() { scope_kind(scope.kind) } else { &label };
                Caption::plain(title, hover(&[scope_kind(scope.kind), scope.label], "", &[]))
            }
            Content::Start => {
                let inputs: Vec<String> = graph.inputs.iter().map(value).collect();
                let title = if inputs.is_empty() { "start".to_owned() } else { inputs.join(", ") };
                let mut known: Vec<String> = inputs.iter().map(|input| format!("input {input}")).collect();
                known.extend(graph.services.iter().map(|service| format!("service {}", value(service))));
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                Caption::plain(&title, hover(&known, "", &[]))
            }
            Content::End => {
                let title = if matches!(graph.output, "" | "()") { "end" } else { graph.output };
                Caption::plain(title, hover(&["output", graph.output], "", &[]))
            }
            Content::Signal(signal) => {
                let hover = hover(&[&format!("signal {}: {}", signal.name, signal.type_name)], "", &[]);
                Caption::plain(signal.name, hover)
            }
            Content::Junction | Content::Bundle => Caption::plain("", String::new()),
        };
        if item.is_flat {
            caption.details.push("deeper nesting is drawn flat".to_owned());
        }
        caption
    }

    fn plain(title: &str, hover: String) -> Self {
        Caption { title: text::line(title, TITLE), details: Vec::new(), hover }
    }

    fn of_stage(stage: &Stage<'_>, label: &str, is_group: bool) -> Self {
        let is_loop = stage.kind == StageKind::Loop;
        let kind = node(stage, label);
        let mut pieces = Vec::new();
        let title = match (kind, is_group) {
            (Some(kind), true) => text::line(&format!("{} · {kind}", stage.name), GROUP_TITLE),
            (Some(kind), false) => {
                pieces.push(text::line(&kind, DETAIL));
                text::line(stage.name, TITLE)
            }
            (None, _) => text::line(stage.name, TITLE),
        };
        // An `after` is an edge, and a loop's `max` stands with its kind.
        let shown = |policy: &&Policy<'_>| policy.name != "after" && !(is_loop && policy.name == "max");
        pieces.extend(stage.policies.iter().filter(shown).map(|policy| text::line(&attribute(policy), DETAIL)));
        pieces.retain(|piece| !piece.is_empty());
        let details = text::wrap(&pieces, DETAIL, DETAIL_LINES);
        let head = format!("{}: {}", stage.name, stage.type_name);
        Caption { title, details, hover: hover(&[&head], stage.docs, stage.policies) }
    }
}

/// `loop dossier (max 3)`; none for an expression.
fn node(stage: &Stage<'_>, label: &str) -> Option<String> {
    let kind = stage_kind(stage.kind)?;
    let label = text::line(label, DETAIL);
    let rest = label.strip_prefix(kind).filter(|rest| rest.is_empty() || rest.starts_with(' '));
    let label = rest.map_or(&*label, str::trim_start);
    let mut node = kind.to_owned();
    if !label.is_empty() && scope_word(label) != Some(kind) {
        node.push(' ');
        node.push_str(label);
    }
    let max = stage.policies.iter().find(|policy| stage.kind == StageKind::Loop && policy.name == "max");
    if let Some(max) = max {
        let _ = write!(node, " (max {})", text::line(max.arguments, DETAIL / 2));
    }
    Some(node)
}

/// A single scope's label that only repeats its stage's kind says nothing.
fn scope_word(label: &str) -> Option<&'static str> {
    match label {
        "round" => Some("loop"),
        "item" => Some("for"),
        _ => None,
    }
}

fn hover(head: &[&str], docs: &str, policies: &[Policy<'_>]) -> String {
    let policies: Vec<String> = policies.iter().map(|policy| format!("#[{}]", attribute(policy))).collect();
    let lines = head.iter().copied().chain(docs.lines()).chain(policies.iter().map(String::as_str));
    let lines: Vec<String> =
        lines.map(|line| text::line(line, HOVER_LINE)).filter(|line| !line.is_empty()).take(HOVER_LINES).collect();
    lines.join("\n")
}

fn attribute(policy: &Policy<'_>) -> String {
    match policy.arguments {
        "" => policy.name.to_owned(),
        arguments => format!("{}({arguments})", policy.name),
    }
}

fn value(value: &Value<'_>) -> String {
    format!("{}: {}", value.name, value.type_name)
}

fn stage_kind(kind: StageKind) -> Option<&'static str> {
    Some(match kind {
        StageKind::Expression => return None,
        StageKind::Block => "block",
        StageKind::Seq => "seq",
        StageKind::If => "if",
        StageKind::Match => "match",
        StageKind::Loop => "loop",
        StageKind::For => "for",
        StageKind::Race => "race",
        StageKind::Quorum => "quorum",
        StageKind::Select => "select",
        StageKind::Sleep => "sleep",
        StageKind::Return => "return",
        StageKind::Fail => "fail",
    })
}

fn scope_kind(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Workflow => "workflow",
        ScopeKind::Block => "block",
        ScopeKind::Seq => "seq",
        ScopeKind::Branch => "branch",
        ScopeKind::Arm => "arm",
        ScopeKind::Round => "round",
        ScopeKind::Item => "item",
        ScopeKind::Member => "member",
        ScopeKind::Head => "head",
        ScopeKind::Fallback => "fallback",
    }
}
