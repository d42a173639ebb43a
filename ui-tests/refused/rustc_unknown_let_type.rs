use workflow_runtime::workflow;

workflow! {
    workflow UnknownLetType(start: u32) -> u32 {
        let one: Unknwon = *start;
        stage looped: u32 = loop round: Misspelt = 1 {
            if *start > 3 { break 1 } else { continue 1 }
        };
        *one + looped
    }
}

fn main() {}
