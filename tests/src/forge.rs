//! Wasm that no compiler of ours makes, in the place of what it made: which calls, with which arguments → an artifact
//! that is whole, valid and metered, and does just that.
//!
//! So a test can be a guest that has taken over the compiler, or one whose sealed code is somebody else's: whatever it
//! calls, the wall around the host's functions has to hold.

use ovenbird_compiler::abi::{self, Import, SLICE};
use ovenbird_compiler::artifact::{Artifact, ExternalShape, FunctionInfo};
use ovenbird_compiler::ir::{FuncId, Ty};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalType,
    ImportSection, InstructionSink, MemArg, MemoryType, Module, TypeSection, ValType,
};

/// A local of the forged function: an i64.
pub const NUMBER: u32 = 0;
/// Another, which counts the passes of [`repeat`].
pub const COUNT: u32 = 1;

/// Global of the units of a slice.
const FUEL: u32 = 0;
/// Global of the units beyond it.
const BUDGET: u32 = 1;

fn wasm_type(ty: &Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F64 => ValType::F64,
        Ty::V128 => ValType::V128,
    }
}

fn of_letters(letters: &str) -> Vec<ValType> {
    let ty = |letter| match letter {
        'i' => ValType::I32,
        'l' => ValType::I64,
        _ => ValType::F64,
    };
    letters.chars().map(ty).collect()
}

/// Number of a host function in a forged unit.
pub fn host(import: Import) -> u32 {
    Import::ALL.iter().position(|known| *known == import).expect("it is in the table") as u32
}

/// Number of a function of the embedder in a forged unit.
pub fn external(number: u32) -> u32 {
    Import::ALL.len() as u32 + number
}

/// Eight bytes to an address.
pub fn store(out: &mut InstructionSink<'_>, address: i32, value: i64) {
    let place = MemArg { offset: 0, align: 3, memory_index: 0 };
    out.i32_const(address).i64_const(value).i64_store(place);
}

/// A text, without a header, to an address.
pub fn store_text(out: &mut InstructionSink<'_>, address: i32, text: &[u8]) {
    for (at, piece) in text.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..piece.len()].copy_from_slice(piece);
        store(out, address + 8 * at as i32, i64::from_le_bytes(word));
    }
}

/// Does something so many times; each pass pays one unit, so that the verifier has nothing to say.
pub fn repeat(out: &mut InstructionSink<'_>, times: i64, what: impl Fn(&mut InstructionSink<'_>)) {
    out.i64_const(times).local_set(COUNT).loop_(BlockType::Empty);
    charge(out);
    what(out);
    out.local_get(COUNT).i64_const(1).i64_sub().local_tee(COUNT).i64_const(0).i64_gt_s().br_if(0).end();
}

/// The charge of one unit, as `compiler/src/metering/charge.rs` knows it.
fn charge(out: &mut InstructionSink<'_>) {
    let arg = |offset: u32| MemArg { offset: offset.into(), align: 2, memory_index: 0 };
    out.global_get(FUEL).i64_const(1).i64_lt_s().if_(BlockType::Empty);
    out.i32_const(0).i32_load(arg(abi::INTERRUPT)).i32_eqz().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    out.global_get(BUDGET).i64_const(SLICE).i64_sub().global_set(BUDGET);
    out.global_get(BUDGET).i64_const(0).i64_ge_s().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    out.global_get(FUEL).i64_const(SLICE).i64_add().global_set(FUEL).end();
    out.global_get(FUEL).i64_const(1).i64_sub().global_set(FUEL);
}

/// A unit of no parameters that returns an int, imports every host function and these of the embedder, and whose body
/// and allocator are what is written.
pub fn unit(
    externals: &[ExternalShape],
    body: impl Fn(&mut InstructionSink<'_>),
    alloc: impl Fn(&mut InstructionSink<'_>),
) -> Artifact {
    unit_of("", externals, body, alloc)
}

/// The same with parameters, by their letters; locals come after them.
pub fn unit_of(
    params: &str,
    externals: &[ExternalShape],
    body: impl Fn(&mut InstructionSink<'_>),
    alloc: impl Fn(&mut InstructionSink<'_>),
) -> Artifact {
    let mut types = TypeSection::new();
    types.ty().function(of_letters(params), [ValType::I64]);
    types.ty().function([ValType::I64], [ValType::I32]);
    let mut imports = ImportSection::new();
    let memory =
        MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
    let counter = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    imports.import(abi::MODULE, abi::MEMORY, memory);
    imports.import(abi::MODULE, abi::FUEL, counter);
    imports.import(abi::MODULE, abi::BUDGET, counter);
    for (number, import) in Import::ALL.iter().enumerate() {
        types.ty().function(import.params().iter().map(wasm_type), import.results().iter().map(wasm_type));
        imports.import(abi::MODULE, import.name(), EntityType::Function(2 + number as u32));
    }
    for (number, shape) in externals.iter().enumerate() {
        types.ty().function(of_letters(&shape.params), of_letters(&shape.results));
        let ty = EntityType::Function(2 + external(number as u32));
        imports.import(abi::external::MODULE, &number.to_string(), ty);
    }
    let main = external(externals.len() as u32);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut exports = ExportSection::new();
    exports.export(abi::MAIN, ExportKind::Func, main).export(abi::ALLOC, ExportKind::Func, main + 1);
    let mut code = CodeSection::new();
    let mut function = Function::new([(2, ValType::I64)]);
    body(&mut function.instructions());
    function.instructions().end();
    let mut allocator = Function::new([]);
    alloc(&mut allocator.instructions());
    allocator.instructions().end();
    code.function(&function).function(&allocator);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    artifact(module.finish(), externals)
}

/// The tables around a module that is made like [`unit`].
fn artifact(wasm: Vec<u8>, externals: &[ExternalShape]) -> Artifact {
    let function = |name: &str| FunctionInfo { name: name.to_owned(), start: 0, end: 0 };
    Artifact {
        wasm,
        traps: Vec::new(),
        calls: Vec::new(),
        sites: Vec::new(),
        locs: Vec::new(),
        functions: vec![function("f"), function("alloc")],
        exports: vec![(abi::MAIN.to_owned(), FuncId(0)), (abi::ALLOC.to_owned(), FuncId(1))],
        imports: Import::ALL.to_vec(),
        externals: externals.to_vec(),
        entries: Vec::new(),
        data_len: 0,
        needs_memory: true,
        metered: true,
        variables: 0,
        unread: Vec::new(),
    }
}

/// An allocator that always gives the same address.
pub fn always(address: i32) -> impl Fn(&mut InstructionSink<'_>) {
    move |out| {
        out.i32_const(address);
    }
}
