//! The rules inside one function: where `fuel` is at every point, and that loops and bulk operations
//! pay. One pass over the instructions with a stack of open blocks.

use super::charge::{self, Purse};
use super::{Facts, MAX_FREE_BYTES, Places};
use crate::abi::SLICE;
use wasmparser::Operator;

/// Bytes that a unit pays for, as a power of two.
const BYTES_PER_UNIT_LOG2: i64 = 4;

/// What is known of callees.
pub(super) struct Callees<'a> {
    /// Where imports are.
    pub(super) places: &'a Places,
    /// Functions of this module that touch `fuel`.
    pub(super) touching: &'a [bool],
}

/// What callers must know of a function.
pub(super) fn facts(ops: &[Operator<'_>], places: &Places) -> Facts {
    let mut facts = Facts::default();
    // No function has any other purse where it begins: such a charge is refused when it is walked, too.
    let first = charge::charge(ops).filter(|c| c.purse == Purse::Global && c.amount.is_none());
    facts.pays = first.is_some() && places.metered;
    // For each open block, whether it is in a loop.
    let mut blocks: Vec<bool> = Vec::new();
    for (at, op) in ops.iter().enumerate() {
        let in_loop = blocks.last() == Some(&true);
        facts.straight += u64::from(!in_loop);
        match op {
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } if !in_loop => {
                if let [.., Operator::I32Const { value }] = ops[..at] {
                    facts.straight += u64::from(value as u32 >> 4);
                }
            }
            Operator::Loop { .. } => blocks.push(true),
            Operator::Block { .. } | Operator::If { .. } => blocks.push(in_loop),
            Operator::End => {
                blocks.pop();
            }
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                facts.names_fuel |= places.is_purse(*global_index);
            }
            Operator::Call { function_index } => match places.local(*function_index) {
                Some(callee) => {
                    facts.calls.push(callee);
                    if !in_loop {
                        facts.straight_calls.push(callee);
                    }
                }
                None => {
                    facts.calls_entry |= places.is_entry(*function_index);
                    facts.names_fuel |= places.takes_fuel(*function_index);
                }
            },
            _ => {}
        }
    }
    facts
}

/// An open block.
struct Block {
    is_loop: bool,
    /// Whether it is an `if` whose `else` has not been seen.
    may_skip: bool,
    /// Where `fuel` is at its start; `None` in code that is not reached.
    start: Option<Purse>,
    /// Where `fuel` is after it, as far as seen.
    after: Option<Purse>,
}

struct Checker<'a> {
    callees: &'a Callees<'a>,
    blocks: Vec<Block>,
    /// Where `fuel` is now; `None`: this point is not reached.
    now: Option<Purse>,
    /// The function's local for `fuel`.
    fuel: Option<u32>,
    /// The local with a length that has been paid for, and that no jump or write has touched since.
    paid: Option<u32>,
}

