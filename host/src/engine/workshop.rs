//! What an engine has only in a build with the compiler: the caches, the compiler's options, and what was compiled
//! in this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ovenbird_compiler::Options;
use ovenbird_compiler::bodies;
use ovenbird_compiler::budget::CompileBudget;

use super::{Engine, EngineBuilder, Inner};
use crate::cache::key::{self, Build, L0Key, L2Recipe, Surroundings};
use crate::cache::{Cache, Claim, MissReason, Scope};
use crate::code::Code;
use crate::engine_config::{
    ConfiguredEngine, EngineIdentity, EngineOptions, has_threads, of_levels, on_many_threads,
};
use crate::error::Error;
use crate::flight::{Flight, Flights};
use crate::levels::HostCpu;
use crate::miss::Missed;
use crate::native::{Compiled, Loading, Native};
use crate::probe::Kept;
use crate::process;
use crate::program::{Program, Source};
use crate::remote::{Remote, RemoteOptions};
use crate::worker::{Client, Setting, WorkerFailure, WorkerOptions};

/// So many bytes of functions beside the largest one are compiled on other threads. Measured with two cores: to hand over less
/// takes longer than to compile it (ten functions without any: 11.4 ms on one thread, 13.8 on several; one with 350 bytes: 1.6
/// and 1.0).
const WORTH_A_THREAD: usize = 256;

/// Most units whose code stays in memory.
const REMEMBERED: usize = 4096;

/// Most requests whose code is found by their text.
const KEPT: usize = 1024;

/// What the builder was told.
#[derive(Default)]
pub(super) struct Settings {
    cache: Option<Cache>,
    remote: Option<RemoteOptions>,
    options: Options,
    budget: CompileBudget,
    processes: Option<WorkerOptions>,
    no_probes: bool,
}

/// What an engine has beside its settings and threads.
pub(super) struct Workshop {
    native: EngineOptions,
    remote: Option<Remote>,
    cache: Cache,
    options: Options,
    budget: CompileBudget,
    codes: Mutex<HashMap<[u8; 32], Code>>,
    kept: Mutex<HashMap<L0Key, Arc<Kept>>>,
    /// Texts without a syntax error, and whether the cache has that too.
    parsed: Mutex<HashMap<L0Key, bool>>,
    flights: Flights,
    /// The way to worker processes, if that is where programs are compiled and run.
    client: Option<Client>,
    probes: bool,
    compiles: AtomicU64,
    natives: AtomicU64,
    /// The process that made the engine.
    made_by: u32,
    /// Compiles large modules on several threads. `None` if it could not be made.
    many_threads: OnceLock<Option<wasmtime::Engine>>,
    /// Of the CPU levels that this machine has, the best first.
    levels: OnceLock<Arc<[Arc<EngineIdentity>]>>,
    surroundings: Levels,
}

/// What the keys of all units have in common, of each level; made out when a key of that level is first asked for.
pub(crate) struct Levels {
    options: Options,
    compiler: OnceLock<Arc<Surroundings>>,
    whole: OnceLock<Arc<Surroundings>>,
}

impl Levels {
    fn of(options: &Options) -> Self {
        Levels { options: options.clone(), compiler: OnceLock::new(), whole: OnceLock::new() }
    }

    /// Of wasm.
    pub(crate) fn compiler(&self) -> Arc<Surroundings> {
        let build = || Build::Compiler(key::compiler_fingerprint());
        Arc::clone(self.compiler.get_or_init(|| Arc::new(Surroundings::new(&self.options, build()))))
    }

    /// Of what a text gives.
    pub(crate) fn whole(&self) -> Arc<Surroundings> {
        let build = || Build::Whole(key::build_fingerprint());
        Arc::clone(self.whole.get_or_init(|| Arc::new(Surroundings::new(&self.options, build()))))
    }
}

impl Workshop {
    pub(super) fn new(
        settings: Settings,
        native: EngineOptions,
        configured: &ConfiguredEngine,
        cpu: &HostCpu,
    ) -> Result<Self, Error> {
        let Settings { cache, remote, options, budget, processes, no_probes } = settings;
        let cache = cache.unwrap_or_else(Cache::disabled);
        if remote.is_some() && processes.is_some() {
            let what = "ask a remote tier, whose code is for processes without a second wall";
            return Err(Error::Worker(WorkerFailure::Unsupported(what)));
        }
        let remote = remote.map(|options| Remote::new(options, cache.clone(), cpu.clone()));
        let start =
            |workers| Client::start(workers, &Setting::new(&native, options.optimise, &configured.identity));
        let client = processes.map(start).transpose()?;
        Ok(Workshop { remote, client, ..Workshop::with(native, cache, options, budget, !no_probes) })
    }

