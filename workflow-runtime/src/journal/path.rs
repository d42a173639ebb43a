//! Paths of records: the suffixes of records that belong to a stage, and the names of those that belong to the
//! instance.

/// Path of the number of interruptions without progress.
pub(crate) const CRASH_COUNT: &str = ":stuck";

/// Path of the record of an orderly stop.
pub(crate) const CLEAN_STOP: &str = ":rested";

/// Path prefix of reports on undos that failed while the run went on.
pub(crate) const NOT_UNDONE: &str = ":not-undone/";

/// Path of the names of the stages that an operator wants to rewind.
pub(crate) const REWIND: &str = ":rewind";

/// Path prefix of the number of rewinds of a stage.
pub(crate) const REWOUND: &str = ":rewound/";

/// Path prefixes of records that belong to the instance and outlive a rewind: its signals, its state, its counters.
pub(crate) const RETAINED: &[&str] = &[
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

/// Whether a path belongs to the instance or the workflow's tail, and so depends on all stages.
pub(crate) fn is_instance_record(path: &str) -> bool {
    path.starts_with([':', '/']) || path.is_empty()
}

/// Path of the failure that rolls back the whole run.
pub(crate) const THROWN: &str = ":thrown";

/// Name prefix of the record that all running stages of a rolled-back scope have ended.
pub(crate) const LANDED: &str = "landed-";

/// Returns the path of the record that all running stages have ended, in the scope that the record at `path` rolled
/// back.
pub(crate) fn landed_at(path: &str) -> String {
    let (stage, name) = path.rsplit_once(':').unwrap_or((path, ""));
    format!("{stage}:{LANDED}{name}")
}

/// Name of the record that a completed stage must be undone if its scope fails.
pub(crate) const REVERSIBLE: &str = "reversible";

/// Name of the record that counts the interruptions of a stage's own expression.
pub(crate) const INTERRUPTED: &str = "interrupted";

/// Name of the record that counts the interruptions of a stage's undo.
pub(crate) const UNDO_INTERRUPTED: &str = "interrupted-undo";

pub(crate) fn within(path: &str, what: &str) -> String {
    if path.is_empty() { format!(":{what}") } else { format!("{path}/:{what}") }
}

/// The name of the record that the end of its `#[until]` has cut a stage.
pub(crate) const UNTIL: &str = "until";

/// Path of the record that holds an instance's key names. An instance of a workflow that renames nothing, and names
/// `ctx` only in its stages' own expressions, has none.
pub(crate) const KEYS: &str = ":keys";
