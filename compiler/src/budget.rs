//! What compiling one program may use. Amounts in, refusals out.
//!
//! [`CompileBudget`] is the promise, [`Account`] counts source text as it is read; everything after inference
//! asks a [`Guard`](crate::guard::Guard). Amounts are counted in ways that do not depend on the machine, so that a
//! program is refused everywhere or nowhere. Only the time is different: this crate has no clock, it asks
//! the host at intervals whether to stop.

// Of `core`, which has no clock.
use core::time::Duration;
use std::fmt;

use serde::{Deserialize, Serialize};

pub mod charges;

/// One of the limits of a [`CompileBudget`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum CompileLimit {
    /// [`CompileBudget::source_bytes`].
    SourceBytes,
    /// [`CompileBudget::tokens`].
    Tokens,
    /// [`CompileBudget::nesting`].
    Nesting,
    /// [`CompileBudget::chain`].
    Chain,
    /// [`CompileBudget::steps`].
    Steps,
    /// [`CompileBudget::type_nodes`].
    TypeNodes,
    /// [`CompileBudget::specialisations`].
    Specialisations,
    /// [`CompileBudget::call_depth`].
    CallDepth,
    /// [`CompileBudget::unrolled`].
    Unrolled,
    /// [`CompileBudget::operations`].
    Operations,
    /// [`CompileBudget::function_operations`].
    FunctionOperations,
    /// [`CompileBudget::crossings`].
    Crossings,
    /// [`CompileBudget::locals`].
    Locals,
    /// [`CompileBudget::scalars`].
    Scalars,
    /// [`CompileBudget::wasm_bytes`].
    WasmBytes,
    /// [`CompileBudget::native_work`].
    NativeWork,
    /// [`CompileBudget::memory`].
    Memory,
    /// [`CompileBudget::time`]; amounts are nanoseconds.
    Time,
}

impl CompileLimit {
    /// All of them.
    pub const ALL: [CompileLimit; 18] = [
        CompileLimit::SourceBytes,
        CompileLimit::Tokens,
        CompileLimit::Nesting,
        CompileLimit::Chain,
        CompileLimit::Steps,
        CompileLimit::TypeNodes,
        CompileLimit::Specialisations,
        CompileLimit::CallDepth,
        CompileLimit::Unrolled,
        CompileLimit::Operations,
        CompileLimit::FunctionOperations,
        CompileLimit::Crossings,
        CompileLimit::Locals,
        CompileLimit::Scalars,
        CompileLimit::WasmBytes,
        CompileLimit::NativeWork,
        CompileLimit::Memory,
        CompileLimit::Time,
    ];

    /// The name that people see.
    pub fn name(self) -> &'static str {
        match self {
            CompileLimit::SourceBytes => "source size limit",
            CompileLimit::Tokens => "token limit",
            CompileLimit::Nesting => "nesting limit",
            CompileLimit::Chain => "expression length limit",
            CompileLimit::Steps => "inference step limit",
            CompileLimit::TypeNodes => "type size limit",
            CompileLimit::Specialisations => "specialisation limit",
            CompileLimit::CallDepth => "inference depth limit",
            CompileLimit::Unrolled => "unrolled loop limit",
            CompileLimit::Operations => "operation limit",
            CompileLimit::FunctionOperations => "function size limit",
            CompileLimit::Crossings => "live variable limit",
            CompileLimit::Locals => "local variable limit",
            CompileLimit::Scalars => "signature limit",
            CompileLimit::WasmBytes => "code size limit",
            CompileLimit::NativeWork => "code generator work limit",
            CompileLimit::Memory => "compile memory limit",
            CompileLimit::Time => "compile time limit",
        }
    }
}

