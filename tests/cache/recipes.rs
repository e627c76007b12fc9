//! What cannot be changed from outside, by recipe: the cache is asked as the host asks it.

use std::sync::Arc;
use std::time::Duration;

use ovenbird::Cache;
use ovenbird::cache::key::{self, Build, L1Recipe, L2Recipe, Surroundings};
use ovenbird::engine_config::{EngineIdentity, EngineOptions, new_engine};
use ovenbird::native::Native;
use ovenbird_tests::project::Project;

fn l1() -> L1Recipe {
    L1Recipe {
        label: "main.f".to_owned(),
        typed_program: key::digest(b"program"),
        functions: Vec::new().into(),
        globals: Vec::new(),
        host_functions: Vec::new(),
        schemas: Vec::new(),
        arguments: vec!["int".to_owned()],
        surroundings: Arc::new(Surroundings {
            options: Vec::new(),
            library_fingerprint: key::digest(b"library"),
            host_abi_version: 1,
            import_table: key::import_table_digest(),
            build: Build::Compiler(key::compiler_fingerprint()),
        }),
    }
}

fn around(recipe: &mut L1Recipe) -> &mut Surroundings {
    Arc::make_mut(&mut recipe.surroundings)
}

fn l1_miss(change: impl FnOnce(&mut L1Recipe)) -> String {
    let project = Project::new(&[]);
    let cache = Cache::open(project.cache_options());
    assert!(cache.put_artifact(&l1(), b"artifact", Duration::ZERO));
    let mut changed = l1();
    assert_eq!(cache.get_artifact(&changed), Ok(b"artifact".to_vec()));
    change(&mut changed);
    cache.get_artifact(&changed).expect_err("a miss").to_string()
}

#[test]
fn another_build_of_the_compiler_is_a_miss() {
    assert_eq!(
        l1_miss(|r| around(r).build = Build::Compiler([1; 32])),
        "made by another build of the compiler"
    );
    assert_eq!(l1_miss(|r| around(r).host_abi_version += 1), "made by another build of the compiler");
    assert_eq!(l1_miss(|r| around(r).import_table[0] ^= 1), "made by another build of the compiler");
}

#[test]
fn another_library_is_a_miss() {
    assert_eq!(l1_miss(|r| around(r).library_fingerprint[0] ^= 1), "made with another standard library");
}

/// The reason for which native code stored for this machine's engine is not used for another one.
fn l2_miss(change: impl FnOnce(&mut EngineIdentity)) -> String {
    let project = Project::new(&[]);
    let cache = Cache::open(project.cache_options());
    let configured = new_engine(&EngineOptions::default()).expect("the engine can be made");
    let wasm = wasm_encoder::Module::new().finish();
    let mut recipe = L2Recipe {
        label: "main.f".to_owned(),
        wasm: key::wasm_digest(&wasm),
        engine: Arc::clone(&configured.identity),
        metering: "slices".to_owned(),
    };
    let compiled = Native::compile(&configured.engine, &wasm).expect("an empty module compiles");
    assert!(cache.put_native(&recipe, &compiled, Duration::ZERO));
    assert!(cache.get_native(&recipe, &configured.engine).is_ok());
    change(Arc::make_mut(&mut recipe.engine));
    match cache.get_native(&recipe, &configured.engine) {
        Ok(_) => panic!("a hit"),
        Err(reason) => reason.to_string(),
    }
}

/// Without `wasmtime` in `EngineIdentity` in `host/src/engine_config.rs`: code of an engine that had a hole is still
/// used.
#[test]
fn another_engine_version_is_a_miss() {
    let why = l2_miss(|engine| engine.wasmtime = "99.0.1".to_owned());
    assert!(why.starts_with("engine changed: wasmtime: ") && why.ends_with(" -> 99.0.1"), "{why}");
    let why = l2_miss(|engine| engine.codegen.push('x'));
    assert!(why.starts_with("engine changed: code generation"), "{why}");
    assert!(l2_miss(|engine| engine.compatibility[0] ^= 1).starts_with("engine changed"));
}

#[test]
fn another_cpu_is_a_miss() {
    let mut name = "";
    let why = l2_miss(|engine| {
        let feature = engine.cpu.first_mut().expect("this CPU has features");
        feature.1 = !feature.1;
        name = feature.0;
    });
    assert!(why.starts_with("made for another CPU: ") && why.contains(name), "{why}");
}
