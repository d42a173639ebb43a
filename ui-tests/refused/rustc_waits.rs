use workflow_runtime::workflow;

struct Problem;
fn work(_: &u32) -> Result<u32, Problem> { Ok(1) }
impl From<Problem> for workflow_runtime::BoxError { fn from(_: Problem) -> Self { "problem".into() } }

workflow! {
    workflow Waits(start: u32) -> u32 {
        #[accept(message)]
        signal message: u32;
        #[timeout(3s)]
        #[fallback("late")]
        signal other: u32;
        signal text: String;
        stage _arm: u32 = select { sleep(3s) => 1, quick: u32 = work(start) => "quick" };
        stage _head: u32 = select { sleep(3s) => 1, slow: String = work(start) => slow.len() as u32 };
        stage _guarded: u32 = select { sleep(3s) if start => 1, signal message => 2 };
        stage _used: u32 = work(text);
        stage _other: u32 = work(other);
        stage _sleeps: u32 = sleep(3s);
        stage _until = sleep_until(start);
        *start
    }
}

fn main() {
    let _ = Waits::new().run(1);
}
