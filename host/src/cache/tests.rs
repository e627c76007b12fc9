//! Tests of the cache as a whole: two levels, real native code, damaged and foreign folders.

use super::*;
use crate::cache::entry::{Kind, Trailer};
use crate::engine_config::{ConfiguredEngine, EngineOptions, new_engine};
use crate::native::{Compiled, Native, precompile};
use key::tests::sample;
use key::wasm_digest;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use wasmtime::Engine;

mod costs;
mod faulty;
mod further;
mod killed;
mod large;
mod orders;
mod owners;
mod small;

/// `(module (func (export "main") (result i32) i32.const N))`, written out.
fn wasm(value: u8) -> Vec<u8> {
    let mut bytes =
        b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x07\x08\x01\x04main\0\0".to_vec();
    bytes.extend_from_slice(&[0x0a, 0x06, 0x01, 0x04, 0x00, 0x41, value, 0x0b]);
    bytes
}

fn call(engine: &Engine, native: &Native) -> i32 {
    let mut store = wasmtime::Store::new(engine, ());
    let instance =
        wasmtime::Instance::new(&mut store, native.module().expect("loads"), &[]).expect("instance");
    let main = instance.get_typed_func::<(), i32>(&mut store, "main").expect("main");
    main.call(&mut store, ()).expect("call")
}

/// A folder with a cache in it that can be opened again and again.
struct Fixture {
    folder: Folder,
    engine: ConfiguredEngine,
    events: Arc<Mutex<Vec<String>>>,
}

enum Folder {
    Own(tempfile::TempDir),
    Other(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Folder::Own(folder) => folder.path(),
            Folder::Other(folder) => folder,
        }
    }
}

impl Fixture {
    fn new() -> Self {
        let engine = new_engine(&EngineOptions::default()).expect("engine");
        Fixture { folder: Folder::Own(tempfile::tempdir().expect("temp")), engine, events: Arc::default() }
    }

    /// The same in another folder, which stays.
    fn at(&self, folder: &Path) -> Self {
        let folder = Folder::Other(folder.to_owned());
        Fixture { folder, engine: self.engine.clone(), events: Arc::default() }
    }

    fn options(&self) -> CacheOptions {
        let events = Arc::clone(&self.events);
        CacheOptions {
            dir: Some(self.folder.path().join("cache")),
            secret_file: Some(self.folder.path().join("config/secret")),
            on_event: Some(Arc::new(move |event| lock(&events).push(event.to_string()))),
            ..CacheOptions::default()
        }
    }

    fn open(&self) -> Cache {
        Cache::open(self.options())
    }

    fn open_as(&self, mode: Mode) -> Cache {
        Cache::open(CacheOptions { mode, ..self.options() })
    }

    fn native_recipe(&self, value: u8) -> L2Recipe {
        L2Recipe {
            label: "cycling.mean".to_owned(),
            wasm: wasm_digest(&wasm(value)),
            engine: Arc::clone(&self.engine.identity),
            metering: "counter".to_owned(),
        }
    }

    fn compile(&self, value: u8) -> Compiled {
        Native::compile(&self.engine.engine, &wasm(value)).expect("compiles")
    }

    fn store_native(&self, cache: &Cache, value: u8) -> PathBuf {
        let recipe = self.native_recipe(value);
        assert!(cache.put_native(&recipe, &self.compile(value), Duration::from_millis(3)));
        cache.shown_path(&native_slot(&recipe))
    }

    fn last_event(&self) -> String {
        lock(&self.events).last().cloned().unwrap_or_default()
    }
}

fn native_slot(recipe: &L2Recipe) -> Slot {
    let (key, engine) = recipe.key_and_engine();
    Slot::Native(engine, key)
}

/// Replaces a read-only entry.
fn overwrite(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).expect("write");
}

#[test]
fn a_second_process_hits_both_levels() {
    let fixture = Fixture::new();
    let first = fixture.open();
    assert_eq!(first.get_artifact(&sample()), Err(MissReason::Cold));
    assert_eq!(fixture.last_event(), "miss: not seen before (cycling.mean, wasm)");
    assert!(first.put_artifact(&sample(), b"artifact", Duration::from_millis(2)));
    assert!(fixture.last_event().starts_with("data saved to '"));
    assert_eq!(
        first.get_native(&fixture.native_recipe(7), &fixture.engine.engine).map(drop),
        Err(MissReason::Cold)
    );
    fixture.store_native(&first, 7);

    let second = fixture.open();
    assert!(fixture.last_event().starts_with("directory '"));
    assert_eq!(second.get_artifact(&sample()), Ok(b"artifact".to_vec()));
    assert!(fixture.last_event().starts_with("data loaded from '"));
    let native = second.get_native(&fixture.native_recipe(7), &fixture.engine.engine).expect("hit");
    assert_eq!(call(&fixture.engine.engine, &native), 7);

    let (first, second) = (first.stats(), second.stats());
    assert_eq!((first.artifact.lookups, first.artifact.misses, first.artifact.stores), (1, 1, 1));
    assert_eq!((second.artifact.hits, second.native.hits, second.native_loads), (1, 1, 1));
    assert_eq!(first.native.reasons.get("cold"), Some(&1));
}

