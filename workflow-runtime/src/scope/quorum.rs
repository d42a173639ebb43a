//! `race` and `quorum`: the first members to succeed. `finish` drops the losers; generated code then calls
//! `undo::scope::undo_losers`.

use crate::{
    expression::hint::TypeHint,
    failure::{Failure, FailureKind, QuorumError, exit::Exit},
    future::{boxed::BoxFuture, set::FutureSet},
    policy::budget::{TOGETHER, UNITS_TOGETHER},
    run::{
        frame::Frame,
        nested::After,
        turn::{give_way, is_over},
    },
    stage_id::StageId,
    undo::scope::members_failed,
};
use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// A running `race` or `quorum`.
pub struct Quorum<'a, M: Iterator<Item: Future>, T> {
    frame: Frame<'a>,
    stage: StageId,
    needed: usize,
    lanes: FutureSet<M::Item>,
    /// Members that have not been created yet. `None`: there are no more.
    coming: Option<M>,
    /// Members that are created, and not started yet.
    unstarted: VecDeque<M::Item>,
    started: usize,
    /// Others get their turn before the next member.
    gives_way: bool,
    /// Whatever its members end with, it is not decided.
    is_open: bool,
    /// Member on each lane.
    on_lane: Vec<usize>,
    outputs: Vec<T>,
    /// The members that these are of.
    #[cfg(feature = "durable")]
    winners: Vec<usize>,
    failures: Vec<Failure>,
    after: After<'a, Result<Vec<T>, Exit>>,
}

impl<M: Iterator<Item: Future>, T> Unpin for Quorum<'_, M, T> {}

impl<M: Iterator<Item: Future<Output = Result<T, Exit>>>, T> Quorum<'_, M, T> {
    /// Returns the number of known members.
    fn members(&self) -> usize {
        self.started + self.unstarted.len()
    }

    fn decided(&self) -> bool {
        let too_few = || self.coming.is_none() && self.members() - self.failures.len() < self.needed;
        !self.is_open && (self.outputs.len() >= self.needed || too_few())
    }

    /// Returns the next member to be started.
    fn next(&mut self) -> Option<M::Item> {
        if let Some(member) = self.unstarted.pop_front() {
            return Some(member);
        }
        self.frame.at(self.stage);
        let next = self.coming.as_mut()?.next();
        if next.is_none() {
            self.coming = None;
        }
        next
    }

    /// Creates the first `needed` members, as far as there are any.
    fn make(&mut self) {
        while self.started == 0
            && !self.is_open
            && self.unstarted.len() < self.needed
            && !self.rests(self.unstarted.len())
        {
            self.frame.at(self.stage);
            let Some(coming) = &mut self.coming else { return };
            match coming.next() {
                Some(member) => self.unstarted.push_back(member),
                None => self.coming = None,
            }
        }
    }

    /// Whether others get their turn now, after that many members.
    fn rests(&mut self, members: usize) -> bool {
        self.gives_way = members % TOGETHER == TOGETHER - 1 && is_over(self.frame.core, UNITS_TOGETHER);
        self.gives_way
    }

    fn step(&mut self, lane: usize) -> Result<(), Exit> {
        let core = self.frame.core;
        let lanes = &mut self.lanes;
        // A member absorbs its panic: the others go on.
        match core.catch(|| lanes.poll(lane)) {
            Poll::Pending => {}
            Poll::Ready(Ok(output)) => {
                self.outputs.push(output);
                #[cfg(feature = "durable")]
                self.winners.push(self.on_lane[lane]);
                self.frame.won(self.stage, self.on_lane[lane]);
            }
            Poll::Ready(Err(Exit::Returned)) => return Err(Exit::Returned),
            Poll::Ready(Err(Exit::Failed(failure))) => {
                self.lanes.remove(lane);
                self.failures.push(failure);
            }
        }
        Ok(())
    }

    fn poll_members(&mut self) -> Result<(), Exit> {
        self.gives_way = false;
        self.make();
        while !self.gives_way
            && !self.decided()
            && !self.rests(self.started)
            && let Some(member) = self.next()
        {
            let (number, lane) = (self.started, self.lanes.put(member));
            self.started += 1;
            if lane == self.on_lane.len() {
                self.on_lane.push(number);
            } else {
                self.on_lane[lane] = number;
            }
            self.step(lane)?;
        }
        let batch = self.lanes.drain_ready();
        for &lane in &batch {
            if self.decided() {
                break;
            }
            self.step(lane)?;
        }
        self.lanes.recycle(batch);
        Ok(())
    }
}

