//! Another tenant's part of the cache, and the attacker's own, in whose folder the attacker may write.

use super::*;

/// The victim's program: that it was compiled, and what is in it, is nobody's business.
const PRIVATE: &str =
    "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef price(x):\n    return x * 31337 + 271828\n";

fn cache(folder: &Path) -> Cache {
    let secret = Some(Secret::from_bytes([9; 32]));
    Cache::open(CacheOptions { mode: Mode::ReadWrite, secret, ..CacheOptions::default() }.dir(folder))
}

/// Files below a folder.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(all_files(&entry.path())),
            _ => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// Where code came from, and what it gives for 2.
fn ask(engine: &Engine, text: &str) -> (&'static str, i64) {
    let program = engine.compile(&Source::new("price.py", text)).expect("it compiles");
    let price = program.entry("price", &[Type::Int]).expect("a function");
    let Value::Int(value) = price.call(&mallory(), &[Value::Int(2)]).expect("a price") else {
        panic!("no int")
    };
    (price.info().provenance.name(), value)
}

/// Without `for_scope` in `host/src/cache/secret.rs`: what can be measured from outside (provenance stands for time)
/// differs between a text that the victim has had compiled and one that nobody has.
#[test]
fn what_others_have_compiled_cannot_be_told() {
    for (place, builder) in engines() {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = builder.cache(cache(folder.path())).build().expect("an engine");
        let (victim, mallory) = (engine.scope(&Scope::new("victim")), engine.scope(&Scope::new("mallory")));
        assert_eq!(ask(&victim, PRIVATE), ("miss", 334_502), "{place}");
        let nobodys = PRIVATE.replace("31337", "31338");
        assert_eq!(ask(&mallory, PRIVATE).0, ask(&mallory, &nobodys).0, "{place}");
        assert_eq!(victim.compiles(), 1, "{place}: and the victim sees nothing of it");
        // No name and no readable text on disk says what the victim has.
        for file in all_files(folder.path()) {
            let name = file.strip_prefix(folder.path()).expect("inside").display().to_string();
            assert!(!name.contains("price") && !name.contains("victim"), "{place}: {name}");
        }
    }
}

/// Without `authenticate` in `host/src/cache/entry.rs`, or `for_scope` in `host/src/cache/secret.rs`: a file of the
/// attacker in the place of one of the victim's, whole or altered, is run; and the other way round.
#[test]
fn a_forged_entry_is_not_run() {
    for (place, builder) in engines() {
        let folder = tempfile::tempdir().expect("a folder");
        let builders = || cache(folder.path());
        let engine = builder.cache(builders()).build().expect("an engine");
        let scope = |name: &str| engine.scope(&Scope::new(name));
        let before = all_files(folder.path());
        ask(&scope("victim"), PRIVATE);
        let victims: Vec<PathBuf> =
            all_files(folder.path()).into_iter().filter(|file| !before.contains(file)).collect();
        let evil = PRIVATE.replace("31337", "666");
        ask(&scope("mallory"), &evil);
        let own: Vec<PathBuf> = all_files(folder.path())
            .into_iter()
            .filter(|f| !before.contains(f) && !victims.contains(f))
            .collect();
        assert!(!victims.is_empty() && !own.is_empty(), "{place}: something must have been kept");
        let read = |files: &[PathBuf]| -> Vec<Vec<u8>> {
            files.iter().map(|file| std::fs::read(file).unwrap_or_default()).collect()
        };
        let (theirs, mine) = (read(&victims), read(&own));
        for shift in 0..own.len() {
            for (at, file) in victims.iter().enumerate() {
                let forged = &mine[(at + shift) % mine.len()];
                std::fs::write(file, forged).expect("the attacker may write everywhere here");
            }
            // The victim's function is the victim's function.
            assert_eq!(ask(&scope("victim"), PRIVATE).1, 334_502, "{place}");
        }
        for (file, bytes) in victims.iter().zip(&theirs) {
            for at in (0..bytes.len()).step_by(bytes.len() / 7 + 1) {
                let mut altered = bytes.clone();
                altered[at] ^= 0x40;
                std::fs::write(file, &altered).expect("a file");
                assert_eq!(
                    ask(&scope("victim"), PRIVATE).1,
                    334_502,
                    "{place}: byte {at} of {}",
                    file.display()
                );
            }
            // Put back for the next one.
            std::fs::write(file, bytes).expect("a file");
        }
        for (file, bytes) in own.iter().zip(theirs.iter().cycle()) {
            std::fs::write(file, bytes).expect("a file");
        }
        assert_eq!(ask(&scope("mallory"), &evil).1, 273_160, "{place}");
    }
}

/// Fails without: trust. A bundle of the attacker's own making, signed by nobody, runs no native code; garbage is refused.
#[test]
fn a_hostile_bundle_is_refused() {
    let engine = Engine::builder().build().expect("an engine");
    let mut noise = ovenbird_tests::random::Rng::new(7);
    for length in [0, 1, 16, 64, 4096] {
        for head in [&b""[..], b"OVEN", b"OVBD", b"\x7fELF"] {
            let mut bytes = head.to_vec();
            bytes.extend((0..length).map(|_| noise.bits() as u8));
            let refused = engine.load_bundle(bytes, &ovenbird::Trust::default()).map(drop);
            assert!(matches!(refused, Err(Error::Io(_) | Error::Denied(_))), "{refused:?}");
        }
    }
}
