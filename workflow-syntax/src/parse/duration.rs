//! Durations: `200ms`, `1.5s`, or an expression.

use super::{Parser, tokens::Tokens};
use crate::{diagnostics::parse_messages, tree::Duration};
use proc_macro2::{Literal, TokenTree};
use syn::Lit;

/// The units and their nanoseconds.
const UNITS: [(&str, u128); 6] = [
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Names that other languages and crates give the units.
const OTHER_NAMES: [(&str, &str); 22] = [
    ("micros", "us"),
    ("microseconds", "us"),
    ("millis", "ms"),
    ("msec", "ms"),
    ("msecs", "ms"),
    ("milliseconds", "ms"),
    ("S", "s"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("H", "h"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("D", "d"),
    ("day", "d"),
    ("days", "d"),
];

/// The longest `std::time::Duration`.
const LONGEST: u128 = std::time::Duration::MAX.as_nanos();

impl Parser<'_> {
    /// A duration that is all of `tokens`; `None`: reported.
    pub(super) fn duration(self, tokens: Tokens<'_>) -> Option<Duration> {
        let (literal, negative) = match (tokens.get(0), tokens.get(1)) {
            (Some(TokenTree::Literal(literal)), None) => (literal, false),
            (Some(TokenTree::Punct(punct)), Some(TokenTree::Literal(literal)))
                if punct.as_char() == '-' && tokens.len() == 2 =>
            {
                (literal, true)
            }
            _ => return self.expression(tokens, "a duration").map(Duration::Expression),
        };
        let span = literal.span();
        if negative {
            return self.wrong(tokens.start(0), parse_messages::DURATION_NEGATIVE);
        }
        match nanoseconds(literal) {
            Ok(nanoseconds) => Some(Duration::Literal { nanoseconds, span }),
            Err(said) => self.wrong(span, said),
        }
    }

    /// `D..D`; `None`: reported.
    pub(super) fn durations(self, tokens: Tokens<'_>) -> Option<(Duration, Duration)> {
        let Some(dots) = tokens.find(0, |tokens, at| tokens.is_pair(at, '.', '.')) else {
            return self.wrong(tokens.start(0), parse_messages::DURATION_RANGE);
        };
        if tokens.is_punct(dots + 2, '=') || tokens.is_punct(dots + 2, '.') {
            return self.wrong(tokens.start(dots), parse_messages::DURATION_RANGE_INCLUSIVE);
        }
        if dots == 0 || dots + 2 == tokens.len() {
            return self.wrong(tokens.start(dots), parse_messages::DURATION_RANGE);
        }
        let first = self.duration(tokens.before(dots));
        let last = self.duration(tokens.after(dots + 2));
        Some((first?, last?))
    }
}

/// The nanoseconds of a literal with a unit, or what to say of it.
fn nanoseconds(literal: &Literal) -> Result<u128, String> {
    let (digits, unit) = match Lit::new(literal.clone()) {
        Lit::Int(number) => (number.base10_digits().to_owned(), number.suffix().to_owned()),
        Lit::Float(number) => (number.base10_digits().to_owned(), number.suffix().to_owned()),
        _ => return Err(parse_messages::duration_not_a_number(&literal.to_string())),
    };
    if unit.is_empty() {
        return Err(parse_messages::duration_without_unit(&literal.to_string()));
    }
    if unit == "m" {
        return Err(parse_messages::duration_ambiguous(&digits));
    }
    let Some((_, factor)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        let meant = OTHER_NAMES.iter().find(|(other, _)| *other == unit).map(|(_, meant)| *meant);
        return Err(parse_messages::duration_unit(&digits, &unit, meant));
    };
    scaled(&digits, *factor)
        .filter(|nanoseconds| *nanoseconds <= LONGEST)
        .ok_or_else(|| parse_messages::duration_too_long(&literal.to_string()))
}

/// `digits`, with or without a fraction and an exponent, times `factor`; what is finer than a nanosecond is cut off.
fn scaled(digits: &str, factor: u128) -> Option<u128> {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: u128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let product = all.checked_mul(factor)?;
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    if shift >= 0 { product.checked_mul(power?) } else { Some(power.map_or(0, |power| product / power)) }
}
