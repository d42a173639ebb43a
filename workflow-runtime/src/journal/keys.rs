//! Names in idempotency keys. They stay what they were when the instance began, also under a build that renames its
//! stages.

use super::{
    path::LANDED,
    record::{RecordKind, decode_record, encode_record},
};
use crate::failure::BoxError;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};
use workflow_store::Record;

/// The former names that a build declares.
#[derive(Clone, Copy)]
pub(crate) struct Former {
    /// `#[was]`: the former name of a stage or signal, and its name now.
    pub(crate) names: &'static [(&'static str, &'static str)],
    /// Expressions and patterns that use such names: as they were written, as they are, and the names that differ.
    pub(crate) texts: &'static [(&'static str, &'static str, &'static [&'static str])],
}

/// The key names of an instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Keys {
    /// The instance's id is escaped. Earlier versions took it as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    escaped: bool,
    /// Names in keys that differ from today's, by today's. A hash of words has a '#' before it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    names: BTreeMap<String, String>,
    /// Expressions that have their stage's key, by that stage: earlier versions gave it to all of a stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    plain: BTreeMap<String, String>,
    /// The `#[was]` that `names` heeds already, by the name that is today's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    observed: BTreeMap<String, String>,
}

impl Keys {
    /// Returns the key names of an instance that this build begins.
    pub(crate) fn beginning(id: &str, former: Former) -> Self {
        let observed = former.names.iter().map(|&(old, new)| (new.to_owned(), old.to_owned())).collect();
        Self { escaped: id.contains(['/', '%']), observed, ..Self::default() }
    }

    /// Returns the key names of an instance from an earlier process, with the renames of this build. `plain`: for each
    /// stage the expression that had the stage's key in earlier versions.
    ///
    /// # Errors
    /// The record can't be read.
    pub(crate) fn going_on(record: Option<&Record>, former: Former, plain: &[(&str, &str)]) -> Result<Self, BoxError> {
        let mut keys = match record {
            Some(record) => decode_record::<Self>(record)?,
            None => {
                let plain = plain.iter().map(|&(stage, site)| (stage.to_owned(), site.to_owned()));
                Self { plain: plain.collect(), ..Self::default() }
            }
        };
        keys.heed(former, record.is_some());
        Ok(keys)
    }

    /// Takes the renames into account that the instance does not know yet. `stored`: the plain expressions have the
    /// names of an earlier build.
    fn heed(&mut self, former: Former, stored: bool) {
        let is_new = |&&(old, new): &&(&str, &str)| self.observed.get(new).is_none_or(|observed| observed != old);
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        renamed.extend(former.names.iter().filter(is_new).map(|&(old, new)| (old.to_owned(), new.to_owned())));
        let is_renamed = |name: &&str| renamed.values().any(|new| new == name);
        let mut words = BTreeMap::new();
        for (old, new, names) in former.texts {
            // Of those with the same words now, the one that differs by exactly these names.
            let differs = names.iter().all(is_renamed);
            let more = |other: &&[&str]| other.len() > names.len() && other.iter().all(is_renamed);
            if differs && !former.texts.iter().any(|(_, other, names)| other == new && more(names)) {
                words.insert(hashed(old), hashed(new));
            }
        }
        renamed.extend(words);
        let before: Vec<(String, String)> = renamed
            .iter()
            .map(|(old, new)| (new.clone(), self.names.remove(old).unwrap_or_else(|| old.clone())))
            .collect();
        self.names.extend(before);
        if stored {
            let plain = std::mem::take(&mut self.plain);
            let now = |(stage, site): (String, String)| {
                let site = replaced(&site, &renamed).into_owned();
                (renamed.get(&stage).cloned().unwrap_or(stage), site)
            };
            self.plain = plain.into_iter().map(now).collect();
        }
        self.observed = former.names.iter().map(|&(old, new)| (new.to_owned(), old.to_owned())).collect();
    }

