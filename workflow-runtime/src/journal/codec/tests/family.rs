//! Values of every kind that serde has, and how to make any of them.

use proptest::{collection, option, prelude::*};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};
use std::{collections::BTreeMap, fmt};

/// A float that is the same only where its bits are.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Double(pub(super) f64);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Single(pub(super) f32);

macro_rules! by_bits {
    ($($Float:ident),*) => {
        $(
            impl PartialEq for $Float {
                fn eq(&self, other: &Self) -> bool {
                    self.0.to_bits() == other.0.to_bits()
                }
            }
            impl Eq for $Float {}
            impl PartialOrd for $Float {
                fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                    Some(self.cmp(other))
                }
            }
            impl Ord for $Float {
                fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                    self.0.total_cmp(&other.0)
                }
            }
        )*
    };
}
by_bits!(Double, Single);

/// Bytes that can be read from nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Nothing;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Newtype<T>(pub(super) T);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Pair<T>(pub(super) u8, pub(super) T);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Fields<T> {
    #[serde(rename = "$some")]
    pub(super) some: T,
    #[serde(rename = "$=1")]
    pub(super) other: Option<()>,
    pub(super) plain: (),
}

/// A value of any kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Any {
    Nothing,
    Unit(()),
    UnitStruct(Nothing),
    Bool(bool),
    I8(i8),
    I64(i64),
    I128(i128),
    U8(u8),
    U64(u64),
    U128(u128),
    F32(Single),
    F64(Double),
    Char(char),
    RawText(String),
    Bytes(Bytes),
    Option(Option<Box<Any>>),
    Nested(Option<Option<Option<()>>>),
    NestedStruct(Option<Newtype<Option<Nothing>>>),
    Newtype(Newtype<Box<Any>>),
    Seq(Vec<Any>),
    Tuple(Box<(Any, u8, Any)>),
    Variant(u8, Box<Any>),
    TupleStruct(Pair<Box<Any>>),
    Struct(Fields<Box<Any>>),
    StructVariant {
        one: Box<Any>,
        other: Option<Option<u8>>,
    },
    Map(BTreeMap<Any, Any>),
    OfNumbers(BTreeMap<i64, Any>),
    OfOptions(BTreeMap<Option<Option<String>>, Any>),
    OfFloats(BTreeMap<Double, Any>),
    OfTexts(BTreeMap<String, Any>),
    Internal(Internal),
    Adjacent(Box<Adjacent>),
    Untagged(Untagged),
    Flat(Flat),
    #[serde(rename = "$bytes")]
    Dollar(u8),
    #[serde(rename = "$f64")]
    DollarUnit,
}

/// Values that serde itself can hold without their types: all but 128 bits, and variants, which it takes for maps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) unit: (),
    pub(super) nested: Option<Option<Option<()>>>,
    pub(super) double: Double,
    pub(super) single: Single,
    pub(super) signed: i64,
    pub(super) unsigned: u64,
    pub(super) letter: char,
    pub(super) text: Option<String>,
    pub(super) bytes: Bytes,
    pub(super) pairs: Vec<(u8, Option<()>)>,
    pub(super) map: BTreeMap<(u8, Option<bool>), Newtype<Double>>,
    pub(super) numbers: BTreeMap<i16, Nothing>,
    #[serde(rename = "$$")]
    pub(super) plain: Plain,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Plain {
    Unit,
    #[serde(rename = "$some")]
    Some(Option<()>),
    Tuple(u8, Option<Option<()>>),
    Struct {
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "$f32")]
pub(super) enum Internal {
    Nothing,
    Map(BTreeMap<u16, Option<()>>),
    #[serde(rename = "$")]
    Held(Box<Held>),
    Fields {
        nested: Option<Option<()>>,
        double: Double,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "content", content = "$some")]
