//! Writes each shape twice: as a workflow, and as the same functions awaited and joined by hand.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf, process::Command};

/// A graph: for each stage, in an order in which each comes after all that it needs, those that it needs. None: the
/// input.
struct Shape {
    name: &'static str,
    needs: Vec<Vec<usize>>,
    /// By hand: those that run side by side are joined; otherwise they are awaited one after the other.
    joined: bool,
}

/// Suffix of each form of a workflow, with the function that its stages call.
const STEPS: [(&str, &str); 2] = [("", "step"), ("_busy", "work")];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut source = String::new();
    for shape in shapes() {
        for (suffix, step) in STEPS {
            module(&mut source, &shape, suffix, step)?;
        }
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(folder.join("graphs.rs"), source)?;
    println!("cargo::rustc-env=WORKFLOW_BENCHES_COMPILER={}", compiler()?);
    Ok(())
}

/// `rustc 1.95.0`
fn compiler() -> Result<String, Box<dyn Error>> {
    let rustc = env::var_os("RUSTC").ok_or("cargo sets RUSTC")?;
    let said = String::from_utf8(Command::new(rustc).arg("--version").output()?.stdout)?;
    Ok(said.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

fn shapes() -> Vec<Shape> {
    let chain = |stages: usize| (0..stages).map(|stage| Vec::from_iter(stage.checked_sub(1))).collect();
    let fan = |width: usize| {
        let all = 1..=width;
        let inner = all.clone().map(|_| vec![0]);
        std::iter::once(vec![]).chain(inner).chain([all.clone().collect()]).collect()
    };
    let shape = |name, needs, joined| Shape { name, needs, joined };
    vec![
        shape("chain_5", chain(5), false),
        shape("chain_10", chain(10), false),
        shape("chain_16", chain(16), false),
        shape("chain_100", chain(100), false),
        shape("diamond", fan(2), true),
        shape("fan_10", fan(10), true),
        shape("fan_100", fan(100), true),
        shape("random_100", random(10, 10), false),
    ]
}

/// Layers; each stage needs one to three of the layer before. The same on every machine.
fn random(layers: usize, width: usize) -> Vec<Vec<usize>> {
    let mut state = 42_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    let mut needs = vec![Vec::new(); width];
    for layer in 1..layers {
        for _ in 0..width {
            let mut chosen: Vec<usize> = (0..=below(3)).map(|_| (layer - 1) * width + below(width)).collect();
            chosen.sort_unstable();
            chosen.dedup();
            needs.push(chosen);
        }
    }
    needs
}

fn call(step: &str, needs: &[usize], names: impl Fn(usize) -> String, seed: &str) -> String {
    match needs {
        [] => format!("{step}({seed})"),
        [one] => format!("{step}({})", names(*one)),
        many => format!("{step}_all(&[{}])", many.iter().map(|&need| names(need)).collect::<Vec<_>>().join(", ")),
    }
}

fn module(source: &mut String, shape: &Shape, suffix: &str, step: &str) -> Result<(), std::fmt::Error> {
    let (name, needs) = (shape.name, &shape.needs);
    let mut named = vec![false; needs.len()];
    needs.iter().flatten().for_each(|&need| named[need] = true);
    let ends: Vec<usize> = (0..needs.len()).filter(|&stage| !named[stage]).collect();

    writeln!(source, "/// `{name}`, of stages that call `{step}`.\npub mod {name}{suffix} {{")?;
    writeln!(source, "    /// For each stage those that it needs.\n    pub const NEEDS: &[&[usize]] = &[")?;
    needs.iter().try_for_each(|needs| writeln!(source, "        &{needs:?},"))?;
    writeln!(source, "    ];")?;
    writeln!(source, "    use crate::steps::*;\n    use workflow_runtime::workflow;")?;
    writeln!(source, "    workflow! {{\n        /// As a workflow.\n        pub workflow Shape(seed: u64) -> u64 {{")?;
    for (stage, needs) in needs.iter().enumerate() {
        let call = call(step, needs, |need| format!("s{need}"), "seed");
        writeln!(source, "            stage s{stage}: u64 = {call};")?;
    }
    let sum = |prefix: &str| ends.iter().map(|end| format!("{prefix}s{end}")).collect::<Vec<_>>().join(" + ");
    writeln!(source, "            {}\n        }}\n    }}", sum("*"))?;

    writeln!(source, "    /// By hand.\n    pub async fn by_hand(seed: u64) -> u64 {{")?;
    let call = |stage: usize| call(step, &needs[stage], |need| format!("&s{need}"), "&seed");
    let mut stage = 0;
    while stage < needs.len() {
        let together = (stage..needs.len()).take_while(|&other| shape.joined && needs[other] == needs[stage]).count();
        if together > 1 {
            let names = (stage..stage + together).map(|other| format!("s{other}")).collect::<Vec<_>>().join(", ");
            let calls = (stage..stage + together).map(call).collect::<Vec<_>>().join(", ");
            writeln!(source, "        let ({names}) = tokio::join!({calls});")?;
            stage += together;
        } else {
            writeln!(source, "        let s{stage} = {}.await;", call(stage))?;
            stage += 1;
        }
    }
    writeln!(source, "        {}\n    }}\n}}", sum(""))
}
