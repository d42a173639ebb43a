//! Each family of rules: which findings, of how many, in the words that matter. The exact texts stand in `ui-tests/`.

use super::{check, own, warnings};
use crate::resolve;
use workflow_syntax::{self as syntax, diagnostics::Diagnostics};

/// Returns the reports on `body`, the body of a workflow with a number and a list of numbers, in order.
fn told(body: &str) -> Vec<String> {
    found(&format!("workflow Test(start: u32, numbers: Vec<u32>) -> u32 with service: u32 {{ {body} }}")).0
}

/// The errors, and how many warnings there are.
fn found(source: &str) -> (Vec<String>, usize) {
    let diagnostics = Diagnostics::new();
    let tokens = source.parse().expect("tokens");
    let mut workflows = syntax::parse(tokens, &diagnostics);
    let read = !diagnostics.has_errors();
    let mut warned = 0;
    for workflow in &mut workflows.workflows {
        own(workflow, &diagnostics);
        let model = resolve::resolve(workflow, &diagnostics);
        check(&model, read, &diagnostics);
        warned += warnings(&model).to_string().matches("deprecated").count();
    }
    (diagnostics.finish().iter().map(|one| one.error.to_string()).collect(), warned)
}

/// Expects as many errors as `words`, each with its own.
fn expect(body: &str, words: &[&str]) {
    let told = told(body);
    assert_eq!(told.len(), words.len(), "{body}\n{told:#?}");
    for (message, words) in told.iter().zip(words) {
        assert!(message.contains(words), "{body}\n{message}\nlacks {words}");
    }
}

#[test]
fn cycles_are_told_with_their_whole_path() {
    expect("stage a: u32 = *c; stage b: u32 = *a; stage c: u32 = *b; 1", &["`a → b → c → a`"]);
    expect("stage a: u32 = *c; #[after(a)] stage b = (); #[after(b)] stage c: u32 = 1; 1", &["`a → b → c → a`"]);
    expect("stage a: u32 = *a; 1", &["`a` names itself"]);
    expect("stage a: u32 = { stage b: u32 = *a; *b }; 1", &["`a` names itself"]);
    expect("let a: u32 = *b; let b: u32 = *a; 1", &["`a → b → a`"]);
    expect("#[lazy] stage a: u32 = *b; #[lazy] stage b: u32 = *a; 1", &["`a → b → a`"]);
    expect("seq { #[after(b)] stage a = (); stage b = (); 1 }", &["`a → b → a`"]);
}

#[test]
fn each_group_of_a_cycle_is_told_once() {
    let both = "stage a: u32 = *b; stage b: u32 = *a + *c; stage c: u32 = *b; stage x: u32 = *y; stage y: u32 = *x; 1";
    expect(both, &["`a → b → a`", "`x → y → x`"]);
}

#[test]
fn a_stage_may_be_called_as_the_function_that_it_calls() {
    expect("stage profile: u32 = profile(start); *profile", &[]);
    expect("stage block: u32 = { stage inner: u32 = block(start); *inner }; *block", &[]);
    expect("let value: u32 = value(start); *value", &[]);
}

#[test]
fn long_chains_need_no_deep_stack() {
    let stages = (1..2_000).map(|number| format!("stage s{number}: u32 = *s{};", number - 1));
    let body: String = stages.collect();
    expect(&format!("stage s0: u32 = 1; {body} *s1999"), &[]);
    expect(&format!("stage s0: u32 = *s1999; {body} 1"), &["s0 → s1 → s2"]);
}

#[test]
fn names_give_variants_of_their_own() {
    expect("stage a1: u32 = 1; stage a_1: u32 = 1; 1", &["both give the variant `A1`"]);
    expect("stage a: u32 = 1; stage a: u32 = 1; 1", &["declared twice"]);
}

#[test]
fn what_an_expression_declares_may_have_any_name() {
    expect("stage a: u32 = 1; stage b: u32 = match *a { a => a }; *b", &[]);
    expect("stage a: u32 = match *start { a => a }; *a", &[]);
    expect("stage a: u32 = Some(1).map_or(0, |a| a); *a", &[]);
    expect("stage a: u32 = async { let a = 1; a }; *a", &[]);
    expect("stage a: u32 = async { { let a = 1; drop(a); } a }; *a", &["`a` names itself"]);
    expect("stage a: u32 = match *start { ctx => ctx }; *a", &[]);
    // Hidden in the arm, and nowhere else.
    expect("stage a: u32 = match *start { 0 => { stage b: u32 = 1; *b } b => b }; a + b", &["`b` lives in"]);
}

