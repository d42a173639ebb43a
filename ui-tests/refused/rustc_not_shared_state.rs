use workflow_runtime::workflow;

use std::rc::Rc;

workflow! {
    workflow NotShared(start: u32) -> u32 {
        loop round: Rc<u32> = Rc::new(1) {
            if **round > *start { break 1 } else { continue Rc::new(5) }
        }
    }
}

fn main() {}
