//! What an entry says about itself, sealed by somebody who has the secret: shown or refused, never a panic.

use ovenbird::Cache;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::SECRET;
use ovenbird_tests::seal::Entry;

use crate::{PRINTED, entries, project, run};

#[test]
fn a_sealed_trailer_of_any_bytes_is_shown_or_refused() {
    let project = project();
    for kind in ["wasm", "native"] {
        let path = entries(&project, kind).remove(0);
        let good = Entry::read(&path);
        let cache = Cache::open(project.cache_options());
        fuzz(600, std::slice::from_ref(&good.trailer), |trailer| {
            Entry { trailer: trailer.to_vec(), ..good.clone() }.plant(&path, SECRET);
            let listed = cache.list().into_iter().find(|entry| entry.path == path).expect("the entry");
            assert_eq!(listed.verified, Ok(()), "it is sealed as it should be");
            assert!(listed.label.len() <= trailer.len(), "nothing is made up");
            cache.inspect(&listed.key).expect("there is one such entry");
        });
        // A hit does not look at it.
        Entry { trailer: b"nonsense".to_vec(), ..good.clone() }.plant(&path, SECRET);
        assert_eq!(run(&project, &project.engine()).as_deref(), Some(PRINTED));
        good.plant(&path, SECRET);
    }
}

#[test]
fn a_miss_is_explained_beside_sealed_trailers_of_any_bytes() {
    let project = project();
    let paths = entries(&project, "wasm");
    let seeds: Vec<(Entry, _)> = paths.iter().map(|path| (Entry::read(path), path)).collect();
    let text = std::fs::read_to_string(project.path("main.py")).expect("read").replace("K = 3", "K = 4");
    project.write("main.py", &text);
    let engine = project.engine();
    let program = project.program(&engine, "main.py");
    for (good, path) in &seeds {
        fuzz(40, std::slice::from_ref(&good.trailer), |trailer| {
            Entry { trailer: trailer.to_vec(), ..good.clone() }.plant(path, SECRET);
            program.why(ovenbird_compiler::infer::Request::Run).expect("the program checks");
        });
    }
}

#[test]
fn a_sealed_trailer_that_names_any_signers_is_shown_or_refused() {
    let project = project();
    for kind in ["wasm", "native", "script"] {
        let path = entries(&project, kind).remove(0);
        let good = Entry::read(&path);
        // Two signers, in the way in which lists of 32 bytes are written: the number, then the bytes.
        let mut signed = good.clone();
        signed.head[7] |= 1;
        signed.trailer = [&[2][..], &[5; 64], &good.trailer].concat();
        signed.plant(&path, SECRET);
        let cache = Cache::open(project.cache_options());
        let shown = cache.list().into_iter().find(|entry| entry.path == path).expect("the entry");
        assert_eq!(shown.verified, Ok(()), "{kind}: nobody of them was revoked");
        fuzz(200, std::slice::from_ref(&signed.trailer), |trailer| {
            Entry { trailer: trailer.to_vec(), ..signed.clone() }.plant(&path, SECRET);
            let listed = cache.list().into_iter().find(|entry| entry.path == path).expect("the entry");
            cache.inspect(&listed.key).expect("there is one such entry");
        });
        Entry { trailer: b"nonsense".to_vec(), ..signed }.plant(&path, SECRET);
        assert_eq!(run(&project, &crate::direct(&project)).as_deref(), Some(PRINTED), "{kind}");
        good.plant(&path, SECRET);
    }
}
