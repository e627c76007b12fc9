//! One function: statements to instructions.
//!
//! Input: a verified [`Function`]. Output: [`Encoded`]: its body's bytes, and tables of trapping
//! instructions, calls and branch hints by offset in these bytes. Control is structured on both
//! sides; a label becomes a wasm block only if something jumps to it. IR locals keep their numbers;
//! scratch locals follow them.

use super::plan::Plan;
use super::{Layout, ops};
use crate::artifact::TrapKind;
use crate::ir::{FuncId, Function, Label, LocId, MemTy, Module, Stmt};
use wasm_encoder::{BlockType, BranchHint, Function as WasmFunction, ValType};

/// A function's bytes and tables; offsets are from the start of the bytes.
pub(super) struct Encoded {
    /// Local declarations and instructions.
    pub bytes: Vec<u8>,
    /// Each recorded `unreachable`.
    pub traps: Vec<(u32, TrapKind)>,
    /// Each call with a place.
    pub calls: Vec<(u32, LocId)>,
    /// Each branch that usually goes one way.
    pub hints: Vec<BranchHint>,
}

/// Types of scratch locals.
#[derive(Clone, Copy)]
pub(super) enum Scratch {
    /// Addresses and counts.
    I32,
    /// Lengths and fuel.
    I64,
}

/// A wasm block that is open.
struct Frame {
    /// What jumps to it.
    target: Option<Target>,
    /// Whether `fuel` is in the local where the jump arrives.
    fuel_cached: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The end of a block or loop.
    Break(Label),
    /// The next pass of a loop.
    Continue(Label),
}

/// The function that is being written.
pub(super) struct Body<'a> {
    pub(super) module: &'a Module,
    pub(super) layout: &'a Layout,
    pub(super) plan: &'a Plan,
    pub(super) func: &'a Function,
    pub(super) code: Vec<u8>,
    pub(super) fuel_local: Option<u32>,
    pub(super) fuel_cached: bool,
    /// How many loops are open.
    pub(super) loops: u32,
    scratch: Vec<ValType>,
    free: [Vec<u32>; 2],
    frames: Vec<Frame>,
    traps: Vec<(u32, TrapKind)>,
    calls: Vec<(u32, LocId)>,
    hints: Vec<BranchHint>,
}

/// Encodes one function.
pub(super) fn function(module: &Module, layout: &Layout, plan: &Plan, id: FuncId) -> Encoded {
    let func = &module.functions[id.index()];
    let mut body = Body {
        module,
        layout,
        plan,
        func,
        code: Vec::new(),
        fuel_local: None,
        fuel_cached: false,
        loops: 0,
        scratch: Vec::new(),
        free: [Vec::new(), Vec::new()],
        frames: Vec::new(),
        traps: Vec::new(),
        calls: Vec::new(),
        hints: Vec::new(),
    };
    let entry_charge = plan.functions[id.index()].entry_charge;
    if entry_charge > 0 {
        body.charge(entry_charge as u64);
    }
    body.outermost(&func.body);
    body.out().end();
    body.finish()
}