/// Without `*found != code` in `host/src/cache/entry.rs`: bytes that nobody vouches for are handed to wasmtime.
#[test]
fn a_damaged_entry_never_reaches_the_deserialiser() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let path = fixture.store_native(&cache, 7);
    let good = fs::read(&path).expect("read");
    let recipe = fixture.native_recipe(7);
    let miss = |bytes: &[u8]| {
        overwrite(&path, bytes);
        cache.get_native(&recipe, &fixture.engine.engine).map(drop).expect_err("must miss")
    };
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 0x10;
        let reason = miss(&bad);
        assert!(
            matches!(reason, MissReason::Corrupt(_) | MissReason::Untrusted(_)),
            "byte {index}: {reason}"
        );
    }
    for length in 0..good.len() {
        assert!(matches!(miss(&good[..length]), MissReason::Corrupt(_)), "length {length}");
    }
    let stats = cache.stats();
    assert_eq!(stats.native_loads, 0);
    assert_eq!(stats.native.lookups, stats.native.misses);
    assert_eq!(stats.native.reasons.values().sum::<u64>(), stats.native.misses);

    // Storing heals it.
    fixture.store_native(&cache, 7);
    assert!(cache.get_native(&recipe, &fixture.engine.engine).is_ok());
}

#[test]
fn an_entry_under_another_name_or_secret_is_refused() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let (seven, eight) = (fixture.store_native(&cache, 7), fixture.store_native(&cache, 8));
    let bytes = fs::read(&seven).expect("read");
    overwrite(&eight, &bytes);
    let found = cache.get_native(&fixture.native_recipe(8), &fixture.engine.engine);
    assert_eq!(found.map(drop), Err(MissReason::Corrupt("authentication code")));

    let other = Cache::open(CacheOptions { secret: Some(Secret::from_bytes([1; 32])), ..fixture.options() });
    let found = other.get_native(&fixture.native_recipe(7), &fixture.engine.engine);
    assert_eq!(found.map(drop), Err(MissReason::Untrusted("sealed under another secret")));
    assert_eq!(cache.stats().native_loads + other.stats().native_loads, 0);
}

#[test]
fn an_artifact_is_not_taken_for_native_code() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let recipe = fixture.native_recipe(7);
    let slot = native_slot(&recipe);
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let producer = String::new();
    let trailer = Trailer { label: String::new(), fields: Vec::new(), created: 0, made_in_us: 0, producer };
    let sealed = entry::seal(&open.mac, slot.key(), Kind::Artifact, b"bytes", &trailer).expect("small");
    open.store.write(&slot, "f", &sealed).expect("written");
    let found = cache.get_native(&recipe, &fixture.engine.engine);
    assert_eq!(found.map(drop), Err(MissReason::Corrupt("format")));
    assert_eq!(cache.stats().native_loads, 0);
}

/// Without `NO_SYMLINKS` in `host/src/cache/fs.rs`, or `check_file` in `host/src/cache/folder.rs`: a link is
/// followed, and a pipe waited for.
#[test]
fn links_and_pipes_are_not_followed() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let path = fixture.store_native(&cache, 7);
    let moved = fixture.folder.path().join("moved");
    fs::rename(&path, &moved).expect("move");
    std::os::unix::fs::symlink(&moved, &path).expect("link");
    let get = || cache.get_native(&fixture.native_recipe(7), &fixture.engine.engine).map(drop);
    assert_eq!(get(), Err(MissReason::Untrusted("it is a symbolic link")));
    fs::remove_file(&path).expect("remove");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .expect("fifo");
    assert_eq!(get(), Err(MissReason::Untrusted("it is not a regular file")));
}

#[test]
fn a_moved_folder_keeps_its_entries() {
    let fixture = Fixture::new();
    fixture.store_native(&fixture.open(), 7);
    let elsewhere = fixture.folder.path().join("elsewhere");
    fs::rename(fixture.folder.path().join("cache"), &elsewhere).expect("move");
    let moved = Cache::open(fixture.options().dir(elsewhere));
    assert!(moved.get_native(&fixture.native_recipe(7), &fixture.engine.engine).is_ok());
}

