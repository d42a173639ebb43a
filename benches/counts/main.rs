//! Instructions of the hot paths, counted under valgrind: steady on a noisy machine.

use std::{
    env,
    future::Future,
    hint::black_box,
    pin::pin,
    process::ExitCode,
    task::{Context, Poll, Waker},
};
use workflow_benches::{
    chain_5, chain_10, chain_16, chain_100,
    constructs::{Policies5, Policies10},
    fan_10, random_100,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    repeat(&arguments[1], arguments[2].parse().unwrap_or(0));
    ExitCode::SUCCESS
}

fn ended<F: Future>(run: F) -> F::Output {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}

fn repeat(case: &str, times: u32) {
    macro_rules! cases {
        ($($name:literal $workflow:expr),* $(,)?) => {
            match case {
                $( $name => {
                    let workflow = $workflow;
                    for _ in 0..times {
                        black_box(ended(workflow.run(black_box(1))).is_ok());
                    }
                } )*
                _ => {}
            }
        };
    }
    cases! {
        "chain_5" chain_5::Shape::new(),
        "chain_10" chain_10::Shape::new(),
        "chain_16" chain_16::Shape::new(),
        "chain_100" chain_100::Shape::new(),
        "fan_10" fan_10::Shape::new(),
        "random_100" random_100::Shape::new(),
        "policies_5" Policies5::new(),
        "policies_10" Policies10::new(),
    }
}
