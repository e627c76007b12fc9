//! Values of a page: encoded bytes -> cells of eight bytes, flags, or text.
//!
//! [`Values`] is a position in the current page; [`Dictionary`] holds the decoded dictionary of the
//! current chunk. Fixed-width values are widened on the way (see [`Widen`]) and written straight to
//! their destination, which is guest memory.

use super::DatasetError;
use super::delta::Delta;
use super::footer::Physical;
use super::page::{Buffer, encoding};
use super::rle::{Hybrid, bits};
use crate::limits::Ledger;

fn corrupt() -> DatasetError {
    DatasetError::Corrupt("a page ends before its values do".into())
}

/// How a column's physical values become cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Widen {
    /// Integers: keep the low `bits`, extend by sign or by zero.
    Int { wide: bool, bits: u8, signed: bool },
    /// 64-bit floats.
    F64,
    /// 32-bit floats, widened.
    F32,
    /// Legacy timestamps of twelve bytes, to nanoseconds since the epoch.
    Int96,
    /// One byte a value.
    Bool,
    /// Text.
    Str,
}

impl Widen {
    /// Bytes of one plain value.
    pub(crate) fn stored(self) -> usize {
        match self {
            Widen::Int { wide: true, .. } | Widen::F64 => 8,
            Widen::Int { wide: false, .. } | Widen::F32 => 4,
            Widen::Int96 => 12,
            Widen::Bool | Widen::Str => 1,
        }
    }

    /// Bytes of one cell in guest memory.
    pub(crate) fn cell(self) -> usize {
        if self == Widen::Bool { 1 } else { 8 }
    }

    pub(crate) fn physical(self) -> Physical {
        match self {
            Widen::Int { wide: true, .. } => Physical::Int64,
            Widen::Int { wide: false, .. } => Physical::Int32,
            Widen::F64 => Physical::Double,
            Widen::F32 => Physical::Float,
            Widen::Int96 => Physical::Int96,
            Widen::Bool => Physical::Bool,
            Widen::Str => Physical::ByteArray,
        }
    }

    /// An integer of a column of this kind.
    #[inline]
    fn int(self, value: i64) -> u64 {
        match self {
            Widen::Int { bits, signed: true, .. } => {
                let shift = 64 - u32::from(bits);
                ((value << shift) >> shift) as u64
            }
            Widen::Int { bits, signed: false, .. } => {
                let shift = 64 - u32::from(bits);
                ((value as u64) << shift) >> shift
            }
            _ => value as u64,
        }
    }

    /// A plain value of [`Self::stored`] bytes.
    #[inline]
    fn cell_of(self, stored: &[u8]) -> u64 {
        match self {
            Widen::Int { wide: true, .. } => self.int(le64(stored) as i64),
            Widen::Int { wide: false, .. } => self.int(i64::from(le32(stored) as i32)),
            Widen::F32 => f64::from(f32::from_bits(le32(stored))).to_bits(),
            Widen::Int96 => {
                let days = i64::from(le32(stored.get(8..).unwrap_or(&[]))) - 2_440_588;
                days.wrapping_mul(86_400_000_000_000).wrapping_add(le64(stored) as i64) as u64
            }
            Widen::F64 | Widen::Bool | Widen::Str => le64(stored),
        }
    }
}

#[inline]
fn le64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

#[inline]
fn le32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |b| u32::from_le_bytes(*b))
}

/// The decoded dictionary of a chunk.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    wide: Vec<u64>,
    /// Where each text ends in `text`; one more than there are entries.
    ends: Vec<u32>,
    text: Vec<u8>,
    present: bool,
    reserved: u64,
}

impl Dictionary {
    /// Forgets the entries; the memory stays reserved until the scan ends or a larger one comes.
    pub(crate) fn clear(&mut self) {
        self.wide.clear();
        self.ends.clear();
        self.text.clear();
        self.present = false;
    }

