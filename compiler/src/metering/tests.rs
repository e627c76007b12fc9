//! Each rule, broken by a module made by hand.

use super::verify_metering;
use crate::abi::{self, SLICE};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection, MemoryType, Module,
    StartSection, TypeSection, ValType,
};

mod forged;

const FUEL: u32 = 0;
const BUDGET: u32 = 1;
/// Locals: 0 and 1 are i64 parameters, 2 to 4 are i64 locals.
const CACHE: u32 = 2;

fn arg(offset: u32) -> MemArg {
    MemArg { offset: offset.into(), align: 2, memory_index: 0 }
}

#[derive(Clone, Copy)]
enum Purse {
    Global,
    Local(u32),
}

impl Purse {
    fn get(self, out: &mut InstructionSink<'_>) {
        match self {
            Purse::Global => out.global_get(FUEL),
            Purse::Local(local) => out.local_get(local),
        };
    }

    fn set(self, out: &mut InstructionSink<'_>) {
        match self {
            Purse::Global => out.global_set(FUEL),
            Purse::Local(local) => out.local_set(local),
        };
    }
}

/// A charge with all that can be wrong in it.
fn charge_with(out: &mut InstructionSink<'_>, purse: Purse, units: i64, refill: i64, flag: u32) {
    purse.get(out);
    out.i64_const(units).i64_lt_s().if_(BlockType::Empty);
    out.i32_const(0).i32_load(arg(flag)).i32_eqz().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    out.global_get(BUDGET).i64_const(SLICE).i64_sub().global_set(BUDGET);
    out.global_get(BUDGET).i64_const(0).i64_ge_s().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    purse.get(out);
    out.i64_const(refill).i64_add();
    purse.set(out);
    out.end();
    purse.get(out);
    out.i64_const(units).i64_sub();
    purse.set(out);
}

fn charge(out: &mut InstructionSink<'_>, purse: Purse, units: i64) {
    charge_with(out, purse, units, SLICE, abi::INTERRUPT);
}

