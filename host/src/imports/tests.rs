//! The table of host functions, called as a guest would: well and badly.

use super::*;
use crate::limits::LimitKind;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::path::PathBuf;
use std::time::Duration;

const PATH: &str = "cycling_dataset.pq";

fn state() -> HostState {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let grants = Grants::none().dir(Dir::open_ambient_dir(data, ambient_authority()).unwrap(), "");
    HostState::new(Limits::default(), grants, Output::Capture(Vec::new()))
}

fn fingerprint() -> i64 {
    let mut state = state();
    let grants = state.grants.clone();
    Dataset::open(&grants, PATH, &mut state.ledger).unwrap().schema().fingerprint() as i64
}

fn memory_with(text: &str) -> Vec<u8> {
    let mut memory = vec![0u8; 1 << 20];
    memory[..text.len()].copy_from_slice(text.as_bytes());
    memory
}

fn int(result: Result<Option<Val>, HostError>) -> i64 {
    match result.unwrap() {
        Some(Val::I64(value)) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn prints_and_charges() {
    let mut state = state();
    state.ledger = Ledger::new(Limits::default().output_bytes(8));
    let mut memory = memory_with("hello");
    let args = [Val::I32(0), Val::I64(5)];
    call(&mut state, &mut memory, Import::Print, &args).unwrap();
    assert_eq!(state.output.captured(), b"hello");
    let error = call(&mut state, &mut memory, Import::Print, &args).unwrap_err();
    assert!(matches!(error, HostError::Limit(limit) if limit.which == LimitKind::Output));
    assert_eq!(error.to_string(), "output limit exceeded: used 10 bytes, allowed 8 bytes");
}

/// Without `has_clock` in `host/src/imports/text.rs`: a guest can measure time.
#[test]
fn the_clock_is_a_grant() {
    let mut state = state();
    assert!(matches!(call(&mut state, &mut [], Import::Time, &[]), Err(HostError::Denied { .. })));
    state.grants = Grants::none().clock(true);
    assert!(matches!(call(&mut state, &mut [], Import::Time, &[]), Ok(Some(Val::F64(now))) if now > 1.7e9));
}

#[test]
fn formats_and_parses_in_memory() {
    let mut state = state();
    let mut memory = memory_with(" 2.5e0 ");
    let args = [Val::I32(0), Val::I64(7), Val::I32(64)];
    assert_eq!(int(call(&mut state, &mut memory, Import::ParseF64, &args)), 1);
    assert_eq!(memory[64..72], 2.5f64.to_le_bytes());
    let args = [Val::F64(1e22), Val::I64(i64::from(b'r')), Val::I64(0), Val::I32(100)];
    assert_eq!(int(call(&mut state, &mut memory, Import::FormatF64, &args)), 5);
    assert_eq!(&memory[100..105], b"1e+22");
    let args = [Val::F64(1e308), Val::I64(i64::from(b'f')), Val::I64(300), Val::I32(100)];
    assert!(matches!(call(&mut state, &mut memory, Import::FormatF64, &args), Err(HostError::Value(_))));
    let args = [Val::F64(1.0), Val::I64(i64::from(b'f')), Val::I64(i64::MAX), Val::I32(100)];
    assert!(matches!(call(&mut state, &mut memory, Import::FormatF64, &args), Err(HostError::Value(_))));
}

#[test]
fn scans_a_file() {
    let mut state = state();
    let mut memory = memory_with(PATH);
    let path = [Val::I32(0), Val::I64(PATH.len() as i64), Val::I64(fingerprint())];
    let handle = int(call(&mut state, &mut memory, Import::DatasetOpen, &path));
    assert_eq!(int(call(&mut state, &mut memory, Import::DatasetOpen, &path)), handle);
    assert_eq!(int(call(&mut state, &mut memory, Import::DatasetRows, &[Val::I64(handle)])), 3902);
    memory[64..72].copy_from_slice(&7i64.to_le_bytes());
    let before = state.ledger.usage().host_bytes;
    let args = [Val::I64(handle), Val::I32(64), Val::I64(1)];
    let scan = int(call(&mut state, &mut memory, Import::ScanOpen, &args));
    memory[80..84].copy_from_slice(&4096i32.to_le_bytes());
    let next = [Val::I64(scan), Val::I64(4000), Val::I32(80)];
    assert_eq!(int(call(&mut state, &mut memory, Import::ScanNext, &next)), 3902);
    let first = i64::from_le_bytes(memory[4096..4104].try_into().unwrap());
    assert!((0..2000).contains(&first));
    assert_eq!(int(call(&mut state, &mut memory, Import::ScanNext, &next)), 0);
    call(&mut state, &mut memory, Import::ScanClose, &[Val::I64(scan)]).unwrap();
    assert_eq!(state.ledger.usage().host_bytes, before);
    assert_eq!(int(call(&mut state, &mut memory, Import::ScanOpen, &args)), scan);
}

#[test]
fn bad_datasets_have_python_exceptions() {
    let mut state = state();
    let mut open = |path: &str, fingerprint: i64| {
        let mut memory = memory_with(path);
        let args = [Val::I32(0), Val::I64(path.len() as i64), Val::I64(fingerprint)];
        call(&mut state, &mut memory, Import::DatasetOpen, &args).unwrap_err()
    };
    assert_eq!(
        open("none.pq", 0).exception().unwrap(),
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'none.pq'".to_owned())
    );
    assert_eq!(open("../data/x", 0).exception().unwrap().0, "PermissionError");
    assert_eq!(open(".", 0).exception().unwrap().0, "IsADirectoryError");
    assert!(open(PATH, 0).to_string().contains("its schema changed"));
}

/// Without `u8::try_from(kind)` in `imports/text.rs`, and the number of columns and `usize::try_from` of a column in
/// `imports/datasets.rs`: numbers that do not fit are taken for others that do.
#[test]
fn numbers_that_do_not_fit_are_faults() {
    let mut state = state();
    let mut memory = memory_with(PATH);
    let number = |result: Result<Option<Val>, HostError>| {
        assert!(matches!(result, Err(HostError::Fault { fault: GuestFault::Number, .. })), "{result:?}");
    };
    let kind = i64::from(b'r');
    for (kind, precision) in [(kind + 256, 0), (kind - 256, 0), (-1, 0), (kind, -1), (kind, i64::MIN)] {
        let args = [Val::F64(1.0), Val::I64(kind), Val::I64(precision), Val::I32(100)];
        number(call(&mut state, &mut memory, Import::FormatF64, &args));
    }
    let path = [Val::I32(0), Val::I64(PATH.len() as i64), Val::I64(fingerprint())];
    let handle = int(call(&mut state, &mut memory, Import::DatasetOpen, &path));
    let columns = state.datasets[0].dataset().schema().columns.len() as i64;
    memory[1024..1024 + 8 * columns as usize + 8].fill(0);
    let held = state.ledger.usage().host_bytes;
    let mut open = |memory: &mut Vec<u8>, count| {
        let args = [Val::I64(handle), Val::I32(1024), Val::I64(count)];
        let opened = call(&mut state, memory, Import::ScanOpen, &args);
        if opened.is_err() {
            assert_eq!(state.ledger.usage().host_bytes, held, "it holds memory all the same");
        }
        opened
    };
    for count in [-1, columns + 1, i64::MIN, 1 << 61] {
        number(open(&mut memory, count));
    }
    for column in [-1, -256, i64::MIN] {
        memory[1024..1032].copy_from_slice(&column.to_le_bytes());
        number(open(&mut memory, 1));
    }
    memory[1024..1032].copy_from_slice(&columns.to_le_bytes());
    assert!(matches!(open(&mut memory, 1), Err(HostError::Dataset { .. })));
    memory[1024..1032].fill(0);
    assert_eq!(int(open(&mut memory, columns)), 1, "as often as there are columns");
    for capacity in [0, -1, i64::MIN] {
        let args = [Val::I64(1), Val::I64(capacity), Val::I32(80)];
        number(call(&mut state, &mut memory, Import::ScanNext, &args));
    }
    // Numbers are no text.
    number(call(&mut state, &mut memory, Import::ScanTextLen, &[Val::I64(1), Val::I64(0)]));
}

/// Without a `state.work` in `imports/text.rs` or `imports/datasets.rs`: a guest has the host work for nothing.
#[test]
fn every_function_charges_by_what_it_does() {
    let mut state = state();
    let mut memory = memory_with(PATH);
    let mut cost = |memory: &mut Vec<u8>, import, args: &[Val]| {
        let result = int(call(&mut state, memory, import, args).map(|value| value.or(Some(Val::I64(0)))));
        (result, state.take_work())
    };
    let path = [Val::I32(0), Val::I64(PATH.len() as i64), Val::I64(fingerprint())];
    let (handle, _) = cost(&mut memory, Import::DatasetOpen, &path);
    let (_, printed) = cost(&mut memory, Import::Print, &[Val::I32(4096), Val::I64(40_000)]);
    assert_eq!(printed, 10_016);
    let parsed = [Val::I32(4096), Val::I64(40_000), Val::I32(64)];
    assert_eq!(cost(&mut memory, Import::ParseF64, &parsed), (0, 10_016));
    memory[64..72].copy_from_slice(&7i64.to_le_bytes());
    let (scan, opened) = cost(&mut memory, Import::ScanOpen, &[Val::I64(handle), Val::I32(64), Val::I64(1)]);
    assert_eq!(opened, 1_000);
    memory[80..84].copy_from_slice(&4096i32.to_le_bytes());
    let next = [Val::I64(scan), Val::I64(4000), Val::I32(80)];
    assert_eq!(cost(&mut memory, Import::ScanNext, &next), (3902, 500 + 3902));
    // A column of texts: what is copied is paid for.
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/lang/pandas/data");
    let grants = Grants::none().dir(Dir::open_ambient_dir(data, ambient_authority()).unwrap(), "");
    let mut state = HostState::new(Limits::default(), grants.clone(), Output::Discard);
    let schema = Dataset::open(&grants, "missing.parquet", &mut state.ledger).unwrap().schema().clone();
    let is_text = |column: &ovenbird_compiler::schema::Column| {
        matches!(column.dtype, ovenbird_compiler::schema::DType::Str)
    };
    let column = schema.columns.iter().position(is_text).expect("a column of texts");
    let mut memory = memory_with("missing.parquet");
    memory[64..72].copy_from_slice(&(column as i64).to_le_bytes());
    for (at, place) in [4096i32, 0, 8192, 0].iter().enumerate() {
        memory[80 + 4 * at..84 + 4 * at].copy_from_slice(&place.to_le_bytes());
    }
    let mut cost = |import, args: &[Val]| {
        let result =
            int(call(&mut state, &mut memory, import, args).map(|value| value.or(Some(Val::I64(0)))));
        (result, state.take_work())
    };
    cost(Import::DatasetOpen, &[Val::I32(0), Val::I64(15), Val::I64(schema.fingerprint() as i64)]);
    cost(Import::ScanOpen, &[Val::I64(1), Val::I32(64), Val::I64(1)]);
    cost(Import::ScanNext, &[Val::I64(1), Val::I64(100), Val::I32(80)]);
    let (bytes, _) = cost(Import::ScanTextLen, &[Val::I64(1), Val::I64(0)]);
    let (_, copied) = cost(Import::ScanText, &[Val::I64(1), Val::I64(0), Val::I32(16_384)]);
    assert_eq!(copied, bytes as u64 / 4 + 16);
}

/// Without `check_deadline` after printing to a stream in `imports/text.rs`: a reader that takes its time holds the thread
/// past the deadline, once for each line.
#[test]
fn a_slow_reader_of_what_is_printed_counts_for_the_deadline() {
    let mut memory = memory_with("line");
    let args = [Val::I32(0), Val::I64(4)];
    let mut print = |output| {
        let limits = Limits::default().deadline(Duration::ZERO);
        call(&mut HostState::new(limits, Grants::none(), output), &mut memory, Import::Print, &args)
    };
    assert!(print(Output::Discard).is_ok(), "less than a slice is not looked at");
    let error = print(Output::stream(std::io::sink(), false)).unwrap_err();
    assert!(matches!(error, HostError::Limit(limit) if limit.which == LimitKind::Deadline), "{error}");
}

/// Without the look at the clock in `HostState::work`: a function that goes over much is not watched.
#[test]
fn work_is_watched_once_a_slice() {
    let mut state =
        HostState::new(Limits::default().deadline(Duration::ZERO), Grants::none(), Output::Discard);
    let mut memory = vec![b' '; 1 << 20];
    let mut print = |bytes| call(&mut state, &mut memory, Import::Print, &[Val::I32(0), Val::I64(bytes)]);
    assert!(print(4 * SLICE as i64 - 400).is_ok());
    let error = print(1_600).unwrap_err();
    assert!(matches!(error, HostError::Limit(limit) if limit.which == LimitKind::Deadline), "{error}");
}

/// Without `reserve_host` in `preopen`: the footer that the compiler read is held for nothing.
#[test]
fn a_dataset_that_is_handed_over_is_charged() {
    let grants = state().grants;
    let dataset = Dataset::open(&grants, PATH, &mut Ledger::new(Limits::default())).unwrap();
    let held = dataset.reserved();
    let over = |allowed| {
        let limits = Limits::default().host_bytes(allowed);
        let mut state = HostState::new(limits, grants.clone(), Output::Discard);
        state.preopen(PATH, dataset.clone()).map(|()| state.ledger.usage().host_bytes)
    };
    assert_eq!(over(held), Ok(held));
    assert!(over(held - 1).is_err());
}

/// Without `table_growing` in `imports/link.rs`: nothing bounds a table, if ever a module has one.
#[test]
fn tables_do_not_grow() {
    use wasmtime::ResourceLimiter as _;
    let mut limiter = MemoryLimiter::new(1 << 30);
    assert!(limiter.table_growing(0, 1 << 16, None).unwrap());
    assert!(!limiter.table_growing(0, (1 << 16) + 1, None).unwrap());
    assert!(limiter.memory_growing(0, 1 << 30, None).unwrap());
    assert!(!limiter.memory_growing(0, 1 << 20, Some(1 << 16)).unwrap(), "beyond the memory's own end");
    assert!(!limiter.memory_growing(0, (1 << 30) + 1, None).unwrap());
}

/// Without `range` in `host/src/imports/guest.rs`, or `GuestFault::Number` in `host/src/imports/datasets.rs`: an
/// argument is a panic of the host.
#[test]
fn no_argument_makes_it_panic() {
    let mut state = state();
    let mut memory = memory_with(PATH);
    let path = [Val::I32(0), Val::I64(PATH.len() as i64), Val::I64(fingerprint())];
    int(call(&mut state, &mut memory, Import::DatasetOpen, &path));
    let args = [Val::I64(1), Val::I32(64), Val::I64(1)];
    int(call(&mut state, &mut memory, Import::ScanOpen, &args));
    let numbers = [0, 1, -1, 2, 80, 1 << 19, (1 << 20) - 1, 1 << 20, i64::from(i32::MAX), i64::MIN, i64::MAX];
    for import in Import::ALL {
        let params = import.params();
        for combination in 0..numbers.len().pow(params.len().min(3) as u32) {
            let mut rest = combination;
            let args: Vec<Val> = params
                .iter()
                .map(|ty| {
                    let number = numbers[rest % numbers.len()];
                    rest /= numbers.len();
                    match ty {
                        ovenbird_compiler::ir::Ty::I32 => Val::I32(number as i32),
                        ovenbird_compiler::ir::Ty::I64 => Val::I64(number),
                        _ => Val::F64(number as f64),
                    }
                })
                .collect();
            let _ = call(&mut state, &mut memory, *import, &args);
        }
        assert!(call(&mut state, &mut memory, *import, &[Val::I32(0); 7]).is_err());
        let _ = call(&mut state, &mut [], *import, &[Val::I64(1), Val::I64(1), Val::I32(0)]);
    }
}

#[test]
fn works_inside_wasmtime() {
    use wasmtime::{Engine, Linker, Memory, MemoryType, Module, Store};
    let engine = Engine::default();
    let wat = wat_module();
    let module = Module::new(&engine, wat).unwrap();
    let mut data = StoreData::new(state());
    data.host.ledger = Ledger::new(Limits::default().deadline(Duration::from_secs(60)));
    let mut store = Store::new(&engine, data);
    store.limiter(|data| &mut data.limiter);
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    store.data_mut().memory = Some(memory);
    memory.write(&mut store, 8, b"from the guest").unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut store, &mut linker).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let main = instance.get_typed_func::<(i32, i64), ()>(&mut store, "main").unwrap();
    main.call(&mut store, (8, 14)).unwrap();
    assert_eq!(store.data().host.output.captured(), b"from the guest");
    let error = main.call(&mut store, (8, 1 << 30)).unwrap_err();
    let error = error.downcast_ref::<HostError>().unwrap();
    assert_eq!(*error, HostError::Fault { import: Import::Print, fault: GuestFault::Range });
    assert!(memory.grow(&mut store, 1 << 15).is_err());
    assert!(store.data().limiter.refused().is_some());
}

/// `(module (import "ovenbird" "host_print" (func (param i32 i64))) (export "main" (func 0)))`.
fn wat_module() -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend([0x01, 0x06, 0x01, 0x60, 0x02, 0x7f, 0x7e, 0x00]);
    let (module, name) = (ovenbird_compiler::abi::MODULE, Import::Print.name());
    let mut import = vec![0x01, module.len() as u8];
    import.extend(module.as_bytes());
    import.push(name.len() as u8);
    import.extend(name.as_bytes());
    import.extend([0x00, 0x00]);
    bytes.extend([0x02, import.len() as u8]);
    bytes.extend(&import);
    bytes.extend([0x07, 0x08, 0x01, 0x04]);
    bytes.extend(b"main");
    bytes.extend([0x00, 0x00]);
    bytes
}
