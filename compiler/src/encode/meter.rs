//! Metering: the instruction sequences that charge the CPU budget. `metering` checks them.
//!
//! Two globals hold what is left: `fuel` within the current slice, `budget` beyond it. A charge takes
//! from `fuel`; when that is not enough, the refill looks at the interrupt flag and moves a slice
//! from `budget`. It calls nothing, so no value that lives in a register must be spilt for it; it is
//! marked as unlikely, so it lies outside the loop's code; and it has no branch, so Cranelift still
//! moves invariant code out of the loop.
//!
//! Outside loops a charge works on the global. From the entry of an outermost loop to each of its
//! exits `fuel` lives in a local ([`Body::fuel_cached`]): loaded once, written back before anything
//! that reads the global (a call of a function that charges, a return, a jump out). A trap does not
//! write it back; what is lost is less than a slice, and the same amount on every run.

use super::body::{Body, Scratch};
use crate::abi::{INTERRUPT, SLICE};
use crate::artifact::TrapKind;
use crate::ir::{Callee, Expr, MemTy};

/// The largest dynamic charge. More than any budget, and far from overflow.
const MAX_CHARGE: i64 = 1 << 62;

/// How much is charged.
#[derive(Clone, Copy)]
enum Amount {
    /// 1 to a slice.
    Const(i64),
    /// A local with a value from 0 to [`MAX_CHARGE`].
    Local(u32),
}

impl Body<'_> {
    /// Charges a constant.
    pub(super) fn charge(&mut self, units: u64) {
        if self.layout.metered {
            self.charge_amount(Amount::Const(super::plan::clamp_charge(units)));
        }
    }

    /// Charges an amount that is known at run time. Less than zero counts as zero.
    pub(super) fn charge_expr(&mut self, units: &Expr) {
        match units {
            _ if !self.layout.metered => {}
            Expr::I64(units @ 1..=SLICE) => self.charge_amount(Amount::Const(*units)),
            _ => {
                let amount = self.scratch(Scratch::I64);
                self.expr(units);
                self.out().local_set(amount);
                self.clamp_and_charge(amount);
                self.release_scratch(Scratch::I64, amount);
            }
        }
    }

    /// Charges for copying or filling as many bytes as the local `len` says.
    pub(super) fn charge_bytes(&mut self, len: u32) {
        if self.layout.metered {
            let amount = self.scratch(Scratch::I64);
            let shift = super::plan::BYTES_PER_UNIT_LOG2.into();
            self.out().local_get(len).i64_const(shift).i64_shr_u().local_set(amount);
            self.clamp_and_charge(amount);
            self.release_scratch(Scratch::I64, amount);
        }
    }

    fn clamp_and_charge(&mut self, amount: u32) {
        self.out()
            .local_get(amount)
            .i64_const(0)
            .local_get(amount)
            .i64_const(0)
            .i64_gt_s()
            .select()
            .local_set(amount)
            .local_get(amount)
            .i64_const(MAX_CHARGE)
            .local_get(amount)
            .i64_const(MAX_CHARGE)
            .i64_lt_s()
            .select()
            .local_set(amount);
        self.charge_amount(Amount::Local(amount));
    }

    /// The charge itself: `if fuel < amount { refill } fuel -= amount`. Compared before it is taken, so
    /// that native code has one comparison and one subtraction, and no copy.
    fn charge_amount(&mut self, amount: Amount) {
        self.fuel_get();
        self.amount(amount);
        self.out().i64_lt_s();
        self.unlikely_if();
        self.refill(amount);
        self.out().end();
        self.fuel_get();
        self.amount(amount);
        self.out().i64_sub();
        self.fuel_set();
    }

    fn amount(&mut self, amount: Amount) {
        match amount {
            Amount::Const(units) => self.out().i64_const(units),
            Amount::Local(local) => self.out().local_get(local),
        };
    }

    /// Gets units from beyond the slice, or traps. Entered with `fuel < amount`, left with `fuel >=
    /// amount`. Straight code: see [`Body::trap_unless`].
    fn refill(&mut self, amount: Amount) {
        self.out().i32_const(0);
        super::ops::load(&mut self.out(), MemTy::Ptr, INTERRUPT);
        self.out().i32_eqz();
        self.trap_unless(TrapKind::Interrupted);
        let slices = match amount {
            Amount::Const(_) => Amount::Const(SLICE),
            Amount::Local(local) => {
                // As many whole slices as are missing.
                let slices = self.scratch(Scratch::I64);
                self.out().local_get(local);
                self.fuel_get();
                self.out().i64_sub().i64_const(SLICE - 1).i64_add().i64_const(-SLICE).i64_and();
                self.out().local_set(slices);
                Amount::Local(slices)
            }
        };
        let budget = self.layout.budget;
        self.out().global_get(budget);
        self.amount(slices);
        self.out().i64_sub().global_set(budget);
        self.out().global_get(budget).i64_const(0).i64_ge_s();
        self.trap_unless(TrapKind::OutOfFuel);
        self.fuel_get();
        self.amount(slices);
        self.out().i64_add();
        self.fuel_set();
        if let Amount::Local(local) = slices {
            self.release_scratch(Scratch::I64, local);
        }
    }

    fn fuel_get(&mut self) {
        if self.fuel_cached {
            let local = self.fuel_local();
            self.out().local_get(local);
        } else {
            let global = self.layout.fuel;
            self.out().global_get(global);
        }
    }

    fn fuel_set(&mut self) {
        if self.fuel_cached {
            let local = self.fuel_local();
            self.out().local_set(local);
        } else {
            let global = self.layout.fuel;
            self.out().global_set(global);
        }
    }

    fn fuel_local(&mut self) -> u32 {
        if let Some(local) = self.fuel_local {
            return local;
        }
        let local = self.fresh(Scratch::I64);
        self.fuel_local = Some(local);
        local
    }

    /// Takes `fuel` into the local, at the entry of a loop. Tells whether it did: not in a loop that
    /// is inside another.
    pub(super) fn cache_fuel(&mut self) -> bool {
        if !self.layout.metered || self.fuel_cached {
            return false;
        }
        self.load_fuel();
        self.fuel_cached = true;
        true
    }

    /// Ends what [`Body::cache_fuel`] began.
    pub(super) fn uncache_fuel(&mut self, cached: bool) {
        if cached {
            self.write_back_fuel();
            self.fuel_cached = false;
        }
    }

    fn load_fuel(&mut self) {
        let (local, global) = (self.fuel_local(), self.layout.fuel);
        self.out().global_get(global).local_set(local);
    }

    /// Puts the local's value into the global, if `fuel` is in the local here.
    pub(super) fn write_back_fuel(&mut self) {
        if self.fuel_cached {
            let (local, global) = (self.fuel_local(), self.layout.fuel);
            self.out().local_get(local).global_set(global);
        }
    }

    /// `[args] -> [results]`: a call, with `fuel` in the global while it lasts.
    pub(super) fn call(&mut self, callee: Callee) -> usize {
        let around = self.fuel_cached && self.plan.touches_fuel(callee);
        if around {
            self.write_back_fuel();
        }
        let at = self.code.len();
        let index = self.layout.function_index(callee);
        self.out().call(index);
        if around {
            self.load_fuel();
        }
        at
    }
}
