use workflow_runtime::workflow;

use std::rc::Rc;

async fn not_send() -> u32 {
    let held = Rc::new(1);
    std::future::ready(()).await;
    *held
}

workflow! {
    workflow NotSendFuture(start: u32) -> u32 {
        stage one: u32 = not_send();
        stage two: u32 = *start;
        stage arm: u32 = match *one { 0 => not_send(), _ => *two };
        *arm
    }
}

fn main() {
    let _ = NotSendFuture::new().run(1);
}
