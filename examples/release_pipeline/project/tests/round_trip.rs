//! Numbers that are written can be read.

use roman_numerals_example::{from_roman, to_roman};

#[test]
fn every_number_comes_back() {
    for number in 1..4000 {
        let roman = to_roman(number).expect("the Romans could write it");
        assert_eq!(from_roman(&roman), Some(number), "{roman}");
    }
}

#[test]
fn what_is_no_numeral_is_refused() {
    for word in ["", "IIII", "VX", "IM", "MMMM", "mm", "X I", "ABC"] {
        assert_eq!(from_roman(word), None, "{word}");
    }
}
