use workflow_runtime::workflow;

workflow! {
    workflow Counts(numbers: Vec<u32>) -> u32 {
        stage alone: u32 = race { async { 1 } };
        stage nobody: u32 = race {};
        stage most: Vec<u32> = quorum(3) { async { 1 }, async { 2 } };
        stage zero: Vec<u32> = quorum(0) { async { 1 }, async { 2 } };
        stage nothing: Vec<u32> = quorum(1) {};
        stage none: Vec<u32> = quorum(0) for number in numbers { *number };
        #[max(0)]
        stage looped: u32 = loop { if *alone > 3 { break 1 } else { continue } };
        #[concurrency(0)]
        stage many: Vec<u32> = for number in numbers { *number };
        stage chosen: u32 = match *alone {
            0 => #[max(0)] loop { if *alone > 3 { break 1 } },
            _ => 1,
        };
        alone + nobody + most.len() as u32 + zero.len() as u32 + nothing.len() as u32 + none.len() as u32
            + looped + many.len() as u32 + chosen
    }
}

fn main() {}