#[test]
fn only_what_ends_with_its_block_is_handed_over() {
    expect("stage a: u32 = 1; a", &[]);
    expect("stage a: u32 = 1; if *start > 3 { a } else { { a } }", &[]);
    expect("stage a: u32 = { stage b: u32 = 1; b }; start", &[]);
    expect("stage a: u32 = start; *a", &["can't hand it on"]);
    expect("stage a: u32 = if *start > 3 { start } else { 1 }; *a", &["lives outside"]);
    expect("stage a: u32 = match *start { 0 => return start, _ => 1 }; *a", &["lives outside"]);
    expect("stage a: Vec<u32> = for number in numbers { start }; a.len()", &["lives outside"]);
    expect("stage a: Vec<u32> = for number in numbers { number }; a.len()", &[]);
    expect("service", &["service `service`"]);
    expect("loop state: u32 = 1 { if *state > 3 { break state } else { continue start } }", &["`start` lives outside"]);
    expect("loop state: u32 = start { if *state > 3 { break 1 } else { continue state } }", &["`start` lives outside"]);
}

#[test]
fn a_loop_can_end_and_repeat() {
    expect("loop { stage a = (); }", &["can't end"]);
    expect("loop { if *start > 3 { break 1 } }", &[]);
    expect("loop { stage a = if *start > 3 { return 1 }; }", &[]);
    expect("loop { break 1 }", &["can't repeat"]);
    expect("loop state: u32 = 1 { break 1 }", &["can't repeat"]);
    expect("loop state: u32 = 1 { continue 1 }", &["can't end"]);
    expect("#[max(3, else = 5)] loop state: u32 = 1 { continue 1 }", &[]);
    expect("loop state: u32 = 1 { if *state > 3 { break 1 } }", &["this path in neither"]);
    expect("loop state: u32 = 1 { }", &["this path in neither"]);
    expect("loop state: u32 = 1 { match *state { 0 => break 1, 1 => continue 2, _ => panic!() } }", &[]);
    expect("loop state: u32 = 1 { match *state { 0 => break 1, 1 => continue 2, _ => *state } }", &["this path in"]);
    expect("loop { if *start > 3 { break 1 } else { continue 1 } }", &["takes no value"]);
    expect("loop state: u32 = 1 { if *start > 3 { break 1 } else { continue } }", &["its state"]);
    expect("loop { select { sleep(3s) => 1, sleep(2s) if *start > 3 => 2 } }", &["can't end"]);
    expect("loop { select { sleep(3s) => break 1, sleep(2s) if *start > 3 => continue } }", &[]);
}

#[test]
fn break_and_continue_stand_in_a_tail() {
    expect("stage a: u32 = break 1; *a", &["no `loop` around"]);
    expect("for number in numbers { continue }", &["side by side"]);
    expect(
        "loop { stage a: u32 = match *start { 0 => break 1, _ => 2 }; if *a > 3 { break a } }",
        &["a round ends in"],
    );
    expect("loop { { if *start > 3 { break 1 } } }", &[]);
}

#[test]
fn numbers_that_can_t_be_meant() {
    expect("race { async { 1 } }", &["of one"]);
    expect("race { }", &["without members"]);
    expect("quorum(3) { 1, 2 }", &["quorum(2)"]);
    expect("quorum(2) { 1, 2 }", &[]);
    expect("quorum(0) for number in numbers { 1 }", &["at least one success"]);
    expect("#[max(0)] stage a: u32 = loop { if *start > 1 { break 1 } }; *a", &["at least one round"]);
    expect("#[concurrency(0u8)] stage a: Vec<u32> = for number in numbers { 1 }; a.len()", &["one item at a time"]);
}

