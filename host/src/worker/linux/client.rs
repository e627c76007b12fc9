//! What programs ask of workers: code, from memory, from the cache or made now; and the check of what is answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::budget::CompileBudget;
use serde::{Deserialize, Serialize};

use super::frame::{self, Most};
use super::isolated::Isolated;
use super::pool::{Owner, Pool};
use super::process::Exchange;
use super::wanted::{params, recipe};
use super::wire::{Answer, Ask, Face, Job, Setup, Wanted, seconds};
use crate::cache::MissReason;
use crate::cache::key::{self, Digest, L0Key, L0Recipe};
use crate::code::{Provenance, UnitInfo};
use crate::engine::Engine;
use crate::engine_config::EngineOptions;
use crate::error::Error;
use crate::external::is_identifier;
use crate::external::table::HostModules;
use crate::globals::Snapshot;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::program::Source;
pub(super) use crate::worker::wrong_answer as answer;
use crate::worker::{ARGUMENT, WorkerFailure, WorkerOptions, is_worker};

/// Most requests whose code is kept in memory.
const KEPT: usize = 1024;

/// Most bytes of code of one program.
pub(super) const MAX_CODE: usize = 256 << 20;

/// Most units of one program.
const MAX_UNITS: usize = 10_000;

/// Most functions of the embedder that one program imports.
const MAX_EXTERNALS: usize = 10_000;

/// What compiling answers besides the code.
const COMPILED: Most = Most { head: 64 << 20, tail: MAX_CODE };

/// Numbers of code, calls and scopes.
static NEXT: AtomicU64 = AtomicU64::new(1);

pub(super) fn next() -> u64 {
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
    pub(super) pool: Arc<Pool>,
    pub(super) scope: u64,
    kept: Arc<Mutex<HashMap<L0Key, Arc<Code>>>>,
}

