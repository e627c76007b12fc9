//! Workers from inside: what they cannot do; and those that misbehave: what becomes of them.
//!
//! The workers here are this test program, started again: `as_worker` then serves. They also do what no other worker
//! does on request ([`Ask::Attack`](super::wire::Ask)).

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ovenbird_compiler::abi::external::{Cost, External, Plain, Signature};
use ovenbird_compiler::infer::Request;

use super::client::{Client, Setting};
use super::frame::{self, Most};
use super::pool::{Lease, Owner};
use super::process::{Exchange, Process};
use super::values::Sent;
use super::wire::{Answer, Ask, Face, UnitFace};
use crate::engine::Engine;
use crate::engine_config::EngineOptions;
use crate::error::{Error, Raised};
use crate::external::passed::Passed;
use crate::grants::Grants;
use crate::probe::shape::Shape;
use crate::program::Source;
use crate::run::Usage;
use crate::value::Value;
use crate::worker::{ARGUMENT, WorkerFailure, WorkerOptions, is_worker};

const ARGUMENTS: [&str; 5] =
    [ARGUMENT, "worker::linux::tests::as_worker", "--exact", "--nocapture", "--test-threads=1"];

#[test]
fn as_worker() {
    if is_worker() {
        super::serve::serve();
    }
}

fn client(options: WorkerOptions) -> Client {
    let native = EngineOptions::default();
    let engine = Engine::builder().build().expect("the engine can be made");
    let setting = Setting::new(&native, engine.options().optimise, &engine.identity());
    Client::start_with(options, &setting, ARGUMENTS.to_vec()).expect("workers can be started here")
}

fn lease(client: &Client) -> Lease<'_> {
    client.pool().take(Owner::Tenant(1, "acme".into())).expect("a worker")
}

fn exchange<'a>(grants: &'a Grants, allowed: Duration) -> Exchange<'a> {
    let most = Most { head: 1 << 20, tail: 1 << 20 };
    Exchange {
        until: Instant::now() + allowed,
        allowed,
        grace: allowed,
        grants,
        opens: 0,
        most,
        cancel: None,
    }
}

/// Has a worker do something hostile.
fn attacked(process: &mut Process, what: &str, allowed: Duration) -> Result<Vec<String>, WorkerFailure> {
    let grants = Grants::none();
    let mut exchange = exchange(&grants, allowed);
    process.send(&Ask::Attack(what.to_owned()), &[], &exchange)?;
    match process.receive(&mut exchange)? {
        (Answer::Attacked(found), _) => Ok(found),
        other => panic!("{other:?}"),
    }
}

const LONG: Duration = Duration::from_secs(60);

/// Does what a hostile worker would; gives what worked and should not have.
pub(super) fn attack(what: &str, socket: &Mutex<UnixStream>) -> Vec<String> {
    let (what, parent) = what.split_once(' ').unwrap_or((what, "0"));
    match what {
        "rights" => rights(parent.parse().unwrap_or(0)),
        "calls" => all_calls(),
        "environment" => std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect(),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "panic" => panic!("on purpose"),
        "memory" => {
            let all: Vec<Vec<u8>> = (0..1024).map(|i| vec![i as u8 | 1; 64 << 20]).collect();
            vec![all.len().to_string()]
        }
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        "garbage" => {
            let mut socket = socket.lock().expect("not poisoned");
            let _ = socket.write_all(&[0xff; 64]);
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        other => vec![format!("no such attack: {other}")],
    }
}

/// With the means of the standard library.
fn rights(parent: i32) -> Vec<String> {
    let mut worked = Vec::new();
    let mut try_it = |what: &str, ok: bool| {
        if ok {
            worked.push(what.to_owned());
        }
    };
    try_it("read a file", File::open("/etc/passwd").is_ok());
    try_it("read itself", File::open("/proc/self/exe").is_ok());
    try_it("write a file", File::create("/tmp/ovenbird-worker-was-here").is_ok());
    try_it("write its memory", File::options().write(true).open("/proc/self/mem").is_ok());
    try_it("look whether a file exists", Path::new("/etc/passwd").exists());
    try_it("look at a file", std::fs::symlink_metadata("/etc/passwd").is_ok());
    try_it("list a folder", std::fs::read_dir("/").is_ok());
    try_it("know its folder", std::env::current_dir().is_ok());
    try_it("delete", std::fs::remove_file("/tmp/ovenbird-worker-was-here").is_ok());
    try_it(
        "connect",
        TcpStream::connect("127.0.0.1:1").is_err_and(|e| e.raw_os_error() != Some(libc::EPERM)),
    );
    try_it("make a socket", UnixStream::pair().is_ok());
    try_it("start a program", Command::new("/bin/true").spawn().is_ok());
    let pid = rustix::process::Pid::from_raw(parent);
    let killed = pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
    try_it("signal its parent", killed);
    let opened = pid.map(|pid| rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()));
    try_it("hold its parent", opened.is_some_and(|opened| opened.is_ok()));
    try_it("start a thread (which it may)", std::thread::spawn(|| ()).join().is_err());
    worked
}

