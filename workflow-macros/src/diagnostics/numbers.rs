//! Messages about numbers, durations and what has to fit into them.

use super::messages::line;
use proc_macro2::Span;

pub(crate) const MAX_ZERO: &str = "a loop has at least one round\nhelp: #[max(1)]";
pub(crate) const CONCURRENCY_ZERO: &str = "a `for` runs at least one item at a time\nhelp: #[concurrency(1)]";
pub(crate) const RACE_OF_NONE: &str = "a `race` without members can't be won\nhelp: race { first(), second() }";
pub(crate) const RACE_OF_ONE: &str = "a `race` of one is always won by it: write its node alone, or add another";
pub(crate) const QUORUM_OF_NONE: &str =
    "a `quorum` without members can't be reached\nhelp: quorum(2) { first(), second(), third() }";
pub(crate) const QUORUM_ZERO: &str = "a `quorum` waits for at least one success\nhelp: quorum(1)";

pub(crate) fn quorum_too_large(needed: u128, members: u128) -> String {
    format!("a `quorum` of {needed} can't be reached by {members}\nhelp: quorum({members})")
}

// Durations, and the numbers of policies.

pub(crate) const RETRY_ZERO: &str = "a retry allows at least one further attempt\nhelp: retry(1)";
pub(crate) const TIMEOUT_ZERO: &str = "nothing can end within a timeout of 0s: leave it out, or give it more";
pub(crate) const DEADLINE_ZERO: &str = "nothing can end before a deadline of 0s: leave it out, or give it more";
pub(crate) const WAIT_ZERO: &str = "a wait of 0s is none: a retry without a wait comes at once";
pub(crate) const FIRST_WAIT_ZERO: &str = "a wait that starts at 0s stays there: twice as long is 0s too\n\
    help: exponential(100ms..30s)";
pub(crate) const COOLDOWN_ZERO: &str = "a breaker with a cooldown of 0s never stays open\nhelp: cooldown = 30s";
pub(crate) const BREAKER_OF_NONE: &str = "a breaker opens after at least one failure\nhelp: failures = 1";
pub(crate) const PERMITS_ZERO: &str = "a stage takes at least one permit of a pool\nhelp: #[acquire(pool)]";
pub(crate) const TTL_ZERO: &str =
    "a value that is kept for 0s is never used again: leave `#[cache]` out, or give it more";
pub(crate) fn tolerates_all_of(items: u128) -> String {
    format!("no more than {items} items can fail, so this `for` never does: leave `#[tolerate]` out, or tolerate less")
}

pub(crate) const RACE_OF_FAILURES: &str =
    "a `race` whose members all fail can't be won\nhelp: give one of them a value";

/// `left`: how many members may succeed.
pub(crate) fn quorum_of_failures(needed: u128, left: usize) -> String {
    match left {
        0 => "a `quorum` whose members all fail can't be reached\nhelp: give them values".to_owned(),
        1 => format!(
            "a `quorum` of {needed} can't be reached: only one member may succeed, the others always fail\nhelp: quorum(1)"
        ),
        _ => format!(
            "a `quorum` of {needed} can't be reached: only {left} members may succeed, the others always fail\nhelp: quorum({left})"
        ),
    }
}

pub(crate) const TOLERATES_ALL: &str =
    "no more than 100% can fail, so this `for` never does: leave `#[tolerate]` out, or tolerate less";

/// Formats a duration as it would be written, in the longest unit that takes a whole number.
pub(crate) fn duration(nanoseconds: u128) -> String {
    let units = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ];
    let fits = |factor: u128| nanoseconds > 0 && nanoseconds.is_multiple_of(factor);
    match units.iter().find(|(_, factor)| fits(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", nanoseconds / factor),
        None if nanoseconds == 0 => "0s".to_owned(),
        None => format!("{nanoseconds}ns"),
    }
}

pub(crate) fn range_of_waits(first: u128, last: u128) -> String {
    let (from, to) = (duration(first), duration(last));
    if first == last {
        return format!("an empty range of waits: the first is the longest already\nhelp: fixed({from})");
    }
    format!(
        "a reversed range of waits: the first, {from}, is longer than the longest, {to}\nhelp: exponential({to}..{from})"
    )
}

pub(crate) fn retry_of_one_condition(first: Span) -> String {
    format!(
        "this retry can never count: the first that fits an error does, and the one in line {} has the same `if`\n\
         help: make one of both",
        line(first)
    )
}

pub(crate) fn retry_never_counts(first: Span) -> String {
    format!(
        "this retry can never count: the first that fits an error does, and the one in line {} has no `if`, so it fits all\n\
         help: put the one without an `if` last",
        line(first)
    )
}

pub(crate) fn cannot_fail(policy: &str, stage: &str) -> String {
    format!(
        "`#[{policy}]` means nothing on stage `{stage}`: its expression calls nothing, so it can't fail\nhelp: leave `#[{policy}]` out"
    )
}

// Deadlines.

pub(crate) fn limit(what: &str, nanoseconds: u128, at: Span) -> String {
    format!("{what} of {}, in line {},", duration(nanoseconds), line(at))
}

/// `end`: since the run started.
pub(crate) fn sleep_never_ends(sleep: u128, end: u128, limit: &str) -> String {
    if sleep == end {
        return format!("this sleep never ends: it takes {}, and {limit} passes before", duration(sleep));
    }
    format!(
        "this sleep never ends: with what comes before, it does after {} at the earliest, and {limit} passes before",
        duration(end)
    )
}

pub(crate) fn after_deadline(what: &str, limit: u128, deadline: &str) -> String {
    format!("a {what} of {} never passes: {deadline} does before", duration(limit))
}

/// `ends_with`: the waits end with the deadline, which cuts the last of them.
pub(crate) fn retries_after_deadline(
    more: u128,
    (needed, ends_with): (u128, bool),
    fitting: u128,
    deadline: &str,
) -> String {
    let needed = duration(needed);
    let cut = match (ends_with, more) {
        (false, _) => "",
        (true, 1) => " and is cut at its end",
        (true, _) => " and the last is cut at its end",
    };
    let what = if more == 1 { "a further attempt".to_owned() } else { format!("{more} further attempts") };
    let waits = if more == 1 { "the wait before it takes" } else { "the waits before them take" };
    let said = format!("{what} can't fit into {}: {waits} {needed}{cut}", deadline.trim_end_matches(','));
    match fitting {
        0 => format!("{said}, so none fits"),
        1 => format!("{said}, one fits\nhelp: retry(1, ..)"),
        _ => format!("{said}, {fitting} fit\nhelp: retry({fitting}, ..)"),
    }
}
