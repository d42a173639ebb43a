//! A service whose workflows survive `kill -9`: it starts payments and onboardings, takes signals for them and says how
//! they stand, over HTTP. All of it lies in one `SQLite` file.
//!
//! ```text
//! cargo run --release -p workflow-durable-service -- bank.db
//! cargo run --release -p workflow-durable-service -- --demo     # starts itself, kills itself, goes on, and ends
//! ```
#![forbid(unsafe_code)]

mod answer;
mod bank;
mod demonstration;
mod ledger;
mod listen;
mod onboarding;
mod payment;
mod routes;
mod served;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use workflow_runtime::engine::Engine;
use workflow_runtime::store::SqliteStore;

use crate::bank::Bank;
use crate::ledger::Ledger;
use crate::onboarding::Onboarding;
use crate::payment::Payment;

/// Payments and onboardings over HTTP, which go on after a crash where they were.
#[derive(Debug, Parser)]
#[command(name = "durable_service")]
struct Arguments {
    /// The file that holds all workflows; it is made if it is not there. What the bank did lies beside it, in
    /// FILE.ledger
    #[arg(required_unless_present_any = ["demo", "graph"])]
    file: Option<PathBuf>,
    /// The port to listen on, on this machine; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How long, in milliseconds, a simulated service of the bank takes
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    latency: u64,
    /// How long, in milliseconds, the money is on its way
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    settling: u64,
    /// How many connections are served at once; further ones wait
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Start this program on a file of its own, kill it with SIGKILL, start it again, show that it goes on, and end
    #[arg(long, conflicts_with = "file")]
    demo: bool,
    /// Print the workflows as Mermaid diagrams, and end
    #[arg(long)]
    graph: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.graph {
        print!("{}\n{}", Payment::GRAPH.to_mermaid(), Onboarding::GRAPH.to_mermaid());
        return Ok(());
    }
    match &arguments.file {
        Some(file) => serve(&arguments, file),
        None => demonstration::run(),
    }
}

#[tokio::main]
async fn serve(arguments: &Arguments, file: &Path) -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    // First of all: a port that is taken interrupts no work.
    let listener = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port))).await?;
    let address = listener.local_addr()?;
    let ledger = Ledger::open(&beside(file, ".ledger"))?;
    let bank = Bank::new(ledger, Duration::from_millis(arguments.latency), Duration::from_millis(arguments.settling));

    let engine = Engine::builder()
        .store(SqliteStore::open(file)?)
        .workflow(Payment::new(bank.clone()))
        .workflow(Onboarding::new(bank))
        .start()
        .await?; // From here on it goes on with whatever an earlier process left.

    println!("listening on http://{address}");
    listen::serve(listener, routes::router(&engine), arguments.connections.into(), asked_to_end()).await;

    engine.shutdown().await?; // In peace: nothing has to be told again.
    println!("shut down; start it again and it goes on");
    Ok(())
}

/// The file beside the store that has its name and more.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Ends at ctrl-c, or where the system asks the process to end.
async fn asked_to_end() {
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("ctrl-c can't be listened for: {error}");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => tokio::select! {
                () = interrupted => {}
                _ = terminated.recv() => {}
            },
            Err(error) => {
                eprintln!("SIGTERM can't be listened for: {error}");
                interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}