/// Checks one function.
pub(super) fn check(ops: &[Operator<'_>], callees: &Callees<'_>) -> Result<(), String> {
    let outermost =
        Block { is_loop: false, may_skip: false, start: Some(Purse::Global), after: Some(Purse::Global) };
    let fuel = fuel_local(ops, callees.places)?;
    let mut checker =
        Checker { callees, blocks: vec![outermost], now: Some(Purse::Global), fuel, paid: None };
    let mut at = 0;
    while at < ops.len() {
        at += checker.step(ops, at).map_err(|e| format!("instruction {at}: {e}"))?;
    }
    Ok(())
}

/// The local that is loaded from `fuel`: at most one.
fn fuel_local(ops: &[Operator<'_>], places: &Places) -> Result<Option<u32>, String> {
    let mut found = None;
    for at in 0..ops.len() {
        if let Some(local) = charge::load(&ops[at..]).filter(|_| places.metered)
            && *found.get_or_insert(local) != local
        {
            return Err("`fuel` is loaded into two locals".to_owned());
        }
    }
    Ok(found)
}

impl Checker<'_> {
    /// Checks what is at `at`; gives the number of instructions.
    fn step(&mut self, ops: &[Operator<'_>], at: usize) -> Result<usize, String> {
        let rest = &ops[at..];
        if self.callees.places.metered
            && let Some(len) = self.purse_sequence(ops, at)?
        {
            return Ok(len);
        }
        match &rest[0] {
            Operator::Block { .. } => self.open(false, false),
            Operator::If { .. } => self.open(false, true),
            Operator::Loop { .. } => return self.open_loop(rest),
            Operator::Else => self.else_()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => {
                self.jump(*relative_depth)?;
                self.now = None;
            }
            Operator::BrIf { relative_depth } => self.jump(*relative_depth)?,
            Operator::Return => {
                self.need_global("return")?;
                self.now = None;
            }
            Operator::Unreachable => self.now = None,
            Operator::Call { function_index } => {
                let places = self.callees.places;
                let touches = match places.local(*function_index) {
                    Some(callee) => self.callees.touching[callee],
                    None => places.takes_fuel(*function_index),
                };
                if touches {
                    self.need_global("call")?;
                }
            }
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index }
                if self.callees.places.is_purse(*global_index) =>
            {
                return Err("`fuel` or `budget` outside a charge".to_owned());
            }
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index }
                if self.fuel == Some(*local_index) =>
            {
                return Err("the local of `fuel` outside a charge".to_owned());
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index }
                if self.paid == Some(*local_index) =>
            {
                self.paid = None;
            }
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => self.bulk(&ops[..at])?,
            op if is_refused(op) => return Err(format!("refused: {op:?}")),
            _ => {}
        }
        if is_jump(&rest[0]) {
            self.paid = None;
        }
        Ok(1)
    }

    /// A charge, load or write-back at `at`: how long it is.
    fn purse_sequence(&mut self, ops: &[Operator<'_>], at: usize) -> Result<Option<usize>, String> {
        let rest = &ops[at..];
        let constant = charge::charge(rest).filter(|c| c.amount.is_none());
        if let Some(charge) = constant.or_else(|| charge::clamped_charge(rest)) {
            self.need(charge.purse)?;
            if let Some((amount, slices)) = charge.amount {
                if self.fuel == Some(amount) || self.fuel == Some(slices) {
                    return Err("the local of `fuel` as an amount".to_owned());
                }
                self.paid = length_behind(&ops[..at], amount).filter(|len| *len != slices);
            }
            return Ok(Some(charge.len));
        }
        if let Some(local) = charge::load(rest) {
            self.need_global("load")?;
            self.now = self.now.map(|_| Purse::Local(local));
            // What was paid is paid, whatever the purse; but the encoder puts nothing in between.
            self.paid = None;
            return Ok(Some(2));
        }
        if let Some(local) = charge::write_back(rest) {
            self.need(Purse::Local(local))?;
            self.now = self.now.map(|_| Purse::Global);
            return Ok(Some(2));
        }
        Ok(None)
    }

    fn need(&self, purse: Purse) -> Result<(), String> {
        // A purse that is a local must be the one; a local of another name is no purse.
        if matches!(purse, Purse::Local(local) if self.fuel != Some(local)) {
            return Err("a charge to a local that does not hold `fuel`".to_owned());
        }
        match self.now {
            Some(now) if now != purse => Err(format!("`fuel` is in {now:?}, not in {purse:?}")),
            _ => Ok(()),
        }
    }

    fn need_global(&self, what: &str) -> Result<(), String> {
        self.need(Purse::Global).map_err(|e| format!("{what}: {e}"))
    }

    fn open(&mut self, is_loop: bool, may_skip: bool) {
        self.blocks.push(Block { is_loop, may_skip, start: self.now, after: None });
    }

    fn open_loop(&mut self, rest: &[Operator<'_>]) -> Result<usize, String> {
        let charge = charge::charge(&rest[1..]).filter(|c| c.amount.is_none());
        let Some(charge) = charge.filter(|_| self.callees.places.metered) else {
            return Err(format!("a loop that does not begin with a charge of 1 to {SLICE}"));
        };
        self.need(charge.purse)?;
        self.open(true, false);
        self.paid = None;
        Ok(1 + charge.len)
    }

    fn innermost(&mut self) -> Result<&mut Block, String> {
        self.blocks.last_mut().ok_or_else(|| "no open block".to_owned())
    }

    fn else_(&mut self) -> Result<(), String> {
        let now = self.now;
        let block = self.innermost()?;
        merge(&mut block.after, now)?;
        block.may_skip = false;
        self.now = block.start;
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let now = self.now;
        let mut block = self.blocks.pop().ok_or("no open block")?;
        merge(&mut block.after, now)?;
        if block.may_skip {
            merge(&mut block.after, block.start)?;
        }
        self.now = block.after;
        Ok(())
    }

    fn jump(&mut self, depth: u32) -> Result<(), String> {
        let now = self.now;
        let place = self.blocks.len().checked_sub(1 + depth as usize).ok_or("a jump out of nothing")?;
        let block = &mut self.blocks[place];
        if block.is_loop {
            // The start of a loop that is not reached can have no purse to agree with.
            return merge(&mut block.start, now);
        }
        merge(&mut block.after, now)
    }

    /// A copy or fill after `before`: its length is the last operand. A payment is good for one.
    fn bulk(&mut self, before: &[Operator<'_>]) -> Result<(), String> {
        match before {
            [.., Operator::I32Const { value: 0..=MAX_FREE_BYTES }] => Ok(()),
            [.., Operator::LocalGet { local_index }, Operator::I32WrapI64]
                if self.paid.take() == Some(*local_index) =>
            {
                Ok(())
            }
            _ => Err("a copy or fill that is not paid for".to_owned()),
        }
    }
}

/// The local `len` if `amount = len >> BYTES_PER_UNIT_LOG2` is what comes last.
fn length_behind(before: &[Operator<'_>], amount: u32) -> Option<u32> {
    match before {
        [
            ..,
            Operator::LocalGet { local_index: len },
            Operator::I64Const { value: BYTES_PER_UNIT_LOG2 },
            Operator::I64ShrU,
            Operator::LocalSet { local_index: to },
        ] if *to == amount && *len != amount => Some(*len),
        _ => None,
    }
}

/// Both ways must have `fuel` in the same place, unless one of them is never taken.
fn merge(into: &mut Option<Purse>, now: Option<Purse>) -> Result<(), String> {
    match (*into, now) {
        (Some(a), Some(b)) if a != b => Err(format!("`fuel` in {a:?} on one way and in {b:?} on another")),
        _ => {
            *into = into.or(now);
            Ok(())
        }
    }
}

/// Instructions after which control may be elsewhere, or that may come from elsewhere.
fn is_jump(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::Return
            | Operator::Unreachable
    )
}

/// Instructions that the rules do not follow.
fn is_refused(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::BrTable { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableInit { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. }
    )
}
