//! CPU levels: what is made for one, which one is taken, and what is never loaded.

use ovenbird::bundle;
use ovenbird::cache::Mode;
use ovenbird::engine_config::{EngineOptions, level_compiler, new_engine};
use ovenbird::levels::code_info::CodeInfo;
use ovenbird::levels::{HostCpu, Level};

use crate::{Machine, build, describe, key, project, reasons, request, run, run_source, trust};

/// The smallest module.
const WASM: &[u8] = b"\0asm\x01\0\0\0";

const X86_64: [Level; 3] = [Level::X86_64V2, Level::X86_64V3, Level::X86_64V4];

fn code(level: Level) -> Vec<u8> {
    let engine = level_compiler(&EngineOptions::default(), level).expect("every level can be compiled for");
    engine.engine.precompile_module(WASM).expect("compiled")
}

/// Imports the script for these levels on a machine.
fn import(machine: &Machine, levels: &[Level]) {
    let bytes = build(&project(), &request(levels), &[&key()]);
    let imported = bundle::import(&machine.cache(), bytes, &trust()).expect("trusted");
    assert_eq!(imported.refused, []);
}

#[test]
fn the_code_of_a_level_names_exactly_its_features_whatever_this_machine_has() {
    for level in Level::ALL {
        let info = CodeInfo::read(&code(level)).expect("native code");
        assert_eq!(info.target, level.triple());
        assert_eq!(info.features, level.features(), "{level}");
    }
    let own = new_engine(&EngineOptions::default()).expect("the engine can be made").engine;
    let own = CodeInfo::read(&own.precompile_module(WASM).expect("compiled")).expect("native code");
    assert!(own.features.len() >= HostCpu::detect().levels().first().map_or(0, |best| best.features().len()));
}

#[test]
fn the_code_of_a_level_is_the_same_on_machines_with_more_and_with_less() {
    for level in HostCpu::detect().levels() {
        let masked = EngineOptions { level: Some(level), ..EngineOptions::default() };
        let masked = level_compiler(&masked, Level::X86_64V2).expect("the engine can be made").engine;
        assert_eq!(masked.precompile_module(WASM).expect("compiled"), code(Level::X86_64V2));
    }
}

#[test]
fn code_for_arm_is_made_on_any_machine_and_says_so() {
    let bytes = build(&project(), &request(&[Level::Aarch64, Level::Aarch64V82]), &[&key()]);
    let described = describe(&bytes);
    assert!(!described.natives.is_empty());
    for native in &described.natives {
        assert_eq!(native.target, "aarch64-unknown-linux-gnu");
        let level = Level::parse(&native.level).expect("a level");
        assert_eq!(native.features, level.features());
    }
    assert!(described.to_string().contains("aarch64-v8.2  aarch64-unknown-linux-gnu"), "{described}");
}

