//! Every case on a store, also with a crash before and after each of its commits:
//!
//! ```sh
//! cargo test -p workflow-conformance --features durable --test on_store
//! ```

use libtest_mimic::{Arguments, Failed, Trial};
use std::{process::ExitCode, sync::Arc};
use workflow_conformance::{
    Case, Conforming, Hosted, OnStore, Playable, Visitor, cases, checks::ALL, crashed_at_each_commit,
};

struct Trials(Vec<Trial>);

impl Visitor for Trials {
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>) {
        let name = format!("{family}::{name}");
        let case: Arc<dyn Playable> = Arc::new(Hosted { host: OnStore, name: name.clone(), make });
        for &(check, holds) in ALL {
            let case = Arc::clone(&case);
            let trial = Trial::test(format!("{name}::{check}"), move || holds(&*case).map_err(Failed::from));
            self.0.push(trial);
        }
        let crashed = move || crashed_at_each_commit(make).map_err(Failed::from);
        self.0.push(Trial::test(format!("{name}::crashed"), crashed));
    }
}

fn main() -> ExitCode {
    let mut trials = Trials(Vec::new());
    cases::visit(&mut trials);
    libtest_mimic::run(&Arguments::from_args(), trials.0).exit_code()
}
