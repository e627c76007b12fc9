//! Where printed text goes.

use std::fmt;
use std::io::{self, Write};

/// Bytes collected before they are written.
const BUFFER: usize = 8 << 10;

/// The sink of `print`.
#[derive(Default)]
pub enum Output {
    /// Drops everything; it is still charged.
    #[default]
    Discard,
    /// Collects everything.
    Capture(Vec<u8>),
    /// Writes to a stream.
    Stream(Stream),
}

/// A buffered stream.
pub struct Stream {
    writer: Box<dyn Write + Send>,
    buffer: Vec<u8>,
    terminal: bool,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Discard => f.write_str("Discard"),
            Output::Capture(bytes) => write!(f, "Capture({} bytes)", bytes.len()),
            Output::Stream(stream) => write!(f, "Stream {{ terminal: {} }}", stream.terminal),
        }
    }
}

impl Output {
    /// Writes to `writer`. For a terminal, every line is written at once and control characters are
    /// shown instead of sent, so that a guest cannot drive the terminal.
    pub fn stream(writer: impl Write + Send + 'static, terminal: bool) -> Self {
        Output::Stream(Stream { writer: Box::new(writer), buffer: Vec::new(), terminal })
    }

    /// Adds text.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Output::Discard => Ok(()),
            Output::Capture(all) => {
                append(all, bytes);
                Ok(())
            }
            Output::Stream(stream) => {
                if stream.terminal && bytes.iter().any(|b| unsafe_for_terminal(*b)) {
                    append_visible(&mut stream.buffer, &String::from_utf8_lossy(bytes));
                } else {
                    append(&mut stream.buffer, bytes);
                }
                let full = stream.buffer.len() >= BUFFER || (stream.terminal && bytes.contains(&b'\n'));
                if full { self.flush() } else { Ok(()) }
            }
        }
    }

    /// Writes what is buffered. To be called at the end of a run and before errors are shown.
    pub fn flush(&mut self) -> io::Result<()> {
        let Output::Stream(stream) = self else { return Ok(()) };
        let result = stream.writer.write_all(&stream.buffer);
        stream.buffer.clear();
        result.and_then(|()| stream.writer.flush())
    }

    /// Whether it is a terminal.
    #[cfg(workers)]
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Output::Stream(stream) if stream.terminal)
    }

    /// What was captured; empty for other sinks.
    pub fn captured(&self) -> &[u8] {
        if let Output::Capture(bytes) = self { bytes } else { &[] }
    }
}

/// Appends UTF-8; bytes that are not become replacement characters.
fn append(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes());
}

/// Control characters, and the lead byte of the C1 range.
fn unsafe_for_terminal(byte: u8) -> bool {
    (byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || byte == 0x7f || byte == 0xc2
}

fn append_visible(to: &mut Vec<u8>, text: &str) {
    let mut utf8 = [0u8; 4];
    for c in text.chars() {
        if c.is_control() && !matches!(c, '\n' | '\t') {
            to.extend(c.escape_unicode().map(|escaped| escaped as u8));
        } else {
            to.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Without `append_visible` in `host/src/imports/output.rs`: a guest drives the terminal of whoever looks.
    #[test]
    fn terminals_get_lines_without_control_characters() {
        let sink = Shared::default();
        let mut output = Output::stream(sink.clone(), true);
        output.print("a\u{1b}[2J\u{9b}é".as_bytes()).unwrap();
        assert!(sink.0.lock().unwrap().is_empty());
        output.print(b"\n").unwrap();
        assert_eq!(String::from_utf8_lossy(&sink.0.lock().unwrap()), "a\\u{1b}[2J\\u{9b}é\n");
    }

    #[test]
    fn files_get_the_bytes_at_the_end() {
        let sink = Shared::default();
        let mut output = Output::stream(sink.clone(), false);
        output.print(b"\x1b[1m\n").unwrap();
        assert!(sink.0.lock().unwrap().is_empty());
        output.flush().unwrap();
        assert_eq!(&*sink.0.lock().unwrap(), b"\x1b[1m\n");
    }
}
