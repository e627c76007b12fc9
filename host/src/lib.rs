//! Ovenbird runs data functions written in Python syntax, compiled to native code, in a sandbox, with
//! a cache that is never stale.
//!
//! ```
//! use ovenbird::{Engine, Source, Tenant};
//!
//! # fn main() -> Result<(), ovenbird::Error> {
//! let engine = Engine::builder().build()?;
//! let source = Source::new("score.py", "def score(x, y):\n    return 0.3 * x + 0.7 * y\n");
//! let program = engine.compile(&source)?;
//! let score = program.get::<fn(f64, f64) -> f64>("score")?;
//! let tenant = Tenant::default();
//! assert_eq!(score.call(&tenant, (1.0, 2.0))?, 1.7);
//! # Ok(())
//! # }
//! ```
//!
//! # The nouns
//!
//! A [`Source`] is compiled by an [`Engine`] to a [`Program`], which gives [`Function`]s, which are called for a [`Tenant`] and end in
//! an [`Outcome`].
//!
//! - [`Engine`]: one per process. Holds the code generator's settings, the [`Cache`] and the watchdog.
//!   Cheap to clone, `Send + Sync`.
//! - [`Source`]: a program's text, with the directory in which it finds its neighbours and data.
//! - [`Program`]: a checked source. Gives [`Function`]s for signatures, and runs as a script.
//! - [`Function`]: compiled for one signature. Cheap to clone, shareable between threads; a call makes a
//!   fresh instance, so calls share nothing.
//! - [`Scope`]: whose compiled code it is. [`Engine::scope`] gives the engine as one tenant sees it, with a
//!   part of the cache and a memory of its own: what one tenant has had compiled is as new to the next as
//!   it ever was, so the time of a first call tells nothing about others. Sharing is a choice: programs of
//!   one engine, or of one scope, share.
//! - [`Tenant`]: on whose behalf a call runs: [`Limits`] and [`Grants`]. Limits are on by default.
//! - [`HostModule`]: functions of your own that a program may import, each with a declared [`Cost`]. Given to a
//!   program by [`Source::host`]; a tenant can be denied it.
//! - [`Task`]: a call that was spawned ([`Function::spawn`]): joined or awaited, and cancelled at any time. The
//!   engine's workers serve tenants in turn.
//!
//! - [`Value`], [`Array`], [`DataFrame`]: what goes in and comes out. Typed handles take Rust's own types: numbers,
//!   strings, and slices, which are NumPy arrays to the function; arrays and lists come back as vectors. [`Arg`]
//!   lends slices and columns for a call whose types are only known at run time. All of it is copied, once each
//!   way, and counts as the tenant's memory and output; columns that a function never looks at are not copied. Arrow's
//!   record batches are a crate of their own, `ovenbird-arrow`.
//!
//! ```
//! # use ovenbird::{Engine, Error, Source, Tenant};
//! # fn main() -> Result<(), Error> {
//! let text = "\
//! def mean(xs):
//!     return xs.mean()
//!
//! def blend(xs, ys, share):
//!     return xs * share + ys * (1.0 - share)
//! ";
//! let program = Engine::builder().build()?.compile(&Source::new("arrays.py", text))?;
//! let tenant = Tenant::named("acme");
//! let xs = vec![1.0, 2.0, 6.0];
//! let mean = program.get::<fn(&[f64]) -> f64>("mean")?;
//! assert_eq!(mean.call(&tenant, (&xs,))?, 3.0);
//! let blend = program.get::<fn(&[f64], &[f64], f64) -> Vec<f64>>("blend")?;
//! assert_eq!(blend.call(&tenant, (&xs, &[3.0, 4.0, 0.0], 0.5))?, [2.0, 3.0, 3.0]);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Outcome`]: how a call ended, with its [`Usage`] also where it failed: CPU units, time, peak memory of guest and
//!   host, bytes and rows read. With it, and with [`DynFunction::info`], comes a [`UnitInfo`] for each compiled unit: its
//!   [`Provenance`] (which cache level, or why it missed) and its [`Timings`] phase by phase.
//! - [`LoadedBundle`]: a program that was compiled ahead of time ([`bundle`]) and signed by somebody in [`Trust`]. It gives functions as
//!   a program does, and takes functions of the host.
//!
//! [`EngineBuilder::workers`] is a second wall: the same, bundles included, but compiling and running happen in child
//! processes without rights ([`worker`]).
//!
//! Errors are an enum by blame, and name no path of the host: [`Error`].
//!
//! # A complete program
//!
//! ```
//! use std::time::Duration;
//!
//! use ovenbird::{Cost, Engine, Error, HostModule, LimitKind, Limits, Output, Source, Tenant};
//!
//! const RULES: &str = "\
//! from rates import rate
//!
//!
//! def total(amounts, currency):
//!     return (amounts * rate(currency)).sum()
//! ";
//!
//! fn main() -> Result<(), Error> {
//!     // Once in a process. `.cache(Cache::open(CacheOptions::from_environment()))` keeps code between processes.
//!     let engine = Engine::builder().build()?;
//!
//!     // What programs can do that the language cannot: a function of ours, by its Rust types, with a price.
//!     let rate = |currency: &str| if currency == "EUR" { 1.25 } else { 1.0 };
//!     let rates = HostModule::new("rates")?.function("rate", Cost::units(50), rate)?;
//!
//!     // Parsed here; a function is compiled when its types are known. Errors have spans.
//!     let program = engine.compile(&Source::new("rules.py", RULES).host(rates))?;
//!     let total = program.get::<fn(&[f64], &str) -> f64>("total")?;
//!
//!     // For whom, and within what. There is a limit on everything, also without this.
//!     let limits = Limits::default().deadline(Duration::from_millis(500)).memory_bytes(64 << 20);
//!     let acme = Tenant::named("acme").limits(limits);
//!     let outcome = total.call_with(&acme, (&[8.0, 16.0], "EUR"), Output::Discard);
//!     println!("{} for {} CPU units", outcome.result?, outcome.usage.cpu_units);
//!
//!     // Whoever is at fault: here the tenant, who cannot pay.
//!     let poor = Tenant::named("poor").limits(Limits::default().cpu_units(40));
//!     match total.call(&poor, (&[8.0, 16.0], "EUR")) {
//!         Err(Error::Limit { limit, .. }) => assert_eq!(limit.which, LimitKind::Cpu),
//!         other => panic!("{other:?}"),
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Larger ones are in the repository's `host/examples` and `arrow/examples`.
//!
//! # Builds
//!
//! Without the default features there is no compiler: bundles with native code for the machine can be loaded and called
//! ([`Engine::load_bundle`]), with functions of the host and, by `ovenbird-arrow` without its own, batches; nothing else is there. The feature `compiler` adds sources, programs and the cache, `cli` the
//! command line, `loader` the one that only runs bundles.
//!
//! # New powers for guests
//!
//! ```
//! use ovenbird::{Cost, Engine, Error, HostFailure, HostModule, Source, Tenant};
//!
//! # fn main() -> Result<(), Error> {
//! let rates = HostModule::new("rates")?
//!     .function("rate", Cost::units(50), |currency: &str, day: i64| -> Result<f64, HostFailure> {
//!         match currency {
//!             "EUR" => Ok(1.0 + day as f64 / 100.0),
//!             _ => Err(HostFailure::of("KeyError", currency)),
//!         }
//!     })?
//!     .function("log", Cost::units(20).per_byte(1), |text: &str| eprintln!("guest: {text:?}"))?;
//! let text = "from rates import rate\n\n\ndef worth(x, currency):\n    return x * rate(currency, 25)\n";
//! let program = Engine::builder().build()?.compile(&Source::new("worth.py", text).host(rates))?;
//! let worth = program.get::<fn(f64, &str) -> f64>("worth")?;
//! assert_eq!(worth.call(&Tenant::default(), (8.0, "EUR"))?, 10.0);
//! let unknown = worth.call(&Tenant::default(), (8.0, "GBP"));
//! assert!(matches!(unknown, Err(Error::Raised(raised)) if raised.summary() == "KeyError: GBP"));
//! # Ok(())
//! # }
//! ```

