//! One mistake, one error: nothing follows from a mistake that has been told.
use workflow_runtime::workflow;

async fn one(n: &u64) -> u64 { *n }
async fn undo_it(_: &u64) {}

workflow! {
    workflow StatesOfOneName(start: u64) -> u64 {
        stage a: u64 = loop n: u64 = 0 { if *n > 3 { break n } else { continue n + 1 } };
        stage b: u64 = loop n: u64 = *a { if *n > 3 { break n } else { continue n + 1 } };
        b + start
    }

    workflow StagesOfOneName(start: u64) -> u64 {
        #[undo(undo_it(a))]
        stage a: u64 = one(start);
        #[lazy]
        #[undo(undo_it(a))]
        stage a: u64 = one(start);
        start + 1
    }

    workflow Awaits(start: u64) -> u64 {
        let y: u64 = one(start).await;
        *y
    }

    workflow Commas(start: u64) -> u64 {
        stage a: u64 = race {
            one(start)
            one(&3),
        };
        stage b: u64 = one(a),
        stage c: u64 = one(b);
        *c
    }

    workflow NodeOfLet(start: u64) -> u64 {
        let b: u64 = match *start { 0 => fail "none", _ => 2 };
        *b
    }

    workflow Arrow(start: Option<u64>) -> u64 {
        stage a: u64 = match start {
            Some(n) -> one(n),
            None => fail "none",
        };
        a + 1
    }

    workflow Untyped(start: u64) -> u64 {
        let sent = one(start);
        #[after(sent)]
        stage b: u64 = one(start);
        *b
    }
}

fn main() {}
