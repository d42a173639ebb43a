//! A few kills; `kill_loop` is the long version.
#![cfg(unix)]

use workflow_killed_tests::{Plan, drive};

#[test]
fn nothing_is_lost_and_nothing_runs_twice() {
    let worker = env!("CARGO_BIN_EXE_worker").into();
    let plan = Plan { worker, instances: 40, kills: 8, kills_a_store: 4, longest: 400 };
    let report = drive(&plan, |_| {}).unwrap();
    assert_eq!(report.kills, 8, "{report}");
    assert!(report.stores >= 2, "{report}");
}
