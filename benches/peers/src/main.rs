//! Measures the shapes, of the same trivial stages, with other crates that run graphs of tasks.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --quick
//! ```
//!
//! Each is set up as its own documentation does it. What it builds for each run is part of the run; what it keeps from
//! one run to the next is made before.
#![forbid(unsafe_code)]

mod async_dag;
mod by_hand;
mod cano;
mod dagrs;
mod dagx;
mod floxide;
mod graph_flow;
mod node_flow;
mod operese;
mod orka;
mod sayiir;
mod workflow;

use std::{env, error::Error, future::Future, hint::black_box, pin::Pin, time::Instant};
use tokio::runtime::{Builder, Runtime};

/// A measured shape.
#[derive(Clone, Copy)]
enum Shape {
    Chain10,
    Diamond,
    Fan10,
    Random100,
}

impl Shape {
    const ALL: [Self; 4] = [Self::Chain10, Self::Diamond, Self::Fan10, Self::Random100];

    fn name(self) -> &'static str {
        match self {
            Self::Chain10 => "chain of 10",
            Self::Diamond => "diamond",
            Self::Fan10 => "1→10→1",
            Self::Random100 => "random 10×10",
        }
    }

    /// For each stage those that it needs.
    fn needs(self) -> &'static [&'static [usize]] {
        match self {
            Self::Chain10 => workflow_benches::chain_10::NEEDS,
            Self::Diamond => workflow_benches::diamond::NEEDS,
            Self::Fan10 => workflow_benches::fan_10::NEEDS,
            Self::Random100 => workflow_benches::random_100::NEEDS,
        }
    }
}

/// The last stage's number; of the random graph, the sum of its last layer.
type Run = Box<dyn FnMut() -> Pin<Box<dyn Future<Output = u64>>>>;

/// How a crate runs a shape; none, where it can't express it.
type Peer = fn(Shape) -> Option<Run>;

const PEERS: [(&str, Peer); 12] = [
    ("by hand", by_hand::run),
    ("`workflow!`", workflow::run),
    ("node-flow", node_flow::run),
    ("operese-dagx", operese::run),
    ("dagx", dagx::run),
    ("async_dag", async_dag::run),
    ("cano", cano::run),
    ("dagrs", dagrs::run),
    ("orka", orka::run),
    ("floxide", floxide::run),
    ("graph-flow", graph_flow::run),
    ("sayiir", sayiir::run),
];

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = if env::args().any(|argument| argument == "--quick") { 5 } else { 31 };
    let runtimes = [
        ("current-thread runtime", Builder::new_current_thread().enable_all().build()?),
        ("multi-thread runtime", Builder::new_multi_thread().enable_all().build()?),
    ];
    for (name, runtime) in &runtimes {
        println!("\nNanoseconds a run, {name}\n");
        let titles = PEERS.map(|(name, _)| name).join(" | ");
        println!("| shape | {titles} |\n| ---{} |", " | ---:".repeat(PEERS.len()));
        for shape in Shape::ALL {
            let cells = row(runtime, shape, rounds)
                .map(|time| time.map_or_else(|| "–".to_owned(), |time| format!("{time:.0}")));
            println!("| {} | {} |", shape.name(), cells.join(" | "));
        }
    }
    Ok(())
}

/// Medians. All are measured in turn, so that whatever else the machine does meets each of them.
fn row(runtime: &Runtime, shape: Shape, rounds: usize) -> [Option<f64>; PEERS.len()] {
    let expected = runtime.block_on(sum_of(by_hand::run(shape)));
    let mut times = PEERS.map(|_| Vec::new());
    let mut counts = [0_u32; PEERS.len()];
    for _ in 0..rounds {
        for ((times, count), (name, peer)) in times.iter_mut().zip(&mut counts).zip(PEERS) {
            let Some(mut run) = peer(shape) else { continue };
            if *count == 0 {
                let sum = runtime.block_on(run());
                assert_eq!(Some(sum), expected, "{name} gives something else for {}", shape.name());
                *count = 1;
                while runtime.block_on(timed(&mut run, *count)) * f64::from(*count) < 1e6 {
                    *count *= 2;
                }
            }
            times.push(runtime.block_on(timed(&mut run, *count)));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    })
}

async fn sum_of(run: Option<Run>) -> Option<u64> {
    Some(run?().await)
}

/// Nanoseconds a run.
async fn timed(run: &mut Run, count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        black_box(run().await);
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}
