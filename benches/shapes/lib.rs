//! Shapes of work, each as a workflow and by hand, for the programs that measure what workflows cost.

mod all;
pub mod constructs;
mod gate;
pub mod steps;

mod graphs {
    #![allow(clippy::pedantic, clippy::let_and_return)]
    include!(concat!(env!("OUT_DIR"), "/graphs.rs"));
}
pub use all::{Pairs, busy, trivial};
pub use gate::Gate;
pub use graphs::*;
