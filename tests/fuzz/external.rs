//! The wall around the embedder's functions: whatever addresses and memory a guest has, an argument that
//! arrives is text within that memory, and nothing panics.

use std::sync::{Arc, Mutex};

use ovenbird::imports::{Answer, GuestFault, HostError, Problem, Val};
use ovenbird::{Cost, Error, HostModule, Output, Source, Tenant};
use ovenbird_compiler::abi;
use ovenbird_compiler::artifact::{Artifact, ExternalShape};
use ovenbird_tests::forge;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::{Project, SECRET};
use ovenbird_tests::seal::Entry;
use wasm_encoder::InstructionSink;

use crate::entries;

/// A module whose functions take and return text, and remember the longest that they saw.
fn host(longest: &Arc<Mutex<usize>>) -> HostModule {
    let (a, b) = (Arc::clone(longest), Arc::clone(longest));
    let note = move |seen: &Mutex<usize>, text: &str| {
        let mut longest = seen.lock().expect("no panic");
        *longest = (*longest).max(text.len());
    };
    let host = HostModule::new("host").expect("a name");
    let host = host.function("size", Cost::units(1), move |text: &str, extra: i64| {
        note(&a, text);
        text.chars().count() as i64 + extra
    });
    let host = host.and_then(|host| {
        host.function("shout", Cost::units(1).per_byte(1), move |text: String, loud: bool| {
            note(&b, &text);
            if loud { text.to_uppercase() } else { text }
        })
    });
    host.expect("functions")
}

#[test]
fn an_argument_is_text_of_the_guest_or_a_fault() {
    let longest: Arc<Mutex<usize>> = Arc::default();
    let host = host(&longest);
    let mut memory = vec![0; 4096];
    abi::write_text(&mut memory, 1024, "grüße").expect("it fits");
    memory.extend_from_slice(&1024i32.to_le_bytes());
    fuzz(20_000, &[memory], |bytes| {
        let Some((memory, address)) = bytes.split_last_chunk::<4>() else { return };
        let address = i32::from_le_bytes(*address);
        for (name, args) in [
            ("size", [Val::I32(address), Val::I64(1)]),
            ("shout", [Val::I32(address), Val::I32(address)]),
            ("shout", [Val::I32(address.wrapping_neg()), Val::I32(0)]),
        ] {
            *longest.lock().expect("no panic") = 0;
            match host.call(name, &args, memory) {
                Ok(Answer::Nothing) => panic!("there is an answer"),
                Ok(_) => assert!(*longest.lock().expect("no panic") <= memory.len()),
                Err(HostError::External { .. }) => assert_eq!(*longest.lock().expect("no panic"), 0),
                Err(other) => panic!("{other}"),
            }
        }
    });
    let mut noise = vec![0; 2048];
    abi::write_text(&mut noise, 1024, "abc").expect("it fits");
    noise[1024 + abi::STR_BYTES as usize] = 0xff;
    match host.call("size", &[Val::I32(1024), Val::I64(0)], &noise) {
        Err(HostError::External { problem, .. }) => assert_eq!(problem, Problem::Fault(GuestFault::Utf8)),
        other => panic!("{other:?}"),
    }
    for wrong in [&[][..], &[Val::I64(0), Val::I64(0)], &[Val::I32(0)], &[Val::I32(0); 3]] {
        assert!(host.call("shout", wrong, &[0; 64]).is_err());
    }
}

const MAIN: &str = "\
import ovenbird
from host import shout, size


@ovenbird.jit(cache=True)
def f(n):
    text = 'x'
    total = 0
    for i in range(n):
        text = shout(text + 'ä', i % 2 == 0)
        total += size(text, i)
    return text + str(total)


print(f(5))
";

