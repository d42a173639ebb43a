//! What the integration tests share; they lie in `tests/`.
pub mod generator;
pub mod guards;
pub mod leaves;
