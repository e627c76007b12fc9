//! Host functions for datasets and scans: handles of the guest -> open files of the host.
//!
//! A path that is opened twice in a run gives the same handle, so that a run sees one state of a
//! file. Handles count from 1.

use ovenbird_compiler::abi::Import;

use super::guest::{GuestFault, slice, slice_mut, text};
use super::{HostError, HostState};
use crate::io::{Dataset, DatasetError, Scan, ScanError};

/// CPU units for opening a column, or for a batch.
const COLUMN_WORK: u64 = 500;

/// A dataset of the run.
#[derive(Debug)]
pub(crate) struct OpenDataset {
    path: String,
    dataset: Dataset,
}

#[cfg(test)]
impl OpenDataset {
    /// What is open.
    pub(super) fn dataset(&self) -> &Dataset {
        &self.dataset
    }
}

/// A scan of the run, and the dataset that it reads.
#[derive(Debug)]
pub(crate) struct OpenScan {
    scan: Scan,
    dataset: usize,
}

/// Index of a handle.
fn index(handle: i64) -> Option<usize> {
    usize::try_from(handle).ok()?.checked_sub(1)
}

pub(crate) fn dataset_open(
    state: &mut HostState,
    memory: &[u8],
    ptr: i32,
    len: i64,
    fingerprint: i64,
) -> Result<i64, HostError> {
    let path =
        text(memory, ptr, len).map_err(|fault| HostError::Fault { import: Import::DatasetOpen, fault })?;
    let known = state.datasets.iter().position(|open| open.path == path);
    let (number, dataset) = match known {
        Some(number) => (number, &state.datasets[number].dataset),
        None => {
            state.ledger.charge_file(state.datasets.len() as u64)?;
            let dataset = match state.preopened.remove(path) {
                Some(dataset) => dataset,
                None => Dataset::open(&state.grants, path, &mut state.ledger)
                    .map_err(|error| HostError::dataset(path, error))?,
            };
            state.datasets.push(OpenDataset { path: path.to_owned(), dataset });
            let number = state.datasets.len() - 1;
            (number, &state.datasets[number].dataset)
        }
    };
    if dataset.schema().fingerprint() != fingerprint as u64 {
        return Err(HostError::dataset(path, DatasetError::SchemaChanged));
    }
    Ok(number as i64 + 1)
}

fn dataset(state: &HostState, handle: i64, import: Import) -> Result<(usize, &OpenDataset), HostError> {
    let number = index(handle).ok_or(HostError::Fault { import, fault: GuestFault::Number })?;
    let open = state.datasets.get(number).ok_or(HostError::Fault { import, fault: GuestFault::Number })?;
    Ok((number, open))
}

pub(crate) fn dataset_rows(state: &HostState, handle: i64) -> Result<i64, HostError> {
    let (_, open) = dataset(state, handle, Import::DatasetRows)?;
    i64::try_from(open.dataset.rows())
        .map_err(|_| HostError::dataset(&open.path, DatasetError::TooLarge("its number of rows".into())))
}

pub(crate) fn scan_open(
    state: &mut HostState,
    memory: &[u8],
    handle: i64,
    columns: i32,
    count: i64,
) -> Result<i64, HostError> {
    let fault = |fault| HostError::Fault { import: Import::ScanOpen, fault };
    let (number, open) = dataset(state, handle, Import::ScanOpen)?;
    let (dataset, path) = (open.dataset.clone(), open.path.clone());
    if count < 0 || count > dataset.schema().columns.len() as i64 {
        return Err(fault(GuestFault::Number));
    }
    let (cells, _) = slice(memory, columns, count * 8).map_err(fault)?.as_chunks::<8>();
    let numbers: Result<Vec<usize>, _> = cells
        .iter()
        .map(|cell| usize::try_from(i64::from_le_bytes(*cell)).map_err(|_| fault(GuestFault::Number)))
        .collect();
    let in_use = state.scans.iter().filter(|scan| scan.is_some()).count();
    state.ledger.charge_scan(in_use as u64)?;
    let scan = Scan::open(&dataset, &numbers?, &mut state.ledger)
        .map_err(|error| HostError::dataset(&path, error))?;
    state.work(COLUMN_WORK * (count as u64 + 1))?;
    let entry = Some(OpenScan { scan, dataset: number });
    let free = state.scans.iter().position(Option::is_none);
    let slot = free.unwrap_or_else(|| {
        state.scans.push(None);
        state.scans.len() - 1
    });
    state.scans[slot] = entry;
    Ok(slot as i64 + 1)
}

fn scan(state: &HostState, handle: i64, import: Import) -> Result<&OpenScan, HostError> {
    let slot = index(handle).and_then(|slot| state.scans.get(slot)).and_then(Option::as_ref);
    slot.ok_or(HostError::Fault { import, fault: GuestFault::Number })
}

pub(crate) fn scan_next(
    state: &mut HostState,
    memory: &mut [u8],
    handle: i64,
    capacity: i64,
    table: i32,
) -> Result<i64, HostError> {
    let fault = |fault| HostError::Fault { import: Import::ScanNext, fault };
    let slot = index(handle).and_then(|slot| state.scans.get_mut(slot)).and_then(Option::as_mut);
    let open = slot.ok_or(fault(GuestFault::Number))?;
    let rows = open.scan.next(capacity, table, memory, &mut state.ledger).map_err(|error| match error {
        ScanError::Fault(kind) => fault(kind),
        ScanError::Dataset(error) => {
            HostError::dataset(state.datasets.get(open.dataset).map_or("", |open| &open.path), error)
        }
    })?;
    let cells = rows as u64 * open.scan.width();
    state.work(COLUMN_WORK + cells)?;
    Ok(rows as i64)
}

pub(crate) fn scan_text_len(state: &HostState, handle: i64, column: i64) -> Result<i64, HostError> {
    let open = scan(state, handle, Import::ScanTextLen)?;
    let text =
        open.scan.text(column).map_err(|fault| HostError::Fault { import: Import::ScanTextLen, fault })?;
    Ok(text.len() as i64)
}

pub(crate) fn scan_text(
    state: &mut HostState,
    memory: &mut [u8],
    handle: i64,
    column: i64,
    to: i32,
) -> Result<(), HostError> {
    let fault = |fault| HostError::Fault { import: Import::ScanText, fault };
    let text = scan(state, handle, Import::ScanText)?.scan.text(column).map_err(fault)?;
    slice_mut(memory, to, text.len() as i64).map_err(fault)?.copy_from_slice(text);
    let bytes = text.len();
    state.work_on_bytes(bytes)
}

pub(crate) fn scan_close(state: &mut HostState, handle: i64) -> Result<(), HostError> {
    let slot = index(handle).and_then(|slot| state.scans.get_mut(slot)).and_then(Option::take);
    let open = slot.ok_or(HostError::Fault { import: Import::ScanClose, fault: GuestFault::Number })?;
    state.ledger.release_host(open.scan.reserved());
    Ok(())
}
