use workflow_runtime::{Failure, workflow};

async fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    workflow TooFew(start: u32) -> u32 {
        stage quorum: Vec<u32> = quorum(3) for number in [1, 2] { work(number) };
        stage of_none: Vec<u32> = quorum(1) for number in 0..0 { work(number) };
        stage of_one: u32 = race for number in &[1] { work(number) };
        stage failing: Vec<u32> = quorum(2) { work(start), fail "never", fail "nor ever" };
        stage lost: u32 = race { fail "never", fail "nor ever" };
        #[catch]
        #[tolerate(9)]
        stage tolerant: Vec<Result<u32, Failure>> = for number in [1, 2, 3] { work(number) };
        quorum.len() as u32 + of_none.len() as u32 + of_one + failing.len() as u32 + lost + tolerant.len() as u32
    }
}

fn main() {}