/// What compiling one program may use. `Debug` shows all of it. Nothing is unlimited unless written, and
/// some limits cannot be raised above what is said, because the compiler's own stack or wasm needs them.
///
/// It bounds work, and says nothing about programs: what is in the cache or in memory is not compiled again, so it is
/// used, whatever the budget was under which it was made. What is still done for it counts: inference, unless the
/// text is known, and parsing, unless it is long and known. What was refused is not remembered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompileBudget {
    /// Bytes of source text, all files of the program together. Default 1 MiB.
    pub source_bytes: u64,
    /// Tokens of source text, all files together: names, numbers, strings and signs. Default 400,000.
    pub tokens: u64,
    /// Nesting of brackets and blocks, and the length of an `elif` chain. Default and at most 200.
    pub nesting: u64,
    /// Nesting and chained operations of one expression. Default and at most 1,000.
    pub chain: u64,
    /// Steps of type inference: expressions, once a specialisation, and more for large types. Default
    /// 2,000,000.
    pub steps: u64,
    /// Nodes of one type. Default 10,000.
    pub type_nodes: u64,
    /// Specialised functions, those of the library included. Default 12,000.
    pub specialisations: u64,
    /// Calls that are inferred inside each other. Default and at most 64.
    pub call_depth: u64,
    /// Items of a tuple that a loop goes over, which is copied for each. Default 4,096.
    pub unrolled: u64,
    /// Operations of the intermediate representation in one unit. Default 2,000,000.
    pub operations: u64,
    /// Operations in one function. Default 400,000.
    pub function_operations: u64,
    /// Variables that live where paths join, in one function: for each start of a loop and end of branches, the
    /// variables that are used before and behind it; more for loops, and for variables that they change. What the
    /// register allocator has to keep apart. Default 2,000,000.
    pub crossings: u64,
    /// Local variables of one function in the generated code. Default 10,000, at most 45,000.
    pub locals: u64,
    /// Scalars that one function takes, and that it returns. Default and at most 1,000.
    pub scalars: u64,
    /// Bytes of wasm of one unit. Default 16 MiB.
    pub wasm_bytes: u64,
    /// Work that the program's functions are for the code generator, all units together: operations, those that stand
    /// behind many branches for more, and crossings. A million takes it about half a second. Default 6,000,000.
    pub native_work: u64,
    /// Bytes of the host's memory that compiling the program takes, all units together. They are charged for what is
    /// made (text, tokens, typed expressions, operations, code), as in `compiler/src/budget/charges.rs`, and not
    /// given back, so that a program is refused on every machine or on none. Default 1 GiB.
    pub memory: u64,
    /// Wall-clock time for one request to a program, waiting for others who compile the same included.
    /// Default 60 s.
    pub time: Duration,
}

impl Default for CompileBudget {
    fn default() -> Self {
        CompileBudget {
            source_bytes: 1 << 20,
            tokens: 400_000,
            nesting: 200,
            chain: 1_000,
            steps: 2_000_000,
            type_nodes: 10_000,
            specialisations: 12_000,
            call_depth: 64,
            unrolled: 4_096,
            operations: 2_000_000,
            function_operations: 400_000,
            crossings: 2_000_000,
            locals: 10_000,
            scalars: 1_000,
            wasm_bytes: 16 << 20,
            native_work: 6_000_000,
            memory: 1 << 30,
            time: Duration::from_secs(60),
        }
    }
}

/// Most bytes of one file: spans are 32 bits wide, and the parser keeps some fifty bytes a byte.
const MOST_SOURCE: u64 = 64 << 20;
/// wasm's 50,000, less what the encoder adds.
const MOST_LOCALS: u64 = 45_000;

