//! What one call leaves in its memory, the next must not find, however the first ended: with a pool and without.

use std::time::Duration;

use wasmtime::Store;

use super::*;
use crate::engine_config::KEEP_RESIDENT;
use crate::grants::Grants;
use crate::imports::{HostState, Output};
use crate::limits::Limits;
use crate::program::Source;
use crate::run::Tenant;
use crate::value::Value;

/// Fills its memory with a secret, then ends in one of many ways.
const FILL: &str = "\
import numpy as np


def fill(secret, n, how):
    kept = np.full(n, secret)
    text = str(secret) * 100
    total = kept[0] + len(text)
    if how == 1:
        raise ValueError(text)
    if how == 2:
        return kept[n]
    while how == 3:
        total += kept[total % n]
    if how == 4:
        return total + int(np.ones(n * 1000)[0])
    return total
";

/// What a call finds in memory that it did not write.
const LOOK: &str = "\
import numpy as np


def look(secret, n):
    found = 0
    for x in np.empty(n, dtype=np.int64):
        if x == secret:
            found += 1
    return found
";

const SECRET: i64 = 0x5ec2_e7c0_ffee_5ec2;
const TEXT: &[u8] = b"6828274801160642242";

/// Numbers in the secret array: far more than stays resident.
const COUNT: i64 = 100_000;

fn engine(pool: Option<PoolLimits>) -> crate::Engine {
    let builder = crate::Engine::builder();
    pool.map_or(crate::Engine::builder(), |pool| builder.pool(pool)).build().expect("an engine")
}

/// How often the secret is in a memory.
fn found(bytes: &[u8]) -> usize {
    let words = bytes.windows(8).step_by(4).filter(|word| **word == SECRET.to_le_bytes());
    words.count() + bytes.windows(TEXT.len()).filter(|part| *part == TEXT).count()
}

/// All memory of so many stores at once, made as for calls.
fn scan(engine: &crate::Engine, pool: &Pool, stores: usize) -> usize {
    let pages = pool.memory_bytes() >> 16;
    let data = || StoreData::new(HostState::new(Limits::default(), Grants::none(), Output::Discard));
    let mut all: Vec<_> = (0..stores).map(|_| Store::new(engine.wasmtime(), data())).collect();
    let one = |store: &mut Store<StoreData>| {
        let memory = pool.memory(engine.wasmtime(), store, pages).expect("a slot");
        memory.data(&*store).to_vec()
    };
    let memories: Vec<Vec<u8>> = all.iter_mut().map(one).collect();
    memories.iter().map(|bytes| found(bytes)).sum()
}

/// A call that fills its memory, which is then gone.
fn fill(engine: &crate::Engine, how: i64) -> &'static str {
    let function = engine.compile(&Source::new("fill.py", FILL)).expect("a program");
    let args = [Value::Int(SECRET), Value::Int(COUNT), Value::Int(how)];
    let types = [args[0].ty(), args[1].ty(), args[2].ty()];
    let function = function.entry("fill", &types).expect("a function");
    let limits = match how {
        3 => Limits::default().cpu_units(3_000_000),
        5 => Limits::default().deadline(Duration::from_millis(20)),
        _ => Limits::default(),
    };
    let tenant = Tenant::named("victim").limits(limits.memory_bytes(32 << 20));
    let how = if how >= 5 { 3 } else { how };
    let args = [args[0].clone(), args[1].clone(), Value::Int(how)];
    match function.call(&tenant, &args) {
        Ok(_) => "returned",
        Err(Error::Raised(raised)) if raised.exception == "ValueError" => "raised",
        Err(Error::Raised(raised)) if raised.exception == "IndexError" => "trapped",
        Err(Error::Limit { limit, .. }) => limit.which.name(),
        Err(error) => panic!("{error}"),
    }
}

const ENDS: [&str; 6] = ["returned", "raised", "trapped", "CPU limit", "memory limit", "time limit"];

