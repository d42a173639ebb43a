//! The driver of a graph that no nest of joins expresses: starts what is ready, polls what was woken, counts down what
//! waits. Its work is `O(V + E)` for a whole run, however often it is woken.

use crate::{
    failure::exit::Stop,
    future::{
        map::then,
        set::{Lanes, Woken},
    },
    output::{
        shared::Held,
        slot::{Slot, fill},
        visibility::IntoHeld,
    },
    policy::budget::{TOGETHER, UNITS, UNITS_TOGETHER},
};
use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

/// The stages of a graph, by number.
pub struct Pieces {
    /// How many others each waits for; a `#[lazy]` one also waits to be asked for.
    pub needs: &'static [u32],
    /// Who waits for each, one list after the other.
    pub then: &'static [u32],
    /// Where its list ends.
    pub ends: &'static [u32],
    /// Those that run only if they are asked for.
    pub lazy: &'static [u32],
}

impl Pieces {
    #[inline]
    fn then(&self, piece: u32) -> &'static [u32] {
        let piece = piece as usize;
        let start = if piece == 0 { 0 } else { self.ends[piece - 1] };
        &self.then[start as usize..self.ends[piece] as usize]
    }
}

/// A stage as the driver holds it.
pub type Erased<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

/// Such a stage.
#[inline]
pub fn erased<'a>(run: impl Future<Output = Result<(), Stop>> + Send + 'a) -> Erased<'a> {
    Box::pin(run)
}

/// A stage that was started.
pub enum Started<F> {
    /// It has ended already.
    Ended(Result<(), Stop>),
    /// It has not been polled.
    UnderWay(F),
}

/// The `#[lazy]` stages of one scope, and who asks for them.
#[derive(Default)]
pub struct Demands {
    woken: Arc<Woken>,
    asked: Mutex<Vec<u32>>,
}

impl Demands {
    /// Nothing has been asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// The slot of a `#[lazy]` stage.
pub struct LazySlot<T> {
    slot: Slot<T>,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    asked: bool,
    wakers: Vec<Waker>,
}

impl Waiting {
    fn ask(&mut self, demands: &Demands, piece: u32) {
        if !std::mem::replace(&mut self.asked, true) {
            demands.asked.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
            demands.woken.wake_owner();
        }
    }
}

impl<T> LazySlot<T> {
    /// Empty.
    #[allow(clippy::declare_interior_mutable_const, reason = "each use is a new one")]
    pub const EMPTY: Self =
        Self { slot: Slot::EMPTY, waiting: Mutex::new(Waiting { asked: false, wakers: Vec::new() }) };

    /// Nothing has asked for it, if its scope has ended.
    pub fn is_empty(&self) -> bool {
        self.slot.value.get().is_none()
    }

    /// Asks for the stage, and waits for its output.
    pub async fn demand(&self, demands: &Demands, piece: u32) -> &Held<T> {
        poll_fn(|context| {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = self.slot.value.get() {
                return Poll::Ready(held);
            }
            if !waiting.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.wakers.push(context.waker().clone());
            }
            waiting.ask(demands, piece);
            Poll::Pending
        })
        .await
    }

    /// Asks for the stage, and does not wait.
    pub fn ask(&self, demands: &Demands, piece: u32) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ask(demands, piece);
    }

    /// Has `run` fill it, and wakes whoever waits.
    ///
    /// # Errors
    /// The stage's.
    pub fn fill<H: IntoHeld<T>, F: Future<Output = Result<H, Stop>>>(
        &self,
        lend: bool,
        run: F,
    ) -> impl Future<Output = Result<(), Stop>> + use<'_, T, H, F> {
        then(fill(&self.slot, lend, run), |filled: Result<(), Stop>| {
            filled?;
            self.wake();
            Ok(())
        })
    }

    /// Puts there what its stage gave, and wakes whoever waits.
    pub fn keep(&self, held: impl IntoHeld<T>) {
        self.slot.keep(held);
        self.wake();
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner).wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A graph under way.
pub struct Drive<'a, S, F> {
    pieces: &'static Pieces,
    demands: Option<&'a Demands>,
    start: S,
    needs: Vec<u32>,
    ready: Vec<u32>,
    lanes: Lanes<F>,
    /// Which piece is on which lane.
    on_lane: Vec<u32>,
    left: usize,
    /// How many were started in this poll.
    started: usize,
}

