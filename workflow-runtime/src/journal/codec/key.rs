//! The deserializer of texts: of values, of the keys of maps, and of the names of variants.

use super::error::CodecError;
use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, VariantAccess, Visitor},
    forward_to_deserialize_any,
};

/// A text that was read.
pub(super) enum Key<'t, 'de> {
    /// The text lives as long as the payload.
    Lasting(&'de str),
    /// The text stands in another key.
    Passing(&'t str),
    Owned(String),
}

impl Key<'_, '_> {
    #[allow(clippy::match_same_arms, reason = "their lifetimes differ")]
    fn text(&self) -> &str {
        match self {
            Self::Lasting(text) => text,
            Self::Passing(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Types whose values were written as texts if they were keys, before there were tags: numbers and truth values.
macro_rules! written_as_text {
    ($($method:ident, $visit:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            match self.text().parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => self.deserialize_str(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = CodecError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self {
            Self::Lasting(text) => visitor.visit_borrowed_str(text),
            Self::Passing(text) => visitor.visit_str(text),
            Self::Owned(text) => visitor.visit_string(text),
        }
    }

    written_as_text! {
        deserialize_bool, visit_bool;
        deserialize_i8, visit_i8;
        deserialize_i16, visit_i16;
        deserialize_i32, visit_i32;
        deserialize_i64, visit_i64;
        deserialize_i128, visit_i128;
        deserialize_u8, visit_u8;
        deserialize_u16, visit_u16;
        deserialize_u32, visit_u32;
        deserialize_u64, visit_u64;
        deserialize_u128, visit_u128;
        deserialize_f32, visit_f32;
        deserialize_f64, visit_f64;
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self {
            Self::Lasting(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Self::Passing(text) => visitor.visit_bytes(text.as_bytes()),
            Self::Owned(text) => visitor.visit_byte_buf(text.into_bytes()),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Key<'_, 'de> {
    type Error = CodecError;
    type Variant = Unit;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Unit), CodecError> {
        Ok((seed.deserialize(self)?, Unit))
    }
}

/// A variant that holds nothing.
pub(super) struct Unit;

impl<'de> VariantAccess<'de> for Unit {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, CodecError> {
        Err(CodecError::new("the variant holds no value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, CodecError> {
        Err(CodecError::new("the variant holds no value"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, CodecError> {
        Err(CodecError::new("the variant holds no value"))
    }
}
