//! A circuit breaker: outcomes of accesses → whether to try another one. The clock is an argument.

use std::time::{Duration, Instant};

/// Errors in a row that open it.
const ERRORS: u32 = 3;
/// How long it stays open.
const PAUSE: Duration = Duration::from_secs(60);

/// Closed at first. After a pause one access is allowed; if that fails, it opens again.
///
/// Reads and uploads open it together, but each kind is in a row for itself: a server that answers reads may refuse every
/// upload, and that something can be stored there says nothing of how soon it answers. What comes late is there all the same:
/// it stops reads, which somebody waits for, and no uploads. An empty remote that is farther away than compiling takes would
/// stay empty for ever.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Reads in a row that came too late, and that failed.
    late: u32,
    unread: u32,
    /// Uploads in a row that failed.
    unstored: u32,
    open_until: Option<Instant>,
    open_for_uploads_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn allows(&self, now: Instant) -> bool {
        self.open_until.is_none_or(|until| now >= until)
    }

    pub(super) fn allows_upload(&self, now: Instant) -> bool {
        self.open_for_uploads_until.is_none_or(|until| now >= until)
    }

    /// A read that was answered in time.
    pub(super) fn read(&mut self) {
        (self.late, self.unread) = (0, 0);
        self.close_if_few();
    }

    pub(super) fn uploaded(&mut self) {
        self.unstored = 0;
        self.close_if_few();
    }

    pub(super) fn too_late(&mut self, now: Instant) {
        self.late += 1;
        self.open_if_enough(now);
    }

    pub(super) fn read_failed(&mut self, now: Instant) {
        self.unread += 1;
        self.open_for_both_if_enough(now);
    }

    pub(super) fn upload_failed(&mut self, now: Instant) {
        self.unstored += 1;
        self.open_for_both_if_enough(now);
    }

    fn errors(&self) -> u32 {
        self.unread + self.unstored
    }

    fn open_if_enough(&mut self, now: Instant) {
        if self.late + self.errors() >= ERRORS {
            self.open_until = Some(now + PAUSE);
        }
    }

    fn open_for_both_if_enough(&mut self, now: Instant) {
        self.open_if_enough(now);
        if self.errors() >= ERRORS {
            self.open_for_uploads_until = Some(now + PAUSE);
        }
    }

    fn close_if_few(&mut self) {
        if self.errors() < ERRORS {
            self.open_for_uploads_until = None;
        }
        if self.late + self.errors() < ERRORS {
            self.open_until = None;
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
        breaker.read_failed(at(0));
        breaker.read_failed(at(0));
        breaker.read();
        breaker.read_failed(at(1));
        breaker.read_failed(at(1));
        assert!(breaker.allows(at(1)), "two in a row");
        breaker.read_failed(at(2));
        assert!(!breaker.allows(at(2)) && !breaker.allows(at(61)));
        assert!(breaker.allows(at(62)));
        breaker.read_failed(at(62));
        assert!(!breaker.allows(at(63)), "one more error opens it again");
        breaker.read();
        assert!(breaker.allows(at(63)));
    }
    /// Without `upload_failed` in `host/src/remote/breaker.rs`: what is made here is sent again and again to a server that refuses
    /// it.
    #[test]
    fn uploads_open_it_too_and_reads_that_are_answered_do_not_forgive_them() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        let later = now + PAUSE;
        breaker.upload_failed(now);
        breaker.upload_failed(now);
        breaker.uploaded();
        breaker.upload_failed(now);
        breaker.upload_failed(now);
        breaker.read();
        assert!(breaker.allows(now), "two in a row");
        breaker.upload_failed(now);
        assert!(!breaker.allows(now) && !breaker.allows_upload(now));
        breaker.read();
        assert!(!breaker.allows(now), "nor does a read that was on its way already");
        assert!(breaker.allows(later) && breaker.allows_upload(later));
        breaker.upload_failed(later);
        assert!(!breaker.allows_upload(later), "one more error opens it again");
        breaker.uploaded();
        assert!(breaker.allows(later) && breaker.allows_upload(later));
    }

    #[test]
    fn an_upload_does_not_forgive_reads() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..3 {
            breaker.read_failed(now);
            breaker.uploaded();
        }
        assert!(!breaker.allows(now) && !breaker.allows_upload(now));
    }

    /// Without `late` in `host/src/remote/breaker.rs`: an empty remote that is far away stays empty.
    #[test]
    fn what_comes_late_stops_no_uploads() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        (0..5).for_each(|_| breaker.too_late(now));
        assert!(!breaker.allows(now) && breaker.allows_upload(now));
        breaker.read_failed(now);
        assert!(breaker.allows_upload(now), "one error");
    }
}
