use workflow_runtime::workflow;

fn busy(_: &String) -> bool { true }
fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    workflow CannotFail(start: u32) -> u32 {
        #[retry(3)]
        stage sum: u32 = *start + 1;
        #[fallback(false)]
        stage compared: bool = *start == *sum;
        #[breaker(failures = 3, cooldown = 1s)]
        stage constant: u32 = 4;
        #[retry(3, if = busy)]
        #[retry(2, if = busy)]
        stage twice: u32 = work(start);
        sum + constant + twice + u32::from(*compared)
    }
}

fn main() {}