    /// Host memory held.
    pub(crate) fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Decodes a dictionary page: `count` plain values.
    pub(crate) fn load(
        &mut self,
        page: &[u8],
        count: u32,
        widen: Widen,
        ledger: &mut Ledger,
    ) -> Result<(), DatasetError> {
        if self.present {
            return Err(DatasetError::Corrupt("a column chunk has two dictionaries".into()));
        }
        let count = count as usize;
        // Every entry takes a byte at least (a text: its length), so this bounds `count` too.
        let least = if widen == Widen::Str { 4 } else { widen.stored() };
        if widen == Widen::Bool || count.checked_mul(least).is_none_or(|bytes| bytes > page.len()) {
            return Err(DatasetError::Corrupt("a dictionary has fewer entries than it says".into()));
        }
        let needed = if widen == Widen::Str { page.len() + 4 * (count + 1) } else { 8 * count } as u64;
        if needed > self.reserved {
            ledger.reserve_host(needed - self.reserved)?;
            self.reserved = needed;
        }
        self.present = true;
        if widen != Widen::Str {
            let stored = widen.stored();
            self.wide.reserve_exact(count);
            self.wide.extend(page.chunks_exact(stored).take(count).map(|value| widen.cell_of(value)));
            return Ok(());
        }
        self.ends.reserve_exact(count + 1);
        self.text.reserve_exact(page.len());
        self.ends.push(0);
        let mut at = 0;
        for _ in 0..count {
            let text = plain_text(page, &mut at)?;
            self.text.extend_from_slice(text);
            self.ends.push(self.text.len() as u32);
        }
        Ok(())
    }

    fn text(&self, index: u32) -> Option<&[u8]> {
        let (start, end) = (*self.ends.get(index as usize)?, *self.ends.get(index as usize + 1)?);
        self.text.get(start as usize..end as usize)
    }
}

/// Text that a batch collects: where each value ends, and the bytes.
#[derive(Debug, Default)]
pub(crate) struct TextBatch {
    buffer: Buffer,
    len: usize,
    /// One entry for every value that is not null.
    pub(crate) ends: Vec<u64>,
}

impl TextBatch {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.ends.clear();
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.buffer.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Host memory held.
    pub(crate) fn reserved(&self) -> u64 {
        self.buffer.reserved()
    }

    #[inline]
    fn push(&mut self, text: &[u8], ledger: &mut Ledger) -> Result<(), DatasetError> {
        let end = self.len + text.len();
        if end > self.buffer.bytes.len() {
            self.buffer.grow(end.max(self.buffer.bytes.len() * 2).max(4096), ledger)?;
        }
        self.buffer.bytes[self.len..end].copy_from_slice(text);
        self.len = end;
        self.ends.push(end as u64);
        Ok(())
    }
}

/// A position in the values of a page.
#[derive(Debug)]
pub(crate) enum Values {
    /// Fixed width or text, one after the other.
    Plain { at: usize, end: usize },
    /// Booleans, one bit each.
    PlainBits { bit: usize, end: usize },
    /// Indices into the dictionary.
    Indices(Hybrid),
    /// Booleans as runs.
    Flags(Hybrid),
    /// Integers as differences.
    Delta(Delta),
    /// The n-th bytes of all values together.
    Split { start: usize, count: usize, at: usize },
    /// Lengths as differences, then all text.
    DeltaLength { lengths: Delta, at: usize },
    /// Shared prefixes with the value before, then the rest as above.
    DeltaText { prefixes: Delta, lengths: Delta, at: usize, last: Vec<u8> },
}

/// Indices decoded at a time.
const BLOCK: usize = 1024;

