use workflow_runtime::workflow;

fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    #[durable]
    #[timeout(3min)]
    workflow NotAvailable(start: u32, close: u32, instead: u32) -> u32 {
        #[retry(5, exponential(200ms..30s))]
        #[retry(1)]
        #[timeout(2min)]
        #[deadline(10min)]
        #[breaker(failures = 5, cooldown = 30s)]
        #[acquire(instead)]
        #[cache(key = *start, ttl = 3s)]
        #[was(older)]
        #[undo(close)]
        #[fallback(*instead)]
        stage first: u32 = work(start);
        #[catch]
        stage second: Result<u32, workflow_runtime::Failure> = work(start);
        signal approval: u32;
        #[until(approval)]
        stage third: Option<u32> = work(start);
        #[catch]
        #[tolerate(5%)]
        stage many: Vec<Result<u32, workflow_runtime::Failure>> = for number in 0..*start { work(number) };
        stage chosen: u32 = select { signal approval => 1, sleep(3s) => 2 };
        stage waited = sleep(3s);
        stage long = sleep_until(std::time::SystemTime::now());
        #[after(approval)]
        stage approved: u32 = *approval;
        first + chosen + approved
    }
}

fn main() {
    let _ = NotAvailable::new().run(1, 2, 3);
}
