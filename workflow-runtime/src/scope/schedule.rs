//! The schedule of a graph: how many stages each waits for, and which come after it.

/// The stages of a graph, by number.
pub struct Schedule {
    /// Number of stages that each waits for; a `#[lazy]` stage also waits for a request.
    pub needs: &'static [u32],
    /// Successors of each stage, one list after the other.
    pub then: &'static [u32],
    /// End of each list in `then`.
    pub ends: &'static [u32],
    /// Stages that run only if they are requested.
    pub lazy: &'static [u32],
}

impl Schedule {
    #[inline]
    pub(crate) fn then(&self, piece: u32) -> &'static [u32] {
        let piece = piece as usize;
        let start = if piece == 0 { 0 } else { self.ends[piece - 1] };
        &self.then[start as usize..self.ends[piece] as usize]
    }
}
