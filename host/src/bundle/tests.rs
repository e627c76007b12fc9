//! Bundles that nobody would build: well signed or well formed, and wrong inside.

use ovenbird_compiler::abi::external::{Cost, External, Plain, Signature};
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::types::Type;

use super::contents::{Contents, Draft, Origin};
use super::manifest::{Manifest, SourceText, UnitRef};
use super::shape::Shape;
use super::*;
use crate::cache::Offer;
use crate::cache::key::tests::sample;
use crate::engine::Engine;
use crate::imports::Output;
use crate::run::Tenant;

fn key() -> SecretKey {
    SecretKey::from_bytes([3; 32])
}

fn trust() -> Trust {
    Trust::nobody().key(key().public(), "test")
}

/// `(module (func (export "main") …))` with this body.
fn module(body: &[u8]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x08\x01\x04main\0\0".to_vec();
    let body_len = u8::try_from(body.len() + 1).expect("short");
    wasm.extend_from_slice(&[0x0a, body_len + 2, 1, body_len, 0]);
    wasm.extend_from_slice(body);
    wasm
}

fn artifact(wasm: Vec<u8>) -> Artifact {
    Artifact {
        wasm,
        traps: Vec::new(),
        calls: Vec::new(),
        sites: Vec::new(),
        locs: Vec::new(),
        functions: Vec::new(),
        exports: Vec::new(),
        imports: Vec::new(),
        externals: Vec::new(),
        entries: Vec::new(),
        data_len: 0,
        needs_memory: false,
        metered: false,
        unread: Vec::new(),
        variables: 0,
    }
}

/// A bundle whose body is this artifact.
fn bundle_of(artifact: &Artifact, keys: &[&SecretKey]) -> Vec<u8> {
    let mut contents = Contents::default();
    let origin =
        Origin { label: "main.__main__", fields: sample().fields(), made_in_us: 0, producer: "test" };
    let key = contents.module(origin, &artifact.encode(), &artifact.wasm).expect("packed");
    let unit = UnitRef {
        module: 0,
        params: Vec::new(),
        result: "None".to_owned(),
        entries: Vec::new(),
        variables: Vec::new(),
        externals: Vec::new(),
        places: Vec::new(),
    };
    let draft = Draft {
        name: String::new(),
        rows: false,
        params: Vec::new(),
        result: Shape::of(&Type::None).expect("it crosses"),
        files: vec![Some(("main.py".to_owned(), "pass\n".to_owned())), None],
        datasets: Vec::new(),
        units: vec![(key, unit)],
    };
    contents.program(draft).expect("packed");
    contents.seal(keys).expect("small")
}

fn run(bytes: Vec<u8>, trust: &Trust) -> Result<(), String> {
    let engine = Engine::builder().build().expect("the engine can be made");
    let bundle = engine.load_bundle(bytes, trust).map_err(|error| error.to_string())?;
    bundle.run(&Tenant::default(), Output::Discard).result.map(drop).map_err(|error| error.to_string())
}

const NOTHING: &[u8] = &[0x0b];
/// `loop br 0 end end`
const ENDLESS: &[u8] = &[0x03, 0x40, 0x0c, 0, 0x0b, 0x0b];

#[test]
fn wasm_that_does_not_pay_is_refused_whoever_signed_it() {
    let good = artifact(module(NOTHING));
    assert_eq!(run(bundle_of(&good, &[&key()]), &trust()), Ok(()));
    assert_eq!(run(bundle_of(&good, &[]), &trust().unsigned_wasm(true)), Ok(()));
    let endless = artifact(module(ENDLESS));
    for keys in [&[][..], &[&key()]] {
        let error = run(bundle_of(&endless, keys), &trust().unsigned_wasm(true)).expect_err("refused");
        assert!(error.contains("refused"), "{error}");
    }
}

