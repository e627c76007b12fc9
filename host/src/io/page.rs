//! Pages of one column chunk: a window over the file, page headers, and the page's bytes.
//!
//! [`PageReader::next`] yields one checked page at a time; its bytes are either in the window (not
//! compressed) or in a buffer that is reused from page to page. Both are charged to the ledger before
//! they grow. A header's sizes are compared with what is left of the chunk before anything is read
//! or allocated for them.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use super::codec::{Codec, decompress};
use super::footer::Chunk;
use super::thrift::{Field, Malformed, Reader};
use super::{DatasetError, read_exact_at};
use crate::limits::Ledger;

/// Bytes read from the file at a time.
const WINDOW: usize = 256 << 10;
/// Longest page header: it may carry statistics with long strings.
const MAX_HEADER: usize = 1 << 20;

/// A growing buffer whose size is on the ledger.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pub(crate) bytes: Vec<u8>,
}

impl Buffer {
    /// Makes room for `len` bytes; what is in it stays.
    pub(crate) fn grow(&mut self, len: usize, ledger: &mut Ledger) -> Result<(), DatasetError> {
        if len > self.bytes.len() {
            let capacity = self.bytes.capacity();
            if len > capacity {
                ledger.reserve_host((len - capacity) as u64)?;
                self.bytes.reserve_exact(len - self.bytes.len());
            }
            self.bytes.resize(len, 0);
        }
        Ok(())
    }

    /// Host memory that it holds.
    pub(crate) fn reserved(&self) -> u64 {
        self.bytes.capacity() as u64
    }
}

/// The bytes of a chunk, read ahead.
#[derive(Debug)]
struct Window {
    file: Arc<File>,
    /// Next byte of the file to read, and where the chunk ends.
    next: u64,
    end: u64,
    buffer: Buffer,
    /// Bytes read and not yet consumed.
    valid: Range<usize>,
}

impl Window {
    /// Bytes of the chunk that are not consumed.
    fn left(&self) -> u64 {
        self.end - self.next + self.valid.len() as u64
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.bytes.get(self.valid.clone()).unwrap_or(&[])
    }

    /// Reads until `want` bytes are there, or the chunk's last byte is.
    fn fill(&mut self, want: usize, ledger: &mut Ledger) -> Result<(), DatasetError> {
        let want = (want as u64).min(self.left()) as usize;
        if self.valid.len() >= want {
            return Ok(());
        }
        let have = self.valid.len();
        self.buffer.bytes.copy_within(self.valid.clone(), 0);
        self.valid = 0..have;
        let more = ((want - have).max(WINDOW) as u64).min(self.end - self.next) as usize;
        self.buffer.grow(have + more, ledger)?;
        ledger.charge_read(more as u64)?;
        // Whoever takes the page looks as well; here it is before the disk is waited for.
        ledger.check_deadline()?;
        read_exact_at(&self.file, &mut self.buffer.bytes[have..have + more], self.next)?;
        self.next += more as u64;
        self.valid.end = have + more;
        Ok(())
    }

    /// Consumes `len` bytes that are there; their place in the buffer stays as it is until `fill`.
    fn consume(&mut self, len: usize) -> Range<usize> {
        let start = self.valid.start;
        self.valid.start = (start + len).min(self.valid.end);
        start..self.valid.start
    }
}

/// Encodings of the format, by number.
pub(crate) mod encoding {
    pub(crate) const PLAIN: i32 = 0;
    pub(crate) const PLAIN_DICTIONARY: i32 = 2;
    pub(crate) const RLE: i32 = 3;
    pub(crate) const DELTA_BINARY_PACKED: i32 = 5;
    pub(crate) const DELTA_LENGTH_BYTE_ARRAY: i32 = 6;
    pub(crate) const DELTA_BYTE_ARRAY: i32 = 7;
    pub(crate) const RLE_DICTIONARY: i32 = 8;
    pub(crate) const BYTE_STREAM_SPLIT: i32 = 9;
}

/// What a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PageKind {
    /// Version 1: levels carry their own length.
    Data,
    /// Version 2: `levels` bytes of definition levels come first.
    DataV2 { levels: usize },
    /// The dictionary of the chunk.
    Dictionary,
}

