//! With the compiler: a module of a bundle without native code for this machine → code from the cache, else made from
//! its wasm now.

use std::sync::Arc;
use std::time::Instant;

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::metering;

use super::{Inner, Unusable};
use crate::bundle::TrustedCode;
use crate::code::{Code, Provenance};
use crate::engine::Engine;
use crate::error::Error;
use crate::key::L2Recipe;
use crate::miss::MissReason;
use crate::native::{LoadError, Loading, Native};

/// Signed code, counted by the cache as all code that is handed to the loader.
pub(super) fn load_signed(engine: &Engine, code: &TrustedCode) -> Result<Native, LoadError> {
    engine.cache().count_native_load();
    Native::load_signed(engine.wasmtime(), code)
}

impl Inner {
    /// Any bundle that is trusted can be used.
    pub(super) fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    pub(super) fn without_native(
        &self,
        artifact: Artifact,
        recipe: L2Recipe,
        reason: MissReason,
    ) -> Result<(Code, Provenance), Unusable> {
        let engine = &self.engine;
        let artifact = Arc::new(artifact);
        if let Ok(native) = engine.cached_native(&recipe, Loading::Now) {
            return Ok((Code { artifact, native }, Provenance::Native));
        }
        // Whoever signed it: what is compiled here is metered.
        metering::verify_metering(&artifact.wasm)?;
        let started = Instant::now();
        let compiled = engine.compile_native(&artifact.wasm).map_err(|error| format!("{error:#}"))?;
        engine.cache().put_native(&recipe, &compiled, started.elapsed());
        Ok((Code { artifact, native: compiled.into_native() }, Provenance::Wasm(reason.into())))
    }
}