#[test]
fn what_never_runs() {
    expect("stage a: u32 = fail \"x\"; stage b: u32 = *a; *b", &["`b` can never run"]);
    expect("stage a = return 1; *start", &["this tail can never be reached"]);
    expect("stage a = if *start > 3 { return 1 } else { fail \"x\" }; 1", &["`return` or `fail`"]);
    expect("stage a = if *start > 3 { return 1 }; 1", &[]);
    expect("#[when(*start > 3)] stage a = return 1; 1", &[]);
    expect("#[lazy] stage a: u32 = 1; 1", &["nothing asks for it"]);
    expect("#[lazy] stage _a: u32 = 1; 1", &[]);
    expect("#[lazy] stage a: u32 = 1; #[after(a)] stage b = (); 1", &["nothing asks for it"]);
    expect("#[lazy] stage a: u32 = 1; *a", &["only a stage can ask"]);
    expect("#[lazy] stage a: u32 = 1; let b: u32 = *a; *b", &["a `let` can't wait"]);
    expect("#[lazy] stage a: u32 = 1; stage b: u32 = if *start > 3 { *a } else { 1 }; *b", &[]);
}

#[test]
fn attributes_stand_where_they_mean_something() {
    expect("#[max(3)] stage a: u32 = 1; *a", &["before a `loop`"]);
    expect("#[concurrency(3)] stage a: u32 = race for number in numbers { 1 }; *a", &["a plain `for`"]);
    expect("#[undo(close())] let a: u32 = 1; *a", &["on a `let`"]);
    expect("#[spawn] #[blocking] stage a: u32 = 1; *a", &["exclude each other"]);
    expect("#[spawn] #[spawn] stage a: u32 = 1; *a", &["stands twice"]);
    expect("#[blocking] stage a: u32 = { 1 }; *a", &["one expression"]);
    expect("#[was(b)] stage a: u32 = 1; stage b: u32 = 2; *a + *b", &["names what is still there"]);
    expect("#[was(c)] stage a: u32 = 1; #[was(c)] stage b: u32 = 2; *a + *b", &["two are said to have been"]);
    expect("signal a: u32; #[after(a)] stage b: u32 = *a; *b", &["`#[after]` takes stages"]);
    expect("#[timeout(3s)] let a: u32 = 1; *a", &["belongs on a stage"]);
    expect("#[retry(3)] signal a: u32; *a", &["belongs on a stage"]);
    expect("#[accept(true)] stage a: u32 = 1; *a", &["belongs on a signal"]);
    expect("#[tolerate(3)] stage a: Vec<u32> = for number in numbers { 1 }; a.len()", &["`#[catch]` makes values of"]);
    expect("#[tolerate(3)] stage a: u32 = 1; *a", &["before a `for`"]);
    expect("match *start { 0 => #[max(3)] loop { if *start > 3 { break 1 } }, _ => 1 }", &[]);
    expect("match *start { 0 => #[lazy] loop { if *start > 3 { break 1 } }, _ => 1 }", &["an unnamed `loop`"]);
}

#[test]
fn a_workflow_owns_what_it_works_on() {
    let errors = |source: &str| found(source).0;
    assert_eq!(errors("workflow A<'a, T: 'a>(x: &'a T) -> &'a u32 where 'a: 'static, T: Fn(&u32) { *x }").len(), 1);
    assert_eq!(errors("workflow A(x: &str, y: Cow<'_, str>) -> u32 { *x + *y }").len(), 2);
    assert_eq!(errors("workflow A(x: &'static str, y: fn(&u32) -> &u32) -> u32 { *x + *y }").len(), 0);
    assert_eq!(errors("workflow A(x: u32) -> u32 { stage a: &str = *x; let b: &str = *a; *b }").len(), 1);
}

#[test]
fn several_mistakes_are_all_told() {
    let body = "stage a: u32 = *b; stage b: u32 = *a; #[after(nobody)] stage c: u32 = 1; #[max(2)] stage d: u32 = *c; \
                stage e: u32 = race { 1 }; stage f: u32 = match *d { 0 => break 1, _ => 2 }; *e + *f";
    assert_eq!(told(body).len(), 5);
}

