use std::time::Duration;
pub enum Wait { None, Fixed(Duration), Exponential { first: Duration, last: Duration } }
#[derive(Clone, Copy)]
pub enum Jitter { Full, None }
impl Wait { pub fn before(&self, attempt: u32, jitter: Jitter) -> Duration {
  match *self { Wait::None => Duration::ZERO, Wait::Fixed(d) => d, Wait::Exponential { first, last } => { let d = first.saturating_mul(2u32.saturating_pow(attempt - 1)).min(last); match jitter { Jitter::Full => d.mul_f64(fastrand::f64()), Jitter::None => d } } } } }