/// Code of a request, which this process does not look into.
#[derive(Debug)]
pub(crate) struct Code {
    pub(super) number: u64,
    pub(super) face: Face,
    pub(super) bytes: Vec<u8>,
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
    let parts = [&key::build_fingerprint()[..], &key::import_table_digest()[..], identity.as_bytes()];
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
        let EngineOptions { canonical_nans, pool, parallel_compilation, stack_bytes, explicit_checks, level } =
            setting.native;
        if pool.is_some() {
            // A worker makes one call at a time: there is nothing to share.
            let what = "take memory of calls from a pool (`WorkerOptions::processes` says how many there are at once)";
            return Err(Error::Worker(WorkerFailure::Unsupported(what)));
        }
        let setup = Setup {
            memory_bytes: options.memory_bytes,
            cpu_seconds: seconds(options.cpu_time),
            optimise: setting.optimise,
            canonical_nans: *canonical_nans,
            explicit_checks: *explicit_checks,
            parallel_compilation: *parallel_compilation,
            stack_bytes: *stack_bytes,
            level: level.map(|level| level.name().to_owned()),
        };
        let pool = Pool::new(options, setup, setting.build, arguments).map_err(Error::Worker)?;
        Ok(Client { pool: Arc::new(pool), scope: next(), kept: Arc::default() })
    }

    /// The way to these processes.
    #[cfg(test)]
    pub(super) fn over(pool: Pool) -> Client {
        Client { pool: Arc::new(pool), scope: next(), kept: Arc::default() }
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
        let keeps = keeps(engine, &wanted);
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
                    (true, true) => Provenance::Compiled(MissReason::Cold.into()),
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
        let functions = source.hosts().link(&code.face.externals)?;
        let given = globals.parameters(source.module());
        let infos: Vec<UnitInfo> = code.face.units.iter().map(|unit| unit.info(provenance.clone())).collect();
        for unit in &infos {
            let time = unit.timings.lower + unit.timings.encode + unit.timings.native + unit.timings.load;
            engine.cache().count_unit(&unit.label, &unit.provenance.outcome(), time);
        }
        Ok(Isolated {
            client: self.clone(),
            code,
            wanted: Some(wanted),
            params,
            received: result.clone(),
            result,
            given,
            functions,
            datasets: Vec::new(),
            infos,
        })
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
            // What a function costs is not in the code.
            Some(_) if !same_types(&code.face.hosts, source.hosts()) => false,
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
        let job = job(source, wanted, globals, limits, budget);
        match self.ask_compiler(source, &Ask::Compile(job), &[], COMPILED, budget)? {
            (Answer::Compiled(Ok(Some(face))), bytes) => {
                if !face.is_plausible() {
                    return Err(answer("units or a type that cannot be"));
                }
                Ok(Some((face, bytes)))
            }
            (Answer::Compiled(Ok(None)), _) => Ok(None),
            (Answer::Compiled(Err(fault)), _) => Err(fault.error()),
            _ => Err(answer("no code")),
        }
    }

    /// One question to a worker that compiles this program and nothing else.
    pub(super) fn ask_compiler(
        &self,
        source: &Source,
        ask: &Ask,
        tail: &[u8],
        most: Most,
        budget: &CompileBudget,
    ) -> Result<(Answer, Vec<u8>), Error> {
        let program = key::digest(&[source.name().as_bytes(), &[0], source.text().as_bytes()].concat());
        self.ask_for(program, &source.grants, ask, tail, most, budget.time)
    }

    /// One question to a worker that does what concerns this program, or bundle, and nothing else.
    pub(super) fn ask_for(
        &self,
        program: Digest,
        grants: &Grants,
        ask: &Ask,
        tail: &[u8],
        most: Most,
        time: Duration,
    ) -> Result<(Answer, Vec<u8>), Error> {
        let options = &self.pool.options;
        let allowed = time.saturating_add(options.grace);
        let mut lease = self.pool.take(Owner::Program(self.scope, program)).map_err(Error::Worker)?;
        let mut exchange = Exchange {
            until: later(allowed),
            allowed,
            grace: options.grace,
            grants,
            opens: 0,
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

pub(super) fn job(
    source: &Source,
    wanted: &Wanted,
    globals: &Snapshot,
    limits: &Limits,
    budget: &CompileBudget,
) -> Job {
    Job {
        name: source.name().to_owned(),
        text: source.text().to_owned(),
        globals: globals.clone(),
        hosts: source.hosts().all(),
        wanted: wanted.clone(),
        limits: limits.clone(),
        budget: budget.clone(),
    }
}

/// Whether the code for a request is kept under its text.
pub(super) fn keeps(engine: &Engine, wanted: &Wanted) -> bool {
    engine.probes() && !matches!(wanted, Wanted::Then(..) | Wanted::Check)
}

pub(super) fn later(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now + Duration::from_secs(1 << 30))
}

/// Whether the embedder's modules that a compilation asked for have the same functions of the same types.
pub(super) fn same_types(asked: &[(String, Option<Functions>)], now: &HostModules) -> bool {
    asked.iter().all(|(name, then)| match (then, now.functions(name)) {
        (None, None) => true,
        (Some(then), Some(now)) => {
            then.len() == now.len()
                && then.iter().zip(&now).all(|(then, now)| then.0 == now.0 && then.1.same_types(now.1))
        }
        _ => false,
    })
}

impl Face {
    fn is_plausible(&self) -> bool {
        let names = self.externals.iter().flat_map(|external| [&external.module, &external.name]);
        (1..=MAX_UNITS).contains(&self.units.len())
            && self.result.is_valid()
            && self.externals.len() <= MAX_EXTERNALS
            // They are shown to people, if the function is not there.
            && names.into_iter().all(|name| is_identifier(name))
    }
}

impl Code {
    fn entry(&self) -> Vec<u8> {
        let head = frame::encode(&Entry { face: self.face.clone(), code: self.bytes.len() as u64 });
        [&(head.len() as u64).to_le_bytes()[..], &head, &self.bytes].concat()
    }

    /// What was authenticated says what a worker answered, so it is checked like an answer.
    pub(super) fn from_entry(bytes: Vec<u8>) -> Option<Code> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (head, code) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let Entry { face, code: length } = frame::decode(head).ok()?;
        let whole = length == code.len() as u64 && face.is_plausible();
        whole.then(|| Code { number: next(), face, bytes: code.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::UnitFace;
    use super::*;
    use crate::code::Timings;
    use crate::probe::shape::Shape;

    fn code(units: usize) -> Code {
        let unit = |_| UnitFace {
            label: "m.f".to_owned(),
            params: Vec::new(),
            result: "int".to_owned(),
            timings: Timings::default(),
            wasm_bytes: 100,
            key: "00".to_owned(),
        };
        let (hosts, externals) = (Vec::new(), Vec::new());
        let units = (0..units).map(unit).collect();
        let face = Face {
            result: Shape::Int,
            units,
            cache: true,
            facts: None,
            hosts,
            externals,
            unread: Vec::new(),
        };
        Code { number: 1, face, bytes: vec![1, 2, 3] }
    }

    /// Without `length == code.len()`, or `is_plausible`, in `Code::from_entry`: what is kept of an answer is believed more
    /// than the answer.
    #[test]
    fn an_entry_is_checked_like_an_answer() {
        let entry = code(1).entry();
        assert_eq!(Code::from_entry(entry.clone()).expect("whole").bytes, [1, 2, 3]);
        assert!(Code::from_entry([&entry[..], &[4]].concat()).is_none(), "more code than it says");
        assert!(Code::from_entry(entry[..entry.len() - 1].to_vec()).is_none(), "less");
        assert!(Code::from_entry(code(0).entry()).is_none(), "nobody answers so");
    }
}
