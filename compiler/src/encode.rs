//! IR to WebAssembly.
//!
//! Input: a verified [`Module`]. Output: an [`Artifact`]: a core module, and beside it everything that
//! must not be in it so that equal code has equal bytes: names, places, exceptions. Total: a verified
//! module cannot fail to encode.
//!
//! Method: `plan` looks at the whole module; then each function is written by `body`, `control` and
//! `effects` (statements), `expr` and `ops` (expressions), with the charges of `meter`. The module has no name section, no
//! table, no memory of its own, no start function. It imports only what it uses, so that a function
//! of two numbers can be instantiated without a memory.
//!
//! Branches that usually go one way carry hints (`metadata.code.branch_hint`). They change the layout
//! of native code, never its meaning; without them a metered loop is up to twice as slow.

mod body;
mod control;
mod effects;
mod expr;
mod meter;
mod ops;
mod plan;
#[cfg(test)]
mod tests;
mod unread;

use crate::abi;
use crate::artifact::{Artifact, ExternalShape, FunctionInfo};
use crate::budget::CompileLimit;
use crate::guard::{Guard, Refused};
use crate::ir::{Callee, FuncId, Module, Ty};
use body::Encoded;
use plan::Plan;
use wasm_encoder::{
    BranchHints, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalType, ImportSection, MemoryType, Module as WasmModule, TypeSection, ValType,
};

/// What to leave out. Only benches leave anything out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EncodeOptions {
    /// Whether loops and recursion charge the CPU budget.
    pub meter: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions { meter: true }
    }
}

/// Indices of what functions refer to.
struct Layout {
    metered: bool,
    fuel: u32,
    budget: u32,
    data_base: u32,
    /// Index of the first module-level variable among the globals.
    first_global: u32,
    /// Index by host function, in the order of [`Plan::imports`].
    imports: Vec<abi::Import>,
    externals: u32,
    entries: u32,
}

impl Layout {
    fn new(module: &Module, plan: &Plan) -> Layout {
        let data_base = if plan.metered { 2 } else { 0 };
        Layout {
            metered: plan.metered,
            fuel: 0,
            budget: 1,
            data_base,
            first_global: data_base + u32::from(plan.data),
            imports: plan.imports.clone(),
            externals: module.externals.len() as u32,
            entries: module.entries.len() as u32,
        }
    }

    /// Index among the functions: first the host's, then the embedder's, then other
    /// units', then this module's.
    fn function_index(&self, callee: Callee) -> u32 {
        let hosts = self.imports.len() as u32;
        match callee {
            Callee::Import(import) => self.imports.iter().position(|i| *i == import).unwrap_or(0) as u32,
            Callee::External(index) => hosts + index,
            Callee::Entry(index) => hosts + self.externals + index,
            Callee::Func(id) => hosts + self.externals + self.entries + id.0,
        }
    }
}

/// Encodes a module.
pub fn encode(module: &Module) -> Artifact {
    encode_with(module, EncodeOptions::default())
}

/// Encodes a module with options.
pub fn encode_with(module: &Module, options: EncodeOptions) -> Artifact {
    let plan = plan::plan(module, options.meter);
    let layout = Layout::new(module, &plan);
    let functions: Vec<Encoded> = (0..module.functions.len())
        .map(|index| body::function(module, &layout, &plan, FuncId(index as u32)))
        .collect();
    assemble(module, plan, &layout, &functions)
}

/// Encodes a module, unless the host says stop or the code becomes larger than the budget allows.
pub fn encode_within(module: &Module, guard: &Guard<'_>) -> Result<Artifact, Refused> {
    let plan = plan::plan(module, EncodeOptions::default().meter);
    let layout = Layout::new(module, &plan);
    let mut functions: Vec<Encoded> = Vec::with_capacity(module.functions.len());
    let mut bytes = 0;
    for (index, function) in module.functions.iter().enumerate() {
        let encoded = body::function(module, &layout, &plan, FuncId(index as u32));
        bytes += encoded.bytes.len() as u64;
        let fits = guard.look().and_then(|()| guard.check(CompileLimit::WasmBytes, bytes));
        fits.map_err(|refused| Refused { function: Some(function.name.clone()), ..refused })?;
        functions.push(encoded);
    }
    let artifact = assemble(module, plan, &layout, &functions);
    guard.check(CompileLimit::WasmBytes, artifact.wasm.len() as u64)?;
    Ok(artifact)
}

