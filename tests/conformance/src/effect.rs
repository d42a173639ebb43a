//! Effects of stages with an undo, and their fate.

use crate::Script;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The output of a stage with an undo: the place of its effect.
///
/// While one is held in the process that made it, its script is held too: so a value that leaks is found.
#[derive(Clone, Serialize, Deserialize)]
pub struct Effect {
    place: String,
    #[serde(skip)]
    _held: Option<Script>,
}

impl Effect {
    pub(crate) fn new(place: String, script: &Script) -> Self {
        Self { place, _held: Some(script.clone()) }
    }

    /// The stage that did it, with the numbers of rounds and items around it: `booked[2]`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl PartialEq for Effect {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl fmt::Debug for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place)
    }
}

/// The fate of an effect, as the outside world sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// Place of the stage that had the effect.
    pub place: String,
    /// At which step of the script.
    pub done: usize,
    /// At which step each of its undos began.
    pub begun: Vec<usize>,
    /// How many of them ended well.
    pub undone: usize,
}
