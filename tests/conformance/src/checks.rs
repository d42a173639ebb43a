//! Rules that must hold for each case on each host.

use crate::{Interruption, Outcome, Playable, same, trace::difference};
use workflow_runtime::FailureKind;

/// The result of a check: nothing, or the text of what is wrong.
pub type Verdict = Result<(), String>;

/// A check, and its name.
pub type Check = (&'static str, fn(&dyn Playable) -> Verdict);

/// All that a host must pass. (Without those that poll by hand, which only memory can: [`dropped_after_each_poll`].)
pub const ALL: &[Check] = &[
    ("trace", trace),
    ("told", told),
    ("again", again),
    ("cancelled", cancelled_at_each_step),
    ("abandoned", abandoned_at_each_step),
];

/// The trace is the expected one, and nothing is left over. With `UPDATE_EXPECT=1`, the trace that is becomes the
/// expected one.
///
/// # Errors
/// How the traces differ, or what is left over.
pub fn trace(case: &dyn Playable) -> Verdict {
    let outcome = case.play(Interruption::None);
    let expected = case.expected();
    let is_asked = std::env::var_os("UPDATE_EXPECT").is_some();
    if is_asked {
        expected.assert_eq(&outcome.trace);
    } else if !same(&dedented(expected.data()), &outcome.trace) {
        let difference = difference(&dedented(expected.data()), &outcome.trace);
        return Err(format!("another trace:\n{}\nwhat is new and what is missing:\n{difference}", outcome.trace));
    }
    sound(&outcome)?;
    undone(&outcome)
}

/// Events, state, report, metrics, spans and failure tell one story, where the case ends by itself and where it is
/// cancelled or dropped after each step.
///
/// # Errors
/// If they differ: the report of each, and the trace.
pub fn told(case: &dyn Playable) -> Verdict {
    let steps = case.told(Interruption::None)?.script.steps();
    for step in 1..=steps {
        let cancelled = case.told(Interruption::Cancel(step));
        cancelled.map_err(|why| format!("cancelled at step {step} of {steps}: {why}"))?;
        let dropped = case.told(Interruption::Abandon(step));
        dropped.map_err(|why| format!("dropped at step {step} of {steps}: {why}"))?;
    }
    Ok(())
}

/// As the macro of `expect_test` compares it.
fn dedented(text: &str) -> String {
    let lines = text.strip_prefix('\n').unwrap_or(text).lines();
    let lines: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

/// Plays a case twice. Both plays must give equal traces, line by line.
///
/// # Errors
/// Both traces.
pub fn again(case: &dyn Playable) -> Verdict {
    let (first, second) = (case.play(Interruption::None), case.play(Interruption::None));
    if first.trace == second.trace { Ok(()) } else { Err(format!("{}\nand then\n{}", first.trace, second.trace)) }
}

/// Cancelled after each step: exactly what was done is undone, the last first, and nothing is left over.
///
/// # Errors
/// At which step it does not hold, what, and the trace.
pub fn cancelled_at_each_step(case: &dyn Playable) -> Verdict {
    let steps = case.play(Interruption::None).script.steps();
    for step in 1..=steps {
        let outcome = case.play(Interruption::Cancel(step));
        let verdict = sound(&outcome).and_then(|()| undone(&outcome));
        verdict.map_err(|why| format!("cancelled at step {step} of {steps}: {why}\n{}", outcome.trace))?;
    }
    Ok(())
}

/// The runtime is dropped after each step: nothing is left over.
///
/// # Errors
/// At which step it does not hold, what, and the trace.
pub fn abandoned_at_each_step(case: &dyn Playable) -> Verdict {
    let steps = case.play(Interruption::None).script.steps();
    for step in 1..=steps {
        let outcome = case.play(Interruption::Abandon(step));
        nothing_left(&outcome).map_err(|why| format!("dropped at step {step} of {steps}: {why}\n{}", outcome.trace))?;
    }
    Ok(())
}

/// The run's future is polled by hand and dropped after each poll: nothing is left over.
///
/// # Errors
/// After which poll it does not hold, what, and the trace.
pub fn dropped_after_each_poll(case: &dyn Playable) -> Verdict {
    for times in 1.. {
        let Some(outcome) = case.poll(times) else { break };
        nothing_left(&outcome).map_err(|why| format!("dropped after poll {times}: {why}\n{}", outcome.trace))?;
        if outcome.ended {
            break;
        }
    }
    Ok(())
}

fn sound(outcome: &Outcome) -> Verdict {
    if !outcome.ended {
        return Err("it never ends".to_owned());
    }
    nothing_left(outcome)
}

fn nothing_left(outcome: &Outcome) -> Verdict {
    if let [_, ..] = &outcome.wrong[..] {
        return Err(outcome.wrong.join("; "));
    }
    if outcome.leaks.is_empty() { Ok(()) } else { Err(outcome.leaks.join("; ")) }
}

/// Where the run failed: exactly what was done is undone; what could not be, the failure says.
fn undone(outcome: &Outcome) -> Verdict {
    let effects = outcome.script.effects();
    let Some(failure) = &outcome.failure else { return Ok(()) };
    for effect in &effects {
        let stage = stage_of(&effect.place);
        let told = failure.undo_failures().iter().any(|undo| undo.stage() == Some(stage));
        // One that failed in a scope whose failure was caught is told by that failure, which the case looks at.
        let seen = outcome.trace.contains(&format!(" {} could not be undone", effect.place));
        match effect.undone {
            1 => {}
            0 if told || seen => {}
            times => return Err(format!("{} was undone {times} times", effect.place)),
        }
    }
    let Some(interrupted) = outcome.interrupted else { return Ok(()) };
    if failure.kind() != FailureKind::Cancelled {
        return Ok(());
    }
    in_order(outcome, interrupted)?;
    let cut = outcome.script.cut();
    for (place, _) in cut.iter().filter(|(_, at)| *at > interrupted) {
        let stage = stage_of(place);
        if !failure.in_doubt().contains(&stage) {
            return Err(format!("{stage} was under way and was cut, but it is not told as in doubt"));
        }
    }
    // A loser may have been cut before.
    match failure.in_doubt().iter().find(|stage| !cut.iter().any(|(place, _)| stage_of(place) == **stage)) {
        Some(stage) => Err(format!("{stage} is told as in doubt, but it was not under way")),
        None => Ok(()),
    }
}

/// The undos that the cancellation requested began in reverse order of completion. A scope that had begun to undo by
/// itself before goes on by itself.
fn in_order(outcome: &Outcome, interrupted: usize) -> Verdict {
    let mut undos = Vec::new();
    for effect in outcome.script.effects() {
        let Some(&begun) = effect.begun.first() else { continue };
        if begun > interrupted {
            undos.push((begun, effect));
        }
    }
    undos.sort_by_key(|(begun, _)| *begun);
    for pair in undos.windows(2) {
        if pair[0].1.done < pair[1].1.done {
            return Err(format!("{} was undone before {}, which was done later", pair[0].1.place, pair[1].1.place));
        }
    }
    Ok(())
}

fn stage_of(place: &str) -> &str {
    place.split('[').next().unwrap_or_default()
}
