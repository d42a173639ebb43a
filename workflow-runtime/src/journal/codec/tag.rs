//! The bytes that mark a payload with tags, and the tags themselves.

/// The first byte of a payload that holds tags.
pub(super) const MARK: u8 = b' ';

/// Depth to which a value may be nested. Reading is recursive, and a thread's stack is finite.
pub(super) const DEEPEST: u16 = 256;

/// The beginning of the tag of a `Some`.
pub(super) const SOME: &[u8] = b"{\"$some\":";

/// The bits of the NaN that is written as `NaN`.
pub(super) const NAN_64: u64 = 0x7ff8_0000_0000_0000;
pub(super) const NAN_32: u32 = 0x7fc0_0000;

/// The name under which `serde_json`'s `RawValue` asks for its text.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";
