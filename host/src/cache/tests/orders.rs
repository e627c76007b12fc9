//! Readers, writers and sweepers in many orders of their file operations, chosen by a model checker: each
//! operation is a point at which it may go on with another of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::cache::faults::{self, Plan};
use crate::cache::store::{ReadError, Store, tests::slot};

/// Orders tried of each model.
const ORDERS: usize = 120;
const BYTES: &[u8] = &[7; 3000];

/// Runs a model in many random orders, and in many that change threads seldom.
fn in_many_orders(model: impl Fn() + Send + Sync + 'static) {
    let model = Arc::new(model);
    faults::with(Plan::Interleave, || {
        let random = Arc::clone(&model);
        shuttle::check_random(move || random(), ORDERS);
        shuttle::check_pct(move || model(), ORDERS, 3);
    });
}

fn together(threads: Vec<Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = threads.into_iter().map(shuttle::thread::spawn).collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
}

/// That the checker does try other orders: without a lock, both look before either writes.
#[test]
fn a_race_is_found() {
    let both = Arc::new(AtomicUsize::new(0));
    let found = Arc::clone(&both);
    in_many_orders(move || {
        let folder = tempfile::tempdir().expect("temp");
        let store = Arc::new(Store::open(folder.path(), true).expect("open"));
        let made = Arc::new(AtomicUsize::new(0));
        let maker = || {
            let (store, made) = (Arc::clone(&store), Arc::clone(&made));
            move || {
                if !store.exists(&slot(1)) {
                    made.fetch_add(1, Ordering::SeqCst);
                    store.write(&slot(1), "m.f", BYTES).expect("written");
                }
            }
        };
        together(vec![Box::new(maker()), Box::new(maker())]);
        found.fetch_max(made.load(Ordering::SeqCst), Ordering::SeqCst);
    });
    assert_eq!(both.load(Ordering::SeqCst), 2);
}

#[test]
fn a_reader_sees_a_whole_entry_or_none() {
    in_many_orders(|| {
        let folder = tempfile::tempdir().expect("temp");
        let store = Arc::new(Store::open(folder.path(), true).expect("open"));
        let (one, two, three) = (Arc::clone(&store), Arc::clone(&store), Arc::clone(&store));
        let write = |store: Arc<Store>| move || store.write(&slot(1), "m.f", BYTES).expect("written");
        together(vec![
            Box::new(write(one)),
            Box::new(write(two)),
            Box::new(move || {
                three.trim(0, 0);
            }),
            Box::new(move || {
                for _ in 0..2 {
                    match store.read(&slot(1), true) {
                        Ok(bytes) => assert!(bytes == BYTES, "torn"),
                        Err(error) => assert_eq!(error, ReadError::Missing),
                    }
                }
            }),
        ]);
        assert_eq!(fs::read_dir(folder.path().join("v1/tmp")).expect("there").count(), 0);
    });
}

#[test]
fn clearing_under_writers_keeps_the_folder_usable() {
    in_many_orders(|| {
        let folder = tempfile::tempdir().expect("temp");
        let store = Arc::new(Store::open(folder.path(), true).expect("open"));
        let (one, two) = (Arc::clone(&store), Arc::clone(&store));
        together(vec![
            Box::new(move || drop(one.write(&slot(1), "m.f", BYTES))),
            Box::new(move || {
                two.clear();
            }),
        ]);
        store.write(&slot(1), "m.f", BYTES).expect("written");
        assert_eq!(store.read(&slot(1), true).as_deref(), Ok(BYTES));
    });
}

#[test]
fn one_of_many_makes_an_entry_also_while_old_locks_are_removed() {
    let secret = Secret::from_bytes([7; 32]);
    in_many_orders(move || {
        let folder = tempfile::tempdir().expect("temp");
        let open = || {
            let (dir, secret) = (Some(folder.path().to_owned()), Some(secret.clone()));
            Cache::open(CacheOptions { dir, secret, ..CacheOptions::default() })
        };
        // A lock's file that is old enough to be removed.
        let locks = folder.path().join("v1/locks");
        fs::create_dir_all(&locks).expect("made");
        let lock = fs::File::create(locks.join("turns")).expect("made");
        lock.set_modified(UNIX_EPOCH + Duration::from_secs(1)).expect("aged");
        let made = Arc::new(AtomicUsize::new(0));
        let maker = || {
            let (cache, made) = (open(), Arc::clone(&made));
            move || match cache.artifact_or_claim(&sample()) {
                Ok(found) => assert_eq!(found, BYTES),
                Err((_, _claim)) => {
                    made.fetch_add(1, Ordering::SeqCst);
                    assert!(cache.put_artifact(&sample(), BYTES, Duration::ZERO));
                }
            }
        };
        let sweeper = open();
        together(vec![
            Box::new(maker()),
            Box::new(maker()),
            Box::new(move || {
                sweeper.trim(MAX_BYTES, MAX_AGE);
            }),
        ]);
        assert_eq!(made.load(Ordering::SeqCst), 1);
    });
}