    fn with(
        native: EngineOptions,
        cache: Cache,
        options: Options,
        budget: CompileBudget,
        probes: bool,
    ) -> Self {
        Workshop {
            native,
            remote: None,
            cache,
            surroundings: Levels::of(&options),
            options,
            budget,
            codes: Mutex::default(),
            kept: Mutex::default(),
            parsed: Mutex::default(),
            flights: Flights::default(),
            client: None,
            probes,
            compiles: AtomicU64::new(0),
            natives: AtomicU64::new(0),
            // Of the system: a process that never compiles need not be able to ask often.
            made_by: std::process::id(),
            many_threads: OnceLock::new(),
            levels: OnceLock::new(),
        }
    }
}

/// In a build with the compiler.
impl EngineBuilder {
    /// Whether code is also kept under the text that it was made from, so that what was asked of the same
    /// text before is not even parsed. On by default; without it every level of the cache is asked in turn.
    #[must_use]
    pub fn probes(mut self, probes: bool) -> Self {
        self.workshop.no_probes = !probes;
        self
    }

    /// Where compiled code is kept between processes. Without it nothing is.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.workshop.cache = Some(cache);
        self
    }

    /// Another cache below this machine's: asked for what is not here.
    #[must_use]
    pub fn remote(mut self, remote: RemoteOptions) -> Self {
        self.workshop.remote = Some(remote);
        self
    }

    /// Compiles and runs in child processes without rights; see [`crate::worker`]. Everything else is the same. The
    /// engine is then made only if there can be workers here, and without a pool or a remote tier, which they do not
    /// have.
    #[must_use]
    pub fn workers(mut self, workers: WorkerOptions) -> Self {
        self.workshop.processes = Some(workers);
        self
    }

    /// Compiler options.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.workshop.options = options;
        self
    }

    /// What compiling one program may use, unless [`Engine::compile_within`] says otherwise.
    #[must_use]
    pub fn compile_budget(mut self, budget: CompileBudget) -> Self {
        self.workshop.budget = budget;
        self
    }
}

/// In a build with the compiler.
impl Engine {
    /// The way to worker processes, if that is where programs are compiled and run.
    pub(crate) fn client(&self) -> Option<&Client> {
        self.inner.workshop.client.as_ref()
    }

    /// For what would compile, or run code, in this process although there are workers for it.
    pub(crate) fn refuse_with_workers(&self, what: &'static str) -> Result<(), Error> {
        match self.client() {
            Some(_) => Err(Error::Worker(WorkerFailure::Unsupported(what))),
            None => Ok(()),
        }
    }

