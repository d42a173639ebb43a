use workflow_runtime::workflow;

use std::rc::Rc;

workflow! {
    workflow NotShared(start: u32) -> u32 {
        stage shared: Rc<u32> = Rc::new(*start);
        stage counted: u32 = **shared;
        counted + 1
    }
}

fn main() {
    let _ = NotSharedStage::Shared;
    let _ = NotShared::new().run(3);
}
