//! The forms in which values are written: they are on disk, and never change.

use super::{
    super::{Sequences, canonical, read, write},
    back,
    family::{Any, Bytes, Double, Newtype, Nothing, Single},
    written,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

type Error = Box<dyn std::error::Error>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    name: String,
    note: Option<String>,
    count: u32,
}

#[test]
fn plain_values_are_plain_json() {
    let order = Order { name: "a \"b\"\n".to_owned(), note: None, count: 3 };
    assert_eq!(written(&order), r#"{"name":"a \"b\"\n","note":null,"count":3}"#);
    assert_eq!(written(&(1.5, -0.0, 1e300, 0.1_f32)), "[1.5,-0.0,1e+300,0.1]");
    assert_eq!(written(&Some(Some(3))), "3");
    assert_eq!(written("$some"), r#""$some""#);
    assert_eq!(written(&u128::MAX), "340282366920938463463374607431768211455");
}

#[test]
fn what_plain_json_would_lose_is_tagged() {
    assert_eq!(written(&Some(())), r#" {"$some":null}"#);
    assert_eq!(written(&Some(Some(None::<u8>))), r#" {"$some":{"$some":null}}"#);
    assert_eq!(written(&(f64::INFINITY, f32::NEG_INFINITY)), r#" [{"$f64":"inf"},{"$f32":"-inf"}]"#);
    assert_eq!(written(&(f64::NAN, f32::NAN)), r#" [{"$f64":"NaN"},{"$f32":"NaN"}]"#);
    assert_eq!(written(&f64::from_bits(0x7ff8_0000_0000_0001)), r#" {"$f64":"0x7ff8000000000001"}"#);
    assert_eq!(written(&Bytes(vec![0, 255, 16])), r#" {"$bytes":"00ff10"}"#);
    assert_eq!(written(&BTreeMap::from([((1, "a"), 2)])), r#" {"$=[1,\"a\"]":2}"#);
    assert_eq!(written(&BTreeMap::from([(1, 2)])), r#" {"$=1":2}"#);
    assert_eq!(written(&BTreeMap::from([("$some", 2)])), r#" {"$$some":2}"#);
}

#[test]
fn a_tag_in_a_plain_payload_is_the_users_own() -> Result<(), Error> {
    let before = br#"{"$some":null,"$$":1,"$=1":2}"#;
    let map: BTreeMap<String, Option<u8>> = read(before)?;
    assert_eq!(
        map,
        BTreeMap::from([("$some".to_owned(), None), ("$$".to_owned(), Some(1)), ("$=1".to_owned(), Some(2))])
    );
    assert_eq!(back(&map)?, map);
    Ok(())
}

#[test]
fn what_was_written_before_there_were_tags_is_read() -> Result<(), Error> {
    assert_eq!(read::<Option<()>>(b"null")?, None);
    assert_eq!(read::<BTreeMap<u32, bool>>(br#"{"1":true}"#)?, BTreeMap::from([(1, true)]));
    assert_eq!(read::<BTreeMap<bool, i8>>(br#"{"true":-1}"#)?, BTreeMap::from([(true, -1)]));
    assert_eq!(read::<BTreeMap<Double, u8>>(br#"{"0.1":1}"#)?, BTreeMap::from([(Double(0.1), 1)]));
    assert_eq!(read::<Vec<u8>>(b"[1,2]")?, [1, 2]);
    assert_eq!(read::<std::ffi::CString>(b"[97,98]")?, std::ffi::CString::new("ab")?);
    assert_eq!(read::<Nothing>(b"null")?, Nothing);
    assert_eq!(read::<f64>(b"3")?.to_bits(), 3_f64.to_bits());
    Ok(())
}

#[test]
fn a_single_float_is_exact_also_where_its_type_is_not_known() -> Result<(), Error> {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Known {
        Single(Single),
    }
    // Every 9973rd of all of them.
    for bits in (0..=u32::MAX).step_by(9_973) {
        let value = Known::Single(Single(f32::from_bits(bits)));
        assert_eq!(read::<Known>(&write(&value)?)?, value);
    }
    Ok(())
}

#[test]
fn values_of_serde_json_come_back() -> Result<(), Error> {
    let value = serde_json::json!({ "$some": [null, 1, -2, 0.1, 1e300], "": { "$$": null, "$=": "$" } });
    assert_eq!(back(&value)?, value);
    assert_eq!(back(&Some(serde_json::Value::Null))?, Some(serde_json::Value::Null));
    // Its own text, whatever stands there.
    let raw: Box<serde_json::value::RawValue> = serde_json::from_str(r#"{"$some": [ 1.50 ]}"#)?;
    let both = (3, raw);
    assert_eq!(read::<(u8, Box<serde_json::value::RawValue>)>(&write(&both)?)?.1.get(), both.1.get());
    let before: Box<serde_json::value::RawValue> = read(br#"{"$some":[1.50]}"#)?;
    assert_eq!(before.get(), r#"{"$some":[1.50]}"#);
    Ok(())
}

#[test]
fn what_is_nested_too_deep_is_refused_when_it_is_written() -> Result<(), Error> {
    #[derive(Debug, Default, Serialize, Deserialize)]
    struct Chain(Vec<Chain>);
    #[derive(Debug, Serialize, Deserialize)]
    struct Link {
        number: u32,
        next: Option<Box<Link>>,
    }
    let chain = |length: usize| (1..length).fold(Chain::default(), |chain, _| Chain(vec![chain]));
    let deep = write(&chain(256))?;
    read::<Chain>(&deep)?;
    assert_eq!(written(&chain(257)), "refused: the value is nested deeper than 256 levels");
    let too_deep = [b"[".repeat(257), b"]".repeat(257)].concat();
    let refused = read::<Chain>(&too_deep).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("the value is nested deeper than 256 levels at byte 257"));

    let chain = |length: u32| {
        (1..length).fold(Link { number: 0, next: None }, |link, number| Link { number, next: Some(Box::new(link)) })
    };
    read::<Link>(&write(&chain(128))?)?;

    // Its functions have large frames, and a test's thread has the stack of a worker.
    let large = (0..255).fold(Any::Nothing, |any, _| Any::Newtype(Newtype(Box::new(any))));
    assert_eq!(back(&large)?, large);
    Ok(())
}

#[test]
fn a_type_that_is_an_option_of_itself_ends() -> Result<(), Error> {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Depth(Option<Box<Depth>>);
    let depth = |levels: u32| (0..levels).fold(Depth(None), |depth, _| Depth(Some(Box::new(depth))));
    assert_eq!(back(&depth(100))?, depth(100));
    assert!(read::<Depth>(b"5").is_err_and(|error| error.to_string().contains("nested deeper")));
    Ok(())
}

#[test]
fn errors_tell_what_and_where() {
    let refused = |bytes: &[u8]| read::<Order>(bytes).err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(refused(b""), "the value ends too early at byte 0");
    assert_eq!(refused(br#"{"name":3}"#), "invalid type: integer `3`, expected a string at byte 9");
    assert_eq!(refused(br#"{"name":"a","count":1} x"#), "expected the end, found `x` at byte 23");
    assert_eq!(refused(br#"{"name":"a"}"#), "missing field `count` at byte 12");
    assert_eq!(refused(br#" {"$new":3}"#), "unknown tag `$new` at byte 8");
    assert_eq!(refused(b"\xff"), "the value is not valid UTF-8: invalid utf-8 sequence of 1 bytes from index 0");
    assert!(read::<f64>(b"1e999").is_err_and(|error| error.to_string().starts_with("the number is out of range")));
    for odd in
        ["01", "1.", ".5", "+1", "1e", "-", "nul", "[1,]", "{\"a\":1,}", "[1 2]", "\"\\x\"", "\"\\ud800\"", "\"\n\""]
    {
        assert!(read::<serde_json::Value>(odd.as_bytes()).is_err(), "{odd}");
    }
    assert!(read::<String>(br#""\ud83d\ude00\u00e9\/""#).is_ok_and(|text| text == "\u{1f600}é/"));
}

#[test]
fn the_canonical_form_sorts_maps_and_where_asked_sequences() -> Result<(), Error> {
    let value = (vec![3, 1, 2], HashMap::from([("b", 1), ("a", 2)]));
    let form = |sequences| -> Result<String, Error> { Ok(super::text(&canonical(&write(&value)?, sequences)?)) };
    assert_eq!(form(Sequences::Ordered)?, r#"[[3,1,2,],{"a":2,"b":1,},]"#);
    assert_eq!(form(Sequences::Unordered)?, r#"[[1,2,3,],{"a":2,"b":1,},]"#);
    Ok(())
}

#[test]
fn texts_are_escaped_as_in_json() {
    // Each character in each place of a word of eight bytes.
    for character in (0..0x180).filter_map(char::from_u32) {
        for place in 0..17 {
            let text = format!("{}{character}{}", "a".repeat(place), "é".repeat(17 - place));
            let json = serde_json::to_string(&text).unwrap_or_default();
            assert_eq!(written(&text), json);
            assert_eq!(read::<String>(json.as_bytes()).ok(), Some(text));
        }
    }
}
