use workflow_runtime::workflow;

// No `std::error::Error`.
struct NoError;
fn fails() -> Result<u32, NoError> { Ok(1) }

workflow! {
    workflow ErrorType(start: u32) -> u32 {
        stage one: u32 = fails();
        stage two: u32 = async { fails() };
        stage three: u32 = if *start > 3 { fail NoError } else { *one };
        two + three
    }
}

fn main() {}
