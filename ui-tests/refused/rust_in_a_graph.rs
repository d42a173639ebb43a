use workflow_runtime::workflow;

async fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    workflow RustInAGraph(start: u32) -> u32 {
        stage first: u32 = work(start).await;
        stage second: u32 = work(start)?;
        let third = 5;
        println!("{start}");
        let fourth: u32 = start.checked_add(1)?;
        first + second + third + fourth
    }
}

fn main() {}
