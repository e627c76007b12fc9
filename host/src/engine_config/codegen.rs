//! What only an engine that compiles has: Cranelift's settings, and engines for other CPU levels than this machine's.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wasmtime::{Config, Engine, OptLevel, RegallocAlgorithm, Strategy};

use super::{ConfiguredEngine, EngineIdentity, EngineOptions, config, within_range};
use crate::levels::Level;

pub(super) fn settings(config: &mut Config, options: &EngineOptions) {
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        .cranelift_nan_canonicalization(options.canonical_nans)
        .cranelift_debug_verifier(false)
        .parallel_compilation(options.parallel_compilation);
}

/// The same settings, for an engine that compiles on the thread that asks.
pub(super) fn on_one_thread(options: &EngineOptions) -> EngineOptions {
    EngineOptions { parallel_compilation: false, ..options.clone() }
}

/// The engine that compiles large modules for one of these settings, on several threads. It runs nothing, so it has no pool.
pub(super) fn on_many_threads(options: &EngineOptions) -> wasmtime::Result<Engine> {
    let options = EngineOptions { parallel_compilation: true, pool: None, ..within_range(options) };
    match options.level {
        Some(level) => Ok(level_compiler(&options, level)?.engine),
        None => Engine::new(&config(&options)?),
    }
}

/// The engine that compiles, if it is not the one that runs: a CPU level was asked for.
pub(super) fn other_compiler(options: &EngineOptions) -> wasmtime::Result<Option<Engine>> {
    let Some(level) = options.level else { return Ok(None) };
    Ok(Some(level_compiler(&on_one_thread(options), level)?.engine))
}

/// An engine that compiles for a CPU level and runs nothing. Which machine it is made on does not matter.
pub fn level_compiler(options: &EngineOptions, level: Level) -> wasmtime::Result<ConfiguredEngine> {
    let options = &within_range(options);
    let mut config = config(options)?;
    crate::native::aim(&mut config, level)?;
    let identity = Arc::new(EngineIdentity::of_level(options, level));
    let engine = Engine::new(&config)?;
    let EngineOptions { stack_bytes, parallel_compilation, .. } = *options;
    Ok(ConfiguredEngine { engine, stack_bytes, parallel_compilation, identity, compiler: None })
}

/// wasmtime's own account of everything that its code depends on.
pub(super) fn compatibility(engine: &Engine) -> [u8; 32] {
    let mut pieces = Pieces(Vec::with_capacity(4 << 10));
    engine.precompile_compatibility_hash().hash(&mut pieces);
    pieces.digest()
}

/// What `std::hash::Hash` writes, each piece after its length. They are hashed at once: there are hundreds, most of a few bytes.
struct Pieces(Vec<u8>);

impl Pieces {
    fn digest(&self) -> [u8; 32] {
        blake3::derive_key("ovenbird 2026-11 engine compatibility v1", &self.0)
    }
}

impl Hasher for Pieces {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        self.digest().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As keys are made of it: no piece can be taken for the end of the one before it.
    #[test]
    fn pieces_are_hashed_with_their_lengths() {
        let mut pieces = Pieces(Vec::new());
        ("ab", 1_u8).hash(&mut pieces);
        let mut hasher = blake3::Hasher::new_derive_key("ovenbird 2026-11 engine compatibility v1");
        for piece in [&b"ab"[..], &[0xff], &[1]] {
            hasher.update(&(piece.len() as u64).to_le_bytes()).update(piece);
        }
        assert_eq!(pieces.digest(), *hasher.finalize().as_bytes());
    }
}
