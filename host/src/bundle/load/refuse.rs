//! Without the compiler: a bundle that has no native code for this machine is refused, when it is opened.

use ovenbird_compiler::artifact::Artifact;

use super::{Inner, Unusable};
use crate::bundle::TrustedCode;
use crate::bundle::manifest::{Module, NativeCode};
use crate::code::{Code, Provenance};
use crate::engine::Engine;
use crate::error::Error;
use crate::key::L2Recipe;
use crate::miss::MissReason;
use crate::native::{LoadError, Native};

pub(super) fn load_signed(engine: &Engine, code: &TrustedCode) -> Result<Native, LoadError> {
    Native::load_signed(engine.wasmtime(), code)
}

impl Inner {
    /// Whether there is native code of every module for this engine and CPU, by what the manifest says. Nothing is
    /// unpacked; what the code itself says is compared when it is loaded.
    pub(super) fn check(&self) -> Result<(), Error> {
        for Module { label, wasm, .. } in &self.bundle.manifest().modules {
            let usable = self
                .bundle
                .candidates(&self.recipe(label, *wasm), self.engine.cpu())
                .and_then(|natives| self.any_may_load(&natives));
            usable.map_err(|reason| Error::NoNativeCode { label: label.clone(), reason })?;
        }
        Ok(())
    }

    fn any_may_load(&self, natives: &[&NativeCode]) -> Result<(), MissReason> {
        let mut answers = natives.iter().map(|native| self.bundle.may_load(native));
        let first = answers.next().unwrap_or(Err(MissReason::Cold));
        first.or_else(|reason| if answers.any(|answer| answer.is_ok()) { Ok(()) } else { Err(reason) })
    }

    pub(super) fn without_native(
        &self,
        _: Artifact,
        recipe: L2Recipe,
        reason: MissReason,
    ) -> Result<(Code, Provenance), Unusable> {
        Err(Unusable::NoNativeCode(recipe.label, reason))
    }
}
