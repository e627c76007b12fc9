//! A guest that no compiler of ours made, as if the attacker had taken over the compiler, or the cache and its secret:
//! it calls the host's functions, and the embedder's, with pointers, lengths and handles of its own choice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ovenbird::{Cost, HostModule, LimitKind};
use ovenbird_compiler::abi::{self, Import};
use ovenbird_compiler::artifact::{Artifact, ExternalShape, TrapKind};
use ovenbird_compiler::ir::{Loc, LocId, Message, Site, SiteId};
use ovenbird_tests::forge::{self, always, repeat, store, store_text};
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::Entry;
use wasm_encoder::InstructionSink;

use super::*;

/// Where forged guests keep a text of the embedder's functions.
const TEXT: i32 = 4096;

/// A program whose code in the cache is replaced.
struct Forger {
    project: Project,
    text: &'static str,
    host: Option<HostModule>,
    path: PathBuf,
    good: Entry,
}

impl Forger {
    fn new(text: &'static str, host: Option<HostModule>) -> Forger {
        let project = Project::new(&[]);
        let find = || {
            let list = Cache::open(project.cache_options()).list().into_iter();
            let units = list.filter(|e| e.path.extension().is_some_and(|end| end == "artifact"));
            units.map(|entry| entry.path).find(|path| Artifact::decode(&Entry::read(path).payload).is_ok())
        };
        let mut source = Source::new("main.py", text);
        if let Some(host) = &host {
            source = source.host(host.clone());
        }
        let program = project.engine().compile(&source).expect("it compiles");
        program.entry("f", &[]).expect("f");
        drop(program);
        let path = find().expect("it is kept");
        let good = Entry::read(&path);
        Forger { project, text, host, path, good }
    }

    /// Calls the forged function in an engine, of whose cache it is.
    fn call(&self, builder: EngineBuilder, artifact: &Artifact, tenant: &Tenant) -> Outcome {
        Entry { payload: artifact.encode(), ..self.good.clone() }.plant(&self.path, project::SECRET);
        // Not by the program's text: that would find the native code of the forgery before.
        let builder = builder.cache(Cache::open(self.project.cache_options())).probes(false);
        let engine = builder.build().expect("an engine");
        let mut source = Source::new("main.py", self.text);
        if let Some(host) = &self.host {
            source = source.host(host.clone());
        }
        let f = engine.compile(&source).and_then(|program| program.entry("f", &[]));
        match f {
            Ok(f) => f.call_with(tenant, &[], Output::Capture(Vec::new())),
            Err(error) => Outcome {
                result: Err(error),
                usage: ovenbird::Usage::default(),
                output: Output::Discard,
                units: Vec::new(),
            },
        }
    }
}

