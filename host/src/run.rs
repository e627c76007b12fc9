//! Running: a fresh store and instances for each call, limits on, everything that comes back checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::abi::{self, Import};
use ovenbird_compiler::artifact::TrapKind;
use ovenbird_compiler::ir::Message;
use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;
use wasmtime::{
    Extern, ExternType, Func, Global, GlobalType, Instance, Memory, MemoryType, Mutability, Store, Trap, Val,
    ValType, WasmBacktrace,
};

use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::{Error, Raised};
use crate::grants::Grants;
use crate::imports::{HostError, HostState, Output, StoreData, define, format_f64};
use crate::io::{Dataset, DatasetError};
use crate::limits::{LimitExceeded, LimitKind, Limits};
use crate::parallel::load_all;
use crate::program::Checked;
use crate::traceback::Frame;
use crate::unit::{LoadedUnit, UnitInfo};
use crate::value::Value;

/// Stack for host functions that are called at the bottom of a guest's stack, and for wasmtime.
const HOST_STACK: usize = 256 << 10;

/// On whose behalf a call runs: what it may use and see.
#[derive(Clone, Debug, Default)]
pub struct Tenant {
    /// Its name: spawned calls of one tenant share a queue.
    id: Arc<str>,
    /// What it may use; on by default.
    pub limits: Limits,
    /// What it may see; nothing by default.
    pub grants: Grants,
}

impl Tenant {
    /// A tenant by name, with the default limits and without powers. Calls that are spawned for tenants of
    /// one name share a queue; the default tenant has no name.
    pub fn named(id: impl Into<Arc<str>>) -> Self {
        Tenant { id: id.into(), ..Tenant::default() }
    }

    /// The name.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The same with other limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Tenant { limits, ..self }
    }

    /// The same with other grants.
    #[must_use]
    pub fn grants(self, grants: Grants) -> Self {
        Tenant { grants, ..self }
    }
}

/// What a call used.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// CPU units.
    pub cpu_units: u64,
    /// Wall-clock time in the guest.
    pub wall: Duration,
    /// Time to make the instances.
    pub instantiate: Duration,
    /// The most guest memory.
    pub memory_peak: u64,
    /// Bytes read, rows decoded, bytes printed.
    pub io: crate::limits::Usage,
}

/// How a call ended.
#[derive(Debug)]
pub struct Outcome<T = Value> {
    /// The result, or why there is none.
    pub result: Result<T, Error>,
    /// What it used, also on failure.
    pub usage: Usage,
    /// Where its output went.
    pub output: Output,
    /// Where the code came from: the units of the program, its body first.
    pub units: Vec<UnitInfo>,
}

impl Outcome {
    pub(crate) fn failed(error: Error, output: Output) -> Self {
        Outcome { result: Err(error), usage: Usage::default(), output, units: Vec::new() }
    }

    /// The same with a Rust value as its result.
    pub(crate) fn map<T>(self, convert: fn(Value) -> Option<T>) -> Outcome<T> {
        let Outcome { result, usage, output, units } = self;
        let wrong = || Error::Internal("a result has another type than inferred".to_owned());
        let result = result.and_then(|value| convert(value).ok_or_else(wrong));
        Outcome { result, usage, output, units }
    }
}

/// Units that run together: the first is called, the others are called by it.
pub(crate) struct Group {
    units: Vec<LoadedUnit>,
    sources: Sources,
    datasets: BTreeMap<String, Dataset>,
    /// Values of global variables that the host gives, by name.
    given: Vec<(String, Value)>,
}

/// What the instances of one call share.
struct Shared {
    memory: Option<Memory>,
    fuel: Option<Global>,
    budget: Option<Global>,
    /// The program's variables: by number and scalar.
    variables: BTreeMap<(usize, usize), Global>,
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
    pub(crate) fn load(engine: &Engine, checked: &Checked) -> Result<Group, Error> {
        let mut units = load_all(engine, &checked.units)?;
        units.iter_mut().for_each(|unit| unit.info.timings.check = checked.time);
        // Datasets are opened by each call: a function outlives the files that it was compiled for.
        Ok(Group::assembled(units, checked.sources.clone(), BTreeMap::new()))
    }

    pub(crate) fn infos(&self) -> Vec<UnitInfo> {
        self.units.iter().map(|unit| unit.info.clone()).collect()
    }

    /// A group from parts that are already there.
    pub(crate) fn assembled(
        units: Vec<LoadedUnit>,
        sources: Sources,
        datasets: BTreeMap<String, Dataset>,
    ) -> Group {
        Group { units, sources, datasets, given: Vec::new() }
    }

