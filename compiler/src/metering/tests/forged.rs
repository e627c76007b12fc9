//! Ways round the charge that look like it: each was once let through with one line of the verifier taken out.

use super::*;
use wasm_encoder::{CustomSection, GlobalSection};

/// Without the arm for custom sections in `sections` in `metering.rs`: a section that a later wasmtime reads is let through.
#[test]
fn no_custom_section_but_hints() {
    for (name, why) in [("name", "custom section `name`"), ("metadata.code.branch_hin", "custom section")] {
        let custom = CustomSection { name: name.into(), data: (&[0][..]).into() };
        let module = module_with(&[&nothing], |module| {
            module.section(&custom);
        });
        refused(verify_metering(&module), why);
    }
}

/// Without `touching` in `metering.rs`: `fuel` is in a local while a function two calls down takes from the global.
#[test]
fn fuel_is_in_its_global_for_callees_of_callees() {
    let call = |target: u32| {
        move |out: &mut InstructionSink<'_>| {
            out.local_get(0).local_get(1).call(target);
        }
    };
    let caller = |out: &mut InstructionSink<'_>| {
        load(out);
        out.loop_(BlockType::Empty);
        pay_cached(out);
        call(3)(out);
        out.end();
        write_back(out);
    };
    refused(verify(&[&caller, &call(4), &pay]), "call: `fuel` is in Local(2)");
}

/// Without `places.metered` in `facts`, and in `open_loop`, in `metering/function.rs`: globals of the module's own are taken
/// for the purse, and it pays itself.
#[test]
fn a_purse_of_ones_own_is_none() {
    let with_own = |body: &dyn Fn(&mut InstructionSink<'_>)| {
        let imports = [purse().remove(0)];
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut section = ImportSection::new();
        section.import(imports[0].0, imports[0].1, imports[0].2);
        let mut declared = FunctionSection::new();
        declared.function(0);
        let mut globals = GlobalSection::new();
        for _ in 0..2 {
            let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
            globals.global(ty, &ConstExpr::i64_const(i64::MAX));
        }
        let mut function = Function::new([(3, ValType::I64)]);
        body(&mut function.instructions());
        function.instructions().end();
        let mut code = CodeSection::new();
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&section).section(&declared).section(&globals).section(&code);
        verify_metering(&module.finish())
    };
    assert_eq!(with_own(&pay), Ok(()), "globals of one's own are allowed");
    let spins = |out: &mut InstructionSink<'_>| {
        out.loop_(BlockType::Empty);
        pay(out);
        out.br(0).end();
    };
    refused(with_own(&spins), "a loop that does not begin with a charge");
    let recurses = |out: &mut InstructionSink<'_>| {
        pay(out);
        out.call(0);
    };
    refused(with_own(&recurses), "cycle");
}

/// Without `is_refused` in `metering/function.rs`: a jump by a table is not followed, and a way round a write-back with it.
#[test]
fn what_the_rules_do_not_follow_is_refused() {
    let table = |out: &mut InstructionSink<'_>| {
        out.block(BlockType::Empty).local_get(0).i32_wrap_i64().br_table([0, 0], 0).end();
    };
    refused(looped(nothing, pay, table, nothing), "refused: BrTable");
}

/// Without `self.need` in `purse_sequence` in `metering/function.rs`: what is taken from the global is undone when the local
/// is written back.
#[test]
fn a_charge_that_the_local_undoes() {
    let undone = |out: &mut InstructionSink<'_>| {
        load(out);
        pay(out);
        write_back(out);
    };
    refused(verify(&[&undone]), "`fuel` is in Local(2), not in Global");
}

fn fill(out: &mut InstructionSink<'_>, local: u32) {
    out.i32_const(2048).i32_const(0).local_get(local).i32_wrap_i64().memory_fill(0);
}