#[test]
fn warnings_wait_for_what_is_not_used() {
    let warned = |source: &str| {
        let (errors, warned) = found(source);
        assert!(errors.is_empty(), "{errors:#?}");
        warned
    };
    assert_eq!(warned("workflow A() -> u32 { let a: u32 = 1; let _b: u32 = 2; 1 }"), 1);
    // What a pattern binds is rustc's own to tell.
    assert_eq!(warned("workflow A() { stage a = for k in [1, 2] { b(1) }; }"), 0);
    assert_eq!(warned("workflow A(x: u32) { #[allow(unused)] stage a: u32 = *x; }"), 0);
    assert_eq!(warned("#[allow(unused_variables)] workflow A(x: u32) { let b: u32 = 1; }"), 0);
    assert_eq!(warned("#[allow(unused)] workflow A(x: u32) { #[warn(unused)] let b: u32 = 1; }"), 1);
    let twice = "stage a: u32 = 1; #[after(a)] signal s: u32; stage b: u32 = a + s; stage c: u32 = a + s;";
    assert_eq!(warned(&format!("workflow A() -> u32 {{ {twice} b + c }}")), 1);
    assert_eq!(warned(&format!("workflow A() -> u32 {{ {twice} stage d: u32 = *s; b + c + d }}")), 0);
    assert_eq!(
        warned(
            "workflow A() -> u32 { #[max(2)] stage a: u32 = loop n: u32 = 0 { if b() { break 1 } else { continue 2 } }; *a }"
        ),
        1
    );
    assert_eq!(warned("workflow A() -> u32 { stage a: u32 = select { n: u32 = b() => 1, sleep(1s) => 2 }; *a }"), 1);
    assert_eq!(
        warned("workflow A(x: u32) { #[when(false)] stage a = b(x); #[accept(true)] signal c: u32; stage d = e(c); }"),
        2
    );
    assert_eq!(warned("workflow A(x: u32, _y: u32) -> u32 with z: u32 { 1 }"), 2);
    assert_eq!(warned("workflow A() { stage a: u32 = 1; stage _b: u32 = 1; stage c = (); stage d: () = (); }"), 1);
    let implied = "stage a: u32 = 1; stage b: u32 = *a; let c: u32 = *b;";
    assert_eq!(warned(&format!("workflow A() -> u32 {{ {implied} #[after(a)] stage d: u32 = *c; d }}")), 1);
    assert_eq!(warned(&format!("workflow A() -> u32 {{ {implied} #[after(b)] stage d: u32 = 1; *d + *c }}")), 0);
    assert_eq!(warned("workflow A() { signal s: u32; signal _t: u32; }"), 1);
    assert_eq!(warned("workflow A() { signal s: u32; stage a = select { signal s => (), sleep(3s) => () }; }"), 0);
    let lazy = "#[lazy] stage a: u32 = 1; #[after(a)] stage b: u32 = *a;";
    assert_eq!(warned(&format!("workflow A() -> u32 {{ {lazy} b }}")), 0);
}

#[test]
fn durations_that_can_t_be_meant() {
    expect("#[retry(0)] stage a: u32 = b(start); *a", &["at least one further"]);
    expect("#[retry(3)] #[retry(4)] stage a: u32 = b(start); *a", &["can never count"]);
    expect("#[retry(3, if = b)] #[retry(4)] stage a: u32 = b(start); *a", &[]);
    expect("#[retry(3, exponential(3s..2s))] stage a: u32 = b(start); *a", &["exponential(2s..3s)"]);
    expect("#[retry(3, exponential(120s..2min))] stage a: u32 = b(start); *a", &["fixed(2min)"]);
    expect("#[timeout(0s)] #[deadline(0ms)] stage a: u32 = b(start); *a", &["a timeout of 0s", "a deadline of 0s"]);
    expect("stage a = sleep(0s); 1", &[]);
}

