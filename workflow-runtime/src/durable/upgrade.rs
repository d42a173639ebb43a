//! An upgrade of the program under an instance: stages that were renamed, and undos that are gone.

use super::{race::winners_renamed, workflow::Durable};
use crate::journal::{
    keys::{Former, renamed},
    path::{LANDED, REVERSIBLE, within},
};
use workflow_graph::Graph;
use workflow_store::{Change, Loaded, Record};

/// Returns a stage that has been done, or may have been, and that `graph` can't undo any more: it is not there, or has
/// no `#[undo]`.
pub(crate) fn orphaned_undo(graph: &Graph<'_>, records: &[(String, Record)]) -> Option<String> {
    if records.is_empty() {
        return None;
    }
    let ends = [within("/", REVERSIBLE), within("/", "armed")].map(|end| end[1..].to_owned());
    let to_undo = records.iter().filter_map(|(path, _)| ends.iter().find_map(|end| path.strip_suffix(end.as_str())));
    let lost = |path: &&str| {
        let stage = path.split('/').rfind(|part| part.parse::<u64>().is_err());
        let is_undone_by_it = stage.is_some_and(|stage| {
            let mut known = graph.stages.iter().filter(|known| known.name == stage);
            known.any(|known| known.policies.iter().any(|policy| policy.name == "undo"))
        });
        let undone = within(path, "undone");
        !is_undone_by_it && !records.iter().any(|(path, _)| *path == undone)
    };
    to_undo.into_iter().find(lost).map(ToOwned::to_owned)
}

/// Renames the records under former names: `#[was(old)]`. Returns the changes for the store.
pub(crate) fn rename<W: Durable>(loaded: &mut Loaded) -> Vec<Change> {
    // What stands beside the parts of a race may have had another name.
    let now_called = |stage: &str, site: &str| {
        let is_it = |before: &str| before.strip_suffix('*').map_or(before == site, |start| site.starts_with(start));
        let found = W::FORMER_SITES.iter().find(|(of, before, _)| *of == stage && is_it(before));
        found.map(|(.., now)| *now).filter(|now| *now != site)
    };
    let site = |path: &str, record: &Record| {
        let (within, site) = path.rsplit_once(':')?;
        let (landed, site) = site.strip_prefix(LANDED).map_or(("", site), |site| (LANDED, site));
        let stage =
            within.split('/').rfind(|part| !part.is_empty() && part.parse::<u64>().is_err()).unwrap_or_default();
        let winner = |member: &str| {
            let former = renamed(&format!(":member-{member}"), record, former_names::<W>());
            let member = former.map_or_else(|| format!("member-{member}"), |(now, _)| now[1..].to_owned());
            now_called(stage, &member).map_or(member, ToOwned::to_owned)["member-".len()..].to_owned()
        };
        let says = winners_renamed(record, winner);
        let now = now_called(stage, site);
        let is_another = now.is_some() || says != *record;
        is_another.then(|| (format!("{within}:{landed}{}", now.unwrap_or(site)), says))
    };
    let mut changes = Vec::new();
    if W::FORMER.is_empty() && W::FORMER_SITES.is_empty() {
        return changes;
    }
    for (path, record) in &mut loaded.records {
        let mut now = renamed(path, record, former_names::<W>());
        let (known, says) = now.as_ref().map_or((&*path, &*record), |(path, record)| (path, record));
        if let Some(renamed) = site(known, says) {
            now = Some(renamed);
        }
        if let Some((now, says)) = now {
            changes.push(Change::Remove { path: path.as_str().into() });
            changes.push(Change::Put { path: now.as_str().into(), record: says.clone() });
            (*path, *record) = (now, says);
        }
    }
    let renamed = |name: &str| W::FORMER.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
    for signal in &mut loaded.signals {
        if let Some(new) = renamed(&signal.name) {
            new.clone_into(&mut signal.name);
        }
    }
    changes
}

/// Returns the former names of a workflow.
pub(crate) fn former_names<W: Durable>() -> Former {
    Former { names: W::FORMER, texts: W::FORMER_TEXTS }
}