/// Without `is_jump` and the line under it in `metering/function.rs`, or without `self.paid = None` in `open_loop`: a payment
/// that was jumped over, or made once before a loop, is good for a copy.
#[test]
fn a_payment_is_good_for_straight_code_only() {
    let skipped = |out: &mut InstructionSink<'_>| {
        out.block(BlockType::Empty).local_get(1).i32_wrap_i64().br_if(0);
        pay_for(out, 0, 4);
        out.end();
        fill(out, 0);
    };
    refused(verify(&[&skipped]), "not paid for");
    let before = |out: &mut InstructionSink<'_>| pay_for(out, 0, 4);
    refused(looped(before, pay, |out| fill(out, 0), nothing), "not paid for");
}

/// Without `merge` in `else_`, after `may_skip`, or in `jump` in `metering/function.rs`: `fuel` is in the local on one way and
/// in the global on the other, so that an old amount is written back, or a charge forgotten.
#[test]
fn every_way_leaves_fuel_in_the_same_place() {
    let both = |out: &mut InstructionSink<'_>| {
        out.local_get(0).i64_eqz().if_(BlockType::Empty);
        load(out);
        out.else_().end();
    };
    refused(verify(&[&both]), "on one way");
    let skipped = |out: &mut InstructionSink<'_>| {
        out.local_get(0).i64_eqz().if_(BlockType::Empty);
        load(out);
        out.end();
        write_back(out);
    };
    refused(verify(&[&skipped]), "on one way");
    let jumped = |out: &mut InstructionSink<'_>| {
        out.block(BlockType::Empty).local_get(0).i32_wrap_i64().br_if(0);
        load(out);
        out.end();
        write_back(out);
    };
    refused(verify(&[&jumped]), "on one way");
}

