//! The items of a `for`, a `race for` or a `quorum for`. What an iterator says of their number is not believed.

use crate::{
    policy::budget::{TOGETHER, UNITS_TOGETHER},
    run::{frame::Frame, turn::turn},
};
use std::vec;

/// Items that are taken one by one, or that have been taken all at once.
pub(crate) enum Items<I: Iterator> {
    /// The iterator itself: an item is taken when its turn has come.
    Coming(I),
    /// All of them.
    Taken(vec::IntoIter<I::Item>),
}

impl<I: Iterator> Iterator for Items<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        match self {
            Self::Coming(items) => items.next(),
            Self::Taken(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Coming(items) => items.size_hint(),
            Self::Taken(items) => items.size_hint(),
        }
    }
}

/// More room than this is not made before there are items for it.
const ROOM: usize = 1 << 10;

/// Returns a list with room for the outputs of as many items as the iterator announces, within reason.
pub(crate) fn room_for<T>(items: &impl Iterator) -> Vec<T> {
    Vec::with_capacity(items.size_hint().0.min(ROOM))
}

/// Takes all items.
pub(crate) async fn all_of<I: Iterator>(frame: Frame<'_>, items: I) -> Vec<I::Item> {
    let mut all = room_for(&items);
    // Not `collect`, which believes the iterator.
    for item in items {
        all.push(item);
        if all.len() % TOGETHER == 0 {
            turn(frame.core, UNITS_TOGETHER).await;
        }
    }
    all
}