/// A module with these functions of two i64, `host_time` as function 0 and another unit's as function
/// 1, and what `change` adds after the function section.
fn module_with(functions: &[&dyn Fn(&mut InstructionSink<'_>)], change: impl Fn(&mut Module)) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I64, ValType::I64], []);
    types.ty().function([], [ValType::F64]);
    let mut imports = ImportSection::new();
    let memory =
        MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import(abi::MODULE, abi::MEMORY, memory);
    let counter = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    imports.import(abi::MODULE, abi::FUEL, counter);
    imports.import(abi::MODULE, abi::BUDGET, counter);
    imports.import(abi::MODULE, "host_time", EntityType::Function(1));
    imports.import(abi::ENTRY_MODULE, "7", EntityType::Function(0));
    let mut declared = FunctionSection::new();
    let mut code = CodeSection::new();
    for function in functions {
        declared.function(0);
        let mut body = Function::new([(3, ValType::I64)]);
        function(&mut body.instructions());
        body.instructions().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&declared);
    change(&mut module);
    module.section(&code);
    module.finish()
}

fn verify(functions: &[&dyn Fn(&mut InstructionSink<'_>)]) -> Result<(), String> {
    verify_metering(&module_with(functions, |_| {}))
}

/// One function: `before`, then a loop that begins with `head` and has `inside` in it, then `after`.
fn looped(
    before: impl Fn(&mut InstructionSink<'_>),
    head: impl Fn(&mut InstructionSink<'_>),
    inside: impl Fn(&mut InstructionSink<'_>),
    after: impl Fn(&mut InstructionSink<'_>),
) -> Result<(), String> {
    verify(&[&|out| {
        before(out);
        out.loop_(BlockType::Empty);
        head(out);
        inside(out);
        out.local_get(0).i64_eqz().br_if(0).end();
        after(out);
    }])
}

fn nothing(_: &mut InstructionSink<'_>) {}
fn load(out: &mut InstructionSink<'_>) {
    out.global_get(FUEL).local_set(CACHE);
}
fn write_back(out: &mut InstructionSink<'_>) {
    out.local_get(CACHE).global_set(FUEL);
}
fn pay(out: &mut InstructionSink<'_>) {
    charge(out, Purse::Global, 5);
}
fn pay_cached(out: &mut InstructionSink<'_>) {
    charge(out, Purse::Local(CACHE), 5);
}

#[track_caller]
fn refused(result: Result<(), String>, why: &str) {
    let error = result.expect_err("must be refused");
    assert!(error.contains(why), "refused for another reason: {error}");
}

#[test]
fn paying_loops_pass() {
    assert_eq!(looped(nothing, pay, nothing, nothing), Ok(()));
    assert_eq!(looped(load, pay_cached, nothing, write_back), Ok(()));
    let around = |out: &mut InstructionSink<'_>| {
        out.call(0).drop();
    };
    assert_eq!(looped(load, pay_cached, around, write_back), Ok(()));
}

#[test]
fn loops_that_do_not_pay() {
    let why = "a loop that does not begin with a charge";
    refused(looped(nothing, nothing, nothing, nothing), why);
    let late = |out: &mut InstructionSink<'_>| {
        out.nop();
    };
    refused(looped(nothing, late, pay, nothing), why);
    for units in [0, -1, SLICE + 1] {
        refused(looped(nothing, |out| charge(out, Purse::Global, units), nothing, nothing), why);
    }
    let generous =
        |out: &mut InstructionSink<'_>| charge_with(out, Purse::Global, 5, SLICE + 1, abi::INTERRUPT);
    refused(looped(nothing, generous, nothing, nothing), why);
    let deaf = |out: &mut InstructionSink<'_>| charge_with(out, Purse::Global, 5, SLICE, abi::INTERRUPT + 4);
    refused(looped(nothing, deaf, nothing, nothing), why);
    refused(
        looped(nothing, |out| charge(out, Purse::Local(CACHE), 5), nothing, nothing),
        "does not hold `fuel`",
    );
}

#[test]
fn fuel_must_be_where_it_is_taken_from() {
    refused(looped(load, pay, nothing, write_back), "`fuel` is in Local(2)");
    refused(looped(load, pay_cached, nothing, nothing), "`fuel` in");
    // Loading again without writing back would undo what was charged.
    refused(looped(load, pay_cached, load, write_back), "load");
    refused(looped(load, pay_cached, write_back, nothing), "`fuel` in");
    let into_other = |out: &mut InstructionSink<'_>| {
        load(out);
        out.global_get(FUEL).local_set(CACHE + 1);
    };
    refused(looped(into_other, pay_cached, nothing, write_back), "two locals");
    let early = |out: &mut InstructionSink<'_>| {
        out.local_get(1).i64_eqz().if_(BlockType::Empty).return_().end();
    };
    refused(looped(load, pay_cached, early, write_back), "return");
    let call = |out: &mut InstructionSink<'_>| {
        out.local_get(0).local_get(1).call(3);
    };
    let callee = |out: &mut InstructionSink<'_>| pay(out);
    let caller = |out: &mut InstructionSink<'_>| {
        load(out);
        out.loop_(BlockType::Empty);
        pay_cached(out);
        call(out);
        out.end();
        write_back(out);
    };
    refused(verify(&[&caller, &callee]), "call");
    let careful = |out: &mut InstructionSink<'_>| {
        load(out);
        out.loop_(BlockType::Empty);
        pay_cached(out);
        write_back(out);
        call(out);
        load(out);
        out.end();
        write_back(out);
    };
    assert_eq!(verify(&[&careful, &callee]), Ok(()));
}

#[test]
fn counters_are_not_written_otherwise() {
    let why = "outside a charge";
    for global in [FUEL, BUDGET] {
        let set = |out: &mut InstructionSink<'_>| {
            out.i64_const(1 << 40).global_set(global);
        };
        refused(looped(nothing, pay, set, nothing), why);
        let get = |out: &mut InstructionSink<'_>| {
            out.global_get(global).drop();
        };
        refused(looped(nothing, pay, get, nothing), why);
    }
    let cheat = |out: &mut InstructionSink<'_>| {
        out.i64_const(1 << 40).local_set(CACHE);
    };
    refused(looped(load, pay_cached, cheat, write_back), why);
    let other = |out: &mut InstructionSink<'_>| {
        out.local_get(1).global_set(FUEL);
    };
    refused(looped(nothing, pay, other, nothing), "does not hold `fuel`");
}

#[test]
fn recursion_pays() {
    let call = |target: u32| {
        move |out: &mut InstructionSink<'_>| {
            out.local_get(0).local_get(1).call(target);
        }
    };
    let paying = |target: u32| {
        move |out: &mut InstructionSink<'_>| {
            pay(out);
            call(target)(out);
        }
    };
    assert_eq!(verify(&[&paying(2)]), Ok(()));
    assert_eq!(verify(&[&call(3), &paying(2)]), Ok(()));
    refused(verify(&[&call(2)]), "cycle");
    refused(verify(&[&call(3), &call(2)]), "cycle");
    refused(verify(&[&call(1)]), "another unit");
    assert_eq!(verify(&[&paying(1)]), Ok(()));
    let late = |out: &mut InstructionSink<'_>| {
        out.local_get(0).i64_eqz().if_(BlockType::Empty).local_get(0).local_get(1).call(2).end();
        pay(out);
    };
    refused(verify(&[&late]), "cycle");
}

