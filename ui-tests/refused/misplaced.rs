use workflow_runtime::workflow;

fn work(_: &u32) -> u32 { 1 }

workflow! {
    #[lazy]
    #[max(3)]
    #[until(start)]
    #[undo(work(start))]
    workflow Misplaced(#[lazy] start: u32, numbers: Vec<u32>) -> u32 with #[spawn] service: u32 {
        #[max(3)]
        stage called: u32 = work(start);
        #[concurrency(3)]
        stage looped: u32 = loop { if *called > 3 { break 1 } else { continue } };
        #[concurrency(3)]
        stage first: u32 = race for number in numbers { *number };
        #[max(3)]
        #[max(4)]
        stage twice: u32 = loop { if *called > 3 { break 1 } else { continue } };
        #[undo(work(start))]
        let value: u32 = start + 1;
        #[version(3)]
        stage versioned: u32 = *service;
        #[blocking]
        stage blocked: u32 = { stage inner: u32 = 3; inner };
        #[spawn]
        #[blocking]
        stage both: u32 = *start;
        #[accept(*called > 3)]
        stage accepted: u32 = *start;
        stage arms: u32 = match *start {
            0 => #[spawn] { 1 },
            _ => #[max(3)] for number in numbers { drop(number) },
        };
        #[timeout(3s)]
        #[cache(key = *called)]
        let timed: u32 = 1;
        #[retry(3)]
        #[until(called)]
        #[catch]
        signal message: u32;
        #[tolerate(3)]
        stage tolerant: u32 = *start;
        #[tolerate(5%)]
        stage alone: Vec<u32> = for number in numbers { *number };
        stage gives_up = if *start > 9 {
            #[retry(3)]
            stage never_again = fail "final";
        };
        #[retry(3, if = is_long)]
        stage sleeps = sleep(3s);
        stage in_arms: u32 = match *start {
            0 => #[undo(work(start))] { 1 },
            1 => #[deadline(3s)] #[breaker(failures = 2, cooldown = 3s)] work(start),
            _ => #[fallback(1)] #[acquire(start)] { 2 },
        };
        called + timed + message + tolerant + alone.len() as u32 + in_arms + looped + first + twice + value + versioned + blocked + both + accepted + arms
    }
}

fn main() {}