pub(super) enum Adjacent {
    Nothing,
    Any(Any),
    Held { held: Held, any: Any },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Untagged {
    Held(Box<Held>),
    Bytes(Bytes),
    Letters(Vec<char>),
    Nested { nested: Option<Option<()>> },
    Some(Option<Option<u8>>),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Flat {
    pub(super) id: u8,
    #[serde(flatten)]
    pub(super) held: Box<Held>,
    #[serde(flatten)]
    pub(super) more: BTreeMap<String, Option<Option<bool>>>,
}

fn double() -> BoxedStrategy<Double> {
    prop_oneof![
        any::<u64>().prop_map(|bits| Double(f64::from_bits(bits))),
        any::<f64>().prop_map(Double),
        (0_u32..1_000_000).prop_map(|number| Double(f64::from(number) / 7.0)),
        prop::sample::select(vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN, f64::MIN_POSITIVE])
            .prop_map(Double),
    ]
    .boxed()
}

fn single() -> BoxedStrategy<Single> {
    prop_oneof![
        any::<u32>().prop_map(|bits| Single(f32::from_bits(bits))),
        prop::sample::select(vec![0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN]).prop_map(Single),
    ]
    .boxed()
}

/// Returns texts, among them those that look like something else.
pub(super) fn text() -> BoxedStrategy<String> {
    let odd = [
        "", "$", "$$", "$some", "$$some", "$=", "$=1", "$=null", "null", "1", "-0", "true", "NaN", "\\", "\"", "\u{0}",
    ];
    prop_oneof![
        prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
        "[a-z$=\"\\\\/\u{7f}-\u{ff}\n]{0,6}",
        any::<String>(),
    ]
    .boxed()
}

fn bytes() -> BoxedStrategy<Bytes> {
    collection::vec(any::<u8>(), 0..6).prop_map(Bytes).boxed()
}

fn nested() -> BoxedStrategy<Option<Option<Option<()>>>> {
    option::of(option::of(option::of(Just(())))).boxed()
}

fn plain() -> BoxedStrategy<Plain> {
    prop_oneof![
        Just(Plain::Unit),
        option::of(Just(())).prop_map(Plain::Some),
        (any::<u8>(), option::of(option::of(Just(())))).prop_map(|(number, nested)| Plain::Tuple(number, nested)),
        text().prop_map(|text| Plain::Struct { text }),
    ]
    .boxed()
}

fn held() -> BoxedStrategy<Held> {
    let numbers = (double(), single(), any::<i64>(), any::<u64>(), any::<char>());
    let maps = (
        collection::vec((any::<u8>(), option::of(Just(()))), 0..3),
        collection::btree_map((any::<u8>(), any::<Option<bool>>()), double().prop_map(Newtype), 0..3),
        collection::btree_map(any::<i16>(), Just(Nothing), 0..3),
    );
    (nested(), numbers, option::of(text()), bytes(), maps, plain())
        .prop_map(|(nested, numbers, text, bytes, maps, plain)| {
            let (double, single, signed, unsigned, letter) = numbers;
            let (pairs, map, numbers) = maps;
            Held { unit: (), nested, double, single, signed, unsigned, letter, text, bytes, pairs, map, numbers, plain }
        })
        .boxed()
}

fn internal() -> BoxedStrategy<Internal> {
    prop_oneof![
        Just(Internal::Nothing),
        collection::btree_map(any::<u16>(), option::of(Just(())), 0..3).prop_map(Internal::Map),
        held().prop_map(|held| Internal::Held(Box::new(held))),
        (option::of(option::of(Just(()))), double()).prop_map(|(nested, double)| Internal::Fields { nested, double }),
    ]
    .boxed()
}

fn untagged() -> BoxedStrategy<Untagged> {
    prop_oneof![
        held().prop_map(|held| Untagged::Held(Box::new(held))),
        bytes().prop_map(Untagged::Bytes),
        collection::vec(any::<char>(), 0..3).prop_map(Untagged::Letters),
        option::of(option::of(Just(()))).prop_map(|nested| Untagged::Nested { nested }),
        option::of(option::of(any::<u8>())).prop_map(Untagged::Some),
    ]
    .boxed()
}

fn flat() -> BoxedStrategy<Flat> {
    // No name is taken twice.
    let name = text().prop_map(|text| format!("${text}-"));
    let more = collection::btree_map(name, option::of(option::of(any::<bool>())), 0..3);
    (any::<u8>(), held(), more).prop_map(|(id, held, more)| Flat { id, held: Box::new(held), more }).boxed()
}

fn leaf() -> BoxedStrategy<Any> {
    let numbers = prop_oneof![
        any::<bool>().prop_map(Any::Bool),
        any::<i8>().prop_map(Any::I8),
        any::<i64>().prop_map(Any::I64),
        any::<i128>().prop_map(Any::I128),
        any::<u8>().prop_map(Any::U8),
        any::<u64>().prop_map(Any::U64),
        any::<u128>().prop_map(Any::U128),
        single().prop_map(Any::F32),
        double().prop_map(Any::F64),
        any::<u8>().prop_map(Any::Dollar),
    ];
    let units = prop::sample::select(vec![Any::Nothing, Any::Unit(()), Any::UnitStruct(Nothing), Any::DollarUnit]);
    let others = prop_oneof![
        any::<char>().prop_map(Any::Char),
        text().prop_map(Any::RawText),
        bytes().prop_map(Any::Bytes),
        nested().prop_map(Any::Nested),
        option::of(option::of(Just(Nothing)).prop_map(Newtype)).prop_map(Any::NestedStruct),
        internal().prop_map(Any::Internal),
        untagged().prop_map(Any::Untagged),
        flat().prop_map(Any::Flat),
    ];
    prop_oneof![numbers.boxed(), units.boxed(), others.boxed()].boxed()
}

/// Returns any value.
pub(super) fn value() -> BoxedStrategy<Any> {
    leaf()
        .prop_recursive(4, 24, 3, |inner| {
            let boxed = inner.clone().prop_map(Box::new);
            let structs = prop_oneof![
                option::of(boxed.clone()).prop_map(Any::Option),
                boxed.clone().prop_map(|value| Any::Newtype(Newtype(value))),
                (inner.clone(), any::<u8>(), inner.clone()).prop_map(|tuple| Any::Tuple(Box::new(tuple))),
                (any::<u8>(), boxed.clone()).prop_map(|(number, value)| Any::Variant(number, value)),
                (any::<u8>(), boxed.clone()).prop_map(|(number, value)| Any::TupleStruct(Pair(number, value))),
                (boxed.clone(), option::of(Just(()))).prop_map(|(some, other)| Any::Struct(Fields {
                    some,
                    other,
                    plain: ()
                })),
                (boxed.clone(), any::<Option<Option<u8>>>()).prop_map(|(one, other)| Any::StructVariant { one, other }),
                inner.clone().prop_map(|value| Any::Adjacent(Box::new(Adjacent::Any(value)))),
                (held(), inner.clone()).prop_map(|(held, any)| Any::Adjacent(Box::new(Adjacent::Held { held, any }))),
                Just(Any::Adjacent(Box::new(Adjacent::Nothing))),
            ];
            let collections = prop_oneof![
                collection::vec(inner.clone(), 0..3).prop_map(Any::Seq),
                collection::btree_map(inner.clone(), inner.clone(), 0..3).prop_map(Any::Map),
                collection::btree_map(any::<i64>(), inner.clone(), 0..3).prop_map(Any::OfNumbers),
                collection::btree_map(option::of(option::of(text())), inner.clone(), 0..3).prop_map(Any::OfOptions),
                collection::btree_map(double(), inner.clone(), 0..3).prop_map(Any::OfFloats),
                collection::btree_map(text(), inner, 0..3).prop_map(Any::OfTexts),
            ];
            prop_oneof![structs.boxed(), collections.boxed()].boxed()
        })
        .boxed()
}
