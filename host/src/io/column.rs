//! A cursor over one column of a dataset, across pages and row groups.
//!
//! [`Column::read`] writes the next rows to a destination and leaves the validity of each in a
//! scratch buffer. Memory is that of one page, its dictionary and one batch of flags.

use std::fs::File;
use std::sync::Arc;

use ovenbird_compiler::schema::DType;

use super::DatasetError;
use super::footer::Footer;
use super::page::{PageKind, PageReader};
use super::rle::Hybrid;
use super::values::{Dictionary, TextBatch, Values, Widen, prefixed};
use crate::limits::Ledger;

/// What a null becomes in a cell of eight bytes.
fn null_cell(dtype: &DType) -> u64 {
    match dtype {
        DType::Float32 | DType::Float64 => f64::NAN.to_bits(),
        // NumPy's "not a time".
        DType::Datetime { .. } => i64::MIN as u64,
        _ => 0,
    }
}

/// How values of a type are stored and widened.
fn widen(dtype: &DType, wide: bool, int96: bool) -> Result<Widen, DatasetError> {
    let int = |bits, signed| Widen::Int { wide, bits, signed };
    Ok(match dtype {
        DType::Bool => Widen::Bool,
        DType::Int8 => int(8, true),
        DType::Int16 => int(16, true),
        DType::Int32 => int(32, true),
        DType::Int64 => int(64, true),
        DType::Uint8 => int(8, false),
        DType::Uint16 => int(16, false),
        DType::Uint32 => int(32, false),
        DType::Float32 => Widen::F32,
        DType::Float64 => Widen::F64,
        DType::Datetime { .. } if int96 => Widen::Int96,
        DType::Datetime { .. } => int(64, true),
        DType::Str => Widen::Str,
        DType::Unsupported(what) => return Err(DatasetError::Unsupported(what.clone())),
    })
}

/// A position in a column.
#[derive(Debug)]
pub(crate) struct Column {
    footer: Arc<Footer>,
    name: String,
    leaf: usize,
    widen: Widen,
    null: u64,
    optional: bool,
    nullable: bool,
    /// Next row group to open, and rows left in the current one and in the current page.
    next_group: usize,
    group_left: u64,
    page_left: usize,
    pages: PageReader,
    levels: Option<Hybrid>,
    values: Values,
    dictionary: Dictionary,
    /// 1 for every row of the last batch that is not null.
    pub(crate) validity: Vec<u8>,
    /// Host memory reserved for flags and ends of a batch.
    scratch: u64,
    /// Text of the last batch.
    pub(crate) text: TextBatch,
}

impl Column {
    /// A cursor at the first row. `number` counts top-level fields; `column` is its schema entry.
    pub(crate) fn new(
        file: Arc<File>,
        footer: Arc<Footer>,
        number: usize,
        column: &ovenbird_compiler::schema::Column,
    ) -> Result<Self, DatasetError> {
        use super::footer::Physical;
        let Some(field) = footer.fields.get(number) else {
            return Err(DatasetError::MissingColumn(number.to_string()));
        };
        let wide = field.physical == Some(Physical::Int64);
        let widen = widen(&column.dtype, wide, field.physical == Some(Physical::Int96))?;
        Ok(Self {
            name: field.name.clone(),
            leaf: field.leaf,
            optional: field.optional,
            widen,
            null: null_cell(&column.dtype),
            nullable: column.has_nulls,
            footer,
            next_group: 0,
            group_left: 0,
            page_left: 0,
            pages: PageReader::new(file),
            levels: None,
            values: Values::Plain { at: 0, end: 0 },
            dictionary: Dictionary::default(),
            validity: Vec::new(),
            scratch: 0,
            text: TextBatch::default(),
        })
    }

    /// Bytes of a cell in guest memory; text has none.
    pub(crate) fn cell(&self) -> usize {
        if self.is_text() { 0 } else { self.widen.cell() }
    }

    /// Whether the values are text.
    pub(crate) fn is_text(&self) -> bool {
        self.widen == Widen::Str
    }

    /// Host memory that a cursor takes before it has read anything.
    pub(crate) const SIZE: u64 = 2 * size_of::<Column>() as u64;

    /// Host memory held.
    pub(crate) fn reserved(&self) -> u64 {
        Self::SIZE + self.pages.reserved() + self.dictionary.reserved() + self.text.reserved() + self.scratch
    }