    /// Returns the payload of their record, if the record is missing or differs. Key names that any build would use
    /// have no record.
    pub(crate) fn unknown(&self, record: Option<&Record>, any_plain: bool) -> Option<Vec<u8>> {
        let known = match record {
            Some(record) => decode_record::<Self>(record).is_ok_and(|known| known == *self),
            None => *self == Self::default() && !any_plain,
        };
        (!known).then(|| encode_record(self))
    }

    /// Returns the name of a stage in keys.
    pub(crate) fn stage<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }

    /// Returns the site of an expression in that stage; empty if it has the stage's own key.
    pub(crate) fn site<'a>(&self, stage: &str, site: &'a str) -> Cow<'a, str> {
        if site.is_empty() || self.plain.get(stage).is_some_and(|plain| plain == site) {
            return Cow::Borrowed("");
        }
        if self.names.is_empty() {
            return Cow::Borrowed(site);
        }
        replaced(site, &self.names)
    }

    /// Returns an instance's id for a key, escaped so that it holds no '/': the first one in a key begins the path.
    pub(crate) fn instance(&self, id: &str) -> String {
        if self.escaped { id.replace('%', "%25").replace('/', "%2F") } else { id.to_owned() }
    }
}

/// Returns a hash of words, as it stands in sites, marked so that it differs from names.
fn hashed(words: &str) -> String {
    format!("#{:08x}", hash_of_words(words))
}

/// Returns a site with other names in it. Its parts are words of the language, which are followed by a name or a hash
/// where `-` does.
fn replaced<'a>(site: &'a str, now: &BTreeMap<String, String>) -> Cow<'a, str> {
    let part = |part: &'a str| -> Cow<'a, str> {
        const NAMED: [&str; 7] = ["head-signal-", "head-stage-", "signal-", "member-", "head-", "arm-", "if-"];
        let Some((word, name)) = NAMED.iter().find_map(|word| Some((*word, part.strip_prefix(word)?))) else {
            return Cow::Borrowed(part);
        };
        let (name, count) = match name.split_once('-') {
            Some((name, count)) => (name, format!("-{count}")),
            None => (name, String::new()),
        };
        match now.get(name).or_else(|| now.get(&format!("#{name}"))) {
            Some(now) => Cow::Owned(format!("{word}{}{count}", now.trim_start_matches('#'))),
            None => Cow::Borrowed(part),
        }
    };
    let parts: Vec<Cow<'a, str>> = site.split('.').map(part).collect();
    if parts.iter().all(|part| matches!(part, Cow::Borrowed(_))) {
        Cow::Borrowed(site)
    } else {
        Cow::Owned(parts.join("."))
    }
}

