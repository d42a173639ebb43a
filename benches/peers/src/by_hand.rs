//! The functions awaited and joined by hand.

use crate::{Run, Shape};
use workflow_benches::{chain_10, diamond, fan_10, random_100};

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(match shape {
        Shape::Chain10 => Box::new(|| Box::pin(chain_10::by_hand(1))),
        Shape::Diamond => Box::new(|| Box::pin(diamond::by_hand(1))),
        Shape::Fan10 => Box::new(|| Box::pin(fan_10::by_hand(1))),
        Shape::Random100 => Box::new(|| Box::pin(random_100::by_hand(1))),
    })
}
