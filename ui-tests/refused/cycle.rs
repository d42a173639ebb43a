use workflow_runtime::workflow;

workflow! {
    workflow Cycle(start: u32) -> u32 {
        stage a: u32 = c + start;
        stage b: u32 = a + 1;
        #[after(b)]
        stage c: u32 = async { 3 };
        a.clone()
    }

    workflow Nested(start: u32) -> u32 {
        let sum: u32 = inner_of + start;
        stage inner_of: u32 = {
            stage deep: u32 = sum + 1;
            deep
        };
        seq {
            #[after(last)]
            stage first = ();
            stage last = ();
            *inner_of
        }
    }

    workflow Itself(start: u32) -> u32 {
        stage one: u32 = one + start;
        #[after(two)]
        stage two = ();
        let three: u32 = three + 1;
        one + three
    }
}

fn main() {
    let _ = Cycle::new().run(1);
    let _ = (CycleStage::A, NestedStage::Deep, ItselfStage::Two);
}
