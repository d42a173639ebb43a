//! Writes the workflows that no hand would write.
#[path = "src/generator/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

use generator::random::Random;

/// How many random workflows.
const RANDOM: u64 = 64;

fn main() {
    println!("cargo::rerun-if-changed=src/generator");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let montage = generator::dag::Dag::montage(2_000).source("Montage");
    let random = Random::file(RANDOM, Random::source);
    std::fs::write(out.join("random.rs"), random).expect("the target directory can be written");
    std::fs::write(out.join("montage.rs"), montage).expect("the target directory can be written");
}
