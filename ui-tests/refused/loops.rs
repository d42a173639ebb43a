use workflow_runtime::workflow;

workflow! {
    workflow Endless(start: u32) {
        stage ticks = loop {
            stage tick = { println!("{start}") };
        };
        stage falls: u32 = loop round: u32 = 0 {
            stage next: u32 = round + 1;
            match *next {
                0 => continue next,
                1 => *next,
                _ => if *round > 5 { break next },
            }
        };
        stage missing: u32 = loop other: u32 = *falls {
            stage after_other: u32 = other + 1;
        };
        stage once: u32 = loop {
            stage only: u32 = *start;
            break only
        };
        stage bare: u32 = loop {
            stage bare_inner: u32 = *start;
            bare_inner
        };
        stage sum: u32 = missing + once + bare;
        loop state: u32 = *sum {
            if *state > 3 { continue } else { break }
        }
    }

    workflow Astray(start: u32, numbers: Vec<u32>) -> u32 {
        stage first: u32 = match *start { 0 => break 1, _ => 2 };
        stage second: u32 = loop {
            stage inner: u32 = match *first {
                0 => continue,
                1 => break 5,
                other => other,
            };
            if *inner > 3 { break inner } else { continue 5 }
        };
        stage third: Vec<u32> = for number in numbers {
            if *number > 3 { break 3 } else { *number }
        };
        second + third.len() as u32
    }
}

fn main() {
    let _ = Endless::new().run(1);
}
