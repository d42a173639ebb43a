//! Starts this program on a file of its own, kills it, starts it again, and shows that it goes on.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

/// How long to wait for anything at most.
const PATIENCE: Duration = Duration::from_mins(1);

/// The service in a process of its own, which does not outlive this value.
struct Service {
    process: Child,
    address: String,
}

impl Service {
    fn start(file: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(file)
            .args(["--port", "0", "--latency", "100", "--settling", "1000"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output is piped")?).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("listening on ") else { bail!("it did not start") };
        Ok(Self { process, address: address.to_owned() })
    }

    /// SIGKILL: nothing of it runs any more from here on, whatever it was at.
    fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let response = ureq::post(format!("{}{path}", self.address)).send_json(body)?;
        println!("POST {path} {body}\n  {}", response.status());
        Ok(())
    }

    fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(ureq::get(format!("{}{path}", self.address)).call()?.body_mut().read_json()?)
    }

    /// Asks until it holds.
    fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let told = self.get(path)?;
            if holds(&told) {
                println!("GET {path}\n  {told}");
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "{path} stays at {told}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The demonstration. It takes some three seconds.
///
/// # Errors
///
/// When something does not go as it should.
pub fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bank.db");

    let service = Service::start(&file)?;
    service.post("/payment/p-1", &json!({ "payer": "Ada", "payee": "Grace", "cents": 250_000 }))?;
    service.post("/payment/p-2", &json!({ "payer": "Ada", "payee": "Auric Goldfinger", "cents": 100 }))?;
    service.post("/onboarding/o-1", &json!({ "name": "Joan", "email": "joan@example.org", "papers": ["passport"] }))?;
    service.until("/payment/p-1", |told| told["stages"]["hold"]["status"] == "completed")?;
    service.post("/payment/p-1/signals/answer", &json!({ "granted": { "by": "t.okafor" } }))?;
    service.kill()?;
    println!("\nkill -9\n");

    let service = Service::start(&file)?;
    service.until("/payment/p-1", |told| told["stages"]["transfer"]["status"] == "completed")?;
    service.kill()?;
    println!("\nkill -9, while the money is on its way\n");

    let service = Service::start(&file)?;
    service.post("/onboarding/o-1/signals/paper", &json!({ "kind": "proof of address" }))?;
    service.until("/payment/p-1", |told| told["status"] == "completed")?;
    service.until("/payment/p-2", |told| told["status"] == "failed")?;
    service.until("/onboarding/o-1", |told| told["status"] == "completed")?;
    service.kill()?;

    let ledger = std::fs::read_to_string(crate::beside(&file, ".ledger"))?;
    println!("\nWhat was done, each thing once:\n{ledger}");
    for what in ["250000 cents sent to Grace", "100 cents of Ada released", "account opened for Joan"] {
        ensure!(ledger.matches(what).count() == 1, "'{what}' should be there once");
    }
    Ok(())
}
