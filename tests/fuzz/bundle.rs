//! Bundles and records of a remote that anybody can make: whatever the bytes, nothing panics, no native code of them
//! is loaded, and what runs does so in the sandbox. (Bytes that a trusted key signed are in
//! `host/src/bundle/tests.rs`.)

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ovenbird::bundle::{self, BuildRequest, SecretKey, Target};
use ovenbird::cache::Secret;
use ovenbird::levels::code_info::CodeInfo;
use ovenbird::remote::{RemoteError, RemoteOptions, RemoteSource};
use ovenbird::{Cache, CacheOptions, Engine, Trust};
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::Entry;

use crate::{HELPERS, MAIN, PRINTED, entries, limited, project, run};

/// Uses unsigned wasm, and nobody's native code.
fn lenient() -> Trust {
    Trust::nobody().unsigned_wasm(true)
}

/// Bundles of the script, without native code and with some.
fn seeds(project: &Project) -> Vec<Vec<u8>> {
    let engine = Engine::builder().build().expect("an engine");
    let program = project.program(&engine, "main.py");
    let build = |targets: Vec<Target>| {
        let request = BuildRequest { body: true, targets, ..BuildRequest::default() };
        bundle::build(&program, &request, &[]).expect("built")
    };
    vec![build(Vec::new()), build(vec![Target::Native])]
}

#[test]
fn a_bundle_of_any_bytes_is_refused_or_runs_in_the_sandbox() {
    let project = project();
    fuzz(150, &seeds(&project), |bytes| {
        let _ = bundle::describe(bytes, &Trust::nobody());
        let engine = Engine::builder().build().expect("an engine");
        if let Ok(loaded) = engine.load_bundle(bytes.to_vec(), &lenient()) {
            loaded.run(&limited(&project), ovenbird::Output::Capture(Vec::new()));
        }
        assert_eq!(engine.cache().stats().native_loads, 0);
    });
}

#[test]
fn an_import_of_any_bytes_leaves_a_cache_that_works() {
    let project = project();
    let options = CacheOptions {
        dir: Some(project.path("../imported")),
        secret: Some(Secret::from_bytes([3; 32])),
        ..CacheOptions::default()
    };
    fuzz(40, &seeds(&project), |bytes| {
        let cache = Cache::open(options.clone());
        let _ = bundle::import(&cache, bytes.to_vec(), &lenient());
        assert!(cache.list().iter().all(|entry| entry.verified.is_ok()));
        let engine = Engine::builder().cache(cache.clone()).build().expect("an engine");
        run(&project, &engine);
        cache.clear();
    });
}

#[test]
fn native_code_of_any_bytes_says_what_it_is_for_or_is_refused() {
    let project = project();
    let code: Vec<Vec<u8>> =
        entries(&project, "native").iter().map(|path| Entry::read(path).payload).collect();
    // The part that says it, at the end of the image, and all of it.
    let ends: Vec<Vec<u8>> = code.iter().map(|elf| elf[elf.len().saturating_sub(4096)..].to_vec()).collect();
    let start = code[0].len() - ends[0].len();
    fuzz(4000, &code, |elf| drop(CodeInfo::read(elf)));
    fuzz(4000, &ends, |end| drop(CodeInfo::read(&[&code[0][..start], end].concat())));
}

/// A remote in memory.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<String, Vec<u8>>>);

impl RemoteSource for Shelf {
    fn get(&self, path: &str, limit: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        let found = self.0.lock().expect("no panic").get(path).cloned();
        Ok(found.filter(|bytes| bytes.len() <= limit))
    }

    fn put(&self, path: &str, bytes: &[u8], _: Duration) -> Result<(), RemoteError> {
        self.0.lock().expect("no panic").insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn name(&self) -> String {
        "a shelf".to_owned()
    }
}

#[test]
fn a_remote_that_answers_any_bytes_changes_no_result() {
    let project = Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS)]);
    let key = SecretKey::from_bytes([1; 32]);
    let wait = Some(Duration::from_secs(20));
    let shelf = Arc::new(Shelf::default());
    let options = |write, trust| RemoteOptions {
        write,
        wait,
        ..RemoteOptions::read_only(Arc::clone(&shelf) as Arc<dyn RemoteSource>, trust)
    };
    let engine = |options, number: u64| {
        let dir = Some(project.path(&format!("../machine-{number}")));
        let secret = Some(Secret::from_bytes([3; 32]));
        let cache = Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() });
        Engine::builder().cache(cache).remote(options).build().expect("an engine")
    };
    let writer = engine(options(Some(key.clone()), Trust::nobody()), 0);
    assert_eq!(run(&project, &writer).as_deref(), Some(PRINTED));
    assert!(writer.remote().is_some_and(|remote| remote.settle(Duration::from_secs(60))));
    let good = shelf.0.lock().expect("no panic").clone();
    assert!(good.len() >= 6);
    let trust = Trust::nobody().key(key.public(), "test");
    let mut number = 0;
    for path in good.keys() {
        fuzz(6, std::slice::from_ref(&good[path]), |bytes| {
            shelf.0.lock().expect("no panic").clone_from(&good);
            shelf.0.lock().expect("no panic").insert(path.clone(), bytes.to_vec());
            number += 1;
            let reader = engine(options(None, trust.clone()), number);
            assert_eq!(run(&project, &reader).as_deref(), Some(PRINTED), "{path}");
            assert!(reader.remote().is_some_and(|remote| remote.settle(Duration::from_secs(60))));
            reader.cache().clear();
        });
    }
}
