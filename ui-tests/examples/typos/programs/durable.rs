use serde::{Deserialize, Serialize};
use std::{io, time::{Duration, SystemTime}};
use workflow_runtime::{Failure, StageContext, workflow};

#[derive(Serialize, Deserialize)]
pub struct Claim {
    person: String,
    cents: u64,
}
#[derive(Serialize, Deserialize)]
pub enum Verdict {
    Pay { cents: u64 },
    Ask(Vec<String>),
    Refuse,
}
#[derive(Serialize, Deserialize)]
pub struct Paper {
    pages: Vec<String>,
}

async fn assess(claim: &Claim) -> Result<Verdict, io::Error> {
    Ok(if claim.cents > 9 { Verdict::Ask(vec![claim.person.clone()]) } else { Verdict::Pay { cents: claim.cents } })
}
async fn ask_for(paper: &str) -> Result<(), io::Error> {
    if paper.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
}
async fn pay(key: &str, cents: &u64) -> Result<u64, io::Error> {
    Ok(*cents + key.len() as u64)
}
async fn take_back(_payment: &u64) -> Result<(), io::Error> {
    Ok(())
}
async fn scan(page: &str) -> Result<u64, io::Error> {
    Ok(page.len() as u64)
}
fn key_of(context: &StageContext) -> String {
    context.idempotency_key()
}

workflow! {
    /// Settles a claim.
    #[durable]
    #[version(2)]
    pub workflow Settle(claim: Claim, opened: SystemTime) -> u64 {
        #[retry(4, fixed(1min))]
        stage verdict: Verdict = assess(claim);

        let wanted: usize = match verdict {
            Verdict::Ask(papers) => papers.len(),
            Verdict::Pay { .. } | Verdict::Refuse => 0,
        };

        stage asked: Vec<()> = if let Verdict::Ask(papers) = verdict {
            #[concurrency(4)]
            stage each: Vec<()> = for name in papers { ask_for(name) };
            each
        } else {
            Vec::new()
        };

        #[max(6, else = pages.len() as u64)]
        stage received: u64 = loop pages: Vec<String> = Vec::<String>::new() {
            #[timeout(7d)]
            signal paper: Paper;
            stage merged: Vec<String> = [pages.clone(), paper.pages.clone()].concat();
            if merged.len() >= *wanted && !asked.is_empty() {
                break merged.len() as u64
            } else {
                continue merged
            }
        };

        #[catch]
        stage scanned: Vec<Result<u64, Failure>> = for page in [claim.person.clone()] { scan(page) };

        #[undo(take_back(payment), timeout(1h))]
        #[deadline(2d)]
        stage payment: u64 = match verdict {
            Verdict::Pay { cents } => {
                stage key: String = key_of(ctx);
                pay(key, cents)
            },
            Verdict::Ask(_) if *received > 3 => pay("late", received),
            Verdict::Ask(_) => 0,
            Verdict::Refuse => fail "refused",
        };

        #[after(payment)]
        stage cooled = sleep_until(*opened + Duration::from_secs(60));

        #[after(cooled)]
        stage closed: Vec<u64> = quorum(2) {
            scan("first"),
            scan("second"),
            scan(&claim.person),
        };

        payment + closed.iter().sum::<u64>() + scanned.len() as u64
    }
}

fn main() {
    drop(Settle::new());
}
