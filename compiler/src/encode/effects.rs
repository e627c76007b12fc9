//! Statements that check, count, copy or grow: each is a short fixed sequence with its unlikely part
//! marked as such.

use super::body::{Body, Scratch};
use super::{ops, plan};
use crate::abi::{BLOCK_COUNT, TRAP_ARGS};
use crate::artifact::TrapKind;
use crate::ir::{Callee, Expr, FuncId, Local, MemTy, SiteId, Stmt, Ty};
use wasm_encoder::BlockType;

impl Body<'_> {
    pub(super) fn raise(&mut self, site: SiteId, args: &[Expr]) {
        let mut floats = 0;
        for (slot, arg) in args.iter().take(4).enumerate() {
            self.store_trap_arg(slot, arg);
            floats |= u8::from(arg.ty(self.func, self.module) == Ty::F64) << slot;
        }
        self.trap(TrapKind::Raise { site, floats });
    }

    pub(super) fn check(&mut self, cond: &Expr, site: SiteId, args: &[Expr]) {
        self.negated(cond);
        self.unlikely_if();
        self.raise(site, args);
        self.out().end();
    }

    /// One unsigned comparison accepts what is in bounds; a negative index is wrapped before it, in
    /// unlikely code. Lengths are not negative.
    pub(super) fn bounds(&mut self, stmt: &Stmt) {
        let Stmt::Bounds { dst, index, len, wrap, site } = stmt else { return };
        let scratch = match len {
            Expr::I64(_) => None,
            Expr::Local(local) if local != dst => None,
            _ => Some(self.scratch(Scratch::I64)),
        };
        if let Some(scratch) = scratch {
            self.expr(len);
            self.out().local_set(scratch);
        }
        self.expr(index);
        self.local_set(*dst);
        if *wrap {
            self.local_get(*dst);
            self.out().i64_const(0).i64_lt_s();
            self.unlikely_if();
            self.local_get(*dst);
            self.stop(len, scratch);
            self.out().i64_add().local_set(dst.0).end();
        }
        self.local_get(*dst);
        self.stop(len, scratch);
        self.out().i64_ge_u();
        self.unlikely_if();
        self.out_of_bounds(*dst, |body| body.stop(len, scratch), *wrap);
        self.trap(TrapKind::Raise { site: *site, floats: 0 });
        self.out().end();
        if let Some(scratch) = scratch {
            self.release_scratch(Scratch::I64, scratch);
        }
    }

    /// Stores the index as the program gave it, and the length.
    fn out_of_bounds(&mut self, dst: Local, len: impl Fn(&mut Self), wrap: bool) {
        self.out().i32_const(0).local_get(dst.0);
        if wrap {
            // What is negative now has been wrapped; what is too large has not.
            len(self);
            self.out().i64_sub().local_get(dst.0).local_get(dst.0).i64_const(0).i64_lt_s().select();
        }
        ops::store(&mut self.out(), MemTy::I64, TRAP_ARGS);
        self.out().i32_const(0);
        len(self);
        ops::store(&mut self.out(), MemTy::I64, TRAP_ARGS + 8);
    }

    /// Puts an address into a local that is not changed meanwhile; `true`: a scratch local.
    fn pinned(&mut self, value: &Expr) -> (u32, bool) {
        if let Expr::Local(local) = value {
            return (local.0, false);
        }
        let local = self.scratch(Scratch::I32);
        self.expr(value);
        self.out().local_set(local);
        (local, true)
    }

    fn unpin(&mut self, (local, scratch): (u32, bool)) {
        if scratch {
            self.release_scratch(Scratch::I32, local);
        }
    }

    /// Opens a block that is left at once for null and immortal blocks; the count is in `count`.
    fn counted(&mut self, block: u32, count: u32) {
        self.out().block(BlockType::Empty).local_get(block).i32_eqz().br_if(0).local_get(block);
        ops::load(&mut self.out(), MemTy::Ptr, BLOCK_COUNT);
        self.out().local_tee(count).i32_const(0).i32_lt_s().br_if(0);
    }

    fn set_count(&mut self, block: u32, count: u32, change: i32) {
        self.out().local_get(block).local_get(count).i32_const(change).i32_add();
        ops::store(&mut self.out(), MemTy::Ptr, BLOCK_COUNT);
    }

    pub(super) fn retain(&mut self, value: &Expr) {
        let block = self.pinned(value);
        let count = self.scratch(Scratch::I32);
        self.counted(block.0, count);
        self.set_count(block.0, count, 1);
        self.out().end();
        self.release_scratch(Scratch::I32, count);
        self.unpin(block);
    }

    pub(super) fn release(&mut self, value: &Expr, drop: FuncId) {
        let block = self.pinned(value);
        let count = self.scratch(Scratch::I32);
        self.counted(block.0, count);
        self.out().local_get(count).i32_const(1).i32_eq().if_(BlockType::Empty).local_get(block.0);
        self.call(Callee::Func(drop));
        self.out().else_();
        self.set_count(block.0, count, -1);
        self.out().end().end();
        self.release_scratch(Scratch::I32, count);
        self.unpin(block);
    }

    /// A copy (`operands`: destination, source) or fill (destination, byte).
    pub(super) fn bulk(&mut self, stmt: &Stmt, operands: [&Expr; 2], len: &Expr) {
        let dynamic = if plan::is_small(len) { None } else { Some(self.scratch(Scratch::I64)) };
        if let Some(local) = dynamic {
            // A length that does not fit must trap, not wrap: 2^32 - 1 bytes never fit in memory.
            self.expr(len);
            self.out().local_tee(local).i64_const(0xFFFF_FFFF).local_get(local).i64_const(0xFFFF_FFFF);
            self.out().i64_lt_u().select().local_set(local);
            self.charge_bytes(local);
        }
        operands.into_iter().for_each(|operand| self.expr(operand));
        let fill = matches!(stmt, Stmt::MemoryFill { .. });
        if fill {
            self.out().i32_wrap_i64();
        }
        match (dynamic, len) {
            (Some(local), _) => {
                self.out().local_get(local).i32_wrap_i64();
                self.release_scratch(Scratch::I64, local);
            }
            (None, Expr::I64(len)) => {
                self.out().i32_const(*len as i32);
            }
            (None, _) => {}
        }
        if fill {
            self.out().memory_fill(0);
        } else {
            self.out().memory_copy(0, 0);
        }
    }

    pub(super) fn memory_grow(&mut self, dst: Local, pages: &Expr) {
        let local = self.scratch(Scratch::I64);
        self.expr(pages);
        self.out().local_tee(local).i64_const(65536).i64_gt_u().if_(BlockType::Empty);
        self.out().i64_const(-1).local_set(dst.0).else_();
        self.out().local_get(local).i32_wrap_i64().memory_grow(0).i64_extend_i32_s().local_set(dst.0).end();
        self.release_scratch(Scratch::I64, local);
    }
}
