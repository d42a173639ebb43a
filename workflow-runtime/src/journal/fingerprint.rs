//! Fingerprints: numbers that tell equal values from others, from process to process.

use super::codec::{Sequences, canonical, write};
use crate::failure::BoxError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A fingerprint. Two values that differ have the same one once in 2^64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    number: u64,
    form: PrintForm,
}

/// The form of the value that is hashed. A record tells its form by the type of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintForm {
    /// The JSON of the value, in the order in which its maps are iterated: in stores of before. A number.
    Json,
    /// The canonical form of the value. A text of 16 digits.
    Canonical,
}

impl Fingerprint {
    /// Returns the fingerprint of a value.
    pub(crate) fn of<T: Serialize + ?Sized>(value: &T, form: PrintForm) -> Result<Self, BoxError> {
        let bytes = match form {
            PrintForm::Json => serde_json::to_vec(value)?,
            // A set is written as a sequence.
            PrintForm::Canonical => canonical(&write(value)?, Sequences::Unordered)?,
        };
        Ok(Self::of_number(hash(&bytes), form))
    }

    pub(crate) fn of_number(number: u64, form: PrintForm) -> Self {
        Self { number, form }
    }

    pub(crate) fn form(self) -> PrintForm {
        self.form
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            PrintForm::Json => serializer.serialize_u64(self.number),
            PrintForm::Canonical => serializer.collect_str(&format_args!("{:016x}", self.number)),
        }
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Fingerprint;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a fingerprint")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Fingerprint, E> {
                Ok(Fingerprint::of_number(number, PrintForm::Json))
            }

            fn visit_str<E: de::Error>(self, digits: &str) -> Result<Fingerprint, E> {
                let number = u64::from_str_radix(digits, 16).map_err(E::custom)?;
                Ok(Fingerprint::of_number(number, PrintForm::Canonical))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Hashes bytes with FNV-1a in 64 bits: short and stable. A collision gains an attacker nothing. Hashes stand in records, so this
/// never changes. `hash_of_words` has 32 bits.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, PrintForm};
    use std::collections::{HashMap, HashSet};

    type Error = Box<dyn std::error::Error + Send + Sync>;

    #[test]
    fn equal_values_have_equal_prints() -> Result<(), Error> {
        let print = |order: &mut dyn Iterator<Item = u32>| {
            let map: HashMap<u32, HashSet<(u32, bool)>> =
                order.map(|key| (key, HashSet::from([(key, true), (1, false)]))).collect();
            Fingerprint::of(&map, PrintForm::Canonical)
        };
        assert_eq!(print(&mut (0..50))?, print(&mut (0..50).rev())?);
        assert_ne!(print(&mut (0..50))?, print(&mut (0..51))?);
        Ok(())
    }

    /// Fingerprints are on disk, so they must never change.
    #[test]
    fn prints_are_what_they_were() -> Result<(), Error> {
        let print = |form| -> Result<_, Error> { Ok(serde_json::to_string(&Fingerprint::of(&(7, "seven"), form)?)?) };
        let hashes = ["", "a", "foobar"].map(|text| super::hash(text.as_bytes()));
        assert_eq!(hashes, [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8]);
        assert_eq!(print(PrintForm::Json)?, "5710943454430650223");
        assert_eq!(print(PrintForm::Canonical)?, r#""54a73a541dfc4557""#);
        for form in [PrintForm::Json, PrintForm::Canonical] {
            let print = Fingerprint::of(&1, form)?;
            assert_eq!(serde_json::from_slice::<Fingerprint>(&serde_json::to_vec(&print)?)?, print);
        }
        Ok(())
    }
}
