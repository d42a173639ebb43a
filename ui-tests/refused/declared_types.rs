//! One error for a type that is wrong, wherever the value goes, and one for a value that decides or is kept and can't.

use std::io;
use workflow_runtime::{Failure, workflow};

pub struct Route {
    km: u64,
}

async fn routes(number: &u64) -> Vec<Route> {
    vec![Route { km: *number }]
}
async fn one(number: &u64) -> u64 {
    *number
}
async fn fallible(number: &u64) -> Result<u64, io::Error> {
    Ok(*number)
}
fn total(routes: &[Route]) -> u64 {
    routes.iter().map(|route| route.km).sum()
}

mod misspelt {
    use super::{Route, routes, total, workflow};
    workflow! {
        pub workflow Misspelt(start: u64) -> u64 {
            #[max(3)]
            stage best: Vec<Route> = loop n: u64 = 0 {
                stage next: Vec<Rotue> = routes(n);
                if total(next) > 3 { break next } else { continue n + 1 }
            };
            total(best) + start
        }
    }
}

workflow! {
    pub workflow Unsized(start: String) -> usize {
        stage text: str = start.as_str();
        stage bytes: [u8] = *start.as_bytes();
        let shown: dyn std::fmt::Debug = start.clone();
        signal name: str;
        text.len() + bytes.len() + name.len()
    }
}

workflow! {
    pub workflow NoResult(start: u64) -> u64 {
        #[catch]
        stage a: Vec<u64, Failure> = one(start);
        a.len() as u64
    }
}

workflow! {
    pub workflow NoKey(start: f64, name: String) -> f64 {
        #[cache(key = *start)]
        stage a: f64 = *start + 1.0;
        #[cache(key = (name.len(), *start))]
        stage b: f64 = *start + 1.0;
        *a + b
    }
}

workflow! {
    pub workflow BorrowedKey(start: String, count: u64) -> usize {
        #[cache(key = start)]
        stage a: usize = start.len();
        #[cache(key = &count)]
        stage b: usize = start.len();
        *a + *b
    }
}

workflow! {
    pub workflow Deciding(start: u64) -> u64 {
        stage a: u64 = match fallible(start) {
            Ok(n) => *n,
            Err(_) => 2,
        };
        stage b: u64 = if let Ok(n) = fallible(start) { *n } else { 2 };
        #[when(let Ok(n) = fallible(start))]
        stage c: Option<u64> = *n;
        a + b + c.unwrap_or(0)
    }
}

fn main() {}