#[test]
fn wasm_that_is_not_valid_or_not_what_the_artifact_says_is_refused() {
    let mut truncated = module(NOTHING);
    truncated.pop();
    let claims = Artifact { needs_memory: true, ..artifact(module(NOTHING)) };
    let huge = Artifact { data_len: u32::MAX, ..artifact(module(NOTHING)) };
    for artifact in [artifact(truncated), artifact(b"no wasm".to_vec()), claims, huge] {
        assert!(run(bundle_of(&artifact, &[&key()]), &trust()).is_err());
    }
}

/// A remote that has one record and its content.
struct Shelf(std::collections::BTreeMap<String, Vec<u8>>);

impl crate::remote::RemoteSource for Shelf {
    fn get(
        &self,
        path: &str,
        _: usize,
        _: std::time::Duration,
    ) -> Result<Option<Vec<u8>>, crate::remote::RemoteError> {
        Ok(self.0.get(path).cloned())
    }

    fn put(&self, _: &str, _: &[u8], _: std::time::Duration) -> Result<(), crate::remote::RemoteError> {
        Ok(())
    }

    fn name(&self) -> String {
        "a shelf".to_owned()
    }
}

#[test]
fn wasm_of_a_remote_that_does_not_pay_is_not_used_whoever_signed_it() {
    use crate::cache::entry::Kind;
    use crate::remote::{Remote, RemoteOptions};
    for (body, given) in [(NOTHING, true), (ENDLESS, false)] {
        let (recipe, content) = (sample(), artifact(module(body)).encode());
        let made = record::Record::of(Kind::Artifact, "main.f", recipe.fields(), 0, &content);
        let (record, packed) = made.expect("packed");
        let hex = crate::cache::key::hex(&record.content);
        let sealed = record.seal(&key()).expect("small");
        let shelf = Shelf([(format!("l1/{}", recipe.key()), sealed), (format!("cas/{hex}"), packed)].into());
        let cache = crate::Cache::disabled();
        let options = RemoteOptions::read_only(std::sync::Arc::new(shelf), trust());
        let remote = Remote::new(options, cache, HostCpu::detect());
        let found = remote.artifact(&recipe, std::time::Duration::from_secs(20));
        assert_eq!((found.is_some(), remote.stats().refused), (given, u64::from(!given)));
    }
}

#[test]
fn imported_wasm_that_does_not_pay_is_not_stored() {
    let folder = tempfile::tempdir().expect("temp");
    let cache = crate::Cache::open(crate::CacheOptions {
        dir: Some(folder.path().join("cache")),
        secret: Some(crate::cache::Secret::from_bytes([4; 32])),
        ..crate::CacheOptions::default()
    });
    let bytes = bundle_of(&artifact(module(ENDLESS)), &[&key()]);
    let imported = import(&cache, bytes, &trust()).expect("the bundle is whole");
    assert_eq!((imported.added, imported.refused.len()), (0, 1));
    assert!(cache.list().is_empty());
}

/// A part of a manifest that cannot be, from its bytes: a schema whose index is a column that it does not have, a type
/// without tokens.
fn decoded<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> T {
    bincode::serde::decode_from_slice(bytes, bincode::config::standard()).expect("well formed").0
}

fn external(module: &str, name: &str) -> External {
    let signature = Signature { params: Vec::new(), result: Plain::Int, cost: Cost::units(1) };
    External { module: module.to_owned(), name: name.to_owned(), signature }
}

/// Takes a bundle's manifest, changes it, and signs the result: what a trusted signer with a bug, or anybody
/// with a key of his own, could make.
fn resigned(change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let bytes = bundle_of(&artifact(module(NOTHING)), &[]);
    let parts = format::open(Purpose::BUNDLE, &bytes).expect("whole");
    let mut manifest = Manifest::decode(&bytes[parts.manifest], parts.blobs.len()).expect("fine");
    change(&mut manifest);
    format::seal(Purpose::BUNDLE, &manifest.encode(), &[&bytes[parts.blobs]], &[key().signing()])
        .expect("small")
}

