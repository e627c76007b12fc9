//! Running: a fresh store and instances for each call, limits on, everything that comes back checked.

mod explain;
mod instantiate;
#[cfg(feature = "compiler")]
mod program;
mod repeat;
mod unread;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::abi;
use ovenbird_compiler::source::Sources;
use serde::{Deserialize, Serialize};
use wasmtime::{Store, Val};

use self::repeat::{Attempt, Call};
pub(crate) use self::unread::Unread;
use self::values::{Passer, Refused, receive, zero};
use crate::cancel::Cancel;
use crate::code::{LoadedUnit, UnitInfo};
use crate::engine::Engine;
use crate::error::Error;
use crate::external::HostFunction;
use crate::external::table::{HostModules, are_imports_of};
use crate::grants::Grants;
use crate::imports::{HostState, Output, Purse, StoreData};
use crate::io::Dataset;
use crate::limits::{LimitExceeded, LimitKind, Limits};
use crate::stack;
use crate::value::{Arg, Value};

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
    units: Arc<[LoadedUnit]>,
    sources: Sources,
    datasets: BTreeMap<String, Dataset>,
    /// Values of global variables that the host gives, by name.
    given: Vec<(String, Value)>,
    /// Functions of the embedder, a list for each unit, in the order of its imports.
    externals: Vec<Vec<HostFunction>>,
}
impl Group {
    /// A group from parts that are already there.
    pub(crate) fn assembled(
        units: impl Into<Arc<[LoadedUnit]>>,
        sources: Sources,
        datasets: BTreeMap<String, Dataset>,
    ) -> Group {
        let units = units.into();
        Group { units, sources, datasets, given: Vec::new(), externals: Vec::new() }
    }

    /// Finds the functions of the embedder that the units import; fails if one is not there, or of another
    /// type than they were compiled for.
    pub(crate) fn linked(mut self, modules: &HostModules) -> Result<Group, Error> {
        self.link_to(modules)?;
        Ok(self)
    }

    /// The same for a group that is called again, with functions of that call.
    pub(crate) fn link_to(&mut self, modules: &HostModules) -> Result<(), Error> {
        let link = |unit: &LoadedUnit| {
            if !are_imports_of(&unit.externals, &unit.artifact) {
                let label = &unit.info.label;
                return Err(Error::Internal(format!("`{label}` imports other functions than it says")));
            }
            Ok(modules.link(&unit.externals)?)
        };
        self.externals = self.units.iter().map(link).collect::<Result<_, Error>>()?;
        Ok(())
    }

    /// Hands over values of global variables, for the next call.
    #[cfg(feature = "compiler")]
    pub(crate) fn set_given(&mut self, given: Vec<(String, Value)>) {
        self.given = given;
    }

    /// Hands over datasets that were opened for their schemas, for the next call.
    #[cfg(feature = "compiler")]
    pub(crate) fn set_datasets(&mut self, datasets: BTreeMap<String, Dataset>) {
        self.datasets = datasets;
    }

    /// Hands over datasets that were opened for their schemas, for a program that runs at once.
    pub(crate) fn with_datasets(self, datasets: BTreeMap<String, Dataset>) -> Group {
        Group { datasets, ..self }
    }

    /// Loads the code that waited for its first use; gives whether wasmtime took all of it.
    pub(crate) fn is_loaded(&self) -> bool {
        self.units.iter().all(|unit| unit.native.module().is_ok())
    }

    pub(crate) fn main(&self) -> &LoadedUnit {
        &self.units[0]
    }