#[test]
fn every_level_has_an_engine_id_of_its_own() {
    let described = describe(&build(&project(), &request(&Level::ALL), &[&key()]));
    let mut engines: Vec<&str> = described.natives.iter().map(|native| native.engine.as_str()).collect();
    engines.sort_unstable();
    engines.dedup();
    assert_eq!(engines.len(), Level::ALL.len());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_machine_of_level_v2_loads_v2_and_nothing_higher_reaches_the_loader() {
    let machine = Machine::of_level(Level::X86_64V2);
    import(&machine, &X86_64);
    let engine = machine.engine();
    let (printed, units) = run_source(&engine, crate::SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0), "{units:?}");
    assert_eq!(engine.cache().stats().native_loads, units.len() as u64);

    let higher = Machine::of_level(Level::X86_64V2);
    import(&higher, &[Level::X86_64V3, Level::X86_64V4]);
    let engine = higher.engine();
    let (printed, units) = run_source(&engine, crate::SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!(engine.compiles(), 0, "the wasm is there");
    assert_eq!(engine.native_compiles(), units.len() as u64);
    assert_eq!(engine.cache().stats().native_loads, 0, "no code of a higher level was loaded");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_that_needs_a_missing_feature_is_a_miss_that_names_it() {
    let machine = Machine::of_level(Level::X86_64V2);
    import(&machine, &[Level::X86_64V3, Level::Aarch64]);
    let engine = machine.engine();
    let (_, units) = run_source(&engine, crate::SCRIPT);
    for reason in reasons(&units) {
        assert_eq!(reason, "this CPU lacks has_avx");
    }
    let stats = engine.cache().stats().native;
    assert_eq!(stats.reasons.get("isa_unsupported"), Some(&(units.len() as u64)));
    assert_eq!(stats.lookups, stats.hits + stats.misses);

    let bytes = build(&project(), &request(&[Level::X86_64V3, Level::Aarch64]), &[&key()]);
    let engine = Machine::of_level(Level::X86_64V2).engine();
    let (_, units) = run(&engine.load_bundle(bytes, &trust()).expect("trusted"));
    assert_eq!(reasons(&units), vec!["this CPU lacks has_avx"; units.len()]);
    assert_eq!(engine.cache().stats().native_loads, 0);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_best_level_is_taken_and_exact_code_before_it() {
    let levels = HostCpu::detect().levels();
    let machine = Machine::new();
    import(&machine, &levels);
    let loaded = || {
        let paths = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&paths);
        let options = ovenbird::CacheOptions {
            dir: Some(machine.folder.path().join("cache")),
            secret: Some(ovenbird::cache::Secret::from_bytes([9; 32])),
            on_event: Some(std::sync::Arc::new(move |event| {
                if let ovenbird::cache::Event::Loaded { path, .. } = event {
                    seen.lock().expect("no panic").push(path.display().to_string());
                }
            })),
            ..ovenbird::CacheOptions::default()
        };
        let engine = ovenbird::Engine::builder().cache(ovenbird::Cache::open(options)).build().expect("made");
        run_source(&engine, crate::SCRIPT);
        assert_eq!(engine.native_compiles(), 0);
        paths
            .lock()
            .expect("no panic")
            .iter()
            .filter(|path| path.ends_with(".cwasm"))
            .cloned()
            .collect::<Vec<_>>()
    };
    let described = describe(&build(&project(), &request(&levels), &[&key()]));
    let best = described.natives.iter().find(|native| native.level == levels[0].name()).expect("it is there");
    let paths = loaded();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.contains(&best.engine)), "{paths:?}");

    // Code for exactly this CPU, from a bundle that has it.
    let mut exact = request(&[]);
    exact.targets.push(bundle::Target::Native);
    let bytes = build(&project(), &exact, &[&key()]);
    let own = describe(&bytes).natives[0].engine.clone();
    bundle::import(&machine.cache(), bytes, &trust()).expect("trusted");
    let paths = loaded();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.contains(&own)), "{paths:?}");
}

/// Without `open.folders()` in `look_for_level` in `host/src/cache/transfer.rs`: an image for several kinds of CPU is
/// compiled again.
#[test]
#[cfg(target_arch = "x86_64")]
fn code_of_a_level_is_found_in_a_further_folder_and_checked_there() {
    let image = Machine::of_level(Level::X86_64V2);
    import(&image, &[Level::X86_64V2, Level::X86_64V3]);
    let reading = |image: &Machine| {
        let read_also = vec![image.folder.path().join("cache")];
        Machine { read_also, ..Machine::of_level(Level::X86_64V2) }
    };
    let machine = reading(&image);
    let engine = machine.engine();
    let (printed, units) = run_source(&engine, crate::SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0), "{units:?}");
    assert_eq!(
        engine.cache().stats().native_loads,
        units.len() as u64,
        "nothing of a higher level was loaded"
    );

    // Only what this machine cannot run.
    let image = Machine::of_level(Level::X86_64V2);
    import(&image, &[Level::X86_64V3]);
    let machine = reading(&image);
    let engine = machine.engine();
    let (_, units) = run_source(&engine, crate::SCRIPT);
    assert_eq!(reasons(&units), vec!["this CPU lacks has_avx"; units.len()]);
    assert_eq!((engine.compiles(), engine.cache().stats().native_loads), (0, 0));
}

/// Without `verifies` in `look_for_level` in `host/src/cache/transfer.rs`: the code of the level is used as it is.
#[test]
#[cfg(target_arch = "x86_64")]
fn who_verifies_uses_no_code_of_a_level() {
    let machine = Machine::of_level(Level::X86_64V2);
    import(&machine, &[Level::X86_64V2, Level::X86_64V3]);
    let units = run_source(&machine.engine(), crate::SCRIPT).1.len() as u64;
    // Before the code for exactly this CPU is there, and when it is.
    for _ in 0..2 {
        let engine = machine.engine_with(machine.cache_in(Mode::Verify));
        assert_eq!(run_source(&engine, crate::SCRIPT).0, "6 1.5\n");
        assert_eq!((engine.compiles(), engine.native_compiles()), (units, units));
        let stats = engine.cache().stats();
        assert_eq!((stats.native_loads, stats.inconsistent), (0, 0));
    }
}

#[test]
fn a_machine_cannot_pretend_to_be_more_than_it_is() {
    let other = if cfg!(target_arch = "x86_64") { Level::Aarch64 } else { Level::X86_64V2 };
    let options = EngineOptions { level: Some(other), ..EngineOptions::default() };
    assert!(ovenbird::Engine::builder().native(options).build().is_err());
}
