//! Fingerprints of the user's source, and of recorded names.

/// FNV-1a with 64 bits. `text::hash` has the one for a few words.
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The names of the members of one race, whatever their order.
pub(super) fn all_names(names: &[String]) -> String {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.join(" ")
}
