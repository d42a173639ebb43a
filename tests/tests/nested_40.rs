//! Forty blocks, one in the other, need what docs/reference/grammar.md says.
#![recursion_limit = "256"]
#![allow(missing_docs, reason = "what a case shows is the point")]

use workflow_runtime::workflow;

async fn later() -> u32 {
    tokio::task::yield_now().await;
    1
}

workflow! {
    workflow Forty() -> u32 {
        stage b0: u32 = { stage b1: u32 = { stage b2: u32 = { stage b3: u32 = { stage b4: u32 = { stage b5: u32 = {
        stage b6: u32 = { stage b7: u32 = { stage b8: u32 = { stage b9: u32 = { stage b10: u32 = { stage b11: u32 = {
        stage b12: u32 = { stage b13: u32 = { stage b14: u32 = { stage b15: u32 = { stage b16: u32 = { stage b17: u32
        = { stage b18: u32 = { stage b19: u32 = { stage b20: u32 = { stage b21: u32 = { stage b22: u32 = { stage b23:
        u32 = { stage b24: u32 = { stage b25: u32 = { stage b26: u32 = { stage b27: u32 = { stage b28: u32 = { stage
        b29: u32 = { stage b30: u32 = { stage b31: u32 = { stage b32: u32 = { stage b33: u32 = { stage b34: u32 = {
        stage b35: u32 = { stage b36: u32 = { stage b37: u32 = { stage b38: u32 = { stage b39: u32 = { stage
        innermost: u32 = later(); *innermost }; *b39 }; *b38 }; *b37 }; *b36 }; *b35 }; *b34 }; *b33 }; *b32 }; *b31
        }; *b30 }; *b29 }; *b28 }; *b27 }; *b26 }; *b25 }; *b24 }; *b23 }; *b22 }; *b21 }; *b20 }; *b19 }; *b18 };
        *b17 }; *b16 }; *b15 }; *b14 }; *b13 }; *b12 }; *b11 }; *b10 }; *b9 }; *b8 }; *b7 }; *b6 }; *b5 }; *b4 }; *b3
        }; *b2 }; *b1 }; *b0
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Forty::new().run().await.unwrap(), 1);
    assert_eq!(Forty::new().start().await.unwrap(), 1);
}