impl Body<'_> {
    fn finish(self) -> Encoded {
        let declared = &self.func.locals[self.func.params as usize..];
        let types = declared.iter().map(|local| ops::val_type(local.ty)).chain(self.scratch);
        let mut bytes = WasmFunction::new_with_locals_types(types).into_raw_body();
        let start = bytes.len() as u32;
        bytes.extend(self.code);
        let mut hints = self.hints;
        for hint in &mut hints {
            hint.branch_func_offset += start;
        }
        Encoded {
            bytes,
            traps: self.traps.into_iter().map(|(at, kind)| (at + start, kind)).collect(),
            calls: self.calls.into_iter().map(|(at, loc)| (at + start, loc)).collect(),
            hints,
        }
    }

    /// A local of this type that nothing else uses until it is given back.
    pub(super) fn scratch(&mut self, kind: Scratch) -> u32 {
        self.free[kind as usize].pop().unwrap_or_else(|| self.fresh(kind))
    }

    /// A local of this type that nothing else has used or will use.
    pub(super) fn fresh(&mut self, kind: Scratch) -> u32 {
        self.scratch.push(match kind {
            Scratch::I32 => ValType::I32,
            Scratch::I64 => ValType::I64,
        });
        (self.func.locals.len() + self.scratch.len() - 1) as u32
    }

    /// Gives a scratch local back.
    pub(super) fn release_scratch(&mut self, kind: Scratch, local: u32) {
        self.free[kind as usize].push(local);
    }

    pub(super) fn hint(&mut self, likely: bool) {
        let at = self.code.len() as u32;
        self.hints.push(BranchHint { branch_func_offset: at, branch_hint_value: likely.into() });
    }

    /// `[cond] -> []`: opens an `if` that is hardly ever entered.
    pub(super) fn unlikely_if(&mut self) {
        self.hint(false);
        self.out().if_(BlockType::Empty);
    }

    /// Traps, recorded.
    ///
    /// In a loop the trap is a load from the last address, where no four bytes can be; as far as the
    /// compiler can see, control goes on after it. With `unreachable` the block would not belong to the
    /// loop, and Cranelift (0.135) would give up on the loop there: it moves no invariant code out of
    /// what it visits later.
    pub(super) fn trap(&mut self, kind: TrapKind) {
        if self.loops > 0 {
            self.out().i32_const(-1);
            self.trapping_load(kind);
            return;
        }
        const IF: u32 = 2; // Bytes of an `if` without results.
        let at = self.code.len() as u32;
        if let Some(hint) = self.hints.last()
            && hint.branch_func_offset + IF == at
        {
            // Cranelift makes one conditional trap of the two, with the offset of the `if`.
            self.traps.push((at - IF, kind));
        }
        self.traps.push((at, kind));
        self.out().unreachable();
    }

    /// `[ok] -> []`: traps if `ok` is 0, else loads from address 0. Recorded; not a branch.
    pub(super) fn trap_unless(&mut self, kind: TrapKind) {
        self.out().i32_const(1).i32_sub();
        self.trapping_load(kind);
    }

    fn trapping_load(&mut self, kind: TrapKind) {
        self.traps.push((self.code.len() as u32, kind));
        ops::load(&mut self.out(), MemTy::Ptr, 0);
        self.out().drop();
    }

    pub(super) fn open(&mut self, target: Option<Target>) {
        self.frames.push(Frame { target, fuel_cached: self.fuel_cached });
    }

    pub(super) fn block(&mut self, target: Option<Target>) {
        self.open(target);
        self.out().block(BlockType::Empty);
    }

    pub(super) fn close(&mut self) {
        self.frames.pop();
        self.out().end();
    }

    /// Jumps to an open block; `fuel` will be where the target expects it.
    pub(super) fn jump(&mut self, target: Target) {
        let Some(place) = self.frames.iter().rposition(|f| f.target == Some(target)) else {
            // A verified module has no such jump.
            self.out().unreachable();
            return;
        };
        if !self.frames[place].fuel_cached {
            self.write_back_fuel();
        }
        let depth = (self.frames.len() - 1 - place) as u32;
        self.out().br(depth);
    }

    /// How far out a target is, if a jump there leaves `fuel` where it is.
    pub(super) fn depth(&self, target: Target) -> Option<u32> {
        let place = self.frames.iter().rposition(|f| f.target == Some(target))?;
        let stays = self.frames[place].fuel_cached == self.fuel_cached;
        stays.then_some((self.frames.len() - 1 - place) as u32)
    }

    /// The function's own statements. The last `return` is the end of the function.
    fn outermost(&mut self, stmts: &[Stmt]) {
        if let Some((Stmt::Return(values), before)) = stmts.split_last() {
            self.stmts(before);
            values.iter().for_each(|value| self.expr(value));
            return;
        }
        self.stmts(stmts);
        if !self.func.results.is_empty() {
            // No path comes here, but the validator does not know it.
            self.out().unreachable();
        }
    }

    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Set(local, value) => {
                self.expr(value);
                self.local_set(*local);
            }
            Stmt::SetGlobal(global, value) => {
                self.expr(value);
                let index = self.layout.first_global + global.0;
                self.out().global_set(index);
            }
            Stmt::Store { mem, addr, offset, value } => {
                let offset = self.address(addr, *offset);
                self.expr(value);
                ops::store(&mut self.out(), *mem, offset);
            }
            Stmt::Call { dst, callee, args, loc } => {
                args.iter().for_each(|arg| self.expr(arg));
                let at = self.call(*callee);
                self.calls.push((at as u32, *loc));
                dst.iter().rev().for_each(|local| self.local_set(*local));
            }
            Stmt::If { cond, then, orelse } => self.if_(cond, then, orelse),
            Stmt::Block { label, body } => {
                let target = Target::Break(*label);
                let jumped = mentions(body, target);
                if jumped {
                    self.block(Some(target));
                }
                self.stmts(body);
                if jumped {
                    self.close();
                }
            }
            Stmt::Loop { label, body } => self.loop_(*label, body),
            Stmt::For { .. } => self.for_(stmt),
            Stmt::Break(label) => self.jump(Target::Break(*label)),
            Stmt::Continue(label) => self.jump(Target::Continue(*label)),
            Stmt::Return(values) => {
                values.iter().for_each(|value| self.expr(value));
                self.write_back_fuel();
                self.out().return_();
            }
            Stmt::Raise { site, args } => {
                if args.is_empty() && self.loops == 0 {
                    // A block of its own, lest Cranelift gives the trap to the branch that leads here.
                    self.out().block(BlockType::Empty).br(0).end();
                }
                self.raise(*site, args);
            }
            Stmt::Check { cond, site, args } => self.check(cond, *site, args),
            Stmt::Bounds { .. } => self.bounds(stmt),
            Stmt::Retain(value) => self.retain(value),
            Stmt::Release { value, drop } => self.release(value, *drop),
            Stmt::MemoryCopy { dst, src, len } => self.bulk(stmt, [dst, src], len),
            Stmt::MemoryFill { dst, value, len } => self.bulk(stmt, [dst, value], len),
            Stmt::MemoryGrow { dst, pages } => self.memory_grow(*dst, pages),
            Stmt::Charge(units) => self.charge_expr(units),
        }
    }
}

/// Whether the statements jump to this target.
pub(super) fn mentions(stmts: &[Stmt], target: Target) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Break(label) => target == Target::Break(*label),
        Stmt::Continue(label) => target == Target::Continue(*label),
        _ => stmt.bodies().any(|body| mentions(body, target)),
    })
}
