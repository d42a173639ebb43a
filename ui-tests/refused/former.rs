use workflow_runtime::workflow;

workflow! {
    #[durable]
    pub workflow Former(number: u32) -> u32 {
        #[was(more)]
        stage less: u32 = *number - 1;
        stage more: u32 = *number + 1;
        #[was(gone)]
        stage one: u32 = *more - *less;
        #[was(gone)]
        stage two: u32 = *one + 1;
        two
    }
}

fn main() {
    let _ = Former::new().run(1);
}