#[test]
fn ladders_pay() {
    let step = |target: u32| {
        move |out: &mut InstructionSink<'_>| {
            for _ in 0..2 {
                out.local_get(0).local_get(1).call(target);
            }
        }
    };
    let steps: Vec<_> = (3..33).map(step).collect();
    let mut functions: Vec<&dyn Fn(&mut InstructionSink<'_>)> = Vec::new();
    functions.extend(steps.iter().map(|s| s as &dyn Fn(&mut InstructionSink<'_>)));
    functions.push(&nothing);
    refused(verify(&functions), "unpaid");
}

/// Without `self.bulk` in `compiler/src/metering/function.rs`: a copy of a gigabyte costs nothing.
#[test]
fn bulk_operations_pay() {
    let fill = |out: &mut InstructionSink<'_>, local: u32| {
        out.i32_const(2048).i32_const(0).local_get(local).i32_wrap_i64().memory_fill(0);
    };
    refused(verify(&[&|out| fill(out, 0)]), "not paid for");
    let small = |len| {
        move |out: &mut InstructionSink<'_>| {
            out.i32_const(2048).i32_const(0).i32_const(len).memory_fill(0);
        }
    };
    assert_eq!(verify(&[&small(64)]), Ok(()));
    refused(verify(&[&small(super::MAX_FREE_BYTES + 1)]), "not paid for");
    refused(verify(&[&small(-1)]), "unpaid");
    assert_eq!(
        verify(&[&|out| {
            pay_for(out, 0, 4);
            fill(out, 0)
        }]),
        Ok(())
    );
    refused(
        verify(&[&|out| {
            pay_for(out, 0, 5);
            fill(out, 0)
        }]),
        "not paid for",
    );
    refused(
        verify(&[&|out| {
            pay_for(out, 1, 4);
            fill(out, 0)
        }]),
        "not paid for",
    );
    refused(
        verify(&[&|out| {
            pay_for(out, 0, 4);
            fill(out, 0);
            fill(out, 0)
        }]),
        "not paid for",
    );
    let changed = |out: &mut InstructionSink<'_>| {
        pay_for(out, 0, 4);
        out.i64_const(1 << 30).local_set(0);
        fill(out, 0);
    };
    refused(verify(&[&changed]), "not paid for");
}

/// Charges `local >> shift`; locals 3 and 4 are used.
fn pay_for(out: &mut InstructionSink<'_>, local: u32, shift: i64) {
    let (amount, slices, most) = (3, 4, 1 << 62);
    out.local_get(local).i64_const(shift).i64_shr_u().local_set(amount);
    out.local_get(amount).i64_const(0).local_get(amount).i64_const(0).i64_gt_s().select().local_set(amount);
    out.local_get(amount)
        .i64_const(most)
        .local_get(amount)
        .i64_const(most)
        .i64_lt_s()
        .select()
        .local_set(amount);
    out.global_get(FUEL).local_get(amount).i64_lt_s().if_(BlockType::Empty);
    out.i32_const(0).i32_load(arg(abi::INTERRUPT)).i32_eqz().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    out.local_get(amount)
        .global_get(FUEL)
        .i64_sub()
        .i64_const(SLICE - 1)
        .i64_add()
        .i64_const(-SLICE)
        .i64_and();
    out.local_set(slices).global_get(BUDGET).local_get(slices).i64_sub().global_set(BUDGET);
    out.global_get(BUDGET).i64_const(0).i64_ge_s().i32_const(1).i32_sub().i32_load(arg(0)).drop();
    out.global_get(FUEL).local_get(slices).i64_add().global_set(FUEL).end();
    out.global_get(FUEL).local_get(amount).i64_sub().global_set(FUEL);
}

