use workflow_runtime::workflow;

use std::rc::Rc;

workflow! {
    workflow NotShared(start: u32) -> Rc<u32> {
        Rc::new(*start)
    }
}

fn main() {
    let _ = NotShared::new().run(3);
}
