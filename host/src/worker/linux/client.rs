//! What programs and functions ask of workers, and the check of what they answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ovenbird_compiler::abi;
use ovenbird_compiler::budget::CompileBudget;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use super::frame::{self, Most};
use super::pool::{Owner, Pool};
use super::process::Exchange;
use super::values::{self, Sent};
use super::wire::{Answer, Argument, Ask, Call, Face, Job, Print, Setup, VERSION, Wanted, seconds};
use crate::cache::MissReason;
use crate::cache::key::{self, L0Key, L0Recipe};
use crate::cancel::Cancel;
use crate::code::{Provenance, UnitInfo};
use crate::engine::Engine;
use crate::engine_config::EngineOptions;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::imports::Output;
use crate::limits::Limits;
use crate::probe::{self, shape::Shape};
use crate::program::Source;
use crate::run::{Outcome, Tenant, Usage};
use crate::value::{Arg, Value};
use crate::worker::{ARGUMENT, WorkerFailure, WorkerOptions, is_worker};

/// Most requests whose code is kept in memory.
const KEPT: usize = 1024;

/// Most bytes of code of one program.
const MAX_CODE: usize = 256 << 20;

/// Most units of one program.
const MAX_UNITS: usize = 10_000;

/// What compiling answers besides the code.
const COMPILED: Most = Most { head: 64 << 20, tail: MAX_CODE };

/// Numbers of code, calls and scopes.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Settings that workers share with their engine.
pub(crate) struct Setting<'a> {
    pub(crate) native: &'a EngineOptions,
    pub(crate) optimise: ovenbird_compiler::optimise::Options,
    pub(crate) build: [u8; 32],
}

/// An engine's way to its workers, for one scope. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Arc<Pool>,
    scope: u64,
    kept: Arc<Mutex<HashMap<L0Key, Arc<Code>>>>,
}

/// Code of a request, which this process does not look into.
#[derive(Debug)]
struct Code {
    number: u64,
    face: Face,
    bytes: Vec<u8>,
}

/// What an entry of the cache holds before the code.
#[derive(Serialize, Deserialize)]
struct Entry {
    face: Face,
    code: u64,
}

/// What it was built from, and what code it makes.
pub(super) fn build(engine: &Engine) -> [u8; 32] {
    build_of(&format!("{:?}", engine.identity()))
}

/// The same from the description of the code.
fn build_of(identity: &str) -> [u8; 32] {
    let parts = [&key::compiler_fingerprint()[..], &key::import_table_digest()[..], identity.as_bytes()];
    key::digest(&parts.concat())
}

impl<'a> Setting<'a> {
    pub(crate) fn new(
        native: &'a EngineOptions,
        optimise: ovenbird_compiler::optimise::Options,
        identity: &crate::engine_config::EngineIdentity,
    ) -> Self {
        // As `build` has it from an engine, which holds the identity behind a pointer.
        Setting { native, optimise, build: build_of(&format!("{identity:?}")) }
    }
}

impl Client {
    /// Starts the first worker, to see whether it can be done here.
    pub(crate) fn start(options: WorkerOptions, setting: &Setting<'_>) -> Result<Client, Error> {
        Self::start_with(options, setting, vec![ARGUMENT])
    }

    pub(super) fn start_with(
        options: WorkerOptions,
        setting: &Setting<'_>,
        arguments: Vec<&'static str>,
    ) -> Result<Client, Error> {
        if is_worker() {
            let why = "this process is a worker itself: `serve_if_worker` must be called first of all";
            return Err(Error::Worker(WorkerFailure::Start(why.to_owned())));
        }
        let EngineOptions { canonical_nans, parallel_compilation, stack_bytes, level, .. } = setting.native;
        let setup = Setup {
            memory_bytes: options.memory_bytes,
            cpu_seconds: seconds(options.cpu_time),
            optimise: setting.optimise,
            canonical_nans: *canonical_nans,
            parallel_compilation: *parallel_compilation,
            stack_bytes: *stack_bytes,
            level: level.map(|level| level.name().to_owned()),
        };
        let pool = Pool::new(options, setup, setting.build, arguments).map_err(Error::Worker)?;
        Ok(Client { pool: Arc::new(pool), scope: next(), kept: Arc::default() })
    }

