//! Workers that were taken over, in the middle of a call: a thread that plays one says what no honest one would.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;

use super::client::Client;
use super::errors::Fault;
use super::frame::{self, Most};
use super::isolated::Isolated;
use super::pool::Pool;
use super::process::Process;
use super::values::Sent;
use super::wire::{Answer, Ask, Setup};
use crate::cancel::Cancel;
use crate::error::Error;
use crate::external::passed::Passed;
use crate::external::relay::Reply;
use crate::external::table::HostModules;
use crate::external::{Cost, HostModule};
use crate::imports::Output;
use crate::limits::{Limits, Usage as IoUsage};
use crate::run::{Outcome, Tenant, Usage};
use crate::value::Value;
use crate::worker::{WorkerFailure, WorkerOptions};

mod compiling;

/// The other end of a worker's socket.
struct Played(UnixStream);

impl Played {
    fn says(&mut self, answer: &Answer) -> bool {
        frame::write(&mut self.0, &frame::encode(answer), &[]).is_ok()
    }

    fn prints(&mut self, text: &[u8]) -> bool {
        frame::write(&mut self.0, &frame::encode(&Answer::Printed), text).is_ok()
    }

    fn hears(&mut self) -> Option<Ask> {
        let message = frame::read(&mut self.0, Most { head: 1 << 20, tail: 1 << 20 }).ok()?;
        frame::decode(&message.head).ok()
    }

    /// Asks for a call, and hears what came of it.
    fn calls(&mut self, number: u32, args: Vec<Passed>) -> Option<Reply> {
        self.says(&Answer::Function(number, args));
        match self.hears()? {
            Ask::Called(reply) => Some(reply),
            other => panic!("{other:?}"),
        }
    }

    fn ends(&mut self, value: i64, usage: Usage) {
        self.says(&Answer::Done(Ok(Sent::Plain(Value::Int(value))), usage));
    }
}

/// Functions `host.f(int) -> int`, which takes so long and costs a thousand units, and how often it was called.
fn host(takes: Duration) -> (HostModules, Arc<AtomicU64>) {
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let host = HostModule::new("host").expect("a name");
    let host = host.function("f", Cost::units(1000), move |n: i64| {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(takes);
        n + 1
    });
    let mut modules = HostModules::default();
    modules.insert(host.expect("a function"));
    (modules, calls)
}

/// The way to one worker, which is played like this.
fn over(play: impl FnOnce(&mut Played) + Send + 'static) -> (Client, JoinHandle<()>) {
    let (process, player) = process(play);
    let options = WorkerOptions::default().grace(Duration::from_millis(200)).processes(1);
    (Client::over(Pool::of(options, setup(), process)), player)
}

fn process(play: impl FnOnce(&mut Played) + Send + 'static) -> (Process, JoinHandle<()>) {
    let (socket, theirs) = UnixStream::pair().expect("sockets");
    let (files, other_end) = UnixStream::pair().expect("sockets");
    let player = std::thread::spawn(move || play(&mut Played(theirs)));
    (Process::over(None, socket, files, other_end), player)
}

fn setup() -> Setup {
    Setup {
        memory_bytes: 0,
        cpu_seconds: 0,
        optimise: ovenbird_compiler::optimise::Options::default(),
        canonical_nans: false,
        explicit_checks: false,
        parallel_compilation: false,
        stack_bytes: 0,
        level: None,
    }
}

/// A call of something that gives an int, in a worker that is played like this once it has the call.
fn called(hosts: &HostModules, tenant: &Tenant, play: impl FnOnce(&mut Played) + Send + 'static) -> Outcome {
    called_with(hosts, tenant, Output::Discard, None, play)
}

fn called_with(
    hosts: &HostModules,
    tenant: &Tenant,
    output: Output,
    cancel: Option<&Cancel>,
    play: impl FnOnce(&mut Played) + Send + 'static,
) -> Outcome {
    let (client, player) = over(|played| {
        assert!(matches!(played.hears(), Some(Ask::Load(_))));
        played.says(&Answer::Loaded(Ok(())));
        assert!(matches!(played.hears(), Some(Ask::Call(_))));
        play(played);
    });
    let outcome = isolated(&client, hosts).call_until(tenant, &[], output, cancel);
    drop(client);
    player.join().expect("it plays to its end");
    outcome
}

