use workflow_runtime::workflow;

workflow! {
    workflow UnknownOutputType(start: u32) -> Unknwon {
        stage one: u32 = *start;
        *one
    }
}

fn main() {
    let _ = UnknownOutputType::new().run(1);
}
