//! Rows, sections and the report: measured samples in, Markdown tables or JSON out.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::context::Context;
use crate::stats::Sample;

/// What a row's numbers are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Bytes,
    /// A ratio or another bare number.
    Number,
}

impl Unit {
    fn show(self, value: f64) -> String {
        let (scale, name) = match self {
            Unit::Number => return format!("{value:.2}"),
            Unit::Bytes if value >= 1e6 => (1e6, "MB"),
            Unit::Bytes => (1e3, "kB"),
            Unit::Seconds if value >= 1.0 => (1.0, "s"),
            Unit::Seconds if value >= 1e-3 => (1e-3, "ms"),
            Unit::Seconds => (1e-6, "µs"),
        };
        let scaled = value / scale;
        let digits = if scaled >= 100.0 {
            0
        } else if scaled >= 10.0 {
            1
        } else {
            2
        };
        format!("{scaled:.digits$} {name}")
    }
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The value itself at most.
    Value(f64),
    /// The ratio to the peer at most.
    Ratio(f64),
}

/// One comparison.
pub(crate) struct Row {
    what: String,
    unit: Unit,
    ours: Sample,
    peer: Option<(&'static str, Sample)>,
    targets: Vec<Target>,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: Unit, ours: Sample) -> Self {
        Row { what: what.into(), unit, ours, peer: None, targets: Vec::new() }
    }

    /// A time.
    pub(crate) fn time(what: impl Into<String>, ours: Sample) -> Self {
        Row::new(what, Unit::Seconds, ours)
    }

    /// Compares with a peer; without measurements the row has none.
    #[must_use]
    pub(crate) fn peer(mut self, name: &'static str, sample: Sample) -> Self {
        if sample.len() > 0 {
            self.peer = Some((name, sample));
        }
        self
    }

    /// Adds a target.
    #[must_use]
    pub(crate) fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Ours by theirs, of the medians.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().map(|(_, peer)| self.ours.median() / peer.median())
    }

    /// Whether a target is reached; `None` if it cannot be said.
    fn reached(&self, target: Target) -> Option<bool> {
        match target {
            Target::Value(most) => Some(self.ours.median() <= most),
            Target::Ratio(most) => self.ratio().map(|ratio| ratio <= most),
        }
    }

    fn met(&self) -> Option<bool> {
        let answers: Vec<Option<bool>> = self.targets.iter().map(|t| self.reached(*t)).collect();
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        (!answers.is_empty() && !answers.contains(&None)).then_some(true)
    }

    fn cells(&self) -> [String; 7] {
        let targets: Vec<String> = self
            .targets
            .iter()
            .map(|target| match target {
                Target::Value(most) => format!("≤ {}", self.unit.show(*most)),
                Target::Ratio(most) if *most < 0.5 => format!("≤ 1/{:.0}", 1.0 / most),
                Target::Ratio(most) => format!("≤ {most} ×"),
            })
            .collect();
        let show =
            |ratio: f64| if ratio < 0.1 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}") };
        let best = self.peer.as_ref().map(|(_, peer)| self.ours.best() / peer.best());
        [
            self.what.clone(),
            self.unit.show(self.ours.median()),
            self.peer
                .as_ref()
                .map_or(String::new(), |(name, s)| format!("{} ({name})", self.unit.show(s.median()))),
            self.ratio().map_or(String::new(), show),
            best.map_or(String::new(), show),
            targets.join(", "),
            self.met().map_or("", |met| if met { "yes" } else { "**no**" }).to_owned(),
        ]
    }

    fn json(&self) -> Value {
        let sample = |s: &Sample| json!({"median": s.median(), "best": s.best(), "rounds": s.len()});
        let unit = match self.unit {
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Number => "number",
        };
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|target| match target {
                Target::Value(most) => json!({"value": most, "met": self.reached(*target)}),
                Target::Ratio(most) => json!({"ratio": most, "met": self.reached(*target)}),
            })
            .collect();
        json!({
            "what": self.what,
            "unit": unit,
            "ours": sample(&self.ours),
            "peer": self.peer.as_ref().map(|(name, s)| json!({"name": name, "sample": sample(s)})),
            "ratio": self.ratio(),
            "targets": targets,
        })
    }
}

/// The answer to one question.
pub(crate) struct Section {
    title: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Section {
    pub(crate) fn new(title: &'static str) -> Self {
        Section { title, rows: Vec::new(), notes: Vec::new() }
    }

    /// A section that could not be measured.
    pub(crate) fn failed(title: &'static str, error: &anyhow::Error) -> Self {
        let mut section = Section::new(title);
        section.note(format!("not measured: {error:#}"));
        section
    }

    pub(crate) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A remark below the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The ratios of all rows that have one.
    pub(crate) fn ratios(&self) -> Vec<f64> {
        self.rows.iter().filter_map(Row::ratio).collect()
    }

    /// A Markdown table.
    pub(crate) fn markdown(&self) -> String {
        let head = ["what", "ovenbird", "peer", "ratio", "of bests", "target", "met"].map(str::to_owned);
        let cells: Vec<[String; 7]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            cells.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let mut text = format!("## {}\n\n", self.title);
        let mut line = |row: &[String; 7]| {
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                let _ = if (1..=4).contains(&column) {
                    write!(text, "| {cell:>width$} ")
                } else {
                    write!(text, "| {cell:<width$} ")
                };
            }
            text.push_str("|\n");
        };
        if !cells.is_empty() {
            line(&head);
            line(&["---", "---:", "---:", "---:", "---:", "---", "---"].map(str::to_owned));
            cells.iter().for_each(line);
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "{note}\n");
        }
        text
    }

    fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        json!({"title": self.title, "rows": rows, "notes": self.notes})
    }
}

/// All sections, with the machine and the versions that they were measured with.
pub(crate) struct Report {
    machine: Value,
    pub(crate) sections: Vec<Section>,
}

impl Report {
    pub(crate) fn new(context: &Context) -> Self {
        Report { machine: context.machine(), sections: Vec::new() }
    }

    pub(crate) fn json(&self) -> Value {
        let sections: Vec<Value> = self.sections.iter().map(Section::json).collect();
        json!({"machine": self.machine, "sections": sections})
    }

    /// The machine and the count of targets.
    pub(crate) fn footer(&self) -> String {
        let answers: Vec<bool> =
            self.sections.iter().flat_map(|s| s.rows.iter().filter_map(Row::met)).collect();
        let met = answers.iter().filter(|met| **met).count();
        let mut text = format!("{met} of {} targets met.\n\n", answers.len());
        for (name, value) in self.machine.as_object().into_iter().flatten() {
            let _ = writeln!(text, "- {name}: {}", in_words(value));
        }
        text
    }
}

/// A value without JSON's punctuation.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, v)| format!("{name} {}", in_words(v))).collect();
            fields.join(", ")
        }
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}
