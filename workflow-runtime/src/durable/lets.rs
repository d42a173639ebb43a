//! `let`s: evaluated again by each process, and the same each time.

use crate::{
    journal::fingerprint::{Fingerprint, PrintForm, hash},
    run::frame::Frame,
    stage_id::StageId,
};
use serde::Serialize;
use serde_json::Value;

/// The value of a `let`.
pub struct Evaluated<'a, T: ?Sized>(pub &'a T);

/// A value that has a fingerprint: picked first.
pub trait EvaluatedAgain {
    /// Parks the instance where the value is another one than it was.
    fn __workflow_same(&self, frame: Frame<'_>, stage: StageId, name: &str);
}

impl<T: Serialize + ?Sized> EvaluatedAgain for Evaluated<'_, T> {
    fn __workflow_same(&self, frame: Frame<'_>, stage: StageId, name: &str) {
        let Some(journal) = frame.journal() else { return };
        let path = frame.path_within(stage, &format!("let-{name}"));
        // What can't be written is taken as it is.
        let print = |form| match form {
            PrintForm::Json => Some(Fingerprint::of_number(fingerprint(&serde_json::to_value(self.0).ok()?), form)),
            PrintForm::Canonical => Fingerprint::of(self.0, form).ok(),
        };
        journal.is_same(path, print, |_| format!("`let {name}` is no longer what it was when it was first evaluated"));
    }
}

/// Whatever else.
pub trait EvaluatedOnce {
    /// Compares nothing: the value has no fingerprint.
    fn __workflow_same(&self, _: Frame<'_>, _: StageId, _: &str) {}
}

impl<T: ?Sized> EvaluatedOnce for &Evaluated<'_, T> {}

/// Returns the fingerprint of earlier versions, which is equal for the items of a list in any order.
fn fingerprint(value: &Value) -> u64 {
    let of = |kind: u8, bytes: &[u8]| hash(&[&[kind], bytes].concat());
    let all = |kind, prints: &mut dyn Iterator<Item = u64>| {
        let (count, sum) = prints.fold((0_u64, 0_u64), |(count, sum), print| (count + 1, sum.wrapping_add(print)));
        of(kind, &[count.to_le_bytes(), sum.to_le_bytes()].concat())
    };
    match value {
        Value::Array(items) => all(b'[', &mut items.iter().map(fingerprint)),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                of(b':', &[name.as_bytes(), &fingerprint(value).to_le_bytes()].concat())
            };
            all(b'{', &mut fields.iter().map(field))
        }
        scalar => of(b'=', scalar.to_string().as_bytes()),
    }
}
