//! Mistakes: each gives one error, at the token between `«` and `»`.

use super::{around, read};

/// Returns the difference between the reported and the expected mistakes, if there is one.
pub(super) fn differs(marked: &str, expected: &[&str]) -> Option<String> {
    let mut source = String::new();
    let mut places = Vec::new();
    let (mut line, mut column) = (1, 1);
    for character in marked.chars() {
        match character {
            '«' => places.push((line, column)),
            '»' => {}
            '\n' => {
                source.push('\n');
                (line, column) = (line + 1, 1);
            }
            other => {
                source.push(other);
                column += 1;
            }
        }
    }
    let (_, mut told) = read(&source);
    told.sort();
    let seen: Vec<String> = told.iter().map(|(line, column, text)| format!("{line}:{column} {text}")).collect();
    let wanted: Vec<String> =
        places.iter().zip(expected).map(|((line, column), text)| format!("{line}:{column} {text}")).collect();
    assert_eq!(places.len(), expected.len(), "{marked}: as many places as texts\n{seen:#?}");
    let matches =
        seen.len() == wanted.len() && seen.iter().zip(&wanted).all(|(seen, wanted)| seen.starts_with(wanted.as_str()));
    (!matches).then(|| format!("{marked}\n  seen: {seen:?}\n  wanted: {wanted:?}\n"))
}