    /// Calls the first unit in fresh instances.
    pub(crate) fn call(&self, engine: &Engine, tenant: &Tenant, args: &[Arg<'_>], output: Output) -> Outcome {
        self.call_until(engine, tenant, args, output, None)
    }

    /// The same; the call ends when `cancel` is asked to end it.
    pub(crate) fn call_until(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        // wasmtime bounds how far a guest goes down from here, not whether the thread has that much: a
        // guest that recurses on a small thread would end the process.
        let needed = engine.stack_bytes() + HOST_STACK;
        stack::with(needed, || self.call_here(engine, tenant, args, output, cancel))
    }

    fn call_here(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        let call = Call { engine, tenant, args, cancel };
        let first = Attempt::now(call.may_be_repeated(self), Duration::ZERO);
        let (outcome, is_unfinished) = self.attempt(&call, output, first);
        if !is_unfinished {
            return outcome;
        }
        let second = Attempt::now(false, outcome.usage.wall);
        self.attempt(&call, outcome.output, second).0
    }

    /// Calls the first unit, and tells whether that has to be done again.
    fn attempt(&self, call: &Call<'_>, output: Output, attempt: Attempt) -> (Outcome, bool) {
        let Call { engine, tenant, cancel, .. } = *call;
        let mut host = HostState::new(tenant.limits.clone(), tenant.grants.clone(), output);
        host.ledger.cancel_by(cancel.cloned());
        let mut store = Store::new(engine.wasmtime(), StoreData::new(host));
        if let Some(pool) = engine.pool() {
            store.data_mut().limiter.at_most(pool.memory_bytes());
        }
        store.limiter(|data| &mut data.limiter);
        let mut usage = Usage::default();
        let result = self.call_in(call, &mut store, attempt, &mut usage);
        let is_unfinished = repeat::is_unfinished(&store, &result);
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
        let units = self.units.iter().map(|u| u.info.clone()).collect();
        (Outcome { result, usage, output, units }, is_unfinished)
    }

    fn call_in(
        &self,
        call: &Call<'_>,
        store: &mut Store<StoreData>,
        attempt: Attempt,
        usage: &mut Usage,
    ) -> Result<Value, Error> {
        let Call { engine, tenant, args, .. } = *call;
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
        let unread = Unread::of(&main.artifact);
        let room = unread.room(args, &main.params);
        let (instance, shared) = self.instantiate(engine, store, room)?;
        let function = instance
            .get_func(&mut *store, abi::MAIN)
            .ok_or_else(|| Error::Internal("the unit exports no function".to_owned()))?;
        let mut passer = Passer::new(store, &instance, &shared, unread)?;
        let passed = args.iter().zip(&main.params).try_for_each(|(arg, ty)| passer.pass(arg, ty));
        let params = passer.finish();
        passed.map_err(|refused| match refused {
            Refused::Other(error) => error,
            Refused::Trapped(error) => self.explain(engine, store, &shared, tenant, usage, error),
        })?;
        let mut results: Vec<Val> = main.result.scalars().iter().map(|s| zero(s.ty())).collect();
        usage.instantiate = attempt.started.elapsed();
        // The thread's stack for signals is made, if this is its first call, before there is a thread that watches: both map
        // memory, and would wait for each other.
        wasmtime::Engine::tls_eager_initialize();
        let called = Instant::now();
        let is_unwatched = attempt.may_be_repeated
            && room <= repeat::MOST_ARGUMENTS
            && Purse::withhold(store).map_err(internal)?;
        let watched = shared.memory.filter(|_| store.data().purse.is_some() && !is_unwatched);
        let watch = watched.map(|memory| {
            let data = memory.data_ptr(&mut *store);
            let deadline = called + tenant.limits.deadline.saturating_sub(attempt.lost);
            let stop = store.data().stop.clone();
            #[expect(unsafe_code, reason = "the watchdog writes the guest's interrupt flag")]
            // SAFETY: the memory has at least one page and never moves (the engine reserves its full range),
            // and `INTERRUPT` is a multiple of 4 below that page's size. The watch is dropped below, before
            // this function returns, and the memory lives as long as `store`, which the caller owns.
            unsafe {
                engine.watchdog().watch(deadline, data.add(abi::INTERRUPT as usize).cast(), stop)
            }
        });
        if let (Some(watch), Some(cancel)) = (&watch, store.data().host.ledger.cancel()) {
            cancel.arm(watch.stop());
        }
        let ended = function.call(&mut *store, &params, &mut results);
        drop(watch);
        usage.wall = attempt.lost + called.elapsed();
        usage.cpu_units = Purse::used(store);
        let result = match ended {
            Ok(()) => receive(store, &shared, &main.result, &results),
            Err(error) => Err(self.explain(engine, store, &shared, tenant, usage, error)),
        };
        settle(result, usage.cpu_units, tenant.limits.cpu_units)
    }
}

/// What a call that owes more than it had left has used shows only when it ends: by less than a slice, in host
/// functions. It is stopped all the same, so that the limit is exact.
fn settle(result: Result<Value, Error>, used: u64, allowed: u64) -> Result<Value, Error> {
    let traceback = match result {
        Ok(_) if used > allowed => Vec::new(),
        Err(Error::Raised(raised)) if used > allowed => raised.traceback,
        result => return result,
    };
    let limit = LimitExceeded { which: LimitKind::Cpu, used, allowed };
    Err(Error::Limit { limit, traceback })
}

fn internal(error: wasmtime::Error) -> Error {
    Error::Internal(format!("{error:#}"))
}
