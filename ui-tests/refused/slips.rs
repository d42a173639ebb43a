//! One slip of the hand, one error: what stands around it is read as it was meant.

use workflow_runtime::workflow;

pub struct Trip {
    km: u64,
    days: u64,
    cost: u64,
}

async fn one(number: &u64) -> u64 {
    *number
}

workflow! {
    pub workflow NoColon(start: u64) -> u64 {
        signal other: u64;
        #[max(3)]
        stage a u64 = loop n: u64 = 0 {
            signal more: u64;
            if *more > 3 { break n + 1 } else { continue n + 1 }
        };
        a + other
    }
}

workflow! {
    pub workflow Arrow(start: u64) -> Trip {
        stage a: u64 = one(start);
        Trip {
            km => *a,
            days: 3,
            cost: 4,
        }
    }
}

workflow! {
    pub workflow SignalForStage(start: u64) -> u64 {
        #[deadline(1h)]
        #[retry(3)]
        signal paid: u64 = std::future::ready(Err::<u64, String>(start.to_string()));
        paid + 1
    }
}

fn main() {
    let run = NoColon::new().start(1);
    let _ = run.signal(NoColonSignal::More(3));
}