/// All of the table, so that one run shows all that is wrong.
#[track_caller]
fn check(table: impl IntoIterator<Item = (String, &'static str)>) {
    let wrong: Vec<String> = table.into_iter().filter_map(|(source, text)| differs(&source, &[text])).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One mistake in a body.
#[track_caller]
fn in_body(table: &[(&str, &'static str)]) {
    check(table.iter().map(|(body, text)| (around(body), *text)));
}

#[test]
fn headers() {
    check(
        [
            ("pub «fn» f() {}", "expected `workflow`"),
            ("«workflw» W() {}", "unknown item `workflw`, did you mean `workflow`?"),
            ("workflow «(») {}", "a workflow needs a name"),
            ("workflow «W» {}", "expected the inputs in parentheses after this"),
            ("workflow «W» -> T { x }", "expected the inputs in parentheses after this"),
            ("workflow W() «=>» T { x }", "a workflow's output type stands after `->`"),
            ("workflow W() «:» T { x }", "a workflow's output type stands after `->`"),
            ("workflow W() «T» { x }", "a workflow's output type stands after `->`"),
            ("workflow W() «()» -> T { x }", "expected `->`, `with`, `where` or the workflow's body"),
            ("workflow W() -> «->» T { x }", "`->` stands twice: remove one"),
            ("workflow W «W»() -> T { x }", "expected the workflow's inputs in parentheses"),
            ("workflow «workflow» W() -> T { x }", "`workflow` stands twice: remove one"),
            ("«w» orkflow W() -> T { x }", "unknown item `w orkflow`, did you mean `workflow`?"),
            ("workflow W() -> T workflow «W»() -> T { x }", "workflow `W` stands twice: first in line 1"),
            ("workflow W() -> T { x } workflow «W»() -> T { x }", "workflow `W` stands twice: first in line 1"),
            ("workflow W() -> T «wiht» a: A { x }", "unexpected `wiht`, did you mean `with`?"),
            ("workflow W() -> T «w» ith a: A { x }", "unexpected `w ith`, did you mean `with`?"),
            ("workflow W() -> T «wher» T: A { x }", "unexpected `wher`, did you mean `where`?"),
            ("workflow W() -> T «a»: A { x }", "expected `with` before service `a`"),
            ("workflow W() -> T with a: A with «a»: A { x }", "`a` is declared twice: first in line 1"),
            ("workflow W(a«;» A) -> T { x }", "expected `:`"),
            ("workflow W() -> «{» x }", "expected a type after `->`"),
            ("workflow W() -> T with «{» x }", "expected `name: Type` after `with`"),
            ("workflow W() -> T with «a» { x }", "service `a` needs a type\nhelp: a: Type"),
            ("workflow W() -> T with a: A«;» b: B { x }", "expected `,`: each service ends in one"),
            ("workflow W(«self») {}", "a workflow has no `self`: an input is `name: Type`"),
            ("workflow W(«&»self) {}", "a workflow has no `self`: an input is `name: Type`"),
            ("workflow W(«mut» a: T) {}", "an input can't be `mut`"),
            ("workflow W(«(»a, b): T) {}", "an input has one name, not a pattern"),
            ("workflow W(«Point» { x, y }: T) {}", "an input has one name, not a pattern"),
            ("workflow W(«a») {}", "input `a` needs a type\nhelp: a: Type"),
            ("workflow W(«type»: T) {}", "`type` is a keyword of Rust and can't name an input\nhelp: r#type"),
            ("workflow W(a: T, «,» b: T) {}", "an input needs a name"),
            ("workflow W(a: Vec<T«)» {}", "expected"),
            ("workflow W() -> «T»", "workflow `W` has no body"),
            ("workflow W(a: A «b»: B) {}", "unexpected `b`"),
            ("«#»![allow(a)] workflow W() {}", "an inner attribute has no place in a workflow"),
            ("#[«cfg_attr»(a, durable)] workflow W() {}", "`#[cfg_attr]` is not supported in a workflow"),
            ("#[version(«\"1\"»)] workflow W() {}", "`#[version]` takes one whole number\nhelp: #[version(1)]"),
            ("#[«version»] workflow W() {}", "`#[version]` takes one whole number"),
            ("#[«duarble»] workflow W() {}", "unknown attribute `#[duarble]`, did you mean `#[durable]`?"),
            ("workflow W() {} «;»", "expected `workflow`"),
        ]
        .map(|(source, text)| (source.to_owned(), text)),
    );
    assert!(read("").1[0].2.starts_with("no workflow is written here"));
}

#[test]
fn items() {
    in_body(&[
        ("stage a: A = f(«)» stage b: B = g();", "expected `;` after this"),
        ("stage a: A = «f» #[lazy] stage b: B = g();", "expected `;` after this"),
        ("stage a: A = { f() «}» let b: B = g();", "expected `;` after this"),
        ("signal a: «A» signal b: B;", "expected `;` after this"),
        ("signal a: Vec<A«>» stage b: B = a;", "expected `;` after this"),
        ("let a: A = b + «c» stage b: B = g();", "expected `;` after this"),
        ("stage a: A = f(«)» a", "expected `;` after this"),
        ("stage a: A = f(«)»", "expected `;` after this"),
        ("stage a: A = loop { break 1 «}» a", "expected `;` after this"),
        ("stage a: A = if b { 1 } else { 2 «}» f(a)", "expected `;` after this"),
        ("stage a: A = race { b, c «}» a", "expected `;` after this"),
        ("let a: A = «b» a", "expected `;` after this"),
        ("signal a: «A» a", "expected `;` after this"),
        ("stage a: A = «;» a", "stage `a` does not say what it does"),
        ("stage a: A«;» a", "stage `a` does not say what it does"),
        ("stage a«;» a", "stage `a` does not say what it does"),
        ("stage a: «=» f(); a", "expected a type after `:`"),
        ("stage a «A» = f(); a", "expected `:` and a type, or `=`"),
        ("stage a: A «f»(); a", "expected `=` and what the stage does"),
        ("stage a: A «=>» f(); a", "expected `=` and what the stage does"),
        ("stage a: A «==» f(); a", "expected `=` and what the stage does"),
        ("stage a: A = «==» f(); a", "expected an expression"),
        ("stage «:» A = f();", "a stage needs a name"),
        ("stage «=» f();", "a stage needs a name"),
        ("stage «1» = f();", "a stage needs a name"),
        ("stage «_»: A = f();", "a stage needs a name"),
        ("stage «mut» a: A = f();", "a stage can't be `mut`"),
        ("stage «type»: A = f();", "`type` is a keyword of Rust and can't name a stage\nhelp: r#type"),
        ("stage «(»a, b): A = f();", "a stage has one name, not a pattern"),
        ("stage a: «_» = f();", "this type can't be inferred"),
        ("stage a: Vec<A «=» f(); a", "expected"),
        ("stage a: A = f() «g»(); a", "unexpected `g`"),
        ("stage a: A = f(«,»);", "expected"),
        ("stage a: A = b +«;» a", "expected"),
        ("stage a: A = f();«;» a", "nothing stands before this `;`"),
        ("let «a» = f(); a", "a `let` in a workflow declares its type\nhelp: let a: Type = f();"),
        ("let «mut» a: A = f(); a", "a value can't be `mut`"),
        ("let «(»a, b) = f(); a", "a `let` in a workflow binds one name"),
        ("let «(»a, b): (A, B) = f(); a", "a `let` in a workflow binds one name"),
        ("let «Some»(a) = f(); a", "a `let` in a workflow binds one name"),
        ("let Some(a) = f() «else» { return b }; a", "a `let` in a workflow has no `else`"),
        ("let a: A«;» a", "expected `=` and a value"),
        ("let «=» f();", "a value needs a name"),
        ("signal a«;» a", "signal `a` needs the type of what it brings"),
        ("signal a: A «=» f(); a", "signal `a` gets its value from outside"),
        ("signal a «=» f(); a", "signal `a` needs the type"),
        ("«stge» a: A = f(); a", "unknown item `stge`, did you mean `stage`?"),
        ("«satge» a = f(); a", "unknown item `satge`, did you mean `stage`?"),
        ("«Stage» a = f(); a", "unknown item `Stage`, did you mean `stage`?"),
        ("«sig» nal a: A; a", "unknown item `sig nal`, did you mean `signal`?"),
        ("«singal» a: A; a", "unknown item `singal`, did you mean `signal`?"),
        ("«lte» a: A = b; a", "unknown item `lte`, did you mean `let`?"),
        ("«task» a: A = f(); a", "unknown item `task`: an item of a block is a `stage`, a `let` or a `signal`"),
        ("«a»: A = f(); a", "expected `stage` or `let` before `a`\nhelp: stage a: A = ..;"),
        ("«a»: A; a", "expected `stage` or `signal` before `a`\nhelp: signal a: A;"),
        ("stage a«;» A = f(); a", "expected `:` before the stage's type"),
        ("stage a «=» A = f(); a", "expected `:` before the stage's type"),
        ("stage a: «=» A f(); a", "expected a type after `:`"),
        ("stage a: A = match «match» b { C => d }; a", "`match` stands twice: remove one"),
        ("stage a: A = «b» { C => d }; a", "expected `match` before `b`: arms follow"),
        ("A { b «=>» c, d: e }", "expected `:` before the value of a field"),
        ("#[retry(3)] signal a: A «=» f(); a", "signal `a` gets its value from outside"),
        ("stage a: A = match b { C => d }«,» a", "expected `;`"),
        ("stage a: A = match b { C => d }«:» a", "expected `;`"),
        ("«#»[lazy]", "an attribute stands before what it is for"),
    ]);
}

#[test]
fn statements() {
    in_body(&[
        (
            "«f»(); stage a = g();",
            "a block is a graph, not a Rust block: a statement has no place in it\nhelp: stage name = f();",
        ),
        (
            "stage a = g(); «f»(a, &b)?;",
            "a block is a graph, not a Rust block: a statement has no place in it\nhelp: stage name = f(a, &b)?;",
        ),
        ("«f»() stage a = g();", "a block is a graph, not a Rust block: a statement"),
        (
            "«println»!(\"a\"); a",
            "a block is a graph, not a Rust block: a statement has no place in it\nhelp: stage name = println!(\"a\");",
        ),
        ("«x» = 1; a", "a block is a graph, not a Rust block: nothing is assigned in it\nhelp: stage x: Type = 1;"),
        ("«x» += 1; a", "a block is a graph, not a Rust block: a statement"),
        ("«for» x in xs { f(x) } stage a = g();", "a block is a graph, not a Rust block: a statement"),
        ("«for» x in xs { f(x) } a", "a block is a graph, not a Rust block: a statement"),
        ("«if» a { b } c", "a block is a graph, not a Rust block: a statement"),
        ("«{» f() } c", "a block is a graph, not a Rust block: a statement"),
        ("«while» a { b } c", "a block is a graph, not a Rust block: a `while` has no place in it"),
        ("«use» a::{b, c}; a", "a block is a graph, not a Rust block: put this `use` before the `workflow!`"),
        ("«fn» f() -> A { b } a", "a block is a graph, not a Rust block: put this `fn` before the `workflow!`"),
        (
            "«async» fn f() -> A { b } a",
            "a block is a graph, not a Rust block: put this `async` before the `workflow!`",
        ),
        ("«const» A: B = { c }; a", "a block is a graph, not a Rust block: put this `const` before the `workflow!`"),
        ("a«;»", "the tail of a block stands without `;`\nhelp: a"),
        ("return a«;»", "the tail of a block stands without `;`\nhelp: return a"),
        ("stage x = loop { break a«;» };", "the tail of a block stands without `;`\nhelp: break a"),
        (
            "stage x = loop { match a { _ => break b }«;» };",
            "the tail of a block stands without `;`\nhelp: match a { _ => break b }",
        ),
        ("for x in xs { f(x) }«;»", "the tail of a block stands without `;`"),
        ("«return» a; stage b = c();", "`return` ends its block: nothing can follow it"),
        ("f() «g»()", "unexpected `g`"),
        ("a «stage»", "unexpected `stage`"),
    ]);
}

#[test]
fn nodes() {
    in_body(&[
        ("stage a = if «{» b };", "expected a condition after `if`"),
        ("stage a = if «b»;", "expected the body of `if` after this"),
        ("stage a = if b { c } «{» d };", "unexpected `{`: nothing can follow the closing brace of this `if`"),
        ("stage a = if b { c } else «d»;", "expected `{` or `if` after `else`"),
        ("stage a = if b { c } else«;»", "expected `{` or `if` after `else`"),
        ("stage a = if b { c } «elif» d { e };", "unexpected `elif`"),
        ("stage a = if b «=» c { d };", "a condition assigns nothing"),
        ("stage a = if Some(b) «=» c { d };", "a condition assigns nothing"),
        ("stage a = { b «=>» c, d => e };", "unexpected `=>`: arms belong to a `match` or a `select`"),
        ("stage a: A «loop» b: B = c { break };", "expected `=` before `loop`"),
        ("stage a: A = loop b «B» = c { break };", "the state of a loop declares its type"),
        ("stage a: A = f(«)» zzz stage b: B = g();", "expected `;` after this"),
        ("«zzz» a: A; b", "unknown item `zzz`"),
        ("stage a = match «{» _ => b };", "expected what is matched after `match`"),
        ("stage a = match b { A => «c» B => d };", "expected `,` after this: another `=>` follows"),
        ("stage a = match b { A => f(«)» _ => d };", "expected `,` after this: another `=>` follows"),
        ("stage a = match b { «A», B => d };", "expected `=>` and what runs then"),
        ("stage a = match b { A «->» c, B => d };", "expected `=>`"),
        ("stage a = match b { A «=» c, B => d };", "expected `=>`"),
        ("stage a = match b { A «c»(), B => d };", "expected `=>`"),
        ("stage a = match b { «=>» c, B => d };", "expected a pattern before `=>`"),
        ("stage a = match b { A =>«,» B => d };", "expected what runs after `=>`"),
        ("stage a = match b { A => c, B =>«}»;", "expected what runs after `=>`"),
        ("stage a = match b { A => c«;» B => d };", "expected `,`"),
        ("stage a = match b { A if «=>» c, B => d };", "expected a condition after `if`"),
        ("stage a = match b { A => c,«,» B => d };", "expected a pattern before `=>`"),
        ("stage a = match b { A(«=») => d };", "expected"),
        ("stage a = loop b «{» c };", "the state of a loop starts as something"),
        ("stage a = loop b: B «{» c };", "the state of a loop starts as something"),
        ("stage a = loop b «=» c { d };", "the state of a loop declares its type"),
        ("stage a = loop b: B = «{» c };", "the state of a loop starts as something"),
        ("stage a = loop b: B = c(«)»;", "expected the body of `loop` after this"),
        ("stage a = «loop»;", "expected the body of `loop`"),
        ("stage a = loop b: B = «C» { d: 1 } { break };", "a struct literal before a block wants parentheses"),
        ("stage a = match «c»::D { e, f } { _ => g };", "a struct literal before a block wants parentheses"),
        ("stage a = if b == «C» { d: 1 } { e };", "a struct literal before a block wants parentheses"),
        ("stage a = loop «mut» b: B = c { break };", "a state of a loop can't be `mut`"),
        ("stage a = loop { break «'»b };", "loops of a workflow have no labels"),
        ("stage a = for b «c» { d };", "expected `in`"),
        ("stage a = for «in» c { d };", "expected a pattern after `for`"),
        ("stage a = for b in «{» d };", "expected what to go through after `in`"),
        ("stage a = for b in «c»;", "expected the body of `for` after this"),
        ("stage a = race { b() «c»() };", "unexpected `c`: an operator, `,` or `;` is missing before it"),
        ("stage a = race { { b «}» { c } };", "expected `,` after this: another member follows"),
        ("stage a = race { b«;» c };", "expected `,`"),
        ("stage a = race { b,«,» c };", "expected a node"),
        ("stage a = race«(»2) { b, c };", "a `race` takes no number"),
        ("stage a = quorum «{» b, c };", "a `quorum` needs the number"),
        ("stage a = quorum(«)» { b, c };", "a `quorum` needs the number"),
        ("stage a = race { b, c }«.»d(|| ());", "unexpected `.`: nothing can follow the closing brace of this `race`"),
        ("stage a = «rase» { b(), c() };", "unknown node `rase`, did you mean `race`?"),
        ("stage a = «selct» { signal b => c };", "unknown node `selct`, did you mean `select`?"),
        ("stage a = «sqe» { stage b = c(); };", "unknown node `sqe`, did you mean `seq`?"),
        ("stage a = «qourum»(2) { b, c };", "unknown node `qourum`, did you mean `quorum`?"),
        ("stage a = «rcae» for b in c { d };", "unknown node `rcae`, did you mean `race`?"),
        ("stage a = «mtach» b { C => d };", "unknown node `mtach`, did you mean `match`?"),
        ("stage a = «lop» b: C = d { break };", "unknown node `lop`, did you mean `loop`?"),
        ("stage a = loop { «braek» b };", "unknown node `braek`, did you mean `break`?"),
        ("stage a = «fial» \"b\";", "unknown node `fial`, did you mean `fail`?"),
        ("stage a = select { «sginal» b => c };", "unknown head `sginal`, did you mean `signal`?"),
        ("stage a = select { «f»() => c };", "a `select` waits for `name: Type = ..`"),
        ("stage a = select { b: B «=>» c };", "head `b` does not say what it waits for"),
        ("stage a = select { signal b «c» => d };", "unexpected `c`"),
        ("stage a = select { signal b«:» c, stage d => e };", "expected `=>`"),
        ("stage a = sleep(«)»;", "`sleep` takes one duration"),
        ("stage a = sleep(«5»);", "a duration needs a unit: us, ms, s, min, h or d\nhelp: 5s"),
        ("stage a = sleep(«5m»);", "`5m` may mean minutes or milliseconds: write `5min` or `5ms`"),
        ("stage a = sleep(«5sec»);", "unknown unit `sec`: a duration is in us, ms, s, min, h or d\nhelp: 5s"),
        ("stage a = sleep(«5w»);", "unknown unit `w`: a duration is in us, ms, s, min, h or d"),
        ("stage a = sleep(«\"5s\"»);", "expected a duration, found `\"5s\"`"),
        ("stage a = sleep(«-»5s);", "a duration can't be negative"),
        (
            "stage a = sleep(«99999999999999999999999999999999999999d»);",
            "`99999999999999999999999999999999999999d` is longer",
        ),
        ("stage a = sleep(«1e30s»);", "`1e30s` is longer"),
        ("stage a = sleep(1s, «2s»);", "`sleep` takes one duration"),
        ("stage a = sleep_until(«)»;", "`sleep_until` takes one `SystemTime`"),
        ("stage a = f(b, «+» c);", "expected"),
        ("stage a = f(b «c»);", "expected `,`"),
        ("stage a = b«.»;", "expected a field or a method after this `.`"),
        ("stage a = b«.» #[after(a)] stage c = d; e", "expected a field or a method after this `.`"),
        ("stage a = b«.» stage c = d; e", "expected a field or a method after this `.`"),
        ("stage a = b(c, async { d«.» }); e", "expected a field or a method after this `.`"),
        ("stage a = fail \"b\" «c»;", "unexpected `c`"),
        ("return b «c»", "unexpected `c`"),
    ]);
}

#[test]
fn attributes() {
    let table = [
        ("«unknown»", "unknown attribute `#[unknown]`"),
        ("«rety»(3)", "unknown attribute `#[rety]`, did you mean `#[retry]`?"),
        ("«depends_on»(a)", "unknown attribute `#[depends_on]`, did you mean `#[after]`?"),
        ("«clippy»::all", "unknown attribute `#[clippy]`"),
        ("«retry»", "`#[retry]` takes a number of further attempts\nhelp: #[retry(3)]"),
        ("retry(«)»", "`#[retry]` takes a number of further attempts\nhelp: #[retry(3)]"),
        ("retry «=» 3", "`#[retry]` takes a number of further attempts"),
        ("retry(«jitter» = none)", "`#[retry]` takes a number of further attempts"),
        ("retry(3, «jiter» = none)", "unknown option `jiter` of `#[retry]`, did you mean `jitter`?"),
        ("retry(3, «what»)", "unknown option `what` of `#[retry]`: it takes `fixed`, `exponential`, `jitter`, `if`"),
        ("retry(3, jitter = «full»)", "`jitter` can only be turned off"),
        ("retry(3, fixed(1s), «exponential»(1s..2s))", "the wait between attempts is given twice"),
        ("retry(3, exponential(«1s»))", "`exponential` takes the first wait and the longest"),
        ("retry(3, exponential(1s«..=»2s))", "the range of waits is written with `..`"),
        ("retry(3, exponential(1s«..»))", "`exponential` takes the first wait and the longest"),
        ("retry(3, exponential(«1»..2s))", "a duration needs a unit"),
        ("retry(3, fixed(«)»)", "`fixed` takes one duration"),
        ("retry(3, fixed «=» 1s)", "`fixed` takes one duration"),
        ("retry(3, if = «|»e| true)", "`if` takes the path of a function"),
        ("timeout(«30»)", "a duration needs a unit: us, ms, s, min, h or d\nhelp: 30s"),
        ("timeout(«5m»)", "`5m` may mean minutes or milliseconds"),
        ("timeout(1s, «2s»)", "`#[timeout]` takes one duration"),
        ("«timeout»", "`#[timeout]` takes one duration"),
        ("after(«)»", "`#[after]` takes the names of stages or signals"),
        ("after(«f»(a))", "`#[after]` takes the names of stages or signals"),
        ("after(a, «1»)", "`#[after]` takes the names of stages or signals"),
        ("when(let Some(a)«)»", "`#[when]` takes a condition"),
        ("when(let Some(a) =«)»", "expected an expression after `=`"),
        ("max(3, «els» = 1)", "unknown option `els` of `#[max]`, did you mean `else`?"),
        ("max(3, else =«)»", "expected a node after `else =`"),
        ("max(3, else «1»)", "`else` takes the node that gives the value\nhelp: else = .."),
        ("lazy(«a»)", "`#[lazy]` takes nothing in parentheses"),
        ("undo(f(), on = «success»)", "`on` can only be `attempt`"),
        ("undo(f(), retry(«)»)", "`#[retry]` takes a number of further attempts"),
        ("breaker(failures = 3«)»", "`#[breaker]` takes a number of failures and a cooldown"),
        ("breaker(failures = 3, «cooldwn» = 3s)", "unknown option `cooldwn` of `#[breaker]`, did you mean `cooldown`?"),
        ("cache(ttl = 3s«)»", "`#[cache]` takes a key"),
        ("cache(«a»)", "unknown option `a` of `#[cache]`: it takes `key`, `ttl`"),
        ("tolerate(«%»)", "`#[tolerate]` takes how many items may fail"),
        ("until(a, «b»)", "`#[until]` takes the name of one stage or signal"),
        ("retry(3 «4»)", "unexpected `4`"),
        ("fallback(f(«,»))", "expected"),
        ("retry(3) «x»", "unexpected `x`"),
        ("«cfg_attr»(a, lazy)", "`#[cfg_attr]` is not supported in a workflow"),
    ];
    check(table.map(|(source, text)| (around(&format!("#[{source}] stage x = f(); #[lazy] stage y = g();")), text)));
    check([(around("«#»![lazy] stage x = f();"), "an inner attribute has no place in a workflow")]);
    check([(around("#[«]» stage x = f();"), "expected an attribute's name")]);
}
