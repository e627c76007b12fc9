//! Proof, over finished wasm, that nothing in it can run for long without paying.
//!
//! Input: the bytes of a module. Output: nothing, or why it is refused. This file shares no code with
//! the encoder: it knows the sequences of instructions that charge, and accepts no others.
//!
//! A module passes if all of these hold.
//!
//! - **Shape.** It is valid wasm without proposals beyond SIMD, bulk memory, sign extension, saturating
//!   conversions and multiple values. It imports only what the ABI lists. It has no table, no memory of
//!   its own, no start function, no element segment, and no custom section but branch hints. Data
//!   segments are active and start at `data_base`. It exports functions only. It does not export or
//!   define `fuel` or `budget`.
//! - **Loops.** The first instructions of every `loop` are a charge of a constant from 1 to a slice.
//! - **Recursion.** Without the functions whose first instructions are such a charge, the graph of calls
//!   has no cycle. There are no indirect calls. A function that calls another unit begins with a charge.
//! - **Ladders.** The instructions outside loops that a function can reach by calls without passing a
//!   function that begins with a charge, each call counted again, are at most [`MAX_UNPAID`].
//! - **Bulk.** A copy or fill has a constant length up to [`MAX_FREE_BYTES`], or its length is the local
//!   from which a charge was computed in the same straight line of code and that was not written since.
//! - **One purse.** `fuel` is at every point either in its global or in one local of the function; which
//!   of them is the same on all ways to that point. At entry, return, and at calls of functions that
//!   touch `fuel` or belong to the embedder it is in the global: the host takes their price from there. Who
//!   imports such a function imports purse and memory. Only a charge, the load of the local from the global, and the
//!   write-back touch either; `budget` is touched only within charges. So no charge is ever undone.
//!
//! What it does not prove: that a constant is a fair price. A loop pays at least one unit a pass.

mod charge;
mod function;
#[cfg(test)]
mod tests;

use crate::abi;
use crate::artifact::imports;
use function::Callees;
use wasmparser::{DataKind, ExternalKind, FunctionBody, Operator, Parser, Payload, Validator, WasmFeatures};

/// Most instructions between two charges in straight-line code.
pub const MAX_UNPAID: u64 = 1 << 18;
/// Longest copy or fill without a charge of its own.
pub const MAX_FREE_BYTES: i32 = 1 << 16;

/// The features that modules may use.
pub const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS);

/// What one function does that its callers must know.
#[derive(Default)]
struct Facts {
    /// Whether it begins with a charge.
    pays: bool,
    /// Whether it names `fuel`, or calls another unit or the embedder.
    names_fuel: bool,
    /// Instructions outside loops.
    straight: u64,
    /// Calls of functions of this module, outside loops and inside, one for each call.
    calls: Vec<usize>,
    /// Of these, the calls outside loops.
    straight_calls: Vec<usize>,
    /// Whether it calls another unit.
    calls_entry: bool,
}

/// Checks a module.
pub fn verify_metering(wasm: &[u8]) -> Result<(), String> {
    Validator::new_with_features(FEATURES).validate_all(wasm).map_err(|e| e.to_string())?;
    let imported = imports(wasm)?;
    let (hosts, externals) = (imported.functions.len(), imported.externals.len());
    let bodies = sections(wasm)?;
    if externals > 0 && !(imported.metered && imported.memory) {
        return Err("it imports a function of the embedder, but not what pays for it".to_owned());
    }
    let places = Places {
        metered: imported.metered,
        hosts,
        externals: hosts + externals,
        imported: hosts + externals + imported.entries.len(),
    };
    let mut code = Vec::with_capacity(bodies.len());
    for body in &bodies {
        let reader = body.get_operators_reader().map_err(|e| e.to_string())?;
        let ops: Result<Vec<Operator<'_>>, _> = reader.into_iter().collect();
        code.push(ops.map_err(|e| e.to_string())?);
    }
    let facts: Vec<Facts> = code.iter().map(|ops| function::facts(ops, &places)).collect();
    for (index, facts) in facts.iter().enumerate() {
        if facts.calls_entry && !facts.pays {
            return Err(format!("function {index} calls another unit without a charge at its entry"));
        }
    }
    unpaid_work(&facts)?;
    let touching = touching(&facts);
    let callees = Callees { places: &places, touching: &touching };
    for (index, ops) in code.iter().enumerate() {
        function::check(ops, &callees).map_err(|e| format!("function {index}: {e}"))?;
    }
    Ok(())
}

/// Where imported things are in the module's index spaces.
struct Places {
    /// Whether globals 0 and 1 are `fuel` and `budget`.
    metered: bool,
    /// Functions below this index belong to the host.
    hosts: usize,
    /// Functions below this index belong to the host or to the embedder.
    externals: usize,
    /// Functions below this index are imported.
    imported: usize,
}