/// So many are started in one poll.
const AT_ONCE: usize = UNITS as usize / UNITS_TOGETHER as usize * TOGETHER;

// What lies in the lanes is pinned there.
impl<S, F> Unpin for Drive<'_, S, F> {}

/// Runs all of `pieces` but the lazy ones that nothing asks for; `start` starts one. It ends with the first
/// stage that stops otherwise than with an output.
pub fn drive<'a, F: Future<Output = Result<(), Stop>>, S: FnMut(u32) -> Started<F>>(
    pieces: &'static Pieces,
    demands: Option<&'a Demands>,
    start: S,
) -> Drive<'a, S, F> {
    let mut ready: Vec<u32> =
        (0..).zip(pieces.needs).filter(|(_, needs)| **needs == 0).map(|(piece, _)| piece).collect();
    ready.reverse();
    Drive {
        pieces,
        demands,
        start,
        needs: pieces.needs.to_vec(),
        ready,
        lanes: demands.map_or_else(Lanes::new, |demands| Lanes::waking(Arc::clone(&demands.woken))),
        on_lane: Vec::new(),
        left: pieces.needs.len() - pieces.lazy.len(),
        started: 0,
    }
}

impl<F: Future<Output = Result<(), Stop>>, S: FnMut(u32) -> Started<F>> Drive<'_, S, F> {
    fn start_ready(&mut self) -> Result<(), Stop> {
        while self.started < AT_ONCE
            && let Some(piece) = self.ready.pop()
        {
            self.started += 1;
            let ended = match (self.start)(piece) {
                Started::Ended(ended) => ended,
                Started::UnderWay(future) => match self.lanes.begin(future) {
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

    fn advance(&mut self) -> Result<(), Stop> {
        self.start_ready()?;
        let batch = self.lanes.take_woken();
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

    /// Some that are ready are left for the next poll, so that others get their turn.
    fn gives_way(&self) -> bool {
        self.started >= AT_ONCE && !self.ready.is_empty()
    }

    fn step(&mut self, lane: usize) -> Result<(), Stop> {
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
            self.one_less(next);
        }
    }

    fn one_less(&mut self, piece: u32) {
        let needs = &mut self.needs[piece as usize];
        *needs -= 1;
        if *needs == 0 {
            self.ready.push(piece);
        }
    }

    fn take_demands(&mut self) {
        if let Some(demands) = self.demands {
            let asked = std::mem::take(&mut *demands.asked.lock().unwrap_or_else(PoisonError::into_inner));
            self.left += asked.len();
            for piece in asked {
                self.one_less(piece);
            }
        }
    }
}

trait ReadyOrStop {
    fn ended(self) -> Result<bool, Stop>;
}
impl ReadyOrStop for Poll<Result<(), Stop>> {
    fn ended(self) -> Result<bool, Stop> {
        match self {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) => Ok(true),
            Poll::Ready(Err(stop)) => Err(stop),
        }
    }
}

impl<F: Future<Output = Result<(), Stop>>, S: FnMut(u32) -> Started<F>> Future for Drive<'_, S, F> {
    type Output = Result<(), Stop>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.lanes.listen(context.waker());
        this.started = 0;
        if let Err(stop) = this.advance() {
            this.lanes.clear_all(false);
            return Poll::Ready(Err(stop));
        }
        if this.gives_way() {
            context.waker().wake_by_ref();
        }
        if this.left == 0 { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}
