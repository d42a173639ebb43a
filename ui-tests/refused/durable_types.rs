use workflow_runtime::workflow;
struct Opaque(u32);
fn make(n: u32) -> Opaque { Opaque(n) }
workflow! {
    #[durable]
    workflow Scrutinee(number: u32) -> u32 {
        stage picked: u32 = match make(*number) { Opaque(1) => 1, Opaque(_) => 2 };
        picked
    }
}
workflow! {
    #[durable]
    workflow Items(number: u32) -> Vec<u32> {
        stage all: Vec<u32> = for item in vec![make(*number)] { item.0 };
        all
    }
}
workflow! {
    #[durable]
    workflow Heads(number: u32) -> u32 {
        stage one: u32 = select { made: Opaque = make(*number) => made.0, sleep(1s) => 0 };
        one
    }
}
workflow! {
    #[durable]
    workflow Out(number: u32) -> Opaque {
        make(*number)
    }
}
workflow! {
    #[durable]
    workflow Race(number: u32) -> u32 {
        stage one: u32 = { stage inner: Opaque = race { make(*number), make(2) }; inner.0 };
        one
    }
}

fn main() {}
