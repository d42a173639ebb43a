//! Writes the workflows of the batch, each with the build that comes after it.
#[path = "src/generator/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

use std::{env, fmt::Write as _, fs, path::PathBuf};

/// How many workflows the everyday batch has. `SIMULATION_WORKFLOWS` asks for another number, and
/// `SIMULATION_PART=3/12` for every twelfth of them from number 3 on: rustc needs more memory for 300 at once than most
/// machines have.
const EVERYDAY: u32 = 12;
/// How many workflows one file has.
const FILE: u32 = 4;

fn main() {
    println!("cargo::rerun-if-changed=src/generator");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SIMULATION_WORKFLOWS");
    println!("cargo::rerun-if-env-changed=SIMULATION_PART");
    let count = env::var("SIMULATION_WORKFLOWS").map_or(EVERYDAY, |text| text.parse().expect("a number of workflows"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let part = env::var("SIMULATION_PART").unwrap_or_else(|_| "0/1".to_owned());
    let (part, parts) = part.split_once('/').expect("a part is given as 3/12");
    let (part, parts): (u32, u32) = (part.parse().expect("a number"), parts.parse().expect("a number"));
    assert!(part < parts, "there is no part {part} of {parts}");
    let batch = generator::part(count, part, parts);
    let (mut all, mut entries) = (String::new(), String::new());
    for (file, plans) in (0u32..).zip(batch.chunks(FILE as usize)) {
        for version in [generator::Version::One, generator::Version::Two] {
            let name = format!("{}_{file}", version.module());
            let source: String = plans.iter().map(|plan| plan.source(version)).collect();
            fs::write(out.join(format!("{name}.rs")), source).expect("the target directory can be written");
            let _ = writeln!(
                all,
                "#[allow(unreachable_pub, deprecated, missing_docs, unused, clippy::all, clippy::pedantic)]\nmod {name} {{ use crate::words::*; include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\")); }}"
            );
        }
        for plan in plans {
            let number = plan.number;
            let _ = writeln!(entries, "    [&one_{file}::SUBJECT_{number}, &two_{file}::SUBJECT_{number}],");
        }
    }
    let _ = writeln!(
        all,
        "pub(crate) static SUBJECTS: [[&dyn crate::subject::Subject; 2]; {}] = [\n{entries}];",
        batch.len()
    );
    let _ = writeln!(all, "const ASKED: [u32; 3] = [{count}, {part}, {parts}];");
    fs::write(out.join("batch.rs"), all).expect("the target directory can be written");
}