#[test]
fn sealed_wasm_of_any_bytes_cannot_get_past_the_wall() {
    let project = Project::new(&[]);
    let longest: Arc<Mutex<usize>> = Arc::default();
    let host = host(&longest);
    let run = || {
        let limits = ovenbird::Limits::default().cpu_units(10_000_000).memory_bytes(4 << 20);
        let tenant = Tenant::default().limits(limits.deadline(std::time::Duration::from_secs(2)));
        let engine = project.engine();
        let source = Source::new("main.py", MAIN).host(host.clone());
        let program = engine.compile(&source).expect("parsed");
        let outcome = program.run(&tenant, Output::Capture(Vec::new()));
        outcome.result.ok().map(|_| String::from_utf8_lossy(outcome.output.captured()).into_owned())
    };
    let wanted = run();
    assert_eq!(wanted.as_deref(), Some("XÄÄÄÄÄ30\n"));
    for path in entries(&project, "wasm") {
        let good = Entry::read(&path);
        fuzz(60, std::slice::from_ref(&good.payload), |payload| {
            Entry { payload: payload.to_vec(), ..good.clone() }.plant(&path, SECRET);
            *longest.lock().expect("no panic") = 0;
            run();
            assert!(*longest.lock().expect("no panic") <= 4 << 20);
        });
        good.plant(&path, SECRET);
        assert_eq!(run(), wanted);
    }
}

/// A unit of no parameters that returns an int: it calls `host.shout` with a text at `address`; its allocator
/// is what `alloc` says.
fn hostile(address: i32, alloc: impl Fn(&mut InstructionSink<'_>)) -> Artifact {
    let shout = ExternalShape { params: "ii".to_owned(), results: "i".to_owned() };
    let main = |out: &mut InstructionSink<'_>| {
        out.i32_const(address).i32_const(0).call(forge::external(0)).drop().i64_const(7);
    };
    forge::unit(&[shout], main, alloc)
}

const SMALL: &str = "\
import ovenbird
from host import shout


@ovenbird.jit(cache=True)
def f():
    return len(shout('x', True))
";

#[test]
fn an_allocator_of_the_guest_is_not_trusted() {
    let project = Project::new(&[]);
    let host = host(&Arc::default());
    let run = || {
        let program = project.engine().compile(&Source::new("main.py", SMALL).host(host.clone()));
        program.and_then(|p| p.get::<fn() -> i64>("f")?.call(&Tenant::default(), ()))
    };
    assert_eq!(run().expect("it runs"), 1);
    let path = entries(&project, "wasm").remove(0);
    let good = Entry::read(&path);
    let ended = |artifact: Artifact| {
        Entry { payload: artifact.encode(), ..good.clone() }.plant(&path, SECRET);
        run().map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
    };
    let wrongly = |what: &str| {
        Err(format!("internal error: the guest called the host function `host.shout` wrongly: {what}"))
    };
    // Memory is zero there: a text of no bytes.
    assert_eq!(ended(hostile(4096, forge::always(8192))), Ok(7));
    for address in [65_536, -1, i32::MIN, 65_536 - 23] {
        assert_eq!(
            ended(hostile(4096, forge::always(address))),
            wrongly("a memory range is out of bounds"),
            "{address}"
        );
        assert_eq!(
            ended(hostile(address, forge::always(8192))),
            wrongly("a memory range is out of bounds"),
            "{address}"
        );
    }
    assert_eq!(ended(hostile(0, forge::always(8192))), wrongly("a memory range is out of bounds"));
    // It calls back while the host hands over a text.
    let back = |out: &mut InstructionSink<'_>| {
        out.i32_const(4096).i32_const(0).call(forge::external(0));
    };
    assert_eq!(ended(hostile(4096, back)), wrongly("a host function calls for memory and is called instead"));
    let dies = |out: &mut InstructionSink<'_>| {
        out.unreachable();
    };
    assert!(matches!(ended(hostile(4096, dies)), Err(text) if text.contains("the guest trapped")));
    // An artifact that says less than its wasm imports, or something else.
    for externals in [Vec::new(), vec![ExternalShape { params: "il".to_owned(), results: "i".to_owned() }]] {
        let lying = Artifact { externals, ..hostile(4096, forge::always(8192)) };
        assert_eq!(ended(lying), Ok(1), "it is made anew");
    }
    good.plant(&path, SECRET);
    assert!(matches!(run(), Ok(1) | Err(Error::Internal(_))));
}
