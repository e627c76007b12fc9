//! A group of units → its memory, counters and instances in one store, linked to the host's functions and to
//! each other. What the instances are called with, and what comes back, is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::abi::{self, Import, external};
use wasmtime::{
    Extern, ExternType, Global, GlobalType, Instance, Memory, MemoryType, Mutability, Store, Val, ValType,
};

use super::unread::Unread;
use super::values::{Passer, Refused};
use super::{Group, internal};
use crate::engine::Engine;
use crate::engine_config::MEMORY_ADDRESSES;
use crate::error::Error;
use crate::imports::{Purse, StoreData, define};
use crate::limits::{LimitExceeded, LimitKind};
use crate::scarce;
use crate::value::Value;

/// What the instances of one call share.
pub(super) struct Shared {
    pub(super) memory: Option<Memory>,
    /// The program's variables: by number and scalar.
    pub(super) variables: BTreeMap<(usize, usize), Global>,
}

impl Shared {
    /// A variable of the program, zero at first: the compiler sees to it that it is assigned before it is
    /// read.
    fn variable(
        &mut self,
        store: &mut Store<StoreData>,
        place: (usize, usize),
        ty: GlobalType,
    ) -> Result<Global, Error> {
        if let Some(global) = self.variables.get(&place) {
            return Ok(*global);
        }
        let zero = match ty.content() {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            _ => Val::F64(0),
        };
        let global = Global::new(&mut *store, ty, zero).map_err(internal)?;
        self.variables.insert(place, global);
        Ok(global)
    }
}

impl Group {
    /// Makes the memory, with room for arguments, the counters and one instance a unit, callees first.
    pub(super) fn instantiate(
        &self,
        engine: &Engine,
        store: &mut Store<StoreData>,
        room: u64,
    ) -> Result<(Instance, Shared), Error> {
        let mut shared = Shared { memory: None, variables: BTreeMap::new() };
        let mut bases = Vec::new();
        let mut top = abi::DATA_START;
        for unit in self.units.iter() {
            bases.push(top);
            top = (top + unit.artifact.data_len).next_multiple_of(16);
        }
        if self.units.iter().any(|u| u.artifact.needs_memory) {
            shared.memory = Some(new_memory(engine, store, top, room)?);
            store.data_mut().memory = shared.memory;
        }
        if self.units.iter().any(|u| u.artifact.metered) {
            Purse::fill(store).map_err(internal)?;
        }
        if self.externals.iter().any(|unit| !unit.is_empty()) {
            store.data_mut().stop = Some(Arc::default());
        }
        let mut instances: Vec<Option<Instance>> = vec![None; self.units.len()];
        for index in (0..self.units.len()).rev() {
            let instance = self.instance(store, index, bases[index], &mut shared, &instances)?;
            instances[index] = Some(instance);
        }
        for (name, value) in &self.given {
            self.give(store, &instances, &shared, name, value)?;
        }
        let main = instances[0].ok_or_else(|| Error::Internal("a program without units".to_owned()))?;
        Ok((main, shared))
    }

    /// Puts a value that the host gives into the variable, if some unit reads it.
    fn give(
        &self,
        store: &mut Store<StoreData>,
        instances: &[Option<Instance>],
        shared: &Shared,
        name: &str,
        value: &Value,
    ) -> Result<(), Error> {
        for (unit, instance) in self.units.iter().zip(instances) {
            let links: Vec<_> = unit.variables.iter().filter(|link| link.name == name).collect();
            let (Some(instance), false) = (instance, links.is_empty()) else { continue };
            let mut passer = Passer::new(store, instance, shared, Unread::none())?;
            passer.value(value, &value.ty()).map_err(|refused| match refused {
                Refused::Trapped(error) => internal(error),
                Refused::Other(error) => error,
            })?;
            let scalars = passer.finish();
            for link in links {
                let global = shared.variables.get(&(link.index, link.scalar));
                if let (Some(global), Some(scalar)) = (global, scalars.get(link.scalar)) {
                    global.set(&mut *store, *scalar).map_err(internal)?;
                }
            }
            // The variable is one for all units.
            return Ok(());
        }
        Ok(())
    }