    /// Hands over values of global variables, for every call.
    pub(crate) fn with_given(self, given: Vec<(String, Value)>) -> Group {
        Group { given, ..self }
    }

    /// Hands over datasets that were opened for their schemas, for a program that runs at once.
    pub(crate) fn with_datasets(self, datasets: BTreeMap<String, Dataset>) -> Group {
        Group { datasets, ..self }
    }

    pub(crate) fn units(&self) -> &[LoadedUnit] {
        &self.units
    }

    pub(crate) fn main(&self) -> &LoadedUnit {
        &self.units[0]
    }

    /// Calls the first unit in fresh instances.
    pub(crate) fn call(&self, engine: &Engine, tenant: &Tenant, args: &[Value], output: Output) -> Outcome {
        self.call_until(engine, tenant, args, output, None)
    }

    /// The same; the call ends when `cancel` is asked to end it.
    pub(crate) fn call_until(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        args: &[Value],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        // wasmtime bounds how far a guest goes down from here, not whether the thread has that much: a
        // guest that recurses on a small thread would end the process.
        let needed = engine.stack_bytes() + HOST_STACK;
        stacker::maybe_grow(needed, needed, || self.call_here(engine, tenant, args, output, cancel))
    }

    fn call_here(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        args: &[Value],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        let started = Instant::now();
        let mut host = HostState::new(tenant.limits.clone(), tenant.grants.clone(), output);
        host.ledger.cancel_by(cancel.cloned());
        let mut store = Store::new(engine.wasmtime(), StoreData::new(host));
        store.limiter(|data| &mut data.limiter);
        let mut usage = Usage::default();
        let result = self.call_in(engine, &mut store, tenant, args, started, &mut usage);
        let result = result.map_err(|error| match error {
            // A guest is stopped in the same way in both cases.
            Error::Limit { limit: LimitExceeded { which: LimitKind::Deadline, .. }, traceback }
                if cancel.is_some_and(Cancel::is_cancelled) =>
            {
                Error::Cancelled { traceback }
            }
            other => other,
        });
        let memory_peak = store.data().limiter.peak();
        let data = store.into_data();
        let mut output = data.host.output;
        let flushed = output.flush();
        usage.io = data.host.ledger.usage().clone();
        usage.memory_peak = memory_peak;
        let result = match (result, flushed) {
            (Ok(_), Err(error)) => Err(Error::Io(format!("cannot write output: {}", error.kind()))),
            (result, _) => result,
        };
        Outcome { result, usage, output, units: self.units.iter().map(|u| u.info.clone()).collect() }
    }

    fn call_in(
        &self,
        engine: &Engine,
        store: &mut Store<StoreData>,
        tenant: &Tenant,
        args: &[Value],
        started: Instant,
        usage: &mut Usage,
    ) -> Result<Value, Error> {
        let main = &self.units[0];
        if args.len() != main.params.len() {
            return Err(Error::Signature(format!(
                "`{}` takes {} arguments, {} given",
                main.info.label,
                main.params.len(),
                args.len()
            )));
        }
        for (path, dataset) in &self.datasets {
            let preopened = store.data_mut().host.preopen(path, dataset.clone());
            preopened.map_err(|limit| Error::Limit { limit, traceback: Vec::new() })?;
        }
        let (instance, shared) = self.instantiate(store, &tenant.limits)?;
        let function = instance
            .get_func(&mut *store, abi::MAIN)
            .ok_or_else(|| Error::Internal("the unit exports no function".to_owned()))?;
        let mut params = Vec::new();
        for (arg, ty) in args.iter().zip(&main.params) {
            pass(store, &instance, &shared, arg, ty, &mut params)?;
        }
        let mut results: Vec<Val> = main.result.scalars().iter().map(|s| zero(s.ty())).collect();
        usage.instantiate = started.elapsed();
        let called = Instant::now();
        let watch = shared.memory.filter(|_| shared.fuel.is_some()).map(|memory| {
            let data = memory.data_ptr(&mut *store);
            let deadline = called + tenant.limits.deadline;
            #[expect(unsafe_code, reason = "the watchdog writes the guest's interrupt flag")]
            // SAFETY: the memory has at least one page and never moves (the engine reserves its full range),
            // and `INTERRUPT` is a multiple of 4 below that page's size. The watch is dropped below, before
            // this function returns, and the memory lives as long as `store`, which the caller owns.
            unsafe {
                engine.watchdog().watch(deadline, data.add(abi::INTERRUPT as usize).cast())
            }
        });
        if let (Some(watch), Some(cancel)) = (&watch, store.data().host.ledger.cancel()) {
            cancel.arm(watch.stop());
        }
        let ended = function.call(&mut *store, &params, &mut results);
        drop(watch);
        usage.wall = called.elapsed();
        usage.cpu_units = spent(store, &shared, tenant.limits.cpu_units);
        match ended {
            Ok(()) => receive(store, &shared, &main.result, &mut results.iter()),
            Err(error) => Err(self.explain(engine, store, &shared, tenant, usage, error)),
        }
    }

