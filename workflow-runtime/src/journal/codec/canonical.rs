//! The form of a value that does not depend on the order in which its maps and sets are iterated.

use super::{
    error::CodecError,
    scan::{Scan, text_of},
    tag::DEEPEST,
};
use std::ops::Range;

/// Whether the order of a sequence's elements tells it from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sequences {
    /// A list.
    Ordered,
    /// A list or a set. The order of a set changes from process to process.
    Unordered,
}

/// Returns the payload with the entries of its maps sorted, and with `Unordered` the elements of its sequences too.
///
/// # Errors
/// The payload is none.
pub(crate) fn canonical(bytes: &[u8], sequences: Sequences) -> Result<Vec<u8>, CodecError> {
    let mut form = Canonical { scan: Scan::new(text_of(bytes)?), sequences, out: Vec::with_capacity(bytes.len()) };
    form.value(0).map_err(|error| error.at(form.scan.at))?;
    Ok(form.out)
}

struct Canonical<'a> {
    scan: Scan<'a>,
    sequences: Sequences,
    out: Vec<u8>,
}

impl<'a> Canonical<'a> {
    fn value(&mut self, depth: u16) -> Result<(), CodecError> {
        if depth > DEEPEST {
            return Err(CodecError::too_deep());
        }
        let (open, close) = match self.scan.peek()? {
            b'[' => (b'[', b']'),
            b'{' => (b'{', b'}'),
            _ => return self.copy(Scan::scalar),
        };
        self.scan.at += 1;
        self.out.push(open);
        let start = self.out.len();
        let mut parts: Vec<Range<usize>> = Vec::new();
        while self.scan.next(parts.is_empty(), close)? {
            let part = self.out.len();
            if open == b'{' {
                self.scan.peek()?;
                self.copy(|scan| scan.string().map(|_| ()))?;
                self.scan.expect(b':')?;
                self.out.push(b':');
            }
            self.value(depth + 1)?;
            self.out.push(b',');
            parts.push(part..self.out.len());
        }
        if open == b'{' || self.sequences == Sequences::Unordered {
            self.sort(start, parts);
        }
        self.out.push(close);
        Ok(())
    }

    fn copy(&mut self, take: impl FnOnce(&mut Scan<'a>) -> Result<(), CodecError>) -> Result<(), CodecError> {
        let start = self.scan.at;
        take(&mut self.scan)?;
        self.out.extend_from_slice(&self.scan.text.as_bytes()[start..self.scan.at]);
        Ok(())
    }

    /// Sorts what was written since `start`, which is `parts`.
    fn sort(&mut self, start: usize, mut parts: Vec<Range<usize>>) {
        if parts.is_sorted_by(|one, other| self.out[one.clone()] <= self.out[other.clone()]) {
            return;
        }
        parts.sort_by(|one, other| self.out[one.clone()].cmp(&self.out[other.clone()]));
        let sorted: Vec<u8> = parts.into_iter().flat_map(|part| self.out[part].iter().copied()).collect();
        self.out.truncate(start);
        self.out.extend(sorted);
    }
}
