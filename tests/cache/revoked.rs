//! What was taken in from elsewhere, after the one who signed it or the engine that made it was revoked: not used
//! any more, without the cache being cleared, and made anew.

use ovenbird::bundle::{self, Imported};
use ovenbird::cache::Stats;
use ovenbird::{CacheOptions, Trust};
use ovenbird_tests::seal::Entry;

use crate::{Machine, SCRIPT, describe, key, reasons, run_source, stranger, trust};

/// What a machine has to export that has run the script, and the engine that made its native code.
fn exported(signers: &[&bundle::SecretKey]) -> (Vec<u8>, String) {
    let here = Machine::new();
    run_source(&here.engine(), SCRIPT);
    let bytes = bundle::export(&here.cache(), signers).expect("exported");
    let engine = describe(&bytes).natives[0].engine.clone();
    (bytes, engine)
}

/// A machine that has imported this, and has run it, so that it is kept by its text as well.
fn imported(bytes: Vec<u8>, trust: &Trust) -> Machine {
    let there = Machine { secret: 10, trust: trust.clone(), ..Machine::new() };
    bundle::import(&there.cache(), bytes, trust).expect("trusted");
    for _ in 0..2 {
        assert_eq!(run_source(&there.engine(), SCRIPT).0, "6 1.5\n");
    }
    there
}