/// A page whose bytes are at hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    pub(crate) kind: PageKind,
    pub(crate) values: u32,
    pub(crate) encoding: i32,
}

/// Header fields as they are in the file; -1 where absent.
#[derive(Clone, Copy, Debug)]
struct Header {
    kind: i32,
    uncompressed: i32,
    compressed: i32,
    values: i32,
    encoding: i32,
    level_encoding: i32,
    def_len: i32,
    rep_len: i32,
    is_compressed: bool,
}

/// The pages of one column chunk.
#[derive(Debug)]
pub(crate) struct PageReader {
    window: Window,
    codec: Codec,
    /// Uncompressed bytes that the chunk may still have.
    budget: u64,
    page: Buffer,
    /// Where the current page is: in the window (true) or in `page`.
    place: (bool, Range<usize>),
}

impl PageReader {
    pub(crate) fn new(file: Arc<File>) -> Self {
        let window = Window { file, next: 0, end: 0, buffer: Buffer::default(), valid: 0..0 };
        Self { window, codec: Codec::None, budget: 0, page: Buffer::default(), place: (false, 0..0) }
    }

    /// Turns to another chunk; the buffers stay.
    pub(crate) fn open(&mut self, chunk: &Chunk) -> Result<(), DatasetError> {
        self.codec = Codec::from_number(chunk.codec)?;
        self.window.next = chunk.start;
        self.window.end = chunk.end;
        self.window.valid = 0..0;
        self.budget = chunk.uncompressed;
        self.place = (false, 0..0);
        Ok(())
    }

    /// Bytes of the current page.
    pub(crate) fn bytes(&self) -> &[u8] {
        let (in_window, range) = &self.place;
        let buffer = if *in_window { &self.window.buffer } else { &self.page };
        buffer.bytes.get(range.clone()).unwrap_or(&[])
    }

    /// Host memory held.
    pub(crate) fn reserved(&self) -> u64 {
        self.window.buffer.reserved() + self.page.reserved()
    }

    /// Reads the next data or dictionary page. `None` at the end of the chunk.
    pub(crate) fn next(&mut self, ledger: &mut Ledger) -> Result<Option<Page>, DatasetError> {
        loop {
            if self.window.left() == 0 {
                return Ok(None);
            }
            let header = self.header(ledger)?;
            let (compressed, uncompressed) = self.sizes(&header)?;
            ledger.charge_page(uncompressed as u64)?;
            self.window.fill(compressed, ledger)?;
            let page = match header.kind {
                0 => Page { kind: PageKind::Data, values: count(header.values)?, encoding: header.encoding },
                2 => Page {
                    kind: PageKind::Dictionary,
                    values: count(header.values)?,
                    encoding: header.encoding,
                },
                3 => {
                    let kind = PageKind::DataV2 { levels: levels_v2(&header, compressed, uncompressed)? };
                    Page { kind, values: count(header.values)?, encoding: header.encoding }
                }
                _ => {
                    self.window.consume(compressed);
                    continue;
                }
            };
            if header.kind == 0 && header.level_encoding != encoding::RLE && header.level_encoding != -1 {
                return Err(DatasetError::Unsupported("bit-packed levels".into()));
            }
            self.load(&header, page.kind, compressed, uncompressed, ledger)?;
            return Ok(Some(page));
        }
    }

    /// Parses a header, with as much of the chunk as it takes.
    fn header(&mut self, ledger: &mut Ledger) -> Result<Header, DatasetError> {
        let mut want = 512;
        loop {
            self.window.fill(want, ledger)?;
            let mut reader = Reader::new(self.window.bytes());
            match parse_header(&mut reader) {
                Ok(header) => {
                    let len = reader.position();
                    self.window.consume(len);
                    self.budget = self.budget.saturating_sub(len as u64);
                    return Ok(header);
                }
                Err(Malformed::End) if want < MAX_HEADER && (want as u64) < self.window.left() => want *= 8,
                Err(_) => return Err(DatasetError::Corrupt("a page header is malformed".into())),
            }
        }
    }