#[test]
fn the_shape_is_fixed() {
    let with = |change: &dyn Fn(&mut Module)| verify_metering(&module_with(&[&nothing], change));
    let mut exports = ExportSection::new();
    exports.export("main", ExportKind::Func, 2);
    assert_eq!(
        with(&|m| {
            m.section(&exports);
        }),
        Ok(())
    );
    let mut fuel = ExportSection::new();
    fuel.export("fuel", ExportKind::Global, FUEL);
    refused(
        with(&|m| {
            m.section(&fuel);
        }),
        "not a function",
    );
    let start = verify_metering(&module_with(&[&nothing], |m| {
        m.section(&StartSection { function_index: 2 });
    }));
    assert!(start.is_err());
    let mut memory = MemorySection::new();
    memory.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    assert!(
        with(&|m| {
            m.section(&memory);
        })
        .is_err()
    );
    let mut data = module_with(&[&nothing], |_| {});
    let mut section = DataSection::new();
    section.active(0, &ConstExpr::i32_const(abi::INTERRUPT as i32), [0u8; 4]);
    let mut module = Module::new();
    module.section(&section);
    data.extend(&module.finish()[8..]);
    refused(verify_metering(&data), "data segment");
    let mut foreign = ImportSection::new();
    foreign.import("wasi_snapshot_preview1", "fd_write", EntityType::Function(0));
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut module = Module::new();
    module.section(&types).section(&foreign);
    refused(verify_metering(&module.finish()), "not in the ABI");
}

/// A module that imports these, in order, and has one function of no parameters.
fn module_of(imports: &[(&str, &str, EntityType)], body: impl Fn(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I64, ValType::I32], [ValType::F64]);
    types.ty().function([ValType::I64], [ValType::F64, ValType::F64]);
    types.ty().function([ValType::F32], []);
    types.ty().function([ValType::I64; 9], []);
    types.ty().function([], [ValType::F64]);
    let mut section = ImportSection::new();
    for (module, name, ty) in imports {
        section.import(module, name, *ty);
    }
    let mut declared = FunctionSection::new();
    declared.function(0);
    let mut function = Function::new([(3, ValType::I64)]);
    body(&mut function.instructions());
    function.instructions().end();
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&section).section(&declared).section(&code);
    module.finish()
}

fn purse() -> Vec<(&'static str, &'static str, EntityType)> {
    let memory =
        MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
    let counter = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    vec![
        (abi::MODULE, abi::MEMORY, EntityType::Memory(memory)),
        (abi::MODULE, abi::FUEL, EntityType::Global(counter)),
        (abi::MODULE, abi::BUDGET, EntityType::Global(counter)),
    ]
}

#[test]
fn a_function_of_the_embedder_is_one_import_of_a_known_shape() {
    let external = |name: &'static str, ty| (abi::external::MODULE, name, EntityType::Function(ty));
    let verify = |mut imports: Vec<_>, more: &[_]| {
        imports.extend_from_slice(more);
        verify_metering(&module_of(&imports, nothing))
    };
    assert_eq!(verify(purse(), &[external("0", 1), external("1", 0)]), Ok(()));
    refused(verify(purse(), &[external("1", 1)]), "not in the ABI");
    refused(verify(purse(), &[external("0", 1), external("0", 1)]), "not in the ABI");
    refused(verify(purse(), &[external("rate", 1)]), "not in the ABI");
    for strange in [2, 3, 4] {
        refused(verify(purse(), &[external("0", strange)]), "not in the ABI");
    }
    let (entry, time) = (
        (abi::ENTRY_MODULE, "7", EntityType::Function(0)),
        (abi::MODULE, "host_time", EntityType::Function(5)),
    );
    assert_eq!(verify(purse(), &[time, external("0", 0), entry]), Ok(()));
    refused(verify(purse(), &[entry, external("0", 0)]), "after another unit");
    refused(verify(purse(), &[external("0", 0), time]), "an embedder's");
    // What pays for it must be there.
    let unpaid = "not what pays for it";
    refused(verify(Vec::new(), &[external("0", 0)]), unpaid);
    refused(verify(purse()[..1].to_vec(), &[external("0", 0)]), unpaid);
    refused(verify(purse()[1..].to_vec(), &[external("0", 0)]), unpaid);
}

#[test]
fn fuel_is_in_its_global_when_the_embedder_is_called() {
    let mut imports = purse();
    imports.push((abi::external::MODULE, "0", EntityType::Function(0)));
    let call = |careful: bool| {
        let body = move |out: &mut InstructionSink<'_>| {
            load(out);
            out.loop_(BlockType::Empty);
            pay_cached(out);
            if careful {
                write_back(out);
            }
            out.call(0);
            if careful {
                load(out);
            }
            out.end();
            write_back(out);
        };
        verify_metering(&module_of(&imports, body))
    };
    assert_eq!(call(true), Ok(()));
    refused(call(false), "call: `fuel` is in Local(2), not in Global");
}
