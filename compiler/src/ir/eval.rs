//! [`Module`]s and arguments -> results or a [`Trap`]: the interpreter, an oracle for tests.
//!
//! It runs the IR as `lower` made it and as each pass left it, and compiled code must agree with it to
//! the last bit (only the sign and payload of a NaN are open, as in wasm; here arithmetic makes the
//! positive quiet one). It walks the tree: no analysis, nothing shared with `optimise` or `encode`,
//! so a mistake is not made twice. Everything is checked while it runs (types, indices, addresses,
//! labels): a bad module is [`Trap::Internal`], never a panic. The variable of a `For` is spoilt after
//! the loop, so that a program which relies on it fails.
//!
//! It runs on the caller's stack, of which it may use [`Machine::max_stack`] for at most
//! [`Machine::max_calls`]. [`Machine::fuel`] bounds statements; what `Charge` charges is only added up. Not modelled: slices of the CPU budget
//! and the interrupt flag.
//!
//! - `eval/run.rs`: statements and expressions; `eval/number.rs`: operators; `eval/memory.rs`: loads,
//!   stores, reference counts; `eval/external.rs`: calls of the embedder.

use super::{FuncId, Module, SiteId, Ty};
use std::collections::BTreeMap;

use crate::abi::{self, Import, external::External};

mod external;
mod memory;
mod number;
mod run;
#[cfg(test)]
mod tests;

/// Bytes of a wasm page.
pub const PAGE: usize = 1 << 16;
/// What the variable of a `For` holds after the loop.
pub const SPOILT: i64 = 0x5bad_5bad_5bad_5bad;

/// A value of any type.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Boolean, address, reference.
    I32(i32),
    /// `int`.
    I64(i64),
    /// `float`.
    F64(f64),
    /// Two lanes of 64 bits.
    V128([u64; 2]),
}

/// Equality of types and bits: a NaN equals itself, and 0.0 is not -0.0.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::I32(a), Value::I32(b)) => a == b,
            (Value::I64(a), Value::I64(b)) => a == b,
            (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
            (Value::V128(a), Value::V128(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    /// Its type.
    pub fn ty(self) -> Ty {
        match self {
            Value::I32(_) => Ty::I32,
            Value::I64(_) => Ty::I64,
            Value::F64(_) => Ty::F64,
            Value::V128(_) => Ty::V128,
        }
    }

    /// Zero of a type.
    pub fn zero(ty: Ty) -> Value {
        match ty {
            Ty::I32 => Value::I32(0),
            Ty::I64 => Value::I64(0),
            Ty::F64 => Value::F64(0.0),
            Ty::V128 => Value::V128([0; 2]),
        }
    }

    /// Whether two executors may give one and the other: equal, or both NaN.
    pub fn agrees(self, other: Value) -> bool {
        match (self, other) {
            (Value::F64(a), Value::F64(b)) if a.is_nan() && b.is_nan() => true,
            _ => self == other,
        }
    }
}

/// Why a run ended early.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trap {
    /// A statement raised.
    Raised {
        /// Index of the module in the machine.
        module: usize,
        /// Site in that module.
        site: SiteId,
        /// The arguments as stored: I32 zero-extended, F64 by its bits; 0 where there is none.
        args: [u64; 4],
    },
    /// The host refused.
    Host(String),
    /// The steps are used up.
    OutOfFuel,
    /// Too many calls inside one another.
    StackOverflow,
    /// A load or store beyond the memory.
    OutOfBounds,
    /// The module breaks a rule of the IR, or the machine was set up wrongly.
    Internal(String),
}

/// The host functions.
pub trait EvalHost {
    /// Runs one; an error ends the guest with [`Trap::Host`].
    fn call(&mut self, import: Import, args: &[Value], memory: &mut Vec<u8>) -> Result<Vec<Value>, String>;

    /// Runs a function of the embedder; an error ends the guest with [`Trap::Host`].
    fn external(&mut self, external: &External, _: &[Value], _: &[u8]) -> Result<Answer, String> {
        Err(format!("there is no host function {}", external.path()))
    }
}

/// What a function of the embedder answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// `None`.
    Nothing,
    /// A scalar.
    Scalar(Value),
    /// A text, which is put into a block of the guest.
    Text(String),
}

/// A host that refuses everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl EvalHost for NoHost {
    fn call(&mut self, import: Import, _: &[Value], _: &mut Vec<u8>) -> Result<Vec<Value>, String> {
        Err(format!("{} is not granted", import.name()))
    }
}

/// A module with its place in memory and its links.
#[derive(Clone, Debug)]
pub struct EvalModule<'a> {
    /// The module.
    pub module: &'a Module,
    /// Address of its static data.
    pub data_base: u32,
    /// For each of its entries: index of the module in the machine, and the function there.
    pub entries: Vec<(usize, FuncId)>,
    /// Which variables of the machine its own are; without an answer it has them for itself.
    pub variables: Vec<(usize, usize)>,
}

