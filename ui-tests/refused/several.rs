use workflow_runtime::workflow;

fn work(_: &u32) -> u32 { 1 }

workflow! {
    /// Five mistakes, five errors.
    pub workflow Several(start: u32) -> u32 {
        stage a: u32 = b + start;
        stage b: u32 = a + start;
        #[after(missing)]
        stage c: u32 = work(start);
        #[concurrency(3)]
        stage d: u32 = work(c);
        let e: u32 = work(c).await;
        stage g: u32 = match *d {
            0 => break 5,
            _ => 2,
        };
        d + e + g
    }
}

fn main() {
    let _ = Several::new().run(1);
    let _ = (SeveralStage::A, SeveralStage::G, SeveralState::default().d.status());
    let _ = Several::GRAPH;
}