    /// The same processes, but none that has worked for another scope.
    pub(crate) fn scoped(&self) -> Client {
        Client { pool: Arc::clone(&self.pool), scope: next(), kept: Arc::default() }
    }

    #[cfg(test)]
    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Whether a text's syntax is right.
    pub(crate) fn check_syntax(&self, source: &Source, budget: &CompileBudget) -> Result<(), Error> {
        let limits = Limits::default();
        self.compile(source, &Wanted::Syntax, &Snapshot::default(), &limits, budget).map(drop)
    }

    /// The code for a request.
    pub(crate) fn group(
        &self,
        engine: &Engine,
        source: &Source,
        wanted: Wanted,
        globals: &Snapshot,
        limits: &Limits,
        budget: &CompileBudget,
    ) -> Result<Isolated, Error> {
        globals.check()?;
        let started = Instant::now();
        let keeps = !matches!(wanted, Wanted::Then(..));
        let recipe = recipe(engine, source, &wanted, globals);
        let key = recipe.key();
        let known = match keeps {
            true => self.known(engine, source, &recipe, &key, limits, budget)?,
            false => None,
        };
        let (code, provenance) = match known {
            Some(known) => known,
            None => {
                let compiled = self.compile(source, &wanted, globals, limits, budget)?;
                let (face, bytes) = compiled.ok_or_else(|| answer("no code"))?;
                let cached = face.cache && keeps && engine.cache().is_on();
                let provenance = match (face.cache, engine.cache().is_on()) {
                    (true, true) => Provenance::Compiled(MissReason::Cold),
                    (true, false) => Provenance::Off,
                    (false, _) => Provenance::NotCached,
                };
                let code = Arc::new(Code { number: next(), face, bytes });
                code.face.units.iter().for_each(|_| engine.count_compiled_there());
                if keeps && code.face.facts.is_some() {
                    self.keep(key, Arc::clone(&code));
                    if cached {
                        engine.cache().put_probe(&recipe, &code.entry(), started.elapsed());
                    }
                }
                (code, provenance)
            }
        };
        let result = code.face.result.ty();
        let params = params(&wanted);
        let given = globals.parameters(source.module());
        let infos: Vec<UnitInfo> = code.face.units.iter().map(|unit| unit.info(provenance.clone())).collect();
        for unit in &infos {
            let time = unit.timings.lower + unit.timings.encode + unit.timings.native + unit.timings.load;
            engine.cache().count_unit(&unit.label, &unit.provenance.outcome(), time);
        }
        Ok(Isolated { client: self.clone(), code, wanted, params, result, given, infos })
    }

