//! Items of a `for`: each is known again by its fingerprint.

use super::{
    checkpoint::{Part, kept_in_place},
    recorded_place::Retention,
};
use crate::{
    failure::{BoxError, exit::Exit},
    future::map::then,
    journal::{
        fingerprint::{Fingerprint, PrintForm},
        log::Journal,
        payload::Payload,
        record::{RecordKind, decode_record, encode_record},
    },
    run::frame::Frame,
    scope::items::{Items, all_of, room_for},
    stage_id::StageId,
};
use serde::Serialize;
use std::{collections::HashMap, future::Future};

/// An item that is recognised by what it is.
#[diagnostic::on_unimplemented(
    message = "in a `#[durable]` workflow the items of a `for` are recognised by what they are, and `{Self}` can't be stored",
    label = "its items are not `Serialize`",
    note = "derive `serde::Serialize`, or go through numbers or keys"
)]
pub trait IdentifiedItem {
    /// Returns the fingerprint that tells the item from others.
    ///
    /// # Errors
    /// The item has no form.
    fn print(&self, form: PrintForm) -> Result<Fingerprint, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> IdentifiedItem for T {
    fn print(&self, form: PrintForm) -> Result<Fingerprint, BoxError> {
        Fingerprint::of(self, form)
    }
}

/// The items of a `for`, and how they are told apart.
pub struct FingerprintedItems<I: IntoIterator> {
    items: I,
    print: ItemPrint<I::Item>,
}

/// Wraps items that have fingerprints. (Not `async`: rustc would report an item without one several times.)
pub fn fingerprinted<I>(items: I) -> FingerprintedItems<I>
where
    I: IntoIterator,
    I::Item: IdentifiedItem,
{
    FingerprintedItems { items, print: IdentifiedItem::print }
}

/// Returns the items of a `for` in the order in which they were first seen: on resume each is known by its fingerprint.
/// In memory they are taken one by one. On a store all of them are taken at the start, since their prints are stored
/// together. Otherwise an item that a new build no longer has would be missed only after the last of the others was
/// taken.
pub async fn in_recorded_order<I: IntoIterator>(
    frame: Frame<'_>,
    stage: StageId,
    items: FingerprintedItems<I>,
) -> impl Iterator<Item = I::Item> {
    let print = items.print;
    let items = items.items.into_iter();
    let Some(journal) = frame.journal() else { return Items::Coming(items) };
    let path = frame.path_within(stage, "items");
    let items = all_of(frame, items.take(MOST + 1)).await;
    if items.len() > MOST {
        return journal.park(format!("'{}' has more items than a store keeps: {MOST}", frame.path_of(stage))).await;
    }
    if journal.record(&path).is_none() {
        match fingerprints(print, &items, PrintForm::Canonical) {
            Ok(prints) => journal.put(path, RecordKind::Items, encode_record(&prints)),
            Err(error) => {
                return journal.park(format!("an item of '{}' can't be stored: {error}", frame.path_of(stage))).await;
            }
        }
        return Items::Taken(items.into_iter());
    }
    match ordered(journal, &path, print, items) {
        Ok(items) => Items::Taken(items.into_iter()),
        Err(reason) => journal.park_at(&path, reason).await,
    }
}

/// Items of one `for` that are told apart on a store, at most: their prints lie in one record.
const MOST: usize = 1 << 22;

/// Returns the items in their recorded order, for an expression that is evaluated once more.
pub fn in_recorded_order_again<I: IntoIterator>(
    frame: Frame<'_>,
    stage: StageId,
    items: FingerprintedItems<I>,
) -> impl Iterator<Item = I::Item> + use<I> {
    let print = items.print;
    let items = items.items.into_iter();
    let Some(journal) = frame.journal() else { return Items::Coming(items) };
    let path = frame.path_within(stage, "items");
    let mut all = room_for(&items);
    items.take(MOST + 1).for_each(|item| all.push(item));
    let all = match ordered(journal, &path, print, all) {
        Ok(items) => items,
        Err(reason) => {
            journal.park_now_at(&path, reason);
            Vec::new()
        }
    };
    Items::Taken(all.into_iter())
}

type ItemPrint<T> = fn(&T, PrintForm) -> Result<Fingerprint, BoxError>;

fn fingerprints<T>(print: ItemPrint<T>, items: &[T], form: PrintForm) -> Result<Vec<Fingerprint>, BoxError> {
    items.iter().map(|item| print(item, form)).collect()
}

fn ordered<T>(journal: &Journal, path: &str, print: ItemPrint<T>, items: Vec<T>) -> Result<Vec<T>, String> {
    let Some(record) = journal.record(path) else { return Ok(items) };
    let before: Vec<Fingerprint> =
        decode_record(&record).map_err(|error| format!("what is stored of '{path}' can't be read: {error}"))?;
    let form = before.first().map_or(PrintForm::Canonical, |print| print.form());
    let now = fingerprints(print, &items, form).map_err(|error| format!("'{path}' can't be stored: {error}"))?;
    journal.mark_restored();
    if before == now {
        return Ok(items);
    }
    let count = items.len();
    let mut found: HashMap<Fingerprint, Vec<T>> = HashMap::new();
    // The last first, so that equal ones are taken in their order.
    for (print, item) in now.into_iter().zip(items).rev() {
        found.entry(print).or_default().push(item);
    }
    let ordered: Vec<T> = before.iter().filter_map(|print| found.get_mut(print).and_then(Vec::pop)).collect();
    if ordered.len() == before.len() && ordered.len() == count {
        Ok(ordered)
    } else {
        Err(format!("'{path}' are no longer those that it began with"))
    }
}

/// Boxes the future of an item's body, as [`part`](super::part).
pub fn item_part<'p, T, F>(run: F) -> Part<'p, (T, bool)>
where
    F: Future<Output = Result<T, Exit>> + Send + 'p,
{
    Box::pin(then(run, |given: F::Output| given.map(|value| (value, true))))
}

/// Restores one item of a `for`, or runs it. `frame` is in that item.
///
/// # Errors
/// The item's.
pub async fn kept_item<'a, 'p, T: Send + 'p>(
    frame: Frame<'a>,
    stage: StageId,
    payload: Payload<T>,
    keeps: bool,
    run: impl FnOnce(Frame<'a>) -> Part<'p, (T, bool)> + Send,
) -> Result<T, Exit> {
    let keeps = if keeps { Retention::Nested } else { Retention::Output };
    Ok(kept_in_place(frame, (stage, false), payload, keeps, run).await?.0)
}
