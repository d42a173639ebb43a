use workflow_runtime::workflow;

workflow! {
    workflow Never(start: u32) -> u32 {
        stage stops: u32 = fail "always";
        stage waits: u32 = stops + 1;
        stage chosen: u32 = if *start > 3 { return 5 } else { fail "small" };
        #[after(chosen)]
        stage later = ();
        #[lazy]
        stage costly: u32 = *start;
        #[lazy]
        stage cheap: u32 = *start;
        let both: u32 = cheap + 1;
        waits + both
    }

    workflow LazyTail(start: u32) -> u32 {
        #[lazy]
        stage asked: u32 = *start;
        #[lazy]
        stage handed: u32 = *asked;
        stage block: u32 = { if *start > 3 { handed + 1 } else { 2 } };
        if *block > 3 { *asked } else { asked }
    }

    workflow Tail() -> u32 {
        stage stop = return 3;
        5
    }
}

fn main() {}
