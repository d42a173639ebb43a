//! Every case on a store, also with a crash before and after each of its commits:
//!
//! ```sh
//! cargo test -p workflow-conformance --features durable --test on_store
//! ```

use libtest_mimic::{Arguments, Failed, Trial};
use std::{process::ExitCode, sync::Arc};
use workflow_conformance::{
    Case, Conforming, Hosted, OnStore, Playable, Visitor, cases,
    checks::{ALL, told},
    crashed_at_each_commit,
};

#[derive(Default)]
struct Trials {
    trials: Vec<Trial>,
    first: Option<Arc<dyn Playable>>,
}

impl Visitor for Trials {
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>) {
        let name = format!("{family}::{name}");
        let case: Arc<dyn Playable> = Arc::new(Hosted { host: OnStore, name: name.clone(), make });
        self.first.get_or_insert_with(|| Arc::clone(&case));
        for &(check, holds) in ALL {
            let case = Arc::clone(&case);
            let trial = Trial::test(format!("{name}::{check}"), move || holds(&*case).map_err(Failed::from));
            self.trials.push(trial);
        }
        let crashed = move || crashed_at_each_commit(make).map_err(Failed::from);
        self.trials.push(Trial::test(format!("{name}::crashed"), crashed));
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
