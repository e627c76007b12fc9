//! Further folders: what asking them costs, what goes wrong there, and which of several places gives an entry.

use rustix::io::Errno;

use super::faulty::{ERRORS, OPERATIONS, session_with};
use super::large::stored;
use super::*;
use crate::cache::faults::{self, Plan, counted};
use crate::cache::open::Loadable;

/// Asking a folder for what it does not have: one attempt to open it.
const ABSENT: usize = 1;
/// Opened, looked at, read.
const HIT: usize = 3;
/// Two folders, opened and looked at.
const OPENED: usize = 4;

/// Two fixtures: one whose folder is filled and read, and one that reads it and has the same secret.
pub(super) fn image_and_own() -> (Fixture, Fixture) {
    let (image, own) = (Fixture::new(), Fixture::new());
    let cache = image.open();
    assert!(cache.put_artifact(&sample(), b"the artifact", Duration::ZERO));
    image.store_native(&cache, 7);
    fs::create_dir_all(own.folder.path().join("config")).expect("a folder");
    let secret = |fixture: &Fixture| fixture.folder.path().join("config/secret");
    fs::copy(secret(&image), secret(&own)).expect("copied with its mode");
    (image, own)
}

pub(super) fn reading(own: &Fixture, images: &[&Fixture]) -> CacheOptions {
    let read_also = images.iter().map(|image| image.folder.path().join("cache")).collect();
    CacheOptions { read_also, ..own.options() }
}

