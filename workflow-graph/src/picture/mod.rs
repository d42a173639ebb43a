//! Pictures of a graph, each in one pass from the same [`outline`].

mod caption;
mod dot;
mod mermaid;
mod outline;
mod text;