fn isolated(client: &Client, hosts: &HostModules) -> Isolated {
    let code = client.assembled(&[], &Sources::default(), &[], &Type::Int).expect("a type that crosses");
    let functions = (hosts.all().into_iter()).flat_map(|(module, functions)| {
        functions.into_iter().map(move |(name, signature)| ovenbird_compiler::abi::external::External {
            module: module.clone(),
            name,
            signature,
        })
    });
    let functions = hosts.link(&functions.collect::<Vec<_>>()).expect("they are there");
    client.isolated(code, (Vec::new(), Type::Int), functions, Vec::new(), Vec::new())
}

/// An honest one, so that the others fail for what they do.
#[test]
fn one_that_keeps_to_the_rules_is_heard() {
    let (hosts, calls) = host(Duration::ZERO);
    let outcome = called(&hosts, &Tenant::default(), |played| {
        assert_eq!(played.calls(0, vec![Passed::Int(41)]), Some(Reply::Returned(Passed::Int(42))));
        played.ends(7, Usage { cpu_units: 5000, ..Usage::default() });
    });
    assert_eq!((outcome.result.expect("a result"), outcome.usage.cpu_units), (Value::Int(7), 5000));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// Fails without: the checks of `desk.rs`, or with their verdict not heeded.
#[test]
fn one_that_calls_what_it_may_not_is_killed() {
    let asks = [
        (1, vec![Passed::Int(1)]),
        (u32::MAX, Vec::new()),
        (0, Vec::new()),
        (0, vec![Passed::Float(1.0)]),
        (0, vec![Passed::Str("1".to_owned())]),
        (0, vec![Passed::Int(1); 2]),
        (0, vec![Passed::Int(1); 9]),
        (0, vec![Passed::Int(1); 100_000]),
    ];
    for (number, args) in asks {
        let (hosts, calls) = host(Duration::ZERO);
        let (told, sent) = (format!("{number}, {} arguments", args.len()), Answer::Function(number, args));
        let outcome = called(&hosts, &Tenant::default(), move |played| {
            played.says(&sent);
            assert!(played.hears().is_none(), "it is answered");
        });
        let killed = matches!(outcome.result, Err(Error::Worker(WorkerFailure::Answer(_))));
        assert!(killed && calls.load(Ordering::SeqCst) == 0, "{told}: {:?}", outcome.result);
    }
}

/// Without `MAX_PARAMS` in `host/src/external/passed.rs`: a list of arguments is as long as somebody likes before it is
/// compared with anything.
#[test]
fn more_arguments_than_a_function_can_have_are_not_even_decoded() {
    let decoded = |count| {
        let sent = frame::encode(&Answer::Function(0, vec![Passed::Int(1); count]));
        frame::decode::<Answer>(&sent).map(drop)
    };
    assert!(decoded(ovenbird_compiler::abi::external::MAX_PARAMS).is_ok());
    assert!(decoded(ovenbird_compiler::abi::external::MAX_PARAMS + 1).is_err());
}

/// Fails without: an account of this process's own.
#[test]
fn one_that_says_that_it_has_spent_nothing_is_billed_for_its_calls() {
    let (hosts, _) = host(Duration::ZERO);
    let outcome = called(&hosts, &Tenant::default(), |played| {
        (0..3).for_each(|n| drop(played.calls(0, vec![Passed::Int(n)])));
        played.ends(7, Usage::default());
    });
    assert_eq!((outcome.result.expect("a result"), outcome.usage.cpu_units), (Value::Int(7), 3000));
}

/// Without `plausible` in `host/src/worker/linux/isolated.rs`: whoever bills by what was used bills anything.
#[test]
fn one_that_says_that_it_has_used_more_than_there_is_is_not_believed() {
    let (hosts, _) = host(Duration::ZERO);
    let started = Instant::now();
    let limits = Limits::default().cpu_units(10_000).memory_bytes(1 << 20).host_bytes(3).output_bytes(4);
    let tenant = Tenant::default().limits(limits.bytes_read(5).rows_read(6).pages_read(7));
    let outcome = called(&hosts, &tenant, |played| {
        let io = IoUsage {
            output_bytes: u64::MAX,
            bytes_read: u64::MAX,
            rows_read: u64::MAX,
            pages_read: u64::MAX,
            files_opened: u64::MAX,
            host_bytes: u64::MAX,
            host_bytes_peak: u64::MAX,
        };
        let (wall, instantiate) = (Duration::MAX, Duration::MAX);
        played.says(&Answer::Open("no such file".to_owned()));
        assert!(matches!(played.hears(), Some(Ask::Opened(Err(_)))));
        played.ends(7, Usage { cpu_units: u64::MAX, wall, instantiate, memory_peak: u64::MAX, io });
    });
    let Usage { cpu_units, wall, instantiate, memory_peak, io } = outcome.usage;
    assert_eq!((cpu_units, memory_peak), (10_000 + ovenbird_compiler::abi::SLICE as u64, 1 << 20));
    assert!(wall.max(instantiate) <= started.elapsed(), "{wall:?} {instantiate:?}");
    let wanted = IoUsage {
        output_bytes: 4,
        bytes_read: 5,
        rows_read: 6,
        pages_read: 7,
        files_opened: 1,
        host_bytes: 3,
        host_bytes_peak: 3,
    };
    assert_eq!(io, wanted);
}

/// Fails without: the time after which nothing is called; giving a worker only the time of calls before that.
#[test]
fn one_that_calls_for_ever_comes_to_an_end() {
    let (hosts, calls) = host(Duration::from_millis(20));
    let tenant = Tenant::default().limits(Limits::default().deadline(Duration::from_millis(200)));
    let started = Instant::now();
    let outcome = called(&hosts, &tenant, |played| {
        let mut made = 0;
        while let Some(reply) = played.calls(0, vec![Passed::Int(1)]) {
            made += u32::from(reply != Reply::Late);
            if made == 1000 {
                // Nobody stops it.
                played.ends(7, Usage::default());
            }
        }
    });
    assert!(matches!(outcome.result, Err(Error::Worker(WorkerFailure::Hung(_)))), "{:?}", outcome.result);
    assert!(calls.load(Ordering::SeqCst) <= 21, "in 400 ms");
    assert!(started.elapsed() < Duration::from_secs(60));
}

/// Fails without: comparing with what has happened.
#[test]
fn one_that_blames_a_function_is_not_believed() {
    let (hosts, _) = host(Duration::ZERO);
    let outcome = called(&hosts, &Tenant::default(), |played| {
        let fault = Fault::Panicked("host.f".to_owned(), Vec::new());
        played.says(&Answer::Done(Err(fault), Usage::default()));
    });
    assert!(matches!(outcome.result, Err(Error::Worker(WorkerFailure::Answer(_)))), "{:?}", outcome.result);
}

/// Fails without: taking answers to questions only.
#[test]
fn one_that_answers_what_nobody_asked_is_killed() {
    for odd in
        [Answer::Holds(true), Answer::Native(Ok(())), Answer::Schemas(Vec::new()), Answer::Loaded(Ok(()))]
    {
        let (hosts, _) = host(Duration::ZERO);
        let outcome = called(&hosts, &Tenant::default(), move |played| assert!(played.says(&odd)));
        assert!(
            matches!(outcome.result, Err(Error::Worker(WorkerFailure::Answer(_)))),
            "{:?}",
            outcome.result
        );
    }
}

/// Without `fits` in `host/src/worker/linux/isolated.rs`: a caller is given what it does not expect.
#[test]
fn one_that_gives_a_result_of_another_type_is_killed() {
    let others = [
        Value::None,
        Value::Bool(true),
        Value::Float(7.0),
        Value::Str("7".to_owned()),
        Value::Tuple(vec![Value::Int(7)]),
        Value::Texts(vec!["7".to_owned()]),
    ];
    for other in others {
        let outcome = called(&HostModules::default(), &Tenant::default(), |played| {
            played.says(&Answer::Done(Ok(Sent::Plain(other)), Usage::default()));
        });
        assert!(is_wrong_answer(&outcome), "{:?}", outcome.result);
    }
}

fn is_wrong_answer(outcome: &Outcome) -> bool {
    matches!(outcome.result, Err(Error::Worker(WorkerFailure::Answer(_))))
}

/// Without `checked_sub` in `print` in `host/src/worker/linux/isolated.rs`: its output fills the memory of the host.
#[test]
fn one_that_prints_more_than_it_may_is_killed() {
    let tenant = Tenant::default().limits(Limits::default().output_bytes(10));
    let printed = |bytes: usize| {
        let hosts = HostModules::default();
        called_with(&hosts, &tenant, Output::Capture(Vec::new()), None, move |played| {
            played.prints(&[b'x'; 60]);
            played.prints(&vec![b'x'; bytes - 60]);
            played.ends(7, Usage::default());
        })
    };
    // Some characters are longer when they are shown.
    let most = printed(100);
    assert_eq!((most.result.expect("as much as it may"), most.output.captured().len()), (Value::Int(7), 100));
    let more = printed(101);
    assert!(is_wrong_answer(&more) && more.output.captured().len() == 60, "{:?}", more.result);
}

/// Without `Ask::Cancel` in `print` in `host/src/worker/linux/isolated.rs`: it goes on for nobody.
#[test]
fn one_whose_output_goes_nowhere_is_told_to_end() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (hosts, tenant) = (HostModules::default(), Tenant::default());
    let outcome = called_with(&hosts, &tenant, Output::stream(Full, true), None, |played| {
        played.prints(b"text\n");
        assert!(matches!(played.hears(), Some(Ask::Cancel(_))));
        played.says(&Answer::Done(Err(Fault::Cancelled(Vec::new())), Usage::default()));
    });
    assert!(matches!(&outcome.result, Err(Error::Io(_))), "{:?}", outcome.result);
}

