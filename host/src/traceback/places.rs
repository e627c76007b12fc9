//! Typed unit → the names and places of its functions; a span → a frame. Only where there is a compiler.

use ovenbird_compiler::source::{Sources, Span};
use ovenbird_compiler::typed::{Function, Unit};

use super::{Frame, MAX_LINE, Place, Places, shortened};

impl Frame {
    /// A place at which the compiler stopped; the function around it is not known then.
    pub(crate) fn at(sources: &Sources, span: Span) -> Frame {
        let file = sources.file(span.file);
        let line = file.line(span.start);
        let text = shortened(file.line_text(line).trim(), MAX_LINE);
        Frame { file: file.name.clone(), line, function: "<module>".to_owned(), text }
    }
}

impl Place {
    /// Moves every position: file and first byte → another first byte.
    pub(crate) fn map_starts(&mut self, to: impl Fn(u32, u32) -> u32) {
        for (file, start, end) in &mut self.positions {
            *start = to(*file, *start);
            *end = *start;
        }
    }
}

impl Places {
    pub(crate) fn of(unit: &Unit) -> Self {
        let shown = |f: &Function| -> Vec<(u32, u32, u32)> {
            if f.library {
                Vec::new()
            } else {
                f.positions.iter().map(|s| (s.file.0, s.start, s.end)).collect()
            }
        };
        let place = |f: &Function| Place { name: f.name.clone(), library: f.library, positions: shown(f) };
        Places { functions: unit.functions.iter().map(place).collect() }
    }

    pub(crate) fn to_vec(&self) -> Vec<Place> {
        self.functions.to_vec()
    }
}
