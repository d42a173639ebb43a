//! Messages about `select`, signals and `#[until]`.

use super::messages::line;
use proc_macro2::Span;

pub(crate) const SELECT_OF_NONE: &str = "a `select` without heads never ends\n\
    help: select { signal name => first(), sleep(5s) => second() }";
pub(crate) const ACCEPT_AT_ONCE: &str =
    "`#[accept]` answers the sender at once: its condition is a plain expression that gives a `bool`";

pub(crate) fn head_never_decides(first: Span) -> String {
    format!("this head can never decide: the one in line {} always does before", line(first))
}

pub(crate) fn waits_for_lazy(name: &str) -> String {
    format!("`{name}` is `#[lazy]`, and who waits for it here does not ask for it\nhelp: leave `#[lazy]` out")
}

pub(crate) fn head_around(name: &str) -> String {
    format!("a cycle: this `select` is a part of `{name}`, which can't end before it")
}

pub(crate) fn head_edge(waiting: &str, on: &str, at: Span) -> String {
    format!("`{waiting}` waits for `{on}` in a `select` in line {}", line(at))
}

pub(crate) fn until_around(stage: &str, itself: bool) -> String {
    if itself {
        return format!("stage `{stage}` can't be cut by its own end: `#[until]` names another stage, or a signal");
    }
    format!("`#[until]` can never cut `{stage}`: what it names is the stage around it, which ends later")
}

pub(crate) fn until_later(stage: &str, name: &str, edges: &[String]) -> String {
    format!("`#[until]` can never cut `{stage}`: `{name}` waits for it\n{}", edges.join("\n"))
}

pub(crate) fn until_earlier(stage: &str, name: &str, edges: &[String]) -> String {
    format!("stage `{stage}` can never run: it waits for `{name}`, which cuts it when it ends\n{}", edges.join("\n"))
}

pub(crate) fn until_signal_needed(stage: &str, signal: &str, taking: &str, at: Span) -> String {
    let how = if stage == taking { "it".to_owned() } else { format!("it waits for `{taking}`, which") };
    format!(
        "stage `{stage}` can never run to its end: {how} waits for signal `{signal}` in line {}, and that cuts it",
        line(at)
    )
}

pub(crate) fn signal_in_an_item(name: &str) -> String {
    format!(
        "signal `{name}` can't be declared in a `for`: its items run side by side, so that none can be meant\n\
         help: declare it outside, or in a `loop`, where each round takes the next"
    )
}

pub(crate) fn accept_names(name: &str, signal: &str) -> String {
    format!("`#[accept]` sees only the signal itself, `{signal}`: `{name}` belongs to a run, and may not be there yet")
}

pub(crate) fn unknown_signal(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no signal `{name}`\nhelp: did you mean `{near}`?"),
        None => format!("there is no signal `{name}` in this workflow"),
    }
}

pub(crate) fn unknown_wait(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no stage or signal `{name}`\nhelp: did you mean `{near}`?"),
        None => format!("there is no stage or signal `{name}` in this workflow"),
    }
}

pub(crate) fn head_of_another_kind(name: &str, is: &str) -> String {
    format!("`{name}` is a {is}\nhelp: {is} {name} => ..")
}

pub(crate) fn head_is_none(name: &str) -> String {
    format!("a `select` waits for stages, signals, sleeps and nodes of its own, and `{name}` is none of them")
}