/// A kind of engine.
type Place = (&'static str, fn() -> EngineBuilder);

/// Engines of this process: workers never load code of the cache that others made.
fn here() -> [Place; 2] {
    let pool = || Engine::builder().pool(PoolLimits { slots: 2, memory_bytes: 64 << 20 });
    [("one process", Engine::builder), ("a pool", pool)]
}

const PLAIN: &str = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f():\n    return len(str(3))\n";

fn plain() -> Forger {
    Forger::new(PLAIN, None)
}

/// A guest without embedder's functions.
fn guest(body: impl Fn(&mut InstructionSink<'_>)) -> Artifact {
    let body = |out: &mut InstructionSink<'_>| {
        body(out);
        out.i64_const(7);
    };
    forge::unit(&[], body, always(8192))
}

fn limit(outcome: &Outcome) -> Option<LimitKind> {
    outcome.result.as_ref().err().and_then(Error::limit).map(|limit| limit.which)
}

/// Without `range` in `host/src/imports/guest.rs`: a pointer or length beyond the memory is read or written, and the
/// process dies or shows what is there.
#[test]
fn forged_pointers_and_lengths_are_one_failed_call() {
    let forger = plain();
    let around: Vec<String> = (0..1000).map(|i| format!("{SECRET} {i}")).collect();
    for (place, builder) in here() {
        let mut tried = 0;
        for address in [0, 1, 65_535, 65_536, 1 << 20, i32::MAX, i32::MIN, -1] {
            for length in [-1, 65_537, 1 << 20, 1 << 31, 1 << 32, i64::MAX, i64::MIN] {
                let print = guest(|out| {
                    out.i32_const(address).i64_const(length).call(forge::host(Import::Print));
                });
                let outcome = forger.call(builder(), &print, &mallory());
                no_secret(place, &seen(&outcome));
                let Err(Error::Internal(why)) = &outcome.result else { panic!("{outcome:?}") };
                assert_eq!(why, "the guest called host_print wrongly: a memory range is out of bounds");
                assert!(outcome.output.captured().is_empty(), "{place}");
                tried += 1;
            }
            let parse = guest(|out| {
                store_text(out, 2048, b"1.5");
                out.i32_const(2048)
                    .i64_const(3)
                    .i32_const(address)
                    .call(forge::host(Import::ParseF64))
                    .drop();
            });
            let outcome = forger.call(builder(), &parse, &mallory());
            // The last eight bytes of the memory are the guest's to spoil; what is beyond is not.
            let inside = (0..=65_536 - 8).contains(&address);
            assert_eq!(outcome.result.is_ok(), inside, "{place}, {address}: {:?}", outcome.result);
        }
        assert_eq!(tried, 56);
        // All that it has: a page of zeros and its own words.
        let all = guest(|out| {
            out.i32_const(0).i64_const(65_536).call(forge::host(Import::Print));
        });
        let outcome = forger.call(builder(), &all, &mallory());
        assert_eq!(outcome.output.captured().len(), 65_536);
        assert!(outcome.output.captured()[abi::DATA_START as usize..].iter().all(|byte| *byte == 0));
        no_secret(place, &seen(&outcome));
    }
    assert!(around.iter().all(|text| text.starts_with(SECRET)));
}

/// Without `scan` and `dataset` in `host/src/imports/datasets.rs`: a handle that the guest has not opened is somebody
/// else's file.
#[test]
fn forged_handles_name_nothing() {
    let forger = plain();
    let folder = tempfile::tempdir().expect("a folder");
    for (place, builder) in here() {
        let tenant = mallory().grants(project::grants(folder.path()));
        for handle in [0, 1, 2, -1, 64, 1 << 32, i64::MAX, i64::MIN] {
            for import in [
                Import::DatasetRows,
                Import::ScanOpen,
                Import::ScanNext,
                Import::ScanTextLen,
                Import::ScanText,
                Import::ScanClose,
            ] {
                let call = guest(|out| {
                    out.i64_const(handle);
                    for ty in &import.params()[1..] {
                        match ty {
                            ovenbird_compiler::ir::Ty::I32 => out.i32_const(1024),
                            _ => out.i64_const(0),
                        };
                    }
                    out.call(forge::host(import));
                    if !import.results().is_empty() {
                        out.drop();
                    }
                });
                let outcome = forger.call(builder(), &call, &tenant);
                let Err(Error::Internal(why)) = &outcome.result else { panic!("{place}: {outcome:?}") };
                assert!(why.ends_with("a handle or count is out of range"), "{place}, {import:?}: {why}");
            }
        }
    }
}

/// Without `grow` in `host/src/limits.rs`: what a guest asks for again and again is never too much.
#[test]
fn a_guest_that_calls_for_ever_does_not_use_up_the_host() {
    let forger = plain();
    let data = ovenbird_tests::files::root().join("tests/lang/pandas/data");
    let grants = project::grants(&data);
    let fingerprint = {
        let mut ledger = ovenbird::limits::Ledger::new(Limits::default());
        let dataset =
            ovenbird::io::Dataset::open(&grants, "missing.parquet", &mut ledger).expect("a dataset");
        dataset.schema().fingerprint() as i64
    };
    let scans = guest(|out| {
        store_text(out, 1024, b"missing.parquet");
        out.i32_const(1024).i64_const(15).i64_const(fingerprint);
        out.call(forge::host(Import::DatasetOpen)).drop();
        repeat(out, 1 << 40, |out| {
            out.i64_const(1).i32_const(2048).i64_const(2).call(forge::host(Import::ScanOpen)).drop();
        });
    });
    let prints = guest(|out| {
        repeat(out, 1 << 40, |out| {
            out.i32_const(0).i64_const(60_000).call(forge::host(Import::Print));
        });
    });
    let grows = guest(|out| {
        repeat(out, 100_000, |out| {
            out.i32_const(1 << 14).memory_grow(0).drop();
        });
    });
    let formats = guest(|out| {
        repeat(out, 1 << 40, |out| {
            out.i32_const(0).i64_const(4096).i32_const(8192).call(forge::host(Import::ParseF64)).drop();
        });
    });
    let limits = mallory().limits.host_bytes(4 << 20);
    for (place, builder) in here() {
        let run = |artifact: &Artifact, limits: &Limits| {
            let tenant = mallory().grants(grants.clone()).limits(limits.clone());
            let outcome = forger.call(builder(), artifact, &tenant);
            let io = &outcome.usage.io;
            assert!(
                io.host_bytes_peak <= limits.host_bytes && io.output_bytes <= limits.output_bytes,
                "{place}: {io:?}"
            );
            assert!(outcome.usage.memory_peak <= limits.memory_bytes, "{place}");
            outcome
        };
        assert_eq!(limit(&run(&scans, &limits)), Some(LimitKind::Scans), "{place}");
        let many = limits.clone().scans(u64::MAX);
        assert_eq!(limit(&run(&scans, &many)), Some(LimitKind::HostMemory), "{place}");
        assert_eq!(limit(&run(&prints, &limits)), Some(LimitKind::Output), "{place}");
        assert_eq!(limit(&run(&formats, &limits)), Some(LimitKind::Cpu), "{place}");
        let grown = run(&grows, &limits);
        assert!(matches!(grown.result, Ok(Value::Int(7))), "{place}: {:?}", grown.result);
    }
}

/// Without the count of what `from_utf8_lossy` adds in `host/src/imports/text.rs`: bytes that are no text become three
/// times as many, and the host keeps more than `output_bytes`.
#[test]
fn output_that_is_no_text_counts_as_what_is_kept_of_it() {
    let forger = plain();
    let noise = guest(|out| {
        for at in 0..125 {
            store(out, 1024 + 8 * at, -1);
        }
        repeat(out, 1 << 20, |out| {
            out.i32_const(1024).i64_const(1_000).call(forge::host(Import::Print));
        });
    });
    let tenant = mallory().limits(mallory().limits.output_bytes(30_000));
    for (place, builder) in here() {
        let outcome = forger.call(builder(), &noise, &tenant);
        assert_eq!(limit(&outcome), Some(LimitKind::Output), "{place}: {:?}", outcome.result);
        assert_eq!(outcome.output.captured().len(), 30_000, "{place}");
    }
}

/// Without `verify_metering` in `host/src/unit.rs`: a guest that fills its own purse runs for ever.
#[test]
fn a_guest_cannot_fill_its_own_purse() {
    let forger = plain();
    for global in [0, 1] {
        let refill = guest(|out| {
            out.i64_const(i64::MAX).global_set(global);
            repeat(out, 1 << 62, |_| ());
        });
        for (place, builder) in here() {
            let outcome = forger.call(builder(), &refill, &mallory());
            let Err(Error::Internal(why)) = &outcome.result else { panic!("{place}: {outcome:?}") };
            assert!(why.contains("`fuel` or `budget` outside a charge"), "{place}: {why}");
        }
    }
}

/// A guest that raises with a text at an address: the place is found by the number before it.
fn raises(address: i64, prepare: impl Fn(&mut InstructionSink<'_>), message: Message) -> Artifact {
    let mark = 0x1122_3344_5566_7788;
    let mut artifact = guest(|out| {
        prepare(out);
        for slot in 0..4 {
            store(out, abi::TRAP_ARGS as i32 + 8 * slot, address);
        }
        out.i64_const(mark).drop().unreachable();
    });
    let mut pattern = Vec::new();
    wasm_encoder::Encode::encode(&mark, &mut pattern);
    let at = artifact.wasm.windows(pattern.len()).position(|bytes| bytes == pattern).expect("the mark");
    artifact.locs =
        (0..100_000_u32).map(|at| Loc { func: 0, node: 0, parent: at.checked_sub(1).map(LocId) }).collect();
    artifact.sites = vec![Site { exception: "ValueError".to_owned(), message, loc: LocId(99_999) }];
    artifact.traps = vec![((at + pattern.len() + 1) as u32, TrapKind::Raise { site: SiteId(0), floats: 0 })];
    artifact
}

/// Without `MAX_MESSAGE` in `host/src/error.rs`, `MAX_TRACEBACK` in `host/src/run/explain.rs`, or `MAX_INLINED` in `host/src/traceback.rs`: the text of an
/// exception is as long as the guest's memory, outside of every limit, and three times as long if it is no text; and so is the
/// list of the calls that the code says it was inlined at.
#[test]
fn texts_of_exceptions_are_the_guests_own_and_not_endless() {
    let forger = plain();
    let secret = |text: &str| no_secret("an exception", text);
    // And a word that says that it was cut.
    let most = ovenbird::Raised::MAX_MESSAGE + 64;
    for (place, builder) in here() {
        let raised = |artifact: &Artifact| {
            let outcome = forger.call(builder(), artifact, &mallory());
            secret(&seen(&outcome));
            match outcome.result {
                Err(Error::Raised(raised)) => *raised,
                other => panic!("{place}: {other:?}"),
            }
        };
        // Beyond the memory, and lengths that are beyond it.
        for address in [65_536, 65_535, i64::from(u32::MAX), 1 << 31] {
            assert_eq!(raised(&raises(address, |_| (), Message::Dynamic)).message, "", "{place}");
        }
        for length in [-1, i64::MAX, 65_536] {
            let long = raises(TEXT.into(), |out| store(out, TEXT + 16, length), Message::Dynamic);
            assert_eq!(raised(&long).message, "", "{place}");
        }
        // As much as there is, and no text.
        let noise = |out: &mut InstructionSink<'_>| {
            out.i32_const(160).memory_grow(0).drop();
            out.i64_const(2_000_000).local_set(forge::NUMBER);
            store(out, TEXT + 16, 9 << 20);
            repeat(out, 1_000_000, |out| {
                let arg = wasm_encoder::MemArg { offset: TEXT as u64 + 24, align: 0, memory_index: 0 };
                out.local_get(forge::COUNT)
                    .i64_const(8)
                    .i64_mul()
                    .i32_wrap_i64()
                    .i64_const(-1)
                    .i64_store(arg);
            });
        };
        let long = raised(&raises(TEXT.into(), noise, Message::Dynamic));
        assert!((8_000..most).contains(&long.message.len()), "{place}: {}", long.message.len());
        assert!(long.traceback.len() <= 100, "{place}: {} frames", long.traceback.len());
        let template = Message::Template("{0}".repeat(1 << 20));
        let long = raised(&raises(i64::MIN, |_| (), template));
        assert!((8_000..most).contains(&long.message.len()), "{place}: {}", long.message.len());
    }
}

/// The embedder's function, and how often it was called.
fn shout(calls: &Arc<AtomicU64>) -> HostModule {
    let calls = Arc::clone(calls);
    let host = HostModule::new("host").expect("a name");
    let host = host.function("shout", Cost::units(10).per_byte(1), move |text: &str| {
        calls.fetch_add(1, Ordering::SeqCst);
        assert!(text != "bang", "{SECRET} at /etc/host/path");
        text.to_uppercase()
    });
    host.expect("a function")
}

const SHOUTS: &str = "import ovenbird\nfrom host import shout\n\n\n@ovenbird.jit(cache=True)\ndef f():\n    return len(shout('x'))\n";

/// Writes a text as a string block says it is, whatever it is.
fn block(out: &mut InstructionSink<'_>, length: i64, text: &[u8]) {
    store(out, TEXT + abi::BLOCK_HEADER as i32, length);
    store_text(out, TEXT + abi::STR_BYTES as i32, text);
}

fn shouting(body: impl Fn(&mut InstructionSink<'_>), alloc: impl Fn(&mut InstructionSink<'_>)) -> Artifact {
    let shape = ExternalShape { params: "i".to_owned(), results: "i".to_owned() };
    let body = |out: &mut InstructionSink<'_>| {
        body(out);
        out.i64_const(7);
    };
    forge::unit(&[shape], body, alloc)
}

