//! Runs one unit without the host's call path, so that a bench can choose how it is encoded.
//!
//! Only units that need nothing but a memory, the counters and host functions: no other units, scalar
//! arguments and results.

use anyhow::{Context as _, bail, ensure};
use ovenbird::engine_config::{EngineOptions, new_engine};
use ovenbird::imports::{HostState, StoreData, define};
use ovenbird::{Engine, Output, Source, Value};
use ovenbird_compiler::abi;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::encode::{EncodeOptions, encode_with};
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;
use wasmtime::{
    Extern, Global, GlobalType, Instance, Memory, MemoryType, Module, Mutability, Store, Val, ValType,
};

use crate::kernels::tenant;

/// A function of integers, compiled.
pub(crate) struct Guest {
    artifact: Artifact,
    module: Module,
}

impl Guest {
    /// Compiles `name` for `count` integers, with metering or without: the IR is the same.
    pub(crate) fn new(source: &Source, name: &str, count: usize, meter: bool) -> anyhow::Result<Self> {
        let engine = Engine::builder().build()?;
        let types = vec![Type::Int; count];
        let checked = engine.compile(source)?.check(Request::Entry(name, &types))?;
        let [unit] = checked.units.as_slice() else { bail!("`{name}` is more than one unit") };
        let ir = ovenbird_compiler::intermediate(unit, engine.options());
        let artifact = encode_with(&ir, EncodeOptions { meter });
        ensure!(artifact.metered == meter, "`{name}` has no loop to meter");
        let module =
            Module::new(&new_engine(&EngineOptions::default()).map_err(plain)?.engine, &artifact.wasm)
                .map_err(plain)?;
        Ok(Guest { artifact, module })
    }

    /// Calls it in a fresh instance and gives what it printed.
    pub(crate) fn call(&self, args: &[i64]) -> anyhow::Result<(Value, Vec<u8>)> {
        let tenant = tenant();
        let host = HostState::new(tenant.limits.clone(), tenant.grants, Output::Capture(Vec::new()));
        let mut store = Store::new(self.module.engine(), StoreData::new(host));
        store.limiter(|data| &mut data.limiter);
        let memory = memory(&mut store, self.artifact.data_len)?;
        store.data_mut().memory = Some(memory);
        let counter = GlobalType::new(ValType::I64, Mutability::Var);
        let fuel = Global::new(&mut store, counter.clone(), Val::I64(0)).map_err(plain)?;
        let budget =
            Global::new(&mut store, counter, Val::I64(i64::MAX & !(abi::SLICE - 1))).map_err(plain)?;
        let base = GlobalType::new(ValType::I32, Mutability::Const);
        let base = Global::new(&mut store, base, Val::I32(abi::DATA_START as i32)).map_err(plain)?;
        let externs: Vec<Extern> = self
            .module
            .imports()
            .map(|import| match import.name() {
                abi::MEMORY => Ok(Extern::Memory(memory)),
                abi::FUEL => Ok(Extern::Global(fuel)),
                abi::BUDGET => Ok(Extern::Global(budget)),
                abi::DATA_BASE => Ok(Extern::Global(base)),
                name => {
                    let import = abi::Import::ALL.iter().find(|i| i.name() == name);
                    let import = import.with_context(|| format!("an import `{name}`"))?;
                    Ok(Extern::Func(define(&mut store, *import)))
                }
            })
            .collect::<anyhow::Result<_>>()?;
        let instance = Instance::new(&mut store, &self.module, &externs).map_err(plain)?;
        let main = instance.get_func(&mut store, abi::MAIN).context("no function")?;
        let args: Vec<Val> = args.iter().copied().map(Val::I64).collect();
        let mut results = [Val::I64(0)];
        main.call(&mut store, &args, &mut results).map_err(plain)?;
        let answer = match results[0] {
            Val::F64(bits) => Value::Float(f64::from_bits(bits)),
            Val::I64(value) => Value::Int(value),
            _ => bail!("the result is neither int nor float"),
        };
        Ok((answer, store.into_data().host.output.captured().to_vec()))
    }
}

/// A memory in the state in which the host hands it over.
fn memory(store: &mut Store<StoreData>, data_len: u32) -> anyhow::Result<Memory> {
    let top = (abi::DATA_START + data_len).next_multiple_of(16);
    let memory = Memory::new(&mut *store, MemoryType::new(top.div_ceil(1 << 16).max(1), Some(1 << 16)))
        .map_err(plain)?;
    for address in [abi::HEAP_TOP, abi::HEAP_END] {
        memory.write(&mut *store, address as usize, &top.to_le_bytes())?;
    }
    Ok(memory)
}

/// wasmtime's errors are not standard errors in the build that Ovenbird uses.
fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
