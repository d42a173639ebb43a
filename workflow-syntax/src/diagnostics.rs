//! The parser's messages, and the collector of all errors. The messages of the checks stand in `workflow-macros`.
//!
//! A message is lowercase, has no full stop, and ends in at most one line `help: ..` that can be pasted.

use proc_macro2::Span;
use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
};

/// The errors found so far. They must be read with [`Diagnostics::finish`].
pub struct Diagnostics {
    found: RefCell<Option<Vec<Diagnostic>>>,
    has_gaps: Cell<bool>,
}

/// One report, at one place.
pub struct Diagnostic {
    pub error: syn::Error,
}

impl Default for Diagnostics {
    fn default() -> Self {
        Self::new()
    }
}

impl Diagnostics {
    #[must_use]
    pub fn new() -> Self {
        Self { found: RefCell::new(Some(Vec::new())), has_gaps: Cell::new(false) }
    }

    /// A mistake at `span`.
    pub fn error(&self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// A mistake that the parser found.
    pub fn syntax(&self, error: syn::Error) {
        self.push(error);
    }

    pub fn has_errors(&self) -> bool {
        self.found.borrow().iter().flatten().next().is_some()
    }

    /// Whether something could not be read, so that what is not found may be among that.
    pub fn has_gaps(&self) -> bool {
        self.has_gaps.get()
    }

    /// Returns the places of all reports so far.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.found.borrow().iter().flatten().map(|one| one.error.span()).collect()
    }

    /// Ends what the parser reports: takes back what most likely follows from an earlier mistake of the same line, a token
    /// that nothing leads to any more.
    pub fn end_of_parsing(&self) {
        self.has_gaps.set(self.has_errors());
        let mut lines = HashSet::new();
        if let Some(found) = &mut *self.found.borrow_mut() {
            found.retain(|one| {
                let is_first = lines.insert(one.error.span().start().line);
                let said = one.error.to_string();
                is_first || !parse_messages::OF_LOST_TOKENS.iter().any(|begin| said.starts_with(begin))
            });
        }
    }

    /// Returns the number of reports so far.
    pub fn mark(&self) -> usize {
        self.found.borrow().as_ref().map_or(0, Vec::len)
    }

    /// Takes back what was found since then: it follows from what was found before.
    pub fn forget_since(&self, mark: usize) {
        if let Some(found) = &mut *self.found.borrow_mut() {
            found.truncate(mark);
        }
    }

    /// All that was found, in the order found.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.found.take().unwrap_or_default()
    }

    fn push(&self, error: syn::Error) {
        if let Some(found) = &mut *self.found.borrow_mut() {
            found.push(Diagnostic { error });
        }
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let read = self.found.get_mut().is_none();
        assert!(read || std::thread::panicking(), "diagnostics were dropped unread");
    }
}

/// Returns the order of spans in the source: their numbers, from the first to the last.
#[must_use]
pub fn order_written(spans: &[Span]) -> Vec<usize> {
    let place = |(number, span): (usize, &Span)| (span.start().line, span.start().column, number);
    let mut places: Vec<(usize, usize, usize)> = spans.iter().enumerate().map(place).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, _, number)| number).collect()
}

/// Messages of the parser.
pub mod parse_messages {
    use proc_macro2::{Ident, Span};

    /// Begins of messages about tokens that may be left over from another mistake.
    pub(crate) const OF_LOST_TOKENS: &[&str] = &[
        "unexpected",
        "expected",
        "a block is a graph",
        "nothing stands before",
        "this token",
        "a stage needs a name",
    ];

    pub(crate) const EMPTY_INPUT: &str = "no workflow is written here\n\
        help: workflow Name(input: Input) -> Output { .. }";
    pub(crate) const WORKFLOW_NAME: &str =
        "a workflow needs a name\nhelp: workflow Name(input: Input) -> Output { .. }";
    pub(crate) const OUTPUT_ARROW: &str = "a workflow's output type stands after `->`\n\
        help: workflow Name(input: Input) -> Output { .. }";
    pub(crate) const AFTER_NAME: &str = "expected the workflow's inputs in parentheses";
    pub(crate) const AFTER_INPUTS: &str = "expected `->`, `with`, `where` or the workflow's body `{ .. }`";
    pub(crate) const WHERE_TWICE: &str = "a workflow has one `where`: put all bounds there";