#[test]
fn a_miss_says_why_across_processes() {
    let fixture = Fixture::new();
    fixture.open().put_artifact(&sample(), b"artifact", Duration::ZERO);
    let mut recipe = sample();
    recipe.globals[0].value = "20".to_owned();
    recipe.globals[0].digest = key::digest(b"20");
    let cache = fixture.open();
    let reason = cache.get_artifact(&recipe).expect_err("miss");
    assert_eq!(reason.to_string(), "global cycling.N changed: 10 -> 20");
    assert_eq!(fixture.last_event(), "miss: global cycling.N changed: 10 -> 20 (cycling.mean, wasm)");
    assert_eq!(cache.why_artifact(&sample()), None);

    fs::remove_file(cache.shown_path(&Slot::Artifact(sample().key()))).expect("remove");
    assert_eq!(cache.get_artifact(&sample()), Err(MissReason::Evicted));
}

#[test]
fn another_engine_misses_and_says_so() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    fixture.store_native(&cache, 7);
    let mut recipe = fixture.native_recipe(7);
    let old = recipe.engine.wasmtime.clone();
    Arc::make_mut(&mut recipe.engine).wasmtime = "48.0.99".to_owned();
    let reason = cache.get_native(&recipe, &fixture.engine.engine).map(drop).expect_err("miss");
    assert_eq!(reason.to_string(), format!("engine changed: wasmtime: {old} -> 48.0.99"));
    assert_eq!(cache.stats().native_loads, 0);
}

#[test]
fn code_of_another_engine_is_refused_even_under_the_right_key() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    fixture.store_native(&cache, 7);
    let default = Engine::new(&wasmtime::Config::new()).expect("engine");
    let found = cache.get_native(&fixture.native_recipe(7), &default);
    assert!(matches!(found.map(drop), Err(MissReason::Refused(_))));
}

#[test]
fn modes() {
    let fixture = Fixture::new();
    assert!(!fixture.open_as(Mode::ReadOnly).is_on(), "nothing to read yet, and nothing is made");
    assert!(!fixture.folder.path().join("cache").exists());
    fixture.store_native(&fixture.open(), 7);

    let read_only = fixture.open_as(Mode::ReadOnly);
    assert!(read_only.get_native(&fixture.native_recipe(7), &fixture.engine.engine).is_ok());
    assert!(!read_only.put_artifact(&sample(), b"artifact", Duration::ZERO));
    assert_eq!(read_only.get_artifact(&sample()), Err(MissReason::Cold));

    let off = Cache::disabled();
    assert_eq!(off.get_artifact(&sample()), Err(MissReason::Off));
    assert!(!off.put_artifact(&sample(), b"artifact", Duration::ZERO));
    assert_eq!((off.stats().artifact.lookups, off.stats().artifact.bypasses), (1, 1));
    assert_eq!(off.problem(), None);
}

#[test]
fn verifying_finds_a_wrong_entry() {
    let fixture = Fixture::new();
    fixture.open().put_artifact(&sample(), b"wrong", Duration::ZERO);
    let verify = fixture.open_as(Mode::Verify);
    assert_eq!(verify.get_artifact(&sample()), Err(MissReason::Verifying));
    assert!(verify.put_artifact(&sample(), b"right", Duration::ZERO));
    assert_eq!(verify.stats().inconsistent, 1);
    assert_eq!(fixture.open().get_artifact(&sample()), Ok(b"right".to_vec()));
    assert_eq!(verify.get_artifact(&sample()), Err(MissReason::Verifying));
    assert!(verify.put_artifact(&sample(), b"right", Duration::ZERO));
    assert_eq!(verify.stats().inconsistent, 1);
}

