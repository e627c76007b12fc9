//! A program: a source in its surroundings, checked on demand.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ovenbird_compiler::budget::{Account, CompileBudget};
use ovenbird_compiler::diagnostic::Code;
use ovenbird_compiler::infer::{self, Request};
use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;

use crate::compilation::{Compilation, with_sources};
use crate::engine::Engine;
use crate::error::{CompileError, Error};
use crate::function::{DynFunction, Function};
use crate::globals::{Globals, Snapshot};
use crate::imports::Output;
use crate::io::Dataset;
use crate::limits::Limits;
use crate::negative::Negative;
use crate::parallel::load_all;
use crate::probe::{self, Known, Probe};
use crate::run::{Group, Outcome, Tenant};
use crate::runnable::Runnable;
use crate::signature::Signature;
use crate::traceback::Frame;
use crate::unit::UnitInfo;
use crate::value::Value;
use crate::worker::Wanted;
use crate::world::{GrantedWorld, Stdlib};

mod checked;
mod origin;
mod source;
mod there;

pub use checked::{Checked, UnitOutline};
use origin::Rows;
pub use source::Source;

/// Stack of the thread that compiles. Inference recurses over hostile source; the parser bounds its
/// depth, and this holds what it lets through.
const COMPILE_STACK: usize = 64 << 20;

/// A checked source. Cheap to clone.
#[derive(Clone)]
pub struct Program {
    engine: Engine,
    source: Source,
    globals: Arc<Globals>,
    budget: CompileBudget,
    known: Known,
}

impl Program {
    /// Whether the host has changed a global so often that it is one at run time.
    pub(crate) fn has_runtime_globals(&self) -> bool {
        !self.globals.snapshot().parameters("").is_empty()
    }

    pub(crate) fn new(engine: Engine, source: Source, budget: CompileBudget) -> Result<Program, Error> {
        let globals = Arc::new(Globals::new(&source.globals));
        let known = probe::known(&engine, &source);
        if known == Known::Parsed {
            return Ok(Program { engine, source, globals, budget, known });
        }
        if let Some(client) = engine.client() {
            client.check_syntax(&source, &budget)?;
            probe::set_parsed(&engine, &source);
            return Ok(Program { engine, source, globals, budget, known });
        }
        let mut sources = Sources::default();
        let file = sources.add(ovenbird_compiler::source::SourceFile::new(
            &*source.name,
            source.text.clone(),
            false,
        ));
        let mut account = Account::new(budget.clone());
        ovenbird_compiler::parse::parse_within(file, &source.text, &mut account).map_err(|diagnostics| {
            Error::Compile(Box::new(CompileError { diagnostics, sources, cached: false }))
        })?;
        probe::set_parsed(&engine, &source);
        Ok(Program { engine, source, globals, budget, known })
    }

    /// Gives a global another value, as [`Source::global`] does: functions that were asked for before see it
    /// at their next call. The first few values are compiled in; then the global is read at run time.
    pub fn set_global(&self, name: &str, value: Value) {
        self.globals.set(name, value);
    }

    /// A function for a Rust signature: `program.get::<fn(f64, f64) -> f64>("score")`.
    pub fn get<F: Signature>(&self, name: &str) -> Result<Function<F>, Error> {
        Function::of(self.entry(name, &F::params())?)
    }

    /// A function for parameter types that are only known at run time.
    pub fn entry(&self, name: &str, params: &[Type]) -> Result<DynFunction, Error> {
        let loaded = self.request_now(Request::Entry(name, params))?;
        Ok(DynFunction::new(self.engine.clone(), Some(Arc::new(self.clone())), name, loaded))
    }

    /// A function of plain values that is called for each row of a frame's columns, in the order of its
    /// parameters, within one call: `frame` is the type of a frame. The handle takes the frame, and gives a frame
    /// of one column, `result`. Where a value is missing in a row, the function is not called and the result is
    /// missing.
    pub fn entry_for_rows(&self, name: &str, frame: &Type) -> Result<DynFunction, Error> {
        let rows = Rows(self.clone());
        let loaded = self.request_now(Request::Rows(name, frame))?;
        Ok(DynFunction::new(self.engine.clone(), Some(Arc::new(rows)), name, loaded))
    }

    /// The code for a request and the globals as they are, and their epoch.
    fn request_now(&self, request: Request<'_>) -> Result<(u64, Arc<Runnable>), Error> {
        if self.engine.client().is_some() {
            return self.entry_there(Wanted::of(request));
        }
        let globals = self.globals.snapshot();
        let (group, _) = self.group(request, &globals, &Limits::default())?;
        Ok((globals.epoch, Arc::new(Runnable::Here(group))))
    }