    /// Reads the next `rows` rows, which the column must have: cells to `out`, or text to the batch.
    pub(crate) fn read(
        &mut self,
        rows: usize,
        out: &mut [u8],
        ledger: &mut Ledger,
    ) -> Result<(), DatasetError> {
        let scratch = rows as u64 * if self.is_text() { 9 } else { 1 };
        if scratch > self.scratch {
            ledger.reserve_host(scratch - self.scratch)?;
            self.scratch = scratch;
        }
        self.validity.clear();
        self.validity.resize(rows, 1);
        self.text.clear();
        let cell = self.cell();
        let mut done = 0;
        while done < rows {
            if self.page_left == 0 {
                self.next_page(ledger)?;
                continue;
            }
            let count = self.page_left.min(rows - done);
            let cells = out.get_mut(done * cell..(done + count) * cell).unwrap_or(&mut []);
            self.read_part(done, count, cells, ledger)?;
            self.page_left -= count;
            self.group_left -= count as u64;
            done += count;
        }
        Ok(())
    }

    /// Reads `count` rows of the current page, the first of which is row `first` of the batch.
    fn read_part(
        &mut self,
        first: usize,
        count: usize,
        out: &mut [u8],
        ledger: &mut Ledger,
    ) -> Result<(), DatasetError> {
        let page = self.pages.bytes();
        let flags = &mut self.validity[first..first + count];
        let valid = match &mut self.levels {
            Some(levels) => levels.read_flags(page, flags)?,
            None => count,
        };
        if valid < count && !self.nullable {
            return Err(DatasetError::Corrupt(format!(
                "column '{}' has nulls where its statistics say that it has none",
                self.name
            )));
        }
        if self.widen == Widen::Str {
            return self.values.read_text(page, &self.dictionary, &mut self.text, valid, ledger);
        }
        self.values.read(page, &self.dictionary, self.widen, out, valid)?;
        if valid < count {
            if self.widen == Widen::Bool {
                spread(out, flags, valid, [0]);
            } else {
                spread(out, flags, valid, self.null.to_le_bytes());
            }
        }
        Ok(())
    }

    /// Loads the next data page, and its dictionary or row group if they come first.
    fn next_page(&mut self, ledger: &mut Ledger) -> Result<(), DatasetError> {
        while self.group_left == 0 {
            let footer = Arc::clone(&self.footer);
            let Some(group) = footer.groups.get(self.next_group) else {
                return Err(DatasetError::Corrupt("a column ends before its rows do".into()));
            };
            self.next_group += 1;
            if let Some(chunk) = group.chunks.get(self.leaf).filter(|_| group.rows > 0) {
                self.pages.open(chunk)?;
                self.dictionary.clear();
                self.group_left = group.rows;
            }
        }
        let Some(page) = self.pages.next(ledger)? else {
            return Err(DatasetError::Corrupt("a column chunk ends before its rows do".into()));
        };
        let levels = match page.kind {
            PageKind::Dictionary => {
                return self.dictionary.load(self.pages.bytes(), page.values, self.widen, ledger);
            }
            PageKind::DataV2 { levels } => Some(levels),
            PageKind::Data => None,
        };
        if u64::from(page.values) > self.group_left {
            return Err(DatasetError::Corrupt("a page has more values than its row group has rows".into()));
        }
        let bytes = self.pages.bytes();
        let (level_range, start) = match levels {
            Some(len) => ((0, len), len),
            None if self.optional => {
                let range = prefixed(bytes, 0)?;
                (range, range.1)
            }
            None => ((0, 0), 0),
        };
        self.levels = if self.optional { Some(Hybrid::new(level_range.0, level_range.1, 1)?) } else { None };
        self.values = if page.values == 0 {
            Values::Plain { at: 0, end: 0 }
        } else {
            Values::new(bytes, start, page.values, page.encoding, self.widen, &self.dictionary)?
        };
        self.page_left = page.values as usize;
        Ok(())
    }
}

/// Moves `valid` values at the start of `out` to the rows whose flag is set, and fills the others.
fn spread<const N: usize>(out: &mut [u8], flags: &[u8], valid: usize, null: [u8; N]) {
    let (cells, _) = out.as_chunks_mut::<N>();
    let mut from = valid;
    for row in (0..flags.len().min(cells.len())).rev() {
        if flags[row] == 1 && from > 0 {
            from -= 1;
            cells[row] = cells[from];
        } else {
            cells[row] = null;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_move_to_their_rows() {
        let mut out = [1, 2, 3, 9, 9];
        spread(&mut out, &[0, 1, 1, 0, 1], 3, [7]);
        assert_eq!(out, [7, 1, 2, 7, 3]);
    }
}
