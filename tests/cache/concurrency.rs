//! Many processes and threads at once, and processes that end or stop in the middle.

use std::time::{Duration, Instant};

use ovenbird::{Cache, CacheOptions, Engine, Error, Limits, Output, Source, Tenant};
use rustix::process::{Pid, Signal, kill_process};

use crate::{GO, PROGRAM, Place, UNITS, engine, listening, options, run, run_with, told, wait_for};

/// Tells a process that it is to fork, and for which folder.
const FORKER: &str = "OVENBIRD_TEST_FORKER";

/// Two functions that the code generator takes on two threads, if it may.
const TWO: &str = "\
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + TURN
        steps += 1
        if steps > 1_000:
            break
    return steps

def gcd(a, b):
    while b:
        a, b = b, a % b
    return a + TURN - TURN

total = 0
for i in range(1, 30):
    total += collatz(i) * gcd(i, 12) + collatz(i + 1) * gcd(i, 18) - collatz(i + 2) * gcd(i, 7)
print(total)
";

/// Compiles [`TWO`], which nobody has compiled before.
fn compile_two(engine: &Engine, turn: u32) {
    let source = Source::new("two.py", TWO.replace("TURN", &turn.to_string()));
    let before = engine.native_compiles();
    let outcome = engine.compile(&source).expect("it parses").run(&Tenant::default(), Output::Discard);
    outcome.result.expect("it runs");
    assert_eq!(engine.native_compiles() - before, 1);
}

/// Tells a process that it is to load a function, and from which folder.
#[cfg(target_os = "linux")]
const LOADER: &str = "OVENBIRD_TEST_LOADER";

fn signal(child: &std::process::Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("the process is there");
}

#[test]
fn sixty_four_processes_on_one_cold_key_compile_once() {
    let place = Place::new();
    let go = place.path().join("go");
    let workers: Vec<_> = (0..64).map(|_| place.worker().env(GO, &go).spawn().expect("a worker")).collect();
    std::fs::write(&go, "").expect("go");
    let (mut compiles, mut natives) = (0, 0);
    for worker in workers {
        let seen = told(&worker.wait_with_output().expect("it ends"));
        seen.is_right();
        compiles += seen.compiles;
        natives += seen.natives;
    }
    assert_eq!((compiles, natives), (UNITS, UNITS), "by all of them together");
}

#[test]
fn when_the_process_that_compiles_is_killed_another_takes_over_at_once() {
    let place = Place::new();
    let mut holder = place.holder();
    let (options, said) = listening(place.options());
    let (seen, after_kill) = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| run(place.path(), options));
        wait_for(|| said.lock().expect("no panic").iter().any(|event| event.starts_with("waiting")));
        signal(&holder, Signal::KILL);
        let killed = Instant::now();
        (waiter.join().expect("no panic"), killed.elapsed())
    });
    holder.wait().expect("gone");
    seen.is_right().compiled();
    assert!(after_kill < Duration::from_secs(1), "{after_kill:?}");
    let started = Instant::now();
    place.run().is_right().hits();
    assert!(started.elapsed() < Duration::from_secs(1), "no lock is left");
}

#[test]
fn a_stopped_process_is_waited_for_only_so_long() {
    let place = Place::new();
    let mut holder = place.holder();
    signal(&holder, Signal::STOP);
    let options = CacheOptions { lock_wait: Some(Duration::from_millis(300)), ..place.options() };
    let started = Instant::now();
    let seen = run(place.path(), options);
    seen.is_right().compiled();
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert!(seen.reasons.iter().any(|why| why.contains("for too long")), "{:?}", seen.reasons);
    place.run().is_right().hits();
    signal(&holder, Signal::KILL);
    holder.wait().expect("gone");
}

#[test]
fn threads_that_call_one_function_together_compile_it_once() {
    let place = Place::new();
    for options in [place.options(), CacheOptions::default()] {
        let engine = engine(options);
        let program = engine.compile(&Source::new("main.py", PROGRAM)).expect("it parses");
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let f = program.get::<fn(i64) -> i64>("f").expect("it compiles");
                    assert_eq!(f.call(&Tenant::default(), (10,)).expect("it runs"), 285);
                });
            }
        });
        assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1));
    }
}