/// Everything about the files of a folder that a process could change.
fn everything(fixture: &Fixture) -> Vec<(PathBuf, u32, std::time::SystemTime, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![fixture.folder.path().join("cache")]);
    while let Some(folder) = folders.pop() {
        let metadata = fs::metadata(&folder).expect("there");
        let time = metadata.modified().expect("a time");
        found.push((folder.clone(), metadata.permissions().mode(), time, Vec::new()));
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let metadata = fs::metadata(&entry).expect("there");
            let (mode, time) = (metadata.permissions().mode(), metadata.modified().expect("a time"));
            let bytes = fs::read(&entry).expect("read");
            found.push((entry, mode, time, bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_is_asked_only_for_what_the_cache_does_not_have_itself() {
    let (image, own) = image_and_own();
    let quiet = |options| Cache::open(CacheOptions { on_event: None, ..options });
    let look = |cache: &Cache| counted(|| cache.get_artifact(&sample()).is_ok());
    let opening = |images: &[&Fixture]| counted(|| drop(quiet(reading(&own, images)))).1;
    quiet(own.options()).flush();

    assert_eq!(opening(&[&image]), opening(&[]) + OPENED);
    assert_eq!(look(&quiet(reading(&own, &[&image]))), (true, ABSENT + HIT));
    assert_eq!(look(&quiet(reading(&own, &[&image, &image]))), (true, ABSENT + HIT), "the first that has it");
    let empty = Fixture::new();
    empty.open();
    assert_eq!(look(&quiet(reading(&own, &[&empty, &image]))), (true, 2 * ABSENT + HIT));

    assert!(quiet(own.options()).put_artifact(&sample(), b"the artifact", Duration::ZERO));
    assert_eq!(look(&quiet(own.options())), (true, HIT));
    assert_eq!(look(&quiet(reading(&own, &[&image]))), (true, HIT), "no operation more");
}

#[test]
fn a_miss_asks_each_folder_once() {
    let (image, own) = image_and_own();
    let cache = Cache::open(CacheOptions { on_event: None, ..own.options() });
    let further = Cache::open(CacheOptions { on_event: None, ..reading(&own, &[&image]) });
    let engine = &own.engine.engine;
    let miss = |cache: &Cache| counted(|| cache.native_or_claim(&own.native_recipe(9), engine).is_err());
    // The file of the turns is there from then on.
    drop(cache.native_or_claim(&own.native_recipe(8), engine).expect_err("a miss"));
    drop(further.native_or_claim(&own.native_recipe(8), engine).expect_err("a miss"));
    let (missed, alone) = miss(&cache);
    assert!(missed);
    assert_eq!(miss(&further), (true, alone + ABSENT));
}

/// Without a look at the next after `Err(next)` in `first` in `host/src/cache/found.rs`: one bad folder hides the next.
#[test]
fn what_the_engine_refuses_in_one_folder_is_taken_from_the_next() {
    let (image, own) = image_and_own();
    let (recipe, broken) = (own.native_recipe(7), Fixture::new());
    let at = broken.at(broken.folder.path());
    fs::create_dir_all(at.folder.path().join("config")).expect("a folder");
    fs::copy(own.folder.path().join("config/secret"), at.folder.path().join("config/secret"))
        .expect("copied");
    let cache = at.open();
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let producer = String::new();
    let trailer = Trailer { label: String::new(), fields: Vec::new(), created: 0, made_in_us: 0, producer };
    let slot = native_slot(&recipe);
    let sealed = entry::seal(&open.mac, slot.key(), Kind::Native, b"no code", &trailer).expect("small");
    open.store.write(&slot, "f", &sealed).expect("written");
    let before = everything(&at);

    let refused = Cache::open(reading(&own, &[&at])).get_native(&recipe, &own.engine.engine);
    assert!(matches!(refused.map(drop), Err(MissReason::Refused(_))));
    let cache = Cache::open(reading(&own, &[&at, &image]));
    let native = cache.get_native(&recipe, &own.engine.engine).expect("the second has it");
    assert_eq!(call(&own.engine.engine, &native), 7);
    let used = image.folder.path().join("cache");
    assert!(own.last_event().contains(&used.display().to_string()), "{}", own.last_event());
    assert_eq!(everything(&at), before);
}

#[test]
fn large_code_is_sealed_and_verified_also_from_there() {
    let large = stored(5 << 20);
    let own = Fixture::new();
    let secret_file = Some(large.fixture.folder.path().join("config/secret"));
    let options = CacheOptions { secret_file, ..reading(&own, &[&large.fixture]) };
    let cache = Cache::open(options);
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let slot = native_slot(&large.recipe);
    let read = open.first(&slot, |place| open.read_native(place, &slot));
    assert!(matches!(read.map(|found| found.value), Ok(Loadable::Sealed(_))));
    let native = cache.get_native(&large.recipe, &own.engine.engine).expect("hit");
    assert_eq!(call(&own.engine.engine, &native), 5);
    let mut bytes = fs::read(&large.path).expect("read");
    bytes[1 << 20] ^= 1;
    overwrite(&large.path, &bytes);
    let found = cache.get_native(&large.recipe, &own.engine.engine);
    assert_eq!(found.map(drop), Err(MissReason::Corrupt("authentication code")));
}

/// Without `Where::Own` in `absent` in `host/src/cache/look.rs`: what somebody stores meanwhile goes into quarantine.
#[test]
fn what_is_damaged_in_a_further_folder_puts_nothing_aside_in_the_own_one() {
    let (image, own) = image_and_own();
    let slot = Slot::Artifact(sample().key());
    overwrite(&image.open().shown_path(&slot), b"damaged");
    let (cache, other) = (Cache::open(reading(&own, &[&image])), own.open());
    let look = || {
        let found = cache.look_for_artifact(&slot);
        // As another does for whom there are no locks.
        assert!(other.put_artifact(&sample(), b"made", Duration::ZERO));
        found
    };
    let found = cache.claimed(&slot, "m.f", None, look, Vec::len, &sample(), Instant::now());
    let Err((missed, claim)) = found else { panic!("it is damaged") };
    assert!(claim.is_held() && matches!(missed.reason(), MissReason::Corrupt(_)));
    assert_eq!(other.get_artifact(&sample()), Ok(b"made".to_vec()));
}

/// Without the age in `get_diagnostics` in `host/src/cache/look.rs`, for each of the places.
#[test]
fn diagnostics_age_there_as_well() {
    let (image, own) = image_and_own();
    let recipe = key::tests::sample_probe();
    let store = |fixture: &Fixture, created: u64| {
        let cache = fixture.open();
        let Ok(open) = &cache.inner.state else { panic!("on") };
        let producer = String::new();
        let trailer = Trailer { label: "m".to_owned(), fields: Vec::new(), created, made_in_us: 0, producer };
        let slot = Slot::Diagnostics(recipe.key().of_diagnostics());
        let said = created.to_string();
        let sealed = entry::seal(&open.mac, slot.key(), Kind::Diagnostics, said.as_bytes(), &trailer);
        open.store.write(&slot, "m", &sealed.expect("small")).expect("written");
    };
    let (old, fresh) = (now() - DIAGNOSTICS_AGE.as_secs() - 60, now() - 60);
    let get = || Cache::open(reading(&own, &[&image])).get_diagnostics(&recipe);
    store(&image, old);
    assert_eq!(get(), Err(MissReason::Evicted));
    store(&image, fresh);
    assert_eq!(get(), Ok(fresh.to_string().into_bytes()));
    store(&own, old);
    assert_eq!(get(), Ok(fresh.to_string().into_bytes()), "the own one is too old, that one is not");
}

#[test]
fn a_recipe_of_a_further_folder_explains_a_miss() {
    let (image, own) = image_and_own();
    let mut recipe = sample();
    recipe.typed_program = key::digest(b"edited");
    let mut functions = recipe.functions.get().to_vec();
    functions[0].digest[0] ^= 1;
    recipe.functions = functions.into();
    assert_eq!(own.open().get_artifact(&recipe), Err(MissReason::Cold));
    let cache = Cache::open(reading(&own, &[&image]));
    assert_eq!(cache.get_artifact(&recipe), Err(MissReason::SourceChanged));
    let finding = cache.find_artifact(&recipe);
    assert_eq!(finding.reason, Some(MissReason::SourceChanged));
    assert!(finding.nearest.is_some());
    assert_eq!(cache.find_artifact(&sample()).reason, None, "that one would be a hit");
}

#[test]
fn every_error_of_every_operation_there_costs_only_time_and_changes_nothing() {
    let (image, own) = image_and_own();
    let compiled = own.compile(7);
    let before = everything(&image);
    for op in OPERATIONS {
        for errno in ERRORS {
            for (skip, times) in [(0, 1), (1, 1), (3, 2), (6, 1), (0, usize::MAX)] {
                let fresh = Fixture::new();
                let secret = fresh.folder.path().join("config");
                fs::create_dir_all(&secret).expect("a folder");
                fs::copy(own.folder.path().join("config/secret"), secret.join("secret")).expect("copied");
                let what = format!("{errno:?} by {op:?}, {times} times after {skip}");
                let run = || {
                    let lock_wait = Some(Duration::from_millis(20));
                    let options = CacheOptions { lock_wait, ..reading(&fresh, &[&image]) };
                    session_with(options, &fresh, &compiled)
                };
                for _ in 0..2 {
                    faults::with(Plan::Fail { op, errno, skip, times }, run);
                }
                assert_eq!(run(), (true, true), "{what}");
                assert!(everything(&image) == before, "{what}");
            }
        }
    }
}

#[test]
fn what_the_system_says_about_a_further_folder_is_counted() {
    let (image, own) = image_and_own();
    let cache = Cache::open(reading(&own, &[&image]));
    // The first look, at its own folder, finds nothing.
    let failing = Plan::Fail { op: crate::cache::fs::Op::Read, errno: Errno::ACCESS, skip: 0, times: 1 };
    let found = faults::with(failing, || cache.get_artifact(&sample()));
    assert!(matches!(found, Err(MissReason::Unreadable(_))), "{found:?}");
    assert_eq!(cache.stats().errors.get("error.EACCES"), Some(&1), "{:?}", cache.stats().errors);
    // A disk that fails once, or a file that went stale, gets a second chance there, too.
    for errno in [Errno::IO, Errno::STALE] {
        let failing = Plan::Fail { op: crate::cache::fs::Op::Read, errno, skip: 0, times: 1 };
        assert!(faults::with(failing, || cache.get_artifact(&sample())).is_ok());
    }
}

/// Without `is_any` in `with_or_without` in `host/src/cache/open.rs`: the scope's cache is off, and in strict mode an error.
#[test]
fn a_scope_that_has_no_part_anywhere_is_cold_and_not_off() {
    let (image, own) = image_and_own();
    let before = everything(&image);
    let stored = own.folder.path().join("cache/v1");
    own.open();
    for (dir, mode) in [
        (None, Mode::ReadWrite),
        (None, Mode::Strict),
        (None, Mode::ReadOnly),
        (None, Mode::Verify),
        (own.options().dir, Mode::ReadOnly),
    ] {
        let cache = Cache::open(CacheOptions { dir, mode, ..reading(&own, &[&image]) });
        let scoped = cache.scope(&Scope::new("acme"));
        assert_eq!((scoped.problem(), scoped.left_out().count()), (None, 0), "{mode:?}");
        assert_eq!(scoped.get_artifact(&sample()), Err(MissReason::Cold), "{mode:?}");
        assert!(scoped.check_strict().is_ok());
        assert!(cache.get_artifact(&sample()).is_ok() || mode == Mode::Verify);
        assert!(!scoped.is_anywhere() && cache.is_anywhere());
    }
    assert!(!stored.join("s").exists());
    assert_eq!(everything(&image), before);
    // Where there is no folder at all it is as off as the whole.
    assert!(
        Cache::open(CacheOptions { dir: None, ..own.options() })
            .scope(&Scope::new("acme"))
            .problem()
            .is_some()
    );
}

#[test]
fn without_a_folder_of_its_own_nothing_is_stored_and_no_secret_is_made() {
    let (image, own) = image_and_own();
    let nowhere = || CacheOptions { dir: None, ..reading(&own, &[&image]) };
    let cache = Cache::open(nowhere());
    assert_eq!((cache.dir(), cache.problem(), cache.left_out().count()), (None, None, 0));
    assert!(cache.get_artifact(&sample()).is_ok());
    assert!(!cache.put_artifact(&sample(), b"other", Duration::ZERO));
    assert!(cache.artifact_or_claim(&sample()).is_ok());
    assert_eq!(cache.stats().artifact.store_errors, 0, "it is not even tried");
    assert_eq!((cache.list().len(), cache.clear(), cache.trim(0, Duration::ZERO)), (0, 0, (0, 0)));
    // Where memory files are refused, large code is loaded like small code, and the rest is as it was.
    let refused =
        Plan::Fail { op: crate::cache::fs::Op::Memory, errno: Errno::PERM, skip: 0, times: usize::MAX };
    faults::with(refused, || {
        let cache = Cache::open(nowhere());
        assert_eq!((cache.problem(), cache.left_out().count()), (None, 0));
        assert!(cache.get_artifact(&sample()).is_ok());
        assert!(cache.get_native(&own.native_recipe(7), &own.engine.engine).is_ok());
    });
    // To verify is to compare, wherever the entry is; what is made again is stored nowhere.
    let verifying = Cache::open(CacheOptions { mode: Mode::Verify, ..nowhere() });
    assert_eq!(verifying.get_artifact(&sample()), Err(MissReason::Verifying));
    assert!(!verifying.put_artifact(&sample(), b"other", Duration::ZERO));
    assert!(own.last_event().contains("no folder for it"), "{}", own.last_event());
    assert_eq!(verifying.stats().inconsistent, 1);

    let secret_file = own.folder.path().join("elsewhere/secret");
    let cache = Cache::open(CacheOptions { secret_file: Some(secret_file.clone()), ..nowhere() });
    assert!(cache.problem().is_some_and(|why| why.contains("no secret")), "{:?}", cache.problem());
    assert!(!secret_file.exists());
}

/// Without `further` in `made_in` of `host/src/cache/claim.rs`: a process with an image's code waits for another as if nobody knew
/// how long compiling takes.
#[test]
fn how_long_making_took_is_read_from_further_folders_too() {
    let (image, own) = image_and_own();
    let (cache, kind) = (Cache::open(reading(&own, &[&image])), Kind::Native);
    assert_eq!(own.open().made_in("cycling.mean", kind), None);
    assert_eq!(cache.made_in("cycling.mean", kind), Some(Duration::from_millis(3)));
}
