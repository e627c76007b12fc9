//! The remote tier against a real HTTP server: what it saves, and that it never harms.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ovenbird::cache::Mode;
use ovenbird::cache::key::L2Recipe;
use ovenbird::engine_config::EngineOptions;
use ovenbird::native::Native;
use ovenbird::remote::{RemoteError, RemoteOptions, RemoteSource};
use ovenbird::{Cache, Engine, Trust};
use ovenbird_tests::server::{Behaviour, Server};

use crate::{Machine, SCRIPT, key, run_source, stranger, trust};

#[path = "remote/manners.rs"]
mod manners;
#[path = "remote/uploads.rs"]
mod uploads;

/// An HTTP client of a few lines, so that the host's tests need no object store.
struct Client {
    address: SocketAddr,
}

impl Client {
    fn request(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        wait: Duration,
    ) -> std::io::Result<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect_timeout(&self.address, wait)?;
        stream.set_read_timeout(Some(wait))?;
        let head =
            format!("{method} /{path} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let wrong = || std::io::Error::other("no HTTP");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(wrong)?;
        let head = std::str::from_utf8(&answer[..end]).map_err(|_| wrong())?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(wrong)?;
        Ok((status, answer[end + 4..].to_vec()))
    }
}

impl RemoteSource for Client {
    fn get(&self, path: &str, limit: usize, wait: Duration) -> Result<Option<Vec<u8>>, RemoteError> {
        match self.request("GET", path, &[], wait) {
            Ok((200, content)) if content.len() <= limit => Ok(Some(content)),
            Ok((404, _)) => Ok(None),
            Ok((status, _)) => Err(RemoteError(format!("status {status}"))),
            Err(error) => Err(RemoteError(error.to_string())),
        }
    }

    fn put(&self, path: &str, bytes: &[u8], wait: Duration) -> Result<(), RemoteError> {
        match self.request("PUT", path, bytes, wait) {
            Ok((201 | 412, _)) => Ok(()),
            Ok((status, _)) => Err(RemoteError(format!("status {status}"))),
            Err(error) => Err(RemoteError(error.to_string())),
        }
    }

    fn name(&self) -> String {
        self.address.to_string()
    }
}

/// Long enough for a loopback server on a busy machine.
const WAIT: Duration = Duration::from_secs(20);

fn options(server: &Server, trust: Trust) -> RemoteOptions {
    let source = Arc::new(Client { address: server.address() });
    RemoteOptions { wait: Some(WAIT), ..RemoteOptions::read_only(source, trust) }
}

fn engine(cache: Cache, remote: RemoteOptions) -> Engine {
    Engine::builder().cache(cache).remote(remote).build().expect("the engine can be made")
}

/// A server that another machine has filled, signing with this key.
fn filled(signer: &ovenbird::bundle::SecretKey) -> Server {
    filled_by(|engine| drop(run_source(engine, SCRIPT)), 6, signer)
}

/// The same by other work that leaves so many entries.
fn filled_by(work: impl FnOnce(&Engine), entries: u64, signer: &ovenbird::bundle::SecretKey) -> Server {
    let server = Server::start();
    let write = Some(signer.clone());
    let engine = engine(Machine::new().cache(), RemoteOptions { write, ..options(&server, trust()) });
    work(&engine);
    let remote = engine.remote().expect("there is one");
    assert!(remote.settle(WAIT));
    assert_eq!(remote.stats().uploads, entries);
    server.requests();
    server
}

/// Calls one function, which is one unit: a remote is asked twice, fewer times than it takes to be left alone.
fn one_unit(engine: &Engine) {
    let program = engine.compile(&ovenbird::Source::new("main.py", SCRIPT)).expect("it parses");
    let f = program.get::<fn(i64) -> i64>("f").expect("it compiles");
    assert_eq!(f.call(&ovenbird::Tenant::default(), (5,)).expect("it runs"), 15);
}

/// Takes the signatures off everything.
fn unsign(server: &Server) {
    for (path, bytes) in server.objects().iter_mut() {
        if !path.starts_with("/cas/") {
            let signatures = u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes"));
            assert_eq!(signatures, 1);
            bytes[12..16].fill(0);
            bytes.drain(64..64 + 96);
        }
    }
}

/// What a remote warns of, and what it warns with.
fn warnings() -> (Arc<Mutex<Vec<String>>>, ovenbird::remote::Warn) {
    let warnings: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&warnings);
    (warnings, Arc::new(move |text| heard.lock().expect("no panic").push(text.to_owned())))
}

