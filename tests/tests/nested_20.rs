//! Twenty blocks, one in the other, need nothing of the crate.
#![allow(missing_docs, reason = "what a case shows is the point")]

use workflow_runtime::workflow;

async fn later() -> u32 {
    tokio::task::yield_now().await;
    1
}

workflow! {
    workflow Twenty() -> u32 {
        stage b0: u32 = { stage b1: u32 = { stage b2: u32 = { stage b3: u32 = { stage b4: u32 = { stage b5: u32 = {
        stage b6: u32 = { stage b7: u32 = { stage b8: u32 = { stage b9: u32 = { stage b10: u32 = { stage b11: u32 = {
        stage b12: u32 = { stage b13: u32 = { stage b14: u32 = { stage b15: u32 = { stage b16: u32 = { stage b17: u32
        = { stage b18: u32 = { stage b19: u32 = { stage innermost: u32 = later(); *innermost }; *b19 }; *b18 }; *b17
        }; *b16 }; *b15 }; *b14 }; *b13 }; *b12 }; *b11 }; *b10 }; *b9 }; *b8 }; *b7 }; *b6 }; *b5 }; *b4 }; *b3 };
        *b2 }; *b1 }; *b0
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Twenty::new().run().await.unwrap(), 1);
    assert_eq!(Twenty::new().start().await.unwrap(), 1);
}
