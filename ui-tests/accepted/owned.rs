//! Stages with a task of their own or an undo own all that they need: signals, lazy stages, what a `select` has waited
//! for.
#![deny(warnings)]
use workflow_runtime::workflow;

async fn double(number: &u32) -> Result<u32, String> { Ok(number * 2) }
async fn reverse(_: &u32, _: &u32) {}

workflow! {
    workflow Signals(start: u32) -> u32 {
        signal go: u32;
        let twice: u32 = *go * 2;
        #[spawn]
        stage on_a_task: u32 = double(go);
        #[undo(reverse(go, undone))]
        stage undone: u32 = double(&(*go + *start));
        #[undo(reverse(twice, of_let))]
        stage of_let: u32 = double(twice);
        #[undo(reverse(start, block))]
        #[spawn]
        stage block: u32 = {
            stage inner: u32 = double(twice);
            #[undo(reverse(go, deeper))]
            stage deeper: u32 = double(go);
            *inner + *deeper
        };
        on_a_task + undone + of_let + block
    }

    workflow Lazily(start: u32) -> u32 {
        #[lazy]
        stage late: u32 = double(start);
        #[spawn]
        stage on_a_task: u32 = double(late);
        #[undo(reverse(late, undone))]
        #[spawn]
        stage undone: u32 = double(late);
        #[undo(reverse(start, block))]
        stage block: u32 = {
            #[spawn]
            #[when(*late > 3)]
            stage inner: Option<u32> = double(late);
            inner.unwrap_or(1)
        };
        on_a_task + undone + block
    }

    workflow Awaited(start: u32) -> u32 {
        stage other: u32 = double(start);
        stage chosen: u32 = select {
            stage other => {
                #[undo(reverse(other, booked))]
                stage booked: u32 = double(other);
                *booked
            },
            never: u32 = std::future::pending::<u32>() => {
                #[undo(reverse(never, booked_too))]
                #[spawn]
                stage booked_too: u32 = double(never);
                *booked_too
            },
        };
        chosen
    }
}

#[tokio::main]
async fn main() {
    let run = Signals::new().start(1);
    run.signal(SignalsSignal::Go(1)).unwrap();
    assert_eq!(run.await.unwrap(), 2 + 4 + 4 + 6);
    assert_eq!(Lazily::new().run(1).await.unwrap(), 4 + 4 + 1);
    assert_eq!(Awaited::new().run(1).await.unwrap(), 4);
}
