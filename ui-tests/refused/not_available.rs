use workflow_runtime::workflow;

fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    #[durable]
    #[was(Former)]
    workflow NotAvailable(#[was(begin)] start: u32) -> u32 {
        #[was(older)]
        stage first: u32 = work(start);
        #[was(permission)]
        signal approval: u32;
        first + approval
    }
}

fn main() {
    let _ = NotAvailable::new().run(1);
}