    /// This engine as one tenant sees it: the same settings and the same threads, but a part of the cache
    /// and a memory of compiled code of its own, and without the remote tier. Cheap; keep it for as long as the tenant is served.
    ///
    /// ```
    /// use ovenbird::{Engine, Scope, Source};
    ///
    /// # fn main() -> Result<(), ovenbird::Error> {
    /// let engine = Engine::builder().build()?;
    /// let acme = engine.scope(&Scope::new("acme").quota(64 << 20));
    /// let program = acme.compile(&Source::new("f.py", "def f(x):\n    return x + 1\n"))?;
    /// # program.get::<fn(i64) -> i64>("f")?;
    /// # assert_eq!((acme.compiles(), engine.compiles()), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scope(&self, scope: &Scope) -> Engine {
        let Inner { configured, cpu, watchdog, workers, pool, workshop } = &*self.inner;
        let Workshop { native, cache, options, budget, client, probes, made_by, .. } = workshop;
        let (native, options, budget) = (native.clone(), options.clone(), budget.clone());
        Engine::with(Inner {
            configured: configured.clone(),
            cpu: Arc::clone(cpu),
            watchdog: Arc::clone(watchdog),
            workers: Arc::clone(workers),
            pool: pool.clone(),
            workshop: Workshop {
                made_by: *made_by,
                client: client.as_ref().map(Client::scoped),
                // What a tenant compiles is not to be seen in a place that others read: no remote tier.
                ..Workshop::with(native, cache.scope(scope), options, budget, *probes)
            },
        })
    }

    /// Takes a program in: parses it and finds its functions. Bodies are inferred per signature, when
    /// a function is asked for.
    pub fn compile(&self, source: &Source) -> Result<Program, Error> {
        self.compile_within(source, self.compile_budget())
    }

    /// The same with another budget: for this and for whatever is asked of the program later.
    ///
    /// ```
    /// use ovenbird::{CompileBudget, CompileLimit, Engine, Error, LimitKind, Source};
    ///
    /// let engine = Engine::builder().build()?;
    /// let budget = CompileBudget::default().with(CompileLimit::Tokens, 5);
    /// let refused = engine.compile_within(&Source::new("f.py", "x = 1 + 2 + 3\n"), &budget).err();
    /// let limit = refused.as_ref().and_then(Error::limit).expect("seven tokens are too many");
    /// assert_eq!((limit.which, limit.used, limit.allowed), (LimitKind::Compile(CompileLimit::Tokens), 6, 5));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn compile_within(&self, source: &Source, budget: &CompileBudget) -> Result<Program, Error> {
        Program::new(self.clone(), source.clone(), budget.clone())
    }

    /// What compiling one program may use.
    pub fn compile_budget(&self) -> &CompileBudget {
        &self.inner.workshop.budget
    }

    /// The cache.
    pub fn cache(&self) -> &Cache {
        &self.inner.workshop.cache
    }

    /// The remote tier, if there is one.
    pub fn remote(&self) -> Option<&Remote> {
        self.inner.workshop.remote.as_ref()
    }

    /// Settings of the code generator and of instances.
    pub(crate) fn native_options(&self) -> &EngineOptions {
        &self.inner.workshop.native
    }

    /// Compiler options.
    pub fn options(&self) -> &Options {
        &self.inner.workshop.options
    }

    /// Times that a unit was compiled to wasm.
    pub fn compiles(&self) -> u64 {
        self.inner.workshop.compiles.load(Ordering::Relaxed)
    }

    /// Times that wasm was compiled to native code.
    pub fn native_compiles(&self) -> u64 {
        self.inner.workshop.natives.load(Ordering::Relaxed)
    }

    pub(crate) fn probes(&self) -> bool {
        self.inner.workshop.probes
    }

    pub(crate) fn count_compile(&self) {
        self.inner.workshop.compiles.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker has compiled a unit to wasm and native code.
    pub(crate) fn count_compiled_there(&self) {
        self.count_compile();
        self.count_native_there();
    }

    /// A worker has compiled wasm to native code.
    pub(crate) fn count_native_there(&self) {
        self.inner.workshop.natives.fetch_add(1, Ordering::Relaxed);
    }

    /// wasm → native code for this engine's CPU; counted.
    pub(crate) fn compile_native(&self, wasm: &[u8]) -> wasmtime::Result<Compiled> {
        let ConfiguredEngine { engine, compiler, .. } = &self.inner.configured;
        let compiled = match self.many_threads(wasm).or(compiler.as_ref()) {
            Some(compiler) => Native::compile_by(compiler, engine, wasm)?,
            None => Native::compile(engine, wasm)?,
        };
        self.inner.workshop.natives.fetch_add(1, Ordering::Relaxed);
        Ok(compiled)
    }

    /// The compiler for a module that is worth several threads. In a process that was forked from the one that made this engine
    /// there is none: the threads stayed behind there, whoever started them, and it would wait for them for ever.
    fn many_threads(&self, wasm: &[u8]) -> Option<&wasmtime::Engine> {
        let Workshop { native, made_by, many_threads, .. } = &self.inner.workshop;
        let is_worth_it = self.compiles_in_parallel() && bodies::beside_the_largest(wasm) >= WORTH_A_THREAD;
        if !is_worth_it || process::id() != *made_by || !has_threads() {
            return None;
        }
        many_threads.get_or_init(|| on_many_threads(native)).as_ref()
    }

    /// The native code of a recipe from the cache: for exactly this CPU, else for its best level.
    pub(crate) fn cached_native(&self, recipe: &L2Recipe, when: Loading) -> Result<Native, MissReason> {
        self.cache().get_native_or_level(
            recipe,
            || self.level_recipes(recipe),
            &self.inner.cpu,
            self.wasmtime(),
            when,
        )
    }

    /// The same, with a claim on a miss, unless there is one to its artifact.
    pub(crate) fn cached_native_or_claim(
        &self,
        recipe: &L2Recipe,
        under: Option<&Claim>,
    ) -> Result<Native, (Missed, Claim)> {
        self.cache().native_or_level_or_claim(
            recipe,
            || self.level_recipes(recipe),
            &self.inner.cpu,
            self.wasmtime(),
            under,
        )
    }

    /// The recipes of the same wasm for the CPU levels that this machine has, the best first.
    pub(crate) fn level_recipes(&self, recipe: &L2Recipe) -> Vec<L2Recipe> {
        let Workshop { native, levels, .. } = &self.inner.workshop;
        let engines = levels.get_or_init(|| of_levels(native, || self.inner.cpu.levels()));
        engines.iter().map(|engine| L2Recipe { engine: Arc::clone(engine), ..recipe.clone() }).collect()
    }

    pub(crate) fn surroundings(&self) -> &Levels {
        &self.inner.workshop.surroundings
    }

    pub(crate) fn remembers(&self, key: &[u8; 32]) -> bool {
        self.inner.workshop.codes.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    pub(crate) fn compiles_in_parallel(&self) -> bool {
        self.inner.configured.parallel_compilation
    }

    pub(crate) fn remembered(&self, key: &[u8; 32]) -> Option<Code> {
        lock(&self.inner.workshop.codes).get(key).cloned()
    }

    /// Waits while another thread makes the code of `key`; then it is remembered, or this thread's turn.
    pub(crate) fn flight(&self, key: [u8; 32]) -> Flight<'_> {
        self.inner.workshop.flights.enter(key)
    }

    pub(crate) fn remember(&self, key: [u8; 32], code: Code) {
        let mut codes = lock(&self.inner.workshop.codes);
        if codes.len() < REMEMBERED {
            codes.insert(key, code);
        }
    }

    /// What a text gave for a request, in this process.
    pub(crate) fn kept(&self, key: &L0Key) -> Option<Arc<Kept>> {
        lock(&self.inner.workshop.kept).get(key).cloned()
    }

    pub(crate) fn keep(&self, key: L0Key, kept: Arc<Kept>) {
        let mut all = lock(&self.inner.workshop.kept);
        // A process that sees ever new texts starts again; the newest are the likeliest to come back.
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, kept);
    }

    /// Whether a text is known in this process to have no syntax error.
    pub(crate) fn is_parsed(&self, key: &L0Key) -> bool {
        lock(&self.inner.workshop.parsed).contains_key(key)
    }

    /// Notes that it has none, and that this is in the cache, or is about to be. Gives whether that is new.
    pub(crate) fn set_parsed(&self, key: L0Key, is_stored: bool) -> bool {
        let mut parsed = lock(&self.inner.workshop.parsed);
        let is_known = parsed.get(&key).copied();
        if is_known.is_some() || parsed.len() < REMEMBERED {
            parsed.insert(key, is_known.unwrap_or(false) | is_stored);
        }
        is_known.is_none_or(|was_stored| is_stored && !was_stored)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Entries are inserted whole, so a panic elsewhere cannot have left one half made.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use fork::Fork;
    use ovenbird_compiler::encode;
    use ovenbird_compiler::guard::Guard;

    use super::*;

    /// A program of functions that are not inlined.
    const LARGE: &str = "\
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps

total = 0
for i in range(1, 30):
    total += collatz(i) * collatz(i + 1) - collatz(2 * i) * collatz(i % 7 + 1) + collatz(i // 3 + 1)
print(total)
";

    #[test]
    fn what_has_other_large_functions_is_compiled_on_several_threads_but_not_after_a_fork() {
        let engine = Engine::builder().build().expect("an engine");
        let wasm_of = |text| {
            let program = engine.compile(&Source::new("a.py", text)).expect("it parses");
            let checked = program.check(ovenbird_compiler::infer::Request::Run).expect("it is right");
            let module = ovenbird_compiler::intermediate_within(
                &checked.units[0],
                engine.options(),
                &Guard::UNBOUNDED,
            );
            encode::encode_within(&module.expect("it fits"), &Guard::UNBOUNDED).expect("it fits").wasm
        };
        let (small, large) = (wasm_of("x = 1\n"), wasm_of(LARGE));
        assert!(
            bodies::beside_the_largest(&large) >= WORTH_A_THREAD,
            "{}",
            bodies::beside_the_largest(&large)
        );
        assert!(engine.many_threads(&small).is_none());
        match fork::fork().expect("forked") {
            Fork::Child => std::process::exit(i32::from(engine.many_threads(&large).is_some())),
            Fork::Parent(child) => {
                let status = fork::waitpid(child).expect("it ended");
                assert_eq!(status, 0, "its threads are the parent's");
            }
        }
        assert!(engine.many_threads(&large).is_some());
        let alone = EngineOptions { parallel_compilation: false, ..EngineOptions::default() };
        assert!(Engine::builder().native(alone).build().expect("an engine").many_threads(&large).is_none());
    }
}
