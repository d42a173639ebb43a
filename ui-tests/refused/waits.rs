use workflow_runtime::{Pool, workflow};

fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    workflow Selects(start: u32, numbers: Vec<u32>) -> u32 {
        signal approval: u32;
        signal reply_1: u32;
        signal reply1: u32;
        stage other: u32 = work(start);
        stage none: u32 = select {};
        stage one: u32 = select { signal approval => 1 };
        stage twice: u32 = select { signal approval => 1, signal approval => 2, stage other => 3, stage other => 4 };
        stage longer: u32 = select { sleep(5s) => 1, sleep(3s) => 2, sleep(3s) => 3, sleep(1s) if *start > 3 => 4 };
        stage unknown: u32 = select { signal aproval => 1, stage othr => 2, stage start => 3, sleep(3s) => 4 };
        stage mistaken: u32 = select { signal other => 1, stage approval => 2 };
        stage chosen: u32 = select { stage follower => 1, sleep(3s) => 2 };
        stage between: u32 = work(chosen);
        stage follower: u32 = work(between);
        stage block: u32 = { stage inner: u32 = select { stage block => 1, sleep(3s) => 2 }; *inner };
        #[lazy]
        stage late: u32 = work(start);
        stage asks: u32 = if *start > 3 { *late } else { 1 };
        stage lazily: u32 = select { stage late => 1, sleep(3s) => 2 };
        stage items: Vec<u32> = for number in numbers {
            signal each: u32;
            *each + *number
        };
        none + one + twice + longer + unknown + mistaken + follower + block + asks + lazily + items.len() as u32
    }

    workflow Until(start: u32) -> u32 {
        #[until(itself)]
        stage itself: Option<u32> = work(start);
        #[until(later)]
        stage earlier: Option<u32> = work(start);
        stage later: u32 = work(&earlier.unwrap_or(0));
        #[until(start)]
        stage by_input: Option<u32> = work(start);
        #[until(latr)]
        stage by_nothing: Option<u32> = work(start);
        stage before: u32 = work(start);
        #[until(before)]
        stage never: Option<u32> = work(before);
        #[when(*start > 3)]
        #[until(before)]
        stage both: Option<u32> = work(start);
        [itself, by_input, by_nothing, never, both].iter().filter_map(|one| **one).sum::<u32>() + *later
    }

    workflow Accepting(start: u32) -> u32 with pool: Pool {
        #[accept(*approval > *start && *approval > *other)]
        signal approval: u32;
        #[accept(work(answer).await? > 3)]
        signal answer: u32;
        #[accept(ctx.attempt() > 1)]
        signal third: u32;
        stage other: u32 = work(approval);
        *other + *answer + *third
    }

    workflow Pools(start: u32) -> u32 with pool: Pool {
        #[acquire(Pool::new(2), 3)]
        stage too_many: u32 = work(start);
        #[acquire(pool)]
        #[acquire(pool)]
        stage twice: u32 = work(start);
        #[acquire(pool)]
        stage outer: u32 = {
            #[acquire(pool, 2)]
            stage inner: u32 = work(start);
            *inner
        };
        *too_many + *twice + *outer
    }
}

fn main() {
    let _ = Selects::new().run(1, Vec::new());
    let _ = Until::new().run(1);
    let _ = Accepting::new(Pool::new(1)).run(1);
    let _ = Pools::new(Pool::new(1)).run(1);
}