/// Encoded functions -> the module around them.
fn assemble(module: &Module, plan: Plan, layout: &Layout, functions: &[Encoded]) -> Artifact {
    let mut wasm = WasmModule::new();
    let mut types = Types::default();
    let imports = import_section(module, &plan, &mut types);
    let mut declared = FunctionSection::new();
    for index in 0..module.functions.len() {
        declared.function(types.index(module.signature(Callee::Func(FuncId(index as u32)))));
    }
    wasm.section(&types.section);
    if !imports.is_empty() {
        wasm.section(&imports);
    }
    wasm.section(&declared);
    let mut exports = ExportSection::new();
    for (name, id) in &module.exports {
        exports.export(name, ExportKind::Func, layout.function_index(Callee::Func(*id)));
    }
    wasm.section(&exports);

    let mut hints = BranchHints::new();
    let mut code = CodeSection::new();
    for (index, function) in functions.iter().enumerate() {
        if !function.hints.is_empty() {
            let index = layout.function_index(Callee::Func(FuncId(index as u32)));
            hints.function_hints(index, function.hints.iter().copied());
        }
        code.raw(&function.bytes);
    }
    if !hints.is_empty() {
        wasm.section(&hints);
    }
    let code_start = wasm.len();
    wasm.section(&code);
    if !module.data.is_empty() {
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::global_get(layout.data_base), module.data.iter().copied());
        wasm.section(&data);
    }
    let starts = body_starts(code_start, &code, functions);
    artifact(module, plan, wasm.finish(), functions, &starts)
}

fn artifact(module: &Module, plan: Plan, wasm: Vec<u8>, functions: &[Encoded], starts: &[u32]) -> Artifact {
    let placed = || functions.iter().zip(starts);
    Artifact {
        wasm,
        traps: placed().flat_map(|(f, at)| f.traps.iter().map(move |(o, kind)| (o + at, *kind))).collect(),
        calls: placed().flat_map(|(f, at)| f.calls.iter().map(move |(o, loc)| (o + at, *loc))).collect(),
        sites: module.sites.clone(),
        locs: module.locs.clone(),
        functions: placed()
            .zip(&module.functions)
            .map(|((encoded, at), function)| FunctionInfo {
                name: function.name.clone(),
                start: *at,
                end: at + encoded.bytes.len() as u32,
            })
            .collect(),
        exports: module.exports.clone(),
        imports: plan.imports,
        externals: module.externals.iter().map(|e| ExternalShape::of(&e.signature)).collect(),
        entries: module.entries.iter().map(|entry| entry.name.clone()).collect(),
        data_len: module.data.len() as u32,
        needs_memory: plan.memory,
        metered: plan.metered,
        variables: module.globals.len() as u32,
        unread: unread::unread(module),
    }
}

/// Where each function's bytes begin in the finished module.
fn body_starts(code_start: usize, code: &CodeSection, functions: &[Encoded]) -> Vec<u32> {
    let count = leb_len(functions.len());
    let mut at = code_start + 1 + leb_len(count + code.byte_len()) + count;
    let mut starts = Vec::with_capacity(functions.len());
    for function in functions {
        at += leb_len(function.bytes.len());
        starts.push(at as u32);
        at += function.bytes.len();
    }
    starts
}

/// Bytes of a number in LEB128.
fn leb_len(value: usize) -> usize {
    let bits = usize::BITS - value.leading_zeros();
    bits.div_ceil(7).max(1) as usize
}

/// The type section; equal signatures share an entry.
#[derive(Default)]
struct Types {
    section: TypeSection,
    seen: Vec<(Vec<Ty>, Vec<Ty>)>,
}

impl Types {
    fn index(&mut self, signature: (Vec<Ty>, Vec<Ty>)) -> u32 {
        if let Some(index) = self.seen.iter().position(|s| *s == signature) {
            return index as u32;
        }
        let (params, results) = &signature;
        let wasm = |types: &[Ty]| -> Vec<ValType> { types.iter().map(|ty| ops::val_type(*ty)).collect() };
        self.section.ty().function(wasm(params), wasm(results));
        self.seen.push(signature);
        self.seen.len() as u32 - 1
    }
}

fn import_section(module: &Module, plan: &Plan, types: &mut Types) -> ImportSection {
    let mut section = ImportSection::new();
    if plan.memory {
        let memory =
            MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        section.import(abi::MODULE, abi::MEMORY, memory);
    }
    let global = |val_type, mutable| GlobalType { val_type, mutable, shared: false };
    if plan.metered {
        section.import(abi::MODULE, abi::FUEL, global(ValType::I64, true));
        section.import(abi::MODULE, abi::BUDGET, global(ValType::I64, true));
    }
    if plan.data {
        section.import(abi::MODULE, abi::DATA_BASE, global(ValType::I32, false));
    }
    for (index, variable) in module.globals.iter().enumerate() {
        let ty = global(ops::val_type(variable.ty), true);
        section.import(abi::VARIABLE_MODULE, &index.to_string(), ty);
    }
    for import in &plan.imports {
        let ty = types.index((import.params().to_vec(), import.results().to_vec()));
        section.import(abi::MODULE, import.name(), EntityType::Function(ty));
    }
    for (index, external) in module.externals.iter().enumerate() {
        let ty = types.index(external.signature.scalars());
        section.import(abi::external::MODULE, &index.to_string(), EntityType::Function(ty));
    }
    for entry in &module.entries {
        let ty = types.index((entry.params.clone(), entry.results.clone()));
        section.import(abi::ENTRY_MODULE, &entry.name, EntityType::Function(ty));
    }
    section
}
