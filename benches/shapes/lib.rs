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

/// The middle one of what was measured, 0 where nothing was; sorts it.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
