//! Graphs to draw, put together by hand.
#![allow(dead_code, reason = "each test file uses some of them")]

use workflow_graph::{
    Awaited, Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal, Stage, StageKind, Value, Wait, WaitKind,
};

/// A graph in the making. Everything is leaked, as a graph's data are static.
pub(crate) struct Sketch {
    pub(crate) name: &'static str,
    pub(crate) inputs: Vec<Value<'static>>,
    pub(crate) output: &'static str,
    pub(crate) stages: Vec<Stage<'static>>,
    pub(crate) scopes: Vec<Scope<'static>>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) signals: Vec<Signal<'static>>,
    pub(crate) waits: Vec<Wait>,
}

pub(crate) type Policies = &'static [(&'static str, &'static str)];

impl Sketch {
    pub(crate) fn new(name: &'static str, inputs: &[(&'static str, &'static str)], output: &'static str) -> Self {
        let inputs = inputs.iter().map(|&(name, type_name)| Value { name, type_name }).collect();
        let scopes = vec![Scope { stage: None, parent: None, kind: ScopeKind::Workflow, label: "" }];
        let (stages, edges, signals, waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Sketch { name, inputs, output, stages, scopes, edges, signals, waits }
    }

    pub(crate) fn stage(&mut self, scope: u32, name: &str, kind: StageKind, policies: Policies) -> u32 {
        let index = u32::try_from(self.stages.len()).unwrap();
        let policies: Vec<_> = policies.iter().map(|&(name, arguments)| Policy { name, arguments }).collect();
        self.stages.push(Stage {
            name: String::leak(name.to_owned()),
            type_name: "()",
            docs: "",
            line: index + 1,
            scope,
            kind,
            policies: policies.leak(),
        });
        index
    }

    pub(crate) fn call(&mut self, scope: u32, name: &str) -> u32 {
        self.stage(scope, name, StageKind::Expression, &[])
    }

    pub(crate) fn scope(&mut self, stage: Option<u32>, parent: u32, kind: ScopeKind, label: &'static str) -> u32 {
        self.scopes.push(Scope { stage, parent: Some(parent), kind, label });
        u32::try_from(self.scopes.len() - 1).unwrap()
    }

    pub(crate) fn edge(&mut self, from: u32, to: u32, kind: EdgeKind) {
        self.edges.push(Edge { from, to, kind });
    }

    pub(crate) fn data(&mut self, edges: &[(u32, u32)]) {
        for &(from, to) in edges {
            self.edge(from, to, EdgeKind::Data);
        }
    }

    pub(crate) fn signal(&mut self, scope: u32, name: &'static str, after: &'static [u32]) -> Awaited {
        self.signals.push(Signal { name, type_name: "String", scope, after });
        Awaited::Signal(u32::try_from(self.signals.len() - 1).unwrap())
    }

    pub(crate) fn wait(&mut self, on: Awaited, kind: WaitKind, stage: Option<u32>, scope: u32) {
        self.waits.push(Wait { on, kind, stage, scope });
    }

    pub(crate) fn graph(self) -> Graph<'static> {
        Graph {
            name: self.name,
            version: 0,
            docs: "",
            file: "",
            inputs: self.inputs.leak(),
            services: &[],
            signals: self.signals.leak(),
            output: self.output,
            stages: self.stages.leak(),
            scopes: self.scopes.leak(),
            edges: self.edges.leak(),
            waits: self.waits.leak(),
        }
    }
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = u32::try_from(self.0 >> 33).unwrap();
        high % limit.max(1)
    }
}

