use workflow_runtime::workflow;

use std::cell::Cell;

workflow! {
    workflow NotShared(start: u32) -> u32 {
        let bound: Cell<u32> = Cell::new(*start);
        stage counted: u32 = bound.get();
        counted + 1
    }
}

fn main() {}
