//! The host's functions against a hostile guest: any calls in any order, with any pointers, lengths, handles and memory;
//! by the executors' way in, and by forged wasm through wasmtime. Each call gives a value or a typed error, the ledger
//! stays within its limits, and both ways agree.
//!
//! Without the checks of `host/src/imports/guest.rs` (ranges, UTF-8) or the handles of `imports/datasets.rs` a round
//! panics; without the charges of `host/src/limits.rs` it is over its limits.

use std::time::Duration;

use ovenbird::imports::{GuestFault, HostError, HostState, Val, call};
use ovenbird::limits::{Ledger, LimitKind};
use ovenbird::{Error, Grants, Limits, Output, Source, Tenant};
use ovenbird_compiler::abi::{self, Import};
use ovenbird_compiler::ir::Ty;
use ovenbird_tests::files::root;
use ovenbird_tests::forge;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::project::{Project, SECRET, grants};
use ovenbird_tests::seal::Entry;
use wasm_encoder::InstructionSink;

use crate::entries;

/// Bytes of the guest's memory.
const MEMORY: usize = 64 << 10;
/// Where the mutated part of the memory begins, and how long it is.
const IMAGE: std::ops::Range<usize> = 1024..1280;
/// Most calls of one round.
const CALLS: usize = 24;
/// A file with text and missing values.
const FILE: &str = "missing.parquet";

/// Little of everything.
fn limits() -> Limits {
    let limits = Limits::default().host_bytes(2 << 20).output_bytes(100_000).files(3).scans(4);
    let limits =
        limits.bytes_read(4 << 20).rows_read(5_000).pages_read(200).deadline(Duration::from_secs(60));
    limits.memory_bytes(MEMORY as u64).cpu_units(1 << 30)
}

fn granted() -> Grants {
    grants(&root().join("tests/lang/pandas/data")).clock(false)
}

fn fingerprint() -> i64 {
    let mut ledger = Ledger::new(Limits::default());
    let dataset = ovenbird::io::Dataset::open(&granted(), FILE, &mut ledger).expect("a dataset");
    dataset.schema().fingerprint() as i64
}

/// A call: the function, and of each argument the kind and the number.
type Call = (Import, Vec<(u8, i32)>);

/// An argument of a call.
#[derive(Clone, Copy)]
enum Argument {
    Plain(i64),
    /// What the last call gave, and so much more.
    Last(i64),
}

/// What an argument is.
fn argument(kind: u8, number: i32, fingerprint: i64) -> Argument {
    let edges = [
        0,
        1,
        -1,
        i64::MAX,
        i64::MIN,
        i64::from(i32::MAX),
        i64::from(u32::MAX),
        1 << 32,
        MEMORY as i64,
        MEMORY as i64 - 1,
        i64::from(b'r'),
        fingerprint,
    ];
    match kind % 5 {
        0 => Argument::Plain(i64::from(number)),
        1 => Argument::Last(i64::from(number % 2)),
        2 => Argument::Plain(edges[number.unsigned_abs() as usize % edges.len()]),
        3 => Argument::Plain(i64::from(number.rem_euclid(MEMORY as i32))),
        _ => Argument::Plain(1 + i64::from(number.rem_euclid(4))),
    }
}

/// Bytes as a part of the memory and the calls after it.
fn decoded(bytes: &[u8]) -> (&[u8], Vec<Call>) {
    let (image, mut rest) = bytes.split_at(bytes.len().min(IMAGE.len()));
    let mut calls = Vec::new();
    while let Some((which, after)) = rest.split_first().filter(|_| calls.len() < CALLS) {
        rest = after;
        let import = Import::ALL[usize::from(*which) % Import::ALL.len()];
        let args = import.params().iter().map(|_| {
            let piece = rest.get(..5).unwrap_or(&[0; 5]);
            rest = rest.get(5..).unwrap_or(&[]);
            (piece[0], i32::from_le_bytes([piece[1], piece[2], piece[3], piece[4]]))
        });
        let args = args.collect();
        calls.push((import, args));
    }
    (image, calls)
}

/// The same as bytes.
fn encoded(image: &[u8], calls: &[Call]) -> Vec<u8> {
    let mut bytes = image.to_vec();
    bytes.resize(IMAGE.len(), 0);
    for (import, args) in calls {
        bytes.push(Import::ALL.iter().position(|known| known == import).expect("in the table") as u8);
        args.iter().for_each(|(kind, number)| {
            bytes.push(*kind);
            bytes.extend_from_slice(&number.to_le_bytes());
        });
    }
    bytes
}