/// The workflow that LANGUAGE.md opens with.
pub(crate) fn customer_onboarding() -> Graph<'static> {
    let mut sketch = Sketch::new("CustomerOnboarding", &[("application", "Application")], "Account");
    let profile = sketch.call(0, "profile");
    let documents = sketch.call(0, "documents");
    let background = sketch.stage(
        0,
        "background",
        StageKind::Expression,
        &[("retry", "5, exponential(200ms..30s)"), ("timeout", "2min")],
    );
    let verified = sketch.stage(0, "verified", StageKind::Loop, &[("max", "3")]);
    let round = sketch.scope(Some(verified), 0, ScopeKind::Round, "dossier");
    let _verdict = sketch.call(round, "verdict");
    sketch.scope(Some(verified), round, ScopeKind::Arm, "Verdict::Valid");
    sketch.scope(Some(verified), round, ScopeKind::Arm, "Verdict::Invalid(problems)");
    let account = sketch.stage(0, "account", StageKind::Expression, &[("undo", "close_account(services, account)")]);
    let opened = sketch.stage(0, "opened", StageKind::Seq, &[]);
    let sequence = sketch.scope(Some(opened), 0, ScopeKind::Seq, "");
    let welcome = sketch.call(sequence, "welcome");
    let access = sketch.call(sequence, "access");
    sketch.data(&[
        (profile, verified),
        (documents, verified),
        (background, verified),
        (verified, account),
        (account, opened),
        (account, welcome),
        (account, access),
    ]);
    sketch.edge(welcome, access, EdgeKind::Sequence);
    for (stage, type_name) in ["Profile", "Documents", "Background", "Dossier", "Verdict", "Account"].iter().enumerate()
    {
        sketch.stages[stage].type_name = type_name;
    }
    sketch.stages[2].docs = "Asks the bureau.\n\nSlow, & at times \"down\" for < 1 min.";
    sketch.graph()
}

pub(crate) fn diamond() -> Graph<'static> {
    let mut sketch = Sketch::new("Diamond", &[], "u32");
    let [top, left, right, bottom] = ["top", "left", "right", "bottom"].map(|name| sketch.call(0, name));
    sketch.data(&[(top, left), (top, right), (left, bottom), (right, bottom)]);
    sketch.graph()
}

pub(crate) fn fan(width: u32) -> Graph<'static> {
    let mut sketch = Sketch::new("Fan", &[("seed", "u64")], "u64");
    let split = sketch.call(0, "split");
    let members: Vec<u32> = (0..width).map(|member| sketch.call(0, &format!("part_{member}"))).collect();
    let join = sketch.call(0, "join");
    for member in members {
        sketch.data(&[(split, member), (member, join)]);
    }
    sketch.graph()
}

/// Layers of stages, each with one to three edges from the layer above.
pub(crate) fn layered(layers: u32, width: u32, seed: u64) -> Graph<'static> {
    let mut random = Lcg(seed);
    let mut sketch = Sketch::new("Layered", &[("seed", "u64")], "Vec<u64>");
    for layer in 0..layers {
        for place in 0..width {
            let stage = sketch.call(0, &format!("s{layer}_{place}"));
            if layer > 0 {
                for _ in 0..=random.below(3) {
                    let above = (layer - 1) * width + random.below(width);
                    sketch.data(&[(above, stage)]);
                }
            }
        }
    }
    sketch.graph()
}

/// A workflow as a person might write it, with stages that use what was made far above.
pub(crate) fn long_haul(stages: u32, seed: u64) -> Graph<'static> {
    let mut random = Lcg(seed);
    let mut sketch = Sketch::new("LongHaul", &[("order", "Order")], "Receipt");
    for stage in 0..stages {
        sketch.call(0, &format!("stage_{stage}"));
        if stage > 3 {
            sketch.data(&[(stage - 1 - random.below(4), stage)]);
            if random.below(3) == 0 {
                sketch.data(&[(random.below(stage - 1), stage)]);
            }
            if random.below(12) == 0 {
                sketch.edge(random.below(stage - 1), stage, EdgeKind::After);
            }
        }
    }
    sketch.graph()
}