impl<'a> EvalModule<'a> {
    /// Lays the static data of modules one after the other, each at a multiple of 16.
    pub fn place(
        modules: impl IntoIterator<Item = (&'a Module, Vec<(usize, FuncId)>)>,
    ) -> Vec<EvalModule<'a>> {
        let mut data_base = abi::DATA_START;
        let place = |(module, entries): (&'a Module, _)| {
            let placed = EvalModule { module, data_base, entries, variables: Vec::new() };
            let end = data_base as usize + module.data.len();
            // Too much data makes `Machine::new` fail.
            data_base = u32::try_from(end.next_multiple_of(16)).unwrap_or(u32::MAX);
            placed
        };
        modules.into_iter().map(place).collect()
    }
}

/// Linked modules with one memory and their variables.
#[derive(Debug)]
pub struct Machine<'a> {
    modules: Vec<EvalModule<'a>>,
    /// By module, the place of each of its variables.
    globals: Vec<Vec<usize>>,
    variables: Vec<Value>,
    calls: u32,
    /// Linear memory; a multiple of [`PAGE`].
    pub memory: Vec<u8>,
    /// Pages that memory may have.
    pub max_pages: u32,
    /// Statements that may still be run.
    pub fuel: u64,
    /// Sum of all charges.
    pub charged: u64,
    /// Calls that may be inside one another.
    pub max_calls: u32,
    /// Bytes of the caller's stack that a run may use.
    pub max_stack: usize,
}

impl<'a> Machine<'a> {
    /// Makes a memory with the modules' data in it, all variables zero, an empty heap after the data.
    /// Fails if data lies outside `max_pages`, below [`abi::DATA_START`], or over other data.
    pub fn new(modules: Vec<EvalModule<'a>>, max_pages: u32) -> Result<Machine<'a>, Trap> {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for m in modules.iter().filter(|m| !m.module.data.is_empty()) {
            places.push((m.data_base as usize, m.data_base as usize + m.module.data.len()));
        }
        places.sort_unstable();
        let start = abi::DATA_START as usize;
        let heap = places.last().map_or(start, |place| place.1).next_multiple_of(16);
        let pages = heap.div_ceil(PAGE).max(1);
        if places.first().is_some_and(|place| place.0 < start) || places.windows(2).any(|w| w[0].1 > w[1].0) {
            return Err(Trap::Internal("static data overlaps".to_owned()));
        }
        if pages > max_pages as usize || max_pages > 1 << 16 {
            return Err(Trap::Internal(format!("{pages} pages of static data, at most {max_pages}")));
        }
        let mut memory = vec![0; pages * PAGE];
        for m in &modules {
            let base = m.data_base as usize;
            if let Some(place) = memory.get_mut(base..base + m.module.data.len()) {
                place.copy_from_slice(&m.module.data);
            }
        }
        for address in [abi::HEAP_TOP as usize, abi::HEAP_END as usize] {
            memory[address..address + 4].copy_from_slice(&(heap as u32).to_le_bytes());
        }
        let (globals, variables) = share(&modules);
        Ok(Machine {
            modules,
            globals,
            variables,
            calls: 0,
            memory,
            max_pages,
            fuel: 1 << 32,
            charged: 0,
            max_calls: 200,
            max_stack: 1 << 20,
        })
    }

    /// The linked modules.
    pub fn modules(&self) -> &[EvalModule<'a>] {
        &self.modules
    }

    /// Calls a function. Memory and variables stay as the run left them, also after a trap.
    pub fn call(
        &mut self,
        host: &mut dyn EvalHost,
        module: usize,
        function: FuncId,
        args: &[Value],
    ) -> Result<Vec<Value>, Trap> {
        self.calls = 0;
        let stack_start = run::stack_pointer();
        run::Run { machine: self, host, stack_start }
            .call(module, function, args.to_vec())
            .map_err(|trap| *trap)
    }

    /// Calls an exported function by name.
    pub fn call_export(
        &mut self,
        host: &mut dyn EvalHost,
        module: usize,
        name: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Trap> {
        let exports = self.modules.get(module).map_or(&[][..], |m| &m.module.exports);
        match exports.iter().find(|(export, _)| export == name) {
            Some(&(_, id)) => self.call(host, module, id, args),
            None => Err(Trap::Internal(format!("module {module} has no export {name:?}"))),
        }
    }
}

/// Places for the variables of all modules: equal ones have one place.
fn share(modules: &[EvalModule<'_>]) -> (Vec<Vec<usize>>, Vec<Value>) {
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut values = Vec::new();
    let mut places = Vec::new();
    for m in modules {
        let mut own = Vec::new();
        for (index, global) in m.module.globals.iter().enumerate() {
            let fresh = values.len();
            let place = match m.variables.get(index) {
                Some(variable) => *shared.entry(*variable).or_insert(fresh),
                None => fresh,
            };
            if place == fresh {
                values.push(Value::zero(global.ty));
            }
            own.push(place);
        }
        places.push(own);
    }
    (places, values)
}
