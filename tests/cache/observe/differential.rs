//! The cache changes nothing: random programs print the same, to the last bit, without it, when it is empty,
//! when it has everything, after edits that change nothing, and after edits that do.

use ovenbird::{Cache, Engine, Output};
use ovenbird_tests::generate::{self, Version};
use ovenbird_tests::project::{Project, Run};
use ovenbird_tests::random::rounds;

/// How many programs a usual test run makes. `OVENBIRD_DIFFERENTIAL` says another number, and
/// `OVENBIRD_DIFFERENTIAL_FIRST` the first seed.
const PROGRAMS: u64 = 160;

/// What a run showed, as text: what was printed, and how it ended.
fn shown(run: &Run) -> String {
    let end = run.result.as_ref().map(|_| String::new()).unwrap_or_else(|error| error.to_string());
    format!("{}{end}", run.printed)
}

/// Puts a version of a program into a project.
fn write(project: &Project, seed: u64, version: Version) {
    let program = generate::program(seed, version);
    project.write("main.py", &program.main);
    project.write("helpers.py", &program.helpers);
}

/// Runs without any cache.
fn without(project: &Project) -> String {
    let engine = Engine::builder().build().expect("an engine");
    let outcome = project.program(&engine, "main.py").run(&project.tenant(), Output::Capture(Vec::new()));
    let end = outcome.result.as_ref().map(|_| String::new()).unwrap_or_else(|error| error.to_string());
    format!("{}{end}", String::from_utf8_lossy(outcome.output.captured()))
}

/// Shows a program if the test fails while it is being checked.
struct Shown(u64);

impl Drop for Shown {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let program = generate::program(self.0, Version::Plain);
            eprintln!("seed {}\n# main.py\n{}\n# helpers.py\n{}", self.0, program.main, program.helpers);
        }
    }
}

/// An engine that also keeps whole scripts, over the project's only cache.
fn direct(project: &Project) -> Engine {
    let cache = Cache::open(project.cache_options());
    Engine::builder().cache(cache).probes(true).build().expect("an engine")
}

/// One program; gives whether it ran to its end, and whether the relevant edit changed what it shows.
fn check(seed: u64) -> (bool, bool) {
    let _shown = Shown(seed);
    let project = Project::new(&[]);
    write(&project, seed, Version::Plain);
    let wanted = without(&project);
    assert!(!wanted.contains("internal error"), "seed {seed}: {wanted}");

    let cold = project.run_with(&direct(&project), "main.py");
    assert_eq!(shown(&cold), wanted, "seed {seed}, with an empty cache");
    assert!(cold.compiles > 0, "seed {seed}");
    let warm = project.run_with(&project.engine(), "main.py");
    assert_eq!(shown(&warm), wanted, "seed {seed}, with a full cache");
    warm.hits();
    let by_text = project.run_with(&direct(&project), "main.py");
    assert_eq!(shown(&by_text), wanted, "seed {seed}, by its text");
    by_text.hits();
    assert!(by_text.units.iter().all(|unit| unit.1 == "hit.l0"), "seed {seed}: {:?}", by_text.units);

    write(&project, seed, Version::Restyled);
    for engine in [project.engine(), direct(&project)] {
        let run = project.run_with(&engine, "main.py");
        let shown = without_places(&shown(&run));
        assert_eq!(shown, without_places(&wanted), "seed {seed}, after an edit that changes nothing");
        run.hits();
    }

    write(&project, seed, Version::Edited);
    let edited = without(&project);
    for engine in [direct(&project), project.engine(), direct(&project)] {
        let run = project.run_with(&engine, "main.py");
        assert_eq!(shown(&run), edited, "seed {seed}, after an edit");
    }
    (cold.result.is_ok(), edited != wanted)
}

/// The last line of a traceback: the others have line numbers.
fn without_places(shown: &str) -> String {
    let lines = shown.lines().filter(|line| !line.starts_with("  ") && !line.starts_with("Traceback"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Programs `part`, `part + 2`, …: tests run side by side.
fn check_part(part: u64) {
    let (mut ended, mut changed, mut count) = (0, 0, 0);
    let first = rounds("OVENBIRD_DIFFERENTIAL_FIRST", 0);
    for seed in (first + part..first + rounds("OVENBIRD_DIFFERENTIAL", PROGRAMS)).step_by(2) {
        let (is_ended, is_changed) = check(seed);
        ended += u64::from(is_ended);
        changed += u64::from(is_changed);
        count += 1;
    }
    eprintln!("{count} programs: {ended} ran to their end, {changed} showed the edit");
    if count < 20 {
        return;
    }
    assert!(ended * 2 > count, "most programs run to their end: {ended} of {count}");
    assert!(changed * 10 > count, "edits show in some programs: {changed} of {count}");
}

#[test]
fn random_programs_show_the_same_with_and_without_the_cache() {
    check_part(0);
}

#[test]
fn more_random_programs_show_the_same_with_and_without_the_cache() {
    check_part(1);
}
