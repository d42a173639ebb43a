use workflow_runtime::{Pool, workflow};

async fn work(_: &u32) -> u32 { 1 }

workflow! {
    workflow Deadlocks(start: u32) -> u32 with pool: Pool {
        #[acquire(&pool)]
        stage outer: u32 = {
            #[acquire((pool))]
            stage inner: u32 = work(start);
            *inner
        };
        #[acquire(pool)]
        stage holder: u32 = {
            stage waits: u32 = select {
                stage wanted => 1,
                sleep(1h) => 2,
            };
            *waits
        };
        stage wanted: u32 = {
            #[acquire(pool)]
            stage takes: u32 = work(start);
            *takes
        };
        #[lazy]
        #[acquire(pool)]
        stage lazy: u32 = work(start);
        #[acquire(pool)]
        stage asks: u32 = {
            stage asked: u32 = if *start > 1 { *lazy } else { 1 };
            *asked
        };
        outer + holder + wanted + asks
    }
}

fn main() {}
