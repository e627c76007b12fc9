//! Workers that were taken over before they are asked for anything, and while they compile.

use ovenbird_compiler::abi::external::{External, Plain, Signature};
use ovenbird_compiler::border::Border;
use ovenbird_compiler::budget::CompileBudget;
use ovenbird_compiler::types::Storage;

use super::*;
use crate::code::Timings;
use crate::engine::Engine;
use crate::globals::Snapshot;
use crate::grants::Grants;
use crate::probe::shape::Shape;
use crate::program::Source;
use crate::worker::linux::wire::{Argument, Face, UnitFace, VERSION, Wanted};

/// Without `theirs == *build` in `host/src/worker/linux/process.rs`: a worker of another build is taken at its word, whose
/// messages may mean something else.
#[test]
fn one_of_another_build_is_refused() {
    let greeted = |ready: Answer| {
        let (mut process, player) = process(move |played| {
            assert!(matches!(played.hears(), Some(Ask::Setup(_))));
            played.says(&ready);
        });
        let greeted = process.greet(&WorkerOptions::default(), &setup(), &[7; 32]);
        player.join().expect("it plays to its end");
        greeted
    };
    let ready = |version, build| Answer::Ready { version, build };
    assert_eq!(greeted(ready(VERSION, [7; 32])), Ok(()));
    for other in [ready(VERSION, [8; 32]), ready(VERSION + 1, [7; 32])] {
        assert!(matches!(greeted(other), Err(WorkerFailure::Start(_))));
    }
    assert!(matches!(greeted(Answer::Holds(true)), Err(WorkerFailure::Answer(_))));
}

/// What an honest one tells of compiled code.
fn face() -> Face {
    let unit = UnitFace {
        label: "m.f".to_owned(),
        params: Vec::new(),
        result: "int".to_owned(),
        timings: Timings::default(),
        wasm_bytes: 100,
        key: "00".to_owned(),
    };
    Face {
        result: Shape::Int,
        units: vec![unit],
        cache: false,
        facts: None,
        hosts: Vec::new(),
        externals: Vec::new(),
        unread: Vec::new(),
    }
}

fn external(module: &str, name: &str) -> External {
    let signature = Signature { params: Vec::new(), result: Plain::Int, cost: Cost::units(1) };
    External { module: module.to_owned(), name: name.to_owned(), signature }
}

fn compiled(face: Face) -> Result<(), Error> {
    let (client, player) = over(move |played| {
        assert!(matches!(played.hears(), Some(Ask::Compile(_))));
        played.says(&Answer::Compiled(Ok(Some(face))));
    });
    let engine = Engine::builder().probes(false).build().expect("the engine can be made");
    let (source, globals, budget) = (Source::new("m.py", ""), Snapshot::default(), CompileBudget::default());
    let made = client.group(&engine, &source, Wanted::Run, &globals, &Limits::default(), &budget);
    player.join().expect("it plays to its end");
    made.map(drop)
}

/// Without `is_plausible` in `host/src/worker/linux/client.rs`: code without units, a result that is no type, names that are
/// none.
#[test]
fn one_that_tells_of_code_that_cannot_be_is_not_believed() {
    let array = |dimensions| Shape::Border(Border::Array { element: Storage::Int64, dimensions });
    compiled(face()).expect("an honest one");
    compiled(Face { result: array(2), ..face() }).expect("an honest one");
    let given = Face { externals: vec![external("rates", "rate")], ..face() };
    assert!(matches!(compiled(given), Err(Error::Host { .. })), "there is no such function");
    let unit = || face().units.remove(0);
    let lies = [
        Face { units: Vec::new(), ..face() },
        Face { units: (0..10_001).map(|_| unit()).collect(), ..face() },
        Face { result: array(1 << 60), ..face() },
        Face { result: Shape::Tuple(vec![Shape::Int, array(0)]), ..face() },
        Face { externals: vec![external("rates", "\u{1b}[2J")], ..face() },
        Face { externals: vec![external("two words", "rate")], ..face() },
        Face { externals: (0..10_001).map(|_| external("rates", "rate")).collect(), ..face() },
    ];
    for (at, lie) in lies.into_iter().enumerate() {
        let answered = compiled(lie);
        assert!(matches!(answered, Err(Error::Worker(WorkerFailure::Answer(_)))), "lie {at}: {answered:?}");
    }
}

/// Without `asked == name`, `is_identifier` or `is_valid` in `host/src/worker/linux/checking.rs`: a function that nobody asked
/// for, one whose name writes to a terminal, and a type of more parts than there is memory.
#[test]
fn one_that_tells_of_functions_that_cannot_be_is_not_believed() {
    let told = |function: Option<&str>, wanted: Wanted| {
        let (client, player) = over(move |played| {
            assert!(matches!(played.hears(), Some(Ask::Signatures { .. })));
            played.says(&Answer::Signatures(Ok(vec![wanted])));
        });
        let (source, globals, budget) =
            (Source::new("m.py", ""), Snapshot::default(), CompileBudget::default());
        let found = client.signatures(&source, function, &globals, &budget);
        player.join().expect("it plays to its end");
        found
    };
    let array = |dimensions| Shape::Border(Border::Array { element: Storage::Int64, dimensions });
    let entry = |name: &str, shape| Wanted::Entry(name.to_owned(), vec![Argument::Of(shape)]);
    for function in [None, Some("f")] {
        let honest = told(function, entry("f", array(2))).expect("an honest one");
        assert_eq!((honest[0].0.as_str(), honest[0].1.len()), ("f", 1));
    }
    let lies = [
        (Some("f"), entry("g", Shape::Int)),
        (None, entry("\u{1b}[2J", Shape::Int)),
        (None, entry("f", array(1 << 60))),
        (Some("f"), entry("f", Shape::Tuple(vec![Shape::Int, array(0)]))),
        (None, Wanted::Entry("f".to_owned(), vec![Argument::Dataset("a.pq".to_owned())])),
        (None, Wanted::Run),
    ];
    for (at, (function, lie)) in lies.into_iter().enumerate() {
        let answered = told(function, lie);
        assert!(matches!(answered, Err(Error::Worker(WorkerFailure::Answer(_)))), "lie {at}: {answered:?}");
    }
}

/// Without `found.len() == count` in `host/src/worker/linux/bundles.rs`: schemas are taken for those of other files.
#[test]
fn one_that_gives_more_or_fewer_schemas_than_it_was_asked_for_is_not_believed() {
    for (given, right) in [(1, false), (2, true), (3, false)] {
        let (client, player) = over(move |played| {
            assert!(matches!(played.hears(), Some(Ask::Schemas { .. })));
            played.says(&Answer::Schemas((0..given).map(|_| None).collect()));
        });
        let paths = vec!["a.pq".to_owned(), "b.pq".to_owned()];
        let found = client.schemas([0; 32], &Grants::none(), &Limits::default(), paths);
        assert_eq!(found.is_ok(), right, "{given}: {found:?}");
        player.join().expect("it plays to its end");
    }
}
