//! Modules and artifacts that no compiler of ours made, and host functions called wrongly.

use ovenbird::imports::{HostState, Val, call};
use ovenbird::{Engine, Grants, Output, Source};
use ovenbird_compiler::abi::{self, Import};
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::ir::Ty;
use ovenbird_compiler::metering::verify_metering;
use ovenbird_compiler::{Options, build};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, MemorySection,
    MemoryType, Module, RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};

use crate::{Case, case, limits, shown};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = modules();
    cases.extend(artifacts());
    cases.extend(host_calls());
    cases
}

/// A module with one function of no parameters: imports, body, and what else is put in before the code.
fn module(
    imports: &[(&str, &str, EntityType)],
    body: impl Fn(&mut InstructionSink<'_>),
    extra: impl Fn(&mut Module),
) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imported = ImportSection::new();
    for (module, name, ty) in imports {
        imported.import(module, name, *ty);
    }
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut function = Function::new([(1, ValType::I32)]);
    body(&mut function.instructions());
    function.instructions().end();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&imported).section(&functions);
    extra(&mut module);
    module.section(&code);
    module.finish()
}

fn memory() -> MemoryType {
    MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

fn counter() -> GlobalType {
    GlobalType { val_type: ValType::I64, mutable: true, shared: false }
}

/// The verifier that stands before native compilation.
fn modules() -> Vec<Case> {
    let purse = [
        (abi::MODULE, abi::MEMORY, EntityType::Memory(memory())),
        (abi::MODULE, abi::FUEL, EntityType::Global(counter())),
        (abi::MODULE, abi::BUDGET, EntityType::Global(counter())),
    ];
    let verdict = |name: &str, wasm: Vec<u8>| {
        case(format!("module/{name}"), move || match verify_metering(&wasm) {
            Ok(()) => "accepted".to_owned(),
            Err(why) => {
                // Offsets would change with the encoder.
                let why: String = why.split(" (at offset").next().unwrap_or_default().to_owned();
                shown("refused", &why)
            }
        })
    };
    let nothing = |_: &mut InstructionSink<'_>| {};
    let no_more = |_: &mut Module| {};
    let function = EntityType::Function(0);
    vec![
        verdict("empty_function", module(&[], nothing, no_more)),
        verdict("noise", vec![0x5a; 100]),
        verdict("no_bytes", Vec::new()),
        verdict("import_wasi", module(&[("wasi_snapshot_preview1", "fd_write", function)], nothing, no_more)),
        verdict("import_unknown", module(&[(abi::MODULE, "host_system", function)], nothing, no_more)),
        verdict("import_other_type", module(&[(abi::MODULE, "host_print", function)], nothing, no_more)),
        verdict(
            "import_embedder_without_purse",
            module(&[(abi::external::MODULE, "0", function)], nothing, no_more),
        ),
        verdict("import_embedder_by_name", {
            let mut imports = purse.to_vec();
            imports.push((abi::external::MODULE, "rates.rate", function));
            module(&imports, nothing, no_more)
        }),
        verdict("import_fuel_constant", {
            let ty = GlobalType { val_type: ValType::I64, mutable: false, shared: false };
            module(&[(abi::MODULE, abi::FUEL, EntityType::Global(ty))], nothing, no_more)
        }),
        verdict(
            "loop_unpaid",
            module(
                &[],
                |out| {
                    out.loop_(BlockType::Empty).br(0).end();
                },
                no_more,
            ),
        ),
        verdict(
            "loop_unpaid_beside_purse",
            module(
                &purse,
                |out| {
                    out.loop_(BlockType::Empty).br(0).end();
                },
                no_more,
            ),
        ),
        verdict(
            "fuel_refilled",
            module(
                &purse,
                |out| {
                    out.i64_const(i64::MAX).global_set(0);
                },
                no_more,
            ),
        ),
        verdict(
            "budget_refilled",
            module(
                &purse,
                |out| {
                    out.i64_const(i64::MAX).global_set(1);
                },
                no_more,
            ),
        ),
        verdict(
            "recursion_unpaid",
            module(
                &[],
                |out| {
                    out.call(0);
                },
                no_more,
            ),
        ),
        verdict(
            "fill_unpaid",
            module(
                &purse,
                |out| {
                    out.i32_const(0).i32_const(0).local_get(0).memory_fill(0);
                },
                no_more,
            ),
        ),
        verdict(
            "copy_unpaid",
            module(
                &purse,
                |out| {
                    out.i32_const(0).i32_const(64).i32_const(1 << 30).memory_copy(0, 0);
                },
                no_more,
            ),
        ),
        verdict(
            "own_memory",
            module(&[], nothing, |module| {
                let mut memories = MemorySection::new();
                memories.memory(memory());
                module.section(&memories);
            }),
        ),
        verdict(
            "own_table",
            module(&[], nothing, |module| {
                let mut tables = TableSection::new();
                let minimum = 1_000_000;
                tables.table(TableType {
                    element_type: RefType::FUNCREF,
                    table64: false,
                    minimum,
                    maximum: None,
                    shared: false,
                });
                module.section(&tables);
            }),
        ),
        verdict(
            "indirect_call",
            module(
                &[],
                |out| {
                    out.i32_const(0).call_indirect(0, 0);
                },
                |module| {
                    let mut tables = TableSection::new();
                    tables.table(TableType {
                        element_type: RefType::FUNCREF,
                        table64: false,
                        minimum: 1,
                        maximum: None,
                        shared: false,
                    });
                    let mut elements = ElementSection::new();
                    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((&[0][..]).into()));
                    module.section(&tables).section(&elements);
                },
            ),
        ),
        verdict(
            "start_function",
            module(&[], nothing, |module| {
                module.section(&StartSection { function_index: 0 });
            }),
        ),
        verdict(
            "export_fuel",
            module(&purse, nothing, |module| {
                let mut exports = ExportSection::new();
                exports.export("fuel", ExportKind::Global, 0);
                module.section(&exports);
            }),
        ),
        verdict(
            "export_memory",
            module(&purse, nothing, |module| {
                let mut exports = ExportSection::new();
                exports.export("memory", ExportKind::Memory, 0);
                module.section(&exports);
            }),
        ),
        verdict(
            "own_global",
            module(&[], nothing, |module| {
                let mut globals = GlobalSection::new();
                globals.global(counter(), &ConstExpr::i64_const(5));
                module.section(&globals);
            }),
        ),
        verdict(
            "long_straight_line",
            module(
                &[],
                |out| {
                    for _ in 0..300_000 {
                        out.i32_const(1).drop();
                    }
                },
                no_more,
            ),
        ),
        verdict(
            "bad_stack",
            module(
                &[],
                |out| {
                    out.i32_add();
                },
                no_more,
            ),
        ),
    ]
}

