//! Messages of resolution and of the checks.

use proc_macro2::Span;
use workflow_graph::EdgeKind;

pub(crate) const AWAIT: &str = "there is no `.await` to write in a workflow: a stage's future is awaited for you\n\
    help: leave `.await` out, or put the expression into an `async` block";
pub(crate) const QUESTION: &str = "there is no `?` to write in a workflow: a stage's `Err` is its failure\n\
    help: leave `?` out, or put the expression into an `async` block";

pub(crate) fn await_in_let(name: &str, ty: &str) -> String {
    format!(
        "a `let` can't wait: make `{name}` a stage, whose future is awaited for you\nhelp: stage {name}: {ty} = ..;"
    )
}

pub(crate) fn reserved(name: &str) -> String {
    let meaning = if name == "ctx" { "the stage's context" } else { "why a stage failed" };
    format!("`{name}` is reserved: it is {meaning}\nhelp: choose another name")
}

pub(crate) fn line(span: Span) -> usize {
    span.start().line
}

pub(crate) fn same_variant(name: &str, first_name: &str, variant: &str, first: Span) -> String {
    format!(
        "`{name}` and `{first_name}`, in line {}, both give the variant `{variant}`\nhelp: choose another name",
        line(first)
    )
}

pub(crate) fn outside(name: &str, place: &str) -> String {
    format!(
        "`{name}` lives in {place} and can't be seen from here\nhelp: return it from there: make it a part of that block's tail"
    )
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

pub(crate) const NEEDS_DURABLE: &str = "`#[durable]` needs the feature `durable` of `workflow-runtime`\n\
     help: workflow-runtime = { version = \"0.1\", features = [\"durable\"] }";

pub(crate) fn was_still_there(name: &str) -> String {
    format!("`#[was({name})]` names what is still there\nhelp: give the name under which this one was stored before")
}

pub(crate) fn context_in_let(name: &str, ty: &str) -> String {
    format!(
        "`ctx` is of one stage, and `let {name}` may be of several: its key would be the same in all of them\nhelp: name `ctx` in the stages themselves, or make it a stage: `stage {name}: {ty} = ..;`"
    )
}

pub(crate) fn was_twice(name: &str) -> String {
    format!("two are said to have been `{name}`\nhelp: what is stored goes on under one name")
}

// Types.

pub(crate) fn lifetime_parameter(lifetime: &str) -> String {
    format!(
        "a workflow owns what it works on, so it has no lifetime `{lifetime}`\n\
         help: own the values: `String` for `&{lifetime} str`, `Arc<T>` for `&{lifetime} T`"
    )
}

pub(crate) const BORROWS: &str = "a workflow owns what it works on, so this can't borrow\n\
    help: own the value: `String` or `&'static str` for `&str`, `Arc<T>` for `&T`";

pub(crate) fn no_size(ty: &str, owned: &str) -> String {
    format!("a workflow owns its values, and `{ty}` has no size of its own\nhelp: {owned}")
}

pub(crate) fn borrowed_key(expr: &str, name: &str) -> String {
    format!(
        "`{expr}` is a reference, and a key outlives the run that makes it: it owns what it holds\nhelp: key = {name}.clone()"
    )
}

pub(crate) const IMPL_TRAIT: &str = "a workflow stores its values, so it has to name their types: `impl Trait` has none\n\
    help: declare a type parameter, `workflow Name<T: Trait>(..)`, and write `T`, or write `Box<dyn Trait + Send + Sync>`";

// Cycles.

/// One edge of a cycle: why `waiting` waits.
pub(crate) fn edge(waiting: &str, on: &str, kind: EdgeKind, at: Span) -> String {
    let line = line(at);
    match kind {
        EdgeKind::After => format!("`{waiting}` comes after `{on}` in line {line}"),
        EdgeKind::Sequence => format!("`{waiting}`, in line {line}, follows `{on}` in a `seq`"),
        _ => format!("`{waiting}` names `{on}` in line {line}"),
    }
}

pub(crate) fn cycle(names: &[String], edges: &[String]) -> String {
    format!(
        "a cycle, in which each waits for the one before it: `{} → {}`\n{}",
        names.join(" → "),
        names[0],
        edges.join("\n")
    )
}

pub(crate) fn waits_for_itself(name: &str, kind: EdgeKind) -> String {
    let how = if kind == EdgeKind::After { "comes after" } else { "names" };
    format!("a cycle: `{name}` {how} itself, so it can never start")
}

// What is handed over.

pub(crate) fn lives_outside(name: &str) -> String {
    format!("`{name}` lives outside the block that ends here, so it is only lent to it\nhelp: {name}.clone()")
}

pub(crate) fn stage_of_a_name(name: &str) -> String {
    format!("`{name}` is only lent to a stage, which can't hand it on\nhelp: {name}.clone()")
}

pub(crate) fn service_as_value(name: &str) -> String {
    format!("service `{name}` belongs to all runs of the workflow, so it is only lent\nhelp: {name}.clone()")
}

pub(crate) fn signal_as_value(name: &str) -> String {
    format!("signal `{name}` belongs to all that wait for it, so it is only lent\nhelp: {name}.clone()")
}

pub(crate) fn head_as_value(name: &str) -> String {
    format!("`{name}` is what the head gave, and is only lent to its node\nhelp: {name}.clone()")
}

pub(crate) fn held_by_undo(name: &str, stage: &str, at: Span) -> String {
    format!(
        "`{name}` can't be handed over here: should the workflow fail later, the undo of stage `{stage}`, in line {}, needs it\n\
         help: {name}.clone()",
        line(at)
    )
}

// Undos.

pub(crate) const OWN_OUTPUT_ON_ATTEMPT: &str = "with `on = attempt` it is armed before the stage has an output";
pub(crate) const UNDO_NAMES_AROUND: &str = "it has no output before all stages in it have ended";
pub(crate) const LAZY_MAY_LACK: &str = "it is `#[lazy]`, so it may not have run";
pub(crate) const SIGNAL_MAY_LACK: &str = "the stage does not always take that signal, so it may not have arrived";

pub(crate) fn undo_waits_not(stage: &str) -> String {
    format!("`{stage}` does not wait for it, so it may not have run")
}

pub(crate) fn let_may_lack(inner: &str, why: &str) -> String {
    format!("it names `{inner}`: {why}")
}

pub(crate) fn undo_may_lack(name: &str, stage: &str, why: &str) -> String {
    let said = format!("`{name}` may not be there when the undo of stage `{stage}` is needed: {why}");
    if why == undo_waits_not(stage) { format!("{said}\nhelp: #[after({name})]") } else { said }
}

// Loops.

pub(crate) fn not_in_the_tail(word: &str) -> String {
    format!(
        "`{word}` can't stand here: a round ends in the tail of its loop\n\
         help: give the stage a value, and `match` on it in the tail"
    )
}

pub(crate) fn in_an_item(word: &str) -> String {
    format!(
        "`{word}` can't stand here: the items of a `for` run side by side, each to its end\n\
         help: `race for` takes the first success, `return` ends the workflow"
    )
}

pub(crate) fn in_no_loop(word: &str) -> String {
    format!("`{word}` can't stand here: there is no `loop` around it")
}

pub(crate) const CONTINUE_WITHOUT_STATE: &str = "`continue` gives the next round its state here\nhelp: continue state";
pub(crate) const CONTINUE_WITH_VALUE: &str = "`continue` takes no value here: the loop has no state\n\
    help: loop state: State = .. { .. }";
pub(crate) const ROUND_WITHOUT_END: &str =
    "a round ends in `break` or `continue`, and this path in neither\nhelp: break value";
pub(crate) const LOOP_WITHOUT_BREAK: &str = "this loop can't end: no path of its tail is a `break`";

pub(crate) fn loop_without_continue(has_state: bool) -> String {
    let form = if has_state { "continue state" } else { "continue" };
    format!("this loop can't repeat: no path of its tail is a `continue`\nhelp: {form}")
}

// What never happens.

pub(crate) fn never_runs(waiting: &str, on: &str, word: &str) -> String {
    format!("stage `{waiting}` can never run: it waits for `{on}`, which always ends in {word}")
}

pub(crate) fn never_reached(stage: &str, word: &str) -> String {
    format!("this tail can never be reached: stage `{stage}` always ends in {word}")
}

pub(crate) fn never_asked(name: &str) -> String {
    format!("stage `{name}` can never run: it is `#[lazy]`, and nothing asks for it\nhelp: leave `#[lazy]` out")
}

pub(crate) fn let_of_lazy(binding: &str, lazy: &str) -> String {
    format!(
        "a `let` can't wait for `{lazy}`, which is `#[lazy]`: make `{binding}` a stage\n\
         help: stage {binding}: Type = ..;"
    )
}

pub(crate) fn tail_of_lazy(lazy: &str) -> String {
    format!(
        "only a stage can ask for `{lazy}`, which is `#[lazy]`: when a tail takes effect, all stages have ended\n\
         help: stage name: Type = ..;"
    )
}

// Attributes.

pub(crate) fn attribute_twice(name: &str, first: Span) -> String {
    let said = format!("`#[{name}]` stands twice: first in line {}", line(first));
    if name == "after" { format!("{said}\nhelp: #[after(a, b)]") } else { said }
}

pub(crate) fn after_twice(name: &str) -> String {
    format!("`{name}` stands twice in this `#[after]`")
}

pub(crate) const SPAWN_AND_BLOCKING: &str = "`#[spawn]` and `#[blocking]` exclude each other: a blocking call has a thread to itself anyway\n\
     help: leave `#[spawn]` out";

pub(crate) const TOLERATE_ALONE: &str = "`#[tolerate]` counts the failures that `#[catch]` makes values of, and there is none here\n\
     help: #[catch]";

pub(crate) fn misplaced(name: &str, place: &str, belongs: &str) -> String {
    format!("`#[{name}]` means nothing on {place}: it belongs {belongs}")
}

pub(crate) fn wrong_node(name: &str, belongs: &str) -> String {
    format!("`#[{name}]` means nothing on this stage: it belongs {belongs}")
}

// Types that a policy asks for.

pub(crate) fn catch_no_result(stage: &str, ty: &str, content: &str, optional: bool) -> String {
    if optional {
        return format!(
            "a stage with `#[catch]` that may be skipped gives an `Option` of a `Result`, and stage `{stage}` is declared as \
             `{ty}`\nhelp: Option<Result<{content}, Failure>>"
        );
    }
    format!(
        "a stage with `#[catch]` gives a `Result`, and stage `{stage}` is declared as `{ty}`\nhelp: Result<{content}, Failure>"
    )
}

pub(crate) fn catch_of_block(stage: &str, content: &str) -> String {
    format!(
        "stage `{stage}` is no single expression, so what fails it is a `Failure`\nhelp: Result<{content}, Failure>"
    )
}

pub(crate) fn catch_after_fallback(stage: &str, content: &str) -> String {
    format!(
        "the fallback of stage `{stage}` takes every error, so what `#[catch]` is left with is a `Failure` of the fallback\n\
         help: Result<{content}, Failure>"
    )
}

pub(crate) fn catch_no_list(stage: &str, item: &str) -> String {
    format!(
        "a `for` with `#[catch]` gives a `Result` for each item: declare stage `{stage}` so\n\
         help: Vec<Result<{item}, Failure>>"
    )
}

// Pools.

pub(crate) fn more_than_the_pool(wanted: u128, size: u128) -> String {
    format!("{wanted} permits can never be had: the pool holds {size}")
}

pub(crate) fn same_pool_twice(pool: &str, first: Span) -> String {
    format!("`{pool}` stands twice: first in line {}\nhelp: #[acquire({pool}, 2)]", line(first))
}

pub(crate) fn pool_held_while_waiting(pool: &str, holder: &str, wanted: &str) -> String {
    format!(
        "stage `{holder}` holds `{pool}` while it waits here for `{wanted}`, which takes a permit of it too: once no permit is left, both wait forever\n\
         help: wait outside of `{holder}`, or take the permit inside of it, at what needs it"
    )
}

pub(crate) fn pool_held_around(pool: &str, outer: &str, inner: &str) -> String {
    format!(
        "stage `{outer}` holds `{pool}` for as long as `{inner}`, a part of it, runs: once no permit is left, both wait forever\n\
         help: take all permits at one of them"
    )
}

// Warnings.

pub(crate) fn unused_signal(name: &str) -> String {
    format!("nothing waits for signal `{name}`\nhelp: remove it, or call it `_{name}`")
}

pub(crate) fn unused_input(name: &str) -> String {
    format!("input `{name}` is used by no stage\nhelp: remove it, or call it `_{name}`")
}

pub(crate) fn unused_service(name: &str) -> String {
    format!("service `{name}` is used by no stage\nhelp: remove it, or call it `_{name}`")
}

pub(crate) fn unused_output(name: &str) -> String {
    format!("nothing names the output of stage `{name}`\nhelp: leave its type out, or call it `_{name}`")
}

pub(crate) fn unused_let(name: &str) -> String {
    format!("nothing names `{name}`, which this `let` binds\nhelp: remove it, or call it `_{name}`")
}

pub(crate) fn unused_state(name: &str) -> String {
    format!("nothing names the loop's state `{name}`\nhelp: leave it out, or call it `_{name}`")
}

pub(crate) fn unused_head(name: &str) -> String {
    format!("nothing names `{name}`, which this head gives\nhelp: call it `_{name}`")
}

pub(crate) fn known_when(stage: &str, holds: bool) -> String {
    match holds {
        true => format!("this condition is always true, so stage `{stage}` always runs\nhelp: leave `#[when]` out"),
        false => format!("this condition is always false, so stage `{stage}` never runs\nhelp: leave the stage out"),
    }
}

pub(crate) fn known_accept(signal: &str, holds: bool) -> String {
    let every = if holds { "accepted" } else { "refused: nothing that waits for it goes on" };
    format!("this condition is always {holds}, so every signal `{signal}` is {every}\nhelp: leave `#[accept]` out")
}

pub(crate) fn ready_head(name: &str) -> String {
    format!(
        "head `{name}` decides at once: its expression waits for nothing, so no head that waits is ever chosen\nhelp: make it a stage before the `select`"
    )
}

pub(crate) fn timeout_of_wait(stage: &str) -> String {
    format!(
        "the timeout of stage `{stage}` starts anew in each process, and the stage waits for long\n\
         help: `#[deadline(..)]`, whose end is on the store"
    )
}

pub(crate) fn changing_let(name: &str, call: &str) -> String {
    format!(
        "each process evaluates `let {name}` again, and `{call}` gives another value then\n\
         help: a stage of its own, whose value is on the store: `stage {name}: .. = ..;`"
    )
}

pub(crate) fn implied_after(stage: &str, on: &str) -> String {
    format!("`{stage}` waits for `{on}` anyway, by what it names\nhelp: leave `{on}` out of `#[after]`")
}

pub(crate) fn task_borrows_condition(stage: &str) -> String {
    format!(
        "stage '{stage}' has a task of its own, which can't borrow what the `if let` around it binds\n\
        help: give that value a stage of its own, and match on its name"
    )
}

pub(crate) fn waits_for_neither(name: &str) -> String {
    format!("`{name}` is neither a stage nor a signal: there is nothing to wait for")
}

pub(crate) fn waits_from_a_task(name: &str, owner: &str) -> String {
    format!(
        "stage '{owner}' owns all that it needs, for its task or its undo, so nothing in it can wait for `{name}`\n\
        help: declare `{name}` inside of it, or wait outside and give it the value"
    )
}
