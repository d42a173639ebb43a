//! `ctx`, wherever an expression of a stage may name it.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write, and how large it gets here, is not the point"
)]
use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};
use workflow_runtime::{Pool, StageContext, workflow};

/// Where each expression was.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);
impl Seen {
    /// Gives `value`.
    fn at<T>(&self, ctx: &StageContext, what: &str, value: T) -> T {
        self.0.lock().unwrap().push(format!("{what} of {}", ctx.stage()));
        value
    }
    fn text(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn take(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.0.lock().unwrap());
        seen.sort();
        seen.dedup();
        seen
    }
}

fn pool<'a>(seen: &Seen, ctx: &StageContext, pool: &'a Pool) -> &'a Pool {
    seen.at(ctx, "pool", pool)
}

workflow! {
    workflow Policies() -> u32 with seen: Seen, desks: Pool {
        #[when(seen.at(ctx, "when", true))]
        #[retry(seen.at(ctx, "retry", 1), fixed(seen.at(ctx, "wait", Duration::from_millis(1))))]
        #[timeout(seen.at(ctx, "timeout", Duration::from_secs(1)))]
        #[deadline(seen.at(ctx, "deadline", Duration::from_secs(9)))]
        #[breaker(failures = seen.at(ctx, "failures", 9), cooldown = seen.at(ctx, "cooldown", Duration::from_secs(1)))]
        #[acquire(pool(seen, ctx, desks), seen.at(ctx, "permits", 1))]
        #[cache(key = seen.at(ctx, "key", 1), ttl = seen.at(ctx, "ttl", Duration::from_secs(1)))]
        stage kept: Option<u32> = seen.at(ctx, "node", 1);
        #[when(let Some(one) = seen.at(ctx, "let", Some(1)))]
        #[fallback(seen.at(ctx, "fallback", 2))]
        stage fell: Option<u32> = if *one > 0 { fail seen.at(ctx, "fail", "no") } else { 1 };
        #[fallback({
            stage inside: u32 = seen.at(ctx, "node", 3);
            seen.at(ctx, "tail", *inside)
        })]
        stage block: u32 = panic!("{}", seen.at(ctx, "panic", "no"));
        #[blocking]
        #[breaker(failures = seen.at(ctx, "failures", 9), cooldown = seen.at(ctx, "cooldown", Duration::from_secs(1)))]
        stage blocked: u32 = seen.at(ctx, "node", 4);
        #[spawn]
        #[cache(key = format!("{} {}", ctx.stage(), seen.at(ctx, "key", 1)))]
        stage spawned: u32 = seen.at(ctx, "node", 5);
        kept.unwrap_or(0) + fell.unwrap_or(0) + block + blocked + spawned + seen.at(ctx, "tail", 0)
    }
    workflow Undos() with seen: Seen {
        #[undo(seen.at(ctx, "undo", ()), retry(seen.at(ctx, "retry", 1), fixed(seen.at(ctx, "wait", Duration::from_secs(1)))), timeout(seen.at(ctx, "timeout", Duration::from_secs(1))))]
        stage plain: u32 = 1;
        #[undo(seen.text(format!("undo of {}", ctx.stage())))]
        stage in_a_macro: u32 = 1;
        #[undo(async { seen.text(format!("undo of {ctx:?}").chars().take(12).collect::<String>()); })]
        stage in_a_string: u32 = 1;
        #[undo({ let own = ctx.clone(); async move { seen.at(&own, "undo", ()) } })]
        stage owned: u32 = 1;
        #[undo(seen.at(ctx, "undo", ()), on = attempt)]
        stage attempted: u32 = 1;
        #[undo(seen.at(ctx, "undo", ()))]
        #[spawn]
        stage spawned: u32 = seen.at(ctx, "node", 1);
        #[undo(panic!("of {} and {}", ctx.stage(), panics))]
        stage panics: u32 = 1;
        #[undo({ seen.at(ctx, "undo", ()); panic!("at the end") })]
        stage panics_at_its_end: u32 = 1;
        #[undo(gives_up())]
        stage never_returns: u32 = 1;
        #[after(plain, in_a_macro, in_a_string, owned, attempted, spawned, panics, panics_at_its_end, never_returns)]
        stage bad = fail "no";
    }
    workflow Replayed(note: Option<u32>) -> u32 with seen: Seen {
        let wanted: bool = note.is_some();
        stage branch: u32 = if *wanted && seen.at(ctx, "if", true) && let Some(number) = note {
            #[spawn]
            stage spawned: u32 = number + 1;
            #[undo(seen.at(ctx, "undo", assert!(*number > 0)))]
            stage undone: u32 = 1;
            #[blocking]
            stage blocked: u32 = number + u32::from(*wanted);
            spawned + undone + blocked
        } else {
            fail "none"
        };
        if *branch > 5 { fail "much" } else { *branch }
    }
    workflow Nodes() -> u32 with seen: Seen {
        stage pure: u32 = seen.at(ctx, "pure", 1);
        stage chosen: u32 = match seen.at(ctx, "match", 1) {
            number if seen.at(ctx, "guard", *number > 5) => 0,
            number => {
                #[spawn]
                stage replayed: u32 = number + 1;
                replayed
            }
        };
        stage checked: u32 = if seen.at(ctx, "if", true) && let Some(one) = seen.at(ctx, "if let", Some(1)) { *one } else { 2 };
        #[max(seen.at(ctx, "max", 3), else = seen.at(ctx, "else", 1))]
        stage looped: u32 = loop state: u32 = seen.at(ctx, "start", 0) {
            if *state > 5 { break seen.at(ctx, "break", 1) } else { continue seen.at(ctx, "continue", 1) }
        };
        #[concurrency(seen.at(ctx, "concurrency", 1))]
        stage items: Vec<u32> = for item in seen.at(ctx, "items", [1]) { seen.at(ctx, "item", item + 1) };
        stage raced: u32 = race for item in seen.at(ctx, "racers", [1]) { seen.at(ctx, "racer", *item) };
        stage reached: Vec<u32> = quorum(seen.at(ctx, "quorum", 1)) { seen.at(ctx, "member", 1), 2 };
        stage selected: u32 = select {
            sleep(seen.at(ctx, "sleep", Duration::from_secs(1))) if seen.at(ctx, "head", true) => seen.at(ctx, "arm", 1),
            given: u32 = seen.at(ctx, "given", std::future::pending::<u32>()) => *given,
        };
        #[timeout(seen.at(ctx, "limit", Duration::from_secs(1)))]
        #[fallback(seen.at(ctx, "late", 1))]
        signal late: u32;
        stage waited: u32 = *late;
        stage slept = sleep_until(seen.at(ctx, "moment", SystemTime::UNIX_EPOCH));
        #[after(slept)]
        stage text: String = format!("{} {ctx:?}", seen.at(ctx, "text", 1));
        let sum: u32 = pure + chosen + checked + looped + items.len() as u32 + raced + reached.len() as u32;
        if *sum > 1000 { return seen.at(ctx, "return", 1) } else { sum + selected + waited + u32::from(text.is_empty()) }
    }
}

