//! Effects that could not be undone are named wherever a failure is printed.
#![deny(warnings)]
#![allow(deprecated)]
use std::time::Duration;
use workflow_runtime::{Failure, workflow};

fn stuck() -> Result<(), &'static str> {
    Err("stuck")
}

workflow! {
    workflow Undoes() {
        #[undo(stuck())]
        stage booked: u32 = 1;
        #[timeout(1s)]
        #[undo(async {})]
        stage hangs = std::future::pending::<()>();
        #[after(booked)]
        stage shipped = async { tokio::time::sleep(Duration::from_millis(1)).await; Err::<(), _>("no carrier") };
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_says_it_and_so_does_a_main_that_fails() {
    let failure = Undoes::new().run().await.unwrap_err();
    assert_eq!(failure.to_string(), "stage 'shipped' of workflow 'Undoes' failed", "one line");
    assert_eq!(
        format!("{failure:#}"),
        "stage 'shipped' of workflow 'Undoes' failed: no carrier; \
         not undone: stage 'booked' of workflow 'Undoes' failed: stuck; in doubt: hangs"
    );
    assert_eq!(
        format!("Error: {failure:?}"),
        "Error: stage 'shipped' of workflow 'Undoes' failed: no carrier
    not undone: stage 'booked' of workflow 'Undoes' failed: stuck
    in doubt: hangs"
    );
}

workflow! {
    workflow Members() -> u32 {
        stage one: u32 = race {
            { #[undo(stuck())] stage first: u32 = 1; stage bad: u32 = async { let _: &u32 = first; Err("bad") }; *bad },
            { stage worse: u32 = async { tokio::time::sleep(Duration::from_millis(1)).await; Err("worse") }; *worse },
        };
        one
    }
}

workflow! {
    workflow Around() -> u32 {
        stage inner: u32 = Members::new().run();
        inner
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_member_or_a_workflow_within_could_not_undo_is_told_too() {
    for failure in [Members::new().run().await.unwrap_err(), Around::new().run().await.unwrap_err()] {
        let text = format!("{failure:#}");
        assert!(text.ends_with("; not undone: stage 'first' of workflow 'Members' failed: stuck"), "{text}");
        assert_eq!(text.matches("not undone").count(), 1, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_said_of_what_was_undone() {
    fn lines(failure: &Failure) -> usize {
        format!("{failure:?}").lines().count()
    }
    assert_eq!(lines(&Failing::new().run().await.unwrap_err()), 1);
}

workflow! {
    workflow Failing() {
        #[undo(async {})]
        stage booked: u32 = 1;
        #[after(booked)]
        stage shipped = Err::<(), _>("no carrier");
    }
}