/// A loop in an arm of a match in a `for`.
pub(crate) fn nested() -> Graph<'static> {
    let mut sketch = Sketch::new("Fulfilment", &[("orders", "Vec<Order>"), ("region", "Region")], "Vec<Shipment>");
    let rates = sketch.call(0, "rates");
    let stock = sketch.call(0, "stock");
    let shipped = sketch.stage(0, "shipped", StageKind::For, &[("concurrency", "8"), ("catch", "")]);
    let item = sketch.scope(Some(shipped), 0, ScopeKind::Item, "order in orders");
    let checked = sketch.call(item, "checked");
    let parcel = sketch.stage(item, "parcel", StageKind::Match, &[("timeout", "1h")]);
    let _ready = sketch.scope(Some(parcel), item, ScopeKind::Arm, "Availability::Ready(shelf)");
    let back_order = sketch.scope(Some(parcel), item, ScopeKind::Arm, "Availability::Later(days) if *days < 30");
    let _gone = sketch.scope(Some(parcel), item, ScopeKind::Arm, "_");
    let supplier = sketch.call(back_order, "supplier");
    let arrived = sketch.stage(back_order, "arrived", StageKind::Loop, &[("max", "10, else = give_up(days)")]);
    let round = sketch.scope(Some(arrived), back_order, ScopeKind::Round, "");
    let pause = sketch.stage(round, "pause", StageKind::Sleep, &[]);
    let status = sketch.call(round, "status");
    sketch.edge(pause, status, EdgeKind::After);
    sketch.scope(Some(arrived), round, ScopeKind::Branch, "if status.is_here()");
    sketch.scope(Some(arrived), round, ScopeKind::Branch, "else");
    let label = sketch.call(item, "label");
    let report = sketch.call(0, "report");
    let insurance = sketch.stage(0, "insurance", StageKind::Expression, &[("lazy", "")]);
    sketch.data(&[
        (stock, shipped),
        (stock, checked),
        (checked, parcel),
        (supplier, arrived),
        (supplier, status),
        (rates, label),
        (rates, status),
        (parcel, label),
        (shipped, report),
        (stock, report),
    ]);
    sketch.edge(insurance, label, EdgeKind::Lazy);
    sketch.graph()
}

pub(crate) fn race() -> Graph<'static> {
    let mut sketch = Sketch::new("Quotation", &[("request", "Request")], "Quote");
    let quote = sketch.stage(0, "quote", StageKind::Race, &[("deadline", "10s")]);
    let first = sketch.scope(Some(quote), 0, ScopeKind::Member, "");
    sketch.scope(Some(quote), 0, ScopeKind::Member, "ask_broker(request)");
    sketch.scope(Some(quote), 0, ScopeKind::Member, "ask_cache(request)");
    let connection = sketch.call(first, "connection");
    let answer = sketch.call(first, "answer");
    let priced = sketch.call(0, "priced");
    sketch.data(&[(connection, answer), (quote, priced)]);
    sketch.graph()
}

/// Two stages, then a tail with two arms.
pub(crate) fn tail() -> Graph<'static> {
    let mut sketch = Sketch::new("Tail", &[("claim", "Claim")], "Decision");
    sketch.call(0, "policy");
    sketch.call(0, "assessment");
    let small = sketch.scope(None, 0, ScopeKind::Arm, "Claim::Small");
    sketch.scope(None, 0, ScopeKind::Arm, "Claim::Fraud(reason)");
    let payment = sketch.call(small, "payment");
    let letter = sketch.call(small, "letter");
    sketch.edge(payment, letter, EdgeKind::After);
    sketch.graph()
}

/// Names and labels that mean something to every format.
pub(crate) fn awkward() -> Graph<'static> {
    let mut sketch = Sketch::new("Größe", &[("r#type", "Vec<&'static str>")], "Result<(), Box<dyn Error>>");
    let raw = sketch.stage(
        0,
        "r#end",
        StageKind::Expression,
        &[("retry", "3, if = |e| e != \"a\\\"b\""), ("cache", "key = format!(\"{a}&{b}\"),\n\n ttl = 1h")],
    );
    let wide = sketch.call(0, "größe_名前");
    sketch.stages[1].docs = "One </title><script>alert(1)</script>\n\n\n]]> -- two\u{0}\u{ffff}\r\n\t`code`";
    let choice = sketch.stage(0, "style", StageKind::Match, &[]);
    for label in [
        "\"quotes\" | 'single' | `ticks`",
        "{ braces } [brackets] (parens) <T as A::B>::C & D;",
        "%%{init: {}}%% # $$x$$ \\n -- --> end",
        "A::VeryLong { with: every, field: that, anyone: could, think: of, and_then: some, more: .. }",
        "\n\n\u{202e}*\u{1b}[0m",
    ] {
        sketch.scope(Some(choice), 0, ScopeKind::Arm, label);
    }
    sketch.data(&[(raw, choice), (wide, choice)]);
    sketch.graph()
}

