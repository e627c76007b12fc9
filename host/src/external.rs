//! Functions that an embedder gives to guests: registration → what the compiler is told, and what is linked.
//!
//! A [`HostModule`] is a name and functions; a function is a Rust closure, whose types are those of the
//! guest's parameters and result, and a [`Cost`]. A program that is given the module by
//! [`Source::host`](crate::Source::host) imports it like any other. Arguments are checked when the program
//! is compiled, and again when a call crosses.
//!
//! `signature` turns Rust types into the guest's, `wall` is what stands around every call, `failure` is what
//! a function may raise, `table` finds functions by name. `relay` has the functions of a worker process, whose code is
//! in the embedder's; `passed` is what goes between the two. What wasm calls is made in `signature` too, since
//! only there are the types known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "compiler")]
use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::abi::external::{External, MAX_PARAMS, Signature};
use wasmtime::{Func, Store};

use crate::error::Error;
use crate::grants::quote;
use crate::imports::{HostError, StoreData, Val};

mod failure;
#[cfg(workers)]
pub(crate) mod passed;
#[cfg(workers)]
pub(crate) mod relay;
pub(crate) mod signature;
pub(crate) mod table;
pub(crate) mod wall;

pub use failure::HostFailure;
#[cfg(feature = "compiler")]
pub(crate) use failure::cleaned;
pub use ovenbird_compiler::abi::external::Cost;
pub use signature::{Answer, HostArgument, HostCode, HostResult};
pub use table::HostFunctionError;
pub use wall::Problem;

use signature::Code;
use wall::{Wall, failed};

/// Functions that the embedder gives to guests, under a name to import. Cheap to clone.
///
/// An example is on the crate's front page.
///
/// Rules, which the types of this interface keep:
///
/// - A function is given values and nothing else: no handle to the guest, its memory or its instance. It
///   cannot enter the guest that calls it. (It may call another function of Ovenbird, which makes instances
///   of its own.)
/// - Its cost is taken from the CPU budget before it runs, at the same place in every run; a guest that
///   cannot pay is stopped. The deadline is looked at before and after; time in it counts as the call's.
/// - Text is copied: in after its place, length and UTF-8 were checked, against the tenant's host memory;
///   out into the guest's own memory, against the guest's limit.
/// - A panic ends the call that caused it with [`Error::Host`]. A [`HostFailure`] is an exception of the guest.
/// - It runs on the thread that made the call, on a stack with at least 512 KiB left; also when the guest is in a
///   worker process ([`crate::worker`]). A call of Ovenbird that it makes itself does not wait for a worker then.
#[derive(Clone)]
pub struct HostModule {
    name: Arc<str>,
    functions: BTreeMap<String, HostFunction>,
}

/// One function of a module.
#[derive(Clone)]
pub(crate) struct HostFunction {
    pub(crate) external: Arc<External>,
    pub(crate) code: Arc<dyn Code>,
}

impl HostFunction {
    /// The function, for a store.
    pub(crate) fn link(&self, store: &mut Store<StoreData>) -> Func {
        let allowed = !store.data().host.grants.forbids_host_module(&self.external.module);
        let wall = Wall { external: Arc::clone(&self.external), allowed };
        Arc::clone(&self.code).link(store, wall)
    }
}

impl HostModule {
    /// A module without functions yet. The name must be a Python identifier, and not that of a module of the
    /// library.
    pub fn new(name: &str) -> Result<Self, Error> {
        identifier("host module", name)?;
        if in_library(name) {
            return Err(Error::Signature(format!("the library has a module `{name}` of its own")));
        }
        Ok(HostModule { name: name.into(), functions: BTreeMap::new() })
    }

    /// Adds a function: a closure over `bool`, `i64`, `f64`, `&str` and `String`, of at most eight
    /// parameters, that returns one of these (no `&str`), nothing, or a `Result` of them with a
    /// [`HostFailure`]. The types of its parameters must be written out. It is called from any thread, by
    /// several guests at once.
    pub fn function<M>(mut self, name: &str, cost: Cost, code: impl HostCode<M>) -> Result<Self, Error> {
        identifier("host function", name)?;
        let (params, result, code) = code.into_code();
        debug_assert!(params.len() <= MAX_PARAMS);
        let signature = Signature { params, result, cost };
        let external = External { module: self.name.to_string(), name: name.to_owned(), signature };
        let function = HostFunction { external: Arc::new(external), code };
        if self.functions.insert(name.to_owned(), function).is_some() {
            return Err(Error::Signature(format!(
                "the host module `{}` has two functions `{name}`",
                self.name
            )));
        }
        Ok(self)
    }

    /// The name that guests import.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls a function on scalars and a slice of guest memory, for executors such as the IR interpreter:
    /// arguments are checked as at the wall; cost and deadline are the executor's.
    pub fn call(&self, name: &str, args: &[Val], memory: &[u8]) -> Result<Answer, HostError> {
        let function =
            self.functions.get(name).ok_or(HostError::Denied { capability: "the host function" })?;
        let answer = function.code.eval(args, memory);
        match answer.map_err(|fault| failed(&function.external, Problem::Fault(fault)))? {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(failed(&function.external, Problem::Raised(failure))),
            Err(_) => Err(failed(&function.external, Problem::Panicked)),
        }
    }

    /// What the compiler is told.
    #[cfg(feature = "compiler")]
    fn functions(&self) -> Functions {
        let signature = |function: &HostFunction| function.external.signature.clone();
        self.functions.iter().map(|(name, function)| (name.clone(), signature(function))).collect()
    }
}

impl fmt::Debug for HostModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostModule {} ", self.name)?;
        let functions = self.functions.iter();
        let shown = functions.map(|(name, function)| (name, function.external.signature.to_string()));
        f.debug_map().entries(shown).finish()
    }
}

/// Whether programs find a module of the library under this name.
#[cfg(feature = "compiler")]
fn in_library(name: &str) -> bool {
    use ovenbird_compiler::resolve::Library as _;
    crate::world::Stdlib.is_package(name) || matches!(name, "intrinsics" | "typing")
}

/// Without the compiler all imports are resolved already.
#[cfg(not(feature = "compiler"))]
fn in_library(_: &str) -> bool {
    false
}

fn identifier(what: &str, name: &str) -> Result<(), Error> {
    if is_identifier(name) {
        return Ok(());
    }
    let shown = quote(name);
    Err(Error::Signature(format!("{shown} is not a name for a {what}: letters, digits and `_`, no keyword")))
}

/// Whether a module or function can have this name.
pub(crate) fn is_identifier(name: &str) -> bool {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let begins = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    letters && begins && name.len() <= 64 && !KEYWORDS.contains(&name)
}

/// Words that no import can name.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];
