//! The driver of a graph that no nest of joins expresses: starts what is ready, polls what was woken, counts down what
//! waits. Its work is `O(V + E)` for a whole run, however often it is woken.

use super::{lazy::LazyRequests, schedule::Schedule};
use crate::{
    failure::exit::Exit,
    future::set::FutureSet,
    policy::budget::{TOGETHER, UNITS, UNITS_TOGETHER},
    stage::driven::Start,
    sync::lock,
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A running graph.
pub struct Driver<'a, S, F> {
    pieces: &'static Schedule,
    demands: Option<&'a LazyRequests>,
    start: S,
    needs: Vec<u32>,
    ready: Vec<u32>,
    lanes: FutureSet<F>,
    /// Piece on each lane.
    on_lane: Vec<u32>,
    left: usize,
    /// Number of stages started in this poll.
    started: usize,
}

/// Stages that start in one poll, at most.
const AT_ONCE: usize = UNITS as usize / UNITS_TOGETHER as usize * TOGETHER;

// The lanes pin their futures themselves.
impl<S, F> Unpin for Driver<'_, S, F> {}

/// Runs all of `pieces` but the lazy ones that nothing asks for; `start` starts one. It ends with the first
/// stage that stops otherwise than with an output.
pub fn drive<'a, F: Future<Output = Result<(), Exit>>, S: FnMut(u32) -> Start<F>>(
    pieces: &'static Schedule,
    demands: Option<&'a LazyRequests>,
    start: S,
) -> Driver<'a, S, F> {
    let mut ready: Vec<u32> =
        (0..).zip(pieces.needs).filter(|(_, needs)| **needs == 0).map(|(piece, _)| piece).collect();
    ready.reverse();
    Driver {
        pieces,
        demands,
        start,
        needs: pieces.needs.to_vec(),
        ready,
        lanes: demands.map_or_else(FutureSet::new, |demands| FutureSet::waking(Arc::clone(&demands.woken))),
        on_lane: Vec::new(),
        left: pieces.needs.len() - pieces.lazy.len(),
        started: 0,
    }
}

impl<F: Future<Output = Result<(), Exit>>, S: FnMut(u32) -> Start<F>> Driver<'_, S, F> {
    fn start_ready(&mut self) -> Result<(), Exit> {
        while self.started < AT_ONCE
            && let Some(piece) = self.ready.pop()
        {
            self.started += 1;
            let ended = match (self.start)(piece) {
                Start::Ready(ended) => ended,
                Start::Pending(future) => match self.lanes.begin(future) {
                    Err(ended) => ended,
                    Ok(lane) => {
                        // Lanes whose futures ended at once have had no piece.
                        if self.on_lane.len() <= lane {
                            self.on_lane.resize(lane + 1, piece);
                        }
                        self.on_lane[lane] = piece;
                        continue;
                    }
                },
            };
            ended?;
            self.ended(piece);
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), Exit> {
        self.start_ready()?;
        let batch = self.lanes.drain_ready();
        for &lane in &batch {
            self.step(lane)?;
            self.start_ready()?;
        }
        self.lanes.recycle(batch);
        loop {
            self.take_demands();
            if self.ready.is_empty() || self.gives_way() {
                return Ok(());
            }
            self.start_ready()?;
        }
    }

    /// Returns whether ready stages are left for the next poll, so that others get their turn.
    fn gives_way(&self) -> bool {
        self.started >= AT_ONCE && !self.ready.is_empty()
    }

    fn step(&mut self, lane: usize) -> Result<(), Exit> {
        if self.lanes.poll(lane).ended()? {
            self.ended(self.on_lane[lane]);
        }
        Ok(())
    }

    #[allow(clippy::inline_always, reason = "two callers, and a tenth of a trivial stage's time")]
    #[inline(always)]
    fn ended(&mut self, piece: u32) {
        self.left -= 1;
        for &next in self.pieces.then(piece) {
            self.release_dependency(next);
        }
    }

    fn release_dependency(&mut self, piece: u32) {
        let needs = &mut self.needs[piece as usize];
        *needs -= 1;
        if *needs == 0 {
            self.ready.push(piece);
        }
    }

    fn take_demands(&mut self) {
        if let Some(demands) = self.demands {
            let asked = std::mem::take(&mut *lock(&demands.asked));
            self.left += asked.len();
            for piece in asked {
                self.release_dependency(piece);
            }
        }
    }
}

trait ReadyOrStop {
    fn ended(self) -> Result<bool, Exit>;
}
impl ReadyOrStop for Poll<Result<(), Exit>> {
    fn ended(self) -> Result<bool, Exit> {
        match self {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) => Ok(true),
            Poll::Ready(Err(stop)) => Err(stop),
        }
    }
}

impl<F: Future<Output = Result<(), Exit>>, S: FnMut(u32) -> Start<F>> Future for Driver<'_, S, F> {
    type Output = Result<(), Exit>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.lanes.register(context.waker());
        this.started = 0;
        if let Err(stop) = this.advance() {
            this.lanes.clear(false);
            return Poll::Ready(Err(stop));
        }
        if this.gives_way() {
            context.waker().wake_by_ref();
        }
        if this.left == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
