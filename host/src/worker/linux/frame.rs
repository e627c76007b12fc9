//! Messages on a socket: two lengths, a head that is decoded, a tail of plain bytes.
//!
//! Both sides take the other for hostile: a length is compared with what may come before anything is read, memory
//! grows with what has come and not with what was announced, and a head is decoded with a bound on what it may
//! claim and must be used up.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes of a message that are read or written at once.
const CHUNK: usize = 256 << 10;

/// A message as it came.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) head: Vec<u8>,
    pub(super) tail: Vec<u8>,
}

/// Largest message that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) head: usize,
    pub(super) tail: usize,
}

/// Why a message was not read.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The other side is gone.
    Closed,
    /// What it announces is too long.
    TooLong(u32),
    /// Reading failed.
    Io(io::Error),
}

impl From<io::Error> for FrameError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                FrameError::Closed
            }
            _ => FrameError::Io(error),
        }
    }
}

/// Encodes a head. Serialising into memory cannot fail.
pub(super) fn encode(head: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(head, bincode::config::standard()).unwrap_or_default()
}

/// Decodes a head, all of it.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    /// With a bound on what the bytes may claim to hold, by class: no number takes less than a sixteenth of what it
    /// is in memory.
    fn within<T: DeserializeOwned, const MOST: usize>(bytes: &[u8]) -> Result<T, String> {
        let config = bincode::config::standard().with_limit::<MOST>();
        let (value, used) = bincode::serde::decode_from_slice(bytes, config).map_err(|e| e.to_string())?;
        if used == bytes.len() { Ok(value) } else { Err(format!("{} bytes too many", bytes.len() - used)) }
    }
    match bytes.len() {
        0..0x1000 => within::<T, 0x1_0000>(bytes),
        0x1000..0x4_0000 => within::<T, 0x40_0000>(bytes),
        0x4_0000..0x100_0000 => within::<T, 0x1000_0000>(bytes),
        _ => within::<T, 0x20_0000_0000>(bytes),
    }
}

/// Writes a message.
pub(super) fn write(to: &mut impl Write, head: &[u8], tail: &[u8]) -> io::Result<()> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput);
    let (first, second) = (length(head)?, length(tail)?);
    let mut start = Vec::with_capacity(8 + head.len().min(CHUNK));
    start.extend_from_slice(&first.to_le_bytes());
    start.extend_from_slice(&second.to_le_bytes());
    // Small messages in one piece.
    let (small, rest) = head.split_at(head.len().min(CHUNK));
    start.extend_from_slice(small);
    to.write_all(&start)?;
    to.write_all(rest)?;
    to.write_all(tail)
}

/// Reads a message of at most this size.
pub(super) fn read(from: &mut impl Read, most: Most) -> Result<Frame, FrameError> {
    let mut lengths = [0u8; 8];
    from.read_exact(&mut lengths)?;
    let [a, b, c, d, e, f, g, h] = lengths;
    let (head, tail) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    for (length, most) in [(head, most.head), (tail, most.tail)] {
        if length as usize > most {
            return Err(FrameError::TooLong(length));
        }
    }
    Ok(Frame { head: bytes(from, head as usize)?, tail: bytes(from, tail as usize)? })
}

/// Reads so many bytes; memory is taken as they come.
fn bytes(from: &mut impl Read, length: usize) -> Result<Vec<u8>, FrameError> {
    let mut all = Vec::new();
    while all.len() < length {
        let done = all.len();
        all.resize(length.min(done + CHUNK.max(done)), 0);
        from.read_exact(&mut all[done..])?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    const MOST: Most = Most { head: 1 << 20, tail: 1 << 20 };

    #[test]
    fn a_message_goes_through() {
        let value = Value::Tuple(vec![Value::Int(-1), Value::Str("x".repeat(CHUNK))]);
        let mut wire = Vec::new();
        write(&mut wire, &encode(&value), b"tail").expect("memory");
        let frame = read(&mut wire.as_slice(), MOST).expect("whole");
        assert_eq!((decode::<Value>(&frame.head), &frame.tail[..]), (Ok(value), &b"tail"[..]));
    }

    #[test]
    fn lengths_are_compared_before_anything_is_taken() {
        for (head, tail) in [(u32::MAX, 0), (0, u32::MAX), (1 << 21, 0)] {
            let wire = [head.to_le_bytes(), tail.to_le_bytes()].concat();
            assert!(matches!(read(&mut wire.as_slice(), MOST), Err(FrameError::TooLong(_))));
        }
    }

    #[test]
    fn a_message_that_ends_too_early_is_an_end() {
        let mut wire = Vec::new();
        write(&mut wire, b"head", b"tail").expect("memory");
        for length in 0..wire.len() {
            assert!(matches!(read(&mut &wire[..length], MOST), Err(FrameError::Closed)));
        }
    }

    #[test]
    fn a_head_must_be_used_up_and_claims_no_more_than_could_be_in_it() {
        let mut bytes = encode(&Value::Int(7));
        bytes.push(0);
        assert!(decode::<Value>(&bytes).is_err());
        // A text that says that it is very long.
        let mut long = encode(&Value::Str(String::new()));
        let at = long.len() - 1;
        long.splice(at.., [253, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]);
        assert!(decode::<Value>(&long).is_err());
    }
}