/// One instruction.
type Step = Box<dyn Fn(&mut InstructionSink<'_>)>;

/// The locals of a charge that is computed.
#[derive(Clone, Copy)]
struct Names {
    purse: Option<u32>,
    len: u32,
    amount: u32,
    slices: u32,
}

const NAMES: Names = Names { purse: None, len: 0, amount: 3, slices: 4 };

/// A charge for the bytes in `len`, as the encoder makes it, one instruction a step.
fn computed(names: Names) -> Vec<Step> {
    let Names { purse, len, amount, slices } = names;
    let get = |local: u32| -> Step {
        Box::new(move |out| {
            out.local_get(local);
        })
    };
    let set = |local: u32| -> Step {
        Box::new(move |out| {
            out.local_set(local);
        })
    };
    let int = |value: i64| -> Step {
        Box::new(move |out| {
            out.i64_const(value);
        })
    };
    let small = |value: i32| -> Step {
        Box::new(move |out| {
            out.i32_const(value);
        })
    };
    let take = || match purse {
        None => Box::new(|out: &mut InstructionSink<'_>| {
            out.global_get(FUEL);
        }) as Step,
        Some(local) => get(local),
    };
    let put = || match purse {
        None => Box::new(|out: &mut InstructionSink<'_>| {
            out.global_set(FUEL);
        }) as Step,
        Some(local) => set(local),
    };
    macro_rules! op {
        ($($op:tt)*) => { Box::new(|out: &mut InstructionSink<'_>| { out.$($op)*; }) as Step };
    }
    let most = 1 << 62;
    let mut steps = vec![get(len), int(4), op!(i64_shr_u()), set(amount)];
    steps.extend([get(amount), int(0), get(amount), int(0), op!(i64_gt_s()), op!(select()), set(amount)]);
    steps.extend([
        get(amount),
        int(most),
        get(amount),
        int(most),
        op!(i64_lt_s()),
        op!(select()),
        set(amount),
    ]);
    steps.extend([take(), get(amount), op!(i64_lt_s()), op!(if_(BlockType::Empty))]);
    steps.extend([small(0), op!(i32_load(arg(abi::INTERRUPT))), op!(i32_eqz()), small(1), op!(i32_sub())]);
    steps.extend([op!(i32_load(arg(0))), op!(drop())]);
    steps.extend([get(amount), take(), op!(i64_sub()), int(SLICE - 1), op!(i64_add()), int(-SLICE)]);
    steps.extend([op!(i64_and()), set(slices)]);
    steps.extend([op!(global_get(BUDGET)), get(slices), op!(i64_sub()), op!(global_set(BUDGET))]);
    steps.extend([op!(global_get(BUDGET)), int(0), op!(i64_ge_s()), small(1), op!(i32_sub())]);
    steps.extend([op!(i32_load(arg(0))), op!(drop())]);
    steps.extend([take(), get(slices), op!(i64_add()), put(), op!(end())]);
    steps.extend([take(), get(amount), op!(i64_sub()), put()]);
    steps
}

/// What comes of it when a charge and then a fill of `len` bytes are verified; `change` may do something else at a step.
fn with_computed(
    names: Names,
    change: impl Fn(usize, &mut InstructionSink<'_>) -> bool,
) -> Result<(), String> {
    verify(&[&|out| {
        if let Some(local) = names.purse {
            out.global_get(FUEL).local_set(local);
        }
        for (at, step) in computed(names).iter().enumerate() {
            if !change(at, out) {
                step(out);
            }
        }
        fill(out, names.len);
        if let Some(local) = names.purse {
            out.local_get(local).global_set(FUEL);
        }
    }])
}

/// Without the comparison with `sequence`, or with `clamp`, in `metering/charge.rs`: a charge that takes nothing, or gives.
#[test]
fn no_instruction_of_a_charge_can_be_another() {
    assert_eq!(with_computed(NAMES, |_, _| false), Ok(()));
    let bytes = |step: &dyn Fn(&mut InstructionSink<'_>)| {
        let mut function = Function::new([]);
        step(&mut function.instructions());
        function.into_raw_body()
    };
    type Other = fn(&mut InstructionSink<'_>);
    let others: [Other; 8] = [
        |out| {
            out.i64_const(77);
        },
        |out| {
            out.local_get(1);
        },
        |out| {
            out.local_set(1);
        },
        |out| {
            out.i64_add();
        },
        |out| {
            out.i64_le_u();
        },
        |out| {
            out.i32_const(3);
        },
        |out| {
            out.i32_load(arg(abi::INTERRUPT + 4));
        },
        |out| {
            out.i32_add();
        },
    ];
    for (at, own) in computed(NAMES).iter().enumerate() {
        let left_out = with_computed(NAMES, |step, _| step == at);
        assert!(left_out.is_err(), "step {at} is not needed");
        // Something else of the same type: numbers, locals, comparisons and sums.
        for (number, other) in others.iter().enumerate().filter(|(_, other)| bytes(*other) != bytes(own)) {
            let replaced = with_computed(NAMES, |step, out| {
                if step == at {
                    other(out);
                }
                step == at
            });
            // Who charges for other bytes than are filled has not paid for these.
            assert!(replaced.is_err(), "step {at} can be something else: {number}");
        }
    }
}

/// Without `differ`, or `slices` being another local than the amount, in `charge` in `metering/charge.rs`, or without
/// the same in `purse_sequence` and `length_behind` in `metering/function.rs`: one local plays two parts, and what one of
/// them writes spoils the other.
#[test]
fn every_part_of_a_charge_has_a_local_of_its_own() {
    let cached = Names { purse: Some(CACHE), ..NAMES };
    assert_eq!(with_computed(cached, |_, _| false), Ok(()));
    for (names, what) in [
        (Names { amount: CACHE, ..cached }, "the amount is the purse"),
        (Names { slices: CACHE, ..cached }, "the slices are the purse"),
        (Names { slices: 3, ..NAMES }, "the slices are the amount"),
        (Names { slices: 0, ..NAMES }, "the slices are the length"),
        (Names { amount: 0, ..NAMES }, "the amount is the length"),
        (Names { slices: 3, ..cached }, "the slices are the amount, beside a purse"),
    ] {
        assert!(with_computed(names, |_, _| false).is_err(), "{what}");
    }
    // The purse is in a local, and the charge takes its amount or its slices in that local from the global.
    for (amount, slices) in [(CACHE, 4), (3, CACHE)] {
        let body = |out: &mut InstructionSink<'_>| {
            load(out);
            write_back(out);
            computed(Names { purse: None, len: 0, amount, slices }).iter().for_each(|step| step(out));
        };
        refused(verify(&[&body]), "the local of `fuel`");
    }
}

/// Without `same` in `clamped_charge` in `metering/charge.rs`: another local is clamped than the one that is charged, which
/// may then be negative, and a charge that gives.
#[test]
fn the_amount_that_is_clamped_is_the_one_that_is_charged() {
    let body = |out: &mut InstructionSink<'_>| {
        let steps = computed(NAMES);
        let other = computed(Names { amount: 1, ..NAMES });
        // The clamp of local 1, and then the charge of local 3.
        other[4..18].iter().chain(&steps[18..]).for_each(|step| step(out));
    };
    assert!(verify(&[&body]).is_err());
}

/// Without the checks of `Imports::add` and of the order of globals in `artifact.rs`: a module is linked to what it should
/// not have, or takes one thing for another.
#[test]
fn imports_are_those_of_the_table_in_its_order() {
    let global = |name: &'static str, val_type, mutable| {
        (abi::MODULE, name, EntityType::Global(GlobalType { val_type, mutable, shared: false }))
    };
    let variable = |name: &'static str, val_type, mutable| {
        let ty = GlobalType { val_type, mutable, shared: false };
        (abi::VARIABLE_MODULE, name, EntityType::Global(ty))
    };
    let memory = |name: &'static str, minimum| {
        let ty = MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None };
        (abi::MODULE, name, EntityType::Memory(ty))
    };
    let (i32, i64) = (ValType::I32, ValType::I64);
    let verify = |imports: &[_]| verify_metering(&module_of(imports, nothing));
    let base = global(abi::DATA_BASE, i32, false);
    let with = |more: &[(&'static str, &'static str, EntityType)]| {
        let mut imports = purse();
        imports.extend_from_slice(more);
        verify(&imports)
    };
    assert_eq!(with(&[base, variable("0", i64, true), variable("1", ValType::F64, true)]), Ok(()));
    let unknown = "not in the ABI";
    refused(verify(&[memory("heap", 1)]), unknown);
    refused(verify(&[memory(abi::MEMORY, 2)]), unknown);
    refused(verify(&[global(abi::FUEL, i64, false)]), unknown);
    refused(verify(&[global(abi::DATA_BASE, i32, true)]), unknown);
    refused(verify(&[global(abi::DATA_BASE, i64, false)]), unknown);
    refused(verify(&[global("pocket", i64, true)]), unknown);
    refused(with(&[variable("1", i64, true)]), unknown);
    refused(with(&[variable("0", i64, false)]), unknown);
    refused(with(&[variable("0", ValType::V128, true)]), unknown);
    refused(with(&[variable("0", i64, true), variable("0", i64, true)]), unknown);
    refused(with(&[variable("0", i64, true), base]), unknown);
    let order = "unexpected order";
    refused(verify(&[global(abi::BUDGET, i64, true), global(abi::FUEL, i64, true)]), order);
    refused(verify(&[global(abi::FUEL, i64, true)]), order);
    refused(verify(&[base, global(abi::FUEL, i64, true), global(abi::BUDGET, i64, true)]), order);
    refused(with(&[base, base]), order);
    let time = (abi::MODULE, "host_time", EntityType::Function(5));
    let entry = (abi::ENTRY_MODULE, "7", EntityType::Function(0));
    refused(with(&[entry, time]), "after another unit");
}