/// Without `pass_cancellation` in `until_done` in `host/src/worker/linux/isolated.rs`: a guest goes on behind the function
/// that has cancelled it.
#[test]
fn one_that_was_cancelled_meanwhile_hears_it_before_the_result() {
    let cancel = Cancel::new();
    let by_host = cancel.clone();
    let host = HostModule::new("host").expect("a name");
    let host = host.function("f", Cost::units(1), move |n: i64| {
        by_host.cancel();
        n
    });
    let mut hosts = HostModules::default();
    hosts.insert(host.expect("a function"));
    let outcome = called_with(&hosts, &Tenant::default(), Output::Discard, Some(&cancel), |played| {
        played.says(&Answer::Function(0, vec![Passed::Int(1)]));
        assert!(matches!(played.hears(), Some(Ask::Cancel(_))));
        assert!(matches!(played.hears(), Some(Ask::Called(_))));
        played.says(&Answer::Done(Err(Fault::Cancelled(Vec::new())), Usage::default()));
    });
    assert!(matches!(outcome.result, Err(Error::Cancelled { .. })), "{:?}", outcome.result);
}

/// Without `Answer::Loaded(Err(why))` in `host/src/worker/linux/isolated.rs`: it is taken for one that has the code.
#[test]
fn one_that_cannot_load_the_code_is_not_asked_for_a_call() {
    let (client, player) = over(|played| {
        assert!(matches!(played.hears(), Some(Ask::Load(_))));
        played.says(&Answer::Loaded(Err("no".to_owned())));
        assert!(played.hears().is_none(), "it is asked for more");
    });
    let hosts = HostModules::default();
    let outcome = isolated(&client, &hosts).call_until(&Tenant::default(), &[], Output::Discard, None);
    assert!(is_wrong_answer(&outcome), "{:?}", outcome.result);
    drop(client);
    player.join().expect("it plays to its end");
}

/// Without `Error::Internal` in `call_in` in `host/src/worker/linux/isolated.rs`: one in an unknown state serves again.
#[test]
fn one_in_which_something_inexplicable_happened_does_not_serve_again() {
    for (fault, idle) in [(Fault::Internal("?".to_owned()), 0), (Fault::Denied("no".to_owned()), 1)] {
        let (client, player) = over(|played| {
            played.hears();
            played.says(&Answer::Loaded(Ok(())));
            played.hears();
            played.says(&Answer::Done(Err(fault), Usage::default()));
        });
        let hosts = HostModules::default();
        let outcome = isolated(&client, &hosts).call_until(&Tenant::default(), &[], Output::Discard, None);
        assert!(outcome.result.is_err());
        assert_eq!(client.pool().counts(), (idle, 0, 0), "{:?}", outcome.result);
        player.join().expect("it plays to its end");
    }
}
