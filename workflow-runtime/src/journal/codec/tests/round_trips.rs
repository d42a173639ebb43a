//! Property tests over the whole of serde's data model.

use super::{
    super::{Sequences, canonical, join, read, split, write},
    back,
    family::{Any, text, value},
    text as shown,
};
use proptest::{collection, option, prelude::*};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A value that the plain JSON of earlier versions stored.
type Plain = (BTreeMap<String, (i64, String)>, BTreeMap<u32, Option<bool>>, Option<f64>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_value_comes_back_as_it_was(value in value()) {
        prop_assert_eq!(back(&value)?, value);
    }

    #[test]
    fn options_of_every_value_come_back(value in option::of(option::of(value()))) {
        prop_assert_eq!(back(&value)?, value);
    }

    #[test]
    fn lists_of_every_value_come_back(values in collection::vec(value(), 0..4)) {
        prop_assert_eq!(back(&values)?, values);
    }

    #[test]
    fn maps_from_every_value_come_back(map in collection::btree_map(value(), option::of(value()), 0..4)) {
        prop_assert_eq!(back(&map)?, map);
    }

    #[test]
    fn joined_values_come_apart_again(values in collection::vec(value(), 0..4)) {
        let parts = values.iter().map(write).collect::<Result<Vec<_>, _>>()?;
        let joined = join(&parts);
        let all: Vec<Any> = read(&joined)?;
        prop_assert_eq!(&all, &values, "{}", shown(&joined));
        let apart = split(&joined)?.iter().map(|part| read(part)).collect::<Result<Vec<Any>, _>>()?;
        prop_assert_eq!(apart, values);
    }

    /// Payloads of the earlier codec are read as they were written then.
    #[test]
    fn plain_json_is_read_as_before(values in collection::btree_map(text(), (any::<i64>(), text()), 0..4),
                                    numbers in collection::btree_map(any::<u32>(), any::<Option<bool>>(), 0..4),
                                    float in any::<f64>()) {
        let value = (values, numbers, float.is_finite().then_some(float));
        let before = serde_json::to_vec(&value).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read::<Plain>(&before)?, value);
    }

    #[test]
    fn the_canonical_form_does_not_tell_orders(map in collection::btree_map(text(), collection::hash_set(any::<u8>(), 0..9), 0..9)) {
        let one: HashMap<String, HashSet<u8>> = map.clone().into_iter().collect();
        let other: HashMap<String, HashSet<u8>> =
            map.into_iter().rev().map(|(text, set)| (text, set.into_iter().collect::<Vec<_>>().into_iter().rev().collect())).collect();
        let form = |map| Ok::<_, TestCaseError>(shown(&canonical(&write(map)?, Sequences::Unordered)?));
        prop_assert_eq!(form(&one)?, form(&other)?);
    }

    /// Damage is an error, never a panic.
    #[test]
    fn damaged_payloads_are_errors(value in value(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write(&value)?;
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = read::<Any>(&bytes);
        bytes.truncate(place);
        prop_assert!(read::<Any>(&bytes).is_err());
    }
}