/// Every system call by its number.
fn all_calls() -> Vec<String> {
    let mut worked = Vec::new();
    let allowed = super::confine::numbers_of_allowed();
    // The kernel lets its own probes through every filter; without one they do nothing.
    let probes: &[i64] = if cfg!(target_arch = "x86_64") { &[335, 336] } else { &[] };
    let plain = (0..600).filter(|number| !allowed.contains(number) && !probes.contains(number));
    // On x86-64 there is a second table of calls behind this bit.
    let second = (0..600).map(|number| number | 0x4000_0000);
    for number in plain.chain(second) {
        let answer = call(number, [0; 6]);
        if answer != -i64::from(libc::EPERM) {
            worked.push(format!("call {number} gave {answer}"));
        }
    }
    let eperm = -i64::from(libc::EPERM);
    let checked: [(&str, i64, [i64; 6], i64); 10] = [
        ("abort init", libc::SYS_tgkill, [1, 1, i64::from(libc::SIGABRT), 0, 0, 0], eperm),
        ("fork by clone", libc::SYS_clone, [i64::from(libc::SIGCHLD), 0, 0, 0, 0, 0], eperm),
        ("a new namespace", libc::SYS_clone, [i64::from(libc::CLONE_NEWUSER), 0, 0, 0, 0, 0], eperm),
        ("clone3", libc::SYS_clone3, [0; 6], -i64::from(libc::ENOSYS)),
        ("dumpable again", libc::SYS_prctl, [i64::from(libc::PR_SET_DUMPABLE), 1, 0, 0, 0, 0], eperm),
        ("new privileges", libc::SYS_prctl, [i64::from(libc::PR_SET_NO_NEW_PRIVS), 0, 0, 0, 0, 0], eperm),
        ("limits of init", libc::SYS_prlimit64, [1, 0, 0, 0, 0, 0], eperm),
        ("raise a limit", libc::SYS_prlimit64, [0, 0, 8, 0, 0, 0], eperm),
        ("copy a descriptor", libc::SYS_fcntl, [0, i64::from(libc::F_DUPFD), 0, 0, 0, 0], eperm),
        ("send to an address", libc::SYS_sendto, [0, 0, 0, 0, 8, 16], eperm),
    ];
    for (what, number, arguments, wanted) in checked {
        let answer = call(number, arguments);
        if answer != wanted {
            worked.push(format!("{what} gave {answer}"));
        }
    }
    worked
}

/// A system call, and its negative error.
fn call(number: i64, [a, b, c, d, e, f]: [i64; 6]) -> i64 {
    #[expect(unsafe_code, reason = "tries calls that must be refused")]
    // SAFETY: the filter refuses each of these calls before the kernel looks at the arguments; without the filter the
    // arguments are zeros or small numbers, through which the kernel reads and writes nothing.
    let answer = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if answer == -1 {
        -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        answer
    }
}

/// Without `apply_filter_all_threads` in `host/src/worker/linux/confine.rs`: whoever breaks out of wasm opens files
/// and sockets.
#[test]
fn a_worker_has_no_rights() {
    let client = client(WorkerOptions::default());
    let mut lease = lease(&client);
    let what = format!("rights {}", std::process::id());
    assert_eq!(attacked(lease.process(), &what, LONG), Ok(Vec::new()));
    assert!(!Path::new("/tmp/ovenbird-worker-was-here").exists());
}