/// Returns the record under today's names, in its path and its content, if it has former names.
pub(crate) fn renamed(path: &str, record: &Record, former: Former) -> Option<(String, Record)> {
    let name = |part: &str| former.names.iter().find(|(old, _)| *old == part).map(|(_, new)| *new);
    let words = |hash: &str| {
        let (hash, count) = hash.split_at(hash.find('-').unwrap_or(hash.len()));
        let texts = former.texts.iter();
        let mut found = texts.filter(|(old, ..)| hashed(old).get(1..) == Some(hash)).map(|(_, new, _)| *new);
        found.next().map(|new| format!("{:08x}{count}", hash_of_words(new)))
    };
    let part = |part: &str| -> String {
        let Some(what) = part.strip_prefix(':') else { return name(part).unwrap_or(part).to_owned() };
        let (landed, what) = what.strip_prefix(LANDED).map_or(("", what), |what| (LANDED, what));
        let (undo, what) = match what.strip_prefix("undo-") {
            Some(rest) => ("undo-", rest),
            None => ("", what),
        };
        let now = match what.split_once('-') {
            Some(("signal", signal)) => {
                let (signal, due) = signal.split_at(signal.find('-').unwrap_or(signal.len()));
                format!("signal-{}{due}", name(signal).unwrap_or(signal))
            }
            Some((kind @ ("value" | "choice" | "timer" | "won"), hash)) => match words(hash) {
                Some(now) => format!("{kind}-{now}"),
                None => what.to_owned(),
            },
            Some((kind @ ("member" | "thrown" | "interrupted" | "failed"), site)) => {
                let site = if kind == "member" { format!("member-{site}") } else { site.to_owned() };
                let texts = former.texts.iter().map(|(old, new, _)| (hashed(old), hashed(new)));
                let names = former.names.iter().map(|&(old, new)| (old.to_owned(), new.to_owned()));
                let names: BTreeMap<String, String> = names.chain(texts).collect();
                let now = replaced(&site, &names);
                if kind == "member" { now.into_owned() } else { format!("{kind}-{now}") }
            }
            _ => what.to_owned(),
        };
        format!(":{landed}{undo}{now}")
    };
    let now: Vec<String> = path.split('/').map(part).collect();
    let (now, mut record) = (now.join("/"), record.clone());
    let says = match record.kind {
        kind if kind == RecordKind::Decided as u8 => decode_record::<String>(&record).ok().and_then(|label| {
            let text = former.texts.iter().find(|(old, ..)| *old == label).map(|(_, new, _)| encode_record(new));
            text.or_else(|| {
                // The head of a `select`; of several that are alike, which of them.
                let (kind, of) = label.split_once(' ').filter(|(kind, _)| matches!(*kind, "signal" | "stage"))?;
                let (of, count) = of.split_at(of.find(' ').unwrap_or(of.len()));
                name(of).map(|new| encode_record(&format!("{kind} {new}{count}")))
            })
        }),
        kind if kind == RecordKind::Rewind as u8 || kind == RecordKind::Inside as u8 => {
            decode_record::<Vec<String>>(&record).ok().and_then(|names| {
                let now: Vec<String> = names.iter().map(|old| part(old)).collect();
                (now != names).then(|| encode_record(&now))
            })
        }
        _ => None,
    };
    let differs = now != path || says.is_some();
    record.payload = says.unwrap_or(record.payload);
    differs.then_some((now, record))
}

