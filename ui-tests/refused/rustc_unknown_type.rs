use workflow_runtime::workflow;

workflow! {
    workflow UnknownType(start: u32) -> u32 {
        stage one: Unknwon = *start;
        stage two: u32 = *one;
        *two
    }
}

fn main() {
    let _ = UnknownType::new().run(1);
}
