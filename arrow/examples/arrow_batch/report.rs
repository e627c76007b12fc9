//! What batches used → lines for people.

use std::time::Duration;

use arrow_array::RecordBatch;
use ovenbird::Outcome;

/// The sum over all batches so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    batches: usize,
    rows: usize,
    nulls: usize,
    cpu_units: u64,
    wall: Duration,
    memory_peak: u64,
}

impl Report {
    /// Adds a batch of so many rows; what it used, as a line.
    pub(crate) fn add(&mut self, rows: usize, outcome: &Outcome<RecordBatch>) -> String {
        let usage = &outcome.usage;
        self.batches += 1;
        self.rows += rows;
        self.cpu_units = self.cpu_units.saturating_add(usage.cpu_units);
        self.wall += usage.wall;
        self.memory_peak = self.memory_peak.max(usage.memory_peak);
        let ended = match &outcome.result {
            Ok(found) => {
                let nulls = found.columns().last().map_or(0, |column| column.null_count());
                self.nulls += nulls;
                format!("{} rows, {nulls} NULL", found.num_rows())
            }
            Err(_) => "failed".to_owned(),
        };
        let used = used(usage.cpu_units, usage.wall, usage.memory_peak);
        format!("batch {:>4}: {rows:>8} rows, {used} -> {ended}", self.batches)
    }

    /// Rows that were handed over.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The sum, as a line.
    pub(crate) fn total(&self) -> String {
        let used = used(self.cpu_units, self.wall, self.memory_peak);
        format!("{} batches: {} rows, {used} -> {} NULL", self.batches, self.rows, self.nulls)
    }
}

fn used(cpu_units: u64, wall: Duration, memory_peak: u64) -> String {
    let (millis, memory) = (wall.as_secs_f64() * 1e3, memory_peak as f64 / f64::from(1 << 20));
    format!("{cpu_units} units, {millis:.2} ms, {memory:.1} MiB")
}
