//! Every construct, written as it should be.

use super::{around, read_clean};

/// The body of a workflow without mistakes.
fn body(source: &str) -> String {
    let described = read_clean(&around(source));
    let body = described.strip_prefix("workflow W()->T with() where() {").and_then(|rest| rest.strip_suffix('}'));
    body.expect("the header of a test is known").to_owned()
}

#[track_caller]
fn node(source: &str, expected: &str) {
    for (before, after) in [
        ("stage x: T = ", ";"),
        ("", ""),
        ("stage x = race { ", ", b };"),
        ("stage x = match y { _ => ", " };"),
        ("stage x = race { b, ", " };"),
    ] {
        let described = body(&format!("{before}{source}{after}"));
        assert!(described.contains(expected), "{before}{source}{after}\n{described}\n{expected}");
    }
}

#[test]
fn the_example_of_the_language() {
    let read = read_clean(
        "
        /// Onboards one customer.
        pub workflow CustomerOnboarding(application: Application) -> Account
        with services: Services
        {
            stage profile: Profile = data_entry(services, application);
            #[retry(5, exponential(200ms..30s))]
            #[timeout(2min)]
            stage background: Background = background_check(services, application);
            #[max(3)]
            stage verified: Dossier = loop dossier: Dossier = assemble(profile, background) {
                stage verdict: Verdict = verify(dossier);
                match verdict {
                    Verdict::Valid => break dossier,
                    Verdict::Invalid(problems) => continue correct(dossier, problems),
                }
            };
            #[undo(close_account(services, account))]
            stage account: Account = create_account(services, verified);
            stage opened = seq {
                stage welcome = welcome_email(services, account);
                stage access = grant_access(services, account);
            };
            account
        }",
    );
    assert_eq!(
        read,
        "#[doc=\"Onboardsonecustomer.\"]pubworkflow CustomerOnboarding(application:Application)->Account \
         with(services:Services) where() {stage profile:Profile=`data_entry(services,application)`; \
         #retry[5 exponential 200000000ns..30000000000ns]#timeout[120000000000ns]\
         stage background:Background=`background_check(services,application)`; \
         #max[3 else]stage verified:Dossier=loop dossier:Dossier=`assemble(profile,background)`\
         {stage verdict:Verdict=`verify(dossier)`; match verdict[Verdict::Valid=>break `dossier`,\
         Verdict::Invalid(problems)=>continue `correct(dossier,problems)`]}; \
         #undo[close_account(services,account) retries() timeout() attempt(false)]\
         stage account:Account=`create_account(services,verified)`; \
         stage opened=seq{stage welcome=`welcome_email(services,account)`; stage access=`grant_access(services,account)`;}; \
         `account`}"
    );
}

#[test]
fn headers() {
    for (source, expected) in [
        ("workflow W() {}", "workflow W()->() with() where() {}"),
        ("pub(crate) workflow W() -> Vec<T> { x }", "pub(crate)workflow W()->Vec<T> with() where() {`x`}"),
        (
            "#[durable] #[version(3)] workflow W<'a, K: Ord, const N: usize>(a: Map<K, V>, b: [u8; N],) -> Result<A, B> with s: S<A, B>, t: T, where K: Clone, V: Fn(A) -> B { }",
            "#durable[]#version[3]workflow W<'a,K:Ord,constN:usize>(a:Map<K,V>,b:[u8;N])->Result<A,B> with(s:S<A,B>,t:T) where(whereK:Clone,V:Fn(A)->B) {}",
        ),
        (
            "workflow W(f: Box<dyn Fn(A) -> B>) -> Box<dyn Fn(A) -> B> where A: X with s: S {}",
            "workflow W(f:Box<dynFn(A)->B>)->Box<dynFn(A)->B> with(s:S) where(whereA:X) {}",
        ),
        (
            "workflow A() { x } #[deadline(1h)] /// B\n pub workflow B() { y }",
            "workflow A()->() with() where() {`x`}\n#[doc=\"B\"]#deadline[3600000000000ns]pubworkflow B()->() with() where() {`y`}",
        ),
        ("workflow r#type(r#in: T) {}", "workflow r#type(r#in:T)->() with() where() {}"),
        ("workflow W(#[allow(unused)] a: T) {}", "workflow W(#[allow(unused)]a:T)->() with() where() {}"),
        ("workflow W() -> Sized<{ N }> {}", "workflow W()->Sized<{N}> with() where() {}"),
    ] {
        assert_eq!(read_clean(source), expected, "{source}");
    }
}

