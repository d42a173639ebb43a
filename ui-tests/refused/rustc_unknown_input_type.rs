use workflow_runtime::workflow;

workflow! {
    workflow UnknownInputType(start: Unknwon) -> u32 with service: Misspelt {
        stage one: u32 = start.0 + service.0;
        *one
    }
}

fn main() {
    let _ = UnknownInputType::new;
}