/// Without `hold` in `host/src/external/signature.rs`: the embedder's function is given what is no text, or not the
/// guest's.
#[test]
fn forged_arguments_do_not_reach_the_embedder() {
    let calls = Arc::default();
    let forger = Forger::new(SHOUTS, Some(shout(&calls)));
    let fault = "a memory range is out of bounds";
    for (place, builder) in here() {
        let ended = |address: i32, length: i64, text: &[u8]| {
            let artifact = shouting(
                |out| {
                    block(out, length, text);
                    out.i32_const(address).call(forge::external(0)).drop();
                },
                always(8192),
            );
            let before = calls.load(Ordering::SeqCst);
            let outcome = forger.call(builder(), &artifact, &mallory());
            no_secret(place, &seen(&outcome));
            (outcome.result, calls.load(Ordering::SeqCst) - before)
        };
        assert!(matches!(ended(TEXT, 3, b"abc"), (Ok(Value::Int(7)), 1)), "{place}: the honest one");
        let refused = |(result, calls): (Result<Value, Error>, u64), why: &str| {
            let Err(Error::Internal(text)) = result else { panic!("{place}: {result:?}") };
            assert!(text.ends_with(why), "{place}: {text}");
            assert_eq!(calls, 0, "{place}: {why}");
        };
        for address in [0, -1, i32::MIN, i32::MAX, 65_536, 65_535, 65_536 - 16] {
            refused(ended(address, 3, b"abc"), fault);
        }
        for length in [-1, i64::MIN, i64::MAX, 1 << 32, 65_536, 65_536 - i64::from(TEXT) - 23] {
            refused(ended(TEXT, length, b"abc"), fault);
        }
        for odd in [&b"\xff"[..], b"ab\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"] {
            refused(ended(TEXT, odd.len() as i64, odd), "a text is not UTF-8");
        }
        // A panic says nothing, and the next call is as good as any.
        let (result, count) = ended(TEXT, 4, b"bang");
        let error = result.expect_err("it panics").to_string();
        assert!(
            error.ends_with("the host function `host.shout` panicked") && !error.contains("/etc"),
            "{error}"
        );
        assert_eq!(count, 1);
        assert!(matches!(ended(TEXT, 3, b"abc"), (Ok(Value::Int(7)), 1)), "{place}: after the panic");
    }
}