#[test]
fn items() {
    for (source, expected) in [
        ("stage a = f();", "stage a=`f()`;"),
        ("stage a: Map<K, V> = f();", "stage a:Map<K,V>=`f()`;"),
        ("stage a: Vec<T>= f();", "stage a:Vec<T>=`f()`;"),
        ("stage a: Box<dyn Iterator<Item = T>> = f();", "stage a:Box<dynIterator<Item=T>>=`f()`;"),
        ("stage a: fn(A) -> B = f;", "stage a:fn(A)->B=`f`;"),
        (
            "/// doc\n #[cfg(x)] #[allow(y)] #[lazy] stage a = f();",
            "#[doc=\"doc\"]#[cfg(x)]#[allow(y)]#lazy[]stage a=`f()`;",
        ),
        ("let a: T = b + 1; a", "let a:T=b+1; `a`"),
        ("let a: bool = b < c && d > e; a", "let a:bool=b<c&&d>e; `a`"),
        ("signal a: Vec<T>; a", "signal a:Vec<T>; `a`"),
        ("#[timeout(1d)] #[accept(*a > 3)] signal a: T; a", "#timeout[86400000000000ns]#accept[*a>3]signal a:T; `a`"),
        ("stage r#match = f(r#match);", "stage r#match=`f(r#match)`;"),
        ("stage stage: T = f(); stage", "stage stage:T=`f()`; `stage`"),
        ("signal signal: T; signal.x", "signal signal:T; `signal.x`"),
        ("stage a: T = if let T { x } = y { 1 } else { 2 };", "stage a:T=if letT{x}=y{`1`}else{`2`};"),
        ("", ""),
    ] {
        assert_eq!(body(source), expected, "{source}");
    }
}

