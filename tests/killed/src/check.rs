//! Rules for the effects that are left, whenever the process was killed.

use crate::{Effect, Effects, Ended, Place, mixture};
use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the effects that an instance must have, by key without its id; and for each, the effects that must have come
/// before.
fn expected(number: u32) -> BTreeMap<String, Vec<String>> {
    let mut expected = BTreeMap::new();
    let mut has = |key: &str, after: &[&str]| {
        expected.insert(key.to_owned(), after.iter().map(|key| (*key).to_owned()).collect());
    };
    has("reserved", &[]);
    has("beside", &[]);
    has("charged", &["reserved"]);
    has("rounds[0]/round", &["beside"]);
    has("rounds[1]/round", &["rounds[0]/round"]);
    has("rounds[2]/round", &["rounds[1]/round"]);
    for item in 0..3 {
        has(&format!("items[{item}]/done"), &["charged"]);
    }
    has("parts[0]/noted", &[]);
    has("parts[1]/noted", &["parts[0]/noted"]);
    has("parts[2]/noted", &["parts[1]/noted"]);
    let before_last = ["items[0]/done", "items[1]/done", "items[2]/done", "rounds[2]/round"];
    has("last", &before_last);
    if number.is_multiple_of(4) {
        has("charged/undo", &["last", "parts[2]/noted", "charged"]);
        has("reserved/undo", &["charged/undo", "reserved"]);
    }
    expected
}

/// Looks at all of it. Gives how many stages were run more than once since they were cut.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn check(place: &Place, instances: u32, ended: &[Ended]) -> anyhow::Result<usize> {
    let mut of_instance: BTreeMap<String, Vec<Effect>> = BTreeMap::new();
    for effect in Effects::read(&place.effects())? {
        let (id, key) = effect.key.split_once('/').with_context(|| format!("'{}' names no instance", effect.key))?;
        let (id, key) = (id.to_owned(), key.to_owned());
        of_instance.entry(id).or_default().push(Effect { key, ..effect });
    }
    ensure!(ended.len() == 2 * instances as usize, "{} instances have ended", ended.len());

    let (mut again, mut faults) = (0, Vec::new());
    for ended in ended {
        let id = ended.id();
        let mut effects = of_instance.remove(&id).unwrap_or_default();
        let checked = match ended {
            Ended::Load { number, result } => {
                for effect in effects.iter_mut().filter(|effect| effect.key.starts_with("last")) {
                    "last".clone_into(&mut effect.key); // The heads of a select are parts of it.
                }
                check_result(*number, result).and_then(|()| check_effects(*number, &effects))
            }
            Ended::Mixed { number, result } => mixture::check(*number, result, &effects),
        };
        let lines = || effects.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        match checked {
            Ok(times) => again += times,
            Err(fault) => faults.push((format!("instance {id}: {fault}"), format!("{ended:?}\n{}", lines()))),
        }
    }
    if let Some((_, first)) = faults.first() {
        let all: Vec<&str> = faults.iter().map(|(fault, _)| fault.as_str()).collect();
        bail!("{}\nof the first:\n{first}", all.join("\n"));
    }
    ensure!(of_instance.is_empty(), "unknown instances have done something: {:?}", of_instance.keys());
    Ok(again)
}

fn check_result(number: u32, result: &Result<Vec<u32>, String>) -> anyhow::Result<()> {
    let expected = match number.is_multiple_of(4) {
        true => Err("stage 'judged' of workflow 'Load' failed: every fourth one is not wanted".to_owned()),
        // Each signal once, in order; each round, each item.
        false => Ok(vec![number + 4, number + 2, number + 3, 3, number * 30 + 3]),
    };
    ensure!(*result == expected, "instance {number} ended with {result:?}, not {expected:?}");
    Ok(())
}

fn check_effects(number: u32, effects: &[Effect]) -> anyhow::Result<usize> {
    let expected = expected(number);
    let found: BTreeSet<&String> = effects.iter().map(|effect| &effect.key).collect();
    let wanted: BTreeSet<&String> = expected.keys().collect();
    ensure!(found == wanted, "missing {:?}, too much {:?}", &wanted - &found, &found - &wanted);
    for (key, before) in &expected {
        let begun = effects.iter().position(|effect| effect.key == *key).unwrap_or_default();
        for before in before {
            let last = effects.iter().rposition(|effect| effect.key == *before).unwrap_or_default();
            ensure!(last < begun, "'{before}' had completed when '{key}' began, and ran again");
        }
        let attempts: Vec<u32> =
            effects.iter().filter(|effect| effect.key == *key).map(|effect| effect.attempt).collect();
        // The interruption is recorded while the stage runs again: killed twice in a few milliseconds, it may have one
        // number twice.
        let rises = attempts.is_sorted();
        ensure!(rises, "the attempts of '{key}' are {attempts:?}");
    }
    Ok(effects.len() - expected.len())
}
