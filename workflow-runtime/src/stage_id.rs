//! The number of a stage in its workflow.

/// A stage, by its index in [`Graph::stages`](workflow_graph::Graph::stages).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageId(pub u32);

impl StageId {
    /// The workflow's own body, which is no stage.
    pub const BODY: Self = Self(u32::MAX);

    /// Returns the stage's index in [`Graph::stages`](workflow_graph::Graph::stages); out of bounds for the body.
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}