/// Returns the name of words in the sites of generated code: FNV-1a in 32 bits, as in `workflow-syntax/src/text.rs`. Names stand in
/// records, so this never changes.
pub(crate) fn hash_of_words(words: &str) -> u32 {
    words.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_words_are_what_they_were() {
        assert_eq!(["", "a", "foobar"].map(hash_of_words), [0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968]);
    }

    const NOTHING: Former = Former { names: &[], texts: &[] };
    const ONCE: Former = Former { names: &[("a", "b")], texts: &[("*a > 1", "*b > 1", &["b"])] };
    const TWICE: Former = Former { names: &[("b", "c")], texts: &[("*b > 1", "*c > 1", &["c"])] };
    const BACK: Former = Former { names: &[("b", "a")], texts: &[("*b > 1", "*a > 1", &["a"])] };

    fn record(keys: &Keys) -> Record {
        Record { order: 0, kind: RecordKind::Keys as u8, payload: encode_record(keys) }
    }

    fn next(keys: &Keys, former: Former) -> Keys {
        Keys::going_on(Some(&record(keys)), former, &[]).unwrap()
    }

    fn if_site(words: &str) -> String {
        format!("if-{:08x}.break", hash_of_words(words))
    }

    #[test]
    fn nothing_is_on_record_where_every_build_would_say_the_same() {
        assert_eq!(Keys::beginning("order-42", NOTHING).unknown(None, false), None);
        assert_eq!(Keys::going_on(None, NOTHING, &[]).unwrap().unknown(None, false), None);
        for (id, former, any_plain) in [("a/b", NOTHING, false), ("a", ONCE, false), ("a", NOTHING, true)] {
            let keys = Keys::beginning(id, former);
            assert!(keys.unknown(None, any_plain).is_some());
            assert_eq!(next(&keys, former).unknown(Some(&record(&keys)), any_plain), None, "once");
        }
    }

    #[test]
    fn names_are_the_oldest_of_the_instance() {
        let before = Keys::going_on(None, ONCE, &[]).unwrap();
        assert_eq!((before.stage("b"), before.stage("x")), ("a", "x"));
        let again = next(&next(&before, ONCE), TWICE);
        assert_eq!(again.stage("c"), "a");
        assert_eq!(again.site("x", &if_site("*c > 1")), if_site("*a > 1"));
        assert_eq!(next(&again, NOTHING).stage("c"), "a", "also once `#[was]` is gone");
        let new = Keys::beginning("i", ONCE);
        assert_eq!(next(&new, ONCE).stage("b"), "b");
        assert_eq!(next(&next(&new, ONCE), TWICE).stage("c"), "b");
        let back = next(&next(&new, BACK), ONCE);
        assert_eq!((back.stage("b"), back.stage("a")), ("b", "a"), "there and back");
    }

    #[test]
    fn an_expression_that_had_its_stages_key_keeps_it() {
        let old = Keys::going_on(None, NOTHING, &[("a", "member-a"), ("x", "fallback")]).unwrap();
        assert_eq!((&*old.site("a", "member-a"), &*old.site("a", "member-z")), ("", "member-z"));
        let renamed = next(&old, ONCE);
        assert_eq!((&*renamed.site("b", "member-b"), &*renamed.site("x", "fallback")), ("", ""));
        let new = Keys::beginning("i", NOTHING);
        assert_eq!(new.site("x", "fallback"), "fallback");
    }

    #[test]
    fn no_two_ids_look_alike() {
        let key = |id: &str| Keys::beginning(id, NOTHING).instance(id);
        let ids = ["a/b", "a%2Fb", "a%252Fb", "a", "a/", "/a"];
        let keys: std::collections::BTreeSet<String> = ids.iter().map(|id| key(id)).collect();
        assert!(keys.len() == ids.len() && keys.iter().all(|key| !key.contains('/')), "{keys:?}");
        assert_eq!(key("order-42 [x]~1"), "order-42 [x]~1");
        assert_eq!(Keys::going_on(None, NOTHING, &[]).unwrap().instance("a/b"), "a/b", "as it was");
    }

    #[test]
    fn records_follow_the_names() {
        let says = |path: &str, kind: RecordKind, payload: Vec<u8>| {
            renamed(path, &Record { order: 0, kind: kind as u8, payload }, ONCE)
                .map(|(path, record)| (path, String::from_utf8(record.payload).unwrap()))
        };
        let path = |path: &str| says(path, RecordKind::Value, encode_record(&1)).map(|(path, _)| path);
        assert_eq!(path("x/a/0/y").as_deref(), Some("x/b/0/y"));
        assert_eq!(path(":signal-a-due").as_deref(), Some(":signal-b-due"));
        assert_eq!(path(":rewound/a").as_deref(), Some(":rewound/b"));
        assert_eq!(path("x/:let-a"), None, "a `let` has no former name");
        assert_eq!(path("x/:member-a-2").as_deref(), Some("x/:member-b-2"));
        assert_eq!(path("x/:landed-thrown-member-a").as_deref(), Some("x/:landed-thrown-member-b"));
        let (old, new) = (hash_of_words("*a > 1"), hash_of_words("*b > 1"));
        assert_eq!(path(&format!("x/:value-{old:08x}-2")), Some(format!("x/:value-{new:08x}-2")));
        let label = says(&format!("x/:choice-{old:08x}"), RecordKind::Decided, encode_record(&"*a > 1"));
        assert_eq!(label, Some((format!("x/:choice-{new:08x}"), "\"*b > 1\"".to_owned())));
        let head = says("x/:choice-1", RecordKind::Decided, encode_record(&"signal a #2"));
        assert_eq!(head, Some(("x/:choice-1".to_owned(), "\"signal b #2\"".to_owned())));
        let rewind = says(":rewind", RecordKind::Rewind, encode_record(&["x", "a"]));
        assert_eq!(rewind, Some((":rewind".to_owned(), "[\"x\",\"b\"]".to_owned())));
    }
}
