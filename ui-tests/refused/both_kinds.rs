//! The macro's errors and rustc's own are told in one compile, and none follows from another.

use workflow_runtime::workflow;

pub enum Way {
    Near(u64),
    Far { hub: String },
}

async fn one(number: &u64) -> u64 {
    *number
}

workflow! {
    pub workflow Whole(start: u64) -> u64 {
        stage a: u64 = one("x");
        #[retry(0)]
        stage b: u64 = one(a);
        stage c: u64 = missing(b);
        *c
    }
}

workflow! {
    pub workflow Holes(way: Way, start: u64) -> u64 {
        stage lost u64 = one(start);
        stage a: u64 = match way {
            Way::Near(far) -> one(far),
            Way::Far { hub } => {
                stage length: usize = hub.size();
                one(&(*length as u64))
            },
        };
        let text: String = *lost;
        stage b: Vec<u64> = for number in [1, 2] { one(number) };
        lost + a + b.len() as u64 + text.len() as u64 + Way::Middle
    }
}

fn main() {}
