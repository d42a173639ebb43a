use workflow_runtime::workflow;

workflow! {
    workflow Names(start: u32, ctx: u32) -> u32 {
        stage a1: u32 = *start;
        stage a_1: u32 = *start;
        stage start: u32 = 2;
        stage block: u32 = {
            stage a1: u32 = *start;
            stage failure: u32 = 3;
            a1 + failure
        };
        // A pattern and a closure may have names of the workflow's; two arms can't have one name for their stages.
        stage matched: u32 = match Some(*a1) {
            Some(a_1) => { stage sent: u32 = a_1 + 1; *sent }
            None => { stage sent: u32 = 2; *sent }
        };
        stage called: u32 = Some(1).map_or(0, |block: u32| block + 1);
        a1 + a_1 + block + matched + called
    }
}

fn main() {
    let _ = (NamesStage::A1, NamesStage::Block);
}
