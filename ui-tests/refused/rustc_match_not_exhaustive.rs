use workflow_runtime::workflow;

enum Verdict { Good, Bad(u32), Unknown }

workflow! {
    workflow Match(verdict: Verdict) -> u32 {
        stage score: u32 = match verdict {
            Verdict::Good => 1,
            Verdict::Bad(reason) => *reason,
        };
        stage items: Vec<u32> = for Some(item) in [Some(1u32), None] { *item };
        stage found: u32 = if let Verdict::Bad(reason) = verdict { *reason } else { 0 };
        score + found + items.len() as u32
    }
}

fn main() {
    let _ = Match::new().run(Verdict::Unknown);
}