impl CompileBudget {
    /// What a limit allows.
    pub fn allowed(&self, which: CompileLimit) -> u64 {
        let fixed = CompileBudget::default();
        match which {
            CompileLimit::SourceBytes => self.source_bytes.min(MOST_SOURCE),
            CompileLimit::Tokens => self.tokens,
            CompileLimit::Nesting => self.nesting.min(fixed.nesting),
            CompileLimit::Chain => self.chain.min(fixed.chain),
            CompileLimit::Steps => self.steps,
            CompileLimit::TypeNodes => self.type_nodes,
            CompileLimit::Specialisations => self.specialisations,
            CompileLimit::CallDepth => self.call_depth.min(fixed.call_depth),
            CompileLimit::Unrolled => self.unrolled,
            CompileLimit::Operations => self.operations,
            CompileLimit::FunctionOperations => self.function_operations,
            CompileLimit::Crossings => self.crossings,
            CompileLimit::Locals => self.locals.min(MOST_LOCALS),
            CompileLimit::Scalars => self.scalars.min(fixed.scalars),
            CompileLimit::WasmBytes => self.wasm_bytes,
            CompileLimit::NativeWork => self.native_work,
            CompileLimit::Memory => self.memory,
            CompileLimit::Time => u64::try_from(self.time.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// The same with another wall-clock time.
    #[must_use]
    pub fn time(self, time: Duration) -> Self {
        CompileBudget { time, ..self }
    }

    /// The same with another amount, for those who have the limit as a value.
    #[must_use]
    pub fn with(mut self, which: CompileLimit, amount: u64) -> Self {
        *match which {
            CompileLimit::SourceBytes => &mut self.source_bytes,
            CompileLimit::Tokens => &mut self.tokens,
            CompileLimit::Nesting => &mut self.nesting,
            CompileLimit::Chain => &mut self.chain,
            CompileLimit::Steps => &mut self.steps,
            CompileLimit::TypeNodes => &mut self.type_nodes,
            CompileLimit::Specialisations => &mut self.specialisations,
            CompileLimit::CallDepth => &mut self.call_depth,
            CompileLimit::Unrolled => &mut self.unrolled,
            CompileLimit::Operations => &mut self.operations,
            CompileLimit::FunctionOperations => &mut self.function_operations,
            CompileLimit::Crossings => &mut self.crossings,
            CompileLimit::Locals => &mut self.locals,
            CompileLimit::Scalars => &mut self.scalars,
            CompileLimit::WasmBytes => &mut self.wasm_bytes,
            CompileLimit::NativeWork => &mut self.native_work,
            CompileLimit::Memory => &mut self.memory,
            CompileLimit::Time => {
                self.time = Duration::from_nanos(amount);
                return self;
            }
        } = amount;
        self
    }

    /// Refuses `used` if it is more than the limit allows.
    pub fn check(&self, which: CompileLimit, used: u64) -> Result<(), Exceeded> {
        let allowed = self.allowed(which);
        if used > allowed { Err(Exceeded { which, used, allowed }) } else { Ok(()) }
    }
}

/// A limit was reached: what would have been used, and what is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exceeded {
    /// Which limit.
    pub which: CompileLimit,
    /// What was used, or would have been.
    pub used: u64,
    /// What the limit allows.
    pub allowed: u64,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exceeded { which, used, allowed } = self;
        let name = which.name();
        if *which == CompileLimit::Time {
            let seconds = |nanos: u64| nanos as f64 / 1e9;
            let (used, allowed) = (seconds(*used), seconds(*allowed));
            return write!(f, "{name} exceeded: used {used:.3} s, allowed {allowed:.3} s");
        }
        write!(f, "{name} exceeded: used {used}, allowed {allowed}")
    }
}

/// The source text that one program has used so far, and what is left of its budget.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The budget.
    pub budget: CompileBudget,
    /// Bytes of all files so far.
    pub source_bytes: u64,
    /// Tokens of all files so far.
    pub tokens: u64,
    /// Bytes of memory for what was made of them so far.
    pub memory: u64,
}

impl Account {
    /// An account without debits.
    pub fn new(budget: CompileBudget) -> Self {
        Account { budget, source_bytes: 0, tokens: 0, memory: 0 }
    }

    /// Takes a file on.
    pub fn charge_source(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.source_bytes = self.source_bytes.saturating_add(bytes as u64);
        self.memory = self.memory.saturating_add((bytes as u64).saturating_mul(charges::SOURCE_BYTE));
        self.budget.check(CompileLimit::SourceBytes, self.source_bytes)
    }

    /// Counts one token.
    pub fn charge_token(&mut self) -> Result<(), Exceeded> {
        self.tokens += 1;
        self.memory = self.memory.saturating_add(charges::TOKEN);
        self.budget.check(CompileLimit::Tokens, self.tokens)
    }

    /// Takes memory for what is made of the text.
    pub fn charge_memory(&mut self, bytes: u64) -> Result<(), Exceeded> {
        self.memory = self.memory.saturating_add(bytes);
        self.budget.check(CompileLimit::Memory, self.memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `used > allowed` in `compiler/src/budget.rs`: no limit of compiling holds.
    #[test]
    fn every_limit_can_be_set_and_refuses_one_more() {
        for which in CompileLimit::ALL {
            let budget = CompileBudget::default().with(which, 7);
            assert_eq!(budget.allowed(which), 7, "{which:?}");
            assert_eq!(budget.check(which, 7), Ok(()));
            assert_eq!(budget.check(which, 8), Err(Exceeded { which, used: 8, allowed: 7 }));
            for other in CompileLimit::ALL.into_iter().filter(|other| *other != which) {
                assert_eq!(budget.allowed(other), CompileBudget::default().allowed(other), "{other:?}");
            }
        }
    }

    #[test]
    fn what_the_stack_and_wasm_need_cannot_be_raised() {
        let fixed = [
            CompileLimit::SourceBytes,
            CompileLimit::Nesting,
            CompileLimit::Chain,
            CompileLimit::CallDepth,
            CompileLimit::Locals,
            CompileLimit::Scalars,
        ];
        for which in CompileLimit::ALL {
            let budget = CompileBudget::default().with(which, u64::MAX);
            assert_eq!(budget.allowed(which) < u64::MAX, fixed.contains(&which), "{which:?}");
        }
    }
}
