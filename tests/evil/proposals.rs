//! Modules that use what the encoder never emits: wasmtime refuses each as not enabled, before any code is made, and
//! the verifier of metering does so by itself.

use ovenbird::engine_config::{EngineOptions, new_engine};
use ovenbird::native::Native;
use ovenbird_compiler::metering::verify_metering;
use wasm_encoder::{
    CodeSection, Function, FunctionSection, InstructionSink, MemArg, MemorySection, MemoryType, Module,
    TagKind, TagSection, TagType, TypeSection, ValType,
};

use crate::{Case, case, shown};

/// A module with one function of no parameters that gives a value of `result`.
fn module(
    types: impl Fn(&mut TypeSection),
    memories: &[MemoryType],
    tags: bool,
    result: Option<ValType>,
    body: impl Fn(&mut InstructionSink<'_>),
) -> Vec<u8> {
    let mut section = TypeSection::new();
    section.ty().function([], result);
    types(&mut section);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memory = MemorySection::new();
    memories.iter().for_each(|ty| {
        memory.memory(*ty);
    });
    let mut code = CodeSection::new();
    let mut function = Function::new([]);
    body(&mut function.instructions());
    function.instructions().end();
    code.function(&function);
    let mut module = Module::new();
    module.section(&section).section(&functions);
    if !memories.is_empty() {
        module.section(&memory);
    }
    if tags {
        let mut tags = TagSection::new();
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 1 });
        module.section(&tags);
    }
    module.section(&code);
    module.finish()
}

fn memory() -> MemoryType {
    MemoryType { minimum: 1, maximum: Some(2), memory64: false, shared: false, page_size_log2: None }
}

fn at() -> MemArg {
    MemArg { offset: 0, align: 2, memory_index: 0 }
}

/// Modules by the proposal that they need.
fn modules() -> Vec<(&'static str, Vec<u8>)> {
    let none = |_: &mut TypeSection| {};
    let int = Some(ValType::I32);
    let plain = |memories: &[MemoryType]| {
        module(none, memories, false, int, |code| {
            code.i32_const(0);
        })
    };
    vec![
        ("none", plain(&[])),
        ("shared_memory", plain(&[MemoryType { shared: true, ..memory() }])),
        (
            "atomics",
            module(none, &[memory()], false, int, |code| {
                code.i32_const(0).i32_atomic_load(at());
            }),
        ),
        ("memory64", plain(&[MemoryType { memory64: true, ..memory() }])),
        ("two_memories", plain(&[memory(), memory()])),
        ("page_sizes", plain(&[MemoryType { page_size_log2: Some(0), ..memory() }])),
        (
            "tail_call",
            module(none, &[], false, int, |code| {
                code.return_call(0);
            }),
        ),
        (
            "relaxed_simd",
            module(none, &[], false, Some(ValType::V128), |code| {
                code.v128_const(1).v128_const(2).i8x16_relaxed_swizzle();
            }),
        ),
        (
            "exceptions",
            module(
                |types| {
                    types.ty().function([], []);
                },
                &[],
                true,
                int,
                |code| {
                    code.throw(0);
                },
            ),
        ),
        (
            "garbage_collection",
            module(
                |types| {
                    types.ty().struct_([]);
                },
                &[],
                false,
                int,
                |code| {
                    code.struct_new(1).drop().i32_const(0);
                },
            ),
        ),
        (
            "wide_arithmetic",
            module(none, &[], false, int, |code| {
                code.i64_const(1)
                    .i64_const(2)
                    .i64_const(3)
                    .i64_const(4)
                    .i64_add128()
                    .drop()
                    .drop()
                    .i32_const(0);
            }),
        ),
        ("component", b"\0asm\x0d\0\x01\0".to_vec()),
    ]
}

/// A reason without offsets, which would change with the encoder.
fn plain(why: &str) -> &str {
    let why = why.split(" (at offset").next().unwrap_or_default();
    match why.split_once(" at offset ") {
        Some((_, rest)) => rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' '),
        None => why,
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let one = |(name, wasm): (&'static str, Vec<u8>)| {
        case(format!("proposal/{name}"), move || {
            let engine = new_engine(&EngineOptions::default()).expect("an engine").engine;
            let verified = match verify_metering(&wasm) {
                Ok(()) => "the verifier accepts",
                Err(_) => "the verifier refuses",
            };
            match Native::compile(&engine, &wasm) {
                Ok(_) => format!("{verified}; accepted"),
                Err(error) => {
                    let why = format!("{:#}", error.root_cause());
                    shown(&format!("{verified}; refused"), plain(&why))
                }
            }
        })
    };
    modules().into_iter().map(one).collect()
}