    /// Code that was made before, if what it depends on is as it was.
    fn known(
        &self,
        engine: &Engine,
        source: &Source,
        recipe: &L0Recipe,
        key: &L0Key,
        limits: &Limits,
        budget: &CompileBudget,
    ) -> Result<Option<(Arc<Code>, Provenance)>, Error> {
        let kept = self.kept().get(key).cloned();
        let (code, provenance) = match kept {
            Some(code) => (code, Provenance::Memory),
            None if engine.cache().is_on() => {
                let Some(code) = engine.cache().get_probe(recipe).ok().and_then(Code::from_entry) else {
                    return Ok(None);
                };
                (Arc::new(code), Provenance::Probe)
            }
            None => return Ok(None),
        };
        let holds = match code.face.facts.as_deref() {
            None => false,
            Some([]) => true,
            Some(facts) => {
                let ask = Ask::Hold { limits: limits.clone() };
                match self.ask_compiler(source, &ask, facts, Most { head: 1 << 16, tail: 0 }, budget)? {
                    (Answer::Holds(holds), _) => holds,
                    _ => return Err(answer("not whether facts hold")),
                }
            }
        };
        if holds && provenance == Provenance::Probe {
            self.keep(*key, Arc::clone(&code));
        }
        Ok(holds.then_some((code, provenance)))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<L0Key, Arc<Code>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, key: L0Key, code: Arc<Code>) {
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, code);
    }

    /// Compiles; `None` if only the syntax was asked for.
    fn compile(
        &self,
        source: &Source,
        wanted: &Wanted,
        globals: &Snapshot,
        limits: &Limits,
        budget: &CompileBudget,
    ) -> Result<Option<(Face, Vec<u8>)>, Error> {
        let job = Job {
            name: source.name().to_owned(),
            text: source.text().to_owned(),
            globals: globals.clone(),
            wanted: wanted.clone(),
            limits: limits.clone(),
            budget: budget.clone(),
        };
        match self.ask_compiler(source, &Ask::Compile(job), &[], COMPILED, budget)? {
            (Answer::Compiled(Ok(Some(face))), bytes) => {
                if !face.is_plausible() {
                    return Err(answer("units or a type that cannot be"));
                }
                Ok(Some((face, bytes)))
            }
            (Answer::Compiled(Ok(None)), _) => Ok(None),
            (Answer::Compiled(Err(fault)), _) => {
                Err(fault.into_error().unwrap_or_else(|| answer("diagnostics that fit no text")))
            }
            _ => Err(answer("no code")),
        }
    }

    /// One question to a worker that compiles this program and nothing else.
    fn ask_compiler(
        &self,
        source: &Source,
        ask: &Ask,
        tail: &[u8],
        most: Most,
        budget: &CompileBudget,
    ) -> Result<(Answer, Vec<u8>), Error> {
        let options = &self.pool.options;
        let allowed = budget.time.saturating_add(options.grace);
        let program = key::digest(&[source.name().as_bytes(), &[0], source.text().as_bytes()].concat());
        let mut lease = self.pool.take(Owner::Program(self.scope, program)).map_err(Error::Worker)?;
        let mut exchange = Exchange {
            until: later(allowed),
            allowed,
            grace: options.grace,
            grants: &source.grants,
            most,
            cancel: None,
        };
        let process = lease.process();
        process.send(ask, tail, &exchange).map_err(Error::Worker)?;
        let answer = process.receive(&mut exchange).map_err(Error::Worker)?;
        process.calls += 1;
        lease.give_back();
        Ok(answer)
    }
}

fn answer(what: &str) -> Error {
    Error::Worker(WorkerFailure::Answer(what.to_owned()))
}

fn later(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now + Duration::from_secs(1 << 30))
}

/// What the code of a request depends on, the world's facts apart. The request's words are none that code of this
/// process has, so the one is never taken for the other.
fn recipe(engine: &Engine, source: &Source, wanted: &Wanted, globals: &Snapshot) -> L0Recipe {
    let mut recipe = probe::recipe(engine, source, format!("worker {VERSION} {wanted:?}"), &[]);
    recipe.globals = globals.inputs();
    recipe.options.push(("engine".to_owned(), key::hex(&build(engine))));
    recipe
}

fn params(wanted: &Wanted) -> Vec<Type> {
    let arguments = match wanted {
        Wanted::Entry(_, arguments) => arguments,
        Wanted::Rows(_, shape) => return vec![shape.ty()],
        Wanted::Syntax | Wanted::Run | Wanted::Then(..) => return Vec::new(),
    };
    let ty = |argument: &Argument| match argument {
        Argument::Of(shape) => shape.ty(),
        Argument::Dataset(_) => Type::Str,
    };
    arguments.iter().map(ty).collect()
}

