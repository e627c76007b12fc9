//! The second wall: compiling and running in child processes without rights. The same API, another place.
//!
//! [`EngineBuilder::workers`](crate::EngineBuilder::workers) makes an engine whose programs are parsed, compiled
//! and run elsewhere: in a worker, which is this program (or the one in [`WorkerOptions::program`]) started
//! again, with an empty environment, no open files but two sockets, limits of the operating system, and a
//! system-call filter under which it can open nothing, connect to nothing, start nothing and signal nobody
//! (`confine.rs`). What a program reads is opened by this process, after the same checks as always, and the open
//! file is handed over. Whoever breaks out of the wasm sandbox, or takes over the compiler, has that: what its own
//! tenant may see anyway. Functions of the embedder ([`Source::host`](crate::Source::host)) stay in this process: a
//! worker knows their names and types, and asks for a call. That it may have, with these values, and can pay is
//! looked at here again.
//!
//! A worker serves one tenant and no other, one call at a time, with a fresh instance for each call. One that
//! compiles never runs guests, and sees one program only. This process loads none of the code that workers make:
//! it keeps it as bytes (in the cache, too, under keys that only workers' code has), for workers of the tenants
//! that ask for the same program. Nothing that a worker answers is believed: lengths, types, nesting and texts are
//! checked (`frame.rs`, `client.rs`), and one that breaks the protocol, crashes, or does not answer in time is
//! killed: one failed call with an [`Error::Worker`], and the next call gets another worker.
//!
//! Options of the engine mean the same with workers, or [`EngineBuilder::build`](crate::EngineBuilder::build) says that
//! they cannot be had: a pool of memories ([`EngineBuilder::pool`](crate::EngineBuilder::pool)), since a worker makes one
//! call at a time and [`WorkerOptions::processes`] bounds how many go on at once (more wait, so that no call ends with
//! [`LimitKind::Instances`](crate::LimitKind::Instances)); and a remote tier of the cache, which has code for processes
//! like this one, and would take what workers made for others. What the compiler makes of a program is not shown: the typed
//! program in [`Checked`](crate::Checked) is for engines without workers. [`Program::why`](crate::Program::why) tells of the one
//! entry that a request has. Bundles are compiled in a worker and signed here, where the keys are
//! ([`bundle::build`](crate::bundle::build)).
//!
//! | what | file |
//! |---|---|
//! | bytes on the socket, lengths checked | `frame.rs` |
//! | what is said | `wire.rs`, `errors.rs` |
//! | compiled units ↔ bytes | `blob.rs` |
//! | one child process, from outside | `process.rs` |
//! | which process for whom | `pool.rs` |
//! | what programs ask for, kept and checked | `client.rs`, `wanted.rs`, `checking.rs` |
//! | the same for bundles; bundles that are built | `bundles.rs`, `building.rs` |
//! | a call, from outside | `isolated.rs` |
//! | functions of the embedder that a worker wants called | `desk.rs` |
//! | the child's side | `serve.rs`, `serve/` |
//! | what the child gives up | `confine.rs` |

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::artifact::Artifact;

use crate::code::{UnitInfo, VariableLink};
use crate::error::Error;
use crate::traceback::Place;

#[cfg(not(workers))]
mod elsewhere;
#[cfg(workers)]
pub(crate) mod linux;

#[cfg(not(workers))]
use elsewhere as here;
#[cfg(workers)]
use linux as here;

pub(crate) use here::client::{Client, Code, Setting};
pub(crate) use here::isolated::Isolated;
pub(crate) use here::wire::Wanted;

/// A unit for workers: its code is bytes here.
pub(crate) struct Piece {
    pub(crate) artifact: Arc<Artifact>,
    pub(crate) native: Arc<[u8]>,
    pub(crate) places: Vec<Place>,
    pub(crate) info: UnitInfo,
    /// Units that it calls, by number in the program.
    pub(crate) entries: Vec<usize>,
    pub(crate) variables: Vec<VariableLink>,
    pub(crate) externals: Vec<External>,
}

