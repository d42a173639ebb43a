//! The serializer of stored values.

use super::{
    error::CodecError,
    scan::plain_bytes,
    tag::{DEEPEST, MARK, NAN_32, NAN_64, SOME},
};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::cell::Cell;

/// Writes a value.
///
/// # Errors
/// The value's `Serialize` fails, or it is nested too deep.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut written = Vec::new();
    write_to(value, &mut |bytes| written = bytes.to_vec())?;
    Ok(written)
}

/// Writes a value, and hands over what is written.
///
/// # Errors
/// As those of [`write`].
pub(crate) fn write_to<T: Serialize + ?Sized>(value: &T, take: &mut dyn FnMut(&[u8])) -> Result<(), CodecError> {
    let write = &mut |buffer: &mut Vec<u8>| {
        let mut writer = Writer { out: buffer, marked: false, depth: 0 };
        value.serialize(&mut writer)?;
        Ok(writer.marked)
    };
    in_buffer(write, take)
}

/// Passes on the bytes that `write` writes into a buffer that is used again. `write` returns whether the mark stays.
/// Not generic: there are many types.
fn in_buffer(
    write: &mut dyn FnMut(&mut Vec<u8>) -> Result<bool, CodecError>,
    take: &mut dyn FnMut(&[u8]),
) -> Result<(), CodecError> {
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    // A value that is written within `write` begins with an empty one.
    let mut buffer = BUFFER.take();
    buffer.clear();
    buffer.push(MARK);
    let marked = write(&mut buffer)?;
    take(&buffer[usize::from(!marked)..]);
    if buffer.capacity() <= LARGEST_BUFFER {
        BUFFER.set(buffer);
    }
    Ok(())
}

/// The capacity up to which a buffer is kept for the next value.
const LARGEST_BUFFER: usize = 1 << 16;

/// A value being written.
struct Writer<'b> {
    out: &'b mut Vec<u8>,
    /// Whether there is a tag, or a key that had to be changed.
    marked: bool,
    depth: u16,
}

impl Writer<'_> {
    /// Writes a number, a truth value or a text: what JSON keeps.
    fn plain<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        serde_json::to_writer(&mut *self.out, value).map_err(|error| CodecError::new(error.to_string()))
    }

    #[inline]
    fn text(&mut self, text: &str) -> Result<(), CodecError> {
        if plain_bytes(text.as_bytes()) < text.len() {
            return self.plain(text);
        }
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
        Ok(())
    }

    fn tag(&mut self, name: &str, text: &str) {
        self.marked = true;
        for part in ["{\"$", name, "\":\"", text, "\"}"] {
            self.out.extend_from_slice(part.as_bytes());
        }
    }

    fn deeper(&mut self, levels: u16) -> Result<(), CodecError> {
        self.depth += levels;
        if self.depth > DEEPEST { Err(CodecError::too_deep()) } else { Ok(()) }
    }

    /// Writes the name of a field or a variant.
    fn name(&mut self, name: &str) -> Result<(), CodecError> {
        let start = self.out.len();
        self.text(name)?;
        self.key_since(start)
    }

    /// Makes a key of the value that was written since `start`.
    fn key_since(&mut self, start: usize) -> Result<(), CodecError> {
        match self.out[start..] {
            [b'"', b'$', ..] => {
                self.marked = true;
                self.out.insert(start + 1, b'$');
                Ok(())
            }
            [b'"', ..] => Ok(()),
            _ => {
                self.marked = true;
                let text = String::from_utf8_lossy(&self.out[start..]).into_owned();
                self.out.truncate(start);
                self.text(&format!("$={text}"))
            }
        }
    }

    /// Tags the value that was written since `start` as a `Some` where it would be taken for a `None`, or for the
    /// `Some` of another level.
    fn some_since(&mut self, start: usize) {
        let inner = &self.out[start..];
        if inner == b"null" || inner.starts_with(SOME) {
            self.marked = true;
            self.out.splice(start..start, SOME.iter().copied());
            self.out.push(b'}');
        }
    }

    /// Begins a value that holds others, and lies within `variant` if there is one.
    fn open(&mut self, variant: Option<&str>, open: u8) -> Result<(), CodecError> {
        self.deeper(1 + u16::from(variant.is_some()))?;
        if let Some(variant) = variant {
            self.out.push(b'{');
            self.name(variant)?;
            self.out.push(b':');
        }
        self.out.push(open);
        Ok(())
    }
}

/// A sequence, a map, a struct or a variant of these, being written.
struct Compound<'w, 'b> {
    writer: &'w mut Writer<'b>,
    is_empty: bool,
    close: u8,
    is_variant: bool,
}

