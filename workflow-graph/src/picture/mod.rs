//! Pictures of a graph, each in one pass from the same [`outline`].

mod caption;
mod dot;
mod layout;
mod mermaid;
mod outline;
mod rustdoc;
mod svg;
mod text;

pub use text::xml;
