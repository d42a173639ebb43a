use workflow_runtime::workflow;

struct Opaque;

struct Step(u32);

fn make() -> Opaque {
    Opaque
}

workflow! {
    #[durable]
    pub workflow Kept(number: u32) -> u32 {
        stage opaque: Opaque = make();
        stage sum: u32 = loop state: Step = Step(1) {
            stage next: u32 = state.0 + *number;
            if *next > 3 { break next } else { continue Step(*next) }
        };
        stage _more = drop(opaque);
        sum
    }
}

workflow! {
    #[durable]
    pub workflow Taken(opaque: Opaque) {
        signal other: Opaque;
        stage _work = drop((opaque, other));
    }
}

workflow! {
    pub workflow NotDurable(number: u32) -> u32 {
        stage more: u32 = *number + 1;
        more
    }
}

fn main() {
    let _ = workflow_runtime::engine::Engine::builder().workflow(NotDurable::new());
}