fn gives_up() -> ! {
    panic!("given up")
}

#[tokio::test(start_paused = true)]
async fn in_policies() {
    let seen = Seen::default();
    assert_eq!(Policies::new(seen.clone(), Pool::new(3)).run().await.unwrap(), 1 + 2 + 3 + 4 + 5);
    let expected = [
        "cooldown of blocked",
        "cooldown of kept",
        "deadline of kept",
        "fail of fell",
        "failures of blocked",
        "failures of kept",
        "fallback of fell",
        "key of kept",
        "key of spawned",
        "let of fell",
        "node of blocked",
        "node of inside",
        "node of kept",
        "node of spawned",
        "panic of block",
        "permits of kept",
        "pool of kept",
        "retry of kept",
        "tail of ",
        "tail of block",
        "timeout of kept",
        "ttl of kept",
        "wait of kept",
        "when of kept",
    ];
    assert_eq!(seen.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn in_undos() {
    let seen = Seen::default();
    let failure = Undos::new(seen.clone()).run().await.unwrap_err();
    let mut told: Vec<String> = failure.undo_failures().iter().map(|undo| format!("{undo:#}")).collect();
    told.sort();
    let expected = [
        "stage 'never_returns' of workflow 'Undos' panicked: given up",
        "stage 'panics' of workflow 'Undos' panicked: of panics and 1",
        "stage 'panics_at_its_end' of workflow 'Undos' panicked: at the end",
    ];
    assert_eq!(told, expected);
    let expected = [
        "node of spawned",
        "retry of plain",
        "timeout of plain",
        "undo of attempted",
        "undo of in_a_macro",
        "undo of Stag",
        "undo of owned",
        "undo of panics_at_its_end",
        "undo of plain",
        "undo of spawned",
        "wait of plain",
    ];
    let mut expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(seen.take(), expected);
}

#[tokio::test]
async fn in_conditions_that_a_task_looks_at_again() {
    let seen = Seen::default();
    assert_eq!(Replayed::new(seen.clone()).run(Some(1)).await.unwrap(), 5);
    assert_eq!(seen.take(), ["if of branch"]);
    assert!(Replayed::new(seen.clone()).run(Some(8)).await.is_err());
    assert_eq!(seen.take(), ["if of branch", "undo of undone"]);
}

#[tokio::test(start_paused = true)]
async fn in_nodes() {
    let seen = Seen::default();
    let run = Nodes::new(seen.clone()).start();
    assert_eq!(run.await.unwrap(), 1 + 2 + 1 + 1 + 1 + 1 + 1 + 1 + 1);
    let seen = seen.take();
    for what in
        ["guard of chosen", "else of looped", "continue of looped", "late of ", "text of text", "member of reached"]
    {
        assert!(seen.iter().any(|seen| seen == what), "{what} in {seen:#?}");
    }
}

impl Seen {
    fn key(&self, ctx: &StageContext) -> Result<(), String> {
        let (key, undone) = (ctx.idempotency_key(), ctx.undone_key());
        let short = |key: &str| key.split_once('/').unwrap().1.to_owned();
        self.text(format!("{} {:?} {}", short(&key), undone.as_deref().map(short), ctx.attempt()));
        if ctx.attempt() < 2 { Err("again".to_owned()) } else { Ok(()) }
    }
}

workflow! {
    workflow Keys() with seen: Seen {
        stage rounds: Vec<()> = for _ in 0..1u32 {
            #[retry(1)]
            #[undo(seen.key(ctx), retry(1))]
            stage plain = seen.key(ctx);
        };
        #[after(rounds)]
        #[undo(seen.key(ctx), retry(1), on = attempt)]
        #[spawn]
        stage early = ();
        #[after(early)]
        stage bad = fail "no";
    }
}

#[tokio::test]
async fn an_undo_has_a_key_of_its_own() {
    let seen = Seen::default();
    assert_eq!(Keys::new(seen.clone()).run().await.unwrap_err().undo_failures().len(), 0);
    let expected = [
        "early/undo Some(\"early\") 1",
        "early/undo Some(\"early\") 2",
        "rounds[0]/plain None 1",
        "rounds[0]/plain None 2",
        "rounds[0]/plain/undo Some(\"rounds[0]/plain\") 1",
        "rounds[0]/plain/undo Some(\"rounds[0]/plain\") 2",
    ];
    assert_eq!(seen.take(), expected);
}
