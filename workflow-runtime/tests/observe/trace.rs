//! Every event as a line.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use workflow_runtime::{
    StageContext,
    observe::{Event, EventKind, Observer},
};

/// A line an event: milliseconds, stage with rounds and items, what happened.
#[derive(Clone)]
pub(crate) struct Trace {
    start: Instant,
    pub(crate) lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), lines: Arc::default() }
    }

    #[track_caller]
    pub(crate) fn expect(&self, expected: &[&str]) {
        let lines = self.lines.lock().unwrap();
        assert_eq!(*lines, expected, "\n{}", lines.join("\n"));
    }
}

impl Observer for Trace {
    fn event(&self, event: &Event<'_>) {
        let at = event.at.duration_since(self.start).as_millis();
        let mut line = format!("{at} {}", event.stage.unwrap_or("-"));
        for (_, number) in event.places {
            let _ = write!(line, "[{number}]");
        }
        let _ = write!(line, " {}", event.kind);
        match event.kind {
            EventKind::AttemptFailed { delay: Some(delay), .. } => {
                let _ = write!(line, ", next in {} ms", delay.as_millis());
            }
            EventKind::Failed { failure } | EventKind::Ended { outcome: Err(failure) } => {
                let _ = write!(line, ": {failure:#}");
            }
            _ => {}
        }
        self.lines.lock().unwrap().push(line);
    }
}

pub(crate) async fn after<T>(milliseconds: u64, value: T) -> T {
    sleep(Duration::from_millis(milliseconds)).await;
    value
}

pub(crate) fn until_third(ctx: &StageContext) -> Result<u32, &'static str> {
    if ctx.attempt() < 3 { Err("too early") } else { Ok(ctx.attempt()) }
}