fn settle(engine: &Engine) -> ovenbird::remote::RemoteStats {
    let remote = engine.remote().expect("there is one");
    assert!(remote.settle(WAIT));
    remote.stats()
}

#[test]
fn what_one_machine_stored_another_one_does_not_compile() {
    let server = filled(&key());
    let machine = Machine::new();
    let first = engine(machine.cache(), options(&server, trust()));
    let (printed, units) = run_source(&first, SCRIPT);
    assert_eq!(printed, "6 1.5\n");
    assert_eq!((first.compiles(), first.native_compiles()), (0, 0), "{units:?}");
    assert!(units.iter().all(|unit| unit.provenance.name() == "hit.remote"), "{units:?}");
    assert_eq!(settle(&first).adopted, 6, "kept here for the next process");
    server.requests();
    let second = engine(machine.cache(), options(&server, trust()));
    assert_eq!(run_source(&second, SCRIPT).0, "6 1.5\n");
    assert_eq!((second.native_compiles(), server.requests().len()), (0, 0), "the local cache is enough");
}

#[test]
fn it_is_only_read_unless_asked_to_write() {
    let server = Server::start();
    let engine = engine(Machine::new().cache(), options(&server, trust()));
    assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
    let stats = settle(&engine);
    assert_eq!((stats.uploads, stats.errors), (0, 0), "that nothing is there is no error");
    assert!(server.objects().is_empty());
    assert!(server.requests().iter().all(|request| request.starts_with("GET")));
}

#[test]
fn a_key_that_was_absent_is_not_asked_for_again() {
    let server = Server::start();
    let machine = Machine::new();
    let engine = engine(machine.cache(), options(&server, trust()));
    run_source(&engine, SCRIPT);
    settle(&engine);
    let asked = server.requests().len();
    assert!(asked > 0);
    // The local entries are lost, so that the same keys are wanted again; what a process has made it keeps.
    assert!(machine.cache().clear() > 0);
    let program =
        engine.compile(&ovenbird::Source::new("main.py", SCRIPT.replace("K = 3", "K = 4"))).expect("fine");
    program.run(&ovenbird::Tenant::default(), ovenbird::Output::Discard).result.expect("it runs");
    settle(&engine);
    let again: Vec<String> = server.requests();
    assert!(again.iter().all(|request| request.starts_with("GET /l")));
    let mut distinct = again.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), again.len(), "{again:?}");
}

#[test]
fn unsigned_and_strangers_native_code_is_never_loaded_and_their_wasm_only_if_allowed() {
    let (of_a_stranger, of_nobody) = (filled(&stranger()), filled(&key()));
    unsign(&of_nobody);
    for server in [of_a_stranger, of_nobody] {
        let (warnings, warn) = warnings();
        let told = |trust| RemoteOptions { warn: Some(warn.clone()), ..options(&server, trust) };
        let strict = engine(Machine::new().cache(), told(trust()));
        assert_eq!(run_source(&strict, SCRIPT).0, "6 1.5\n");
        assert_eq!((strict.compiles(), strict.native_compiles()), (3, 3));
        let stats = settle(&strict);
        assert!(stats.refused > 0 && stats.errors == 0, "{stats:?}");
        assert_eq!(strict.cache().stats().native_loads, 0);
        let warned = std::mem::take(&mut *warnings.lock().expect("no panic"));
        assert!(matches!(&warned[..], [one] if one.contains("no key that is trusted here")), "{warned:?}");

        let lenient = engine(Machine::new().cache(), told(trust().unsigned_wasm(true)));
        assert_eq!(run_source(&lenient, SCRIPT).0, "6 1.5\n");
        assert_eq!(
            (lenient.compiles(), lenient.native_compiles()),
            (0, 3),
            "wasm from there, native code from here"
        );
        assert_eq!(lenient.cache().stats().native_loads, 0);
        assert!(warnings.lock().expect("no panic").is_empty(), "as was asked for");
    }
}

#[test]
fn a_revoked_key_is_not_believed() {
    let server = filled(&key());
    for unsigned in [true, false] {
        let revoked = trust().unsigned_wasm(unsigned).revoke_key(key().public(), "lost");
        let (warnings, warn) = warnings();
        let remote = RemoteOptions { warn: Some(warn), ..options(&server, revoked) };
        let engine = engine(Machine::new().cache(), remote);
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
        assert_eq!((engine.compiles(), engine.native_compiles()), (3, 3));
        settle(&engine);
        let warned = warnings.lock().expect("no panic");
        assert!(matches!(&warned[..], [one] if one.contains("was revoked")), "{unsigned}: {warned:?}");
    }
}

