//! The inputs of two starts with one id: whether they are the same one.

use crate::{
    durable::workflow::Durable,
    failure::BoxError,
    journal::codec::{CodecError, Sequences, canonical},
};

/// Returns whether a stored input is that of a new start, as the workflow reads it now.
///
/// # Errors
/// The stored input can't be read.
pub(crate) fn is_same_input<W: Durable>(stored: &[u8], new: &[u8]) -> Result<bool, BoxError> {
    if stored == new {
        return Ok(true);
    }
    let again = |input: &[u8]| W::encode_input(&W::decode_input(input)?);
    let (ordered, unordered) = (form(Sequences::Ordered), form(Sequences::Unordered));
    let stored = again(stored)?;
    // A new input that is normalised when it is read is compared as it is read, too.
    let alike = |one: &[u8], form: &Form| -> Result<bool, BoxError> {
        let one = form(one)?;
        Ok(one == form(new)? || one == form(&again(new)?)?)
    };
    if alike(&stored, &ordered)? {
        return Ok(true);
    }
    // Some sequence has another order. Where it is a hash set, the next one of equal content has yet another order; a
    // list keeps its own.
    let is_of_sets = || -> Result<bool, BoxError> {
        let first = ordered(&stored)?;
        for _ in 0..SETS {
            if ordered(&again(&stored)?)? != first {
                return Ok(true);
            }
        }
        Ok(false)
    };
    Ok(alike(&stored, &unordered)? && is_of_sets()?)
}

/// Sets of equal content that are built before they are taken for lists. Even two elements come in one order each time
/// only once in 2^32.
const SETS: usize = 32;

type Form = dyn Fn(&[u8]) -> Result<Vec<u8>, CodecError>;

fn form(sequences: Sequences) -> impl Fn(&[u8]) -> Result<Vec<u8>, CodecError> {
    move |input| canonical(input, sequences)
}
