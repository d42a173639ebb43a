use workflow_runtime::workflow;

enum Verdict { Good, Bad(u32), Unknown }

workflow! {
    workflow Match(verdict: Verdict) -> u32 {
        stage score: u32 = match verdict {
            Verdict::Good => 1,
            Verdict::Bad(reason) => *reason,
        };
        stage found: u32 = match Verdict::Unknown {
            Verdict::Good => 1,
            Verdict::Wrong => 1,
            _ => 0,
        };
        stage items: Vec<u32> = for Some(item) in [Some(1u32), None] { *item };
        score + found + items.len() as u32
    }
}

fn main() {}