/// First argument of a worker's command line.
pub(crate) const ARGUMENT: &str = "ovenbird-worker";

/// How workers run. `Debug` shows all of it.
///
/// ```no_run
/// use ovenbird::{Engine, WorkerOptions};
///
/// fn main() -> Result<(), ovenbird::Error> {
///     ovenbird::worker::serve_if_worker(); // first of all: a worker never returns from here
///     let engine = Engine::builder().workers(WorkerOptions::default()).build()?;
///     # let _ = engine;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// Processes at most, idle ones included; calls beyond that wait. Only a call that a function of the embedder makes,
    /// on behalf of which a worker is waiting already, gets one more instead. Default: twice the cores, at least four.
    pub processes: usize,
    /// Memory that a worker may write to, in bytes: guest memory, the host's share for it, compiling. Default 4 GiB.
    pub memory_bytes: u64,
    /// Processor time of a worker's whole life; a worker that is used up is replaced. Default one hour.
    pub cpu_time: Duration,
    /// Calls after which a worker is replaced. Default 10,000.
    pub calls: u32,
    /// How long a worker may take to end a call, or to stop compiling, when its time is up. Default 2 s.
    pub grace: Duration,
    /// The program to start; it calls [`serve_if_worker`] first of all. Default: this one.
    pub program: Option<PathBuf>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        WorkerOptions {
            processes: (2 * cores).max(4),
            memory_bytes: 4 << 30,
            cpu_time: Duration::from_secs(3600),
            calls: 10_000,
            grace: Duration::from_secs(2),
            program: None,
        }
    }
}

impl WorkerOptions {
    /// The same with at most so many processes.
    #[must_use]
    pub fn processes(self, processes: usize) -> Self {
        WorkerOptions { processes, ..self }
    }

    /// The same with so much memory for each worker.
    #[must_use]
    pub fn memory_bytes(self, memory_bytes: u64) -> Self {
        WorkerOptions { memory_bytes, ..self }
    }

    /// The same with workers that are replaced after so many calls; 1 is a fresh process for each call.
    #[must_use]
    pub fn calls(self, calls: u32) -> Self {
        WorkerOptions { calls, ..self }
    }

    /// The same with so much time to end a call.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        WorkerOptions { grace, ..self }
    }

    /// The same with another program: an `ovenbird` of the same build, for hosts whose own program cannot be
    /// started again.
    #[must_use]
    pub fn program(self, program: impl Into<PathBuf>) -> Self {
        WorkerOptions { program: Some(program.into()), ..self }
    }
}

/// What became of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WorkerFailure {
    /// It could not be started, or is of another build.
    Start(String),
    /// It ended in the middle of a call: crashed, was killed, or ran out of memory.
    Died(String),
    /// It did not answer in time, and was killed.
    Hung(Duration),
    /// It did not keep to the protocol, and was killed.
    Answer(String),
    /// Something that an engine with workers does not do.
    Unsupported(&'static str),
}

impl fmt::Display for WorkerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerFailure::Start(why) => write!(f, "a worker process cannot be started: {why}"),
            WorkerFailure::Died(how) => write!(f, "the worker process ended during the call: {how}"),
            WorkerFailure::Hung(time) => {
                write!(f, "the worker process did not answer within {:.1} s", time.as_secs_f64())
            }
            WorkerFailure::Answer(what) => write!(f, "the worker process answered wrongly: {what}"),
            WorkerFailure::Unsupported(what) => write!(f, "an engine with worker processes cannot {what}"),
        }
    }
}

/// A worker did not keep to the protocol.
pub(crate) fn wrong_answer(what: &str) -> Error {
    Error::Worker(WorkerFailure::Answer(what.to_owned()))
}

/// If this process was started as a worker: serves, and never returns. Else does nothing. To be called first of
/// all in `main`, before threads start or files are opened.
pub fn serve_if_worker() {
    if is_worker() {
        here::serve::serve();
    }
}

/// Whether this process was started as a worker.
pub(crate) fn is_worker() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT)
}