#[test]
fn a_cache_that_cannot_be_used_is_off_with_a_reason() {
    let fixture = Fixture::new();
    let problem =
        |options: CacheOptions| Cache::open(options).problem().map(str::to_owned).unwrap_or_default();
    for (home, said) in
        [(None, "HOME is not set"), (Some(""), "HOME is empty"), (Some("here"), "HOME is `here`, ")]
    {
        let options =
            CacheOptions::from_lookup(&|name| home.filter(|_| name == "HOME").map(std::ffi::OsString::from));
        let why = problem(options.clone());
        assert!(why.starts_with(&format!("no secret to protect it: {said}")), "{why}");
        let why = problem(CacheOptions { secret: Some(Secret::from_bytes([1; 32])), ..options });
        assert!(
            why.starts_with(&format!("no folder for it: OVENBIRD_CACHE_DIR is not set, and {said}")),
            "{why}"
        );
    }
    // Whoever names nothing has not been looked up.
    let secret = Some(Secret::from_bytes([1; 32]));
    for options in [CacheOptions::default(), CacheOptions { secret, ..CacheOptions::default() }] {
        let why = problem(options);
        assert!(why.ends_with(" is named") && !why.contains("HOME"), "{why}");
    }

    let unknown = CacheOptions::from_lookup(&|name| (name == "OVENBIRD_CACHE").then(|| "maybe".into()));
    assert!(Cache::open(unknown).problem().is_some_and(|why| why.contains("maybe")));

    fixture.open();
    let root = fixture.folder.path().join("cache");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("chmod");
    let open_to_all = fixture.open();
    assert!(open_to_all.problem().is_some_and(|why| why.contains("other users can write")));
    assert_eq!(open_to_all.get_artifact(&sample()), Err(MissReason::Off));
}

#[test]
fn a_lost_secret_costs_only_time() {
    let fixture = Fixture::new();
    fixture.store_native(&fixture.open(), 7);
    fs::remove_file(fixture.folder.path().join("config/secret")).expect("remove");
    let cache = fixture.open();
    let found = cache.get_native(&fixture.native_recipe(7), &fixture.engine.engine);
    assert_eq!(found.map(drop), Err(MissReason::Untrusted("sealed under another secret")));
    fixture.store_native(&cache, 7);
    assert!(cache.get_native(&fixture.native_recipe(7), &fixture.engine.engine).is_ok());
}

/// Without `Diagnostics` in `host/src/cache/sweep.rs`: what once failed fails for ever.
#[test]
fn diagnostics_are_forgotten_after_a_week() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let recipe = key::L0Recipe {
        label: "m (diagnostics)".to_owned(),
        name: "m.py".to_owned(),
        text: [1; 32],
        request: "run".to_owned(),
        arguments: Vec::new(),
        globals: Vec::new(),
        surroundings: Arc::new(key::Surroundings {
            options: Vec::new(),
            library_fingerprint: [2; 32],
            host_abi_version: 1,
            import_table: [3; 32],
            build: key::Build::Whole([4; 32]),
        }),
    };
    let slot = Slot::Diagnostics(recipe.key().of_diagnostics());
    let stored = |age: i64| {
        let created = now().saturating_add_signed(-age);
        let (label, producer) = (String::new(), String::new());
        let trailer = Trailer { label, fields: Vec::new(), created, made_in_us: 0, producer };
        let sealed =
            entry::seal(&open.mac, slot.key(), Kind::Diagnostics, b"error", &trailer).expect("small");
        open.store.write(&slot, "f", &sealed).expect("written");
        cache.get_diagnostics(&recipe).ok()
    };
    assert_eq!(cache.get_diagnostics(&recipe), Err(MissReason::Cold));
    assert_eq!(stored(0), Some(b"error".to_vec()));
    assert_eq!(stored(7 * 24 * 3600 - 60), Some(b"error".to_vec()));
    assert_eq!(stored(7 * 24 * 3600 + 60), None);
    assert_eq!(stored(-3600), None, "from a clock that was wrong");
    let stats = cache.stats().diagnostics;
    assert_eq!((stats.lookups, stats.hits, stats.misses), (5, 2, 3));
}

#[test]
fn a_damaged_entry_goes_to_quarantine_and_is_made_again() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let path = fixture.store_native(&cache, 7);
    let quarantine = fixture.folder.path().join("cache/v1/quarantine");
    overwrite(&path, b"damaged");
    let recipe = fixture.native_recipe(7);
    let (reason, claim) = cache.native_or_claim(&recipe, &fixture.engine.engine).map(drop).expect_err("miss");
    assert_eq!(*reason.reason(), MissReason::Corrupt("length"));
    assert!(!path.exists());
    assert_eq!(fs::read_dir(&quarantine).expect("there").count(), 1);
    fixture.store_native(&cache, 7);
    drop(claim);
    assert!(cache.native_or_claim(&recipe, &fixture.engine.engine).is_ok());
}