#[test]
fn a_signature_does_not_make_a_wrong_manifest_right() {
    assert_eq!(run(resigned(|_| ()), &trust()), Ok(()));
    let changes: &[fn(&mut Manifest)] = &[
        |m| m.modules[0].key[0] ^= 1,
        |m| m.modules[0].fields[0].digest[0] ^= 1,
        |m| m.modules[0].artifact = 9,
        |m| m.modules[0].label.push('\u{1b}'),
        |m| m.modules.push(m.modules[0].clone()),
        |m| m.blobs.swap(0, 1),
        |m| m.blobs[0].length += 1,
        |m| m.blobs[0].digest[0] ^= 1,
        |m| m.blobs[0].size = u64::MAX,
        |m| m.files[0].name = "/etc/main.py".to_owned(),
        |m| m.files[0].name = "a/../../main.py".to_owned(),
        |m| m.files.clear(),
        |m| (m.files.clear(), m.programs.clear()).1,
        |m| m.programs[0].files[0] = Some(7),
        |m| m.programs[0].units[0].module = 7,
        |m| m.programs[0].units[0].entries.push(0),
        |m| m.programs[0].units.clear(),
        |m| m.programs.push(m.programs[0].clone()),
        // In a list that all else is right with.
        |m| m.files.push(SourceText { name: "z.py".to_owned(), text: 9 }),
        |m| m.programs[0].datasets.push(("a.pq".to_owned(), decoded(&[0, 1, 7, 0]))),
        |m| m.programs[0].datasets.push(("\n".to_owned(), decoded(&[0, 0]))),
        |m| m.programs[0].result = decoded(&[0]),
        |m| m.programs[0].params.push(decoded(&[0])),
        |m| m.programs[0].units[0].externals.push(external("\u{1b}", "f")),
        |m| m.programs[0].units[0].externals.push(external("m", "\u{1b}")),
    ];
    for (number, change) in changes.iter().enumerate() {
        let refused = Bundle::open(resigned(*change), &trust()).expect_err("refused");
        assert!(
            matches!(refused, Refusal::Bad(BadBundle::Manifest(_) | BadBundle::Blob(_))),
            "{number}: {refused}"
        );
    }
    // What only unpacking shows.
    assert!(run(resigned(|m| m.blobs.iter_mut().for_each(|blob| blob.size += 1)), &trust()).is_err());
}

/// Without `are_imports_of` in `host/src/bundle/load.rs`: code is linked to functions by names that are not those of its
/// imports.
#[test]
fn a_bundle_that_names_other_functions_than_its_code_imports_is_refused() {
    let bytes = resigned(|m| m.programs[0].units[0].externals.push(external("rates", "rate")));
    let error = run(bytes, &trust()).expect_err("it imports none");
    assert!(error.contains("the bundle is refused"), "{error}");
}

#[test]
fn no_manifest_panics() {
    let bytes = bundle_of(&artifact(module(NOTHING)), &[]);
    let parts = format::open(Purpose::BUNDLE, &bytes).expect("whole");
    let (manifest, blobs) = (bytes[parts.manifest].to_vec(), bytes[parts.blobs].to_vec());
    for at in 0..manifest.len() {
        for value in [0, 1, 0x7f, 0xfb, 0xfc, 0xfd, 0xff] {
            let mut changed = manifest.clone();
            changed[at] = value;
            let sealed =
                format::seal(Purpose::BUNDLE, &changed, &[&blobs], &[key().signing()]).expect("small");
            // Where the change is harmless (a name), it runs.
            if let Ok(bundle) = Bundle::open(sealed, &trust()) {
                assert_eq!(bundle.manifest().encode(), changed, "one way to write it");
            }
        }
        let _ = Manifest::decode(&manifest[..at], blobs.len());
    }
}

