//! Expressions that never give a value have any type, wherever they run.
use workflow_runtime::workflow;

fn never() -> ! {
    panic!("never")
}

workflow! {
    workflow Never(start: u32) -> u32 {
        stage one: u32 = never();
        #[blocking]
        stage two: u32 = never();
        #[blocking]
        stage three: u32 = panic!("{start}");
        #[spawn]
        stage four: u32 = panic!("{start}");
        #[undo(never())]
        stage five: u32 = never();
        one + two + three + four + *five
    }
}

fn main() {
    drop(Never::new().run(1));
}