impl<M: Iterator<Item: Future<Output = Result<T, Exit>>>, T> Quorum<'_, M, T> {
    /// Polls until the race is decided. All members are there still.
    pub(crate) fn poll_decided(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Exit>> {
        self.lanes.register(context.waker());
        self.poll_members()?;
        if self.decided() {
            return Poll::Ready(Ok(()));
        }
        if self.gives_way {
            give_way(self.frame.core, context);
        }
        Poll::Pending
    }

    /// Returns the winners and their values, if enough have won.
    #[cfg(feature = "durable")]
    pub(crate) fn won(&self) -> Option<(&[usize], &[T])> {
        (self.outputs.len() >= self.needed).then_some((&self.winners, &self.outputs))
    }

    /// Polls all members, whatever they end with.
    #[cfg(feature = "durable")]
    pub(crate) async fn never_decided(mut self) -> Result<Vec<T>, Exit> {
        self.is_open = true;
        std::future::poll_fn(|context| {
            let _ = self.poll_decided(context);
            Poll::Pending
        })
        .await
    }

    /// Drops all members, because of that.
    pub(crate) fn stop(&mut self, stop: Exit) -> Exit {
        self.lanes.clear(false);
        stop
    }

    /// Drops what still runs. Returns the winners, or a failure of the kind `QuorumFailed`.
    pub(crate) fn finish(&mut self) -> Result<Vec<T>, Exit> {
        let members = self.members();
        self.coming = None;
        self.unstarted.clear();
        let won = self.outputs.len() >= self.needed;
        self.lanes.clear(won);
        if won {
            return Ok(std::mem::take(&mut self.outputs));
        }
        let error = QuorumError { needed: self.needed, members, failures: std::mem::take(&mut self.failures) };
        let failure = self.frame.core.failure(self.stage, FailureKind::QuorumFailed, Some(error.into()));
        Err(failure.into())
    }
}

impl<M: Iterator<Item: Future<Output = Result<T, Exit>>>, T> Future for Quorum<'_, M, T> {
    type Output = Result<Vec<T>, Exit>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (frame, mut after) = (self.frame, std::mem::take(&mut self.after));
        let polled = after.poll(frame, context, |context| match self.poll_decided(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => Poll::Ready(self.finish()),
            Poll::Ready(Err(stop)) => Poll::Ready(Err(self.stop(stop))),
        });
        self.after = after;
        polled
    }
}

/// Runs all members at once until `needed` have succeeded, then drops the others; gives the outputs in the order of
/// success. Fails as soon as too few are left. A member is created only when its turn to start has come, so that later
/// members of a race that is won by then never are. The first `needed` are created before any starts, so that too few
/// are reported at once.
pub fn first<M, F, T>(frame: Frame<'_>, stage: StageId, needed: usize, members: M) -> Quorum<'_, M::IntoIter, T>
where
    M: IntoIterator<Item = F>,
    F: Future<Output = Result<T, Exit>>,
{
    Quorum {
        frame,
        stage,
        needed,
        lanes: FutureSet::new(),
        coming: Some(members.into_iter()),
        unstarted: VecDeque::new(),
        started: 0,
        gives_way: false,
        is_open: false,
        on_lane: Vec::new(),
        outputs: Vec::new(),
        #[cfg(feature = "durable")]
        winners: Vec::new(),
        failures: Vec::new(),
        after: After::new(),
    }
}

/// Returns the members of a `race for` or a `quorum for`: one for each item.
pub fn members<I, B, F>(items: I, mut body: B) -> impl Iterator<Item = F>
where
    I: IntoIterator,
    B: FnMut(usize, I::Item) -> F,
{
    items.into_iter().enumerate().map(move |(index, item)| body(index, item))
}

/// Returns the value of a race's winner.
#[must_use]
pub fn race_result<T>(mut winners: Vec<T>) -> T {
    match winners.pop() {
        Some(winner) => winner,
        None => unreachable!("a race ends when one has succeeded"),
    }
}

/// A member whose type is not that of the others.
pub type Member<'a, T> = BoxFuture<'a, Result<T, Exit>>;

/// Erases a member's type.
pub fn member<'a, T>(_: TypeHint<T>, run: impl Future<Output = Result<T, Exit>> + Send + 'a) -> Member<'a, T> {
    Box::pin(run)
}

impl<M: Iterator<Item: Future>, T> Drop for Quorum<'_, M, T> {
    fn drop(&mut self) {
        members_failed(self.frame, self.stage, &self.failures);
    }
}
