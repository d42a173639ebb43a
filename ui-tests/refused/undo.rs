use workflow_runtime::workflow;

fn work(_: &u32) -> Result<u32, String> { Ok(1) }
async fn reverse(_: &u32, _: &u32) {}

workflow! {
    workflow Undoing(start: u32, numbers: Vec<u32>) -> u32 {
        signal approval: u32;
        stage first: u32 = work(start);
        stage second: u32 = work(first);
        let doubled: u32 = *second * 2;
        #[undo(reverse(second, third))]
        stage third: u32 = work(first);
        #[undo(reverse(doubled, fourth))]
        stage fourth: u32 = work(first);
        #[undo(reverse(start, fifth), on = attempt)]
        stage fifth: u32 = work(first);
        #[undo(reverse(approval, sixth))]
        stage sixth: u32 = work(start);
        stage block: u32 = {
            #[undo(reverse(block, inner))]
            stage inner: u32 = work(start);
            *inner
        };
        #[lazy]
        stage late: u32 = work(start);
        #[undo(reverse(late, asking))]
        stage asking: u32 = if *start > 3 { *late } else { 1 };
        stage branch: u32 = if *start > 3 { stage hidden: u32 = work(start); *hidden } else { 2 };
        #[undo(reverse(hidden, seventh))]
        stage seventh: u32 = work(branch);
        // Each of these has run.
        #[undo(reverse(first, fine))]
        #[after(second)]
        stage fine: u32 = work(doubled);
        third + fourth + fifth + sixth + block + asking + seventh + fine
    }

    workflow Handing(start: u32, numbers: Vec<u32>) -> u32 {
        stage block: u32 = {
            #[undo(reverse(own, start))]
            stage own: u32 = work(start);
            own
        };
        stage items: Vec<u32> = for number in numbers {
            stage other: u32 = work(number);
            #[undo(reverse(other, number))]
            stage needs_it: u32 = work(other);
            other
        };
        stage rounds: u32 = loop count: u32 = 0 {
            #[undo(reverse(count, start))]
            stage booked: u32 = work(count);
            if *booked > 3 { break count } else { continue booked }
        };
        #[undo(reverse(last, block))]
        stage last: u32 = work(&(items.len() as u32 + *rounds));
        last
    }
}

fn main() {
    let _ = Undoing::new().run(1, Vec::new());
    let _ = Handing::new().run(1, Vec::new());
}