impl Wanted {
    /// A request that can be sent.
    pub(crate) fn of(request: Request<'_>) -> Result<Wanted, Error> {
        let unsupported = |what| Error::Worker(WorkerFailure::Unsupported(what));
        Ok(match request {
            Request::Run => Wanted::Run,
            Request::Then(name, text) => Wanted::Then(name.to_owned(), text.to_owned()),
            Request::Entry(name, params) => {
                let argument = |ty: &Type| {
                    let shape = Shape::of(ty).ok_or_else(|| unsupported("take arguments of such types"))?;
                    Ok(Argument::Of(shape))
                };
                Wanted::Entry(name.to_owned(), params.iter().map(argument).collect::<Result<_, Error>>()?)
            }
            Request::Rows(name, frame) => {
                let shape = Shape::of(frame).ok_or_else(|| unsupported("take arguments of such types"))?;
                Wanted::Rows(name.to_owned(), shape)
            }
            Request::Check => return Err(unsupported("compile what is only checked")),
        })
    }

    /// A function for these arguments: a text that may name a dataset is looked at where the program is compiled.
    pub(crate) fn entry_for(name: &str, args: &[Value]) -> Result<Wanted, Error> {
        let unsupported = || Error::Worker(WorkerFailure::Unsupported("take arguments of such types"));
        let argument = |arg: &Value| match arg {
            Value::Str(path) if path.ends_with(".pq") || path.ends_with(".parquet") => {
                Ok(Argument::Dataset(path.clone()))
            }
            other => Shape::of(&other.ty()).map(Argument::Of).ok_or_else(unsupported),
        };
        Ok(Wanted::Entry(name.to_owned(), args.iter().map(argument).collect::<Result<_, _>>()?))
    }
}

impl Face {
    fn is_plausible(&self) -> bool {
        (1..=MAX_UNITS).contains(&self.units.len()) && self.result.is_valid()
    }
}

impl Code {
    fn entry(&self) -> Vec<u8> {
        let head = frame::encode(&Entry { face: self.face.clone(), code: self.bytes.len() as u64 });
        [&(head.len() as u64).to_le_bytes()[..], &head, &self.bytes].concat()
    }

    /// What was authenticated says what a worker answered, so it is checked like an answer.
    fn from_entry(bytes: Vec<u8>) -> Option<Code> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (head, code) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let Entry { face, code: length } = frame::decode(head).ok()?;
        let whole = length == code.len() as u64 && face.is_plausible();
        whole.then(|| Code { number: next(), face, bytes: code.to_vec() })
    }
}

/// Code that runs in workers.
pub(crate) struct Isolated {
    client: Client,
    code: Arc<Code>,
    wanted: Wanted,
    params: Vec<Type>,
    result: Type,
    given: Vec<(String, Value)>,
    infos: Vec<UnitInfo>,
}

impl Isolated {
    pub(crate) fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    pub(crate) fn params(&self) -> &[Type] {
        &self.params
    }

    pub(crate) fn result(&self) -> &Type {
        &self.result
    }

    /// What is known of its units: at least one.
    pub(crate) fn infos(&self) -> &[UnitInfo] {
        &self.infos
    }

