use workflow_runtime::workflow;

use std::cell::Cell;
use std::rc::Rc;

struct Service(Rc<u32>);
async fn not_send() -> u32 {
    let held = Rc::new(1);
    std::future::ready(()).await;
    *held
}

workflow! {
    workflow NotShared(start: u32, input: Cell<u32>) -> u32 with service: Service {
        stage shared: Rc<u32> = Rc::new(*start);
        stage counted: u32 = **shared;
        let bound: Cell<u32> = Cell::new(*counted);
        stage bare: u32 = bound.get();
        stage state: u32 = loop round: Rc<u32> = Rc::new(1) {
            if **round > 3 { break 1 } else { continue Rc::new(5) }
        };
        bare + *service.0 + input.get() + state
    }
}

fn main() {
    let _ = NotSharedStage::Shared;
    let _ = not_send();
}