#[test]
fn what_stands_under_a_deadline_fits() {
    expect("#[timeout(3s)] #[deadline(2s)] stage a: u32 = b(start); *a", &["never passes: the deadline of 2s"]);
    expect("#[timeout(3s)] #[deadline(3s)] stage a: u32 = b(start); *a", &[]);
    expect("#[retry(4, fixed(1s))] #[deadline(3s)] stage a: u32 = b(start); *a", &["take 4s, 2 fit"]);
    expect("#[retry(3, fixed(1s))] #[deadline(3s)] stage a: u32 = b(start); *a", &["is cut at its end, 2 fit"]);
    expect("#[retry(2, fixed(1s))] #[deadline(3s)] stage a: u32 = b(start); *a", &[]);
    expect("#[retry(1, fixed(3s))] #[deadline(3s)] stage a: u32 = b(start); *a", &["is cut at its end, so none fits"]);
    let waits = |count| format!("#[retry({count}, exponential(1s..3s), jitter = none)] #[deadline(9s)]");
    expect(&format!("{} stage a: u32 = b(start); *a", waits(5)), &["take 12s, 3 fit"]);
    expect(&format!("{} stage a: u32 = b(start); *a", waits(4)), &["is cut at its end, 3 fit"]);
    expect(&format!("{} stage a: u32 = b(start); *a", waits(3)), &[]);
    expect("#[retry(99, exponential(1s..3s))] #[deadline(3s)] stage a: u32 = b(start); *a", &[]);
    expect("#[retry(99999999999, fixed(1s))] #[deadline(3s)] stage a: u32 = b(start); *a", &["2 fit"]);
    let errors = |source: &str| found(source).0;
    assert_eq!(errors("#[deadline(1s)] #[timeout(2s)] workflow A() { #[timeout(3s)] stage a = b(); }").len(), 2);
    assert_eq!(errors("#[deadline(1s)] workflow A() { #[deadline(2s)] stage a = b(); }").len(), 1);
}

#[test]
fn sleeps_end_before_the_deadline() {
    let errors = |body: &str| found(&format!("#[deadline(10s)] workflow A(start: u32) {{ {body} }}")).0.len();
    assert_eq!(errors("stage a = sleep(6s); stage b = sleep(6s);"), 0);
    assert_eq!(errors("seq { stage a = sleep(6s); stage b = sleep(6s); stage c = sleep(1s); }"), 1);
    assert_eq!(errors("stage a = sleep(6s); sleep(6s)"), 1);
    assert_eq!(errors("stage a = race { sleep(6s), sleep(1s) }; sleep(6s)"), 0);
    assert_eq!(errors("stage a: Vec<()> = quorum(2) { sleep(6s), sleep(1s) }; sleep(6s)"), 1);
    assert_eq!(errors("stage a = if *start > 3 { sleep(6s) } else { sleep(5s) }; sleep(6s)"), 1);
    assert_eq!(errors("stage a = if *start > 3 { sleep(6s) }; sleep(6s)"), 0);
    assert_eq!(errors("#[catch] stage a: Result<(), Failure> = sleep(6s); sleep(6s)"), 0);
    assert_eq!(errors("stage a = match *start { 0 => fail \"x\", _ => sleep(11s) }; 1"), 1);
}

#[test]
fn an_undo_has_what_it_names() {
    expect("stage a: u32 = 1; #[undo(b(a))] stage c: u32 = 1; *c + *a", &["`c` does not wait for it"]);
    expect("stage a: u32 = 1; stage b: u32 = *a; #[undo(b(a, c))] stage c: u32 = *b; *c", &[]);
    expect("stage a: u32 = 1; #[undo(b(a))] #[after(a)] stage c: u32 = 1; *c", &[]);
    expect("stage a: u32 = 1; let d: u32 = *a; #[undo(b(d))] stage c: u32 = 1; *c", &["it names `a`"]);
    expect("#[undo(b(c), on = attempt)] stage c: u32 = 1; *c", &["before the stage has an output"]);
    expect("stage a: u32 = { #[undo(b(a))] stage c: u32 = 1; *c }; *a", &["before all stages in it"]);
    expect("signal s: u32; #[undo(b(s))] stage c: u32 = 1; *c + *s", &["may not have arrived"]);
    expect("signal s: u32; #[undo(b(s))] stage c: u32 = *s; *c", &[]);
    expect("#[lazy] stage a: u32 = 1; #[undo(b(a))] stage c: u32 = { *a }; *c", &["`#[lazy]`"]);
    expect("#[lazy] stage a: u32 = 1; #[undo(b(a))] stage c: u32 = *a; *c", &[]);
}