// Much is there for workers only.
#![cfg_attr(
    all(feature = "compiler", not(workers)),
    allow(dead_code, unused_imports, unreachable_code, reason = "this system has no worker processes")
)]

pub mod bundle;
mod cancel;
mod code;
pub mod data;
pub mod decode;
mod depth;
pub mod engine_config;
pub mod error;
pub mod grants;
pub mod imports;
pub mod io;
pub mod key;
pub mod levels;
pub mod limits;
mod miss;
pub mod native;
mod pool;
mod process;

mod engine;
mod external;
mod function;
mod run;
mod runnable;
mod scarce;
mod schemas;
mod signature;
mod stack;
mod task;
mod traceback;
mod value;
mod watchdog;
mod workers;

#[cfg(feature = "compiler")]
pub mod cache;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "compiler")]
mod compilation;
#[cfg(feature = "compiler")]
mod flight;
#[cfg(feature = "compiler")]
mod globals;
#[cfg(feature = "loader")]
pub mod loader;
#[cfg(feature = "compiler")]
mod negative;
#[cfg(feature = "compiler")]
mod parallel;
#[cfg(feature = "compiler")]
mod probe;
#[cfg(feature = "compiler")]
mod program;
#[cfg(feature = "compiler")]
pub mod remote;
#[cfg(feature = "compiler")]
mod signatures;
#[cfg(feature = "compiler")]
mod stages;
#[cfg(feature = "loader")]
mod terminal;
#[cfg(feature = "compiler")]
mod unit;
#[cfg(feature = "compiler")]
mod why;
#[cfg(feature = "compiler")]
pub mod worker;
#[cfg(feature = "compiler")]
mod world;

pub use bundle::{LoadedBundle, Trust};
pub use cancel::Cancel;
pub use code::{Provenance, Timings, UnitInfo};
pub use data::{Array, DataFrame};
pub use engine::{Engine, EngineBuilder};
pub use error::{CompileError, Error, Raised};
pub use external::{Cost, HostArgument, HostCode, HostFailure, HostFunctionError, HostModule, HostResult};
pub use function::{DynFunction, Function};
pub use grants::Grants;
pub use imports::Output;
pub use limits::{LimitExceeded, LimitKind, Limits};
pub use miss::{MissReason, Missed};
pub use ovenbird_compiler::budget::{CompileBudget, CompileLimit};
pub use run::{Outcome, Tenant, Usage};
pub use signature::Signature;
pub use task::Task;
pub use traceback::Frame;
pub use value::{Arg, FromValue, ToValue, Value};
pub use workers::Scheduling;

#[cfg(feature = "compiler")]
pub use cache::{Cache, CacheOptions, Scope};
#[cfg(feature = "compiler")]
pub use program::{Checked, Program, Source, UnitOutline};
#[cfg(feature = "compiler")]
pub use why::UnitWhy;
#[cfg(feature = "compiler")]
pub use worker::{WorkerFailure, WorkerOptions};
