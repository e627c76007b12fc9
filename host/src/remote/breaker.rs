//! A circuit breaker: outcomes of accesses → whether to try another one. The clock is an argument.

use std::time::{Duration, Instant};

/// Errors in a row that open it.
const ERRORS: u32 = 3;
/// How long it stays open.
const PAUSE: Duration = Duration::from_secs(60);

/// Closed at first. After a pause one access is allowed; if that fails, it opens again.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    errors: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn allows(&self, now: Instant) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    pub(super) fn success(&mut self) {
        *self = Breaker::default();
    }

    pub(super) fn failure(&mut self, now: Instant) {
        self.errors += 1;
        if self.errors >= ERRORS {
            self.open_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_three_errors_in_a_row_for_a_minute() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        breaker.failure(at(0));
        breaker.failure(at(0));
        breaker.success();
        breaker.failure(at(1));
        breaker.failure(at(1));
        assert!(breaker.allows(at(1)), "two in a row");
        breaker.failure(at(2));
        assert!(!breaker.allows(at(2)) && !breaker.allows(at(61)));
        assert!(breaker.allows(at(62)));
        breaker.failure(at(62));
        assert!(!breaker.allows(at(63)), "one more error opens it again");
        breaker.success();
        assert!(breaker.allows(at(63)));
    }
}
