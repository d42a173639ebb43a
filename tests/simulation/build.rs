//! Writes the workflows of the batch, each with the build that comes after it.
#[path = "src/generator/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod generator;

use std::{env, fmt::Write as _, fs, path::PathBuf};

/// How many workflows the everyday batch has. `SIMULATION_WORKFLOWS` asks for another number.
const EVERYDAY: u32 = 12;
/// How many workflows one file has.
const FILE: u32 = 4;

fn main() {
    println!("cargo::rerun-if-changed=src/generator");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SIMULATION_WORKFLOWS");
    let count = env::var("SIMULATION_WORKFLOWS").map_or(EVERYDAY, |text| text.parse().expect("a number of workflows"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let batch = generator::batch(count);
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
    let _ = writeln!(all, "pub(crate) static SUBJECTS: [[&dyn crate::subject::Subject; 2]; {count}] = [\n{entries}];");
    fs::write(out.join("batch.rs"), all).expect("the target directory can be written");
}
