//! Numbers that look random and are the same everywhere.

/// A linear congruential generator.
pub struct Numbers(u64);

impl Numbers {
    /// Creates a generator that gives the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// One below `bound`.
    ///
    /// # Panics
    /// Below 0 there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % (bound as u64)).expect("below a usize")
    }
}
