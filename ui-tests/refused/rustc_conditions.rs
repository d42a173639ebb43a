use workflow_runtime::workflow;

workflow! {
    workflow Conditions(start: u32, maybe: Option<u32>) -> u32 {
        stage one: u32 = if *start { 1 } else { 2 };
        stage two: u32 = if let Ok(value) = maybe { *value } else { 2 };
        #[when(start)]
        stage three: Option<u32> = *start;
        stage four: u32 = match *start { value if *start => value, _ => 1 };
        stage five: u32 = match *start { "text" => 1, _ => 2 };
        one + two + three.unwrap_or(1) + four + five
    }
}

fn main() {}
