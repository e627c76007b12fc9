//! Files of the cache that somebody without the secret changed: never valid, and the program is right. And native code
//! without its zeros, as somebody with the secret could seal it: put together exactly as described, or refused.

use ovenbird::Cache;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::SECRET;
use ovenbird_tests::seal::{Entry, THIN, expand, replace};

use crate::{PRINTED, entries, project, run};

#[test]
fn a_changed_file_is_never_valid() {
    let project = project();
    for kind in ["wasm", "native", "script"] {
        let path = entries(&project, kind).remove(0);
        let good = std::fs::read(&path).expect("read");
        let cache = Cache::open(project.cache_options());
        fuzz(400, std::slice::from_ref(&good), |bytes| {
            replace(&path, bytes);
            let listed = cache.list().into_iter().find(|entry| entry.path == path).expect("the entry");
            assert_eq!(listed.verified.is_ok(), bytes == good);
            cache.inspect(&listed.key).expect("there is one such entry");
        });
        replace(&path, &good);
    }
}

#[test]
fn a_changed_file_never_changes_what_a_program_does() {
    let project = project();
    for kind in ["wasm", "native", "script"] {
        let path = entries(&project, kind).remove(0);
        let good = std::fs::read(&path).expect("read");
        fuzz(12, std::slice::from_ref(&good), |bytes| {
            replace(&path, bytes);
            assert_eq!(run(&project, &crate::direct(&project)).as_deref(), Some(PRINTED));
            replace(&path, &good);
        });
    }
}

/// It is not run: what is authentic and is code is run as it is.
#[test]
fn sealed_code_without_zeros_is_put_together_as_described_or_refused() {
    let project = project();
    let path = entries(&project, "native").remove(0);
    let good = Entry::read(&path);
    assert_eq!(good.head[7] & THIN, THIN, "it is small");
    // One that is short, so that lengths are changed often.
    let short = Entry { payload: [&[1; 20][..], &[0; 100], &[2; 30], &[0; 64]].concat(), ..good.clone() };
    let cache = Cache::open(project.cache_options());
    let mut seen = [0; 2];
    fuzz(600, &[good.stored(), short.stored()], |stored| {
        replace(&path, &good.seal_stored(stored, SECRET));
        let listed = cache.list().into_iter().find(|entry| entry.path == path).expect("the entry");
        let whole = expand(stored);
        seen[usize::from(whole.is_some())] += 1;
        assert_eq!(listed.verified.is_ok(), whole.is_some());
        let inspected = cache.inspect(&listed.key).expect("there is one such entry");
        assert_eq!(inspected.payload_bytes, whole.map_or(0, |whole| whole.len()));
    });
    assert!(seen.iter().all(|count| *count > 1), "{seen:?}");
    good.plant(&path, SECRET);
    assert_eq!(run(&project, &crate::direct(&project)).as_deref(), Some(PRINTED));
}
