//! The layout of each construct.

mod sources;

use workflow_fmt::format_rust;

/// Checks what a file becomes, and that it stays so.
fn check(before: &str, after: &str) {
    let rustfmt = sources::rustfmt();
    for code in [before, after] {
        let formatted = format_rust(code, &rustfmt).expect("rustfmt runs");
        assert_eq!(formatted.left, [], "{code}");
        assert_eq!(formatted.text, after);
    }
}

/// Checks what the items of a block become.
fn check_items(before: &str, after: &str) {
    let lines = |text: &str| {
        text.lines().map(|line| format!("        {line}").trim_end().to_owned() + "\n").collect::<String>()
    };
    let file = |items: &str| format!("workflow! {{\n    workflow W() {{\n{items}    }}\n}}\n");
    check(&file(&format!("{before}\n")), &file(&lines(after)));
}

#[test]
fn headers() {
    check(
        "workflow! { #[durable] #[deadline(3d)] /// Doc\n pub(crate) workflow A<T>(a: u32, #[cfg(x)] b: T) -> u32 with c: C where T: Send { *a }\n\n\n workflow B() {} }",
        "\
workflow! {
    #[durable]
    #[deadline(3d)]
    /// Doc
    pub(crate) workflow A<T>(a: u32, #[cfg(x)] b: T) -> u32
    with c: C
    where
        T: Send,
    {
        *a
    }

    workflow B() {}
}",
    );
    let long = |prefix: &str| (0..9).map(|number| format!("{prefix}{number}: Type{number}")).collect::<Vec<_>>();
    check(
        &format!("workflow! {{ workflow A({}) with {} {{}} }}", long("name").join(", "), long("other").join(",")),
        &format!(
            "workflow! {{\n    workflow A(\n        {},\n    )\n    with\n        {},\n    {{\n    }}\n}}",
            long("name").join(",\n        "),
            long("other").join(",\n        ")
        ),
    );
}

#[test]
fn comments_of_a_header() {
    check(
        "workflow! { // first\n workflow A() -> u32 // out\n with /* c */ a: A, // a\n b: B // b\n { 1 // one\n } // last\n }",
        "\
workflow! {
    // first
    workflow A() -> u32
    with
        // out
        /* c */ a: A, // a
        b: B, // b
    {
        1 // one
    } // last
}",
    );
}

#[test]
fn items_and_attributes() {
    check_items(
        "#[ retry ( 3 , exponential( 1s .. 5s ),jitter=none, if = soft ,) ] #[when( let Some(x) = a )] #[tolerate( 5 % )] stage r#type:Option<u32>=go( a,b ) ; // why\n let x:u32=a+b; signal s : S;\n\n\n\n /* last */ stage y = z;",
        "\
#[retry(3, exponential(1s..5s), jitter = none, if = soft)]
#[when(let Some(x) = a)]
#[tolerate(5%)]
stage r#type: Option<u32> = go(a, b); // why
let x: u32 = a + b;
signal s: S;

/* last */
stage y = z;",
    );
}

#[test]
fn members() {
    check_items(
        "stage a: u32 = race{b(1),c(2)}; stage d: Vec<u32> = quorum ( 2 ) { { 1 }, for x in y { z(x) }, e }; race for x in y { z(x) }",
        "\
stage a: u32 = race { b(1), c(2) };
stage d: Vec<u32> = quorum(2) {
    {
        1
    },
    for x in y {
        z(x)
    },
    e,
};
race for x in y {
    z(x)
}",
    );
}

#[test]
fn arms() {
    check_items(
        "match a { A => { b }, B if c => if d { e } else { f }, C => #[max(3)] #[lazy] loop s: S = t { break s } D => {}, E => return, F => seq { stage x = y(); }, }",
        "\
match a {
    A => {
        b
    }
    B if c => if d { e } else { f },
    C => #[max(3)] #[lazy] loop s: S = t {
        break s
    },
    D => {}
    E => return,
    F => seq {
        stage x = y();
    },
}",
    );
    let (long, longer) = ("a".repeat(40), "b".repeat(40));
    check_items(
        &format!(
            "match a {{ Pattern(with, parts) => {long}(\"a\", {longer}), Pattern(of, others) => fail {long}({longer}) }}"
        ),
        &format!(
            "match a {{\n    Pattern(with, parts) =>\n        {long}(\"a\", {longer}),\n    Pattern(of, others) =>\n        fail {long}({longer}),\n}}"
        ),
    );
}

#[test]
fn heads() {
    check_items(
        "select { a: A = b(c) if d => e, f: F = { stage g: G = h(); g } => i, signal j => k, stage l=>m, sleep( 30s ) if n => fail \"no\", o: O = match p { q => r } if s => t }",
        "\
select {
    a: A = b(c) if d => e,
    f: F = {
        stage g: G = h();
        g
    } => i,
    signal j => k,
    stage l => m,
    sleep(30s) if n => fail \"no\",
    o: O = match p {
        q => r,
    } if s => t,
}",
    );
}

#[test]
fn endings() {
    check_items(
        "stage a: u32 = #[max(3, else = fail \"no\")] loop b: u32 = { c } { if *b > 1 { break race { { d }, e } } else { continue  match b { _ => 1 } } }; return 5",
        "\
stage a: u32 = #[max(3, else = fail \"no\")] loop b: u32 = { c } {
    if *b > 1 {
        break race {
            {
                d
            },
            e,
        }
    } else {
        continue match b {
            _ => 1,
        }
    }
};
return 5",
    );
}

#[test]
fn a_block_that_rustfmt_adds_is_no_scope() {
    let (pattern, name) = ("a".repeat(40), "b".repeat(60));
    check_items(
        &format!("match a {{ {pattern} => return {name}(b), {pattern} => /* why */ return 7, _ => c }}"),
        &format!(
            "match a {{\n    {pattern} =>\n        return {name}(b),\n    {pattern} =>\n        /* why */\n        return 7,\n    _ => c,\n}}"
        ),
    );
}

#[test]
fn strings_of_several_lines_stay() {
    check(
        "workflow! { workflow A() { match a { B => if c { d(\"1\n  2\") } else { e }, } } }",
        "\
workflow! {
    workflow A() {
        match a {
            B => if c {
                d(\"1
  2\")
            } else {
                e
            },
        }
    }
}",
    );
}

#[test]
fn a_macro_anywhere() {
    check(
        "mod a {\n    fn b() {\n        workflow_runtime::workflow!(workflow C() { stage d = e(); });\n    }\n}\n  workflow! [ workflow F() {} ];\n",
        "mod a {\n    fn b() {\n        workflow_runtime::workflow!(\n            workflow C() {\n                stage d = e();\n            }\n        );\n    }\n}\n  workflow! [\n      workflow F() {}\n  ];\n",
    );
    check("workflow! {\r\n  workflow A() {}\r\n}\r\n", "workflow! {\r\n    workflow A() {}\r\n}\r\n");
    check("#!/usr/bin/env 'x\nworkflow! { workflow A() {} }", "#!/usr/bin/env 'x\nworkflow! {\n    workflow A() {}\n}");
}