    /// Makes the memory, the counters and one instance a unit, callees first.
    fn instantiate(
        &self,
        store: &mut Store<StoreData>,
        limits: &Limits,
    ) -> Result<(Instance, Shared), Error> {
        let mut shared = Shared { memory: None, fuel: None, budget: None, variables: BTreeMap::new() };
        let mut bases = Vec::new();
        let mut top = abi::DATA_START;
        for unit in &self.units {
            bases.push(top);
            top = (top + unit.artifact.data_len).next_multiple_of(16);
        }
        if self.units.iter().any(|u| u.artifact.needs_memory) {
            shared.memory = Some(new_memory(store, top, limits)?);
            store.data_mut().memory = shared.memory;
        }
        if self.units.iter().any(|u| u.artifact.metered) {
            let ty = GlobalType::new(ValType::I64, Mutability::Var);
            let units = i64::try_from(limits.cpu_units).unwrap_or(i64::MAX);
            // Whole slices in the budget and the rest in the counter: the limit is exact.
            let first = units % abi::SLICE;
            shared.fuel = Some(Global::new(&mut *store, ty.clone(), Val::I64(first)).map_err(internal)?);
            shared.budget = Some(Global::new(&mut *store, ty, Val::I64(units - first)).map_err(internal)?);
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
            let mut scalars = Vec::new();
            pass(store, instance, shared, value, &value.ty(), &mut scalars)?;
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
        let module = unit.native.module();
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
                (abi::MODULE, abi::FUEL) => shared.fuel.map(Extern::Global),
                (abi::MODULE, abi::BUDGET) => shared.budget.map(Extern::Global),
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

    /// A wasmtime error -> whose fault it was, with the program's places.
    fn explain(
        &self,
        engine: &Engine,
        store: &mut Store<StoreData>,
        shared: &Shared,
        tenant: &Tenant,
        usage: &Usage,
        error: wasmtime::Error,
    ) -> Error {
        let frames: Vec<(usize, u32)> = error
            .downcast_ref::<WasmBacktrace>()
            .map(|trace| {
                trace
                    .frames()
                    .iter()
                    .filter_map(|frame| {
                        let code = frame.module().image_range();
                        let unit = self.units.iter().position(|u| u.native.module().image_range() == code)?;
                        Some((unit, u32::try_from(frame.module_offset()?).ok()?))
                    })
                    .collect()
            })
            .unwrap_or_default();
        let mut traceback: Vec<Frame> = Vec::new();
        for (unit, offset) in frames.iter().rev() {
            let unit = &self.units[*unit];
            if let Some(loc) = unit.artifact.loc_at(*offset) {
                traceback.extend(unit.places.frames(&unit.artifact, loc, &self.sources));
            }
        }
        if let Some(host) = error.downcast_ref::<HostError>() {
            return host_error(host, traceback);
        }
        let limits = &tenant.limits;
        let limit = |which, used, allowed| LimitExceeded { which, used, allowed };
        match error.downcast_ref::<Trap>() {
            // In loops the encoder raises by a load that is out of bounds, which the code generator can
            // see past when it hoists; the artifact knows which ones are meant.
            Some(Trap::UnreachableCodeReached | Trap::MemoryOutOfBounds) => {}
            Some(Trap::StackOverflow) => {
                let allowed = engine.stack_bytes() as u64;
                traceback.truncate(8);
                return Error::Limit { limit: limit(LimitKind::Stack, allowed, allowed), traceback };
            }
            Some(trap) => return Error::Internal(format!("the guest trapped: {trap}")),
            None => return Error::Internal(format!("{error:#}")),
        }
        let trap = frames.first().and_then(|(unit, offset)| {
            let artifact = &self.units[*unit].artifact;
            artifact.trap_at(*offset).map(|trap| (artifact, trap))
        });
        match trap {
            Some((_, TrapKind::OutOfFuel)) => {
                let allowed = limits.cpu_units;
                Error::Limit { limit: limit(LimitKind::Cpu, allowed, allowed), traceback }
            }
            Some((_, TrapKind::Interrupted)) => {
                let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
                let which = limit(LimitKind::Deadline, nanos(usage.wall), nanos(limits.deadline));
                Error::Limit { limit: which, traceback }
            }
            Some((artifact, TrapKind::Raise { site, floats })) => {
                if let Some(limit) = store.data().limiter.refused() {
                    return Error::Limit { limit, traceback };
                }
                let Some((exception, message)) = artifact.exception(site) else {
                    return Error::Internal("an exception without a name".to_owned());
                };
                let bytes = shared.memory.map_or(&[][..], |memory| memory.data(&*store));
                let message = raise_message(bytes, message, floats);
                Error::Raised(Box::new(Raised { exception: exception.to_owned(), message, traceback }))
            }
            None => Error::Internal(format!("the guest trapped at an unknown place: {error:#}")),
        }
    }
}

fn new_memory(store: &mut Store<StoreData>, top: u32, limits: &Limits) -> Result<Memory, Error> {
    let maximum = (limits.memory_bytes >> 16).min(65_536);
    let pages = u64::from(top).div_ceil(1 << 16).max(1);
    if pages > maximum {
        let limit =
            LimitExceeded { which: LimitKind::Memory, used: pages << 16, allowed: limits.memory_bytes };
        return Err(Error::Limit { limit, traceback: Vec::new() });
    }
    let ty = MemoryType::new(pages as u32, Some(65_536));
    let memory = Memory::new(&mut *store, ty).map_err(internal)?;
    let bytes = memory.data_mut(&mut *store);
    for address in [abi::HEAP_TOP, abi::HEAP_END] {
        bytes[address as usize..address as usize + 4].copy_from_slice(&top.to_le_bytes());
    }
    Ok(memory)
}

fn internal(error: wasmtime::Error) -> Error {
    Error::Internal(format!("{error:#}"))
}

fn zero(ty: ovenbird_compiler::ir::Ty) -> Val {
    match ty {
        ovenbird_compiler::ir::Ty::I32 => Val::I32(0),
        ovenbird_compiler::ir::Ty::I64 => Val::I64(0),
        ovenbird_compiler::ir::Ty::F64 => Val::F64(0),
        ovenbird_compiler::ir::Ty::V128 => Val::V128(0.into()),
    }
}

/// CPU units used.
fn spent(store: &mut Store<StoreData>, shared: &Shared, allowed: u64) -> u64 {
    let mut read = |global: Option<Global>| global.and_then(|g| g.get(&mut *store).i64()).unwrap_or(0);
    let left = read(shared.budget).max(0).saturating_add(read(shared.fuel).max(0));
    if shared.budget.is_none() { 0 } else { allowed.saturating_sub(left as u64) }
}

/// An argument as wasm values; strings are copied into the guest's heap.
fn pass(
    store: &mut Store<StoreData>,
    instance: &Instance,
    shared: &Shared,
    arg: &Value,
    ty: &Type,
    out: &mut Vec<Val>,
) -> Result<(), Error> {
    match (arg, ty) {
        (Value::None, Type::None) => {}
        (Value::Bool(value), Type::Bool) => out.push(Val::I32(i32::from(*value))),
        (Value::Int(value), Type::Int) => out.push(Val::I64(*value)),
        (Value::Int(value), Type::Float) => out.push(Val::F64((*value as f64).to_bits())),
        (Value::Float(value), Type::Float) => out.push(Val::F64(value.to_bits())),
        (Value::Str(text), Type::Str | Type::Dataset(_)) => {
            let alloc: Option<Func> = instance.get_func(&mut *store, abi::ALLOC);
            let (Some(alloc), Some(memory)) = (alloc, shared.memory) else {
                // A function that takes a string but never looks at it has no heap.
                out.push(Val::I32(0));
                return Ok(());
            };
            let mut block = [Val::I32(0)];
            let payload = text.len() as i64 + 8;
            alloc.call(&mut *store, &[Val::I64(payload)], &mut block).map_err(internal)?;
            let fault = || Error::Internal("the guest's allocator gave a bad address".to_owned());
            let address = block[0].i32().ok_or_else(fault)? as u32 as usize;
            let bytes = memory.data_mut(&mut *store);
            let end = address.checked_add(abi::STR_BYTES as usize + text.len()).ok_or_else(fault)?;
            let block = bytes.get_mut(address..end).ok_or_else(fault)?;
            let meta = abi::BLOCK_META as usize;
            block[meta..meta + 8].copy_from_slice(&(text.chars().count() as i64).to_le_bytes());
            let header = abi::BLOCK_HEADER as usize;
            block[header..header + 8].copy_from_slice(&(text.len() as i64).to_le_bytes());
            block[abi::STR_BYTES as usize..].copy_from_slice(text.as_bytes());
            out.push(Val::I32(address as i32));
        }
        (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            for (item, ty) in items.iter().zip(types) {
                pass(store, instance, shared, item, ty, out)?;
            }
        }
        _ => return Err(Error::Signature(format!("an argument is not a `{ty}`"))),
    }
    Ok(())
}

/// A result from wasm values; everything in memory is checked.
fn receive(
    store: &Store<StoreData>,
    shared: &Shared,
    ty: &Type,
    values: &mut std::slice::Iter<'_, Val>,
) -> Result<Value, Error> {
    let fault = || Error::Internal("a result is not what its type says".to_owned());
    Ok(match ty {
        Type::None | Type::Never => Value::None,
        Type::Bool => Value::Bool(values.next().and_then(Val::i32).ok_or_else(fault)? != 0),
        Type::Int => Value::Int(values.next().and_then(Val::i64).ok_or_else(fault)?),
        Type::Float => Value::Float(values.next().and_then(Val::f64).ok_or_else(fault)?),
        Type::Str | Type::Dataset(_) => {
            let address = values.next().and_then(Val::i32).ok_or_else(fault)?;
            let bytes = shared.memory.map_or(&[][..], |memory| memory.data(store));
            Value::Str(read_str(bytes, address as u32).ok_or_else(fault)?)
        }
        Type::Const(_) => match ty {
            Type::Const(ovenbird_compiler::types::Const::Str(text)) => Value::Str(text.to_string()),
            Type::Const(ovenbird_compiler::types::Const::Int(value)) => Value::Int(*value),
            Type::Const(ovenbird_compiler::types::Const::Bool(value)) => Value::Bool(*value),
            Type::Const(ovenbird_compiler::types::Const::Float(bits)) => Value::Float(f64::from_bits(*bits)),
            _ => Value::None,
        },
        Type::Tuple(items) => {
            let parts: Result<Vec<Value>, Error> =
                items.iter().map(|item| receive(store, shared, item, values)).collect();
            Value::Tuple(parts?)
        }
        other => {
            return Err(Error::Signature(format!(
                "a `{other}` cannot be handed to the host yet: reduce or print it"
            )));
        }
    })
}

/// A string block of the guest.
fn read_str(memory: &[u8], address: u32) -> Option<String> {
    let start = address as usize;
    let length = memory.get(start.checked_add(abi::BLOCK_HEADER as usize)?..)?.get(..8)?;
    let length = usize::try_from(i64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let text = memory.get(start.checked_add(abi::STR_BYTES as usize)?..)?.get(..length)?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// An exception's text from its site and the slots that the guest filled.
fn raise_message(memory: &[u8], message: &Message, floats: u8) -> String {
    let slot = |i: usize| -> u64 {
        let at = abi::TRAP_ARGS as usize + 8 * i;
        memory.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    };
    match message {
        Message::Dynamic => match slot(0) as u32 {
            0 => String::new(),
            address => read_str(memory, address).unwrap_or_default(),
        },
        Message::Template(template) => {
            let mut text = template.clone();
            for i in 0..4 {
                let shown = if floats & (1 << i) != 0 {
                    format_f64(f64::from_bits(slot(i)), b'r', 0).unwrap_or_default()
                } else {
                    (slot(i) as i64).to_string()
                };
                text = text.replace(&format!("{{{i}}}"), &shown);
            }
            text
        }
    }
}

fn host_error(error: &HostError, traceback: Vec<Frame>) -> Error {
    match error {
        HostError::Limit(limit) => Error::Limit { limit: *limit, traceback },
        HostError::Denied { .. } => Error::Denied(error.to_string()),
        HostError::Dataset {
            error: DatasetError::Access(crate::grants::AccessError::Denied { .. }), ..
        } => Error::Denied(error.to_string()),
        HostError::Output(_) => Error::Io(error.to_string()),
        HostError::Fault { .. } => Error::Internal(error.to_string()),
        HostError::Dataset { .. } | HostError::Value(_) => match error.exception() {
            Some((exception, message)) => {
                Error::Raised(Box::new(Raised { exception: exception.to_owned(), message, traceback }))
            }
            None => Error::Internal(error.to_string()),
        },
    }
}
