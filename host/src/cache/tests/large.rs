//! Large native code: loaded from a sealed copy, verified like any other.

use super::*;
use crate::cache::open::Loadable;
use crate::cache::sealed::SEALED_FROM;

fn leb(mut value: usize, bytes: &mut Vec<u8>) {
    while value > 127 {
        bytes.push(value as u8 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn section(id: u8, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(id);
    leb(content.len(), bytes);
    bytes.extend_from_slice(content);
}

/// A module with so many bytes of data, whose `main` gives the last of them: 5.
fn large_wasm(size: usize) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    section(1, b"\x01\x60\0\x01\x7f", &mut bytes);
    section(3, b"\x01\0", &mut bytes);
    let mut memory = vec![1, 0];
    leb(size / 65536 + 1, &mut memory);
    section(5, &memory, &mut bytes);
    section(7, b"\x01\x04main\0\0", &mut bytes);
    // i32.const 0, i32.load8_u offset=size-1, end
    let mut body = vec![0, 0x41, 0, 0x2d, 0];
    leb(size - 1, &mut body);
    body.push(0x0b);
    let mut code = vec![1];
    leb(body.len(), &mut code);
    code.extend_from_slice(&body);
    section(10, &code, &mut bytes);
    let mut data = vec![1, 0, 0x41, 0, 0x0b];
    leb(size, &mut data);
    data.extend((0..size).map(|index| (index % 251) as u8));
    *data.last_mut().expect("not empty") = 5;
    section(11, &data, &mut bytes);
    bytes
}

pub(super) struct Large {
    pub(super) fixture: Fixture,
    pub(super) recipe: L2Recipe,
    pub(super) path: PathBuf,
}

pub(super) fn stored(size: usize) -> Large {
    let fixture = Fixture::new();
    let wasm = large_wasm(size);
    let recipe = L2Recipe { wasm: wasm_digest(&wasm), ..fixture.native_recipe(0) };
    let compiled = Native::compile(&fixture.engine.engine, &wasm).expect("compiles");
    let cache = fixture.open();
    assert!(cache.put_native(&recipe, &compiled, Duration::ZERO));
    let path = cache.shown_path(&native_slot(&recipe));
    Large { fixture, recipe, path }
}

#[test]
fn large_code_is_loaded_from_a_sealed_copy() {
    let Large { fixture, recipe, path } = stored(5 << 20);
    let cache = fixture.open();
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let Ok(Loadable::Sealed(sealed)) = open.read_native(Where::Own, &native_slot(&recipe)) else {
        panic!("sealed")
    };
    use std::os::unix::fs::FileExt as _;
    assert!(sealed.file().write_at(b"x", 0).is_err(), "nobody can change it any more");
    assert!(sealed.file().set_len(0).is_err());
    let native = cache.get_native(&recipe, &fixture.engine.engine).expect("hit");
    assert_eq!(call(&fixture.engine.engine, &native), 5);
    assert_eq!(cache.stats().native_loads, 1, "not a second time by the other way");

    // What is loaded does not depend on the file any more: it may be rewritten in place.
    let engine = &fixture.engine.engine;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
    fs::write(&path, b"gone").expect("rewritten");
    assert_eq!(call(engine, &native), 5);
    drop(sealed);
    assert_eq!(call(engine, &native), 5);
}

#[test]
fn damaged_large_code_never_reaches_the_deserialiser() {
    let Large { fixture, recipe, path } = stored(SEALED_FROM as usize);
    let good = fs::read(&path).expect("read");
    let cache = fixture.open();
    let miss = |bytes: &[u8]| {
        overwrite(&path, bytes);
        cache.get_native(&recipe, &fixture.engine.engine).map(drop).expect_err("must miss")
    };
    let (step, end) = (good.len() / 23, good.len() - 96);
    for index in (0..good.len()).step_by(step).chain(end..good.len()) {
        let mut bad = good.clone();
        bad[index] ^= 1;
        let reason = miss(&bad);
        assert!(matches!(reason, MissReason::Corrupt(_) | MissReason::Untrusted(_)), "{index}: {reason}");
    }
    for length in [good.len() - 1, good.len() - 40, SEALED_FROM as usize] {
        assert!(matches!(miss(&good[..length]), MissReason::Corrupt(_)), "{length}");
    }
    assert_eq!(cache.stats().native_loads, 0);
    overwrite(&path, &good);
    assert!(cache.get_native(&recipe, &fixture.engine.engine).is_ok());
}

/// Without `parts.thin` in `host/src/cache/sealed.rs`: what is mapped is not the code.
#[test]
fn large_code_without_its_zeros_is_not_loaded() {
    let Large { fixture, recipe, path } = stored(5 << 20);
    let mut bytes = fs::read(&path).expect("read");
    assert!(bytes.starts_with(b"\x7fELF"));
    let cache = fixture.open();
    let Ok(open) = &cache.inner.state else { panic!("on") };
    // As another build, or a program with a bug, could seal it: the bit that says so, and a code that fits.
    let footer = bytes.len() - entry::FOOTER;
    bytes[footer + 7] |= 2;
    let end = bytes.len() - entry::MAC_LEN;
    let mut hasher = entry::authenticator(&open.mac, native_slot(&recipe).key());
    let code = hasher.update(&bytes[..end]).finalize();
    bytes[end..].copy_from_slice(code.as_bytes());
    overwrite(&path, &bytes);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("chmod");
    let found = cache.get_native(&recipe, &fixture.engine.engine).map(drop);
    assert_eq!((found, cache.stats().native_loads), (Err(MissReason::Corrupt("format")), 0));
}

#[test]
fn large_code_that_others_signed_is_not_loaded_once_they_are_revoked() {
    use crate::bundle::{PublicKey, Trust};
    let Large { fixture, recipe, path } = stored(5 << 20);
    let cache = fixture.open();
    let Ok(open) = &cache.inner.state else { panic!("on") };
    let slot = native_slot(&recipe);
    let entry = open.read(Where::Own, &slot).ok().expect("valid");
    let (signer, trailer) = (PublicKey([1; 32]), entry.trailer().expect("whole"));
    let (mac, key, kind) = (&open.mac, slot.key(), slot.kind());
    let sealed = entry::seal_signed(mac, key, kind, entry.payload(), &trailer, &[signer]).expect("small");
    overwrite(&path, &sealed);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("chmod");
    let get = |trust: Trust| {
        let cache = Cache::open(CacheOptions { trust: Some(trust), ..fixture.options() });
        let found = cache.get_native(&recipe, &fixture.engine.engine).map(drop);
        (found, cache.stats().native_loads)
    };
    assert_eq!(get(Trust::nobody()), (Ok(()), 1));
    let (found, loads) = get(Trust::nobody().revoke_key(signer, "lost"));
    assert!(matches!(found, Err(MissReason::Untrusted(why)) if why.contains("revoked")), "{found:?}");
    assert_eq!(loads, 0);
    let engine = recipe.key_and_engine().1;
    let (found, loads) = get(Trust::nobody().revoke_engine(engine, "miscompiles"));
    assert!(matches!(found, Err(MissReason::Untrusted(why)) if why.contains("engine")), "{found:?}");
    assert_eq!(loads, 0);
}

/// Prints what loading costs by size, both ways; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn measure_large_entries() {
    for size in [1 << 18, 1 << 20, 2 << 20, 4 << 20, 8 << 20, 16 << 20] {
        let Large { fixture, recipe, .. } = stored(size);
        let cache = Cache::open(CacheOptions { on_event: None, ..fixture.options() });
        let (engine, slot) = (&fixture.engine.engine, native_slot(&recipe));
        let Ok(open) = &cache.inner.state else { panic!("on") };
        let best = |run: &dyn Fn()| {
            let time = |_| {
                let start = std::time::Instant::now();
                run();
                start.elapsed()
            };
            (0..40).map(time).min().unwrap_or_default()
        };
        let memory = best(&|| {
            let Ok(entry) = open.read(Where::Own, &slot) else { panic!("there") };
            assert_eq!(call(engine, &Native::load(engine, &entry).expect("loads")), 5);
        });
        let sealed = best(&|| {
            let read = open.store.read_with(&slot, false, |fd, size| {
                let copy = crate::cache::fs::memory_file()?;
                crate::cache::sealed::open(&open.mac, slot.key(), fd, size, copy)
            });
            let sealed = read.expect("there").expect("verified");
            assert_eq!(call(engine, &Native::load_sealed(engine, &sealed).expect("loads")), 5);
        });
        println!("{:>6} KiB: from bytes {memory:?}, from a sealed copy {sealed:?}", size >> 10);
    }
}
