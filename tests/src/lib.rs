//! The integration tests lie in `tests/`.