/// What honest guests do: a file is opened, scanned column by column and closed; text is printed; numbers are formatted.
fn seeds() -> Vec<Vec<u8>> {
    let mut image = vec![0; IMAGE.len()];
    image[..FILE.len()].copy_from_slice(FILE.as_bytes());
    // Numbers of columns at 1088; destinations at 1120, each of values, validity, offsets and a zero.
    (0..3_u8).for_each(|column| image[64 + 8 * usize::from(column)] = column);
    for column in 0..3 {
        for (part, place) in [8192, 16384, 24576, 0].iter().enumerate() {
            let at = 96 + 16 * column + 4 * part;
            let place = if *place == 0 { 0_i32 } else { place + 12_288 * column as i32 };
            image[at..at + 4].copy_from_slice(&place.to_le_bytes());
        }
    }
    let at = |address: i32| (0, address);
    let last = (1, 0);
    let open = (Import::DatasetOpen, vec![at(1024), at(FILE.len() as i32), (2, 11)]);
    let scan = (Import::ScanOpen, vec![last, at(1088), at(3)]);
    let first = (4, 0);
    let mut read = vec![
        open.clone(),
        scan.clone(),
        (Import::ScanNext, vec![first, at(64), at(1120)]),
        (Import::ScanTextLen, vec![first, at(0)]),
        (Import::ScanTextLen, vec![first, at(1)]),
        (Import::ScanText, vec![first, at(1), at(60_000)]),
        (Import::ScanNext, vec![first, at(1000), at(1120)]),
        (Import::ScanClose, vec![first]),
    ];
    let text = vec![
        (Import::Print, vec![at(1024), at(15)]),
        (Import::FormatF64, vec![at(3), (2, 10), at(4), at(2048)]),
        (Import::ParseF64, vec![at(2048), last, at(2100)]),
        (Import::Math, vec![at(3), at(1), at(2)]),
        (Import::DatasetRows, vec![first]),
        (Import::Time, vec![]),
    ];
    let whole = encoded(&image, &read);
    read.extend(text.clone());
    let repeated: Vec<Call> = std::iter::once(open).chain(std::iter::repeat_n(scan, 12)).collect();
    vec![whole, encoded(&image, &text), encoded(&image, &read), encoded(&image, &repeated)]
}

/// How a round ended: what was printed, and the error.
#[derive(PartialEq, Debug)]
struct Ended {
    printed: Vec<u8>,
    error: Option<String>,
}

/// The calls on a slice of memory; the first error ends them, as in wasm.
fn directly(image: &[u8], calls: &[Call], fingerprint: i64, works: &mut [u32]) -> Ended {
    let mut memory = vec![0; MEMORY];
    // What stands in a guest's memory before it begins: where its heap is.
    for at in [abi::HEAP_TOP as usize, abi::HEAP_END as usize] {
        memory[at..at + 4].copy_from_slice(&abi::DATA_START.to_le_bytes());
    }
    memory[IMAGE.start..IMAGE.start + image.len()].copy_from_slice(image);
    let mut state = HostState::new(limits(), granted(), Output::Capture(Vec::new()));
    let (mut last, mut error) = (0, None);
    for (import, args) in calls {
        let args: Vec<Val> = (import.params().iter().zip(args))
            .map(|(ty, (kind, number))| {
                let number = match argument(*kind, *number, fingerprint) {
                    Argument::Plain(number) => number,
                    Argument::Last(more) => last + more,
                };
                match ty {
                    Ty::I32 => Val::I32(number as i32),
                    Ty::I64 => Val::I64(number),
                    Ty::F64 | Ty::V128 => Val::F64(number as f64),
                }
            })
            .collect();
        match call(&mut state, &mut memory, *import, &args) {
            Ok(result) => {
                works[Import::ALL.iter().position(|known| known == import).expect("in the table")] += 1;
                if let Some(Val::I64(number)) = result {
                    last = number;
                }
            }
            Err(failed) => {
                let shown = failed.to_string();
                assert!(!shown.contains(root().to_str().expect("UTF-8")), "a host path: {shown}");
                assert!(
                    !matches!(failed, HostError::Fault { fault: GuestFault::Arguments, .. }),
                    "{import:?} is in the table"
                );
                error = Some(shown);
                break;
            }
        }
        let (usage, most) = (state.ledger.usage(), limits());
        assert!(usage.host_bytes <= usage.host_bytes_peak && usage.host_bytes_peak <= most.host_bytes);
        assert!(usage.output_bytes <= most.output_bytes && usage.bytes_read <= most.bytes_read);
        assert!(usage.rows_read <= most.rows_read && usage.pages_read <= most.pages_read);
        assert!(usage.files_opened <= most.files);
        assert_eq!(memory.len(), MEMORY);
    }
    Ended { printed: state.output.captured().to_vec(), error }
}