impl Values {
    /// Starts at `at` in a page with at most `most` values.
    pub(crate) fn new(
        page: &[u8],
        at: usize,
        most: u32,
        number: i32,
        widen: Widen,
        dictionary: &Dictionary,
    ) -> Result<Self, DatasetError> {
        let end = page.len();
        if at > end {
            return Err(corrupt());
        }
        let ints = matches!(widen, Widen::Int { .. });
        let most = u64::from(most);
        Ok(match number {
            encoding::PLAIN if widen == Widen::Bool => Values::PlainBits { bit: at * 8, end },
            encoding::PLAIN => Values::Plain { at, end },
            encoding::PLAIN_DICTIONARY | encoding::RLE_DICTIONARY => {
                if !dictionary.present {
                    return Err(DatasetError::Corrupt(
                        "a page refers to a dictionary that is not there".into(),
                    ));
                }
                // A page of nulls only may be empty.
                let width = page.get(at).copied().unwrap_or(0);
                Values::Indices(Hybrid::new((at + 1).min(end), end, width)?)
            }
            encoding::RLE if widen == Widen::Bool => {
                let (start, end) = prefixed(page, at)?;
                Values::Flags(Hybrid::new(start, end, 1)?)
            }
            encoding::DELTA_BINARY_PACKED if ints => Values::Delta(Delta::new(page, at, end, most)?),
            encoding::BYTE_STREAM_SPLIT if ints || matches!(widen, Widen::F32 | Widen::F64) => {
                Values::Split { start: at, count: (end - at) / widen.stored(), at: 0 }
            }
            encoding::DELTA_LENGTH_BYTE_ARRAY if widen == Widen::Str => {
                let lengths = Delta::new(page, at, end, most)?;
                let at = lengths.end_position(page)?;
                Values::DeltaLength { lengths, at }
            }
            encoding::DELTA_BYTE_ARRAY if widen == Widen::Str => {
                let prefixes = Delta::new(page, at, end, most)?;
                let lengths = Delta::new(page, prefixes.end_position(page)?, end, most)?;
                if prefixes.left() != lengths.left() {
                    return Err(corrupt());
                }
                let at = lengths.end_position(page)?;
                Values::DeltaText { prefixes, lengths, at, last: Vec::new() }
            }
            _ => {
                return Err(DatasetError::Unsupported(format!(
                    "encoding {number} for {:?}",
                    widen.physical()
                )));
            }
        })
    }

    /// Writes `count` cells to the start of `out`.
    pub(crate) fn read(
        &mut self,
        page: &[u8],
        dictionary: &Dictionary,
        widen: Widen,
        out: &mut [u8],
        count: usize,
    ) -> Result<(), DatasetError> {
        let out = out.get_mut(..count * widen.cell()).ok_or_else(corrupt)?;
        match self {
            Values::Plain { at, end } => {
                let bytes = count * widen.stored();
                let stored = page.get(*at..(*at + bytes).min(*end)).filter(|s| s.len() == bytes);
                widen_plain(stored.ok_or_else(corrupt)?, widen, out);
                *at += bytes;
            }
            Values::PlainBits { bit, end } => {
                if *bit + count > *end * 8 {
                    return Err(corrupt());
                }
                for (index, flag) in out.iter_mut().enumerate() {
                    *flag = bits(page, *bit + index, 1) as u8;
                }
                *bit += count;
            }
            Values::Indices(indices) => {
                let mut block = [0u32; BLOCK];
                for cells in out.chunks_mut(BLOCK * 8) {
                    let block = &mut block[..cells.len() / 8];
                    indices.read(page, block)?;
                    gather(block, &dictionary.wide, cells)?;
                }
            }
            Values::Flags(flags) => {
                flags.read_flags(page, out)?;
            }
            Values::Delta(delta) => {
                for cell in out.chunks_exact_mut(8) {
                    cell.copy_from_slice(&widen.int(delta.next(page)?).to_le_bytes());
                }
            }
            Values::Split { start, count: total, at } => {
                if *at + count > *total {
                    return Err(corrupt());
                }
                let stored = widen.stored();
                for (index, cell) in out.chunks_exact_mut(8).enumerate() {
                    let mut value = [0u8; 8];
                    for (byte, target) in value[..stored].iter_mut().enumerate() {
                        *target = page[*start + byte * *total + *at + index];
                    }
                    cell.copy_from_slice(&widen.cell_of(&value).to_le_bytes());
                }
                *at += count;
            }
            Values::DeltaLength { .. } | Values::DeltaText { .. } => return Err(corrupt()),
        }
        Ok(())
    }