/// Without `SeccompAction::Errno(libc::EPERM` in `allowed` in `host/src/worker/linux/confine.rs`, or with one call
/// too many in it: a call works that should not.
#[test]
fn a_worker_has_no_system_calls_but_those_in_the_list() {
    let client = client(WorkerOptions::default());
    assert_eq!(attacked(lease(&client).process(), "calls", LONG), Ok(Vec::new()));
}

/// Without `env_clear` in `host/src/worker/linux/process.rs`, or `close_inherited` or `setrlimit` in
/// `host/src/worker/linux/confine.rs`: a worker has the host's environment and files, and no limits.
#[test]
fn a_worker_inherits_nothing() {
    // A careless host: a file that children get to see.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "secret").expect("a file");
    let file = File::open(&path).expect("the file");
    rustix::io::fcntl_setfd(file.as_fd(), rustix::io::FdFlags::empty()).expect("a flag");
    let client = client(WorkerOptions::default().memory_bytes(3 << 30));
    let mut lease = lease(&client);
    assert_eq!(attacked(lease.process(), "environment", LONG), Ok(Vec::new()));
    let id = lease.process().id().expect("a child");
    let proc = |what: &str| std::fs::read_to_string(format!("/proc/{id}/{what}"));
    let status = proc("status").expect("its status");
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    assert_eq!(line("NoNewPrivs:").as_deref(), Some("NoNewPrivs:\t1"));
    assert_eq!(line("Seccomp:").as_deref(), Some("Seccomp:\t2"));
    let limits = proc("limits").expect("its limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    for (name, most) in [
        ("Max core file size", 0),
        ("Max file size", 0),
        ("Max open files", 1024),
        ("Max address space", 64 << 30),
        ("Max data size", 3 << 30),
        ("Max cpu time", WorkerOptions::default().cpu_time.as_secs()),
    ] {
        // What it has, and what it could give itself.
        assert_eq!(limit(name), [most.to_string(), most.to_string()], "{name}");
    }
    // Only root can look at a process that is not dumpable.
    let is_root = rustix::process::geteuid().is_root();
    assert!(is_root || std::fs::read_dir(format!("/proc/{id}/fd")).is_err(), "it is dumpable");
    if let Ok(open) = std::fs::read_dir(format!("/proc/{id}/fd")) {
        let open: Vec<String> = open
            .flatten()
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .map(|to| to.to_string_lossy().into_owned())
            .collect();
        // Three standard ones; the first also for reading and for writing, the second for files.
        assert_eq!(open.len(), 6, "{open:?}");
        assert!(open.iter().all(|to| to.starts_with("socket:") || to == "/dev/null"), "{open:?}");
        assert_eq!(proc("environ").unwrap_or_default(), "");
    }
    drop(file);
}

/// Fails without: looking at how a worker ended, and taking another for the next call.
#[test]
fn a_worker_that_ends_is_one_failed_call() {
    let client = client(WorkerOptions::default().memory_bytes(1500 << 20));
    for (what, wanted) in [
        ("abort", "aborted"),
        ("exit", "exit code 3"),
        ("panic", "exit code 101"),
        // What it may not have ends it; the machine does not notice.
        ("memory", "aborted"),
    ] {
        let mut lease = lease(&client);
        let id = lease.process().id().expect("a child");
        match attacked(lease.process(), what, LONG) {
            Err(WorkerFailure::Died(how)) => {
                assert!(how.contains(wanted), "{what}: {how}");
            }
            other => panic!("{what}: {other:?}"),
        }
        drop(lease);
        assert!(!Path::new(&format!("/proc/{id}")).exists(), "no zombie is left");
        assert_eq!(attacked(self::lease(&client).process(), "environment", LONG), Ok(Vec::new()));
    }
}

/// Fails without: the deadline of an exchange.
#[test]
fn a_worker_that_hangs_or_talks_nonsense_is_killed() {
    let client = client(WorkerOptions::default());
    let started = Instant::now();
    let mut hung = lease(&client);
    let id = hung.process().id().expect("a child");
    let short = Duration::from_millis(300);
    assert_eq!(attacked(hung.process(), "hang", short), Err(WorkerFailure::Hung(short)));
    drop(hung);
    assert!(!Path::new(&format!("/proc/{id}")).exists());
    let mut mad = lease(&client);
    let answer = attacked(mad.process(), "garbage", LONG);
    assert!(matches!(answer, Err(WorkerFailure::Answer(_))), "{answer:?}");
    assert!(started.elapsed() < LONG, "a length that cannot be is not waited for");
}