    /// The same without the direct path, which gave code that cannot be loaded.
    fn request_anew(&self, request: Request<'_>) -> Result<(u64, Arc<Runnable>), Error> {
        let (globals, limits) = (self.globals.snapshot(), Limits::default());
        let probe = Probe::new(&self.engine, &self.source, &globals, request);
        let (group, _) = self.group_anew(request, &globals, &limits, probe.as_ref())?;
        Ok((globals.epoch, Arc::new(Runnable::Here(group))))
    }

    /// A function for these arguments: a string that names a dataset brings its schema along.
    pub fn entry_for(&self, name: &str, args: &[Value]) -> Result<DynFunction, Error> {
        if self.engine.client().is_some() {
            let loaded = self.entry_there(Wanted::entry_for(name, args))?;
            return Ok(DynFunction::new(self.engine.clone(), Some(Arc::new(self.clone())), name, loaded));
        }
        self.entry(name, &self.argument_types(args))
    }

    /// Types of parameters that take these arguments: a string that names a dataset brings its schema.
    pub(crate) fn argument_types(&self, args: &[Value]) -> Vec<Type> {
        let world = GrantedWorld::new(&self.source.grants, &Limits::default());
        args.iter()
            .map(|arg| match arg {
                Value::Str(path) if path.ends_with(".pq") || path.ends_with(".parquet") => {
                    use ovenbird_compiler::resolve::World;
                    world.schema(path).map_or(Type::Str, Type::Dataset)
                }
                other => other.ty(),
            })
            .collect()
    }

    /// Runs the module's top level.
    pub fn run(&self, tenant: &Tenant, output: Output) -> Outcome {
        self.run_request(Request::Run, tenant, output)
    }

    /// The code for a request, and the datasets that were opened on the way.
    fn group(
        &self,
        request: Request<'_>,
        globals: &Snapshot,
        limits: &Limits,
    ) -> Result<(Group, BTreeMap<String, Dataset>), Error> {
        globals.check()?;
        let probe = Probe::new(&self.engine, &self.source, globals, request);
        if let Some(probe) = &probe {
            let world = self.source.world(limits);
            if let Some(group) = probe.load(&world, self.known) {
                let given = globals.parameters(self.source.module());
                let group = group.with_given(given).linked(&self.source.hosts)?;
                return Ok((group, world.into_parts().0));
            }
        }
        self.group_anew(request, globals, limits, probe.as_ref())
    }

    /// The same without looking for a probe; what is made is kept in `probe`.
    fn group_anew(
        &self,
        request: Request<'_>,
        globals: &Snapshot,
        limits: &Limits,
        probe: Option<&Probe<'_>>,
    ) -> Result<(Group, BTreeMap<String, Dataset>), Error> {
        // What the direct path has found.
        self.engine.cache().check_strict()?;
        let _compiling = self.engine.cache().compiling();
        let mut checked = self.check_within(request, globals, limits, probe)?;
        let group = Group::load(&self.engine, &checked)?;
        if let Some(probe) = probe {
            probe.store(&checked, &group);
        }
        self.engine.cache().check_strict()?;
        let given = globals.parameters(self.source.module());
        let group = group.with_given(given).linked(&self.source.hosts)?;
        Ok((group, std::mem::take(&mut checked.datasets)))
    }

    /// The datasets that the tenant would find where the compiler found them. The others are left to be
    /// opened by the run, with the tenant's own grants.
    fn shared(&self, tenant: &Tenant, mut datasets: BTreeMap<String, Dataset>) -> BTreeMap<String, Dataset> {
        datasets.retain(|path, _| self.source.grants.is_same_place(&tenant.grants, path));
        datasets
    }

    /// Runs the module's top level as an import would, then `text`; values of expression statements
    /// are printed as an interactive session prints them.
    pub fn run_then(&self, name: &str, text: &str, tenant: &Tenant, output: Output) -> Outcome {
        self.run_request(Request::Then(name, text), tenant, output)
    }

    fn run_request(&self, request: Request<'_>, tenant: &Tenant, output: Output) -> Outcome {
        let globals = self.globals.snapshot();
        if self.engine.client().is_some() {
            return match self.there(Wanted::of(request), &globals, &tenant.limits) {
                Ok(code) => code.call_until(&self.engine, tenant, &[], output, None),
                Err(error) => Outcome::failed(error, output),
            };
        }
        match self.group(request, &globals, &tenant.limits) {
            Ok((group, datasets)) => {
                let group = group.with_datasets(self.shared(tenant, datasets));
                group.call(&self.engine, tenant, &[], output)
            }
            Err(error) => Outcome::failed(error, output),
        }
    }

    /// Infers the program for a request, without compiling it. With worker processes that is done in one of them.
    pub fn check(&self, request: Request<'_>) -> Result<Checked, Error> {
        match self.engine.client() {
            Some(client) => self.check_there(client, request),
            None => self.check_here(request),
        }
    }

