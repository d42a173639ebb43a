use workflow_runtime::workflow;

workflow! {
    workflow HandingOver(start: String) -> String with greeting: String {
        stage same: String = start;
        stage nested: String = if same.is_empty() {
            start
        } else {
            match same.len() {
                0 => { same }
                1 => return same,
                _ => greeting,
            }
        };
        stage looped: String = loop text: String = nested {
            stage longer: String = format!("{text}!");
            if longer.len() > 9 { break same } else { continue nested }
        };
        format!("{looped}")
    }

    workflow Service(start: u32) -> String with greeting: String {
        stage only = { drop(*start) };
        greeting
    }
}

fn main() {}
