//! Bits that flip on the disk. Each answer is what was stored, or an error.

use crate::fixtures::{Folder, closed_store, copy_with_change};
use std::{collections::BTreeMap, fs, sync::Arc};
use workflow_sqlite::SqliteStore;
use workflow_store::{Due, Instance, InstanceKey, Loaded, Store, StoreErrorKind, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1004);

/// The answers to all queries of a store.
struct Content {
    instances: Vec<Instance>,
    loaded: BTreeMap<InstanceKey, Loaded>,
    due: Due,
}

impl Content {
    async fn of(store: &SqliteStore) -> Self {
        let instances = store.list(None, 1000, &[]).await.expect("lists");
        let mut loaded = BTreeMap::new();
        for instance in &instances {
            loaded.insert(instance.key, store.load(instance.key).await.expect("loads"));
        }
        Self { instances, loaded, due: store.due(NOW, 1000).await.expect("sees what is due") }
    }

    /// Counts the instances that can be read. Asserts that each other one is refused as damaged.
    async fn holds_in(&self, store: &SqliteStore) -> usize {
        let mut readable = 0;
        for instance in &self.instances {
            match store.find(&instance.id).await {
                Ok(found) => assert_eq!(found.as_ref(), Some(instance)),
                Err(error) => assert_eq!(error.kind(), StoreErrorKind::Damaged, "{error}"),
            }
            match store.load(instance.key).await {
                Ok(loaded) => {
                    assert_eq!(loaded, self.loaded[&instance.key]);
                    readable += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), StoreErrorKind::Damaged, "{error}");
                    assert_eq!(error.instance(), Some(instance.key), "{error}");
                }
            }
        }
        self.is_listed_by(store).await;
        match store.due(NOW, 1000).await {
            Ok(due) if due.instances.len() == self.due.instances.len() => assert_eq!(due, self.due),
            Ok(due) => {
                // The list ends before a damaged instance that is due.
                let many = due.instances.len();
                assert_eq!(due.instances, self.due.instances[..many]);
                assert_eq!(due.next, self.due.instances[many].wake_at);
            }
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Damaged, "{error}"),
        }
        readable
    }

    /// Asserts that each instance is listed unchanged or reported as damaged.
    async fn is_listed_by(&self, store: &SqliteStore) {
        let mut after = None;
        let mut expected = self.instances.iter().peekable();
        loop {
            match store.list(after, 5, &[]).await {
                Ok(page) if page.is_empty() => break,
                Ok(page) => {
                    for instance in page {
                        assert_eq!(Some(&instance), expected.next());
                        after = Some(instance.key);
                    }
                }
                Err(error) => {
                    assert_eq!(error.kind(), StoreErrorKind::Damaged, "{error}");
                    let Some(damaged) = error.instance() else { return }; // The index that leads to the instances is damaged.
                    assert_eq!(Some(damaged), expected.next().map(|instance| instance.key));
                    after = Some(damaged);
                }
            }
        }
        assert_eq!(expected.next(), None, "none is passed over");
    }
}

/// Flips one bit at each of these positions, each in a new copy. Returns how often the store could
/// not be opened, how often all of it was read, and how often a part of it.
async fn flip(folder: &Folder, places: impl Iterator<Item = (usize, usize)>) -> [usize; 3] {
    let store = folder.open().expect("opens");
    let content = Arc::new(Content::of(&store).await);
    store.close().await.expect("closes");
    let (mut seen, mut wrong) = ([0; 3], Vec::new());
    for (at, bit) in places {
        let flipped = copy_with_change(folder, "", |bytes| bytes[at] ^= 1_u8 << bit);
        let content = content.clone();
        let looked = tokio::spawn(async move {
            match flipped.open() {
                Err(error) => {
                    assert!(error.to_string().contains("payments.db"), "{error}");
                    assert!(
                        matches!(error.kind(), StoreErrorKind::Damaged | StoreErrorKind::UnsupportedVersion),
                        "{error}"
                    );
                    0
                }
                Ok(store) if content.holds_in(&store).await == content.instances.len() => 1,
                Ok(_) => 2,
            }
        });
        match looked.await {
            Ok(outcome) => seen[outcome] += 1,
            Err(panic) => wrong.push(format!("bit {bit} of byte {at}: {panic}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    seen
}

#[tokio::test]
async fn bits_here_and_there() {
    let folder = closed_store().await;
    let size = usize::try_from(fs::metadata(folder.path()).expect("is there").len()).expect("small");
    // The headers of the file and of each page, and every 127th byte.
    let beginnings = (0..size).step_by(4096).flat_map(|page| page..page + 12);
    let places = (0..100).chain(beginnings).chain((0..size).step_by(127));
    let [refused, whole, partly] = flip(&folder, places.map(|at| (at, at % 8))).await;
    println!("{size} bytes: {refused} times refused, {whole} times all of it read, {partly} times some");
    assert!(refused > 0 && whole > 0 && partly > 0);
}

#[tokio::test]
#[ignore = "takes half an hour"]
async fn a_bit_of_every_byte() {
    let folder = closed_store().await;
    let size = usize::try_from(fs::metadata(folder.path()).expect("is there").len()).expect("small");
    flip(&folder, (0..size).map(|at| (at, at * 5 % 8))).await;
}