#[test]
fn what_came_from_a_remote_is_not_used_any_more_when_its_key_is_revoked() {
    let server = filled(&key());
    let mut machine = Machine::new();
    let first = engine(machine.cache(), options(&server, trust()));
    run_source(&first, SCRIPT);
    assert_eq!(settle(&first).adopted, 6);
    assert_eq!((first.compiles(), first.native_compiles()), (0, 0));
    machine.trust = trust().revoke_key(key().public(), "lost");
    let second = machine.engine();
    assert_eq!(run_source(&second, SCRIPT).0, "6 1.5\n");
    assert_eq!((second.compiles(), second.native_compiles()), (3, 3), "neither by its text");
    assert_eq!(second.cache().stats().native_loads, 0);
}

#[test]
fn native_code_of_a_revoked_engine_is_not_loaded_although_signed() {
    let server = filled(&key());
    let version = ovenbird::engine_config::new_engine(&EngineOptions::default()).expect("an engine");
    let revoked = trust().revoke_engine(format!("wasmtime-{}", version.identity.wasmtime), "miscompiles");
    let (warnings, warn) = warnings();
    let remote = RemoteOptions { warn: Some(warn), ..options(&server, revoked.unsigned_wasm(true)) };
    let engine = engine(Machine::new().cache(), remote);
    assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
    assert_eq!((engine.compiles(), engine.native_compiles()), (0, 3), "the wasm is fine");
    assert_eq!(engine.cache().stats().native_loads, 0);
    let warned = warnings.lock().expect("no panic");
    assert!(matches!(&warned[..], [one] if one.contains("was revoked")), "{warned:?}");
}

/// Without `verifies` in `remote_artifact` and `remote_native` in `host/src/remote.rs`: what the local cache has not is
/// taken from there, whatever the mode.
#[test]
fn who_verifies_compiles_everything_and_asks_nobody() {
    let server = filled(&key());
    let machine = Machine::new();
    let verifying = || engine(machine.cache_in(Mode::Verify), options(&server, trust()));
    // At first there is nothing here, then everything.
    for _ in 0..2 {
        let engine = verifying();
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
        assert_eq!((engine.compiles(), engine.native_compiles()), (3, 3));
        assert_eq!(engine.cache().stats().native_loads, 0);
        assert_eq!(settle(&engine).hits, 0);
        assert_eq!(server.requests(), Vec::<String>::new());
    }
}

#[test]
fn altered_and_exchanged_objects_are_not_used() {
    let server = filled(&key());
    let good = server.objects().clone();
    let alter: [fn(&mut Vec<u8>); 3] = [
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
    ];
    for prefix in ["/l1/", "/l2/", "/cas/"] {
        for alter in alter {
            let mut objects = good.clone();
            objects
                .iter_mut()
                .filter(|(path, _)| path.starts_with(prefix))
                .for_each(|(_, bytes)| alter(bytes));
            *server.objects() = objects;
            let engine = engine(Machine::new().cache(), options(&server, trust()));
            assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
            assert!(engine.compiles() + engine.native_compiles() > 0, "{prefix}");
        }
    }
    // A record of another key, well signed.
    let mut objects = good.clone();
    let records: Vec<(&String, &Vec<u8>)> =
        good.iter().filter(|(path, _)| path.starts_with("/l2/")).collect();
    for (at, (path, _)) in records.iter().enumerate() {
        objects.insert((*path).clone(), records[(at + 1) % records.len()].1.clone());
    }
    *server.objects() = objects;
    let engine = engine(Machine::new().cache(), options(&server, trust()));
    assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
    assert_eq!(engine.native_compiles(), 3);
    assert_eq!(engine.cache().stats().native_loads, 0);
}