    pub(crate) const SEMICOLON_MISSING: &str = "expected `;` after this";
    pub(crate) const SEMICOLON_EXPECTED: &str = "expected `;`";
    pub(crate) const TYPE_COLON: &str = "expected `:` before the stage's type";
    pub(crate) const STRAY_SEMICOLON: &str = "nothing stands before this `;`: remove it";
    pub(crate) const ATTRIBUTE_ALONE: &str = "an attribute stands before what it is for: nothing follows this one";
    pub(crate) const LET_ELSE: &str = "a `let` in a workflow has no `else`: route on the value with a stage\n\
        help: stage name: Type = match value { .. };";
    pub(crate) const LET_PATTERN: &str = "a `let` in a workflow binds one name and declares its type\n\
        help: let name: Type = ..;";
    pub(crate) const LET_FORM_ONLY: &str =
        "a `let` in a workflow declares a name and its type\nhelp: let name: Type = ..;";
    pub(crate) const INFERRED_TYPE: &str = "this type can't be inferred: write it out, as in a struct";
    pub(crate) const WHILE: &str = "a block is a graph, not a Rust block: a `while` has no place in it\n\
        help: stage name: Type = loop state: State = .. { .. };";

    pub(crate) const CONDITION_MISSING: &str = "expected a condition after `if`";
    pub(crate) const IN_MISSING: &str = "expected `in`\nhelp: for item in items { .. }";
    pub(crate) const STRUCT_LITERAL: &str = "a struct literal before a block wants parentheses\nhelp: (Name { .. })";
    pub(crate) const ASSIGNMENT_AS_CONDITION: &str =
        "a condition assigns nothing: `==` compares, `let` matches a pattern";
    pub(crate) const ARROW_IN_BLOCK: &str = "unexpected `=>`: arms belong to a `match` or a `select`";
    pub(crate) const ARROW_IN_LITERAL: &str =
        "expected `:` before the value of a field: `=>` belongs to a `match` or a `select`";
    pub(crate) const LABEL: &str =
        "loops of a workflow have no labels: `break` and `continue` belong to the innermost one";
    pub(crate) const RACE_OF_NUMBER: &str = "a `race` takes no number: for the first of several use `quorum`\n\
        help: quorum(2) { .. }";
    pub(crate) const QUORUM_WITHOUT_NUMBER: &str =
        "a `quorum` needs the number of successes it waits for\nhelp: quorum(2) { .. }";
    pub(crate) const SLEEP_FORM: &str = "`sleep` takes one duration\nhelp: sleep(5s)";
    pub(crate) const SLEEP_UNTIL_FORM: &str = "`sleep_until` takes one `SystemTime`\nhelp: sleep_until(time)";
    pub(crate) const ARM_FORM: &str = "pattern => ..";
    pub(crate) const HEAD_FORM: &str = "name: Type = .. => ..";
    pub(crate) const COMMA_MISSING: &str = "expected `,` after this: another `=>` follows";
    pub(crate) const MEMBER_COMMA_MISSING: &str = "expected `,` after this: another member follows";

    pub(crate) const INNER_ATTRIBUTE: &str = "an inner attribute has no place in a workflow\n\
        help: put it before what it is for, without the `!`";
    pub(crate) const CFG_ATTR: &str = "`#[cfg_attr]` is not supported in a workflow: its condition is not known when the macro runs\n\
        help: write the item twice, each under its own `#[cfg(..)]`";
    pub(crate) const JITTER: &str = "`jitter` can only be turned off\nhelp: jitter = none";

    pub(crate) const DURATION_NEGATIVE: &str = "a duration can't be negative";
    pub(crate) const DURATION_RANGE: &str =
        "`exponential` takes the first wait and the longest\nhelp: exponential(200ms..30s)";
    pub(crate) const DURATION_RANGE_INCLUSIVE: &str =
        "the range of waits is written with `..`\nhelp: exponential(200ms..30s)";

    pub(crate) const NAME_AFTER_DOT: &str = "expected a field or a method after this `.`";
    pub(crate) const UNREADABLE: &str = "this can't be read";
    pub(crate) const INCOMPLETE: &str = "something is missing here";
    pub(crate) const OUT_OF_PLACE: &str = "this token is out of place";

