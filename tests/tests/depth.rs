//! Blocks with policies within blocks with policies: neither rustc's limits nor the stack are reached.
#![allow(missing_docs, reason = "what a case shows is the point")]

use workflow_runtime::{Failure, workflow};

async fn number() -> Result<u32, &'static str> {
    tokio::task::yield_now().await;
    Ok(1)
}

workflow! {
    workflow Once() -> u32 {
        #[retry(1)]
        #[fallback(0)]
        stage one: u32 = { stage innermost: u32 = number(); innermost };
        *one
    }
    workflow SixTimes() -> u32 {
        #[retry(1)]
        #[fallback(0)]
        stage one: u32 = {
            #[timeout(6s)]
            #[fallback(0)]
            stage two: u32 = {
                #[catch]
                #[deadline(5s)]
                stage three: Result<u32, Failure> = {
                    #[retry(1)]
                    #[fallback(0)]
                    stage four: u32 = {
                        #[timeout(4s)]
                        #[retry(1)]
                        stage five: u32 = {
                            #[retry(1)]
                            #[fallback(0)]
                            stage six: u32 = { stage innermost: u32 = number(); innermost };
                            six + 1
                        };
                        five + 1
                    };
                    four + 1
                };
                three.as_ref().map_or(0, |value| value + 1)
            };
            two + 1
        };
        *one
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_does_not_grow_by_a_factor_a_level() {
    let (once, six_times) = (Once::new().run(), SixTimes::new().run());
    let (small, large) = (size_of_val(&once), size_of_val(&six_times));
    assert!(large < 2 * small, "{small} bytes, and then {large}");
    assert_eq!((once.await.unwrap(), six_times.await.unwrap()), (1, 6));
}
