use workflow_runtime::workflow;

use std::rc::Rc;

struct Service(Rc<u32>);

workflow! {
    workflow NotShared(start: u32) -> u32 with service: Service {
        stage counted: u32 = *service.0 + *start;
        counted + 1
    }
}

fn main() {
    let _ = NotShared::new(Service(Rc::new(3))).run(3);
}
