//! The compiler's stages after inference, each within what its request may use: typed unit → IR → artifact →
//! native code. Running, looking at and explaining a program all compile through here, so that what one refuses
//! the others refuse as well. Nothing is looked up or stored.

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::budget::{CompileLimit, charges};
use ovenbird_compiler::ir::Module;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::{encode, intermediate_within, plain_within};

use crate::compilation::Compilation;
use crate::engine::Engine;
use crate::error::Error;
use crate::native::Compiled;
use crate::scarce;

/// Typed unit → IR, optimised.
pub(crate) fn intermediate(engine: &Engine, unit: &Unit, compilation: &Compilation) -> Result<Module, Error> {
    compilation.guarded(unit, |guard| intermediate_within(unit, engine.options(), guard))
}

/// Typed unit → IR as it is before the passes.
pub(crate) fn plain(unit: &Unit, compilation: &Compilation) -> Result<Module, Error> {
    compilation.guarded(unit, |guard| plain_within(unit, guard))
}

/// IR → artifact.
pub(crate) fn encoded(unit: &Unit, module: &Module, compilation: &Compilation) -> Result<Artifact, Error> {
    compilation.guarded(unit, |guard| encode::encode_within(module, guard))
}

/// Artifact → native code. Cranelift cannot be stopped, so its work is bounded by the size of what it is given,
/// and it is not even started when time is up.
pub(crate) fn native(
    engine: &Engine,
    unit: &Unit,
    artifact: &Artifact,
    compilation: &Compilation,
) -> Result<Compiled, Error> {
    compilation.guarded(unit, |guard| {
        guard.look()?;
        let bytes = artifact.wasm.len() as u64;
        guard.check(CompileLimit::WasmBytes, bytes)?;
        guard.charge(CompileLimit::Memory, bytes.saturating_mul(charges::WASM_BYTE))
    })?;
    engine.compile_native(&artifact.wasm).map_err(|error| {
        scarce::refused("generated code", None, &error.context("wasmtime refused the generated code"))
    })
}

#[cfg(test)]
mod tests {
    use ovenbird_compiler::budget::CompileBudget;
    use ovenbird_compiler::infer::Request;

    use super::*;
    use crate::limits::LimitKind;
    use crate::program::Source;

    /// The limit at which a stage stopped.
    fn limit<T>(stage: Result<T, Error>) -> CompileLimit {
        match stage.map(drop).expect_err("it stops").limit().expect("a limit").which {
            LimitKind::Compile(which) => which,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_stage_asks_the_clock_and_the_sizes() {
        let engine = Engine::builder().build().expect("an engine");
        let program = engine.compile(&Source::new("a.py", "print(1 + 2)\n")).expect("it parses");
        let checked = program.check(Request::Run).expect("it is right");
        let unit = &checked.units[0];
        let within = |which, amount| Compilation::start(&CompileBudget::default().with(which, amount));
        let enough = Compilation::start(&CompileBudget::default());
        let module = intermediate(&engine, unit, &enough).expect("it fits");
        plain(unit, &enough).expect("it fits");
        let artifact = encoded(unit, &module, &enough).expect("it fits");
        native(&engine, unit, &artifact, &enough).expect("it fits");

        let late = within(CompileLimit::Time, 0);
        assert_eq!(limit(intermediate(&engine, unit, &late)), CompileLimit::Time);
        assert_eq!(limit(plain(unit, &late)), CompileLimit::Time);
        assert_eq!(limit(encoded(unit, &module, &late)), CompileLimit::Time);
        assert_eq!(limit(native(&engine, unit, &artifact, &late)), CompileLimit::Time);
        for which in [
            CompileLimit::Operations,
            CompileLimit::FunctionOperations,
            CompileLimit::Locals,
            CompileLimit::NativeWork,
            CompileLimit::Memory,
        ] {
            assert_eq!(limit(intermediate(&engine, unit, &within(which, 0))), which);
            assert_eq!(limit(plain(unit, &within(which, 0))), which);
        }
        let small = within(CompileLimit::WasmBytes, 1);
        assert_eq!(limit(encoded(unit, &module, &small)), CompileLimit::WasmBytes);
        assert_eq!(limit(native(&engine, unit, &artifact, &small)), CompileLimit::WasmBytes);
        let little = within(CompileLimit::Memory, artifact.wasm.len() as u64);
        assert_eq!(limit(native(&engine, unit, &artifact, &little)), CompileLimit::Memory);
    }
}