    /// The same for those who need the typed program: refused with worker processes.
    pub(crate) fn check_here(&self, request: Request<'_>) -> Result<Checked, Error> {
        self.check_within(request, &self.globals.snapshot(), &Limits::default(), None)
    }

    /// The same without asking, telling or filling the cache, for those who only look.
    pub(crate) fn check_quietly(&self, request: Request<'_>) -> Result<Checked, Error> {
        self.check_anew(request, &self.globals.snapshot(), &Limits::default(), None)
    }

    /// The same with limits for what is read of datasets, and the probe of the request, if there is one.
    fn check_within(
        &self,
        request: Request<'_>,
        globals: &Snapshot,
        limits: &Limits,
        probe: Option<&Probe<'_>>,
    ) -> Result<Checked, Error> {
        let negative = Negative::new(&self.engine, &self.source, globals, request, probe);
        if let Some(negative) = &negative {
            let world = self.source.world(limits);
            if let Some(error) = negative.load(&world) {
                return Err(Error::Compile(Box::new(error)));
            }
        }
        self.check_anew(request, globals, limits, negative.as_ref())
    }

    /// The same without the cache. What is found wrong is remembered in `negative`, if that is given.
    pub(crate) fn check_anew(
        &self,
        request: Request<'_>,
        globals: &Snapshot,
        limits: &Limits,
        negative: Option<&Negative<'_>>,
    ) -> Result<Checked, Error> {
        globals.check()?;
        // The compiler does not meet hostile programs in this process, if there are workers for it.
        self.engine.refuse_with_workers("show what the compiler makes of a program")?;
        let compilation = Compilation::start(&self.budget);
        let check = || {
            let world = self.source.world(limits).with_globals(globals.given());
            let world = world.under(compilation.clone());
            let main = (self.source.module(), &*self.source.name, &*self.source.text);
            let (sources, result) = infer::Program::check(&world, &Stdlib, main, request);
            let limit = world.limit();
            (sources, result, limit, world.into_parts())
        };
        let (sources, result, limit, (datasets, asked)) = on_big_stack(check)?;
        match result {
            Ok(units) => {
                let (time, units) = (compilation.elapsed(), units.into_iter().map(Arc::new).collect());
                Ok(Checked { units, sources, datasets, time, asked, compilation, told: Vec::new() })
            }
            Err(diagnostics) => Err(match limit.filter(|_| diagnostics.first().code == Code::BadDataset) {
                // The program is fine; the dataset is too much.
                Some(limit) => {
                    let traceback = vec![Frame::at(&sources, diagnostics.first().primary.span)];
                    Error::Limit { limit, traceback }
                }
                None => {
                    let error = CompileError { diagnostics, sources, cached: false };
                    if let (Some(negative), None) = (negative, limit) {
                        negative.store(&error, &asked, compilation.elapsed());
                    }
                    Error::Compile(Box::new(error))
                }
            }),
        }
    }

    /// Compiles what a request needs and says where its code came from, without running it.
    pub fn load(&self, request: Request<'_>) -> Result<Vec<UnitInfo>, Error> {
        if self.engine.client().is_some() {
            let code = self.there(Wanted::of(request), &self.globals.snapshot(), &Limits::default());
            return code.map(|code| code.infos());
        }
        let _compiling = self.engine.cache().compiling();
        let checked = self.check_here(request)?;
        let loaded = load_all(&self.engine, &checked.units, &checked.compilation);
        let loaded = loaded.map_err(|error| with_sources(error, &checked.sources))?;
        Ok(loaded.into_iter().map(|unit| unit.info).collect())
    }

    /// The source alone, for messages about its syntax.
    pub(crate) fn sources(&self) -> Sources {
        let mut sources = Sources::default();
        sources.add(ovenbird_compiler::source::SourceFile::new(
            &*self.source.name,
            self.source.text.clone(),
            false,
        ));
        sources
    }

    /// What compiling it may use.
    pub(crate) fn budget(&self) -> &CompileBudget {
        &self.budget
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// Runs the compiler on a stack of its own. A thread of its own would have one as well, but to start it and to be woken by it
/// takes as long as inferring a small function. Only where there may be too little address space it is one: that it cannot be
/// had is an error there, and not a panic.
fn on_big_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    let result = match rustix::process::getrlimit(rustix::process::Resource::As).current {
        None => catch_unwind(AssertUnwindSafe(|| stacker::grow(COMPILE_STACK, work))),
        Some(_) => std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(COMPILE_STACK).spawn_scoped(scope, work);
            let thread = thread.map_err(|e| Error::Io(format!("cannot start a thread: {e}")))?;
            Ok::<_, Error>(thread.join())
        })?,
    };
    result.map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_default();
        Error::Internal(format!("the compiler failed: {text}"))
    })
}
