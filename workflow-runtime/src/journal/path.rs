//! Paths of records: the suffixes of records that belong to a stage, and the names of those that belong to the instance.

/// Where it stands how often an instance was interrupted without getting on.
pub(crate) const STUCK: &str = ":stuck";

/// Where it stands that the instance was stopped in peace.
pub(crate) const RESTED: &str = ":rested";

/// Where it stands what could not be undone of what the run went on without.
pub(crate) const NOT_UNDONE: &str = ":not-undone/";

/// Where it stands which stages somebody wants to be taken back, by their names.
pub(crate) const REWIND: &str = ":rewind";

/// Where it stands how often a stage was taken back.
pub(crate) const REWOUND: &str = ":rewound/";

/// What stands beside the stages of a workflow, and stays: what the instance was told, and what is noted of itself.
pub(crate) const STAYS: &[&str] = &[
    ":signal-",
    ":not-undone/",
    REWOUND,
    REWIND,
    ":stuck",
    ":rested",
    ":cancelled",
    ":thrown",
    ":landed-thrown",
    ":deadline",
    KEYS,
];

/// What stands beside the stages of a workflow, or in its own tail, and so comes of all of them.
pub(crate) fn is_beside(path: &str) -> bool {
    path.starts_with([':', '/']) || path.is_empty()
}

/// Where it stands that the whole run is thrown away.
pub(crate) const THROWN: &str = ":thrown";

/// What stands before the name of the record that something was thrown away by, once what was under way in there has ended.
pub(crate) const LANDED: &str = "landed-";

/// Where it stands that what was under way has ended, of what was thrown away by the record at that path.
pub(crate) fn landed_at(path: &str) -> String {
    let (stage, name) = path.rsplit_once(':').unwrap_or((path, ""));
    format!("{stage}:{LANDED}{name}")
}

/// Where it stands of a completed stage that it would have to be undone.
pub(crate) const REVERSIBLE: &str = "reversible";

/// Where it stands how often a stage's own expression was cut.
pub(crate) const INTERRUPTED: &str = "interrupted";

/// The same of its undo.
pub(crate) const UNDO_INTERRUPTED: &str = "interrupted-undo";

pub(crate) fn within(path: &str, what: &str) -> String {
    if path.is_empty() { format!(":{what}") } else { format!("{path}/:{what}") }
}

/// The name of the record that the end of its `#[until]` has cut a stage.
pub(crate) const UNTIL: &str = "until";

/// Path of the record that holds an instance's key names. An instance of a workflow that renames nothing, and names `ctx`
/// only in its stages' own expressions, has none.
pub(crate) const KEYS: &str = ":keys";
