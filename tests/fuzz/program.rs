//! Wasm and whole scripts that somebody who has the secret sealed: whatever they are, the host does not panic
//! and the run ends. (Sealed native code is beyond this: who has the secret can run code. See SECURITY.md.)

use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::SECRET;
use ovenbird_tests::seal::Entry;

use crate::{PRINTED, direct, entries, project, run};

#[test]
fn sealed_wasm_of_any_bytes_is_refused_or_runs_in_the_sandbox() {
    let project = project();
    for path in entries(&project, "wasm") {
        let good = Entry::read(&path);
        fuzz(40, std::slice::from_ref(&good.payload), |payload| {
            Entry { payload: payload.to_vec(), ..good.clone() }.plant(&path, SECRET);
            run(&project, &project.engine());
        });
        good.plant(&path, SECRET);
        assert_eq!(run(&project, &project.engine()).as_deref(), Some(PRINTED));
    }
}

#[test]
fn a_sealed_script_of_any_bytes_is_refused_or_runs_in_the_sandbox() {
    let project = project();
    for path in entries(&project, "script") {
        let good = Entry::read(&path);
        fuzz(200, std::slice::from_ref(&good.payload), |payload| {
            Entry { payload: payload.to_vec(), ..good.clone() }.plant(&path, SECRET);
            run(&project, &direct(&project));
        });
    }
}

#[test]
fn sealed_diagnostics_of_any_bytes_are_shown_or_made_again() {
    let wrong = crate::MAIN.replace("name + str", "name + 1 + str");
    let project =
        ovenbird_tests::project::Project::new(&[("main.py", &wrong), ("helpers.py", crate::HELPERS)]);
    let shown = |engine: &ovenbird::Engine| {
        let outcome = project.program(engine, "main.py").run(&project.tenant(), ovenbird::Output::Discard);
        outcome.result.expect_err("it does not compile").to_string()
    };
    let first = shown(&project.engine());
    let list = ovenbird::Cache::open(project.cache_options()).list();
    let path = list.into_iter().find(|entry| entry.kind.to_string() == "diagnostics").expect("kept").path;
    let good = Entry::read(&path);
    fuzz(400, std::slice::from_ref(&good.payload), |payload| {
        Entry { payload: payload.to_vec(), ..good.clone() }.plant(&path, SECRET);
        shown(&project.engine());
    });
    good.plant(&path, SECRET);
    assert_eq!(shown(&project.engine()), first);
}