/// An honest artifact.
fn honest() -> Artifact {
    let text =
        "def f(n):\n    t = 0\n    for i in range(n):\n        t += i // (n - 5)\n    print(t)\n\n\nf(3)\n";
    let engine = Engine::builder().build().expect("the engine can be made");
    let program = engine.compile(&Source::new("evil.py", text)).expect("it parses");
    let checked = program.check(Request::Run).expect("it is well typed");
    build(&checked.units[0], &Options::default())
}

fn artifacts() -> Vec<Case> {
    let verdict = |name: &str, bytes: fn(Artifact) -> Vec<u8>| {
        case(format!("artifact/{name}"), move || match Artifact::decode(&bytes(honest())) {
            Ok(artifact) => match verify_metering(&artifact.wasm) {
                Ok(()) => "accepted".to_owned(),
                Err(why) => shown("refused by the verifier", &why),
            },
            Err(why) => shown("refused", &why),
        })
    };
    vec![
        verdict("honest", |a| a.encode()),
        verdict("empty", |_| Vec::new()),
        verdict("noise", |_| (0..=255).cycle().take(5000).collect()),
        verdict("all_ones", |_| vec![0xff; 5000]),
        verdict("cut", |a| a.encode()[..100].to_vec()),
        verdict("longer", |a| [a.encode(), vec![0]].concat()),
        verdict("hidden_import", |mut a| {
            a.imports.pop();
            a.encode()
        }),
        verdict("other_wasm", |mut a| {
            a.wasm = Module::new().finish();
            a.encode()
        }),
        verdict("unmetered_claim", |mut a| {
            a.metered = false;
            a.encode()
        }),
        verdict("trap_beyond", |mut a| {
            a.traps.push((u32::MAX, ovenbird_compiler::artifact::TrapKind::OutOfFuel));
            a.encode()
        }),
        verdict("traps_out_of_order", |mut a| {
            a.traps.reverse();
            a.encode()
        }),
        case("artifact/every_byte_changed", || {
            let good = honest().encode();
            let mut accepted_by_verifier = 0;
            for at in 0..good.len() {
                let mut bytes = good.clone();
                bytes[at] ^= 0x11;
                // Neither may panic; whoever passes both is metered.
                if let Ok(artifact) = Artifact::decode(&bytes) {
                    accepted_by_verifier += usize::from(verify_metering(&artifact.wasm).is_ok());
                }
            }
            if accepted_by_verifier < good.len() { "no panic".to_owned() } else { "all accepted".to_owned() }
        }),
    ]
}

