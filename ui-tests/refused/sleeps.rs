use workflow_runtime::workflow;

fn work(_: &u32) -> Result<u32, String> { Ok(1) }

workflow! {
    #[deadline(10min)]
    workflow Sleeps(start: u32) -> u32 {
        stage first = sleep(4min);
        #[after(first)]
        stage block = seq {
            stage second = sleep(4min);
            stage third = sleep(4min);
            stage fourth = sleep(4min);
        };
        stage chosen: u32 = select {
            waited: u32 = work(start) => *waited,
            sleep(11min) => 2,
        };
        // One of these may be enough; what is skipped takes no time.
        stage either = race { sleep(9min), sleep(1s) };
        #[when(*start > 3)]
        #[after(either)]
        stage skipped = sleep(9min);
        #[after(skipped)]
        stage fine = sleep(9min);
        *start + *chosen
    }
}

fn main() {
    let _ = Sleeps::new().run(1);
}
