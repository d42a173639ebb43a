//! Values are read as they were written, for all types that serde describes.

#[allow(clippy::option_option, reason = "serde describes them")]
mod family;
mod forms;
mod round_trips;

use super::{CodecError, read, write};
use serde::{Serialize, de::DeserializeOwned};

/// Reads what it writes, and writes that again.
fn back<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, CodecError> {
    let written = write(value)?;
    let back: T = read(&written)?;
    assert_eq!(text(&write(&back)?), text(&written), "written again it is the same");
    let json: serde_json::Result<serde::de::IgnoredAny> = serde_json::from_slice(&written);
    assert!(json.is_ok(), "{} is JSON", text(&written));
    Ok(back)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    write(value).map_or_else(|error| format!("refused: {error}"), |bytes| text(&bytes))
}
