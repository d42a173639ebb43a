//! One case.

use crate::Script;
use expect_test::Expect;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Debug, time::Duration};

#[cfg(not(feature = "durable"))]
use workflow_runtime::Workflow as Runnable;
#[cfg(feature = "durable")]
use workflow_runtime::engine::Durable as Runnable;

/// A workflow that every host can run: what is stored of it can be written down and read again.
pub trait Conforming:
    Runnable<Input: Serialize + DeserializeOwned, Output: Debug + Serialize + DeserializeOwned> + Clone
{
}
impl<W> Conforming for W where
    W: Runnable<Input: Serialize + DeserializeOwned, Output: Debug + Serialize + DeserializeOwned> + Clone
{
}

/// A workflow, what its stages do, what comes from outside, and what must come of it. It can be played once.
pub struct Case<W: Conforming> {
    pub(crate) script: Script,
    pub(crate) workflow: W,
    pub(crate) input: W::Input,
    pub(crate) patterns: Vec<u8>,
    pub(crate) outside: Vec<(Duration, Outside<W>)>,
    pub(crate) expected: Option<Expect>,
    pub(crate) expected_on_store: Option<Expect>,
    pub(crate) interrupted: Vec<&'static str>,
}

/// An action from outside.
pub(crate) enum Outside<W: Conforming> {
    Signal(W::Signal),
    Cancel,
}

impl<W: Conforming> Case<W> {
    /// A case without anything from outside. `input` is a tuple.
    #[must_use]
    pub fn new(script: &Script, workflow: W, input: W::Input) -> Self {
        let script = script.clone();
        Self {
            script,
            workflow,
            input,
            patterns: Vec::new(),
            outside: Vec::new(),
            expected: None,
            expected_on_store: None,
            interrupted: Vec::new(),
        }
    }

    /// Expects this trace: a line an event, and how the run ended.
    #[must_use]
    pub fn trace(self, expected: Expect) -> Self {
        Self { expected: Some(expected), ..self }
    }

    /// Expects this trace on a store, where it differs because the store is read earlier or later than memory.
    #[must_use]
    pub fn trace_on_store(self, expected: Expect) -> Self {
        Self { expected_on_store: Some(expected), ..self }
    }

    /// Adds ends that the run may have if its process was interrupted. A stage that was running then takes its time
    /// again, and comes in another order, or meets another moment of the world outside. Each of these ends is one that
    /// LANGUAGE.md allows for that order.
    #[must_use]
    pub fn or_interrupted(mut self, ends: impl IntoIterator<Item = &'static str>) -> Self {
        self.interrupted.extend(ends);
        self
    }

    /// Which of the 43 control-flow patterns it shows.
    #[must_use]
    pub fn pattern(mut self, numbers: impl IntoIterator<Item = u8>) -> Self {
        self.patterns.extend(numbers);
        self
    }

    /// Which of the 43 control-flow patterns it says that it shows.
    #[must_use]
    pub fn patterns(&self) -> &[u8] {
        &self.patterns
    }

    /// Sends a signal after this number of milliseconds.
    #[must_use]
    pub fn signal(mut self, milliseconds: u64, signal: W::Signal) -> Self {
        self.outside.push((Duration::from_millis(milliseconds), Outside::Signal(signal)));
        self
    }

    /// Cancels the run after this number of milliseconds.
    #[must_use]
    pub fn cancel(mut self, milliseconds: u64) -> Self {
        self.outside.push((Duration::from_millis(milliseconds), Outside::Cancel));
        self
    }
}

/// A visitor of all cases: see [`cases::visit`](crate::cases::visit).
pub trait Visitor {
    /// One case, with its family and its name. `make` makes it anew for each play.
    fn case<W: Conforming>(&mut self, family: &'static str, name: &'static str, make: fn() -> Case<W>);
}

/// The cases of a family, in the order given: functions without arguments that give a [`Case`].
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// Shows the cases of this family.
        pub(super) fn visit(visitor: &mut impl crate::Visitor) {
            let family = module_path!().rsplit("::").next().unwrap_or_default();
            $(visitor.case(family, stringify!($name), $name);)*
        }
    };
}
pub(crate) use cases;