    pub(crate) fn expected(what: &str) -> String {
        format!("expected {what}")
    }

    pub(crate) fn unexpected(found: &str) -> String {
        format!("unexpected {found}")
    }

    pub(crate) fn unexpected_operand(found: &str) -> String {
        format!("unexpected {found}: an operator, `,` or `;` is missing before it")
    }

    pub(crate) fn workflow_expected(misspelt: Option<&str>) -> String {
        match misspelt {
            Some(word) => format!("unknown item `{word}`, did you mean `workflow`?"),
            None => "expected `workflow`\nhelp: workflow Name(input: Input) -> Output { .. }".to_owned(),
        }
    }

    pub(crate) fn twice(word: &str) -> String {
        format!("`{word}` stands twice: remove one")
    }

    pub(crate) fn with_missing(name: &Ident) -> String {
        format!("expected `with` before service `{name}`")
    }

    pub(crate) fn unknown_clause(word: &str, meant: &str) -> String {
        format!("unexpected `{word}`, did you mean `{meant}`?")
    }

    pub(crate) fn inputs_missing(name: &str) -> String {
        format!("expected the inputs in parentheses after this, empty if there are none\nhelp: workflow {name}()")
    }

    pub(crate) fn only_a_name(name: &str) -> String {
        format!("workflow `{name}` has neither inputs nor a body\nhelp: workflow {name}() {{ .. }}")
    }

    pub(crate) fn workflow_without_body(name: &str) -> String {
        format!("workflow `{name}` has no body\nhelp: {{ .. }}")
    }

    pub(crate) fn nameless(what: &str, form: &str) -> String {
        format!("{} needs a name\nhelp: {form}", with_article(what))
    }

    pub(crate) fn mutable(what: &str, form: &str) -> String {
        format!("{} can't be `mut` or `ref`: it is shared by all who name it\nhelp: {form}", with_article(what))
    }

    pub(crate) fn pattern_as_name(what: &str, form: &str) -> String {
        format!("{} has one name, not a pattern\nhelp: {form}", with_article(what))
    }

    pub(crate) fn keyword_as_name(word: &Ident, what: &str) -> String {
        let said = format!("`{word}` is a keyword of Rust and can't name {}", with_article(what));
        // These four are keywords in their raw form too.
        if matches!(word.to_string().as_str(), "self" | "Self" | "super" | "crate") {
            return said;
        }
        format!("{said}\nhelp: r#{word}")
    }

    pub(crate) fn self_as_binding(what: &str) -> String {
        format!("a workflow has no `self`: {} is `name: Type`\nhelp: name: Type", with_article(what))
    }

    fn with_article(what: &str) -> String {
        let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {what}")
    }

    pub(crate) fn binding_without_type(what: &str, name: &Ident) -> String {
        format!("{what} `{name}` needs a type\nhelp: {name}: Type")
    }

    pub(crate) fn stage_without_node(name: &Ident) -> String {
        format!("stage `{name}` does not say what it does\nhelp: stage {name}: Type = ..;")
    }

    pub(crate) fn match_missing(word: &str) -> String {
        format!("expected `match` before `{word}`: arms follow")
    }

    pub(crate) fn equals_missing(word: &str) -> String {
        format!("expected `=` before `{word}`")
    }

    pub(crate) fn after_stage_name(name: &Ident) -> String {
        format!("expected `:` and a type, or `=`\nhelp: stage {name}: Type = ..;")
    }

    pub(crate) const COMMA_FOR_SEMICOLON: &str = "an item ends in `;`, and this is a `,`\nhelp: ;";

    pub(crate) fn let_of_node(name: &Ident, ty: &str) -> String {
        format!(
            "a `let` holds a plain expression of Rust, and this is a node: make `{name}` a stage\nhelp: stage {name}: {ty} = ..;"
        )
    }

    pub(crate) fn let_without_type(name: &Ident, value: &str) -> String {
        format!("a `let` in a workflow declares its type\nhelp: let {name}: Type = {value};")
    }

    pub(crate) fn signal_without_type(name: &Ident) -> String {
        format!("signal `{name}` needs the type of what it brings\nhelp: signal {name}: Type;")
    }

    pub(crate) fn signal_with_value(name: &Ident) -> String {
        format!("signal `{name}` gets its value from outside: nothing is assigned to it\nhelp: signal {name}: Type;")
    }

