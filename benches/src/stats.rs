//! Measured values: times or sizes in, medians out.

use std::time::{Duration, Instant};

/// Values of one thing from several rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    values: Vec<f64>,
}

impl Sample {
    /// A single value.
    pub(crate) fn one(value: f64) -> Self {
        Sample { values: vec![value] }
    }

    /// Adds a value.
    pub(crate) fn push(&mut self, value: f64) {
        self.values.push(value);
    }

    /// Adds a time in seconds.
    pub(crate) fn push_time(&mut self, time: Duration) {
        self.push(time.as_secs_f64());
    }

    /// Adds values.
    pub(crate) fn extend(&mut self, values: impl IntoIterator<Item = f64>) {
        self.values.extend(values);
    }

    /// The middle value; NaN if there is none.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// The least value; NaN if there is none.
    pub(crate) fn best(&self) -> f64 {
        self.values.iter().copied().fold(f64::NAN, f64::min)
    }

    /// How many values.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Runs `work` and gives its result with the time that it took.
pub(crate) fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}

/// The geometric mean; NaN of nothing.
pub(crate) fn geomean(values: &[f64]) -> f64 {
    (values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64).exp()
}
