//! Workers that were taken over, in the middle of a call: a thread that plays one says what no honest one would.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
use crate::error::Error;
use crate::external::passed::Passed;
use crate::external::relay::Reply;
use crate::external::table::HostModules;
use crate::external::{Cost, HostModule};
use crate::imports::Output;
use crate::limits::Limits;
use crate::run::{Outcome, Tenant, Usage};
use crate::value::Value;
use crate::worker::{WorkerFailure, WorkerOptions};

/// The other end of a worker's socket.
struct Played(UnixStream);

impl Played {
    fn says(&mut self, answer: &Answer) -> bool {
        frame::write(&mut self.0, &frame::encode(answer), &[]).is_ok()
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

/// A call of something that gives an int, in a worker that is played like this once it has the call.
fn called(hosts: &HostModules, tenant: &Tenant, play: impl FnOnce(&mut Played) + Send + 'static) -> Outcome {
    let (socket, theirs) = UnixStream::pair().expect("sockets");
    let (files, other_end) = UnixStream::pair().expect("sockets");
    let player = std::thread::spawn(move || {
        let mut played = Played(theirs);
        assert!(matches!(played.hears(), Some(Ask::Load(_))));
        played.says(&Answer::Loaded(Ok(())));
        assert!(matches!(played.hears(), Some(Ask::Call(_))));
        play(&mut played);
    });
    let options = WorkerOptions::default().grace(Duration::from_millis(200)).processes(1);
    let setup = Setup {
        memory_bytes: 0,
        cpu_seconds: 0,
        optimise: ovenbird_compiler::optimise::Options::default(),
        canonical_nans: false,
        explicit_checks: false,
        parallel_compilation: false,
        stack_bytes: 0,
        level: None,
    };
    let pool = Pool::of(options, setup, Process::over(None, socket, files, other_end));
    let outcome = isolated(&Client::over(pool), hosts).call_until(tenant, &[], Output::Discard, None);
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