/// Without `range` in `host/src/imports/guest.rs`, or `grow` in `host/src/limits.rs`: a call is a panic, or over its limit.
#[test]
fn any_calls_with_any_memory_give_values_or_errors() {
    let fingerprint = fingerprint();
    let mut works = vec![0; Import::ALL.len()];
    fuzz(4_000, &seeds(), |bytes| {
        let (image, calls) = decoded(bytes);
        directly(image, &calls, fingerprint, &mut works);
    });
    for (import, works) in Import::ALL.iter().zip(works) {
        // The clock is not granted.
        assert!((works > 0) != (*import == Import::Time), "{import:?}: {works} calls worked");
    }
}

const HONEST: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def f():
    return len(str(3))
";

/// The same calls as instructions.
fn emit(out: &mut InstructionSink<'_>, image: &[u8], calls: &[Call], fingerprint: i64) {
    forge::store_text(out, IMAGE.start as i32, image);
    for (import, args) in calls {
        for (ty, (kind, number)) in import.params().iter().zip(args) {
            match argument(*kind, *number, fingerprint) {
                Argument::Plain(number) => out.i64_const(number),
                Argument::Last(more) => out.local_get(forge::NUMBER).i64_const(more).i64_add(),
            };
            match ty {
                Ty::I32 => out.i32_wrap_i64(),
                Ty::F64 => out.f64_convert_i64_s(),
                Ty::I64 | Ty::V128 => out,
            };
        }
        out.call(forge::host(*import));
        match import.results() {
            [Ty::I64] => out.local_set(forge::NUMBER),
            [_] => out.drop(),
            _ => out,
        };
    }
    out.i64_const(3);
}

/// Without `fn with` in `host/src/imports/link.rs` handing the same memory to the same code: wasm gets other answers.
#[test]
fn forged_wasm_gets_no_further_than_the_executors() {
    let project = Project::new(&[]);
    let fingerprint = fingerprint();
    let run = || {
        let tenant = Tenant::default().limits(limits()).grants(granted());
        let program = project.engine().compile(&Source::new("main.py", HONEST)).expect("parsed");
        let f = program.entry("f", &[]).expect("f");
        f.call_with(&tenant, &[], Output::Capture(Vec::new()))
    };
    run().result.expect("it is honest");
    let path = entries(&project, "wasm").remove(0);
    let good = Entry::read(&path);
    let mut works = vec![0; Import::ALL.len()];
    fuzz(60, &seeds(), |bytes| {
        let (image, calls) = decoded(bytes);
        let wanted = directly(image, &calls, fingerprint, &mut works);
        let forged = forge::unit(&[], |out| emit(out, image, &calls, fingerprint), forge::always(4096));
        Entry { payload: forged.encode(), ..good.clone() }.plant(&path, SECRET);
        let outcome = run();
        assert_eq!(outcome.output.captured(), wanted.printed, "{calls:?}");
        match (&outcome.result, &wanted.error) {
            (Ok(_), None) => {}
            // The two know different words, and only wasm pays for what the host does for it.
            (Err(Error::Limit { limit, .. }), Some(error)) => {
                assert!(
                    limit.which == LimitKind::Cpu || error.contains(limit.which.name()),
                    "{limit}, {error}"
                );
            }
            (Err(error), Some(wanted)) => {
                assert!(
                    error.to_string().contains(wanted.as_str())
                        || matches!(error, Error::Raised(_) | Error::Denied(_)),
                    "{error}\n{wanted}"
                );
                assert!(!error.to_string().contains("panic"), "{error}");
            }
            other => panic!("{other:?}: {calls:?}"),
        }
        let usage = &outcome.usage.io;
        assert!(usage.host_bytes_peak <= limits().host_bytes && usage.output_bytes <= limits().output_bytes);
    });
    good.plant(&path, SECRET);
    run().result.expect("it is honest again");
}
