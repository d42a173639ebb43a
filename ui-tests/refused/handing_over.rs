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

async fn search(_: &u32) -> String { String::new() }

workflow! {
    workflow Lent(start: u32) -> String {
        signal approval: String;
        signal word: String;
        stage same: String = approval;
        stage block: String = { approval };
        stage looped: String = loop { signal next: String; if start > &3 { break next } else { continue } };
        #[fallback(block)]
        stage chosen: String = select {
            found: String = search(start) => found,
            signal word => match word.len() { 0 => return word, _ => word },
        };
        // Stages without a type: their values are not used.
        stage dropped = for number in 0..*start { match number { 0 => word, _ => chosen } };
        #[when(*start > 3)]
        stage dropped_too = { approval };
        #[after(dropped, dropped_too)]
        stage last: String = format!("{same} {block} {looped} {chosen}");
        if last.is_empty() { word } else { last }
    }
}

fn main() {}