/// Code of level v3 that is said to be of level v2, with the recipe that says so: a trusted signer's mistake.
#[cfg(target_arch = "x86_64")]
fn mislabelled() -> (Vec<u8>, L2Recipe) {
    use crate::engine_config::{EngineIdentity, EngineOptions, level_compiler};
    use crate::levels::Level;
    let options = EngineOptions::default();
    let compiler = level_compiler(&options, Level::X86_64V3).expect("every level can be compiled for");
    let wasm = module(NOTHING);
    let code = compiler.engine.precompile_module(&wasm).expect("compiled");
    let engine = std::sync::Arc::new(EngineIdentity::of_level(&options, Level::X86_64V2));
    let wasm = crate::cache::key::wasm_digest(&wasm);
    let (label, metering) = ("main.__main__".to_owned(), crate::unit::METERING.to_owned());
    (code, L2Recipe { label, wasm, engine, metering })
}

#[cfg(target_arch = "x86_64")]
fn v2() -> HostCpu {
    HostCpu::detect().limited_to(crate::levels::Level::X86_64V2)
}

/// Without `self.spool.check()` in `host/src/bundle/contents.rs`: of a full disk comes a bundle without what found no room.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_bundle_without_what_found_no_room_is_not_sealed() {
    let (code, recipe) = mislabelled();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("read-only"), b"").expect("a file");
    for is_full in [false, true] {
        let spool = match is_full {
            true => std::fs::File::open(folder.path().join("read-only")).expect("there"),
            false => tempfile::tempfile().expect("a file"),
        };
        let mut contents = Contents::in_file(spool);
        let origin =
            Origin { label: "main.__main__", fields: recipe.fields(), made_in_us: 0, producer: "test" };
        assert_eq!(contents.native(origin, &code).is_err(), is_full);
        let mut out = Vec::new();
        assert_eq!(contents.seal_into(&[&key()], &mut out).is_err(), is_full);
        assert_eq!(out.is_empty(), is_full);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn code_that_needs_more_than_its_level_says_is_not_given_to_the_loader() {
    let (code, recipe) = mislabelled();
    let mut contents = Contents::default();
    let origin = Origin { label: "main.__main__", fields: recipe.fields(), made_in_us: 0, producer: "test" };
    contents.native(origin, &code).expect("packed");
    let honest = contents.seal(&[&key()]).expect("small");
    // The table of contents says so as well.
    let parts = format::open(Purpose::BUNDLE, &honest).expect("whole");
    let mut manifest = Manifest::decode(&honest[parts.manifest], parts.blobs.len()).expect("fine");
    let v2_features = crate::levels::Level::X86_64V2.features();
    manifest.natives[0].features = v2_features.iter().map(|feature| (*feature).to_owned()).collect();
    let blobs = &honest[parts.blobs];
    let lying = format::seal(Purpose::BUNDLE, &manifest.encode(), &[blobs], &[key().signing()]);
    for bytes in [honest.clone(), lying.expect("small")] {
        let bundle = Bundle::open(bytes, &trust()).expect("trusted");
        let refused = bundle.native_for(&recipe, &v2()).map(drop);
        assert_eq!(refused, Err(MissReason::IsaUnsupported("has_avx".to_owned())));
    }
    let bundle = Bundle::open(honest, &trust()).expect("trusted");
    let taken = bundle.native_for(&recipe, &HostCpu::detect().limited_to(crate::levels::Level::X86_64V3));
    assert_eq!(taken.is_ok(), HostCpu::detect().levels().contains(&crate::levels::Level::X86_64V3));
}

#[test]
#[cfg(target_arch = "x86_64")]
fn an_entry_of_a_level_that_needs_more_than_it_says_is_not_given_to_the_loader() {
    let folder = tempfile::tempdir().expect("temp");
    let cache = crate::Cache::open(crate::CacheOptions {
        dir: Some(folder.path().join("cache")),
        secret: Some(crate::cache::Secret::from_bytes([4; 32])),
        ..crate::CacheOptions::default()
    });
    let (code, level) = mislabelled();
    let fields = level.fields();
    let signers = [key().public()];
    let offer =
        Offer { label: &level.label, fields: &fields, made_in_us: 0, producer: "test", signers: &signers };
    cache.adopt_native(&offer, &SignedCode { bytes: code }).expect("stored");
    let own =
        crate::engine_config::new_engine(&crate::engine_config::EngineOptions::default()).expect("made");
    let exact = L2Recipe { engine: own.identity, ..level.clone() };
    let now = crate::native::Loading::Now;
    let found = cache
        .get_native_or_level(&exact, || vec![level.clone()], &std::sync::Arc::new(v2()), &own.engine, now)
        .map(drop);
    assert_eq!(found, Err(MissReason::IsaUnsupported("has_avx".to_owned())));
    assert_eq!(cache.stats().native_loads, 0);
}

#[test]
fn native_code_is_under_the_key_of_its_fields() {
    let own =
        crate::engine_config::new_engine(&crate::engine_config::EngineOptions::default()).expect("made");
    let wasm = module(NOTHING);
    let code = own.engine.precompile_module(&wasm).expect("compiled");
    let (label, metering) = ("main.__main__".to_owned(), "slices".to_owned());
    let wasm = crate::cache::key::wasm_digest(&wasm);
    let recipe = L2Recipe { label, wasm, engine: own.identity, metering };
    let mut contents = Contents::default();
    let origin = Origin { label: "main.__main__", fields: recipe.fields(), made_in_us: 0, producer: "test" };
    contents.native(origin, &code).expect("packed");
    let bytes = contents.seal(&[]).expect("small");
    let parts = format::open(Purpose::BUNDLE, &bytes).expect("whole");
    let manifest = Manifest::decode(&bytes[parts.manifest], parts.blobs.len()).expect("fine");
    let changes: [fn(&mut NativeCode); 3] = [
        |native| native.key[0] ^= 1,
        |native| native.fields[0].digest[0] ^= 1,
        |native| drop(native.fields.pop()),
    ];
    for change in changes {
        let mut wrong = manifest.clone();
        change(&mut wrong.natives[0]);
        let blobs = &bytes[parts.blobs.clone()];
        let sealed = format::seal(Purpose::BUNDLE, &wrong.encode(), &[blobs], &[key().signing()]);
        let refused = Bundle::open(sealed.expect("small"), &trust()).expect_err("refused");
        assert!(
            matches!(&refused, Refusal::Bad(BadBundle::Manifest(what)) if what.contains("key")),
            "{refused}"
        );
    }
}

/// Without `changed_maker` in `candidates` in `host/src/bundle.rs`: code is handed to the loader that was made for an engine
/// which does otherwise, and the miss does not say what is different.
#[test]
fn code_that_was_made_with_another_option_is_not_offered() {
    use crate::engine_config::{EngineIdentity, EngineOptions, new_engine};
    let plain = new_engine(&EngineOptions::default()).expect("made");
    let other = EngineOptions { canonical_nans: true, ..EngineOptions::default() };
    let other = new_engine(&other).expect("made");
    let wasm = module(NOTHING);
    let code = other.engine.precompile_module(&wasm).expect("compiled");
    let recipe = |engine: &std::sync::Arc<EngineIdentity>| L2Recipe {
        label: "main.__main__".to_owned(),
        wasm: crate::cache::key::wasm_digest(&wasm),
        engine: engine.clone(),
        metering: "slices".to_owned(),
    };
    let (own, others) = (recipe(&plain.identity), recipe(&other.identity));
    let mut contents = Contents::default();
    let origin = Origin { label: "main.__main__", fields: others.fields(), made_in_us: 0, producer: "test" };
    contents.native(origin, &code).expect("packed");
    let bundle = Bundle::open(contents.seal(&[&key()]).expect("small"), &trust()).expect("trusted");
    assert!(bundle.native_for(&others, &HostCpu::detect()).is_ok());
    let missed = bundle.native_for(&own, &HostCpu::detect()).map(drop);
    let named = matches!(&missed, Err(MissReason::OptionsChanged { name, .. }) if name == "canonical NaNs");
    assert!(named, "{missed:?}");
}
