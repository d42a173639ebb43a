//! Every case in memory.

use libtest_mimic::{Arguments, Failed, Trial};
use std::{process::ExitCode, sync::Arc};
use workflow_conformance::{
    Case, Conforming, Hosted, InMemory, Playable, Visitor, cases,
    checks::{ALL, Check, dropped_after_each_poll, told},
};

#[derive(Default)]
struct Trials {
    trials: Vec<Trial>,
    first: Option<Arc<dyn Playable>>,
}

impl Visitor for Trials {
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>) {
        let name = format!("{family}::{name}");
        let case: Arc<dyn Playable> = Arc::new(Hosted { host: InMemory, name: name.clone(), make });
        self.first.get_or_insert_with(|| Arc::clone(&case));
        let dropped: Check = ("dropped", dropped_after_each_poll);
        for (check, holds) in ALL.iter().copied().chain([dropped]) {
            let case = Arc::clone(&case);
            let trial = Trial::test(format!("{name}::{check}"), move || holds(&*case).map_err(Failed::from));
            self.trials.push(trial);
        }
    }
}

fn main() -> ExitCode {
    let mut all = Trials::default();
    cases::visit(&mut all);
    if let Some(first) = &all.first {
        // A span that a thread without a subscriber comes to first, while others begin to listen, may stay off for
        // them. So all spans are come to here, before there are threads; what it says counts below.
        let _ = told(&**first);
    }
    libtest_mimic::run(&Arguments::from_args(), all.trials).exit_code()
}
