//! The numbers of `#[concurrency]`, `#[max]` and `quorum`.

/// A number of rounds, items or members.
#[diagnostic::on_unimplemented(
    message = "a whole number is asked for here, not `{Self}`",
    label = "not a whole number"
)]
pub trait Count {
    /// Returns the number. A number below zero counts as zero.
    fn count(self) -> u64;
}

macro_rules! counts {
    ($($number:ty)*) => { $(
        impl Count for $number {
            #[inline]
            fn count(self) -> u64 {
                u64::try_from(self).unwrap_or(0)
            }
        }
    )* };
}
counts!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

/// Converts the number of a `#[concurrency]`, `#[max]` or `quorum` to a `u64`.
#[inline]
pub fn count<N: Count>(number: N) -> u64 {
    number.count()
}

/// Converts a number of attempts to a `u32`.
#[inline]
pub fn times<N: Count>(number: N) -> u32 {
    u32::try_from(number.count()).unwrap_or(u32::MAX)
}