    fn instance(
        &self,
        store: &mut Store<StoreData>,
        index: usize,
        base: u32,
        shared: &mut Shared,
        instances: &[Option<Instance>],
    ) -> Result<Instance, Error> {
        let unit = &self.units[index];
        let module = unit.native.module().map_err(|error| Error::Internal(error.to_string()))?;
        let mut externs: Vec<Extern> = Vec::new();
        let missing = |name: &str| Error::Internal(format!("the unit imports `{name}`, which is not there"));
        for import in module.imports() {
            let name = import.name();
            let found: Option<Extern> = match (import.module(), name) {
                (abi::ENTRY_MODULE, number) => number
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| unit.entries.get(n))
                    .and_then(|target| instances.get(*target).copied().flatten())
                    .and_then(|callee| callee.get_func(&mut *store, abi::MAIN))
                    .map(Extern::Func),
                (external::MODULE, number) => {
                    let function =
                        number.parse::<usize>().ok().and_then(|n| self.externals.get(index)?.get(n));
                    function.map(|function| Extern::Func(function.link(store)))
                }
                (abi::VARIABLE_MODULE, number) => {
                    let link = number.parse::<usize>().ok().and_then(|n| unit.variables.get(n));
                    let place = link.map(|link| (link.index, link.scalar));
                    match (place, import.ty()) {
                        (Some(place), ExternType::Global(ty)) => {
                            Some(Extern::Global(shared.variable(store, place, ty)?))
                        }
                        _ => None,
                    }
                }
                (abi::MODULE, abi::MEMORY) => shared.memory.map(Extern::Memory),
                (abi::MODULE, abi::FUEL) => store.data().purse.map(|purse| Extern::Global(purse.fuel)),
                (abi::MODULE, abi::BUDGET) => store.data().purse.map(|purse| Extern::Global(purse.budget)),
                (abi::MODULE, abi::DATA_BASE) => {
                    let ty = GlobalType::new(ValType::I32, Mutability::Const);
                    Some(Extern::Global(
                        Global::new(&mut *store, ty, Val::I32(base as i32)).map_err(internal)?,
                    ))
                }
                (abi::MODULE, name) => {
                    let import = Import::ALL.iter().copied().find(|i| i.name() == name);
                    import.map(|i| Extern::Func(define(&mut *store, i)))
                }
                _ => None,
            };
            externs.push(found.ok_or_else(|| missing(name))?);
        }
        Instance::new(&mut *store, module, &externs).map_err(internal)
    }
}

/// A memory whose first `top` bytes are spoken for, with pages for `room` more if they are allowed: growing
/// takes longer than having.
fn new_memory(engine: &Engine, store: &mut Store<StoreData>, top: u32, room: u64) -> Result<Memory, Error> {
    let allowed = store.data().limiter.allowed();
    let maximum = (allowed >> 16).min(65_536);
    let pages = u64::from(top).div_ceil(1 << 16).max(1);
    if pages > maximum {
        let limit = LimitExceeded { which: LimitKind::Memory, used: pages << 16, allowed };
        return Err(Error::Limit { limit, traceback: Vec::new() });
    }
    let pages = u64::from(top).saturating_add(room).div_ceil(1 << 16).clamp(pages, maximum);
    let memory = match engine.pool() {
        Some(pool) => pool.memory(engine.wasmtime(), store, pages)?,
        None => {
            let ty = MemoryType::new(pages as u32, Some(65_536));
            Memory::new(&mut *store, ty)
                .map_err(|error| scarce::refused("the memory of a call", Some(MEMORY_ADDRESSES), &error))?
        }
    };
    let bytes = memory.data_mut(&mut *store);
    for address in [abi::HEAP_TOP, abi::HEAP_END] {
        bytes[address as usize..address as usize + 4].copy_from_slice(&top.to_le_bytes());
    }
    Ok(memory)
}
