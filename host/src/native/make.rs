//! wasm → native code, and native code of the cache → native code that can be instantiated. With `native.rs` it
//! holds the only `unsafe` that loads code.
//!
//! Of a module's functions most are asked for and few are called, so verified bytes can wait for the first
//! call before they are mapped: that costs more than reading and verifying them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmtime::{Config, Engine, Module};

use super::{Code, LoadError, Native};
use crate::cache::entry::{Kind, Verified};
use crate::cache::sealed::Sealed;
use crate::levels::Level;

/// What compiling gives: code to run now, which the cache can have too. Cheap to clone.
#[derive(Clone)]
pub struct Compiled {
    native: Native,
    module: Module,
}

impl Compiled {
    fn of(module: Module) -> Self {
        Compiled { native: Native::of(module.clone()), module }
    }

    /// The code, ready to run.
    pub fn native(&self) -> &Native {
        &self.native
    }

    /// The same code as an ELF image, as it goes into the cache: a copy of the one that is mapped, which the code generator
    /// wrote there and which is not written to since (fails never for such code).
    pub fn elf(&self) -> wasmtime::Result<Vec<u8>> {
        self.module.serialize()
    }

    /// Bytes that it holds.
    pub(crate) fn size(&self) -> usize {
        let image = self.module.image_range();
        (image.end as usize).saturating_sub(image.start as usize)
    }

    /// The code alone.
    pub fn into_native(self) -> Native {
        self.native
    }
}

/// When wasmtime gets the bytes of verified code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// At once: whoever asks will run it.
    Now,
    /// When the module is first asked for: perhaps never.
    AtFirstUse,
}

/// What there is of code that has no module yet.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Wait>);

#[derive(Default)]
enum Wait {
    /// Nothing more is needed.
    #[default]
    Done,
    /// Verified bytes, and the engine to load them into. The bytes are private to this process.
    Bytes(Engine, Verified),
    /// wasmtime has refused them, and why.
    Refused(String),
}

impl Waiting {
    /// Loads the bytes, unless another thread did so meanwhile.
    pub(super) fn load_into<'a>(&self, module: &'a OnceLock<Module>) -> Result<&'a Module, LoadError> {
        // Replaced whole, so a panic elsewhere cannot have left it half changed.
        let mut wait = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = match &*wait {
            Wait::Bytes(engine, entry) => load_verified(engine, entry),
            Wait::Refused(why) => Err(LoadError::Refused(wasmtime::Error::msg(why.clone()))),
            Wait::Done => return module.get().ok_or(LoadError::WrongKind),
        };
        *wait = match &loaded {
            Ok(_) => Wait::Done,
            Err(error) => Wait::Refused(error.to_string()),
        };
        loaded.map(|loaded| module.get_or_init(|| loaded))
    }
}

/// Hands the code of a verified entry to wasmtime.
fn load_verified(engine: &Engine, entry: &Verified) -> Result<Module, LoadError> {
    if entry.kind() != Kind::Native {
        return Err(LoadError::WrongKind);
    }
    #[expect(unsafe_code, reason = "loading code whose authentication code was checked")]
    // SAFETY: `Verified` is made only by `entry::open`, which checked, under this user's secret, an
    // authentication code over exactly this buffer and the key that it was asked for; or over the buffer in which
    // the zeros of this one are left out, with how many they are, from which `Verified::payload` has just made this
    // one (`thin`). The secret is used only to seal what `Native::compile` returned (`Cache::put_native` takes a `Compiled`) and code
    // under the signature of somebody whom the user trusts (`Cache::adopt_native` takes a `SignedCode`), so
    // the bytes are unmodified output of the code generator (`Compiled::elf`). The buffers are private to this process and
    // not written after the check, however long they wait.
    let module = unsafe { Module::deserialize(engine, entry.payload()) };
    module.map_err(LoadError::Refused)
}

impl Native {
    /// Compiles wasm with Cranelift, after wasmtime has validated it.
    pub fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Compiled> {
        Module::from_binary(engine, wasm).map(Compiled::of)
    }

