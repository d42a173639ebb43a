use workflow_runtime::workflow;

use std::rc::Rc;

async fn not_send() -> u32 {
    let held = Rc::new(1);
    std::future::ready(()).await;
    *held
}

async fn later(number: u32) -> u32 {
    number
}

workflow! {
    #[durable]
    workflow NotSend(start: u32) -> u32 {
        stage block: u32 = {
            stage one: u32 = not_send();
            *one + *start
        };
        stage each: Vec<u32> = for item in vec![1_u32, 2] {
            let shared: Rc<u32> = Rc::new(*item);
            stage two: u32 = later(**shared);
            *two
        };
        *block + each[0]
    }
}

fn main() {
    let _ = NotSend::new().run(1);
}
