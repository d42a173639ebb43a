use workflow_runtime::workflow;

workflow! {
    workflow TailType(start: u32) -> String {
        stage one: u32 = *start;
        one
    }
    workflow TailExpression(start: u32) -> String {
        start + 1
    }
    workflow TailMissing(start: u32) -> String {
        stage one = { drop(*start) };
    }
    workflow TailReturn(start: u32) -> String {
        if *start > 3 { return 5 } else { return }
    }
    workflow TailMatch(start: u32) -> String {
        match *start {
            0 => "".to_owned(),
            _ => *start,
        }
    }
}

fn main() {}
