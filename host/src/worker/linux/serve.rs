//! The child's side: gives up its rights, then compiles and calls what the parent asks for, one thing at a time.
//!
//! The first thread only reads: what is asked goes to the second, answers about files to whoever waits for one, and
//! a cancellation to the call that runs. When the parent is gone the process ends, whatever it does.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use ovenbird_compiler::Options;
use passfd::FdPassingExt;

use super::blob;
use super::confine::{self, Confined, adopt};
use super::errors::Fault;
use super::frame::{self, Most};
use super::wire::{Answer, Ask, Refused, Setup, VERSION};
use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::Error;
use crate::external::passed::Passed;
use crate::external::relay::{Reply, Way};
use crate::grants::{AccessError, Grants};
use crate::run::Group;

mod calling;
mod compiling;

pub(super) use compiling::result_shape;

/// Stack of the thread that works: lowering recurses as deep as a program is nested.
const STACK: usize = 64 << 20;

/// What the parent sends may be as large as it likes.
const ANY: Most = Most { head: u32::MAX as usize, tail: u32::MAX as usize };

/// Serves until the parent is gone.
pub(crate) fn serve() -> ! {
    // There is nobody to tell; the parent sees the end and the code.
    exit(if run().is_ok() { 0 } else { 70 })
}

/// The way to the parent.
struct Link {
    out: Mutex<UnixStream>,
    told: Mutex<Receiver<Told>>,
    files: UnixStream,
}

/// What the parent answers to a question of this side.
enum Told {
    Opened(Result<(), Refused>),
    Called(Reply),
}

impl Link {
    fn say(&self, answer: &Answer, tail: &[u8]) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        frame::write(&mut *out, &frame::encode(answer), tail)
    }

    /// Asks the parent to open a file.
    fn open(&self, path: &str) -> Result<File, AccessError> {
        let lost = || AccessError::Io { path: path.to_owned(), kind: io::ErrorKind::BrokenPipe };
        // For the whole exchange, so that answers meet their questions.
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.say(&Answer::Open(path.to_owned()), &[]).map_err(|_| lost())?;
        match told.recv().map_err(|_| lost())? {
            Told::Opened(Ok(())) => Ok(File::from(adopt(self.files.recv_fd().map_err(|_| lost())?))),
            Told::Opened(Err(refused)) => Err(refused.error(path)),
            Told::Called(_) => Err(lost()),
        }
    }
}

impl Way for Link {
    fn ask(&self, number: u32, args: Vec<Passed>) -> Option<Reply> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.say(&Answer::Function(number, args), &[]).ok()?;
        if let Told::Called(reply) = told.recv().ok()? { Some(reply) } else { None }
    }
}

/// What is asked, with the cancellation of calls.
type Asked = (Ask, Vec<u8>, Cancel);

fn run() -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    confine::close_inherited().map_err(text)?;
    let mut socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().map_err(text)?);
    let files = UnixStream::from(io::stdout().as_fd().try_clone_to_owned().map_err(text)?);
    // A descriptor can be copied now, but not later.
    let out = socket.try_clone().map_err(text)?;
    let first = frame::read(&mut socket, Most { head: 1 << 16, tail: 0 }).map_err(|e| format!("{e:?}"))?;
    let Ask::Setup(setup) = frame::decode(&first.head)? else { return Err("no set-up".to_owned()) };
    let prepared = confine::confine(setup.memory_bytes, setup.cpu_seconds)
        .and_then(|confined| Ok((confined, engine(&setup).map_err(|error| error.to_string())?)));
    let (confined, engine) = prepared.inspect_err(|why| {
        let _ = frame::write(&mut socket, &frame::encode(&Answer::CannotServe(why.clone())), &[]);
    })?;
    let (told, answers) = channel();
    let out = Mutex::new(out);
    let link = Arc::new(Link { out, told: Mutex::new(answers), files });
    let build = super::client::build(&engine);
    link.say(&Answer::Ready { version: VERSION, build }, &[]).map_err(text)?;
    let (send, asked) = channel::<Asked>();
    let worker = Worker { engine, confined, link, groups: HashMap::new() };
    let work = move || {
        // A panic is a bug of ours, or somebody's luck: this process has served.
        let _ = catch_unwind(AssertUnwindSafe(|| worker.work(&asked)));
        exit(101)
    };
    std::thread::Builder::new().stack_size(STACK).spawn(work).map_err(text)?;
    listen(&mut socket, &told, &send)
}

/// The engine of a worker: no cache, no workers.
fn engine(setup: &Setup) -> Result<Engine, Error> {
    let options = Options { optimise: setup.optimise };
    Engine::builder().native(setup.native()).options(options).probes(false).build()
}

