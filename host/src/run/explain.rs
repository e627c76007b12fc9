//! How a guest ended → whose fault it was: the program's exception, a limit, a refusal or our own fault, with
//! the program's places.

use std::time::Duration;

use ovenbird_compiler::abi;
use ovenbird_compiler::artifact::TrapKind;
use ovenbird_compiler::ir::Message;
use wasmtime::{Store, Trap, WasmBacktrace};

use super::instantiate::Shared;
use super::{Group, Tenant, Usage};
use crate::decode::read_start;
use crate::engine::Engine;
use crate::error::{Error, Raised};
use crate::external::{HostFunctionError, Problem};
use crate::imports::{HostError, StoreData, format_f64};
use crate::io::DatasetError;
use crate::limits::{LimitExceeded, LimitKind};
use crate::traceback::{Frame, shortened};

/// Most lines of a traceback, the innermost.
const MAX_TRACEBACK: usize = 100;

impl Group {
    /// A wasmtime error -> whose fault it was, with the program's places.
    pub(super) fn explain(
        &self,
        engine: &Engine,
        store: &mut Store<StoreData>,
        shared: &Shared,
        tenant: &Tenant,
        usage: &Usage,
        error: wasmtime::Error,
    ) -> Error {
        let frames: Vec<(usize, u32)> = error
            .downcast_ref::<WasmBacktrace>()
            .map(|trace| {
                trace
                    .frames()
                    .iter()
                    .filter_map(|frame| {
                        let code = frame.module().image_range();
                        let unit = self.units.iter().position(|u| {
                            u.native.loaded().is_some_and(|module| module.image_range() == code)
                        })?;
                        Some((unit, u32::try_from(frame.module_offset()?).ok()?))
                    })
                    .collect()
            })
            .unwrap_or_default();
        let mut traceback: Vec<Frame> = Vec::new();
        for (unit, offset) in frames.iter().rev() {
            let unit = &self.units[*unit];
            if let Some(loc) = unit.artifact.loc_at(*offset) {
                traceback.extend(unit.places.frames(&unit.artifact, loc, &self.sources));
            }
            // On the way, so that it is never much longer.
            traceback.drain(..traceback.len().saturating_sub(MAX_TRACEBACK));
        }
        if let Some(host) = error.downcast_ref::<HostError>() {
            return host_error(host, most_message(tenant), traceback);
        }
        let limits = &tenant.limits;
        let limit = |which, used, allowed| LimitExceeded { which, used, allowed };
        match error.downcast_ref::<Trap>() {
            // In loops the encoder raises by a load that is out of bounds, which the code generator can
            // see past when it hoists; the artifact knows which ones are meant.
            Some(Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds) => {}
            Some(Trap::StackOverflow) => {
                let allowed = engine.stack_bytes() as u64;
                traceback.truncate(8);
                return Error::Limit { limit: limit(LimitKind::Stack, allowed, allowed), traceback };
            }
            Some(trap) => return Error::Internal(format!("the guest trapped: {trap}")),
            None => return Error::Internal(format!("{error:#}")),
        }
        let trap = frames.first().and_then(|(unit, offset)| {
            let artifact = &self.units[*unit].artifact;
            artifact.trap_at(*offset).map(|trap| (artifact, trap))
        });
        match trap {
            Some((_, TrapKind::OutOfFuel)) => {
                let allowed = limits.cpu_units;
                Error::Limit { limit: limit(LimitKind::Cpu, allowed, allowed), traceback }
            }
            Some((_, TrapKind::Interrupted)) => {
                let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
                let which = limit(LimitKind::Deadline, nanos(usage.wall), nanos(limits.deadline));
                Error::Limit { limit: which, traceback }
            }
            Some((artifact, TrapKind::Raise { site, floats })) => {
                if let Some(limit) = store.data().limiter.refused() {
                    return Error::Limit { limit, traceback };
                }
                let Some((exception, message)) = artifact.exception(site) else {
                    return Error::Internal("an exception without a name".to_owned());
                };
                let bytes = shared.memory.map_or(&[][..], |memory| memory.data(&*store));
                let most = most_message(tenant);
                let message = raise_message(bytes, message, floats, most);
                Error::Raised(Box::new(Raised::within(most, exception, message, traceback)))
            }
            None => Error::Internal(format!("the guest trapped at an unknown place: {error:#}")),
        }
    }
}

/// Most bytes of an exception's text: it is output of the guest that no other limit bounds.
fn most_message(tenant: &Tenant) -> usize {
    usize::try_from(tenant.limits.output_bytes).unwrap_or(usize::MAX).min(Raised::MAX_MESSAGE)
}

/// An exception's text from its site and the slots that the guest filled; if it is longer than `most`, only its beginning.
fn raise_message(memory: &[u8], message: &Message, floats: u8, most: usize) -> String {
    let slot = |i: usize| -> u64 {
        let at = abi::TRAP_ARGS as usize + 8 * i;
        memory.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    };
    match message {
        Message::Dynamic => match slot(0) as u32 {
            0 => String::new(),
            address => read_start(memory, address, most).unwrap_or_default(),
        },
        Message::Template(template) => {
            let mut text = shortened(template, most);
            for i in 0..4 {
                let shown = if floats & (1 << i) != 0 {
                    format_f64(f64::from_bits(slot(i)), b'r', 0).unwrap_or_default()
                } else {
                    (slot(i) as i64).to_string()
                };
                text = text.replace(&format!("{{{i}}}"), &shown);
            }
            text
        }
    }
}

fn host_error(error: &HostError, most: usize, traceback: Vec<Frame>) -> Error {
    match error {
        HostError::Limit(limit) => Error::Limit { limit: *limit, traceback },
        HostError::Denied { .. } => Error::Denied(error.to_string()),
        HostError::Dataset {
            error: DatasetError::Access(crate::grants::AccessError::Denied { .. }), ..
        } => Error::Denied(error.to_string()),
        HostError::Output(_) => Error::Io(error.to_string()),
        HostError::External { function, problem } => match problem {
            Problem::Raised(failure) => {
                let (exception, message) = (failure.exception(), failure.message().to_owned());
                Error::Raised(Box::new(Raised::within(most, exception, message, traceback)))
            }
            Problem::Panicked => {
                let function = function.path();
                Error::Host { error: Box::new(HostFunctionError::Panicked { function }), traceback }
            }
            Problem::Fault(_) => Error::Internal(error.to_string()),
            Problem::Forbidden => Error::Denied(error.to_string()),
        },
        HostError::Fault { .. } => Error::Internal(error.to_string()),
        HostError::Dataset { .. } | HostError::Value(_) => match error.exception() {
            Some((exception, message)) => {
                Error::Raised(Box::new(Raised::within(most, exception, message, traceback)))
            }
            None => Error::Internal(error.to_string()),
        },
    }
}
