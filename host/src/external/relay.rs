//! Functions of the embedder inside of a worker process: signatures and a way to the code → functions for a store.
//!
//! The wall around each call stands here, with the guest: may it, can it pay, is there time, room for the result. Only
//! between paying and going on the arguments leave, and the answer comes back. What the code does is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::abi;
use ovenbird_compiler::abi::external::{External, Functions, Plain};
use ovenbird_compiler::ir::Ty;
use serde::{Deserialize, Serialize};
use wasmtime::{Caller, Func, FuncType, Memory, Store, Val, ValType};

use super::failure::HostFailure;
use super::passed::Passed;
use super::signature::Code;
use super::table::HostModules;
use super::wall::{Problem, Wall};
use super::{HostFunction, HostModule};
use crate::imports::{GuestFault, StoreData};

/// The way to the process that has the code.
pub(crate) trait Way: Send + Sync {
    /// Has the function of this number called; `None` if that process is gone.
    fn ask(&self, number: u32, args: Vec<Passed>) -> Option<Reply>;
}

/// How a call ended there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// With a result.
    Returned(Passed),
    /// With an exception: its class and its text.
    Raised(String, String),
    /// With a panic.
    Panicked,
    /// With a text of so many bytes, which is more than the tenant's memory can hold.
    TooLong(u64),
    /// It was not made: the deadline is long over.
    Late,
}

/// Modules for the compiler, which asks for names and signatures. Nothing of them can be called.
pub(crate) fn declared(modules: BTreeMap<String, Functions>) -> HostModules {
    let mut all = HostModules::default();
    for (name, functions) in modules {
        let function = |(function, signature)| {
            let external = External { module: name.clone(), name: function, signature };
            (external.name.clone(), HostFunction { external: Arc::new(external), code: Arc::new(Nowhere) })
        };
        let functions = functions.into_iter().map(function).collect();
        all.insert(HostModule { name: name.as_str().into(), functions });
    }
    all
}

/// Functions to call: their numbers are their places.
pub(crate) fn reachable(functions: Vec<External>, way: &Arc<dyn Way>) -> HostModules {
    let mut modules: BTreeMap<String, HostModule> = BTreeMap::new();
    for (number, external) in (0..).zip(functions) {
        let empty = || HostModule { name: external.module.as_str().into(), functions: BTreeMap::new() };
        let module = modules.entry(external.module.clone()).or_insert_with(empty);
        let code = Arc::new(Elsewhere { number, way: Arc::clone(way) });
        module.functions.insert(external.name.clone(), HostFunction { external: Arc::new(external), code });
    }
    let mut all = HostModules::default();
    modules.into_values().for_each(|module| all.insert(module));
    all
}

/// A function that is only known by its types.
struct Nowhere;

impl Code for Nowhere {
    fn link(self: Arc<Self>, store: &mut Store<StoreData>, wall: Wall) -> Func {
        let ty = func_type(store, &wall);
        let refused = move |_: Caller<'_, StoreData>, _: &[Val], _: &mut [Val]| {
            Err(wall.fails(Problem::Fault(GuestFault::Arguments)))
        };
        Func::new(store, ty, refused)
    }
}

/// A function whose code is in another process.
struct Elsewhere {
    number: u32,
    way: Arc<dyn Way>,
}

impl Code for Elsewhere {
    fn link(self: Arc<Self>, store: &mut Store<StoreData>, wall: Wall) -> Func {
        let ty = func_type(store, &wall);
        Func::new(store, ty, move |caller, params, results| self.call(&wall, caller, params, results))
    }
}

impl Elsewhere {
    /// The same steps as of a function whose code is here (`signature.rs`), in the same order.
    fn call(
        &self,
        wall: &Wall,
        mut caller: Caller<'_, StoreData>,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let memory = wall.enter(&caller)?;
        let bytes = wall.checked(text_bytes(wall, params, memory, &caller))?;
        wall.pay(&mut caller, bytes)?;
        let args = wall.checked(held(wall, params, memory, &caller))?;
        let reply = self.way.ask(self.number, args);
        let ended = match reply.ok_or_else(|| wasmtime::Error::msg("the host is gone"))? {
            Reply::Returned(value) => Ok(Ok(value)),
            Reply::TooLong(bytes) => Ok(Err(bytes)),
            Reply::Raised(exception, message) => Err(HostFailure::of(&exception, message)),
            Reply::Panicked => return Err(wall.fails(Problem::Panicked)),
            Reply::Late => return Err(wall.late(&caller)),
        };
        let scalar = match wall.leave(&mut caller, bytes, ended)? {
            Err(bytes) => return Err(wall.too_long(&mut caller, bytes)),
            Ok(value) if value.plain() != wall.external.signature.result => {
                return Err(wasmtime::Error::msg("the host answers with another type"));
            }
            Ok(Passed::None) => return Ok(()),
            Ok(Passed::Bool(value)) => Val::I32(value.into()),
            Ok(Passed::Int(value)) => Val::I64(value),
            Ok(Passed::Float(value)) => Val::F64(value.to_bits()),
            Ok(Passed::Str(text)) => Val::I32(wall.place(&mut caller, &text)?),
        };
        results.iter_mut().for_each(|result| *result = scalar);
        Ok(())
    }
}

fn func_type(store: &Store<StoreData>, wall: &Wall) -> FuncType {
    let (params, results) = wall.external.signature.scalars();
    let ty = |ty: Ty| match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F64 => ValType::F64,
        Ty::V128 => ValType::V128,
    };
    FuncType::new(store.engine(), params.into_iter().map(ty), results.into_iter().map(ty))
}

/// Text behind an address.
fn text(address: i32, memory: &[u8]) -> Result<&[u8], GuestFault> {
    abi::read_text(memory, address as u32).ok_or(GuestFault::Range)
}

/// Bytes of text among the arguments.
fn text_bytes(
    wall: &Wall,
    params: &[Val],
    memory: Memory,
    caller: &Caller<'_, StoreData>,
) -> Result<u64, GuestFault> {
    let mut bytes = 0u64;
    for (plain, value) in wall.external.signature.params.iter().zip(params) {
        if let (Plain::Str, Val::I32(address)) = (plain, value) {
            bytes = bytes.saturating_add(text(*address, memory.data(caller))?.len() as u64);
        }
    }
    Ok(bytes)
}

/// The arguments, taken out of the guest.
fn held(
    wall: &Wall,
    params: &[Val],
    memory: Memory,
    caller: &Caller<'_, StoreData>,
) -> Result<Vec<Passed>, GuestFault> {
    let one = |(plain, value): (&Plain, &Val)| {
        Ok(match (plain, value) {
            (Plain::Bool, Val::I32(value)) => Passed::Bool(*value != 0),
            (Plain::Int, Val::I64(value)) => Passed::Int(*value),
            (Plain::Float, Val::F64(bits)) => Passed::Float(f64::from_bits(*bits)),
            (Plain::Str, Val::I32(address)) => {
                let text = text(*address, memory.data(caller))?;
                Passed::Str(std::str::from_utf8(text).map_err(|_| GuestFault::Utf8)?.to_owned())
            }
            _ => return Err(GuestFault::Arguments),
        })
    };
    wall.external.signature.params.iter().zip(params).map(one).collect()
}