#[test]
fn what_an_undo_holds_is_not_handed_over() {
    expect("#[undo(b(a))] stage a: u32 = 1; a", &[]);
    expect("{ #[undo(b(a))] stage a: u32 = 1; a }", &[]);
    expect("stage c: u32 = { #[undo(b(a))] stage a: u32 = 1; a }; c", &["can't be handed over"]);
    expect("stage c: u32 = { #[undo(b())] stage a: u32 = 1; a }; c", &[]);
    expect("stage c: u32 = { stage a: u32 = 1; #[undo(b(a))] stage _d: u32 = *a; a }; c", &["stage `_d`"]);
    expect("stage c: u32 = { #[undo(b(a))] stage a: u32 = 1; return a }; 1", &["handed over", "can never be reached"]);
}

#[test]
fn what_is_waited_for_can_come() {
    expect("stage a: u32 = select { }; *a", &["never ends"]);
    expect("stage a: u32 = select { sleep(3s) => 1 }; *a", &[]);
    expect("signal s: u32; select { signal s => 1, signal s => 2 }", &["can never decide"]);
    expect("signal s: u32; select { signal s if *start > 3 => 1, signal s => 2 }", &[]);
    expect("select { sleep(3s) => 1, sleep(4s) => 2 }", &["can never decide"]);
    expect("signal other: u32; select { signal othr => 1, sleep(4s) => *other }", &["did you mean `other`?"]);
    expect("stage other: u32 = 1; select { signal other => 1, sleep(4s) => 2 }", &["`other` is a stage"]);
    expect("stage a: u32 = select { stage b => 1, sleep(4s) => 2 }; stage b: u32 = *a; *b", &["`a → b → a`"]);
    expect("stage a: u32 = { select { stage a => 1, sleep(4s) => 2 } }; *a", &["a part of `a`"]);
    expect("#[lazy] stage b: u32 = 1; stage a: u32 = select { stage b => 1, sleep(4s) => *b }; *a", &["does not ask"]);
    expect("#[until(a)] stage a: Option<u32> = 1; 1", &["its own end"]);
    expect("#[until(b)] stage a: Option<u32> = 1; stage b: u32 = a.unwrap(); *b", &["can never cut"]);
    expect("stage b: u32 = 1; #[until(b)] stage a: Option<u32> = *b; 1", &["can never run"]);
    expect("for number in numbers { signal s: u32; *s }", &["in a `for`"]);
    expect("signal s1: u32; signal s_1: u32; *s1 + *s_1", &["both give the variant `S1`"]);
    expect("#[accept(*s > *start)] signal s: u32; *s", &["sees only the signal"]);
    expect("#[accept(matches!(s, 3) && s.ok())] signal s: u32; *s", &[]);
}

#[test]
fn permits_that_can_t_be_had() {
    expect("#[acquire(Pool::new(2), 3)] stage a: u32 = 1; *a", &["the pool holds 2"]);
    expect("#[acquire(service)] #[acquire(service)] stage a: u32 = 1; *a", &["stands twice"]);
    expect("#[acquire(service)] stage a: u32 = { #[acquire(service)] stage b: u32 = 1; *b }; *a", &["wait forever"]);
    expect("#[acquire(service)] stage a: u32 = { #[acquire(start)] stage b: u32 = 1; *b }; *a", &[]);
}

#[test]
fn what_is_caught_is_declared() {
    expect("#[catch] stage a: u32 = 1; *a", &["Result<u32, Failure>"]);
    expect("#[catch] stage a: Outcome = 1; *a", &[]);
    expect("#[catch] stage a: Result<u32, Problem> = 1; *a", &[]);
    expect("#[catch] stage a: Result<u32, Problem> = { 1 }; *a", &["no single expression"]);
    expect("#[catch] stage a: io::Result<u32> = 1; *a", &[]);
    expect("#[catch] stage a: Vec<u32> = for number in numbers { 1 }; *a", &["Vec<Result<u32, Failure>>"]);
}

