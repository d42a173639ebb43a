use workflow_runtime::{StageContext, workflow};

fn key(ctx: &StageContext) -> String {
    ctx.idempotency_key()
}

workflow! {
    workflow Shared(numbers: Vec<u32>) -> usize {
        let key: String = ctx.idempotency_key();
        let text: Option<String> = Some(format!("{ctx:?}"));
        stage lengths: Vec<usize> = for number in numbers {
            let own: String = key(ctx);
            own.len() + *number as usize
        };
        stage all: usize = key.len() + text.iter().len() + lengths.len();
        all
    }
}

fn main() {}