    /// Appends `count` texts to the batch.
    pub(crate) fn read_text(
        &mut self,
        page: &[u8],
        dictionary: &Dictionary,
        batch: &mut TextBatch,
        count: usize,
        ledger: &mut Ledger,
    ) -> Result<(), DatasetError> {
        match self {
            Values::Plain { at, .. } => {
                for _ in 0..count {
                    batch.push(plain_text(page, at)?, ledger)?;
                }
            }
            Values::Indices(indices) => {
                let mut block = [0u32; BLOCK];
                let mut left = count;
                while left > 0 {
                    let block = &mut block[..left.min(BLOCK)];
                    indices.read(page, block)?;
                    for index in block.iter() {
                        batch.push(dictionary.text(*index).ok_or_else(bad_index)?, ledger)?;
                    }
                    left -= block.len();
                }
            }
            Values::DeltaLength { lengths, at } => {
                for _ in 0..count {
                    let text = sized(page, at, lengths.next(page)?)?;
                    batch.push(text, ledger)?;
                }
            }
            Values::DeltaText { prefixes, lengths, at, last } => {
                for _ in 0..count {
                    let prefix = usize::try_from(prefixes.next(page)?).map_err(|_| corrupt())?;
                    let rest = sized(page, at, lengths.next(page)?)?;
                    if prefix > last.len() {
                        return Err(corrupt());
                    }
                    last.truncate(prefix);
                    last.extend_from_slice(rest);
                    batch.push(last, ledger)?;
                }
            }
            _ => return Err(corrupt()),
        }
        Ok(())
    }
}

/// Plain values to cells; the common widths are plain copies.
fn widen_plain(stored: &[u8], widen: Widen, out: &mut [u8]) {
    match widen {
        Widen::F64 | Widen::Int { wide: true, bits: 64, .. } => out.copy_from_slice(stored),
        _ => {
            for (value, cell) in stored.chunks_exact(widen.stored()).zip(out.chunks_exact_mut(8)) {
                cell.copy_from_slice(&widen.cell_of(value).to_le_bytes());
            }
        }
    }
}

/// Looks the indices up.
fn gather(indices: &[u32], entries: &[u64], out: &mut [u8]) -> Result<(), DatasetError> {
    for (index, cell) in indices.iter().zip(out.chunks_exact_mut(8)) {
        let entry = entries.get(*index as usize).ok_or_else(bad_index)?;
        cell.copy_from_slice(&entry.to_le_bytes());
    }
    Ok(())
}

fn bad_index() -> DatasetError {
    DatasetError::Corrupt("a page refers to an entry that its dictionary does not have".into())
}

/// A text with its length before it.
fn plain_text<'a>(page: &'a [u8], at: &mut usize) -> Result<&'a [u8], DatasetError> {
    let len = page.get(*at..).and_then(|rest| rest.first_chunk::<4>()).ok_or_else(corrupt)?;
    *at += 4;
    sized(page, at, i64::from(u32::from_le_bytes(*len)))
}

/// The next `len` bytes.
fn sized<'a>(page: &'a [u8], at: &mut usize, len: i64) -> Result<&'a [u8], DatasetError> {
    let len = usize::try_from(len).map_err(|_| corrupt())?;
    let stop = at.checked_add(len).ok_or_else(corrupt)?;
    let text = page.get(*at..stop).ok_or_else(corrupt)?;
    *at = stop;
    Ok(text)
}

/// The range that a four-byte length announces.
pub(crate) fn prefixed(page: &[u8], at: usize) -> Result<(usize, usize), DatasetError> {
    let len = page.get(at..).and_then(|rest| rest.first_chunk::<4>()).ok_or_else(corrupt)?;
    let start = at + 4;
    match start.checked_add(u32::from_le_bytes(*len) as usize) {
        Some(end) if end <= page.len() => Ok((start, end)),
        _ => Err(corrupt()),
    }
}
