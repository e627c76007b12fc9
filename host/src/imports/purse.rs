//! The CPU units of one run: what the limit allows → counters that the guest and the host's functions both pay
//! from → what was used. The only place where the host touches them.
//!
//! The counters are globals of the guest: units of the current slice, and whole slices beyond it. Where a guest
//! calls, its code may keep the first in a register, so there are two ways to charge it. Functions of the embedder
//! are called with the counter in its global (the metering verifier proves it), and [`pay`] takes their price there,
//! before they run. Functions of the table are not: [`owe`] takes whole slices, and the rest is a debt, which the
//! next payment or the end of the run settles. In both, the same program stops at the same call in every run.

use ovenbird_compiler::abi;
use wasmtime::{AsContextMut, Caller, Global, GlobalType, Mutability, Store, Val, ValType};

use super::StoreData;
use crate::limits::{LimitExceeded, LimitKind};

const SLICE: u64 = abi::SLICE as u64;
/// Units below which what is left of a slice is too little to begin with.
const FEWEST: u64 = SLICE / 4;

/// The counters of a run's CPU units.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// Units of the current slice.
    pub(crate) fuel: Global,
    /// Units beyond it.
    pub(crate) budget: Global,
    /// Units of the table's functions that are not taken yet: less than a slice.
    owed: u64,
    /// Units beyond the slice that the run does not get before it has shown that it needs them.
    withheld: u64,
}

impl Purse {
    /// Makes the counters of a store, with what its tenant may use in them.
    pub(crate) fn fill(store: &mut Store<StoreData>) -> wasmtime::Result<()> {
        let units = i64::try_from(allowed(store.data())).unwrap_or(i64::MAX);
        // Whole slices in the budget and the rest in the counter: the limit is exact.
        let first = units % abi::SLICE;
        let mut counter =
            |units| Global::new(&mut *store, GlobalType::new(ValType::I64, Mutability::Var), Val::I64(units));
        let (fuel, budget) = (counter(first)?, counter(units - first)?);
        store.data_mut().purse = Some(Purse { fuel, budget, owed: 0, withheld: 0 });
        Ok(())
    }

    /// Leaves the run nothing beyond the slice that it is in; gives whether it did: not if too little of that slice is left.
    pub(crate) fn withhold(store: &mut Store<StoreData>) -> wasmtime::Result<bool> {
        let Some(purse) = store.data().purse else { return Ok(false) };
        let beyond = units(purse.budget, store);
        if units(purse.fuel, store) < FEWEST && beyond > 0 {
            return Ok(false);
        }
        purse.budget.set(&mut *store, Val::I64(0))?;
        store.data_mut().purse = Some(Purse { withheld: beyond, ..purse });
        Ok(true)
    }

    /// Whether the run has not got all that it may use.
    pub(crate) fn withholds(&self) -> bool {
        self.withheld > 0
    }

    /// Units that were used, debts included; none if the guest has no counters.
    pub(crate) fn used(store: &mut Store<StoreData>) -> u64 {
        let Some(purse) = store.data().purse else { return 0 };
        // No guest has more than fits 63 bits.
        let given = allowed(store.data()).min(i64::MAX as u64);
        let left = units(purse.fuel, store).saturating_add(units(purse.budget, store));
        let left = left.saturating_add(purse.withheld);
        given.saturating_sub(left).saturating_add(purse.owed)
    }
}

/// Takes units, and what is owed, where the guest's counter is in its global: as the guest itself does, from the
/// slice, and what is missing in whole slices from the budget.
pub(crate) fn pay(caller: &mut Caller<'_, StoreData>, price: u64) -> wasmtime::Result<()> {
    let Some(purse) = &mut caller.data_mut().purse else { return Ok(()) };
    let price = price.saturating_add(std::mem::take(&mut purse.owed));
    let Purse { fuel, budget, .. } = *purse;
    let left = units(fuel, caller);
    if let Some(rest) = left.checked_sub(price) {
        return fuel.set(&mut *caller, Val::I64(rest as i64));
    }
    let beyond = units(budget, caller);
    let slices = (price - left).checked_next_multiple_of(SLICE);
    let Some((slices, beyond)) = slices.and_then(|slices| Some((slices, beyond.checked_sub(slices)?))) else {
        let allowed = allowed(caller.data());
        fuel.set(&mut *caller, Val::I64(0))?;
        budget.set(&mut *caller, Val::I64(0))?;
        return Err(exceeded(allowed, allowed));
    };
    budget.set(&mut *caller, Val::I64(beyond as i64))?;
    fuel.set(&mut *caller, Val::I64((left + slices - price) as i64))
}

/// Takes units where the guest's counter may be in a register: whole slices from the budget, the rest is owed.
pub(crate) fn owe(caller: &mut Caller<'_, StoreData>, price: u64) -> wasmtime::Result<()> {
    let Some(purse) = &mut caller.data_mut().purse else { return Ok(()) };
    let owed = purse.owed.saturating_add(price);
    purse.owed = owed % SLICE;
    let (taken, budget) = (owed - purse.owed, purse.budget);
    if taken == 0 {
        return Ok(());
    }
    let left = units(budget, caller);
    budget.set(&mut *caller, Val::I64(left.saturating_sub(taken) as i64))?;
    if taken > left {
        let allowed = allowed(caller.data());
        return Err(exceeded(allowed.saturating_add(taken - left), allowed));
    }
    Ok(())
}

/// What is in a counter.
fn units(counter: Global, store: &mut impl AsContextMut) -> u64 {
    counter.get(store).i64().unwrap_or(0).max(0) as u64
}

/// What the tenant may use.
fn allowed(data: &StoreData) -> u64 {
    data.host.ledger.limits().cpu_units
}

fn exceeded(used: u64, allowed: u64) -> wasmtime::Error {
    let limit = LimitExceeded { which: LimitKind::Cpu, used, allowed };
    wasmtime::Error::new(super::HostError::Limit(limit))
}
