use workflow_runtime::workflow;

async fn work(_: &u32) -> u32 { 1 }

workflow! {
    workflow TooLate(start: u32) -> u32 {
        signal stop: u32;
        signal end: u32;
        stage first: u32 = work(start);
        stage second: u32 = work(first);
        stage head: u32 = select {
            stage first => 1,
            stage second => 2,
        };
        stage before: u32 = work(stop);
        #[until(stop)]
        stage cut: Option<u32> = work(before);
        #[until(end)]
        stage itself: Option<u32> = work(end);
        #[after(before)]
        stage block: u32 = {
            #[until(stop)]
            stage inside: Option<u32> = work(start);
            inside.unwrap_or(0)
        };
        head + cut.unwrap_or(0) + itself.unwrap_or(0) + *block
    }
}

fn main() {}