    /// Both sizes of a page: not negative, within the chunk, within its uncompressed total.
    fn sizes(&mut self, header: &Header) -> Result<(usize, usize), DatasetError> {
        let sizes = usize::try_from(header.compressed).ok().zip(usize::try_from(header.uncompressed).ok());
        match sizes {
            Some((compressed, uncompressed))
                if compressed as u64 <= self.window.left() && uncompressed as u64 <= self.budget =>
            {
                self.budget -= uncompressed as u64;
                Ok((compressed, uncompressed))
            }
            _ => Err(DatasetError::Corrupt("a page is larger than its column chunk".into())),
        }
    }

    /// Puts the page's bytes into place.
    fn load(
        &mut self,
        header: &Header,
        kind: PageKind,
        compressed: usize,
        uncompressed: usize,
        ledger: &mut Ledger,
    ) -> Result<(), DatasetError> {
        if self.codec == Codec::None || !header.is_compressed {
            if compressed != uncompressed {
                return Err(DatasetError::Corrupt("a page has two sizes but is not compressed".into()));
            }
            self.place = (true, self.window.consume(compressed));
            return Ok(());
        }
        self.page.grow(uncompressed, ledger)?;
        let input = self.window.bytes().get(..compressed).unwrap_or(&[]);
        let output = &mut self.page.bytes[..uncompressed];
        let levels = if let PageKind::DataV2 { levels } = kind { levels } else { 0 };
        let (level_bytes, values) = output.split_at_mut(levels);
        level_bytes.copy_from_slice(&input[..levels]);
        if !values.is_empty() {
            decompress(self.codec, &input[levels..], values)?;
        }
        self.window.consume(compressed);
        self.place = (false, 0..uncompressed);
        Ok(())
    }
}

fn count(values: i32) -> Result<u32, DatasetError> {
    u32::try_from(values).map_err(|_| DatasetError::Corrupt("a page has a negative number of values".into()))
}

/// Length of the levels of a version 2 page, which lie before the compressed part.
fn levels_v2(header: &Header, compressed: usize, uncompressed: usize) -> Result<usize, DatasetError> {
    match usize::try_from(header.def_len) {
        Ok(levels) if header.rep_len == 0 && levels <= compressed.min(uncompressed) => Ok(levels),
        _ => Err(DatasetError::Corrupt("a page has levels that do not fit it".into())),
    }
}

fn parse_header(reader: &mut Reader<'_>) -> Result<Header, Malformed> {
    let mut header = Header {
        kind: -1,
        uncompressed: -1,
        compressed: -1,
        values: -1,
        encoding: -1,
        level_encoding: -1,
        def_len: -1,
        rep_len: -1,
        is_compressed: true,
    };
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            1 => header.kind = reader.int32(field)?,
            2 => header.uncompressed = reader.int32(field)?,
            3 => header.compressed = reader.int32(field)?,
            5 => sub_header(reader, field, &mut header, [1, 2, 3, 0, 0, 0])?,
            7 => sub_header(reader, field, &mut header, [1, 2, 0, 0, 0, 0])?,
            8 => sub_header(reader, field, &mut header, [1, 4, 0, 5, 6, 7])?,
            _ => reader.skip(field)?,
        }
    }
    Ok(header)
}

/// The header of one kind of page; `ids` are the field numbers of: number of values, encoding,
/// encoding of the levels, bytes of definition and repetition levels, and the compressed flag.
fn sub_header(
    reader: &mut Reader<'_>,
    field: Field,
    header: &mut Header,
    ids: [i16; 6],
) -> Result<(), Malformed> {
    reader.enter(field)?;
    let mut last = 0;
    while let Some(field) = reader.field(&mut last)? {
        match ids.iter().position(|id| *id == field.id) {
            Some(0) => header.values = reader.int32(field)?,
            Some(1) => header.encoding = reader.int32(field)?,
            Some(2) => header.level_encoding = reader.int32(field)?,
            Some(3) => header.def_len = reader.int32(field)?,
            Some(4) => header.rep_len = reader.int32(field)?,
            Some(5) => header.is_compressed = reader.bool(field)?,
            _ => reader.skip(field)?,
        }
    }
    Ok(())
}
