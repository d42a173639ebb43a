use workflow_runtime::workflow;

workflow! {
    workflow Outside(start: u32, numbers: Vec<u32>) -> u32 {
        stage branch: u32 = if *start > 3 {
            stage high: u32 = *start;
            high
        } else {
            stage low: u32 = *start;
            low
        };
        stage arm: u32 = match *start {
            0 => {
                stage zero: u32 = 1;
                zero
            }
            _ => 2,
        };
        stage looped: u32 = loop round: u32 = 0 {
            stage next: u32 = round + 1;
            if *next > 3 { break next } else { continue next }
        };
        stage items: Vec<u32> = for number in numbers {
            stage item: u32 = *number;
            item
        };
        stage raced: u32 = race { { stage runner: u32 = 1; runner }, async { 2 } };
        stage block: u32 = { stage inside: u32 = 1; inside };
        stage uses: u32 = high + low + zero + next + item + runner + inside + round;
        branch + arm + looped + items.len() as u32 + raced + block + uses
    }
}

fn main() {}
