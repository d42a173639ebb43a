//! Roman numerals.
//!
//! ```
//! assert_eq!(roman_numerals_example::to_roman(2026).as_deref(), Some("MMXXVI"));
//! ```

#![forbid(unsafe_code)]

/// Values and their signs, largest first.
const SIGNS: [(u16, &str); 13] = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

/// Writes a number as the Romans did; none for 0 and from 4000 on, which they could not write. The way back is
/// [`from_roman`].
#[must_use]
pub fn to_roman(number: u16) -> Option<String> {
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut roman = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            roman.push_str(sign);
            rest -= value;
        }
    }
    Some(roman)
}

/// Reads what [`to_roman`] writes, and nothing else.
#[must_use]
pub fn from_roman(roman: &str) -> Option<u16> {
    let mut rest = roman;
    let mut number: u16 = 0;
    for (value, sign) in SIGNS {
        while let Some(shorter) = rest.strip_prefix(sign) {
            number = number.checked_add(value)?;
            rest = shorter;
        }
    }
    let is_canonical = rest.is_empty() && to_roman(number).as_deref() == Some(roman);
    is_canonical.then_some(number)
}
