use workflow_runtime::workflow;

workflow! {
    workflow After(start: u32) -> u32 {
        stage profile: u32 = *start;
        #[after(profil)]
        stage second = ();
        #[after(start)]
        stage third = ();
        #[after(nowhere_to_be_found)]
        stage fourth = ();
        stage block: u32 = {
            stage hidden: u32 = *start;
            hidden
        };
        #[after(hidden)]
        stage fifth = ();
        #[after(profile, profile)]
        stage sixth = ();
        #[after(profile)]
        #[after(block)]
        stage seventh = ();
        #[after(profil, start, hidden)]
        signal answer: u32;
        // The wait for `waits` and the stage's wait for the signal are a cycle.
        #[after(waits)]
        signal other: u32;
        stage waits: u32 = *other;
        profile + block + waits + *answer
    }
}

fn main() {}
