//! Expressions: postfix code that leaves one value on the stack.

use super::body::Body;
use super::ops;
use crate::ir::{Expr, Local, MemTy, UnOp};
use wasm_encoder::InstructionSink;

impl Body<'_> {
    /// The place where the next instruction goes.
    pub(super) fn out(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// `[] -> [value]`
    pub(super) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::I32(value) => {
                self.out().i32_const(*value);
            }
            Expr::I64(value) => {
                self.out().i64_const(*value);
            }
            Expr::F64(bits) => {
                self.out().f64_const(f64::from_bits(*bits).into());
            }
            Expr::Local(local) => self.local_get(*local),
            Expr::Global(global) => {
                let index = self.layout.first_global + global.0;
                self.out().global_get(index);
            }
            Expr::Data(offset) => {
                let base = self.layout.data_base;
                self.out().global_get(base);
                if *offset != 0 {
                    self.out().i32_const(*offset as i32).i32_add();
                }
            }
            Expr::MemorySize => {
                self.out().memory_size(0).i64_extend_i32_u().i64_const(16).i64_shl();
            }
            Expr::Unary(op, operand) => {
                self.expr(operand);
                ops::unary(&mut self.out(), *op);
            }
            Expr::Binary(op, left, right) => {
                self.expr(left);
                self.expr(right);
                ops::binary(&mut self.out(), *op);
            }
            Expr::Load { mem, addr, offset } => {
                let offset = self.address(addr, *offset);
                ops::load(&mut self.out(), *mem, offset);
            }
            Expr::Select { cond, then, orelse } => {
                self.expr(then);
                self.expr(orelse);
                self.expr(cond);
                self.out().select();
            }
            Expr::Bitselect { then, orelse, mask } => {
                self.expr(then);
                self.expr(orelse);
                self.expr(mask);
                self.out().v128_bitselect();
            }
        }
    }

    /// Leaves the base address on the stack and gives the immediate offset. A place in the static
    /// data becomes one global and one immediate.
    pub(super) fn address(&mut self, addr: &Expr, offset: u32) -> u32 {
        if let Expr::Data(at) = addr
            && let Some(sum) = at.checked_add(offset)
        {
            let base = self.layout.data_base;
            self.out().global_get(base);
            return sum;
        }
        self.expr(addr);
        offset
    }

    /// `[] -> [1 if the condition does not hold]`
    pub(super) fn negated(&mut self, cond: &Expr) {
        if let Expr::Unary(UnOp::I32Eqz, inner) = cond {
            // Only whether it is zero matters to a branch.
            self.expr(inner);
        } else {
            self.expr(cond);
            self.out().i32_eqz();
        }
    }

    /// `[] -> [value]`
    pub(super) fn local_get(&mut self, local: Local) {
        self.out().local_get(local.0);
    }

    /// `[value] -> []`
    pub(super) fn local_set(&mut self, local: Local) {
        self.out().local_set(local.0);
    }

    /// Stores an operand of an exception in its 8-byte slot.
    pub(super) fn store_trap_arg(&mut self, slot: usize, arg: &Expr) {
        let at = crate::abi::TRAP_ARGS + 8 * slot as u32;
        self.out().i32_const(0);
        self.expr(arg);
        let mem = match arg.ty(self.func, self.module) {
            crate::ir::Ty::F64 => MemTy::F64,
            crate::ir::Ty::I32 => {
                self.out().i64_extend_i32_u();
                MemTy::I64
            }
            crate::ir::Ty::I64 => MemTy::I64,
            crate::ir::Ty::V128 => MemTy::V128,
        };
        ops::store(&mut self.out(), mem, at);
    }
}
