//! A scan: the next rows of some columns of a dataset, straight into guest memory.
//!
//! The guest passes an array of destinations (see `ScanNext` in the ABI). Every range in it is
//! checked against the memory before a byte is written; a batch has at most [`BATCH`] rows, so host
//! memory does not depend on the size of the file.

use std::sync::Arc;

use super::column::Column;
use super::{Dataset, DatasetError};
use crate::imports::guest::{GuestFault, read_i32, slice_mut};
use crate::limits::Ledger;

/// Most rows of a batch.
pub const BATCH: usize = 1 << 16;

/// An open scan.
#[derive(Debug)]
pub struct Scan {
    columns: Vec<Column>,
    rows_left: u64,
}

/// Why a batch could not be read.
#[derive(Debug)]
pub enum ScanError {
    /// The data.
    Dataset(DatasetError),
    /// The guest's pointers.
    Fault(GuestFault),
}

impl From<DatasetError> for ScanError {
    fn from(error: DatasetError) -> Self {
        ScanError::Dataset(error)
    }
}

impl From<GuestFault> for ScanError {
    fn from(fault: GuestFault) -> Self {
        ScanError::Fault(fault)
    }
}

impl From<crate::limits::LimitExceeded> for ScanError {
    fn from(limit: crate::limits::LimitExceeded) -> Self {
        ScanError::Dataset(DatasetError::Limit(limit))
    }
}

impl Scan {
    /// Starts at the first row. The cursors are charged to the ledger, as is what they read later.
    pub fn open(dataset: &Dataset, columns: &[usize], ledger: &mut Ledger) -> Result<Self, DatasetError> {
        let reserved = Column::SIZE.saturating_mul(columns.len() as u64);
        ledger.reserve_host(reserved)?;
        Self::opened(dataset, columns).inspect_err(|_| ledger.release_host(reserved))
    }

    fn opened(dataset: &Dataset, columns: &[usize]) -> Result<Self, DatasetError> {
        let mut cursors = Vec::with_capacity(columns.len());
        for number in columns {
            let Some(column) = dataset.schema.columns.get(*number) else {
                return Err(DatasetError::MissingColumn(number.to_string()));
            };
            let (file, footer) = (Arc::clone(&dataset.file), Arc::clone(&dataset.footer));
            cursors.push(Column::new(file, footer, *number, column)?);
        }
        Ok(Self { columns: cursors, rows_left: dataset.rows() })
    }

    /// Reads at most `capacity` rows to the destinations at `table`; 0 at the end.
    pub fn next(
        &mut self,
        capacity: i64,
        table: i32,
        memory: &mut [u8],
        ledger: &mut Ledger,
    ) -> Result<usize, ScanError> {
        let capacity = usize::try_from(capacity).ok().filter(|rows| *rows > 0).ok_or(GuestFault::Number)?;
        let rows = (capacity.min(BATCH) as u64).min(self.rows_left) as usize;
        if rows == 0 {
            return Ok(0);
        }
        ledger.charge_rows(rows as u64)?;
        for (number, column) in self.columns.iter_mut().enumerate() {
            ledger.check_deadline()?;
            let entry = u64::from(table as u32) + 16 * number as u64;
            read_column(column, rows, entry, memory, ledger)?;
        }
        self.rows_left -= rows as u64;
        Ok(rows)
    }

    /// Text of the last batch for the column at `position` in the scan's own list.
    pub fn text(&self, position: i64) -> Result<&[u8], GuestFault> {
        let column = usize::try_from(position).ok().and_then(|position| self.columns.get(position));
        column.filter(|column| column.is_text()).map(|column| column.text.text()).ok_or(GuestFault::Number)
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> u64 {
        self.columns.len() as u64
    }

    /// Host memory held, to be given back when the scan ends.
    pub fn reserved(&self) -> u64 {
        self.columns.iter().map(Column::reserved).sum()
    }
}

/// Reads one column's part of a batch to the destination at `entry`.
fn read_column(
    column: &mut Column,
    rows: usize,
    entry: u64,
    memory: &mut [u8],
    ledger: &mut Ledger,
) -> Result<(), ScanError> {
    let values = read_i32(memory, entry)?;
    let validity = read_i32(memory, entry + 4)?;
    let offsets = read_i32(memory, entry + 8)?;
    if column.is_text() {
        column.read(rows, &mut [], ledger)?;
        let cells = slice_mut(memory, offsets, (rows as i64 + 1) * 8)?;
        write_offsets(column, rows, cells)?;
    } else {
        let cells = slice_mut(memory, values, (rows * column.cell()) as i64)?;
        column.read(rows, cells, ledger)?;
    }
    if validity != 0 {
        slice_mut(memory, validity, rows as i64)?.copy_from_slice(&column.validity);
    }
    Ok(())
}

/// Where each row's text starts, and where the last one ends. The text must be UTF-8, value by value.
fn write_offsets(column: &Column, rows: usize, cells: &mut [u8]) -> Result<(), DatasetError> {
    let not_utf8 = || DatasetError::Corrupt("a text is not UTF-8".into());
    let text = std::str::from_utf8(column.text.text()).map_err(|_| not_utf8())?;
    let (cells, _) = cells.as_chunks_mut::<8>();
    let mut ends = column.text.ends.iter();
    let mut end = 0u64;
    for (row, cell) in cells.iter_mut().enumerate() {
        *cell = end.to_le_bytes();
        if row < rows && column.validity[row] == 1 {
            end = ends.next().copied().unwrap_or(end);
            if !text.is_char_boundary(end as usize) {
                return Err(not_utf8());
            }
        }
    }
    Ok(())
}
