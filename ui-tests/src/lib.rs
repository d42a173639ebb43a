//! Nothing: `tests/ui.rs` compiles what lies in `refused/` and `accepted/`.