#[test]
fn a_slow_remote_is_not_waited_for_and_fills_the_cache_later() {
    let server = filled_by(one_unit, 2, &key());
    server.behave(Behaviour::Slow(Duration::from_millis(400)));
    let machine = Machine::new();
    let hasty = RemoteOptions { wait: Some(Duration::from_millis(5)), ..options(&server, trust()) };
    let engine = engine(machine.cache(), hasty);
    let started = Instant::now();
    one_unit(&engine);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!((engine.compiles(), engine.native_compiles()), (1, 1), "compiled here");
    machine.cache().clear();
    let stats = settle(&engine);
    assert_eq!(stats.late, 2, "{stats:?}");
    assert_eq!(stats.adopted, 2, "{stats:?}");
    let next = machine.engine();
    one_unit(&next);
    assert_eq!((next.compiles(), next.native_compiles()), (0, 0), "filled later");
}

#[test]
fn a_remote_that_is_always_late_is_left_alone_after_three_times() {
    let server = filled(&key());
    server.behave(Behaviour::Slow(Duration::from_millis(300)));
    let machine = Machine::new();
    let hasty = RemoteOptions { wait: Some(Duration::from_millis(5)), ..options(&server, trust()) };
    let native = EngineOptions { parallel_compilation: false, ..EngineOptions::default() };
    let engine = Engine::builder().cache(machine.cache()).remote(hasty).native(native).build();
    let engine = engine.expect("the engine can be made");
    assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n");
    let stats = settle(&engine);
    assert_eq!((stats.late, stats.hits, stats.errors), (3, 0, 0), "of six that are wanted: {stats:?}");
    server.requests();
    assert_eq!(run_source(&engine, &SCRIPT.replace("K = 3", "K = 4")).0, "8 2.0\n");
    settle(&engine);
    assert_eq!(server.requests().len(), 0, "although what was late arrived in the end");
}

#[test]
fn a_remote_is_waited_for_as_long_as_compiling_took_before() {
    let server = filled_by(one_unit, 2, &key());
    server.behave(Behaviour::Slow(Duration::from_millis(150)));
    let run = |machine: &Machine| {
        let options = RemoteOptions { wait: None, ..options(&server, trust()) };
        let engine = engine(machine.cache(), options);
        one_unit(&engine);
        let stats = settle(&engine);
        (engine.compiles() + engine.native_compiles(), stats.hits, stats.late)
    };
    assert_eq!(run(&Machine::new()), (2, 0, 2), "nothing is known: it is small, and soon compiled");
    // The same functions took long before, as other recipes.
    let machine = Machine::new();
    let long = Duration::from_secs(15);
    let label = "main.f".to_owned();
    let recipe = crate::l1_recipe(&label);
    assert!(machine.cache().put_artifact(&recipe, b"artifact", long));
    let configured = ovenbird::engine_config::new_engine(&EngineOptions::default()).expect("an engine");
    let wasm = wasm_encoder::Module::new().finish();
    let (wasm_digest, engine) = (ovenbird::cache::key::wasm_digest(&wasm), Arc::clone(&configured.identity));
    let recipe = L2Recipe { label, wasm: wasm_digest, engine, metering: "slices".to_owned() };
    let compiled = Native::compile(&configured.engine, &wasm).expect("an empty module compiles");
    assert!(machine.cache().put_native(&recipe, &compiled, long));
    assert_eq!(run(&machine), (0, 2, 0));
}

#[test]
fn a_failing_remote_gives_one_warning_and_is_left_alone_after_three_errors() {
    for behaviour in [Behaviour::Status(403), Behaviour::Status(500), Behaviour::Garbage, Behaviour::Noise] {
        let server = Server::start();
        server.behave(behaviour);
        let (warnings, warn) = warnings();
        let remote = RemoteOptions { warn: Some(warn), ..options(&server, trust()) };
        // One unit after the other: what is on its way already when the third error comes still ends.
        let native = EngineOptions { parallel_compilation: false, ..EngineOptions::default() };
        let engine = Engine::builder().cache(Machine::new().cache()).remote(remote).native(native).build();
        let engine = engine.expect("the engine can be made");
        assert_eq!(run_source(&engine, SCRIPT).0, "6 1.5\n", "{behaviour:?}");
        let asked = server.requests().len();
        let stats = settle(&engine);
        // The three errors may come in the middle of a look-up of several keys.
        assert!((3..=5).contains(&stats.errors), "{behaviour:?}: {stats:?}");
        assert_eq!(warnings.lock().expect("no panic").len(), 1, "{behaviour:?}");
        let (printed, _) = run_source(&engine, &SCRIPT.replace("K = 3", "K = 4"));
        assert_eq!(printed, "8 2.0\n");
        settle(&engine);
        assert_eq!(server.requests().len(), 0, "{behaviour:?}: after {asked} requests it is left alone");
    }
}