    pub(crate) fn unknown_item(word: &str, meant: Option<&str>) -> String {
        match meant {
            Some(meant) => format!("unknown item `{word}`, did you mean `{meant}`?"),
            None => format!("unknown item `{word}`: an item of a block is a `stage`, a `let` or a `signal`"),
        }
    }

    pub(crate) fn undeclared_stage(name: &Ident, ty: &str) -> String {
        format!("expected `stage` or `let` before `{name}`\nhelp: stage {name}: {ty} = ..;")
    }

    pub(crate) fn undeclared_signal(name: &Ident, ty: &str) -> String {
        format!("expected `stage` or `signal` before `{name}`\nhelp: signal {name}: {ty};")
    }

    /// Returns the message about a name that is declared a second time.
    #[must_use]
    pub fn declared_twice(name: &str, first: Span) -> String {
        let line = first.start().line;
        format!(
            "`{name}` is declared twice: first in line {line}\nhelp: names are unique in a workflow, nested blocks included"
        )
    }

    pub(crate) fn workflow_twice(name: &str, first: Span) -> String {
        format!("workflow `{name}` stands twice: first in line {}", first.start().line)
    }

    pub(crate) fn statement(text: &str) -> String {
        format!("a block is a graph, not a Rust block: a statement has no place in it\nhelp: stage name = {text};")
    }

    pub(crate) fn assignment(name: &str, value: &str) -> String {
        format!("a block is a graph, not a Rust block: nothing is assigned in it\nhelp: stage {name}: Type = {value};")
    }

    pub(crate) fn not_at_the_end(word: &str) -> String {
        format!("`{word}` ends its block: nothing can follow it")
    }

    pub(crate) fn tail_with_semicolon(text: &str) -> String {
        let said = "the tail of a block stands without `;`";
        if text == ".." { said.to_owned() } else { format!("{said}\nhelp: {text}") }
    }

    pub(crate) fn rust_item(word: &str) -> String {
        format!("a block is a graph, not a Rust block: put this `{word}` before the `workflow!`")
    }

    pub(crate) fn unknown_node(word: &Ident, meant: &str) -> String {
        format!("unknown node `{word}`, did you mean `{meant}`?")
    }

    pub(crate) fn after_body(found: &str, keyword: &str) -> String {
        if keyword.is_empty() {
            format!("unexpected {found}: nothing can follow the closing brace of a block")
        } else {
            format!("unexpected {found}: nothing can follow the closing brace of this `{keyword}`")
        }
    }

    pub(crate) fn body_missing(keyword: &str) -> String {
        format!("expected the body of `{keyword}` after this: `{{ .. }}`")
    }

    pub(crate) fn without_arrow(form: &str) -> String {
        format!("expected `=>` and what runs then\nhelp: {form}")
    }

    pub(crate) fn semicolon_for_comma(place: &str) -> String {
        match place {
            "input" | "service" => format!("expected `,`: each {place} ends in one"),
            _ => format!("expected `,`: a `{place}` separates by commas"),
        }
    }

    pub(crate) fn state_without_type(name: &Ident) -> String {
        format!("the state of a loop declares its type\nhelp: loop {name}: Type = .. {{ .. }}")
    }

    pub(crate) fn state_without_value(name: &Ident) -> String {
        format!("the state of a loop starts as something\nhelp: loop {name}: Type = .. {{ .. }}")
    }

    pub(crate) fn head_without_node(name: &Ident) -> String {
        format!("head `{name}` does not say what it waits for\nhelp: {name}: Type = .. => ..")
    }

    pub(crate) fn unknown_head(misspelt: Option<(&str, &str)>) -> String {
        match misspelt {
            Some((word, meant)) => format!("unknown head `{word}`, did you mean `{meant}`?"),
            None => "a `select` waits for `name: Type = ..`, `signal name`, `stage name` or `sleep(5s)`".to_owned(),
        }
    }

    pub(crate) fn duration_without_unit(number: &str) -> String {
        format!("a duration needs a unit: us, ms, s, min, h or d\nhelp: {number}s")
    }

    pub(crate) fn duration_ambiguous(digits: &str) -> String {
        format!("`{digits}m` may mean minutes or milliseconds: write `{digits}min` or `{digits}ms`")
    }

