//! Files of the cache that somebody without the secret changed: never valid, and the program is right.

use ovenbird::Cache;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::seal::replace;

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
