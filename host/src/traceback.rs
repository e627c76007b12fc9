//! Native frames -> source lines, through the artifact's map and the current program's positions.

use std::fmt;

use ovenbird_compiler::ir::LocId;
use ovenbird_compiler::source::{Sources, Span};
use ovenbird_compiler::typed::Unit;

/// One line of a traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Display name of the file.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// Function, `<module>` for a module body.
    pub function: String,
    /// The source line, without indentation.
    pub text: String,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  File \"{}\", line {}, in {}", self.file, self.line, self.function)?;
        if !self.text.is_empty() {
            write!(f, "\n    {}", self.text)?;
        }
        Ok(())
    }
}

/// Names and places of a unit's functions, as the *current* sources have them: an artifact from the
/// cache may have been made when the code stood on other lines.
#[derive(Debug)]
pub(crate) struct Places {
    functions: Vec<(String, bool, Vec<Span>)>,
}

impl Places {
    pub(crate) fn of(unit: &Unit) -> Self {
        let functions =
            unit.functions.iter().map(|f| (f.name.clone(), f.library, f.positions.clone())).collect();
        Places { functions }
    }

    /// The user's frames of one native frame, outermost first: inlined calls become frames of their
    /// own, library code is left out.
    pub(crate) fn frames(
        &self,
        artifact: &ovenbird_compiler::artifact::Artifact,
        loc: LocId,
        sources: &Sources,
    ) -> Vec<Frame> {
        let mut frames: Vec<Frame> = artifact
            .inlined(loc)
            .filter_map(|place| {
                let (name, library, positions) = self.functions.get(place.func as usize)?;
                let span = positions.get(place.node as usize)?;
                if *library {
                    return None;
                }
                let file = sources.file(span.file);
                let line = file.line(span.start);
                let short = name.rsplit('.').next().unwrap_or(name);
                let function = if short == "__main__" { "<module>".to_owned() } else { short.to_owned() };
                Some(Frame {
                    file: file.name.clone(),
                    line,
                    function,
                    text: file.line_text(line).trim().to_owned(),
                })
            })
            .collect();
        frames.reverse();
        frames
    }
}