/// Runs the script: units and modules compiled, reasons, counts.
fn run(machine: &Machine) -> (u64, u64, Vec<String>, Stats) {
    let engine = machine.engine();
    let (printed, units) = run_source(&engine, SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    (engine.compiles(), engine.native_compiles(), reasons(&units), engine.cache().stats())
}

#[test]
fn what_was_imported_under_a_key_that_is_revoked_is_not_used_any_more() {
    let mut there = imported(exported(&[&key()]).0, &trust());
    let (compiles, natives, _, stats) = run(&there);
    assert_eq!((compiles, natives, stats.native_loads), (0, 0, 3), "trusted");
    there.trust = trust().revoke_key(key().public(), "lost");
    let (compiles, natives, reasons, stats) = run(&there);
    assert_eq!((compiles, natives, stats.native_loads), (3, 3, 0), "{stats:?}");
    assert_eq!(reasons, vec!["the entry is not trusted: the key that signed it was revoked"; 3]);
    assert_eq!(stats.artifact.reasons.get("untrusted"), Some(&3), "{stats:?}");
    // What was made anew is in their place.
    let (compiles, natives, _, stats) = run(&there);
    assert_eq!((compiles, natives, stats.native_loads), (0, 0, 3));
}

/// Without `is_engine_revoked` in `host/src/cache/signed.rs`: what was imported before is used for ever.
#[test]
fn what_an_engine_that_is_revoked_made_is_not_used_any_more() {
    let (bytes, engine) = exported(&[&key()]);
    let version = describe(&bytes).natives[0].wasmtime.clone();
    for name in [engine, format!("wasmtime-{version}")] {
        let mut there = imported(bytes.clone(), &trust());
        there.trust = trust().revoke_engine(name, "miscompiles");
        let (compiles, natives, reasons, stats) = run(&there);
        assert_eq!((compiles, natives, stats.native_loads), (0, 3, 0), "the wasm is fine: {stats:?}");
        assert_eq!(reasons, vec!["the entry is not trusted: the engine that made it was revoked"; 3]);
        // What is made here is this user's own business.
        assert_eq!(run(&there).1, 0);
    }
}

#[test]
fn a_second_good_signature_is_enough() {
    let mut there = imported(exported(&[&key(), &stranger()]).0, &trust());
    there.trust = trust().key(stranger().public(), "second").revoke_key(key().public(), "lost");
    let (compiles, natives, _, _) = run(&there);
    assert_eq!((compiles, natives), (0, 0));
    there.trust = trust().revoke_key(key().public(), "lost");
    let (compiles, natives, _, _) = run(&there);
    assert_eq!((compiles, natives), (3, 3), "the other one is not trusted");
}

#[test]
fn what_a_text_gave_with_the_wasm_of_a_revoked_key_is_not_used_either() {
    // Native code was made here from a stranger's wasm, and the script is kept by its text.
    let lenient = trust().unsigned_wasm(true);
    let mut there = imported(exported(&[&stranger()]).0, &lenient);
    let (compiles, natives, _, stats) = run(&there);
    assert_eq!((compiles, natives, stats.units.outcomes.get("hit.l0")), (0, 0, Some(&3)), "{stats:?}");
    there.trust = lenient.revoke_key(stranger().public(), "malicious");
    let (compiles, natives, _, stats) = run(&there);
    // The wasm was honest: the same is made again, and its native code was made here.
    assert_eq!((compiles, natives), (3, 0), "{stats:?}");
    assert_eq!(stats.probe.reasons.get("untrusted"), Some(&1), "{stats:?}");
    assert_eq!(run(&there).3.units.outcomes.get("hit.l0"), Some(&3), "and is kept by its text again");
}

#[test]
fn what_is_refused_can_be_imported_again_under_another_key() {
    let mut there = imported(exported(&[&key()]).0, &trust());
    there.trust = trust().revoke_key(key().public(), "lost").key(stranger().public(), "the new one");
    let again = bundle::import(&there.cache(), exported(&[&stranger()]).0, &there.trust).expect("trusted");
    assert_eq!(again, Imported { added: 6, present: 0, refused: Vec::new() });
    let (compiles, natives, _, _) = run(&there);
    assert_eq!((compiles, natives), (0, 0));
}

#[test]
fn a_trust_file_is_looked_at_for_what_others_signed_only_and_must_be_readable_then() {
    let there = imported(exported(&[&key()]).0, &trust());
    let file = there.folder.path().join("trust");
    let options = || CacheOptions {
        dir: Some(there.folder.path().join("cache")),
        secret: Some(ovenbird::cache::Secret::from_bytes([there.secret; 32])),
        trust_file: Some(file.clone()),
        ..CacheOptions::default()
    };
    let run = || {
        let engine = ovenbird::Engine::builder().cache(ovenbird::Cache::open(options())).build();
        let engine = engine.expect("the engine can be made");
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
        (engine.compiles(), engine.native_compiles())
    };
    assert_eq!(run(), (0, 0), "no file: nothing was revoked");
    // A line that is not understood could be a revocation.
    std::fs::write(&file, format!("revoke {}\n", key().public())).expect("written");
    assert_eq!(run(), (3, 3));
    assert_eq!(run(), (0, 0), "what was made here does not depend on it");
}

#[test]
fn who_signed_an_entry_is_part_of_what_is_authenticated() {
    let mut there = imported(exported(&[&key()]).0, &trust());
    there.trust = trust().revoke_key(key().public(), "lost");
    let list = there.cache().list();
    assert!(!list.is_empty());
    for entry in list.iter().filter(|entry| entry.path.exists()) {
        // As if it had been made here, and as if others had signed it: without the secret, it is damaged then.
        let mut bytes = std::fs::read(&entry.path).expect("read");
        let kind = bytes.len() - 64 + 7;
        assert_eq!(bytes[kind] & 1, 1, "signed by others: {entry:?}");
        bytes[kind] &= !1;
        ovenbird_tests::seal::replace(&entry.path, &bytes);
    }
    let (compiles, natives, _, stats) = run(&there);
    assert_eq!((compiles, natives, stats.native_loads), (3, 3, 0));
    assert_eq!(stats.artifact.reasons.get("corrupt"), Some(&3), "{stats:?}");
}

#[test]
fn an_entry_that_does_not_say_who_signed_it_is_not_used() {
    let there = imported(exported(&[&key()]).0, &trust());
    for entry in there.cache().list() {
        let mut planted = Entry::read(&entry.path);
        planted.trailer = b"nonsense".to_vec();
        planted.plant(&entry.path, [there.secret; 32]);
    }
    let (compiles, natives, _, stats) = run(&there);
    assert_eq!((compiles, natives, stats.native_loads), (3, 3, 0), "{stats:?}");
}