/// Without `placing` in `host/src/external/wall.rs`: the guest's allocator, which the host calls, calls back, and so on
/// until the host's stack is used up. Without `write_text` in `compiler/src/abi.rs` checking where it writes: what it
/// gives as an address is written to.
#[test]
fn a_forged_allocator_cannot_enter_or_lead_the_host_astray() {
    let calls = Arc::default();
    let forger = Forger::new(SHOUTS, Some(shout(&calls)));
    let honest = |out: &mut InstructionSink<'_>| {
        block(out, 3, b"abc");
        out.i32_const(TEXT).call(forge::external(0)).drop();
    };
    let again = |out: &mut InstructionSink<'_>| {
        out.i32_const(TEXT).call(forge::external(0));
    };
    let prints = |out: &mut InstructionSink<'_>| {
        out.i32_const(TEXT).i64_const(8).call(forge::host(Import::Print)).i32_const(8192);
    };
    let endless = |out: &mut InstructionSink<'_>| {
        out.i64_const(0).call(forge::external(2));
    };
    for (place, builder) in here() {
        let ended = |alloc: &dyn Fn(&mut InstructionSink<'_>)| {
            let outcome = forger.call(builder(), &shouting(honest, alloc), &mallory());
            no_secret(place, &seen(&outcome));
            outcome.result.map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
        };
        let entered = ended(&again).expect_err("it calls back");
        assert!(
            entered.ends_with("a host function calls for memory and is called instead"),
            "{place}: {entered}"
        );
        for address in [65_536, -1, i32::MIN, 65_536 - 26] {
            let lost = ended(&always(address)).expect_err("beyond the memory");
            assert!(lost.ends_with("a memory range is out of bounds"), "{place}, {address}: {lost}");
        }
        // The table's functions are no danger there.
        assert!(matches!(ended(&prints), Ok(Value::Int(7))), "{place}");
        // Recursion without a charge is not even loaded.
        assert!(ended(&endless).expect_err("a cycle").contains("cycle of calls without a charge"), "{place}");
    }
}

