#![deny(warnings)]
use workflow_runtime::workflow;

workflow! {
    workflow Warnings(start: u32, unused: u32, _silenced: u32, #[allow(deprecated)] allowed: u32) -> u32
    with service: u32, _quiet: u32
    {
        stage first: u32 = *start;
        stage second: u32 = *first;
        #[after(first)]
        stage third: u32 = second + 1;
        #[after(first)]
        stage direct: u32 = first + 1;
        stage unnamed: u32 = *third;
        #[allow(deprecated)]
        stage allowed_too: u32 = *third;
        stage _underscored: u32 = *third;
        stage nothing = ();
        stage unit: () = ();
        let doubled: u32 = *start * 2;
        let _tripled: u32 = *start * 3;
        #[max(3)]
        stage rounds: u32 = loop state: u32 = 0 {
            if *start > 3 { break 1 } else { continue 2 }
        };
        stage items: Vec<u32> = for (key, _value) in [(1, 2), (3, 4)] { 1 };
        stage arms: u32 = match start.checked_add(1) {
            Some(sum) => 1,
            None => 2,
        };
        stage heads: u32 = select {
            given: u32 = async { 1 } => 1,
            sleep(1s) => 2,
        };
        #[when(false)]
        stage never: Option<u32> = *start;
        stage always: u32 = if true { 1 } else { never.unwrap_or(2) };
        #[accept(false)]
        signal refused: u32;
        signal unheard: u32;
        signal _ignored: u32;
        third + direct + rounds + items.len() as u32 + arms + heads + always + refused
    }
}

#[allow(deprecated)]
mod allowed {
    workflow_runtime::workflow! {
        workflow Allowed(start: u32) {}
    }
    workflow_runtime::workflow! {
        #[allow(deprecated)]
        workflow AllowedHere(start: u32) {}
    }
}

fn main() {}
