use workflow_runtime::workflow;

async fn call(number: &u32) -> u32 {
    *number
}

workflow! {
    workflow Typos(start: u32) -> u32 {
        #[rety(3)]
        stage first: u32 = call(start);
        #[depends_on(first)]
        stage second: u32 = call(start);
        #[retry(3, exponental(1s..9s))]
        stage third: u32 = call(second);
        #[retry(3, fixed(1s), jittr = none)]
        stage fourth: u32 = call(third);
        #[breaker(failure = 3, cooldown = 1s)]
        stage fifth: u32 = call(fourth);
        #[timeout(5m)]
        stage sixth: u32 = call(fifth);
        #[timeout(3sec)]
        stage seventh: u32 = call(sixth);
        #[undo(call(start), retries(3))]
        stage eighth: u32 = call(seventh);
        stage ninth: u32 = lop { break *eighth };
        ninth
    }
}

fn main() {
    let _ = Typos::new().run(1);
}
