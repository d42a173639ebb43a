use workflow_runtime::{Failure, Pool, workflow};

struct Problem;
fn work(_: &u32) -> Result<u32, Problem> { Ok(1) }
impl From<Problem> for workflow_runtime::BoxError { fn from(_: Problem) -> Self { "problem".into() } }
fn is_long(_: &String) -> bool { true }

workflow! {
    workflow Policies(start: u32) -> u32 with pool: Pool {
        #[fallback("one")]
        stage _falls: u32 = work(start);
        #[fallback({ stage inner: String = String::new(); inner })]
        stage _falls_into_a_block: u32 = work(start);
        #[catch]
        stage _own: Result<String, Problem> = work(start);
        #[catch]
        stage _every: Result<String, Failure> = work(start);
        #[retry(3, if = is_long)]
        stage _judged: u32 = work(start);
        #[retry(3, if = is_long)]
        stage _judged_block: u32 = { stage worked: u32 = work(start); worked };
        #[retry(3, if = is_long)]
        #[blocking]
        stage _judged_elsewhere: u32 = work(start);
        #[retry("three")]
        stage _counted: u32 = work(start);
        #[timeout(*start)]
        stage _timed: u32 = work(start);
        #[acquire(start)]
        stage _pooled: u32 = work(start);
        #[acquire(pool, "one")]
        stage _permits: u32 = work(start);
        #[undo(work(start))]
        stage _undone: u32 = work(start);
        #[until(waited)]
        stage _until: u32 = work(start);
        stage waited = sleep(start);
        *start
    }
}

fn main() {
    let _ = Policies::new(Pool::new(1)).run(1);
}