/// Without `release_host` in `host/src/external/wall.rs` host memory is used up by calls that are over; without
/// `reserve_host` there a text of any size is copied; without `pay` a guest calls for nothing.
#[test]
fn many_calls_of_the_embedder_cost_the_tenant_and_not_the_host() {
    let calls = Arc::default();
    let forger = Forger::new(SHOUTS, Some(shout(&calls)));
    let often = shouting(
        |out| {
            block(out, 20_000, b"");
            repeat(out, 1 << 40, |out| {
                out.i32_const(TEXT).call(forge::external(0)).drop();
            });
        },
        always(32_768),
    );
    for (place, builder) in here() {
        let run = |host_bytes: u64| {
            let before = calls.load(Ordering::SeqCst);
            let limits = Limits::default().cpu_units(40_000_000).host_bytes(host_bytes);
            let outcome = forger.call(builder(), &often, &mallory().limits(limits));
            (limit(&outcome), outcome.usage.io.host_bytes_peak, calls.load(Ordering::SeqCst) - before)
        };
        let (ended, peak, count) = run(20_000);
        assert_eq!((ended, peak), (Some(LimitKind::Cpu), 20_000), "{place}");
        // A call costs ten units and a unit a byte, there and back.
        assert!((990..=1_000).contains(&count), "{place}: {count} calls for 40,000,000 units");
        assert_eq!(run(19_999), (Some(LimitKind::HostMemory), 0, 0), "{place}");
    }
}

