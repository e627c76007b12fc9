//! Host functions for output, the clock, and floats as text.

use std::time::{SystemTime, UNIX_EPOCH};

use ovenbird_compiler::abi::Import;

use super::format::{format_f64, parse_f64};
use super::guest::{GuestFault, slice, slice_mut};
use super::{HostError, HostState, Output};

/// Longest text that [`parse`] looks at; it is copied once.
const PARSED_TEXT: i64 = 1 << 20;

/// Most bytes that [`format`] writes.
pub(crate) const FORMAT_BUFFER: usize = 400;

pub(crate) fn print(state: &mut HostState, memory: &[u8], ptr: i32, len: i64) -> Result<(), HostError> {
    let bytes = slice(memory, ptr, len).map_err(|fault| HostError::Fault { import: Import::Print, fault })?;
    state.ledger.charge_output(bytes.len() as u64)?;
    // What is no UTF-8 is longer when it is shown.
    let text = String::from_utf8_lossy(bytes);
    state.ledger.charge_output((text.len() - bytes.len()) as u64)?;
    state.output.print(text.as_bytes()).map_err(|error| HostError::Output(error.kind()))?;
    if matches!(state.output, Output::Stream(_)) {
        // It may have blocked on a slow reader.
        state.ledger.check_deadline()?;
    }
    state.work_on_bytes(bytes.len())
}

pub(crate) fn time(state: &mut HostState) -> Result<f64, HostError> {
    if !state.grants.has_clock() {
        return Err(HostError::Denied { capability: "the clock" });
    }
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()))
}

pub(crate) fn format(
    memory: &mut [u8],
    value: f64,
    kind: i64,
    precision: i64,
    buffer: i32,
) -> Result<i64, HostError> {
    let fault = |fault| HostError::Fault { import: Import::FormatF64, fault };
    let kind = u8::try_from(kind).map_err(|_| fault(GuestFault::Number))?;
    let precision = usize::try_from(precision).map_err(|_| fault(GuestFault::Number))?;
    let too_long = || HostError::Value("format precision is too large");
    if precision > FORMAT_BUFFER {
        return Err(too_long());
    }
    let text = format_f64(value, kind, precision).ok_or(fault(GuestFault::Number))?;
    if text.len() > FORMAT_BUFFER {
        return Err(too_long());
    }
    slice_mut(memory, buffer, text.len() as i64).map_err(fault)?.copy_from_slice(text.as_bytes());
    Ok(text.len() as i64)
}

pub(crate) fn parse(
    state: &mut HostState,
    memory: &mut [u8],
    ptr: i32,
    len: i64,
    out: i32,
) -> Result<i64, HostError> {
    let fault = |fault| HostError::Fault { import: Import::ParseF64, fault };
    if len > PARSED_TEXT {
        return Err(HostError::Value("the text is too long for a number"));
    }
    state.work_on_bytes(usize::try_from(len).unwrap_or(0))?;
    let text = super::guest::text(memory, ptr, len).map_err(fault)?;
    let Some(value) = parse_f64(text) else { return Ok(0) };
    slice_mut(memory, out, 8).map_err(fault)?.copy_from_slice(&value.to_le_bytes());
    Ok(1)
}
