//! Export and import: compiled code between machines with different secrets.

use ovenbird::bundle::{self, Imported, Refusal, Standing};
use ovenbird::cache::Secret;
use ovenbird::levels::HostCpu;
use ovenbird::{Cache, CacheOptions, Scope};

use crate::{Machine, SCRIPT, build, describe, key, project, request, run_source, stranger, trust};

/// A machine that has run the script once.
fn warm() -> Machine {
    let machine = Machine::new();
    assert_eq!(run_source(&machine.engine(), SCRIPT).0, "6 1.5\n");
    machine
}

fn export(machine: &Machine) -> Vec<u8> {
    bundle::export(&machine.cache(), &[&key()]).expect("exported")
}

fn elsewhere() -> Machine {
    Machine { secret: 10, ..Machine::new() }
}

#[test]
fn what_was_exported_hits_on_an_empty_machine_and_exports_the_same_bytes() {
    let (here, there) = (warm(), elsewhere());
    let exported = export(&here);
    let imported = bundle::import(&there.cache(), exported.clone(), &trust()).expect("trusted");
    assert_eq!(imported, Imported { added: 6, present: 0, refused: Vec::new() });
    let engine = there.engine();
    let (printed, units) = run_source(&engine, SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0), "{units:?}");
    assert_eq!(export(&there), exported);
}

#[test]
fn what_is_exported_into_a_file_is_the_same() {
    let here = warm();
    let (spool, mut written) = (tempfile::tempfile().expect("a file"), Vec::new());
    let spooled = spool.try_clone().expect("another handle");
    let collected = bundle::Collected::collect(&here.cache(), &|_| true, spool).expect("collected");
    let length = collected.write(&[&key()], &mut written).expect("exported");
    assert_eq!((length, &written), (written.len() as u64, &export(&here)));
    let kept = spooled.metadata().expect("there").len();
    assert!(kept > 0 && kept < length, "the parts without what is said of them: {kept}");
}

#[test]
fn importing_twice_changes_nothing() {
    let there = elsewhere();
    let exported = export(&warm());
    bundle::import(&there.cache(), exported.clone(), &trust()).expect("trusted");
    let before = there.files();
    let again = bundle::import(&there.cache(), exported, &trust()).expect("trusted");
    assert_eq!(again, Imported { added: 0, present: 6, refused: Vec::new() });
    assert_eq!(there.files(), before);
}

#[test]
fn an_altered_blob_signature_or_manifest_leaves_the_cache_as_it_was() {
    let good = export(&warm());
    let there = elsewhere();
    drop(there.cache());
    let before = there.files();
    // A byte of the header, the signature, the manifest, and of blobs.
    let places = [9, 70, 140, good.len() / 2, good.len() - 100, good.len() - 1];
    for at in places {
        let mut bad = good.clone();
        bad[at] ^= 4;
        for trust in [trust(), trust().unsigned_wasm(true)] {
            let refused = bundle::import(&there.cache(), bad.clone(), &trust);
            assert!(matches!(refused, Err(Refusal::Bad(_))), "byte {at}: {refused:?}");
        }
    }
    assert_eq!(there.files(), before);
}

#[test]
fn without_a_trusted_signature_only_wasm_is_imported_and_only_if_allowed() {
    let here = warm();
    for (keys, standing) in
        [(vec![], Standing::Unsigned), (vec![stranger()], Standing::Unknown(vec![stranger().public()]))]
    {
        let bytes = bundle::export(&here.cache(), &keys.iter().collect::<Vec<_>>()).expect("exported");
        let there = elsewhere();
        let refused = bundle::import(&there.cache(), bytes.clone(), &trust());
        assert_eq!(refused, Err(Refusal::Untrusted(standing)));
        let imported = bundle::import(&there.cache(), bytes, &trust().unsigned_wasm(true)).expect("allowed");
        assert_eq!((imported.added, imported.refused.len()), (3, 3));
        let engine = there.engine();
        let (_, units) = run_source(&engine, SCRIPT);
        assert_eq!((engine.compiles(), engine.native_compiles()), (0, units.len() as u64));
        let again = there.engine();
        run_source(&again, SCRIPT);
        assert_eq!(again.native_compiles(), 0, "compiled once");
    }
}

#[test]
fn code_of_a_revoked_engine_is_not_imported() {
    let exported = export(&warm());
    let id = describe(&exported).natives[0].engine.clone();
    let there = elsewhere();
    let trust = trust().revoke_engine(id, "miscompiles");
    let imported = bundle::import(&there.cache(), exported, &trust).expect("the rest is fine");
    assert_eq!((imported.added, imported.refused.len()), (3, 3));
    assert!(imported.refused.iter().all(|(_, why)| why.contains("revoked engine")), "{imported:?}");
}

#[test]
fn a_bundle_that_was_built_can_be_imported_for_the_script_to_hit() {
    let bytes = build(&project(), &request(&HostCpu::detect().levels()), &[&key()]);
    let there = elsewhere();
    bundle::import(&there.cache(), bytes, &trust()).expect("trusted");
    let engine = there.engine();
    let (printed, units) = run_source(&engine, SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 0), "{units:?}");
}

#[test]
fn an_export_says_nothing_of_the_machine() {
    let here = warm();
    let exported = export(&here);
    let folder = here.folder.path().display().to_string();
    assert!(!exported.windows(folder.len()).any(|window| window == folder.as_bytes()));
    assert!(!exported.windows(32).any(|window| window == [here.secret; 32]));
}

/// Without `make_room` in `adopt` in `host/src/cache/transfer.rs`: an import fills the disk until the next day's trim.
#[test]
fn what_is_imported_keeps_to_the_budget() {
    let (exported, there) = (export(&warm()), elsewhere());
    let budget = 20 << 10;
    let cache = Cache::open(CacheOptions {
        dir: Some(there.folder.path().join("cache")),
        secret: Some(Secret::from_bytes([there.secret; 32])),
        budget: Some(budget),
        ..CacheOptions::default()
    });
    let imported = bundle::import(&cache, exported, &trust()).expect("trusted");
    assert_eq!(imported.added, 6);
    let size: u64 = cache.list().iter().map(|entry| entry.size).sum();
    assert!(size > 0 && size <= budget * 11 / 10, "{size} bytes");
    assert_eq!(run_source(&there.engine(), SCRIPT).0, "6 1.5\n");
}

#[test]
fn what_belongs_to_a_tenant_is_not_exported_with_the_rest() {
    let here = warm();
    let exported = export(&here);
    let source = SCRIPT.replace("K = 3", "K = 4");
    assert_eq!(run_source(&here.engine().scope(&Scope::new("acme")), &source).0, "8 2.0\n");
    assert_eq!(export(&here), exported);
    let tenant = bundle::export(&here.cache().scope(&Scope::new("acme")), &[&key()]).expect("exported");
    assert_ne!(tenant, exported, "it is there, for those who name it");
}