/// Without `are_imports_of` in `host/src/run.rs`: code that imports another function than its program has registered is
/// linked to whatever comes first.
#[test]
fn code_is_linked_to_the_functions_that_its_program_names() {
    let forger = Forger::new(SHOUTS, Some(shout(&Arc::default())));
    let shape =
        |params: &str, results: &str| ExternalShape { params: params.into(), results: results.into() };
    let lists = [vec![], vec![shape("i", "i"), shape("i", "i")], vec![shape("l", "i")], vec![shape("i", "")]];
    for externals in lists {
        let artifact = forge::unit(
            &externals,
            |out| {
                out.i64_const(7);
            },
            always(8192),
        );
        for (place, builder) in here() {
            let outcome = forger.call(builder(), &artifact, &mallory());
            let Err(Error::Internal(why)) = &outcome.result else { panic!("{place}: {outcome:?}") };
            assert!(why.contains("imports other functions than it says"), "{place}: {why}");
        }
    }
}

/// Without `memory.get_mut(start..end)` being checked in `block` in `host/src/run/values.rs`: arguments are written to where a
/// hostile allocator says, in the memory of the host.
#[test]
fn arguments_are_written_into_the_guests_memory_only() {
    let project = Project::new(&[]);
    let text = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(s):\n    return len(s)\n";
    let run = |builder: EngineBuilder| {
        let engine =
            builder.cache(Cache::open(project.cache_options())).probes(false).build().expect("an engine");
        let program = engine.compile(&Source::new("main.py", text))?;
        program.get::<fn(String) -> i64>("f")?.call(&mallory(), (SECRET.to_owned(),))
    };
    assert_eq!(run(Engine::builder()).expect("it is honest"), SECRET.len() as i64);
    let list = Cache::open(project.cache_options()).list().into_iter().map(|entry| entry.path);
    let path =
        list.into_iter().find(|path| Artifact::decode(&Entry::read(path).payload).is_ok()).expect("kept");
    let good = Entry::read(&path);
    for (place, builder) in here() {
        for address in [65_536, 65_535, -1, i32::MIN, i32::MAX, 65_536 - 40] {
            let forged = forge::unit_of(
                "i",
                &[],
                |out| {
                    out.i64_const(7);
                },
                always(address),
            );
            Entry { payload: forged.encode(), ..good.clone() }.plant(&path, project::SECRET);
            match run(builder()) {
                Err(Error::Internal(why)) => {
                    assert_eq!(why, "the guest's allocator gave a bad address", "{place}")
                }
                other => panic!("{place}, {address}: {other:?}"),
            }
        }
        let forged = forge::unit_of(
            "i",
            &[],
            |out| {
                out.i64_const(7);
            },
            always(4096),
        );
        Entry { payload: forged.encode(), ..good.clone() }.plant(&path, project::SECRET);
        assert_eq!(run(builder()).expect("it is in the memory"), 7, "{place}");
    }
}
