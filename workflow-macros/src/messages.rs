//! What resolution and the checks say. (What the parser says stands in `diagnostics.rs`.)

use proc_macro2::Span;

pub(crate) const AWAIT: &str = "there is no `.await` to write in a workflow: a stage's future is awaited for you\n\
    help: leave `.await` out, or put the expression into an `async` block";
pub(crate) const QUESTION: &str = "there is no `?` to write in a workflow: a stage's `Err` is its failure\n\
    help: leave `?` out, or put the expression into an `async` block";

pub(crate) fn reserved(name: &str) -> String {
    let meaning = if name == "ctx" { "the stage's context" } else { "why a stage failed" };
    format!("`{name}` is reserved: it is {meaning}\nhelp: choose another name")
}

fn line(span: Span) -> usize {
    span.start().line
}

pub(crate) fn declared_twice(name: &str, first: Span) -> String {
    format!("`{name}` is declared twice: first in line {}\nhelp: names are unique in a workflow, nested blocks included", line(first))
}

pub(crate) fn same_variant(name: &str, first_name: &str, variant: &str, first: Span) -> String {
    format!(
        "`{name}` and `{first_name}`, in line {}, both give the variant `{variant}`\nhelp: choose another name",
        line(first)
    )
}

pub(crate) fn shadows(name: &str, first: Span) -> String {
    format!(
        "`{name}` would shadow the name declared in line {}\nhelp: choose another name: those of a workflow are unique, in patterns and closures too",
        line(first)
    )
}

pub(crate) fn outside(name: &str, place: &str) -> String {
    format!("`{name}` lives in {place} and can't be seen from here\nhelp: return it from there: make it a part of that block's tail")
}

pub(crate) fn unknown_stage(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("there is no stage `{name}`\nhelp: did you mean `{near}`?"),
        None => format!("there is no stage `{name}` in this workflow"),
    }
}

pub(crate) fn after_no_stage(name: &str) -> String {
    format!("`#[after]` takes stages, and `{name}` is none\nhelp: what a stage names, it waits for anyway")
}

pub(crate) fn after_outside(name: &str) -> String {
    format!("`{name}` lives in a block that can't be seen from here\nhelp: name the stage whose block it is")
}

pub(crate) fn not_available(what: &str) -> String {
    format!("`{what}` is not available yet")
}

pub(crate) fn task_borrows_condition(stage: &str) -> String {
    format!(
        "stage '{stage}' has a task of its own, which can't borrow what the `if let` around it binds\n\
        help: give that value a stage of its own, and match on its name"
    )
}
