//! A workflow whose decisions fall into the time of its commits, with undos everywhere; and what has to hold of it.
//!
//! Racers and members have effects that are undone where they lose. A signal meets a short timer. A task, nested blocks
//! and an undo that is armed by the attempt stand between them. Some instances fail, some are cancelled, some are
//! rewound on their way.

use crate::{Effect, Effects, Ended, work::Acknowledged};
use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};
use workflow_runtime::{
    StageContext,
    engine::{Engine, EngineError},
    workflow,
};

/// How many words an instance hears.
const WORDS: u32 = 3;

async fn give<T>(effects: &Effects, ctx: &StageContext, value: T) -> io::Result<T> {
    effects.happen(ctx).await?;
    Ok(value)
}

fn give_at_once<T>(effects: &Effects, ctx: &StageContext, value: T) -> io::Result<T> {
    effects.at_once(ctx)?;
    Ok(value)
}

/// Has its effect, and fails all the same, as far as the first attempt knows.
async fn doubtful(effects: &Effects, ctx: &StageContext, value: u32) -> io::Result<u32> {
    effects.happen(ctx).await?;
    if ctx.attempt() == 1 { Err(io::Error::other("no answer")) } else { Ok(value) }
}

workflow! {
    /// Decides again and again, while what was done is on its way to the disk.
    #[durable]
    pub workflow Mixed(number: u32) -> Vec<u32>
    with effects: Arc<Effects>
    {
        #[undo(effects.happen(ctx))]
        stage base: u32 = give(effects, ctx, *number);

        #[after(base)]
        stage room: u32 = race {
            { #[undo(effects.at_once(ctx))] stage near: u32 = give_at_once(effects, ctx, 1); *near },
            { #[undo(effects.at_once(ctx))] stage far: u32 = give_at_once(effects, ctx, 2); *far },
            {
                #[undo(effects.happen(ctx), on = attempt)]
                stage begun: u32 = give(effects, ctx, 3);
                stage nap = sleep(3ms);
                #[after(nap)]
                stage slow: u32 = *begun;
                *slow
            },
        };

        #[after(room)]
        stage most: Vec<u32> = quorum(2) {
            { #[undo(effects.happen(ctx))] stage first: u32 = give(effects, ctx, 1); *first },
            { #[undo(effects.happen(ctx))] stage second: u32 = give(effects, ctx, 2); *second },
            { #[undo(effects.at_once(ctx))] stage third: u32 = give_at_once(effects, ctx, 3); *third },
        };

        #[after(most)]
        stage heard: Vec<u32> = loop so_far: Vec<u32> = Vec::new() {
            signal word: u32;
            stage step: Option<u32> = select {
                signal word => Some(*word),
                sleep(4ms) => None,
            };
            stage next: Vec<u32> = match *step {
                Some(said) => {
                    #[undo(effects.happen(ctx))]
                    stage noted: u32 = give(effects, ctx, *said);
                    [so_far.as_slice(), &[*noted]].concat()
                },
                None => so_far.clone(),
            };
            if next.len() == WORDS as usize { break next.clone() } else { continue next.clone() }
        };

        #[after(heard)]
        #[spawn]
        #[undo(effects.happen(ctx))]
        stage apart: u32 = give(effects, ctx, 5);

        #[after(heard)]
        #[retry(1, fixed(5ms))]
        #[undo(effects.happen(ctx), on = attempt)]
        stage doubted: u32 = doubtful(effects, ctx, 6);

        #[after(apart, doubted)]
        stage nested: u32 = {
            #[undo(effects.happen(ctx))]
            stage outer: u32 = give(effects, ctx, 7);
            #[after(outer)]
            stage inner: u32 = {
                #[undo(effects.happen(ctx))]
                stage deep: u32 = give(effects, ctx, 8);
                stage chosen: u32 = select {
                    answer: u32 = {
                        #[undo(effects.at_once(ctx))]
                        stage head: u32 = give_at_once(effects, ctx, 9);
                        stage pause = sleep(1ms);
                        #[after(pause)]
                        stage answered: u32 = *head;
                        *answered
                    } => *answer,
                    sleep(2ms) => 10,
                };
                *deep + *chosen
            };
            *outer + *inner
        };

        stage judged: u32 = if number.is_multiple_of(4) { fail "every fourth one is not wanted" } else { *nested };

        [&[*room], most.as_slice(), heard.as_slice(), &[*judged]].concat()
    }
}

/// The failure of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// The text of the failure.
    pub text: String,
    /// The stages that are in doubt.
    pub in_doubt: Vec<String>,
}

/// Whether the instance is cancelled on its way.
fn is_cancelled(number: u32) -> bool {
    number % 5 == 1
}

fn is_rewound(number: u32) -> bool {
    number % 5 == 3
}

/// Plays the outside world of one instance, until it has ended.
pub(crate) async fn play(engine: Engine, number: u32, acknowledged: Acknowledged) -> anyhow::Result<Ended> {
    let run = engine.start::<Mixed>(format!("m-{number}"), number).await?;
    let talk = async {
        // What was heard before a rewind stays taken: then more has to be said.
        let words = if is_rewound(number) { 8 * WORDS } else { WORDS + 1 };
        for word in 0..words {
            let what = format!("m-{number} word {word}");
            let send = async || run.signal_once(&what, MixedSignal::Word(word)).await;
            acknowledged.once(&what, 150, send).await?;
        }
        anyhow::Ok(())
    };
    let disturb = async {
        if is_cancelled(number) {
            acknowledged.once(&format!("m-{number} cancel"), 700, async || run.cancel().await).await?;
        }
        if is_rewound(number) {
            let stage = match number % 3 {
                0 => MixedStage::Base,
                1 => MixedStage::Room,
                _ => MixedStage::Most,
            };
            acknowledged.once(&format!("m-{number} rewind"), 500, async || run.rewind(stage).await).await?;
        }
        anyhow::Ok(())
    };
    let (talked, disturbed) = tokio::join!(talk, disturb);
    talked.and(disturbed)?;
    let result = match run.result().await {
        Ok(output) => Ok(output),
        Err(EngineError::Failed { failure, .. }) => Err(Lost {
            text: failure.to_string(),
            in_doubt: failure.in_doubt().iter().map(ToString::to_string).collect(),
        }),
        Err(EngineError::Parked { reason, .. }) => {
            Err(Lost { text: format!("it is parked: {reason}"), in_doubt: Vec::new() })
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Ended::Mixed { number, result })
}

/// Order of the stages: each begins when those before have completed.
const ORDER: [&[&str]; 6] = [
    &["base"],
    &["near", "far", "begun"],
    &["first", "second", "third"],
    &["noted"],
    &["apart", "doubted"],
    &["outer", "deep", "head"],
];

/// The effects of one key.
#[derive(Default)]
struct Story {
    stage: String,
    /// Where in the ledger its effect and its undo stand.
    done: Vec<usize>,
    undone: Vec<usize>,
}

/// Looks at one instance. Returns how often an effect happened once more since its stage was cut.
pub(crate) fn check(number: u32, result: &Result<Vec<u32>, Lost>, effects: &[Effect]) -> anyhow::Result<usize> {
    let mut stories: BTreeMap<String, Story> = BTreeMap::new();
    let prefix = format!("m-{number}/");
    for (at, effect) in effects.iter().enumerate() {
        let key = match &effect.undone {
            Some(undone) => {
                undone.strip_prefix(&prefix).with_context(|| format!("'{undone}' is of another instance"))?
            }
            None => &effect.key,
        };
        let story = stories.entry(key.to_owned()).or_default();
        effect.stage.clone_into(&mut story.stage);
        if effect.undone.is_some() { story.undone.push(at) } else { story.done.push(at) }
    }
    for (key, story) in &stories {
        let Story { stage, done, undone } = story;
        ensure!(ORDER.iter().any(|group| group.contains(&stage.as_str())), "'{key}' is of no stage that has effects");
        let armed_by_attempt = ["begun", "doubted"].contains(&stage.as_str());
        ensure!(!done.is_empty() || armed_by_attempt, "'{key}' was undone, and was never done");
        if let (Some(first), Some(last)) = (undone.first(), done.last()) {
            ensure!(last < first, "'{key}' was done when its undo had begun");
        }
    }
    reversed(&stories)?;
    match result {
        Ok(output) => completed(number, output, &stories)?,
        Err(lost) => failed(number, lost, &stories)?,
    }
    let again = |times: &[usize]| times.len().saturating_sub(1);
    Ok(stories.values().map(|story| again(&story.done) + again(&story.undone)).sum())
}

/// Undos run in reverse: whatever came later is undone before what came earlier, if both are undone in one go.
fn reversed(stories: &BTreeMap<String, Story>) -> anyhow::Result<()> {
    let place = |story: &Story| ORDER.iter().position(|group| group.contains(&story.stage.as_str()));
    for (earlier_key, earlier) in stories {
        for (later_key, later) in stories {
            // One after the other, of one time: before a rewind or after.
            let follows = place(earlier) < place(later)
                || (earlier.stage == "outer" && later.stage == "deep")
                || (earlier.stage == "noted" && later.stage == "noted" && earlier.done.last() < later.done.first());
            let (Some(begun), Some(done)) = (later.done.first(), earlier.done.last()) else { continue };
            let (Some(undone), Some(last)) = (earlier.undone.first(), later.undone.last()) else { continue };
            if follows && done < begun && begun < undone {
                ensure!(last < undone, "'{earlier_key}' was undone before '{later_key}', which came after it");
            }
        }
    }
    Ok(())
}

/// The keys of a stage that were done and not undone.
fn standing<'stories>(stories: &'stories BTreeMap<String, Story>, stage: &str) -> Vec<&'stories str> {
    let standing = stories.iter().filter(|(_, story)| story.stage == stage && story.undone.is_empty());
    standing.map(|(key, _)| key.as_str()).collect()
}

fn completed(number: u32, output: &[u32], stories: &BTreeMap<String, Story>) -> anyhow::Result<()> {
    ensure!(!number.is_multiple_of(4), "it completed, and had to fail");
    ensure!(output.len() == 7, "its output is {output:?}");
    let (room, most, heard) = (output[0], &output[1..3], &output[3..6]);
    let mut expected: BTreeSet<&str> = ["base", "apart", "doubted", "outer", "deep"].into();
    expected.extend(["near", "far", "begun"].get((room as usize).wrapping_sub(1)));
    for member in most {
        expected.extend(["first", "second", "third"].get((*member as usize).wrapping_sub(1)));
    }
    match output[6] {
        24 => _ = expected.insert("head"),
        25 => {} // The timer was first.
        nested => bail!("the nested blocks came to {nested}"),
    }
    for stage in ORDER.concat() {
        let standing = standing(stories, stage);
        match stage {
            "noted" => ensure!(standing.len() == WORDS as usize, "{standing:?} stand, of {WORDS} words"),
            _ => {
                let wanted = usize::from(expected.contains(stage));
                ensure!(
                    standing.len() == wanted,
                    "of '{stage}' there have to stand {wanted}, and there are {standing:?}"
                );
            }
        }
    }
    ensure!(heard.is_sorted_by(|before, after| before < after), "the words came as {heard:?}");
    if !is_rewound(number) {
        ensure!(heard == [0, 1, 2], "the words were {heard:?}");
    }
    Ok(())
}

fn failed(number: u32, lost: &Lost, stories: &BTreeMap<String, Story>) -> anyhow::Result<()> {
    let was_to_fail = number.is_multiple_of(4) && lost.text.contains("'judged'");
    let was_cancelled = is_cancelled(number) && lost.text.contains("cancelled");
    ensure!(was_to_fail || was_cancelled, "{}", lost.text);
    for stage in ORDER.concat() {
        let standing = standing(stories, stage);
        ensure!(
            standing.is_empty() || lost.in_doubt.iter().any(|doubt| doubt == stage),
            "{standing:?} were not undone"
        );
    }
    Ok(())
}
