//! The old version is killed, and the new one goes on.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

/// Runs the old version until all its instances wait, and kills it.
fn before(folder: &Path) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_before")).arg(folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(line, "ready\n");
}

/// Runs the new version to its end; what it says.
fn after(folder: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_after")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

fn ran(folder: &Path) -> Vec<String> {
    fs::read_to_string(folder.join("ran")).unwrap().lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_new_build_goes_on_with_what_the_old_one_left() {
    let folder = tempfile::tempdir().unwrap();
    before(folder.path());
    let mut old = ran(folder.path());
    old.sort();
    let expected = [
        "broken/price",
        "former/done",
        "keeping/kept",
        "order/labelled",
        "order/packed",
        "order/priced",
        "reserving/reserved",
        "shipped/booked",
        "widened/price",
    ];
    assert_eq!(old, expected);

    let said = after(folder.path());
    let mut new = ran(folder.path()).split_off(old.len());
    new.sort();
    // What has completed is not run again, whatever its name and its place; what is new, is run.
    assert_eq!(new, ["order/insured", "order/sent"]);
    let expected = [
        // What can't go on is parked, and says why. The others go on.
        "instance 'broken' is parked: what is stored of 'price' can't be read: invalid type: integer `700`, expected struct Price at byte 3",
        "instance 'fed' is parked: its input can't be read: invalid type: integer `7`, expected a string at byte 1",
        "instance 'reserving' is parked: 'reserved' was done and would have to be undone, but its workflow no longer says how",
        "instance 'keeping' is parked: 'kept' was done and would have to be undone, but its workflow no longer says how",
        "instance 'signalled' is parked: it was sent the signal 'extra', which its workflow no longer has",
        "order: 70, packed 7, 7, 3",
        "former: 8",
        "widened: 700 None",
        "shipped: 9 days at sea",
    ];
    assert_eq!(said, expected);

    // Once more: a parked instance stays so, and reports the same; an ended one takes no signal.
    let again = after(folder.path());
    assert_eq!(again[..5], expected[..5]);
    assert!(again[5..].iter().all(|line| line.contains("nothing can take")), "{again:?}");
}