/// Signals: for a stage, for a `select` in a loop of which the body declares one, for the tail, and one that nothing
/// waits for. One stage is a head, and cuts another.
pub(crate) fn signals() -> Graph<'static> {
    let mut sketch = Sketch::new("Case", &[("ticket", "Ticket")], "Answer");
    let opened = sketch.call(0, "opened");
    let rounds = sketch.stage(0, "rounds", StageKind::Loop, &[]);
    let round = sketch.scope(Some(rounds), 0, ScopeKind::Round, "round");
    let asked = sketch.call(round, "asked");
    let heard = sketch.stage(round, "heard", StageKind::Select, &[]);
    let replied = sketch.scope(Some(heard), round, ScopeKind::Branch, "signal reply =>");
    let over = sketch.scope(Some(heard), round, ScopeKind::Branch, "signal closed =>");
    let searched = sketch.scope(Some(heard), round, ScopeKind::Head, "found");
    let found = sketch.scope(Some(heard), round, ScopeKind::Branch, "found =>");
    let billed = sketch.stage(0, "billed", StageKind::Expression, &[("until", "closed")]);
    let bonus = sketch.stage(0, "bonus", StageKind::Expression, &[("until", "billed")]);
    let last = sketch.call(0, "last");
    let chosen = sketch.stage(0, "chosen", StageKind::If, &[]);
    let then = sketch.scope(Some(chosen), 0, ScopeKind::Branch, "*n > 1");
    sketch.scope(Some(chosen), 0, ScopeKind::Branch, "else");
    let prepared = sketch.call(then, "prepared");
    let head = sketch.scope(Some(chosen), then, ScopeKind::Branch, "signal go =>");
    let done = sketch.scope(Some(chosen), then, ScopeKind::Branch, "stage billed =>");
    sketch.data(&[(opened, rounds), (rounds, last)]);
    let approval = sketch.signal(0, "approval", &[]);
    let closed = sketch.signal(0, "closed", &[]);
    let reply = sketch.signal(round, "reply", vec![asked].leak());
    sketch.signal(0, "unheard", &[]);
    let go = sketch.signal(then, "go", vec![prepared].leak());
    let thanks = sketch.signal(0, "thanks", &[]);
    sketch.wait(approval, WaitKind::Named, Some(last), 0);
    sketch.wait(closed, WaitKind::Head, Some(heard), over);
    sketch.wait(reply, WaitKind::Head, Some(heard), replied);
    sketch.wait(Awaited::Scope(searched), WaitKind::Head, Some(heard), found);
    sketch.wait(reply, WaitKind::Named, Some(rounds), round);
    sketch.wait(closed, WaitKind::Until, Some(billed), 0);
    sketch.wait(Awaited::Stage(billed), WaitKind::Until, Some(bonus), 0);
    sketch.wait(go, WaitKind::Head, Some(chosen), head);
    sketch.wait(Awaited::Stage(billed), WaitKind::Head, Some(chosen), done);
    sketch.wait(thanks, WaitKind::Named, None, 0);
    sketch.graph()
}

/// Every sample with the name of its snapshots.
pub(crate) fn all() -> Vec<(&'static str, Graph<'static>)> {
    let empty = Sketch::new("Empty", &[], "()").graph();
    vec![
        ("customer_onboarding", customer_onboarding()),
        ("diamond", diamond()),
        ("fan", fan(10)),
        ("layered", layered(10, 10, 7)),
        ("long_haul", long_haul(60, 3)),
        ("nested", nested()),
        ("race", race()),
        ("tail", tail()),
        ("awkward", awkward()),
        ("empty", empty),
        ("signals", signals()),
    ]
}
