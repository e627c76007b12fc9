//! The child's side: gives up its rights, then compiles and calls what the parent asks for, one thing at a time.
//!
//! The first thread only reads: what is asked goes to the second, answers about files to whoever waits for one, and
//! a cancellation to the call that runs. When the parent is gone the process ends, whatever it does.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use ovenbird_compiler::Options;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::resolve::World;
use ovenbird_compiler::types::Type;
use passfd::FdPassingExt;

use super::blob;
use super::confine::{self, Confined, adopt};
use super::errors::Fault;
use super::frame::{self, Most};
use super::values;
use super::wire::{Answer, Argument, Ask, Call, Face, Job, Print, Refused, Setup, UnitFace, VERSION, Wanted};
use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::Error;
use crate::grants::{AccessError, Grants};
use crate::imports::Output;
use crate::limits::Limits;
use crate::probe::facts::Facts;
use crate::probe::shape::Shape;
use crate::program::Source;
use crate::run::{Group, Tenant};
use crate::value::Arg;
use crate::world::GrantedWorld;

/// Stack of the thread that works: lowering recurses as deep as a program is nested.
const STACK: usize = 64 << 20;

/// Most bytes of output in one message.
const PIECE: usize = 256 << 10;

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
    opened: Mutex<Receiver<Result<(), Refused>>>,
    files: UnixStream,
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
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        self.say(&Answer::Open(path.to_owned()), &[]).map_err(|_| lost())?;
        match opened.recv().map_err(|_| lost())? {
            Ok(()) => Ok(File::from(adopt(self.files.recv_fd().map_err(|_| lost())?))),
            Err(refused) => Err(refused.error(path)),
        }
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
    let (opened, answers) = channel();
    let out = Mutex::new(out);
    let link = Arc::new(Link { out, opened: Mutex::new(answers), files });
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
    listen(&mut socket, &opened, &send)
}

/// The engine of a worker: no cache, no workers.
fn engine(setup: &Setup) -> Result<Engine, Error> {
    let options = Options { optimise: setup.optimise };
    Engine::builder().native(setup.native()).options(options).probes(false).build()
}

/// Takes messages apart until there are no more.
fn listen(
    socket: &mut UnixStream,
    opened: &Sender<Result<(), Refused>>,
    send: &Sender<Asked>,
) -> Result<(), String> {
    let mut calls = Calls::default();
    loop {
        let Ok(message) = frame::read(socket, ANY) else { return Ok(()) };
        match frame::decode(&message.head)? {
            Ask::Opened(answer) => opened.send(answer).map_err(|e| e.to_string())?,
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
                Ask::Hold { limits } => {
                    let holds = self.hold(&limits, &tail);
                    self.link.say(&Answer::Holds(holds), &[])?;
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
                Ask::Setup(_) | Ask::Opened(_) | Ask::Cancel(_) => {}
            }
        }
        Ok(())
    }

    fn grants(&self) -> Grants {
        let link = Arc::clone(&self.link);
        Grants::brokered(move |path| link.open(path))
    }

    /// `None` if only the syntax was asked for.
    fn compile(&self, job: Job) -> Result<Option<(Face, Vec<u8>)>, Error> {
        let Job { name, text, globals, wanted, limits, budget } = job;
        let grants = self.grants();
        let program = self.engine.compile_within(&Source::new(name, text).grants(grants.clone()), &budget)?;
        let mut params = Vec::new();
        let mut types = Vec::new();
        let world = GrantedWorld::new(&grants, &limits);
        if let Wanted::Entry(_, arguments) = &wanted {
            for argument in arguments {
                types.push(match argument {
                    Argument::Of(shape) => shape.ty(),
                    Argument::Dataset(path) => world.schema(path).map_or(Type::Str, Type::Dataset),
                });
                params.push(match argument {
                    Argument::Of(shape) => shape.clone(),
                    Argument::Dataset(_) => Shape::Str,
                });
            }
        }
        if let Wanted::Rows(_, shape) = &wanted {
            types.push(shape.ty());
            params.push(shape.clone());
        }
        let request = match &wanted {
            Wanted::Syntax => return Ok(None),
            Wanted::Run => Request::Run,
            Wanted::Then(name, text) => Request::Then(name, text),
            Wanted::Entry(name, _) => Request::Entry(name, &types),
            Wanted::Rows(name, _) => Request::Rows(name, &types[0]),
        };
        let mut checked = program.check_anew(request, &globals, &limits, None)?;
        let group = Group::load(&self.engine, &checked)?;
        // The schemas of arguments are facts like those that the program asked for.
        checked.asked.schemas.extend(world.into_parts().1.schemas);
        let result = &group.main().result;
        let shape = result_shape(result).ok_or_else(|| {
            Error::Signature(format!("a `{result}` cannot be handed to the host yet: reduce or print it"))
        })?;
        let blob =
            blob::pack(group.units(), &checked.sources, params, shape.clone()).map_err(Error::Internal)?;
        let facts = Facts::of(&checked.asked);
        let face = Face {
            result: shape,
            units: group.units().iter().map(|unit| UnitFace::of(&unit.info)).collect(),
            cache: checked.units.iter().all(|unit| unit.cache),
            facts: facts.map(|facts| if facts.is_empty() { Vec::new() } else { frame::encode(&facts) }),
        };
        Ok(Some((face, blob)))
    }

    fn hold(&self, limits: &Limits, facts: &[u8]) -> bool {
        let grants = self.grants();
        let world = GrantedWorld::new(&grants, limits);
        frame::decode::<Facts>(facts).is_ok_and(|facts| facts.hold(&world).is_some())
    }

    fn call(&mut self, call: Call, tail: &[u8], cancel: &Cancel, elements: &mut Vec<u8>) -> Answer {
        let Call { number: _, code, args, given, limits, clock, print } = call;
        let tenant = Tenant::default().limits(limits).grants(self.grants().clock(clock));
        let printer = Printer(Arc::clone(&self.link));
        let output = match print {
            Print::Nowhere => Output::Discard,
            Print::Pieces => Output::stream(printer, false),
            Print::Lines => Output::stream(printer, true),
        };
        let failed = |fault| Answer::Done(Err(fault), crate::run::Usage::default());
        let Some(group) = self.groups.get_mut(&code) else {
            return failed(Fault::Internal("code that was not loaded".to_owned()));
        };
        let Some(args) = values::unpack(args, tail) else {
            return failed(Fault::Signature("a column of texts is not UTF-8".to_owned()));
        };
        let args: Vec<Arg<'_>> = args.iter().map(Arg::Value).collect();
        group.set_given(given);
        let outcome = group.call_until(&self.engine, &tenant, &args, output, Some(cancel));
        let result = outcome.result.and_then(|value| values::pack(&value, elements));
        Answer::Done(result.map_err(Fault::of), outcome.usage)
    }
}

/// What a host receives of a result.
fn result_shape(ty: &Type) -> Option<Shape> {
    use ovenbird_compiler::types::Const;
    Some(match ty {
        Type::Dataset(_) | Type::Const(Const::Str(_)) => Shape::Str,
        Type::Const(Const::Int(_)) => Shape::Int,
        Type::Const(Const::Bool(_)) => Shape::Bool,
        Type::Const(Const::Float(_)) => Shape::Float,
        Type::Tuple(items) => {
            return Shape::of(ty)
                .or_else(|| Some(Shape::Tuple(items.iter().map(result_shape).collect::<Option<_>>()?)));
        }
        other => return Shape::of(other),
    })
}

/// Sends what is printed.
struct Printer(Arc<Link>);

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        if !piece.is_empty() {
            self.0.say(&Answer::Printed, piece)?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
