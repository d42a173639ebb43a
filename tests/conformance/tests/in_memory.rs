//! Every case in memory.

use libtest_mimic::{Arguments, Failed, Trial};
use std::{process::ExitCode, sync::Arc};
use workflow_conformance::{
    Case, Conforming, Hosted, InMemory, Playable, Visitor, cases,
    checks::{ALL, Check, dropped_after_each_poll},
};

struct Trials(Vec<Trial>);

impl Visitor for Trials {
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>) {
        let name = format!("{family}::{name}");
        let case: Arc<dyn Playable> = Arc::new(Hosted { host: InMemory, name: name.clone(), make });
        let dropped: Check = ("dropped", dropped_after_each_poll);
        for (check, holds) in ALL.iter().copied().chain([dropped]) {
            let case = Arc::clone(&case);
            let trial = Trial::test(format!("{name}::{check}"), move || holds(&*case).map_err(Failed::from));
            self.0.push(trial);
        }
    }
}

fn main() -> ExitCode {
    let mut trials = Trials(Vec::new());
    cases::visit(&mut trials);
    libtest_mimic::run(&Arguments::from_args(), trials.0).exit_code()
}
