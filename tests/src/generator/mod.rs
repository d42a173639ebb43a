//! Workflows made by the machine: the build script writes them out, the tests evaluate the same data plainly.
pub mod dag;
pub mod numbers;
pub mod random;