    /// The same by another engine, which has the settings of `engine` but its own CPU level.
    pub(crate) fn compile_by(compiler: &Engine, engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Compiled> {
        let elf = compiler.precompile_module(wasm)?;
        #[expect(unsafe_code, reason = "loading the code that an engine has just made")]
        // SAFETY: `elf` was returned by `precompile_module` in the line above. It is owned by this function and nothing else
        // has seen it. wasmtime compares the settings and CPU features in it with this machine.
        let module = unsafe { Module::deserialize(engine, &elf)? };
        Ok(Compiled::of(module))
    }

    /// Loads, in a worker process, native code that another worker made. Fails if wasmtime finds that the code is for
    /// another engine or CPU.
    #[cfg(workers)]
    pub(crate) fn load_confined(
        engine: &Engine,
        _confined: &crate::worker::linux::confine::Confined,
        elf: &[u8],
    ) -> Result<Self, LoadError> {
        #[expect(unsafe_code, reason = "loading code in a process that has no rights")]
        // SAFETY: the bytes come from the parent, which had them from a worker of the same build that compiled
        // them with `precompile_module` (by way of `Module::serialize`) and kept them unchanged, under an authentication
        // code when in the cache. If a hostile program took over the compiler in that worker, they may be anything: this
        // process then does what that program wants. `Confined` proves that it has no rights with which to do harm,
        // and it serves the tenant that asked for this program and no other.
        let module = unsafe { Module::deserialize(engine, elf) };
        module.map(Native::of).map_err(LoadError::Refused)
    }

    /// Loads the native code of a verified entry. Fails if wasmtime finds that the code is for another
    /// engine or CPU.
    pub fn load(engine: &Engine, entry: &Verified) -> Result<Self, LoadError> {
        load_verified(engine, entry).map(Native::of)
    }

    /// The same, but what wasmtime does with the bytes is put off until the module is asked for.
    pub fn load_later(engine: &Engine, entry: Verified) -> Result<Self, LoadError> {
        if entry.kind() != Kind::Native {
            return Err(LoadError::WrongKind);
        }
        let waiting = Waiting(Mutex::new(Wait::Bytes(engine.clone(), entry)));
        Ok(Native { code: Arc::new(Code { module: OnceLock::new(), waiting }) })
    }

    /// Whether verified bytes still wait for the first call, and if so whether zeros are left out of them, and were put
    /// back.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> Option<(bool, bool)> {
        match &*self.code.waiting.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Wait::Bytes(_, entry) => Some(entry.is_thin_and_expanded()),
            Wait::Done | Wait::Refused(_) => None,
        }
    }

    /// The same for a large entry: its code is mapped where it is. Fails also if memory files cannot be
    /// mapped for execution here.
    pub fn load_sealed(engine: &Engine, entry: &Sealed) -> Result<Self, LoadError> {
        let file = entry.file().try_clone().map_err(|error| LoadError::Refused(error.into()))?;
        #[expect(unsafe_code, reason = "loading code whose authentication code was checked")]
        // SAFETY: as in `load`; `Sealed` is made only by `sealed::open`, which checked the code over the
        // very bytes that it wrote into a file that exists in this process's memory only, and sealed the
        // file against every change before this. What follows the code in it is not looked at by wasmtime,
        // which finds everything by offsets from the beginning (tested with each version).
        let module = unsafe { Module::deserialize_open_file(engine, file) };
        module.map(Native::of).map_err(LoadError::Refused)
    }
}

/// wasm → native code as bytes, for the target of `engine`, which need not be this machine.
pub(crate) fn precompile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Vec<u8>> {
    engine.precompile_module(wasm)
}

/// Makes an engine's settings those of a level: its target, and exactly its CPU features.
pub(crate) fn aim(config: &mut Config, level: Level) -> wasmtime::Result<()> {
    // A target that is named turns the detection of this machine's features off.
    config.target(level.triple())?;
    for switch in level.switches() {
        #[expect(unsafe_code, reason = "Cranelift's flags could break its assumptions")]
        // SAFETY: the switches are constants that turn CPU features on and nothing else, and each brings the
        // features that it builds on. The code runs only on CPUs that have them all: `HostCpu::lacks` is asked
        // before such code is loaded, and wasmtime asks again.
        unsafe {
            config.cranelift_flag_enable(switch);
        }
    }
    Ok(())
}