#[test]
fn a_folder_that_leads_elsewhere_is_not_followed() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    let elsewhere = tempfile::tempdir().expect("temp");
    // As somebody could prepare it who gives us a program with its cache folder.
    let path = cache.shown_path(&native_slot(&fixture.native_recipe(7)));
    let shard = path.parent().expect("a shard");
    let level = shard.parent().expect("a folder");
    let target = elsewhere.path().join(shard.file_name().expect("a name"));
    fs::create_dir_all(&target).expect("made");
    fs::create_dir_all(level.parent().expect("a folder")).expect("made");
    std::os::unix::fs::symlink(elsewhere.path(), level).expect("link");
    assert!(!cache.put_native(&fixture.native_recipe(7), &fixture.compile(7), Duration::ZERO));
    assert_eq!(fs::read_dir(&target).expect("list").count(), 0);
    cache.clear();
    assert!(elsewhere.path().exists());
}

#[test]
fn listing_and_clearing() {
    let fixture = Fixture::new();
    let cache = fixture.open();
    cache.put_artifact(&sample(), b"artifact", Duration::from_micros(1500));
    let native = fixture.store_native(&cache, 7);
    let listed = cache.list();
    assert_eq!(listed.len(), 2);
    let artifact = &listed[0];
    assert_eq!((artifact.kind, artifact.label.as_str()), (Kind::Artifact, "cycling.mean"));
    assert_eq!((artifact.made_in_us, &artifact.verified), (Some(1500), &Ok(())));
    assert!(artifact.inputs.contains(&("cycling.N".to_owned(), "10".to_owned())));

    overwrite(&native, b"damaged");
    let damaged = cache.list().into_iter().find(|entry| entry.kind == Kind::Native).expect("still listed");
    assert_eq!(damaged.verified, Err(MissReason::Corrupt("length")));

    assert_eq!(cache.clear(), 2);
    assert!(cache.list().is_empty());
    assert_eq!(cache.get_artifact(&sample()), Err(MissReason::Cold));
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let fixture = Fixture::new();
    let elf = |compiled: Compiled| compiled.elf().expect("an image");
    let bytes = elf(fixture.compile(7));
    assert!(bytes == elf(fixture.compile(7)));
    let other = new_engine(&EngineOptions { parallel_compilation: false, ..EngineOptions::default() });
    let other = Native::compile(&other.expect("engine").engine, &wasm(7)).expect("compiles");
    assert!(bytes == elf(other));
    // What is mapped is what a code generator that loads nothing writes, and stays so when it has run.
    let compiled = fixture.compile(7);
    assert!(bytes == precompile(&fixture.engine.engine, &wasm(7)).expect("compiles"));
    assert_eq!(call(&fixture.engine.engine, compiled.native()), 7);
    assert!(bytes == elf(compiled));
}

/// Prints the cost of a warm start; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn measure_a_warm_start() {
    let fixture = Fixture::new();
    let cache = Cache::open(CacheOptions { on_event: None, ..fixture.options() });
    cache.put_artifact(&sample(), &[1; 8192], Duration::ZERO);
    let path = fixture.store_native(&cache, 7);
    println!("native entry: {} bytes", fs::metadata(&path).expect("exists").len());
    let best = |name: &str, run: &mut dyn FnMut()| {
        let times: Vec<Duration> = (0..200)
            .map(|_| {
                let start = std::time::Instant::now();
                run();
                start.elapsed()
            })
            .collect();
        let mut sorted = times.clone();
        sorted.sort();
        println!("{name}: first {:?}, median {:?}", times[0], sorted[100]);
    };
    let recipe = fixture.native_recipe(7);
    best("open", &mut || drop(Cache::open(CacheOptions { on_event: None, ..fixture.options() })));
    best("level-1 key", &mut || drop(sample().key().to_string()));
    best("level-2 key", &mut || drop(recipe.key().to_string()));
    let mut number = 0_u8;
    best("level-1 claim and store", &mut || {
        let mut other = sample();
        number = number.wrapping_add(1);
        other.typed_program = key::digest(&[number]);
        other.label = format!("m.f{number}");
        let (_, claim) = cache.artifact_or_claim(&other).expect_err("miss");
        assert!(cache.put_artifact(&other, &[1; 8192], Duration::ZERO));
        drop(claim);
    });
    best("level-1 hit", &mut || drop(cache.get_artifact(&sample()).expect("hit")));
    best("level-2 hit", &mut || drop(cache.get_native(&recipe, &fixture.engine.engine).expect("hit")));
    let mut cold = sample();
    cold.label = "nobody".to_owned();
    cold.typed_program[0] ^= 1;
    best("level-1 miss, cold", &mut || drop(cache.get_artifact(&cold).expect_err("miss")));
    cold.label = sample().label;
    best("level-1 miss, explained", &mut || drop(cache.get_artifact(&cold).expect_err("miss")));
    best("engine", &mut || drop(new_engine(&EngineOptions::default())));
}
