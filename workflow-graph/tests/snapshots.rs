//! Every sample in every format, as it was when someone last looked. `UPDATE_SNAPSHOTS=1` writes them anew.

mod samples;

use std::path::Path;
use std::{env, fs};

fn compare(file: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(file);
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, drawn).expect("the snapshot can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    let different = kept.lines().zip(drawn.lines()).find(|(kept, drawn)| kept != drawn);
    assert!(kept == drawn, "{file} is not what it was: {different:#?}\nUPDATE_SNAPSHOTS=1 takes the new one");
}

#[test]
fn mermaid() {
    for (name, graph) in samples::all() {
        compare(&format!("{name}.mmd"), &graph.to_mermaid());
    }
}

#[test]
fn dot() {
    for (name, graph) in samples::all() {
        compare(&format!("{name}.dot"), &graph.to_dot());
    }
}

#[test]
fn svg() {
    for (name, graph) in samples::all() {
        compare(&format!("{name}.svg"), &graph.to_svg());
    }
}
