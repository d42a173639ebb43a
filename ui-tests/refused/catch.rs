use workflow_runtime::{Failure, workflow};

#[derive(Debug)]
struct Problem;
fn work(_: &u32) -> Result<u32, Problem> { Ok(1) }

workflow! {
    workflow Catches(start: u32, numbers: Vec<u32>) -> u32 {
        #[catch]
        stage untyped = async {};
        #[catch]
        stage alone: u32 = *start;
        #[catch]
        stage block: Result<u32, Problem> = { stage inner: u32 = 1; inner };
        #[catch]
        #[fallback(1)]
        stage falls: Result<u32, Problem> = work(start);
        #[catch]
        stage items: Vec<u32> = for number in numbers { *number };
        #[catch]
        stage own: Vec<Result<u32, Problem>> = for number in numbers { work(number) };
        #[catch]
        stage nothing = for number in numbers { drop(*number) };
        #[catch]
        #[fallback(fail failure)]
        stage fine: Result<u32, Failure> = *start;
        #[after(untyped)]
        stage _all: usize = items.len() + own.len() + [block.is_ok(), falls.is_ok(), fine.is_ok()].len();
        *alone
    }
}

fn main() {
    let _ = Catches::new().run(1, Vec::new());
}
