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