impl Places {
    /// The function of this module behind an index.
    fn local(&self, function: u32) -> Option<usize> {
        (function as usize).checked_sub(self.imported)
    }

    /// Whether the index is that of a function of another unit.
    fn is_entry(&self, function: u32) -> bool {
        (self.externals..self.imported).contains(&(function as usize))
    }

    /// Whether the index is that of an imported function before which `fuel` must be in its global: another
    /// unit's takes from it, and for the embedder's the host does.
    fn takes_fuel(&self, function: u32) -> bool {
        (self.hosts..self.imported).contains(&(function as usize))
    }

    /// Whether the index is that of `fuel` or `budget`.
    fn is_purse(&self, global: u32) -> bool {
        self.metered && global < 2
    }
}

/// Checks the sections; gives the function bodies.
fn sections(wasm: &[u8]) -> Result<Vec<FunctionBody<'_>>, String> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|e| e.to_string())? {
            Payload::Version { .. }
            | Payload::TypeSection(_)
            | Payload::ImportSection(_)
            | Payload::FunctionSection(_)
            | Payload::GlobalSection(_)
            | Payload::DataCountSection { .. }
            | Payload::CodeSectionStart { .. }
            | Payload::End(_) => {}
            Payload::CodeSectionEntry(body) => bodies.push(body),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(|e| e.to_string())?;
                    if export.kind != ExternalKind::Func {
                        return Err(format!("export `{}` is not a function", export.name));
                    }
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    check_data(&data.map_err(|e| e.to_string())?.kind)?;
                }
            }
            Payload::CustomSection(section) if section.name() == "metadata.code.branch_hint" => {}
            Payload::CustomSection(section) => return Err(format!("custom section `{}`", section.name())),
            Payload::StartSection { .. } => return Err("a start function".to_owned()),
            Payload::TableSection(_) | Payload::ElementSection(_) => return Err("a table".to_owned()),
            Payload::MemorySection(_) => return Err("a memory of its own".to_owned()),
            // The validator knows none of them either.
            _ => return Err("an unknown section".to_owned()),
        }
    }
    Ok(bodies)
}

fn check_data(kind: &DataKind<'_>) -> Result<(), String> {
    if let DataKind::Active { memory_index: 0, offset_expr } = kind {
        let ops: Result<Vec<_>, _> = offset_expr.get_operators_reader().into_iter().collect();
        // The only immutable global that a module imports is `data_base`.
        if let Ok([Operator::GlobalGet { .. }, Operator::End]) = ops.as_deref() {
            return Ok(());
        }
    }
    Err(format!("a data segment that is not placed at `{}`", abi::DATA_BASE))
}

/// Checks that calls between functions that do not pay at entry have no cycle and little work.
fn unpaid_work(facts: &[Facts]) -> Result<(), String> {
    // Callees first, by counting down the callees that are not done; what is left over is a cycle.
    let free = |f: &&usize| !facts[**f].pays;
    let mut waiting: Vec<usize> = facts.iter().map(|f| f.calls.iter().filter(free).count()).collect();
    let mut callers = vec![Vec::new(); facts.len()];
    for (caller, function) in facts.iter().enumerate() {
        for callee in function.calls.iter().filter(free) {
            callers[*callee].push(caller);
        }
    }
    let mut ready: Vec<usize> = (0..facts.len()).filter(|f| waiting[*f] == 0).collect();
    let mut work = vec![0u64; facts.len()];
    let mut done = 0;
    while let Some(function) = ready.pop() {
        done += 1;
        let below = facts[function].straight_calls.iter().filter(free);
        let below = below.fold(0u64, |sum, callee| sum.saturating_add(work[*callee]));
        work[function] = facts[function].straight.saturating_add(below);
        if work[function] > MAX_UNPAID && !facts[function].pays {
            return Err(format!("function {function} can do {} instructions unpaid", work[function]));
        }
        for caller in &callers[function] {
            waiting[*caller] -= 1;
            if waiting[*caller] == 0 {
                ready.push(*caller);
            }
        }
    }
    if done < facts.len() {
        let stuck = waiting.iter().position(|n| *n > 0).unwrap_or_default();
        return Err(format!("function {stuck} is on or above a cycle of calls without a charge"));
    }
    Ok(())
}

/// Which functions may read or write `fuel`, themselves or by their callees.
fn touching(facts: &[Facts]) -> Vec<bool> {
    let mut touching: Vec<bool> = facts.iter().map(|f| f.names_fuel).collect();
    loop {
        let before = touching.clone();
        for (index, function) in facts.iter().enumerate() {
            touching[index] |= function.calls.iter().any(|callee| before[*callee]);
        }
        if touching == before {
            return touching;
        }
    }
}
