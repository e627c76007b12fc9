//! Many processes and threads at once, and processes that end or stop in the middle.

use std::time::{Duration, Instant};

use ovenbird::{Cache, CacheOptions, Source, Tenant};
use rustix::process::{Pid, Signal, kill_process};

use crate::{GO, PROGRAM, Place, UNITS, engine, listening, run, run_with, told, wait_for};

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

impl crate::Seen {
    /// Each unit came from somewhere.
    fn hits_or_compiles(&self) {
        assert!(self.compiles <= UNITS && self.natives <= UNITS, "{self:?}");
    }
}