#[test]
fn nodes() {
    node("f(a, b)", "`f(a,b)`");
    node("{ stage y: T = f(); y }", "{stage y:T=`f()`; `y`}");
    node("seq { stage y = f(); }", "seq{stage y=`f()`;}");
    node(
        "if *c { a } else if d == e { b } else { stage g: T = f(); g }",
        "if *c{`a`}else if d==e{`b`}else{stage g:T=`f()`; `g`}",
    );
    node("if let Some(x) = y && x > 3 { a }", "if letSome(x)=y&&x>3{`a`}");
    node("if let Point { x, y } = point { a }", "if letPoint{x,y}=point{`a`}");
    node(
        "match x { A { b, c } if *b => f(b, c), B | C => { a } D => seq { } _ => g() }",
        "match x[A{b,c} if *b=>`f(b,c)`,B|C=>{`a`},D=>seq{},_=>`g()`]",
    );
    node("match (a, b) { (1..=2, _) => x, | A => y }", "match (a,b)[(1..=2,_)=>`x`,|A=>`y`]");
    node("match f(|x| { x }) { #[cfg(a)] A => b }", "match f(|x|{x})[#[cfg(a)]A=>`b`]");
    node(
        "match x { A => #[max(3)] loop { break } B => #[concurrency(2)] for a in b { c } }",
        "A=>#max[3 else]loop{break},B=>#concurrency[2]for a in b{`c`}",
    );
    node(
        "match x { A => if a { b } else { c } B => race { d, e } C => 1 }",
        "A=>if a{`b`}else{`c`},B=>race[`d`,`e`],C=>`1`",
    );
    node(
        "match x { A => |a, b| a + b, B => f::<C, D>(), E => g as H<I, J>, }",
        "A=>`|a,b|a+b`,B=>`f::<C,D>()`,E=>`gasH<I,J>`",
    );
    node("match x { A => { 1 }.f(), B => match y { _ => 2 } + 1 }", "A=>`{1}.f()`,B=>`matchy{_=>2}+1`");
    node(
        "match x { A if let Some(b) = c => d, E => return 1, F => return, G => fail \"no\" }",
        "A if letSome(b)=c=>`d`,E=>return 1,F=>return ,G=>fail \"no\"",
    );
    node("loop { break x }", "loop{break `x`}");
    node("loop s: S = f(x) { continue g(s) }", "loop s:S=`f(x)`{continue `g(s)`}");
    node(
        "loop s: Map<K, V> = { stage z: T = f(); z } { break { s } }",
        "loop s:Map<K,V>={stage z:T=`f()`; `z`}{break {`s`}}",
    );
    node("loop s: S = if a { b } else { c } { break }", "loop s:S=if a{`b`}else{`c`}{break}");
    node("loop s: S = race { a, b } { break }", "loop s:S=race[`a`,`b`]{break}");
    node("loop s: S = f(|x| { x }).g { break }", "loop s:S=`f(|x|{x}).g`{break}");
    node("loop s: S = (S { a: 1 }) { break }", "loop s:S=`(S{a:1})`{break}");
    node("loop s: S = f::<A, B>() { break }", "loop s:S=`f::<A,B>()`{break}");
    node("loop s: S = |a| { a } { break }", "loop s:S=`|a|{a}`{break}");
    node("loop s: S = async { a } { break }", "loop s:S=`async{a}`{break}");
    node("for x in xs { f(x) }", "for x in xs{`f(x)`}");
    node("for Point { x, y } in xs.iter().map(|p| { p }) { f(x) }", "for Point{x,y} in xs.iter().map(|p|{p}){`f(x)`}");
    node("for (i, x) in 0..*count { f(x) }", "for (i,x) in 0..*count{`f(x)`}");
    node("for x in match y { _ => z } { f(x) }", "for x in matchy{_=>z}{`f(x)`}");
    node("race { a(), { b } c }".replace("} c", "}, c").as_str(), "race[`a()`,{`b`},`c`]");
    node("race { |a, b| c, f::<A, B>(), if a { b } else { c } }", "race[`|a,b|c`,`f::<A,B>()`,if a{`b`}else{`c`}]");
    node("race for x in xs { f(x) }", "race for x in xs{`f(x)`}");
    node("quorum(2) { a, b, c, }", "quorum(2)[`a`,`b`,`c`]");
    node("quorum(*n) for x in xs { f(x) }", "quorum(*n) for x in xs{`f(x)`}");
    node(
        "select { a: Map<K, V> = f() => a, signal s if *c => g(s), stage t => { t } sleep(1min) => fail \"late\", }",
        "select[a:Map<K,V>=`f()`=>`a`,signal s if *c=>`g(s)`,stage t=>{`t`},sleep(60000000000ns)=>fail \"late\"]",
    );
    node(
        "select { a: T = if b { c } else { d } if *e => a, f: T = g(|x, y| x) => race { a, b } stage h => 1 }",
        "select[a:T=if b{`c`}else{`d`} if *e=>`a`,f:T=`g(|x,y|x)`=>race[`a`,`b`],stage h=>`1`]",
    );
    node("sleep(1.5s)", "sleep(1500000000ns)");
    node("sleep(*pause)", "sleep(*pause)");
    node("sleep_until(*time)", "sleep_until(*time)");
    node("return", "return");
    node("return f(x)", "return f(x)");
    node("fail \"no\"", "fail \"no\"");
    node("fail (x)", "fail (x)");
    node("fail &failure", "fail &failure");
    node("fail Error { a: 1 }", "fail Error{a:1}");
    node("break", "break");
    node("break race { a, b }", "break race[`a`,`b`]");
    node("continue", "continue");
    node("continue f(x)", "continue `f(x)`");
    node("#[max(2)] loop { break }", "#max[2 else]loop{break}");
}