/// Fails without: the metering verifier in the worker; in the parent, taking its refusal for one.
#[test]
fn wasm_that_does_not_pay_gets_no_native_code() {
    // `(module (func (loop br 0)))`, and the same without the loop.
    let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a";
    let endless = [&head[..], b"\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b"].concat();
    let empty = [&head[..], b"\x04\x01\x02\0\x0b"].concat();
    let engine = Engine::builder().build().expect("the engine can be made");
    let client = client(WorkerOptions::default());
    let native = |wasm: &[u8]| client.native_of(&engine, "f", wasm).expect("the worker does not fail");
    assert!(native(&empty).is_ok_and(|(code, known)| code.starts_with(b"\x7fELF") && !known));
    assert!(native(&endless).is_err() && native(b"no wasm").is_err());
    assert_eq!(engine.native_compiles(), 1);
}

/// Until its last thread is gone, and nobody but us has to be told.
fn wait_until_dead(id: u32) {
    let threads = || std::fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count);
    let dead = |stat: String| stat.contains(") Z ");
    while threads() > 1 || !std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(dead) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Fails without: asking whether an idle worker is alive.
#[test]
fn an_idle_worker_that_was_killed_is_replaced_unseen() {
    let client = client(WorkerOptions::default());
    let mut first = lease(&client);
    let id = first.process().id().expect("a child");
    first.give_back();
    let pid = rustix::process::Pid::from_raw(id as i32).expect("a number");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
    wait_until_dead(id);
    let mut second = lease(&client);
    assert_ne!(second.process().id(), Some(id));
    assert_eq!(attacked(second.process(), "environment", LONG), Ok(Vec::new()));
}

/// Without `is_alive` of a spare worker in `host/src/worker/linux/pool.rs`: the first call after it was killed fails.
#[test]
fn a_spare_worker_that_was_killed_is_replaced_unseen() {
    let client = client(WorkerOptions::default());
    let id = client.pool().spare_id().expect("the one that was started first");
    let pid = rustix::process::Pid::from_raw(id as i32).expect("a number");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is ours");
    wait_until_dead(id);
    let mut lease = lease(&client);
    assert_ne!(lease.process().id(), Some(id));
    assert_eq!(attacked(lease.process(), "environment", LONG), Ok(Vec::new()));
}

/// Without `process.age()` in `host/src/worker/linux/pool.rs`: a worker is given to a call when its time is nearly used up.
#[test]
fn a_worker_that_is_old_does_not_serve_again() {
    for (cpu_time, idle) in [(Duration::from_millis(1), 0), (LONG * 60, 1)] {
        let client = client(WorkerOptions { cpu_time, ..WorkerOptions::default() });
        lease(&client).give_back();
        assert_eq!(client.pool().counts().0, idle);
    }
}

/// Without `options.calls`, or `too_many`, in `give_back` in `host/src/worker/linux/pool.rs`: a worker serves for ever, and one
/// that was made for a nested call stays.
#[test]
fn a_worker_that_has_done_enough_or_is_one_too_many_does_not_serve_again() {
    for (calls, idle) in [(1, 1), (2, 0)] {
        let client = client(WorkerOptions::default().calls(2));
        let mut lease = lease(&client);
        lease.process().calls = calls;
        lease.give_back();
        assert_eq!(client.pool().counts().0, idle, "after {calls} calls");
    }
    let client = client(WorkerOptions::default().processes(1));
    let first = lease(&client);
    let other = Owner::Tenant(1, "other".into());
    let nested = super::pool::inside(|| client.pool().take(other)).expect("one more");
    nested.give_back();
    assert_eq!(client.pool().counts(), (0, 0, 1));
    first.give_back();
    assert_eq!(client.pool().counts(), (1, 0, 0));
}

