//! Writes the random workflows.
#[path = "../src/generator/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

use generator::random::Random;

/// How many: fewer than in memory, since each is run twice for each of its commits. (24 with two inputs each held,
/// too.)
const RANDOM: u64 = 12;

fn main() {
    println!("cargo::rerun-if-changed=../src/generator");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let random = Random::file(RANDOM, Random::durable_source);
    std::fs::write(out.join("random.rs"), random).expect("the target directory can be written");
}
