//! What travels is small, nobody waits for it at the end, and nobody's terminal is at its mercy.

use ovenbird_tests::seal::Entry;

use super::*;

/// Without `zstd` in `host/src/bundle/format/write.rs`: bundles and remote caches are several times as large.
#[test]
fn code_is_compressed_where_it_travels_and_native_code_is_not_where_it_is_loaded() {
    let is_packed = |bytes: &[u8]| bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let server = filled(&key());
    let objects = server.objects();
    let contents: Vec<_> = objects.iter().filter(|(path, _)| path.starts_with("/cas/")).collect();
    assert_eq!(contents.len(), 6);
    assert!(contents.iter().all(|(_, bytes)| is_packed(bytes)));

    let machine = Machine::new();
    run_source(&machine.engine(), SCRIPT);
    let exported = ovenbird::bundle::export(&machine.cache(), &[&key()]).expect("exported");
    let manifest = u64::from_le_bytes(exported[16..24].try_into().expect("eight bytes")) as usize;
    // The head, one signature, the manifest, then the blobs one after the other.
    let blobs = &exported[64 + 96 + manifest..];
    assert!(is_packed(blobs));
    assert_eq!(blobs.windows(4).filter(|window| is_packed(window)).count(), 6);

    let natives = machine.cache().list().into_iter().filter(|entry| entry.kind.to_string() == "native");
    let mut local = 0;
    for entry in natives {
        let code = Entry::read(&entry.path);
        local += code.payload.len();
        assert!(code.payload.starts_with(b"\x7fELF") && !code.stored().windows(4).any(is_packed));
    }
    assert!(local > 3 * blobs.len(), "{local} bytes became {}", blobs.len());
}

/// Without `stores` in `Pending` in `host/src/remote.rs`: every process waits at its end for a server that does not answer.
#[test]
fn the_end_of_a_process_waits_for_what_it_stores_and_not_for_late_answers() {
    let server = filled_by(one_unit, 2, &key());
    server.behave(Behaviour::Slow(Duration::from_secs(3)));
    let hasty = RemoteOptions { wait: Some(Duration::from_millis(5)), ..options(&server, trust()) };
    let reader = engine(Machine::new().cache(), hasty.clone());
    one_unit(&reader);
    let remote = reader.remote().expect("there is one");
    let started = Instant::now();
    assert!(remote.finish_stores(WAIT));
    assert!(started.elapsed() < Duration::from_secs(1), "it waited {:?}", started.elapsed());
    assert!(!remote.settle(Duration::ZERO), "the answers are still to come");
    assert!(remote.settle(WAIT));

    server.behave(Behaviour::Slow(Duration::from_millis(200)));
    let writer = engine(Machine::new().cache(), RemoteOptions { write: Some(key()), ..hasty });
    one_unit(&writer);
    let remote = writer.remote().expect("there is one");
    assert!(!remote.finish_stores(Duration::from_millis(1)));
    assert!(remote.finish_stores(WAIT));
    assert_eq!(remote.stats().uploads, 2);
}

/// A server whose answers are meant for whoever reads them.
struct Rude;

impl RemoteSource for Rude {
    fn get(&self, _: &str, _: usize, _: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        let said = "403\r\n\x1b]0;title\x07\x1b[31mwarning: all is well\u{202e}\n";
        Err(RemoteError(said.to_owned() + &"x".repeat(100_000)))
    }

    fn put(&self, _: &str, _: &[u8], _: Duration) -> Result<(), RemoteError> {
        Ok(())
    }

    fn name(&self) -> String {
        "rude".to_owned()
    }
}

/// Without `cleaned` in `host/src/remote/told.rs`: a server writes to the terminal of whoever asks it.
#[test]
fn what_a_remote_says_is_shown_on_one_line_without_control_characters() {
    let (warnings, warn) = warnings();
    let options = RemoteOptions::read_only(Arc::new(Rude), trust());
    let options = RemoteOptions { wait: Some(WAIT), warn: Some(warn), ..options };
    one_unit(&engine(Machine::new().cache(), options));
    let warnings = warnings.lock().expect("no panic");
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.starts_with("the remote cache rude failed: 403 \\u{1b}]0;title"), "{warning}");
    assert!(
        !warning.contains(|c: char| c.is_control() || c == '\u{202e}') && warning.len() < 700,
        "{warning}"
    );
}