/// Without `*whose == owner` in `host/src/worker/linux/pool.rs`: one tenant's process is given to the next.
#[test]
fn two_tenants_never_have_the_same_process() {
    let client = client(WorkerOptions::default().processes(2));
    let mut seen = Vec::new();
    let tenants = ["a", "b", "c", "a", "d"];
    for tenant in tenants {
        for owner in [Owner::Tenant(1, tenant.into()), Owner::Tenant(2, tenant.into())] {
            let mut lease = client.pool().take(owner.clone()).expect("a worker");
            let id = lease.process().id().expect("a child");
            let others = seen.iter().filter(|(whose, seen)| *seen == id && *whose != owner);
            assert_eq!(others.count(), 0, "{owner:?} has a process that worked for another");
            seen.push((owner, id));
            lease.give_back();
        }
    }
    // At most two at a time, the spare one included.
    let (idle, spare, busy) = client.pool().counts();
    assert!(idle + spare <= 2 && busy == 0, "{idle} {spare} {busy}");
    // One owner gets its process again.
    let mut again = client.pool().take(Owner::Tenant(2, "d".into())).expect("a worker");
    assert_eq!(again.process().id(), seen.last().map(|(_, id)| *id));
}

/// A process whose worker is this function.
fn played(worker: impl FnOnce(UnixStream) + Send + 'static) -> Process {
    let (socket, theirs) = UnixStream::pair().expect("sockets");
    let (files, other_end) = UnixStream::pair().expect("sockets");
    std::thread::spawn(move || worker(theirs));
    Process::over(None, socket, files, other_end)
}

fn received(mut process: Process, allowed: Duration) -> Result<Answer, WorkerFailure> {
    let grants = Grants::none();
    process.receive(&mut exchange(&grants, allowed)).map(|(answer, _)| answer)
}