    /// Calls it in a worker of the tenant.
    pub(crate) fn call_until(
        &self,
        tenant: &Tenant,
        args: &[Arg<'_>],
        mut output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        let mut usage = Usage::default();
        let result = self.call_in(tenant, args, &mut output, cancel, &mut usage);
        let result = match (result, output.flush()) {
            (Ok(_), Err(error)) => Err(Error::Io(format!("cannot write output: {}", error.kind()))),
            (result, _) => result,
        };
        Outcome { result, usage, output, units: self.infos.clone() }
    }

    fn call_in(
        &self,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: &mut Output,
        cancel: Option<&Cancel>,
        usage: &mut Usage,
    ) -> Result<Value, Error> {
        let mut elements = Vec::new();
        let sent: Result<Vec<Sent>, Error> = (args.iter().enumerate())
            .map(|(at, arg)| values::pack_arg(arg, self.params.get(at), &mut elements))
            .collect();
        let sent = sent?;
        let pool = &self.client.pool;
        let owner = Owner::Tenant(self.client.scope, Arc::clone(tenant.id()));
        let mut lease = pool.take(owner).map_err(Error::Worker)?;
        let (limits, number) = (&tenant.limits, next());
        let allowed = limits.deadline.saturating_add(pool.options.grace);
        let result = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
        let mut exchange = Exchange {
            until: later(allowed),
            allowed,
            grace: pool.options.grace,
            grants: &tenant.grants,
            most: Most { head: result.saturating_add(1 << 20), tail: result.saturating_add(1 << 20) },
            cancel: cancel.map(|cancel| (number, cancel)),
        };
        let process = lease.process();
        if !process.loaded.contains(&self.code.number) {
            process.send(&Ask::Load(self.code.number), &self.code.bytes, &exchange).map_err(Error::Worker)?;
            match process.receive(&mut exchange).map_err(Error::Worker)? {
                (Answer::Loaded(Ok(())), _) => process.loaded.insert(self.code.number),
                (Answer::Loaded(Err(why)), _) => return Err(answer(&format!("it loads no code: {why}"))),
                _ => return Err(answer("something while it loads")),
            };
        }
        let call = Call {
            number,
            code: self.code.number,
            args: sent,
            given: self.given.clone(),
            limits: limits.clone(),
            clock: tenant.grants.has_clock(),
            print: match output {
                Output::Discard => Print::Nowhere,
                Output::Capture(_) => Print::Pieces,
                Output::Stream(_) if output.is_terminal() => Print::Lines,
                Output::Stream(_) => Print::Pieces,
            },
        };
        process.send(&Ask::Call(call), &elements, &exchange).map_err(Error::Worker)?;
        let started = Instant::now();
        // What is no text, or not for terminals, is longer when it is shown.
        let mut printable = limits.output_bytes.saturating_mul(10);
        let mut failed = None;
        let (result, used) = loop {
            match process.receive(&mut exchange).map_err(Error::Worker)? {
                (Answer::Printed, text) => {
                    let left = printable.checked_sub(text.len() as u64);
                    printable = left.ok_or_else(|| answer("more output than is allowed"))?;
                    if failed.is_none()
                        && let Err(error) = output.print(&text)
                    {
                        failed = Some(error.kind());
                        process.send(&Ask::Cancel(number), &[], &exchange).map_err(Error::Worker)?;
                    }
                }
                (Answer::Done(result, used), tail) => {
                    let value = |sent| values::unpack(vec![sent], &tail).and_then(|mut values| values.pop());
                    let odd = || answer("a result that contradicts itself");
                    let result = match result {
                        Ok(sent) => Ok(value(sent).ok_or_else(odd)?),
                        Err(fault) => Err(fault),
                    };
                    break (result, used);
                }
                _ => return Err(answer("something while it runs")),
            }
        };
        *usage = plausible(used, limits, started.elapsed());
        let result = match result {
            Ok(value) if fits(&value, &self.result) => Ok(value),
            Ok(_) => return Err(answer("a result of another type")),
            Err(fault) => Err(fault.into_error().ok_or_else(|| answer("diagnostics that fit no text"))?),
        };
        process.calls += 1;
        // One in which something inexplicable happened does not serve again.
        if !matches!(result, Err(Error::Internal(_))) {
            lease.give_back();
        }
        match failed {
            Some(kind) => Err(Error::Io(format!("cannot write output: {kind}"))),
            None => result,
        }
    }
}

/// A worker's account, within what is possible.
fn plausible(used: Usage, limits: &Limits, elapsed: Duration) -> Usage {
    Usage {
        // The check that finds the budget used up comes after the work that it is for.
        cpu_units: used.cpu_units.min(limits.cpu_units.saturating_add(abi::SLICE as u64)),
        wall: used.wall.min(elapsed),
        instantiate: used.instantiate.min(elapsed),
        memory_peak: used.memory_peak.min(limits.memory_bytes),
        ..used
    }
}

/// Whether a value is of a type that crosses.
fn fits(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::None, Type::None | Type::Never) => true,
        (Value::Tuple(values), Type::Tuple(types)) => {
            values.len() == types.len() && values.iter().zip(types.iter()).all(|(value, ty)| fits(value, ty))
        }
        (value, ty) => value.ty() == *ty,
    }
}
