//! Native frames -> source lines, through the artifact's map and the current program's positions.

use std::fmt;
use std::sync::Arc;

use ovenbird_compiler::ir::LocId;
use ovenbird_compiler::source::{FileId, Sources};
use serde::{Deserialize, Serialize};

#[cfg(feature = "compiler")]
mod places;

/// Most bytes of a source line in a traceback.
const MAX_LINE: usize = 400;

/// Most inlined calls of one native frame that are shown.
const MAX_INLINED: usize = 100;

/// One line of a traceback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Display name of the file.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// Function, `<module>` for a module body.
    pub function: String,
    /// The source line, without indentation and not endless.
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
#[derive(Clone, Debug)]
pub(crate) struct Places {
    functions: Arc<[Place]>,
}

/// Name and places of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    name: String,
    library: bool,
    /// File number, first and last byte of each position; none for library functions, which no
    /// traceback shows.
    positions: Vec<(u32, u32, u32)>,
}

/// What serde writes, read without it: see `ovenbird_compiler::artifact`.
#[cfg(feature = "compiler")]
impl<C> bincode::Decode<C> for Place {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        from: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        let (name, library, positions) = bincode::Decode::decode(from)?;
        Ok(Place { name, library, positions })
    }
}

impl Places {
    pub(crate) fn new(functions: Vec<Place>) -> Self {
        Places { functions: functions.into() }
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
            .take(MAX_INLINED)
            .filter_map(|place| {
                let Place { name, library, positions } = self.functions.get(place.func as usize)?;
                if *library {
                    return None;
                }
                let (file, start, _) = *positions.get(place.node as usize)?;
                let file = sources.get(FileId(file))?;
                let line = file.line(start);
                let short = name.rsplit('.').next().unwrap_or(name);
                let function = if short == "__main__" { "<module>".to_owned() } else { short.to_owned() };
                Some(Frame {
                    file: file.name.clone(),
                    line,
                    function,
                    text: shortened(file.line_text(line).trim(), MAX_LINE),
                })
            })
            .collect();
        frames.reverse();
        frames
    }
}

/// A text of at most so many bytes, and an ellipsis if that is not all of it.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(most)])
}
