//! Blocks within blocks: rustc's limits are not reached.
use workflow_runtime::{engine::Engine, workflow};

async fn plus(number: u32) -> u32 {
    tokio::task::yield_now().await;
    number + 1
}

workflow! {
    #[durable]
    workflow Deep(number: u32) -> u32 {
        stage s1: u32 = {
 stage s2: u32 = {
 stage s3: u32 = {
 stage s4: u32 = {
 stage s5: u32 = {
 stage s6: u32 = {
 stage s7: u32 = {
 stage s8: u32 = {
 stage s9: u32 = {
 stage s10: u32 = {
 stage s11: u32 = {
 stage s12: u32 = {
 stage s13: u32 = {
 stage s14: u32 = {
 stage s15: u32 = {
 stage s16: u32 = {
 stage s17: u32 = {
 stage s18: u32 = {
 stage s19: u32 = {
 stage s20: u32 = plus(*number);
        s20
};
*s19 + 1
};
*s18 + 1
};
*s17 + 1
};
*s16 + 1
};
*s15 + 1
};
*s14 + 1
};
*s13 + 1
};
*s12 + 1
};
*s11 + 1
};
*s10 + 1
};
*s9 + 1
};
*s8 + 1
};
*s7 + 1
};
*s6 + 1
};
*s5 + 1
};
*s4 + 1
};
*s3 + 1
};
*s2 + 1
};
*s1 + 1
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_blocks_within_one_another() {
    let engine = Engine::builder().workflow(Deep::new()).start().await.unwrap();
    let run = engine.start::<Deep>("one", 1).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 21);
    assert_eq!(Deep::new().run(1).await.unwrap(), 21);
    assert_eq!(Deep::new().start(1).await.unwrap(), 21);
}
