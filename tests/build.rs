//! Writes the workflows that no hand would write.
#[path = "src/generator/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

/// How many random workflows.
const RANDOM: u64 = 64;

fn main() {
    println!("cargo::rerun-if-changed=src/generator");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let montage = generator::dag::Dag::montage(2_000).source("Montage");
    let random: Vec<generator::random::Random> = (0..RANDOM).map(generator::random::Random::new).collect();
    let sources: String = random.iter().map(generator::random::Random::source).collect();
    let names: Vec<&str> = random.iter().map(|random| random.name.as_str()).collect();
    let listed = format!("macro_rules! all_random {{ ($do:ident) => {{ $do!({}) }}; }}", names.join(" "));
    std::fs::write(out.join("random.rs"), format!("workflow! {{\n{sources}}}\n{listed}\n"))
        .expect("the target directory can be written");
    std::fs::write(out.join("montage.rs"), montage).expect("the target directory can be written");
}