impl<'w, 'b> Compound<'w, 'b> {
    fn new(writer: &'w mut Writer<'b>, variant: Option<&str>, (open, close): (u8, u8)) -> Result<Self, CodecError> {
        writer.open(variant, open)?;
        Ok(Self { writer, is_empty: true, close, is_variant: variant.is_some() })
    }

    fn next(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.writer.out.push(b',');
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.next();
        value.serialize(&mut *self.writer)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.next();
        let start = self.writer.out.len();
        key.serialize(&mut *self.writer)?;
        self.writer.key_since(start)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.writer.out.push(b':');
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), CodecError> {
        self.next();
        self.writer.name(name)?;
        self.value(value)
    }

    fn close(self) {
        self.writer.out.push(self.close);
        if self.is_variant {
            self.writer.out.push(b'}');
        }
        self.writer.depth -= 1 + u16::from(self.is_variant);
    }
}

const SEQUENCE: (u8, u8) = (b'[', b']');
const MAP: (u8, u8) = (b'{', b'}');

macro_rules! plain {
    ($($method:ident($ty:ty),)*) => {
        $(fn $method(self, value: $ty) -> Result<(), CodecError> { self.plain(&value) })*
    };
}

impl<'w, 'b> Serializer for &'w mut Writer<'b> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Compound<'w, 'b>;
    type SerializeTuple = Compound<'w, 'b>;
    type SerializeTupleStruct = Compound<'w, 'b>;
    type SerializeTupleVariant = Compound<'w, 'b>;
    type SerializeMap = Compound<'w, 'b>;
    type SerializeStruct = Compound<'w, 'b>;
    type SerializeStructVariant = Compound<'w, 'b>;

    plain! {
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128),
        serialize_char(char),
    }

    fn serialize_str(self, value: &str) -> Result<(), CodecError> {
        self.text(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), CodecError> {
        if !value.is_finite() {
            let text = not_finite(value.into(), value.is_nan() && value.to_bits() != NAN_32, value.to_bits());
            self.tag("f32", &text);
            return Ok(());
        }
        let start = self.out.len();
        self.plain(&value)?;
        // A reader that does not know the type takes it for an `f64`, and rounds twice.
        let read = std::str::from_utf8(&self.out[start..]).ok().and_then(|text| text.parse::<f64>().ok());
        #[allow(clippy::cast_possible_truncation, reason = "as such a reader does")]
        let is_exact = read.is_some_and(|read| (read as f32).to_bits() == value.to_bits());
        if !is_exact {
            self.out.truncate(start);
            self.plain(&f64::from(value))?;
        }
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), CodecError> {
        if value.is_finite() {
            return self.plain(&value);
        }
        let text = not_finite(value, value.is_nan() && value.to_bits() != NAN_64, value.to_bits());
        self.tag("f64", &text);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), CodecError> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.tag("bytes", "");
        // Into the empty text.
        self.out.truncate(self.out.len() - 2);
        self.out.extend(value.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]));
        self.out.extend_from_slice(b"\"}");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), CodecError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.deeper(1)?;
        let start = self.out.len();
        value.serialize(&mut *self)?;
        self.depth -= 1;
        self.some_since(start);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), CodecError> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), CodecError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), CodecError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        let mut compound = Compound::new(self, None, MAP)?;
        compound.field(variant, value)?;
        compound.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, None, SEQUENCE)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, None, SEQUENCE)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, None, SEQUENCE)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, Some(variant), SEQUENCE)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, None, MAP)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, None, MAP)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 'b>, CodecError> {
        Compound::new(self, Some(variant), MAP)
    }
}

/// Returns the text of a float that is no finite number. `is_odd`: a NaN with other bits than the usual one.
fn not_finite(value: f64, is_odd: bool, bits: impl std::fmt::LowerHex) -> String {
    match () {
        () if is_odd => format!("{bits:#x}"),
        () if value.is_nan() => "NaN".to_owned(),
        () if value > 0.0 => "inf".to_owned(),
        () => "-inf".to_owned(),
    }
}

macro_rules! elements {
    ($($Trait:ident::$method:ident,)*) => {
        $(impl $Trait for Compound<'_, '_> {
            type Ok = ();
            type Error = CodecError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.element(value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.close();
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! fields {
    ($($Trait:ident,)*) => {
        $(impl $Trait for Compound<'_, '_> {
            type Ok = ();
            type Error = CodecError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), CodecError> {
                self.field(key, value)
            }
            fn end(self) -> Result<(), CodecError> {
                self.close();
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct, SerializeStructVariant, }

impl SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.value(value)
    }

    fn end(self) -> Result<(), CodecError> {
        self.close();
        Ok(())
    }
}
