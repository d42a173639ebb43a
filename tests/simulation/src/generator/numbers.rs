//! Numbers that look random, and are the same everywhere for one seed.

/// A generator of numbers.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

/// Returns a number that looks random for each pair of numbers.
#[must_use]
pub fn scatter(seed: u64, of: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(of).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl Numbers {
    /// Makes the generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(scatter(seed, 0x51))
    }

    /// Returns a number below `bound`, which is above 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        scatter(self.0, 7) % bound
    }

    /// Returns true `parts` times in a hundred.
    pub fn chance(&mut self, parts: u64) -> bool {
        self.below(100) < parts
    }

    /// Returns one of `from`.
    ///
    /// # Panics
    /// Where `from` is empty.
    pub fn one<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).expect("an index")]
    }
}