    pub(crate) fn duration_unit(digits: &str, unit: &str, meant: Option<&str>) -> String {
        let said = format!("unknown unit `{unit}`: a duration is in us, ms, s, min, h or d");
        meant.map_or_else(|| said.clone(), |meant| format!("{said}\nhelp: {digits}{meant}"))
    }

    pub(crate) fn duration_not_a_number(found: &str) -> String {
        format!("expected a duration, found `{found}`\nhelp: 5s")
    }

    pub(crate) fn duration_too_long(found: &str) -> String {
        format!("`{found}` is longer than the longest duration there is")
    }

    pub(crate) fn unknown_attribute(word: &str, meant: Option<&str>) -> String {
        match meant {
            Some(meant) => format!("unknown attribute `#[{word}]`, did you mean `#[{meant}]`?"),
            None => format!("unknown attribute `#[{word}]`"),
        }
    }

    pub(crate) fn unknown_option(word: &str, attribute: &str, meant: Option<&str>, known: &[&str]) -> String {
        match meant {
            Some(meant) => format!("unknown option `{word}` of `#[{attribute}]`, did you mean `{meant}`?"),
            None => format!("unknown option `{word}` of `#[{attribute}]`: it takes `{}`", known.join("`, `")),
        }
    }

    pub(crate) fn option_twice(word: &str) -> String {
        if matches!(word, "fixed" | "exponential") {
            return "the wait between attempts is given twice".to_owned();
        }
        format!("option `{word}` stands twice")
    }

    pub(crate) fn option_form(word: &str) -> String {
        let (what, form) = match word {
            "fixed" => ("`fixed` takes one duration", "fixed(1s)"),
            "exponential" => ("`exponential` takes the first wait and the longest", "exponential(200ms..30s)"),
            "jitter" => ("`jitter` can only be turned off", "jitter = none"),
            "if" => ("`if` takes the path of a function that looks at the error", "if = is_transient"),
            "on" => ("`on` can only be `attempt`", "on = attempt"),
            "else" => ("`else` takes the node that gives the value", "else = .."),
            "retry" => ("`retry` takes its arguments in parentheses", "retry(3)"),
            "timeout" => ("`timeout` takes its duration in parentheses", "timeout(30s)"),
            "failures" => ("`failures` takes a number", "failures = 5"),
            "cooldown" => ("`cooldown` takes a duration", "cooldown = 30s"),
            "key" => ("`key` takes an expression", "key = .."),
            _ => ("`ttl` takes a duration", "ttl = 10min"),
        };
        format!("{what}\nhelp: {form}")
    }

    /// Returns how an attribute is written.
    pub(crate) fn attribute_form(word: &str) -> String {
        let (what, form) = match word {
            "accept" => ("takes a condition on the signal's own name", "#[accept(*count > 3)]"),
            "acquire" => ("takes a pool, and how many permits of it", "#[acquire(pool, 2)]"),
            "after" => ("takes the names of stages or signals", "#[after(a, b)]"),
            "breaker" => ("takes a number of failures and a cooldown", "#[breaker(failures = 5, cooldown = 30s)]"),
            "cache" => ("takes a key, and how long a value is kept", "#[cache(key = .., ttl = 10min)]"),
            "concurrency" => ("takes how many items may run at once", "#[concurrency(8)]"),
            "deadline" => ("takes one duration", "#[deadline(10min)]"),
            "fallback" => ("takes the node that gives the value when all attempts have failed", "#[fallback(..)]"),
            "max" => ("takes a number of rounds", "#[max(3)]"),
            "retry" => ("takes a number of further attempts", "#[retry(3)]"),
            "timeout" => ("takes one duration", "#[timeout(30s)]"),
            "tolerate" => ("takes how many items may fail, or which part of them", "#[tolerate(5%)]"),
            "undo" => ("takes the expression that reverses the stage", "#[undo(..)]"),
            "until" => ("takes the name of one stage or signal", "#[until(name)]"),
            "version" => ("takes one whole number", "#[version(1)]"),
            "was" => ("takes the former name", "#[was(old_name)]"),
            "when" => ("takes a condition", "#[when(..)]"),
            _ => return format!("`#[{word}]` takes nothing in parentheses\nhelp: #[{word}]"),
        };
        format!("`#[{word}]` {what}\nhelp: {form}")
    }
}
