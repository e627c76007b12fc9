//! Stored native code → native code that can be instantiated. With `native/make.rs`, which has what only a build
//! with the compiler does, it holds the only `unsafe` that loads code.
//!
//! A [`Native`] comes from `Native::load_signed`, which takes only bytes under a trusted signature, or from
//! `native/make.rs`: from `compile`, whose code never left this process, and from `load`, `load_later` and
//! `load_sealed`, which take only bytes whose authentication code was checked. There is no other constructor.
//! Caching, keys and files are not known here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use wasmtime::{Engine, Module};

use crate::bundle::TrustedCode;

#[cfg(feature = "compiler")]
mod make;

#[cfg(feature = "compiler")]
pub use make::{Compiled, Loading};
#[cfg(feature = "compiler")]
pub(crate) use make::{aim, precompile};

/// Native code that is ready to be instantiated, or will be when it is first used. Cheap to clone.
#[derive(Clone)]
pub struct Native {
    code: Arc<Code>,
}

struct Code {
    module: OnceLock<Module>,
    /// What the module is made of when it is first asked for.
    #[cfg(feature = "compiler")]
    waiting: make::Waiting,
}

impl Native {
    /// Loads native code from a bundle. Fails if wasmtime finds that the code is for another engine or CPU.
    pub(crate) fn load_signed(engine: &Engine, code: &TrustedCode) -> Result<Self, LoadError> {
        #[expect(unsafe_code, reason = "loading code whose signature was checked")]
        // SAFETY: `TrustedCode` is made only from `SignedCode`, after these checks: a key that the user trusts to
        // make native code has signed the digest of a blob, the digest fits, these bytes were unpacked from that
        // blob, and the CPU has the features that the code names. Who holds such a key makes
        // bundles of what `precompile` returned. The bytes are private to this process and not written.
        let module = unsafe { Module::deserialize(engine, code.bytes()) };
        module.map(Native::of).map_err(LoadError::Refused)
    }

    fn of(module: Module) -> Self {
        Native {
            code: Arc::new(Code {
                module: OnceLock::from(module),
                #[cfg(feature = "compiler")]
                waiting: make::Waiting::default(),
            }),
        }
    }

    /// The wasmtime module. The first time, bytes that waited are loaded; threads that ask meanwhile wait.
    pub fn module(&self) -> Result<&Module, LoadError> {
        if let Some(module) = self.code.module.get() {
            return Ok(module);
        }
        #[cfg(feature = "compiler")]
        return self.code.waiting.load_into(&self.code.module);
        #[cfg(not(feature = "compiler"))]
        Err(LoadError::WrongKind)
    }

    /// The module if it is loaded, without loading it.
    pub(crate) fn loaded(&self) -> Option<&Module> {
        self.code.module.get()
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native").finish_non_exhaustive()
    }
}

/// Why verified bytes are not loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The entry holds wasm, not native code.
    WrongKind,
    /// wasmtime will not have it.
    Refused(wasmtime::Error),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::WrongKind => f.write_str("the entry does not hold native code"),
            // The innermost cause names the setting or CPU feature.
            LoadError::Refused(error) => write!(f, "{}", error.root_cause()),
        }
    }
}

impl std::error::Error for LoadError {}
