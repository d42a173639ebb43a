use workflow_runtime::workflow;

use std::cell::Cell;

workflow! {
    workflow NotShared(start: Cell<u32>) -> u32 {
        stage counted: u32 = start.get();
        counted + 1
    }
}

fn main() {
    let _ = NotShared::new().run(Cell::new(3));
}