/// Every host function, with arguments from a hostile set, on one page of memory: it gives a value or an
/// error, and never panics or takes more than its budget.
fn host_calls() -> Vec<Case> {
    let i32s = [0, 1, -1, i32::MIN, i32::MAX, 65_535, 65_536, 1024];
    let i64s = [0, 1, -1, i64::MIN, i64::MAX, 65_536, 1 << 32, 1 << 62, i64::from(b'f')];
    let f64s = [0.0, f64::NAN, f64::INFINITY, f64::MAX, -1e-300];
    let cases = Import::ALL.iter().map(move |import| {
        case(format!("host/{}", import.name()), move || {
            let grants = Grants::none();
            let mut state = HostState::new(limits(), grants, Output::Capture(Vec::new()));
            let mut memory = vec![0xa5u8; 65_536];
            let (mut fine, mut refused) = (0u32, std::collections::BTreeSet::new());
            let counts: Vec<usize> = import
                .params()
                .iter()
                .map(|ty| match ty {
                    Ty::I32 => i32s.len(),
                    Ty::I64 => i64s.len(),
                    Ty::F64 | Ty::V128 => f64s.len(),
                })
                .collect();
            for mut number in 0..counts.iter().product::<usize>() {
                let mut args = Vec::new();
                for (ty, count) in import.params().iter().zip(&counts) {
                    let at = number % count;
                    number /= count;
                    args.push(match ty {
                        Ty::I32 => Val::I32(i32s[at]),
                        Ty::I64 => Val::I64(i64s[at]),
                        Ty::F64 | Ty::V128 => Val::F64(f64s[at]),
                    });
                }
                match call(&mut state, &mut memory, *import, &args) {
                    Ok(_) => fine += 1,
                    Err(error) => drop(refused.insert(error.to_string())),
                }
            }
            // Wrong arity and types.
            for args in [&[][..], &[Val::F64(1.0)], &[Val::I32(0); 6]] {
                if call(&mut state, &mut memory, *import, args).is_err() {
                    refused.insert("wrong arguments".to_owned());
                }
            }
            let refused: Vec<String> = refused.into_iter().collect();
            format!(
                "{} - {}",
                if fine > 0 { "some calls work" } else { "no call works" },
                shown("refusals", &refused.join("; "))
            )
        })
    });
    cases.collect()
}
