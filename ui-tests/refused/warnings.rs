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
        signal unheard: u32;
        signal _ignored: u32;
        third + direct
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