#[test]
fn what_is_loaded_keeps_working_while_everything_is_removed() {
    let place = Place::new();
    place.run().is_right();
    let engine = engine(place.options());
    let program = engine.compile(&Source::new("main.py", PROGRAM)).expect("it parses");
    let f = program.get::<fn(i64) -> i64>("f").expect("it is loaded");
    assert_eq!(engine.compiles(), 0);
    std::thread::scope(|scope| {
        let sweeper = scope.spawn(|| {
            let cache = Cache::open(place.options());
            for _ in 0..50 {
                cache.trim(0, Duration::ZERO);
            }
        });
        let loaders: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..20 {
                        place.run().is_right();
                        assert_eq!(f.call(&Tenant::default(), (10,)).expect("it runs"), 285);
                    }
                })
            })
            .collect();
        loaders.into_iter().for_each(|thread| thread.join().expect("no panic"));
        sweeper.join().expect("no panic");
    });
}

#[test]
fn two_writers_of_one_entry_both_succeed() {
    // Neither knows of the other: as without locks, both make it and store it.
    let place = Place::new();
    let holders: Vec<_> =
        (0..2).map(|_| engine(CacheOptions { lock_wait: Some(Duration::ZERO), ..place.options() })).collect();
    std::thread::scope(|scope| {
        for engine in &holders {
            scope.spawn(|| run_with(place.path(), engine).is_right().hits_or_compiles());
        }
    });
    let cache = Cache::open(place.options());
    assert!(cache.list().iter().all(|entry| entry.verified.is_ok()));
    assert_eq!(cache.list().len() as u64, 2 * UNITS);
    place.run().is_right().hits();
}

#[test]
fn writers_of_one_key_at_the_same_moment_all_succeed_and_leave_one_entry() {
    let place = Place::new();
    let (recipe, payload) = (crate::eviction::recipe(0), vec![7; 200 << 10]);
    for _ in 0..20 {
        let writers = 8;
        let barrier = std::sync::Barrier::new(writers);
        std::thread::scope(|scope| {
            for _ in 0..writers {
                scope.spawn(|| {
                    // As another process has it: a handle of its own, and no lock.
                    let cache = Cache::open(place.options());
                    barrier.wait();
                    assert!(cache.put_artifact(&recipe, &payload, Duration::ZERO));
                    assert_eq!(cache.get_artifact(&recipe).as_deref(), Ok(&*payload));
                });
            }
        });
        let list = Cache::open(place.options()).list();
        assert!(matches!(&*list, [one] if one.verified.is_ok()), "{list:?}");
        assert_eq!(place.entries().len(), 1);
    }
    let left = std::fs::read_dir(place.cache_dir().join("v1/tmp")).expect("there").count();
    assert_eq!(left, 0, "no writer's temporary file is left");
}

/// Not a test by itself: a process that forks with the cache open, and once while it holds the right to make
/// an entry. Its two halves tell what they compiled in files of their own.
#[test]
fn forker() {
    let Some(folder) = std::env::var_os(FORKER).map(std::path::PathBuf::from) else { return };
    let engine = engine(options(&folder));
    run_with(&folder, &engine);
    let cold = PROGRAM.replace("f(10)", "f(11)").replace("i * i", "i * i + 1");
    std::fs::write(folder.join("files/main.py"), cold).expect("written");
    let recipe = crate::eviction::recipe(0);
    let claim = engine.cache().artifact_or_claim(&recipe).expect_err("cold").1;
    compile_two(&engine, 1);
    let before = (engine.compiles(), engine.native_compiles());
    let half = |name: &str| {
        let seen = run_with(&folder, &engine);
        let (compiles, natives) = (seen.compiles - before.0, seen.natives - before.1);
        let text = format!("{compiles} {natives} {}", seen.printed);
        std::fs::write(folder.join(name), text).expect("told");
    };
    match fork::fork().expect("forked") {
        fork::Fork::Child => {
            // The child's copy of the claim is no second right to it.
            drop(claim);
            half("child");
            // Neither does it need the threads that the parent has: it compiles on its own, and a deadline ends what runs too long.
            compile_two(&engine, 3);
            compile_two(
                &crate::engine(CacheOptions { dir: Some(folder.join("another")), ..options(&folder) }),
                4,
            );
            let limits = Limits::default().deadline(Duration::from_millis(100)).cpu_units(u64::MAX);
            let endless = Source::new("endless.py", "n = 0\nwhile True:\n    n += 1\n");
            let outcome = engine.compile(&endless).expect("it parses");
            let outcome = outcome.run(&Tenant::default().limits(limits), Output::Discard);
            assert!(matches!(outcome.result, Err(Error::Limit { .. })), "{:?}", outcome.result);
            std::fs::write(folder.join("ended"), "").expect("told");
            std::process::exit(0);
        }
        fork::Fork::Parent(child) => {
            half("parent");
            fork::waitpid(child).expect("it ended");
            assert!(folder.join("ended").exists());
            let hasty = CacheOptions { lock_wait: Some(Duration::from_millis(50)), ..options(&folder) };
            let other = Cache::open(hasty);
            let reason = other.artifact_or_claim(&recipe).expect_err("not made yet").0;
            assert_eq!(*reason.reason(), ovenbird::cache::MissReason::LockTimeout, "the parent still has it");
            assert!(engine.cache().put_artifact(&recipe, b"artifact", Duration::ZERO));
            drop(claim);
            assert!(other.artifact_or_claim(&recipe).is_ok());
        }
    }
}