/// Fails without: the bounds in `frame.rs` and `process.rs`.
#[test]
fn nonsense_is_an_error_and_never_waited_for_longer_than_allowed() {
    let says = |bytes: Vec<u8>| {
        move |mut socket: UnixStream| {
            let _ = socket.write_all(&bytes);
        }
    };
    let frame = |head: &[u8]| {
        let mut bytes = Vec::new();
        frame::write(&mut bytes, head, &[]).expect("memory");
        bytes
    };
    for (what, bytes) in [
        ("a huge head", vec![0xff; 8]),
        ("a huge tail", [1u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat()),
        ("no such message", frame(&[200])),
        ("an empty message", frame(&[])),
        ("a message and more", frame(&[frame::encode(&Answer::Holds(true)), vec![0]].concat())),
    ] {
        let answer = received(played(says(bytes)), LONG);
        assert!(matches!(answer, Err(WorkerFailure::Answer(_))), "{what}: {answer:?}");
    }
    let gone = received(played(says(Vec::new())), LONG);
    assert!(matches!(gone, Err(WorkerFailure::Died(_))), "{gone:?}");
    // One byte at a time, for ever: the deadline is for all of it.
    let dribbles = |mut socket: UnixStream| {
        while socket.write_all(&[0]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
            if socket.write_all(&[0, 0, 0, 0, 0, 1]).is_err() {
                break;
            }
        }
    };
    let started = Instant::now();
    let slow = Duration::from_millis(200);
    let dribbled = received(played(dribbles), slow);
    assert!(dribbled.is_err() && started.elapsed() < LONG, "{dribbled:?}");
    // Files that it may not have, for ever.
    let begs = |mut socket: UnixStream| {
        let open = frame::encode(&Answer::Open("/etc/passwd".to_owned()));
        while frame::write(&mut socket, &open, &[]).is_ok()
            && frame::read(&mut socket, Most { head: 1 << 10, tail: 0 }).is_ok()
        {}
    };
    let begged = received(played(begs), LONG);
    assert_eq!(begged.map(drop), Err(WorkerFailure::Answer("it asks for ever more files".to_owned())));
}

/// Whatever the bytes are, decoding ends with an answer or an error. Without `with_limit` in
/// `host/src/worker/linux/frame.rs`, or `nested` in `host/src/depth.rs`: they ask for memory that is not there, or
/// overflow the stack.
#[test]
fn answers_of_random_bytes_are_no_panic() {
    let unit = UnitFace {
        label: "m.f".to_owned(),
        params: vec!["int".to_owned()],
        result: "int".to_owned(),
        timings: crate::code::Timings::default(),
        wasm_bytes: 100,
        key: "00".to_owned(),
    };
    let shape = Shape::Tuple(vec![Shape::Int, Shape::Tuple(vec![Shape::Str])]);
    let rate = Signature { params: vec![Plain::Int, Plain::Str], result: Plain::Float, cost: Cost::units(3) };
    let hosts =
        vec![("rates".to_owned(), Some([("rate".to_owned(), rate.clone())].into())), ("x".to_owned(), None)];
    let externals = vec![External { module: "rates".to_owned(), name: "rate".to_owned(), signature: rate }];
    let facts = Some(vec![1, 2]);
    let face =
        Face { result: shape, units: vec![unit], cache: true, facts, hosts, externals, unread: vec![3] };
    let value = Value::Tuple(vec![Value::Int(7), Value::Str("text".to_owned()), Value::Tuple(Vec::new())]);
    let raised = Raised { exception: "E".to_owned(), message: "m".to_owned(), traceback: Vec::new() };
    let engine = Engine::builder().build().expect("the engine can be made");
    let source = crate::Source::new("m.py", "def f():\n    return y\n");
    let wrong = engine.compile(&source).and_then(|program| program.entry("f", &[]).map(drop));
    let mut seeds = vec![
        frame::encode(&Answer::Compiled(Ok(Some(face)))),
        frame::encode(&Answer::Done(Ok(Sent::Plain(value)), Usage::default())),
        frame::encode(&Answer::Open("data.pq".to_owned())),
        frame::encode(&Answer::Function(1, vec![Passed::Float(0.5), Passed::Str("EUR".to_owned())])),
    ];
    for error in [Error::Raised(Box::new(raised)), wrong.expect_err("no `y`")] {
        seeds.push(frame::encode(&Answer::Done(Err(super::errors::Fault::of(error)), Usage::default())));
    }
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut decoded = 0;
    for _ in 0..100_000 {
        let mut bytes = seeds[random(seeds.len())].clone();
        for _ in 0..1 + random(4) {
            match random(3) {
                0 => {
                    let at = random(bytes.len());
                    bytes[at] = random(256) as u8;
                }
                1 => bytes.truncate(1 + random(bytes.len())),
                _ => {
                    let at = random(bytes.len());
                    bytes.insert(at, [0, 1, 250, 251, 252, 253, 255][random(7)]);
                }
            }
        }
        if let Ok(answer) = frame::decode::<Answer>(&bytes) {
            decoded += 1;
            if let Answer::Done(Err(fault), _) = answer
                && let Some(error) = fault.into_error()
            {
                // Diagnostics whose places lie outside of their files would panic here.
                let _ = error.to_string();
            }
        }
    }
    assert!(decoded > 1_000, "some of them must have got that far: {decoded}");
}

/// Fails without: the pool's limit.
#[test]
fn calls_wait_while_all_processes_are_at_work() {
    let client = Arc::new(client(WorkerOptions::default().processes(1)));
    let first = lease(&client);
    let other = Arc::clone(&client);
    let waiting = std::thread::spawn(move || {
        let mut second = other.pool().take(Owner::Tenant(1, "other".into())).expect("a worker");
        second.process().id()
    });
    std::thread::sleep(Duration::from_millis(100));
    assert!(!waiting.is_finished(), "there is no second process");
    first.give_back();
    assert!(waiting.join().expect("no panic").is_some());
}

/// Without `refuse_with_workers` in `check_anew`: hostile programs meet the compiler in the process of the embedder.
#[test]
fn what_the_compiler_makes_of_a_program_is_not_looked_at_beside_workers() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("worker");
    // Written by another process: no other test can have started one meanwhile that holds it open for writing.
    let script = "printf '#!/bin/sh\nexec \"%s\" %s\n' \"$0\" \"$*\" > \"$WORKER\" && chmod 700 \"$WORKER\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(std::env::current_exe().expect("this program"));
    assert!(command.args(ARGUMENTS).env("WORKER", &program).status().expect("it runs").success());
    let engine =
        Engine::builder().workers(WorkerOptions::default().program(&program)).build().expect("workers");
    let program = engine.compile(&Source::new("f.py", "x = 1\n")).expect("it is right");
    assert_eq!(program.check(Request::Run).expect("in a worker").outline().len(), 1);
    match program.check_here(Request::Run) {
        Err(Error::Worker(WorkerFailure::Unsupported(what))) => {
            assert!(what.contains("the compiler makes"), "{what}")
        }
        other => panic!("{:?}", other.map(drop)),
    }
}