fn cancelled(engine: &crate::Engine) {
    let program = engine.compile(&Source::new("fill.py", FILL)).expect("a program");
    let fill = program.get::<fn(i64, i64, i64) -> i64>("fill").expect("a function");
    let task = fill.spawn(&Tenant::named("victim"), (SECRET, COUNT, 3));
    std::thread::sleep(Duration::from_millis(50));
    task.cancel();
    assert!(matches!(task.join().result, Err(Error::Cancelled { .. })));
}

/// What a guest finds by looking, of all that it can ask for.
fn looked(engine: &crate::Engine) -> i64 {
    let program = engine.compile(&Source::new("look.py", LOOK)).expect("a program");
    let look = program.get::<fn(i64, i64) -> i64>("look").expect("a function");
    look.call(&Tenant::named("thief"), (SECRET, 3_000_000)).expect("it looks")
}

#[test]
fn the_next_in_a_slot_finds_nothing() {
    for slots in [1, 3] {
        let limits = PoolLimits { slots, memory_bytes: 32 << 20 };
        let engine = engine(Some(limits));
        let pool = engine.pool().expect("a pool");
        assert!(COUNT as usize * 8 > 4 * KEEP_RESIDENT, "what stays and what is given back are both tried");
        for (how, wanted) in ENDS.iter().enumerate() {
            assert_eq!(fill(&engine, how as i64), *wanted);
            assert_eq!(scan(&engine, pool, slots as usize), 0, "after a call that {wanted}");
            assert_eq!(looked(&engine), 0, "after a call that {wanted}");
        }
        cancelled(&engine);
        assert_eq!(scan(&engine, pool, slots as usize), 0, "after a call that was cancelled");
    }
}

#[test]
fn without_a_pool_nothing_is_found_either() {
    let engine = engine(None);
    for (how, wanted) in ENDS.iter().enumerate() {
        assert_eq!(fill(&engine, how as i64), *wanted);
        assert_eq!(looked(&engine), 0, "after a call that {wanted}");
    }
    cancelled(&engine);
    assert_eq!(looked(&engine), 0);
}

/// The scan is no use if it cannot see, or if it looks at other slots: the same secret in a slot that is not
/// given back is found, and the slot that is given back is the one that the next call gets.
#[test]
fn the_scan_sees_what_is_not_cleaned() {
    let limits = PoolLimits { slots: 1, memory_bytes: 1 << 20 };
    let engine = engine(Some(limits));
    let pool = engine.pool().expect("a pool");
    let data = || StoreData::new(HostState::new(Limits::default(), Grants::none(), Output::Discard));
    let mut store = Store::new(engine.wasmtime(), data());
    let memory = pool.memory(engine.wasmtime(), &mut store, 16).expect("a slot");
    let place = memory.data_ptr(&store);
    for at in [0, 8 << 10, KEEP_RESIDENT - 8, KEEP_RESIDENT, (1 << 20) - 32] {
        memory.data_mut(&mut store)[at..at + 8].copy_from_slice(&SECRET.to_le_bytes());
    }
    memory.data_mut(&mut store)[99_999..99_999 + TEXT.len()].copy_from_slice(TEXT);
    assert_eq!(found(memory.data(&store)), 6);
    let mut other = Store::new(engine.wasmtime(), data());
    let Err(Error::Limit { limit, .. }) = pool.memory(engine.wasmtime(), &mut other, 16) else {
        panic!("one slot is one")
    };
    assert_eq!(limit, LimitExceeded { which: LimitKind::Instances, used: 2, allowed: 1 });
    drop(store);
    let memory = pool.memory(engine.wasmtime(), &mut other, 16).expect("the slot is free again");
    assert_eq!(memory.data_ptr(&other), place);
    assert_eq!(found(memory.data(&other)), 0);
}

#[test]
fn a_pool_for_which_there_is_no_room_says_how_much_it_needs() {
    // 390 TiB: more than there are addresses in a process.
    let pool = PoolLimits { slots: 100_000, memory_bytes: 1 << 20 };
    let Err(Error::OutOfMemory(why)) = crate::Engine::builder().pool(pool).build() else {
        panic!("it was built")
    };
    assert!(why.contains("393.7 TiB of address space that the pool of memories needs"), "{why}");
}
