//! `#[cfg(..)]` on the parts of a workflow.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use workflow_runtime::workflow;

workflow! {
    workflow Conditional(#[cfg(test)] number: u32, #[cfg(not(test))] missing: Missing) -> u32 {
        #[cfg(test)]
        stage here: u32 = *number + 1;
        #[cfg(not(test))]
        stage here: u32 = no_such_function();
        #[cfg(any())]
        stage never: NoSuchType = no_such_function();
        stage chosen: u32 = match *here {
            #[cfg(any())]
            1 => no_such_function(),
            #[cfg(all())]
            2 => 20,
            other => *other,
        };
        chosen
    }
    #[cfg(any())]
    workflow Absent() -> NoSuchType { no_such_function() }
}

#[tokio::test]
async fn only_what_applies_is_there() {
    assert_eq!(Conditional::new().run(1).await.unwrap(), 20);
    assert_eq!(Conditional::GRAPH.stages.len(), 2);
}
