//! Source text with identity: files, byte spans, and line/column lookup.
//!
//! A [`Span`] is deliberately invisible to serialisation: the canonical form of a typed program (the
//! input of the level-1 cache key) must not change when a comment or a blank line moves code.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// Index of a file in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct FileId(pub u32);

/// A range of bytes in one file. Two spans of equal code at different places differ, so spans take
/// no part in keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The file the range lies in.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of `file`.
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end }
    }

    /// The smallest span that covers both; `other` must lie in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// One source file: user code or a file of the library.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Name shown to people: a virtual path such as `cycling.py` or `<stdlib>/pandas/series/mean.py`.
    pub name: String,
    /// UTF-8 text, below 4 GiB.
    pub text: Arc<str>,
    /// True for files of the library; their frames are left out of tracebacks.
    pub library: bool,
    /// Found when a line is first asked for: most texts are never shown.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// Wraps a text.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>, library: bool) -> Self {
        Self { name: name.into(), text: text.into(), library, line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(breaks.map(|(i, _)| i as u32 + 1)).collect()
        })
    }

    /// One-based line number of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|start| *start <= offset) as u32
    }

    /// The text of a one-based line, without its line break.
    pub fn line_text(&self, line: u32) -> &str {
        let index = (line as usize).saturating_sub(1);
        let Some(&start) = self.line_starts().get(index) else { return "" };
        let end = self.line_starts().get(index + 1).map_or(self.text.len(), |next| *next as usize - 1);
        self.text.get(start as usize..end).unwrap_or("").trim_end_matches('\r')
    }

    /// One-based line and column (in characters) of a byte offset.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.line_starts()[line as usize - 1] as usize;
        let prefix = self.text.get(start..offset as usize).unwrap_or("");
        (line, prefix.chars().count() as u32 + 1)
    }
}

/// All files that took part in one compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of an id that this collection gave out.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The file of an id from elsewhere.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The files in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// The text under a span.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}
