use workflow_runtime::workflow;

fn number() -> u32 { 1 }

workflow! {
    workflow LoopType(start: u32) -> String {
        stage state: u32 = loop round: String = number() {
            if *start > 3 { break 1 } else { continue "".to_owned() }
        };
        stage next: u32 = loop other: String = "".to_owned() {
            if *start > 3 { break 1 } else { continue number() }
        };
        stage broken: String = loop {
            if *start > 3 { break number() }
        };
        stage broken_bare: String = loop {
            if *start > 3 { break }
        };
        stage passed: u32 = loop more: u32 = 1 {
            stage grown: String = more.to_string();
            if *start > 3 { break grown } else { continue grown }
        };
        #[max("three")]
        stage bounded: u32 = loop { if *start > 3 { break 1 } };
        format!("{state}{next}{broken}{broken_bare}{passed}{bounded}")
    }
}

fn main() {}