#[test]
fn expressions_that_look_like_nodes() {
    for source in [
        "match a { _ => b }.c()",
        "if a { 1 } else { 2 } + 3",
        "race(a)",
        "select",
        "seq.x",
        "sleep(1).await",
        "sleep(a).b()",
        "fail::a(b)",
        "fail.a",
        "fail!(a)",
        "fail",
        "quorum(2)",
        "race.for_each(a)",
        "{ a }.b()",
        "loop { break 1 } as u8",
        "sleep_until",
        "seq(a)",
        "select!{ a }",
        "unsafe { a }",
        "async { a }",
        "async move { a.await? }",
        "Race { a: 1 }",
        "race { a: 1 }.b",
        "move || a",
        "a..b",
        "-a",
        "!a",
        "&a",
        "while a { b }",
        "'a: loop { break 'a }",
        "timespec { sec: 1 }",
        "vec![a, b]",
        "\"text\"",
        "a < b",
        "a as u8",
        "<A as B<C, D>>::e(f)",
        "let_it",
        "stages(a)",
    ] {
        let described = body(&format!("stage x: T = {source};"));
        assert!(described.contains("=`") && described.ends_with("`;"), "{source}: {described}");
    }
}

#[test]
fn policies() {
    for (source, expected) in [
        ("after(a, b)", "after[a,b]"),
        ("when(*a > 3)", "when[*a>3]"),
        ("when(let Some(b) = a)", "when[let Some(b)=a]"),
        ("when(let Point { x, .. } = a.b())", "when[let Point{x,..}=a.b()]"),
        ("lazy", "lazy[]"),
        ("lazy()", "lazy[]"),
        ("max(3)", "max[3 else]"),
        ("max(3, else = { stage y: T = f(); y })", "max[3 else {stage y:T=`f()`; `y`}]"),
        ("concurrency(*n)", "concurrency[*n]"),
        ("spawn", "spawn[]"),
        ("blocking", "blocking[]"),
        ("was(old)", "was[old]"),
        ("retry(3)", "retry[3]"),
        ("retry(3, fixed(1s))", "retry[3 fixed 1000000000ns]"),
        (
            "retry(3, jitter = none, exponential(1us..*last), if = a::b::<C, D>)",
            "retry[3 exponential 1000ns..*last exact if a::b::<C,D>]",
        ),
        ("timeout(1_000ms)", "timeout[1000000000ns]"),
        ("timeout(Duration::from_secs(3))", "timeout[Duration::from_secs(3)]"),
        ("deadline(3d)", "deadline[259200000000000ns]"),
        ("fallback(f(failure))", "fallback[`f(failure)`]"),
        ("fallback(race { a, b })", "fallback[race[`a`,`b`]]"),
        ("catch", "catch[]"),
        ("tolerate(3)", "tolerate[3]"),
        ("tolerate(5%)", "tolerate[5%]"),
        ("tolerate(a % b)", "tolerate[a%b]"),
        ("until(a)", "until[a]"),
        ("undo(f(|a, b| c))", "undo[f(|a,b|c) retries() timeout() attempt(false)]"),
        (
            "undo(f(), on = attempt, retry(2), retry(3, fixed(1s)), timeout(5s))",
            "undo[f() retries(2;3 fixed 1000000000ns) timeout(5000000000ns) attempt(true)]",
        ),
        ("breaker(failures = 5, cooldown = 30s)", "breaker[5 30000000000ns]"),
        ("breaker(cooldown = 30s, failures = 5)", "breaker[5 30000000000ns]"),
        ("acquire(pool)", "acquire[pool ]"),
        ("acquire(pool, *n)", "acquire[pool *n]"),
        ("cache(key = (a, b), ttl = 1h)", "cache[(a,b) 3600000000000ns]"),
        ("cache(key = a)", "cache[a ]"),
    ] {
        assert_eq!(body(&format!("#[{source}] stage x = f();")), format!("#{expected}stage x=`f()`;"), "{source}");
    }
}

#[test]
fn durations() {
    for (source, nanoseconds) in [
        ("1us", 1_000_u128),
        ("1.5s", 1_500_000_000),
        ("0.25ms", 250_000),
        ("1_000_000us", 1_000_000_000),
        ("2min", 120_000_000_000),
        ("1.5h", 5_400_000_000_000),
        ("1e3s", 1_000_000_000_000),
        ("1e-3s", 1_000_000),
        ("0s", 0),
        ("0.0000001us", 0),
    ] {
        assert_eq!(
            body(&format!("stage x = sleep({source});")),
            format!("stage x=sleep({nanoseconds}ns);"),
            "{source}"
        );
    }
}