#[test]
fn what_stands_in_a_stage_with_a_limit_fits() {
    let inside = |outer: &str, inner: &str| {
        format!("#[{outer}] stage a: u32 = {{ #[{inner}] stage b: u32 = c(start); *b }}; *a")
    };
    expect(&inside("deadline(1s)", "timeout(5s)"), &["never passes: the deadline of 1s"]);
    expect(&inside("timeout(1s)", "timeout(1s)"), &[]);
    expect(&inside("timeout(10s)", "retry(5, fixed(1min))"), &["can't fit into the timeout of 10s"]);
    // A limit around cuts no wait that ends with it: the attempt after that wait is polled first.
    expect(&inside("timeout(3s)", "retry(3, fixed(1s))"), &[]);
    expect(&inside("deadline(3s)", "retry(3, fixed(1s))"), &[]);
    expect("#[timeout(1s)] stage a = { stage b = sleep(1s); stage c = sleep(2s); }; 1", &["this sleep never ends"]);
    expect("#[timeout(3s)] stage a = { #[timeout(1s)] stage b = sleep(9s); }; 1", &["the timeout of 1s"]);
}

#[test]
fn pools_that_wait_for_each_other() {
    let held = "#[acquire(&pool)] stage a: u32 = { #[acquire((pool))] stage b: u32 = 1; *b }; *a";
    expect(held, &["both wait forever"]);
    let head = |wanted: &str| format!("#[acquire(pool)] stage a: u32 = select {{ stage b => 1 }}; {wanted} *a");
    expect(&head("#[acquire(pool)] stage b = c();"), &["while it waits here for `b`"]);
    expect(&head("stage b = { #[acquire(pool)] stage d = c(); };"), &["while it waits here for `d`"]);
    expect(&head("#[acquire(pool)] stage d: u32 = c(); stage b = c(d);"), &["while it waits here for `d`"]);
    expect(&head("#[acquire(other)] stage b = c();"), &[]);
    let lazy = "#[lazy] #[acquire(pool)] stage b: u32 = c(); \
        #[acquire(pool)] stage a: u32 = { stage d: u32 = if *start > 1 { *b } else { 1 }; *d }; *a";
    expect(lazy, &["while it waits here for `b`"]);
}

#[test]
fn members_and_items_that_are_too_few() {
    expect("stage a: Vec<u32> = quorum(2) { b(start), fail \"no\" }; 1", &["only one member may succeed"]);
    expect("stage a: u32 = race { fail \"no\", fail \"never\" }; *a", &["members all fail"]);
    expect("stage a: u32 = race { b(start), fail \"no\" }; *a", &[]);
    expect("stage a: Vec<u32> = quorum(3) for n in [1, 2] { b(n) }; 1", &["can't be reached by 2"]);
    expect("stage a: u32 = race for n in 0..1 { b(n) }; *a", &["always won by it"]);
    let tolerate = |count| {
        format!("#[catch] #[tolerate({count})] stage a: Vec<Result<u32, Failure>> = for n in [1, 2, 3] {{ b(n) }}; 1")
    };
    expect(&tolerate(9), &["no more than 3 items can fail"]);
    expect(&tolerate(2), &[]);
}

#[test]
fn heads_and_cuts_that_come_too_late() {
    let stages = "stage a: u32 = c(start); stage b: u32 = c(a);";
    expect(
        &format!("{stages} stage d: u32 = select {{ stage a => 1, stage b => 2 }}; *d"),
        &["this head can never decide"],
    );
    expect(&format!("{stages} stage d: u32 = select {{ stage a if *start > 1 => 1, stage b => 2 }}; *d"), &[]);
    let cut = |stages: &str| format!("signal stop: u32; {stages} *start");
    expect(
        &cut("stage a: u32 = c(stop); #[until(stop)] stage b: Option<u32> = c(a);"),
        &["it waits for `a`, which waits"],
    );
    expect(&cut("#[until(stop)] stage b: Option<u32> = c(stop);"), &["it waits for signal `stop`"]);
    expect(
        &cut("stage a: u32 = if *start > 1 { c(stop) } else { 1 }; #[until(stop)] stage b: Option<u32> = c(a);"),
        &[],
    );
}

#[test]
fn policies_of_what_can_t_fail() {
    expect("#[retry(3)] stage a: u32 = *start + 1; *a", &["can't fail"]);
    expect("#[fallback(2)] stage a: bool = *start == numbers.len; 1", &["can't fail"]);
    expect("#[retry(3)] stage a: u32 = b(start) + 1; *a", &[]);
    expect("#[retry(3)] stage a: Money = start + numbers; 1", &[]);
    expect("#[retry(3, if = busy)] #[retry(2, if = busy)] stage a: u32 = b(start); *a", &["has the same `if`"]);
}
