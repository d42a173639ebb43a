mod retry;
pub use retry::{Jitter, Wait};