/// Takes messages apart until there are no more.
fn listen(socket: &mut UnixStream, told: &Sender<Told>, send: &Sender<Asked>) -> Result<(), String> {
    let mut calls = Calls::default();
    loop {
        let Ok(message) = frame::read(socket, ANY) else { return Ok(()) };
        match frame::decode(&message.head)? {
            Ask::Opened(answer) => told.send(Told::Opened(answer)).map_err(|e| e.to_string())?,
            Ask::Called(reply) => told.send(Told::Called(reply)).map_err(|e| e.to_string())?,
            Ask::Cancel(number) => calls.cancel(number),
            ask => {
                if let Ask::Call(call) = &ask {
                    calls.begin(call.number);
                }
                send.send((ask, message.tail, calls.cancel.clone())).map_err(|e| e.to_string())?;
            }
        }
    }
}

/// Which call a cancellation is for.
///
/// It is sent once, and it may come first: a call can be cancelled while its code is still being loaded.
#[derive(Default)]
struct Calls {
    running: u64,
    cancel: Cancel,
    early: Option<u64>,
}

impl Calls {
    fn begin(&mut self, number: u64) {
        (self.running, self.cancel) = (number, Cancel::new());
        if self.early.take() == Some(number) {
            self.cancel.cancel();
        }
    }

    fn cancel(&mut self, number: u64) {
        match number == self.running {
            true => self.cancel.cancel(),
            // One that has ended never begins again.
            false => self.early = Some(number),
        }
    }
}

/// What it has.
struct Worker {
    engine: Engine,
    confined: Confined,
    link: Arc<Link>,
    groups: HashMap<u64, Group>,
}

impl Worker {
    fn work(mut self, asked: &Receiver<Asked>) -> io::Result<()> {
        while let Ok((ask, tail, cancel)) = asked.recv() {
            match ask {
                Ask::Compile(job) => match self.compile(job) {
                    Ok(Some((face, blob))) => self.link.say(&Answer::Compiled(Ok(Some(face))), &blob)?,
                    Ok(None) => self.link.say(&Answer::Compiled(Ok(None)), &[])?,
                    Err(error) => self.link.say(&Answer::Compiled(Err(Fault::of(error))), &[])?,
                },
                Ask::Check(job) => {
                    let found = self.check(job).map_err(Fault::of);
                    self.link.say(&Answer::Checked(found), &[])?;
                }
                Ask::Build { job, targets, strip } => match self.build(job, &targets, strip) {
                    Ok(part) => self.link.say(&Answer::Built(Ok(())), &part)?,
                    Err(error) => self.link.say(&Answer::Built(Err(Fault::of(error))), &[])?,
                },
                Ask::Signatures { job, function } => {
                    let found = self.signatures(&job, function.as_deref()).map_err(Fault::of);
                    self.link.say(&Answer::Signatures(found), &[])?;
                }
                Ask::Native => match self.native(&tail) {
                    Ok(native) => self.link.say(&Answer::Native(Ok(())), &native)?,
                    Err(what) => self.link.say(&Answer::Native(Err(what)), &[])?,
                },
                Ask::Schemas { paths, limits } => {
                    let schemas = self.schemas(&paths, &limits);
                    self.link.say(&Answer::Schemas(schemas), &[])?;
                }
                Ask::Hold { limits } => {
                    let holds = self.hold(&limits, &tail);
                    self.link.say(&Answer::Holds(holds), &[])?;
                }
                Ask::Differ { limits } => {
                    let found = self.differ(&limits, &tail);
                    self.link.say(&Answer::Differ(found), &[])?;
                }
                Ask::Load(number) => {
                    let loaded = blob::unpack(&self.engine, &self.confined, &tail);
                    let answer = loaded.map(|group| drop(self.groups.insert(number, group)));
                    self.link.say(&Answer::Loaded(answer), &[])?;
                }
                Ask::Call(call) => {
                    let mut elements = Vec::new();
                    let answer = self.call(call, &tail, &cancel, &mut elements);
                    self.link.say(&answer, &elements)?;
                }
                #[cfg(test)]
                Ask::Attack(what) => {
                    let answer = super::tests::attack(&what, &self.link.out);
                    self.link.say(&Answer::Attacked(answer), &[])?;
                }
                // These do not come this way.
                Ask::Setup(_) | Ask::Opened(_) | Ask::Called(_) | Ask::Cancel(_) => {}
            }
        }
        Ok(())
    }

    fn grants(&self) -> Grants {
        let link = Arc::clone(&self.link);
        Grants::brokered(move |path| link.open(path))
    }
}

#[cfg(test)]
mod tests {
    use super::Calls;

    #[test]
    fn a_cancellation_may_come_before_its_call() {
        let mut calls = Calls::default();
        calls.begin(3);
        calls.cancel(5);
        assert!(!calls.cancel.is_cancelled(), "it was for another");
        calls.begin(5);
        assert!(calls.cancel.is_cancelled());
        calls.begin(7);
        assert!(!calls.cancel.is_cancelled(), "it is not for the next");
    }

    #[test]
    fn a_cancellation_that_comes_too_late_is_for_nobody() {
        let mut calls = Calls::default();
        calls.begin(3);
        calls.begin(4);
        calls.cancel(3);
        assert!(!calls.cancel.is_cancelled());
        calls.begin(6);
        assert!(!calls.cancel.is_cancelled());
    }
}
