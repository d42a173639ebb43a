//! `loop`, `#[max]`.

use crate::workflow;
use crate::{Case, Script, case::cases, takes};
use expect_test::expect;
use serde::{Deserialize, Serialize};

cases!(
    rounds_until_good,
    rounds_spent,
    without_a_state,
    else_instead_of_a_failure,
    state_machine,
    continue_with_a_node,
    rounds_hand_on_what_they_own,
);

workflow! {
    workflow RoundsUntilGood() -> u32 with script: Script {
        #[max(5)]
        stage accepted: u32 = loop quality: u32 = 1 {
            stage is_good: bool = script.ask::<bool>(ctx);
            if *is_good { break *quality } else { continue quality + 1 }
        };
        accepted
    }
}

fn rounds_until_good() -> Case<RoundsUntilGood> {
    let script = Script::new().plan("is_good", takes(7).gives(false)).plan("is_good[2]", takes(1).gives(true));
    Case::new(&script, RoundsUntilGood::new(script.clone()), ()).pattern([10, 21]).trace(expect![[r#"
        0 - started
        0 accepted started
        0 is_good[0] started
        7 is_good[0] completed
        7 accepted[0] decided: else
        7 accepted[0] decided: continue
        7 is_good[1] started
        14 is_good[1] completed
        14 accepted[1] decided: else
        14 accepted[1] decided: continue
        14 is_good[2] started
        15 is_good[2] completed
        15 accepted[2] decided: *is_good
        15 accepted[2] decided: break
        15 accepted completed
        15 - ended
        = 3
    "#]])
}

workflow! {
    workflow RoundsSpent() with script: Script {
        #[max(2)]
        stage tried = loop {
            stage once = script.step(ctx, ());
            if false { break } else { continue }
        };
    }
}

fn rounds_spent() -> Case<RoundsSpent> {
    let script = Script::new().plan("once", takes(10));
    Case::new(&script, RoundsSpent::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 tried started
        0 once[0] started
        10 once[0] completed
        10 tried[0] decided: else
        10 tried[0] decided: continue
        10 once[1] started
        20 once[1] completed
        20 tried[1] decided: else
        20 tried[1] decided: continue
        20 tried exceeded its limit of rounds: no `break` in 2 rounds
        20 - failed
        = failed: stage 'tried' exceeded its limit of rounds: no `break` in 2 rounds
    "#]])
}

workflow! {
    workflow WithoutAState() with script: Script {
        stage polled = loop {
            stage is_ready: bool = script.ask::<bool>(ctx);
            stage pause = sleep(100ms);
            if *is_ready { break } else { continue }
        };
        #[after(polled)]
        stage used = script.step(ctx, ());
    }
}

fn without_a_state() -> Case<WithoutAState> {
    let script = Script::new().plan("is_ready", takes(7).gives(false)).plan("is_ready[1]", takes(120).gives(true));
    Case::new(&script, WithoutAState::new(script.clone()), ()).pattern([21]).trace(expect![[r#"
        0 - started
        0 polled started
        0 pause[0] started
        0 is_ready[0] started
        7 is_ready[0] completed
        100 pause[0] completed
        100 polled[0] decided: else
        100 polled[0] decided: continue
        100 pause[1] started
        100 is_ready[1] started
        200 pause[1] completed
        220 is_ready[1] completed
        220 polled[1] decided: *is_ready
        220 polled[1] decided: break
        220 polled completed
        220 used started
        220 used completed
        220 - ended
        = ()
    "#]])
}

workflow! {
    workflow ElseInsteadOfAFailure() -> u32 with script: Script {
        #[max(2, else = { stage rounded: u32 = script.step(ctx, *guess * 100); rounded })]
        stage found: u32 = loop guess: u32 = 1 {
            stage better: u32 = script.step(ctx, guess * 2);
            if *better > 10 { break *better } else { continue *better }
        };
        found
    }
}

fn else_instead_of_a_failure() -> Case<ElseInsteadOfAFailure> {
    let script = Script::new().plan("better", takes(10)).plan("rounded", takes(5));
    Case::new(&script, ElseInsteadOfAFailure::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        0 better[0] started
        10 better[0] completed
        10 found[0] decided: else
        10 found[0] decided: continue
        10 better[1] started
        20 better[1] completed
        20 found[1] decided: else
        20 found[1] decided: continue
        20 found decided: else
        20 rounded started
        25 rounded completed
        25 found completed
        25 - ended
        = 400
    "#]])
}

/// The state of a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Ticket {
    /// A ticket that is not read yet.
    New,
    /// A ticket with this number of questions to its sender.
    Asked(u32),
    /// Done.
    Solved(String),
}

workflow! {
    workflow StateMachine() -> String with script: Script {
        #[max(10)]
        stage solved: String = loop ticket: Ticket = Ticket::New {
            match ticket {
                Ticket::New => {
                    stage triaged: u32 = script.step(ctx, 1);
                    continue Ticket::Asked(*triaged)
                }
                Ticket::Asked(times) if *times > 1 => continue Ticket::Solved(format!("after {times}")),
                Ticket::Asked(times) => {
                    stage answered: bool = script.ask::<bool>(ctx);
                    if *answered { continue Ticket::Solved("answered".to_owned()) } else { continue Ticket::Asked(times + 1) }
                }
                Ticket::Solved(how) => break how.clone(),
            }
        };
        solved
    }
}

fn state_machine() -> Case<StateMachine> {
    let script = Script::new().plan("triaged", takes(10)).plan("answered", takes(20).gives(false));
    Case::new(&script, StateMachine::new(script.clone()), ()).pattern([10]).trace(expect![[r#"
        0 - started
        0 solved started
        0 solved[0] decided: Ticket::New
        0 triaged[0] started
        10 triaged[0] completed
        10 solved[0] decided: continue
        10 solved[1] decided: Ticket::Asked(times)
        10 answered[1] started
        30 answered[1] completed
        30 solved[1] decided: else
        30 solved[1] decided: continue
        30 solved[2] decided: Ticket::Asked(times) if *times > 1
        30 solved[2] decided: continue
        30 solved[3] decided: Ticket::Solved(how)
        30 solved[3] decided: break
        30 solved completed
        30 - ended
        = "after 2"
    "#]])
}

workflow! {
    workflow ContinueWithANode() -> u32 with script: Script {
        #[max(4)]
        stage found: u32 = loop guess: u32 = 5 {
            if *guess == 7 {
                break { stage polished: u32 = script.step(ctx, guess * 10); polished }
            } else {
                continue script.step(ctx, guess + 1)
            }
        };
        found
    }
}

fn continue_with_a_node() -> Case<ContinueWithANode> {
    let script = Script::new().plan("found", takes(10)).plan("polished", takes(1));
    Case::new(&script, ContinueWithANode::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 found started
        0 found[0] decided: else
        0 found[0] decided: continue
        10 found[1] decided: else
        10 found[1] decided: continue
        20 found[2] decided: *guess == 7
        20 found[2] decided: break
        20 polished[2] started
        21 polished[2] completed
        21 found completed
        21 - ended
        = 70
    "#]])
}

/// Can't be cloned: it can only be handed over.
#[derive(Debug, Serialize, Deserialize)]
struct Baton(Vec<usize>);

impl Baton {
    fn grown(&self) -> Self {
        Self([self.0.as_slice(), &[self.0.len()]].concat())
    }
}

workflow! {
    workflow RoundsHandOnWhatTheyOwn() -> Baton with script: Script {
        #[max(4)]
        stage last: Baton = loop baton: Baton = Baton(Vec::new()) {
            stage grown: Baton = script.step(ctx, baton.grown());
            if grown.0.len() == 3 { break grown } else { continue grown }
        };
        last
    }
}

fn rounds_hand_on_what_they_own() -> Case<RoundsHandOnWhatTheyOwn> {
    let script = Script::new().plan("grown", takes(5));
    Case::new(&script, RoundsHandOnWhatTheyOwn::new(script.clone()), ()).trace(expect![[r#"
        0 - started
        0 last started
        0 grown[0] started
        5 grown[0] completed
        5 last[0] decided: else
        5 last[0] decided: continue
        5 grown[1] started
        10 grown[1] completed
        10 last[1] decided: else
        10 last[1] decided: continue
        10 grown[2] started
        15 grown[2] completed
        15 last[2] decided: grown.0.len() == 3
        15 last[2] decided: break
        15 last completed
        15 - ended
        = Baton([0, 1, 2])
    "#]])
}
