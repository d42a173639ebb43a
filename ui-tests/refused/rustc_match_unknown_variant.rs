use workflow_runtime::workflow;

enum Verdict { Good, Bad(u32) }

workflow! {
    workflow Match(verdict: Verdict) -> u32 {
        stage found: u32 = match verdict {
            Verdict::Good => 1,
            Verdict::Wrong => 1,
            Verdict::Bad(first, second) => *first + *second,
            Verdict::Bad(_) => missing,
        };
        *found
    }
}

fn main() {}
