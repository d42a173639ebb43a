//! Helpers of the integration tests, which lie in `tests/`.
pub mod generator;
pub mod guards;
pub mod leaves;
pub mod sources;
