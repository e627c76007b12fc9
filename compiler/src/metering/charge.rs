//! The sequences of instructions that may touch the CPU budget, spelt out.

use crate::abi::{INTERRUPT, SLICE};
use wasmparser::{BlockType, MemArg, Operator};

/// Index of the global `fuel`.
const FUEL: u32 = 0;
/// Index of the global `budget`.
const BUDGET: u32 = 1;
/// Upper end of a charge that is known at run time.
const MAX_CHARGE: i64 = 1 << 62;

/// Where `fuel` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purse {
    /// In the global.
    Global,
    /// In this local.
    Local(u32),
}

/// A recognised sequence.
pub(super) struct Charge {
    /// How many instructions it has.
    pub(super) len: usize,
    /// Where it takes `fuel` from.
    pub(super) purse: Purse,
    /// Unless the amount is a constant: the local with it, and the local with the number of slices.
    pub(super) amount: Option<(u32, u32)>,
}

impl Purse {
    fn get<'a>(self) -> Operator<'a> {
        match self {
            Purse::Global => Operator::GlobalGet { global_index: FUEL },
            Purse::Local(local_index) => Operator::LocalGet { local_index },
        }
    }

    fn set<'a>(self) -> Operator<'a> {
        match self {
            Purse::Global => Operator::GlobalSet { global_index: FUEL },
            Purse::Local(local_index) => Operator::LocalSet { local_index },
        }
    }

    fn of(op: &Operator<'_>) -> Option<Purse> {
        match op {
            Operator::GlobalGet { global_index: FUEL } => Some(Purse::Global),
            Operator::LocalGet { local_index } => Some(Purse::Local(*local_index)),
            _ => None,
        }
    }
}

/// The charge at the start of `ops`.
pub(super) fn charge(ops: &[Operator<'_>]) -> Option<Charge> {
    let [purse, amount, ..] = ops else { return None };
    let purse = Purse::of(purse)?;
    match amount {
        Operator::I64Const { value: 1..=SLICE } => {
            let expected = sequence(purse, amount, &[], &Operator::I64Const { value: SLICE });
            ops.starts_with(&expected).then_some(Charge { len: expected.len(), purse, amount: None })
        }
        Operator::LocalGet { local_index } => {
            // The local with the number of slices is written where it is computed.
            let Operator::LocalSet { local_index: slices } = *ops.get(SLICES_AT)? else { return None };
            // A purse in a local is `fuel`, which is no amount for the walk either.
            let differ = purse != Purse::Local(*local_index) && purse != Purse::Local(slices);
            let prepare = whole_slices(purse, *local_index, slices);
            let expected = sequence(purse, amount, &prepare, &Operator::LocalGet { local_index: slices });
            let found = differ && *local_index != slices && ops.starts_with(&expected);
            found.then_some(Charge { len: expected.len(), purse, amount: Some((*local_index, slices)) })
        }
        _ => None,
    }
}

/// `if fuel < amount { trap if interrupted; prepare; budget -= refill; trap if budget < 0;
/// fuel += refill } fuel -= amount`. The traps are loads: from address 0 if a condition is
/// 1, and if it is 0 from the last address, where no four bytes can be.
fn sequence<'a>(
    purse: Purse,
    amount: &Operator<'a>,
    prepare: &[Operator<'a>],
    refill: &Operator<'a>,
) -> Vec<Operator<'a>> {
    let memarg = |offset| MemArg { align: 2, max_align: 2, offset, memory: 0 };
    let budget = Operator::GlobalGet { global_index: BUDGET };
    let trap_unless = [
        Operator::I32Const { value: 1 },
        Operator::I32Sub,
        Operator::I32Load { memarg: memarg(0) },
        Operator::Drop,
    ];
    let mut ops = vec![purse.get(), amount.clone(), Operator::I64LtS];
    ops.push(Operator::If { blockty: BlockType::Empty });
    ops.extend([Operator::I32Const { value: 0 }, Operator::I32Load { memarg: memarg(INTERRUPT.into()) }]);
    ops.push(Operator::I32Eqz);
    ops.extend_from_slice(&trap_unless);
    ops.extend_from_slice(prepare);
    ops.extend([budget.clone(), refill.clone(), Operator::I64Sub]);
    ops.push(Operator::GlobalSet { global_index: BUDGET });
    ops.extend([budget, Operator::I64Const { value: 0 }, Operator::I64GeS]);
    ops.extend(trap_unless);
    ops.extend([purse.get(), refill.clone(), Operator::I64Add, purse.set(), Operator::End]);
    ops.extend([purse.get(), amount.clone(), Operator::I64Sub, purse.set()]);
    ops
}

/// Where in a charge of a local the number of slices is written.
const SLICES_AT: usize = 18;

/// `slices = (amount - fuel + SLICE - 1) & -SLICE`
fn whole_slices<'a>(purse: Purse, amount: u32, slices: u32) -> [Operator<'a>; 8] {
    [
        Operator::LocalGet { local_index: amount },
        purse.get(),
        Operator::I64Sub,
        Operator::I64Const { value: SLICE - 1 },
        Operator::I64Add,
        Operator::I64Const { value: -SLICE },
        Operator::I64And,
        Operator::LocalSet { local_index: slices },
    ]
}

/// `local = min(max(local, 0), MAX_CHARGE)` and then a charge of it, at the start of `ops`.
pub(super) fn clamped_charge(ops: &[Operator<'_>]) -> Option<Charge> {
    let Some(Operator::LocalGet { local_index }) = ops.first() else { return None };
    let local_index = *local_index;
    let get = Operator::LocalGet { local_index };
    let set = Operator::LocalSet { local_index };
    let (zero, most) = (Operator::I64Const { value: 0 }, Operator::I64Const { value: MAX_CHARGE });
    let clamp = [
        get.clone(),
        zero.clone(),
        get.clone(),
        zero,
        Operator::I64GtS,
        Operator::Select,
        set.clone(),
        get.clone(),
        most.clone(),
        get,
        most,
        Operator::I64LtS,
        Operator::Select,
        set,
    ];
    if !ops.starts_with(&clamp) {
        return None;
    }
    let charge = charge(&ops[clamp.len()..])?;
    let same = charge.amount.is_some_and(|(amount, _)| amount == local_index);
    same.then_some(Charge { len: charge.len + clamp.len(), ..charge })
}

/// The load of the local from the global, at the start of `ops`.
pub(super) fn load(ops: &[Operator<'_>]) -> Option<u32> {
    match ops {
        [Operator::GlobalGet { global_index: FUEL }, Operator::LocalSet { local_index }, ..] => {
            Some(*local_index)
        }
        _ => None,
    }
}

/// The write-back of the local to the global, at the start of `ops`.
pub(super) fn write_back(ops: &[Operator<'_>]) -> Option<u32> {
    match ops {
        [Operator::LocalGet { local_index }, Operator::GlobalSet { global_index: FUEL }, ..] => {
            Some(*local_index)
        }
        _ => None,
    }
}