#[test]
fn a_process_that_forks_has_two_halves_that_share_the_cache_like_any_two_processes() {
    let place = Place::new();
    let program = std::env::current_exe().expect("this test");
    let mut command = std::process::Command::new("timeout");
    command.arg("60").arg(program).args(["concurrency::forker", "--exact", "--test-threads=1"]);
    let finished = command.env(FORKER, place.path()).output().expect("it runs");
    assert!(finished.status.success(), "{finished:?}");
    let told = |name: &str| {
        let text = std::fs::read_to_string(place.path().join(name)).expect("told");
        let mut words = text.split_whitespace().map(|word| word.parse::<u64>().expect("a number"));
        std::array::from_fn(|_| words.next().expect("three numbers"))
    };
    let ([compiles, natives, printed], [more, more_natives, same]) = (told("parent"), told("child"));
    assert_eq!((printed, same), (396, 396));
    assert_eq!((compiles + more, natives + more_natives), (UNITS, UNITS), "by both together");
    place.run().hits();
}

/// How many mappings of this process the kernel empties in a child: see `host/src/process.rs`.
#[cfg(target_os = "linux")]
fn emptied_by_a_fork() -> usize {
    let mappings = std::fs::read_to_string("/proc/self/smaps").expect("a list of them");
    let flags = mappings.lines().filter_map(|line| line.strip_prefix("VmFlags:"));
    flags.filter(|flags| flags.split_whitespace().any(|flag| flag == "wf")).count()
}

/// A function that adds so much.
#[cfg(target_os = "linux")]
fn adder(engine: &Engine, number: i64) -> i64 {
    let text =
        format!("import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef add(n):\n    return n + {number}\n");
    let program = engine.compile(&Source::new("add.py", text)).expect("it parses");
    let add = program.get::<fn(i64) -> i64>("add").expect("it is right");
    add.call(&Tenant::default(), (1,)).expect("it runs")
}

/// Not a test by itself: a process that loads a function and calls it, and tells what it compiled and mapped for that. Then it
/// forks, and both halves store something that a cache sees which they open after that.
#[test]
#[cfg(target_os = "linux")]
fn loader() {
    let Some(folder) = std::env::var_os(LOADER).map(std::path::PathBuf::from) else { return };
    // With the direct path: the ordinary one compiles, as far as others are concerned.
    let direct = || Engine::builder().cache(Cache::open(options(&folder))).build().expect("an engine");
    let before = emptied_by_a_fork();
    let engine = direct();
    assert_eq!(adder(&engine, 1), 2);
    let told = format!("{} {}", engine.compiles(), emptied_by_a_fork() - before);
    std::fs::write(folder.join("told"), told).expect("told");
    let half = |number: i64| {
        let compiled = engine.compiles();
        let made = adder(&engine, number) == number + 1 && engine.compiles() == compiled + 1;
        let other = direct();
        made && adder(&other, number) == number + 1 && other.compiles() == 0
    };
    let number = i64::from(std::process::id());
    match fork::fork().expect("forked") {
        fork::Fork::Child => std::process::exit(i32::from(!half(-number))),
        fork::Fork::Parent(child) => {
            assert!(half(number));
            assert_eq!(
                fork::waitpid(child).expect("it ended"),
                0,
                "the child did not see what it had stored"
            );
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_stores_nothing_maps_no_page_to_know_itself_by() {
    let place = Place::new();
    let program = std::env::current_exe().expect("this test");
    let load = || {
        let mut command = std::process::Command::new("timeout");
        command.arg("60").arg(&program).args(["concurrency::loader", "--exact", "--test-threads=1"]);
        let finished = command.env(LOADER, place.path()).output().expect("it runs");
        assert!(finished.status.success(), "{finished:?}");
        std::fs::read_to_string(place.path().join("told")).expect("told")
    };
    assert_eq!(load(), "1 1", "a process that compiles does");
    assert_eq!(load(), "0 0");
}

impl crate::Seen {
    /// Each unit came from somewhere.
    fn hits_or_compiles(&self) {
        assert!(self.compiles <= UNITS && self.natives <= UNITS, "{self:?}");
    }
}
