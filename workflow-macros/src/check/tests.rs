//! Each family of rules.
