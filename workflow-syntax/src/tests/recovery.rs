//! Several mistakes at once, each reported where it stands; and what is still read beside them.

use super::{around, describe, mistakes::differs, read};

#[track_caller]
fn check(marked: &str, expected: &[&str]) {
    if let Some(difference) = differs(marked, expected) {
        panic!("{difference}");
    }
}

/// Returns the body that the parser reads from a source with mistakes.
fn body(source: &str) -> String {
    let (workflows, told) = read(&around(source));
    assert!(!told.is_empty(), "{source}");
    describe::workflows(&workflows).replace("workflow W()->T with() where() ", "")
}

#[test]
fn each_mistake_is_told_once() {
    check(
        "pub workflow W(«mut» a: A, b: Vec<B>) -> T
        with s: S, «t»
        {
            stage one: A = f(a, «+» b);
            #[«rety»(3)]
            stage two: B = g(one«)»
            «stge» three: C = h(two);
            let «four» = three + 1;
            stage five: D = match four {
                A => x,
                B «=» y,
                C => loop state: S «{» break },
                D => z,
            };
            «println»!(\"{five}\");
            #[timeout(«5m»)]
            signal six: E;
            stage seven: F = select {
                signal six => six,
                «sginal» eight => nine,
            };
            seven«;»
        }
        workflow «V» -> T { x }
        «workflw» U() { stage a: A = «;» }",
        &[
            "an input can't be `mut`",
            "service `t` needs a type",
            "expected",
            "unknown attribute `#[rety]`",
            "expected `;` after this",
            "unknown item `stge`",
            "a `let` in a workflow declares its type",
            "expected `=>` and what runs then",
            "the state of a loop starts as something",
            "a block is a graph, not a Rust block",
            "`5m` may mean",
            "unknown head `sginal`",
            "the tail of a block stands without `;`",
            "expected the inputs in parentheses",
            "unknown item `workflw`, did you mean `workflow`?",
            "stage `a` does not say what it does",
        ],
    );
}

#[test]
fn a_mistake_in_a_nested_block_hides_nothing_around_it() {
    check(
        "workflow W() {
            stage a: A = seq {
                stage b: B = race { f(«,»), g(1 «2») };
                stage c: C = if «{» d };
            };
            stage e: E = sleep(«5»);
        }",
        &["expected", "expected `,`", "expected a condition after `if`", "a duration needs a unit"],
    );
}

#[test]
fn what_stands_beside_a_mistake_is_read() {
    for (source, expected) in [
        ("stage a: A = f(,); stage b: B = g(); b", "{stage a:A=error; stage b:B=`g()`; `b`}"),
        ("stage a: A = f() stage b: B = g(); b", "{stage a:A=`f()`; stage b:B=`g()`; `b`}"),
        ("stage a: A = f() b", "{stage a:A=`f()`; `b`}"),
        ("stage a: Vec<A = f(); a", "{stage a:__unread=`f()`; `a`}"),
        ("stage a: A; a", "{stage a:A=error; `a`}"),
        ("stage a A = f(); a", "{stage a:A=`f()`; `a`}"),
        ("#[retry(3)] signal a: A = f(); a", "{#retry[3]stage a:A=`f()`; `a`}"),
        ("#[timeout(3s)] signal a: A = f(); a", "{#timeout[3000000000ns]signal a:A; `a`}"),
        ("stge a: A = f(); a", "{stage a:A=`f()`; `a`}"),
        ("sginal a: A; a", "{signal a:A; `a`}"),
        ("sig nal a: A; a", "{signal a:A; `a`}"),
        ("a: A = f(); a", "{stage a:A=`f()`; `a`}"),
        ("let a = f(); a", "{let a:__unread=f(); `a`}"),
        ("let (a, b) = f(c); a", "{let a:__unread=f(c); let b:__unread=f(c); `a`}"),
        ("let Some(a) = f(c) else { return d }; a", "{let a:__unread=f(c)else{returnd}; `a`}"),
        ("let mut a: A = f(); a", "{let a:__unread=:A=f(); `a`}"),
        ("#[rety(3)] #[lazy] stage a: A = f(); a", "{#lazy[]stage a:A=`f()`; `a`}"),
        ("f(); a", "{`a`}"),
        ("a;", "{`a`}"),
        ("stage a: A = match b { C => d, E f, G => h };", "{stage a:A=match b[C=>`d`,_=>error,G=>`h`];}"),
        ("stage a: A = match b { C => d(,), G => h };", "{stage a:A=match b[C=>error,G=>`h`];}"),
        ("stage a: A = match b { C(=) => d, G => h };", "{stage a:A=match b[C(=)=>`d`,G=>`h`];}"),
        ("stage a: A = if b + { c } else { d };", "{stage a:A=error;}"),
        ("stage a: A = if b ! c { c } else { d };", "{stage a:A=if b!c{`c`}else{`d`};}"),
        ("stage a: A = race { b, c(,), d };", "{stage a:A=race[`b`,error,`d`];}"),
        ("stage a: A = loop { break b } c; d", "{stage a:A=loop{break `b`}; `d`}"),
        ("stage a: A = loop b: B = C { d: 1 } { break b };", "{stage a:A=loop b:B=`(C{d:1})`{break `b`};}"),
    ] {
        assert_eq!(body(source), expected, "{source}");
    }
}

#[test]
fn a_broken_header_keeps_its_name() {
    for (source, expected) in [
        ("workflow W -> T { x }", "workflow W()->T with() where() {`x`}"),
        ("workflow W(a) -> T { x }", "workflow W(a:__unread)->T with() where() {`x`}"),
        ("workflow W() -> { x }", "workflow W()->__unread with() where() {`x`}"),
        ("workflow W() => T { x }", "workflow W()->T with() where() {`x`}"),
        ("workflow W<T() { x }", "workflow W()->() with() where() {`x`}"),
        ("workflow W()", "workflow W()->() with() where() {}"),
        ("workflow W", "workflow W()->() with() where() {}"),
        ("fn W() { x }", "workflow W()->() with() where() {`x`}"),
        (
            "workflow A() workflow B() { x }",
            "workflow A()->() with() where() {}\nworkflow B()->() with() where() {`x`}",
        ),
        (
            "workflow A() -> #[durable] pub workflow B() { x }",
            "workflow A()->__unread with() where() {}\n#durable[]pubworkflow B()->() with() where() {`x`}",
        ),
        ("workflow () { x } workflow B() { x }", "workflow B()->() with() where() {`x`}"),
    ] {
        let (workflows, told) = read(source);
        assert_eq!(told.len(), 1, "{source} {told:?}");
        assert_eq!(describe::workflows(&workflows), expected, "{source}");
    }
}
