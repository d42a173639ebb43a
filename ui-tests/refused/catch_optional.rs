use workflow_runtime::{Failure, workflow};

async fn fallible(number: &u64) -> Result<u64, std::io::Error> {
    Ok(*number)
}

workflow! {
    workflow Optional(start: u64) -> u64 {
        #[when(*start > 1)]
        #[catch]
        stage plain: Option<u64> = fallible(start);
        #[when(*start > 1)]
        #[catch]
        stage turned: Result<u64, Failure> = fallible(start);
        #[until(plain)]
        #[catch]
        stage cut: Option<u64> = fallible(start);
        match (plain, turned, cut) { _ => 1 }
    }
}

fn main() {
    let _ = Optional::new();
}
