use workflow_runtime::workflow;

async fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    workflow Limits(start: u32) -> u32 {
        #[deadline(1s)]
        stage deadline: u32 = {
            #[timeout(5s)]
            stage longer: u32 = work(start);
            #[deadline(2s)]
            stage later: u32 = work(start);
            stage slept = sleep(3s);
            longer + later
        };
        #[timeout(10s)]
        stage timeout: u32 = {
            #[retry(5, fixed(1min))]
            stage waits: u32 = work(start);
            stage first = sleep(6s);
            #[after(first)]
            stage second = sleep(6s);
            *waits
        };
        #[timeout(10s)]
        stage nested: u32 = {
            #[timeout(1s)]
            stage told_once = sleep(20s);
            work(start)
        };
        deadline + timeout + nested
    }
}

fn main() {}
