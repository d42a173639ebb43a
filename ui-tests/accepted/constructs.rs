//! Every construct, nested in every other.
#![deny(warnings)]
use workflow_runtime::workflow;

enum Verdict { Valid, Invalid(u32) }
async fn verify(number: &u32) -> Verdict { if *number > 9 { Verdict::Valid } else { Verdict::Invalid(*number) } }
async fn double(number: &u32) -> u32 { number * 2 }

workflow! {
    /// Each of them once.
    #[version(3)]
    pub workflow Constructs(start: u32, numbers: Vec<u32>, maybe: Option<u32>) -> u32 {
        stage verified: u32 = #[max(30)] loop candidate: u32 = *start {
            stage verdict: Verdict = verify(candidate);
            match verdict {
                Verdict::Valid => break candidate,
                Verdict::Invalid(problems) => continue double(problems),
            }
        };
        stage in_order = seq {
            stage welcome = assert!(*verified > 0);
            stage access = assert!(*start > 0);
        };
        stage chosen: u32 = if let Some(value) = maybe && *value > 3 {
            stage high: u32 = double(value);
            high
        } else if *start > 100 {
            return 5
        } else if *start > 50 {
            fail "too much"
        } else {
            match numbers.as_slice() {
                [] => 0,
                [head, ..] if *head > 3 => { stage doubled_head: u32 = double(head); doubled_head }
                [head, rest @ ..] => rest.len() as u32 + *head,
            }
        };
        stage nested: Vec<Vec<u32>> = for number in numbers {
            stage doubled: u32 = double(number);
            for other in numbers {
                stage product: u32 = *other * *doubled;
                race { async { *product }, { stage slow: u32 = double(product); slow } }
            }
        };
        stage listed: Vec<u32> = match *start {
            0 => Vec::new(),
            _ => #[concurrency(2)] for number in numbers { double(number) },
        };
        stage first: u32 = race for number in numbers { double(number) };
        stage two: Vec<u32> = quorum(2) for number in numbers { double(number) };
        stage of_two: Vec<u32> = quorum(2) { double(start), double(verified) };
        stage forever: u32 = loop {
            stage tick: u32 = double(start);
            stage inner: u32 = loop inner_state: u32 = 0 {
                if *inner_state > 3 { break inner_state } else { continue *inner_state + 1 }
            };
            if *tick > 0 { break tick + *inner }
        };
        #[when(*start > 3)]
        stage skipped: Option<u32> = double(start);
        #[when(let Some(value) = maybe)]
        #[after(in_order)]
        stage bound: Option<u32> = double(value);
        #[lazy]
        stage costly: u32 = double(start);
        stage asks: u32 = if *start > 3 { *costly } else { 0 };
        #[spawn]
        stage elsewhere: u32 = double(start);
        #[blocking]
        stage on_the_pool: u32 = *start + 1;
        stage sum: u32 = verified + chosen + first + forever + asks + elsewhere + on_the_pool
            + (listed.len() + nested.len() + two.len() + of_two.len()) as u32 + skipped.unwrap_or(0) + bound.unwrap_or(0);
        sum
    }

    workflow Waiting(ready: std::sync::Arc<std::sync::atomic::AtomicU32>) -> u32 {
        // A loop may end by a `return` alone.
        stage polled = loop {
            stage count: u32 = ready.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            stage done = if *count > 3 { return *count };
        };
        0
    }
}

#[tokio::main]
async fn main() {
    assert!(Constructs::new().run(5, vec![1, 2, 3], None).await.is_ok());
    assert_eq!(Waiting::new().run(std::sync::Arc::default()).await.unwrap(), 4);
}
