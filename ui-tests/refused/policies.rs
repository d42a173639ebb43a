use workflow_runtime::{Pool, workflow};

fn work(_: &u32) -> Result<u32, String> { Ok(1) }
fn busy(_: &String) -> bool { true }

workflow! {
    #[retry(0)]
    #[timeout(2h)]
    #[deadline(1h)]
    workflow Policies(start: u32, numbers: Vec<u32>) -> u32 with pool: Pool {
        #[retry(0)]
        stage never_again: u32 = work(start);
        #[retry(3, if = busy)]
        #[retry(2)]
        #[retry(4, fixed(3s), if = busy)]
        stage second_never: u32 = work(start);
        #[retry(3, exponential(30s..200ms))]
        stage reversed: u32 = work(start);
        #[retry(3, exponential(30s..30s))]
        stage empty: u32 = work(start);
        #[retry(3, exponential(0ms..30s))]
        stage from_nothing: u32 = work(start);
        #[retry(3, fixed(0s))]
        #[timeout(0s)]
        stage at_once: u32 = work(start);
        #[deadline(0s)]
        stage before: u32 = work(start);
        #[undo(work(start), retry(0), retry(2), timeout(0ms))]
        stage undone: u32 = work(start);
        #[breaker(failures = 0, cooldown = 0s)]
        #[cache(key = *start, ttl = 0s)]
        stage shared: u32 = work(start);
        #[acquire(pool, 0)]
        stage no_permit: u32 = work(start);
        #[catch]
        #[tolerate(100%)]
        stage all_may: Vec<Result<u32, workflow_runtime::Failure>> = for number in numbers { work(number) };
        *start
    }

    #[deadline(10min)]
    workflow Deadlines(start: u32) -> u32 {
        #[timeout(2min)]
        #[deadline(90s)]
        stage too_long: u32 = work(start);
        #[timeout(11min)]
        stage longer_than_all: u32 = work(start);
        #[deadline(1h)]
        stage later_than_all: u32 = work(start);
        #[deadline(10s)]
        #[retry(5, fixed(3s), if = busy)]
        #[retry(1, fixed(11s), if = tired)]
        #[retry(9, exponential(1s..4s), jitter = none)]
        stage retried: u32 = work(start);
        #[retry(300, fixed(3s))]
        stage retried_for_long: u32 = work(start);
        #[timeout(1h)]
        signal answer: u32;
        // A wait that ends with the deadline is cut.
        #[deadline(9s)]
        #[retry(3, fixed(3s), if = busy)]
        #[retry(1, fixed(9s))]
        stage cut: u32 = work(start);
        // With a full jitter each wait may be nothing; what just fits is fine.
        #[deadline(9s)]
        #[timeout(9s)]
        #[retry(2, fixed(3s), if = busy)]
        #[retry(9, exponential(4s..8s))]
        stage fine: u32 = work(start);
        *start + *answer
    }
}

fn main() {
    let _ = Policies::new(Pool::new(1)).run(1, Vec::new());
    let _ = Deadlines::new().run(1);
}

fn tired(_: &String) -> bool { true }
