//! Handles to compiled functions.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use ovenbird_compiler::types::Type;

use crate::cancel::Cancel;
use crate::code::UnitInfo;
use crate::engine::Engine;
use crate::error::Error;
use crate::imports::Output;
use crate::run::{Outcome, Tenant};
use crate::runnable::Runnable;
use crate::signature::Signature;
use crate::task::Task;
use crate::value::{Arg, Value};

/// What functions are compiled from, where that can change between calls.
pub(crate) trait Origin: Send + Sync {
    /// Changes with every change.
    fn epoch(&self) -> u64;
    /// The code, as things are, of a function that was asked for before; and their epoch.
    fn entry_again(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error>;
    /// The same without the direct path, which gave code that cannot be loaded.
    fn entry_anew(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error>;
}

/// A function for types that are known at run time. Cheap to clone, `Send + Sync`.
#[derive(Clone)]
pub struct DynFunction {
    engine: Engine,
    name: Arc<str>,
    /// What the code is compiled from again when a global was changed; a bundle's is not.
    origin: Option<Arc<dyn Origin>>,
    /// The globals' epoch and the code for it, as when the function was asked for.
    first: (u64, Arc<Runnable>),
    /// The same for the last call after a global was changed.
    latest: Arc<Mutex<(u64, Arc<Runnable>)>>,
}

impl DynFunction {
    pub(crate) fn new(
        engine: Engine,
        origin: Option<Arc<dyn Origin>>,
        name: &str,
        first: (u64, Arc<Runnable>),
    ) -> Self {
        let latest = Arc::new(Mutex::new(first.clone()));
        DynFunction { engine, origin, name: name.into(), first, latest }
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The result's type.
    pub fn result(&self) -> &Type {
        self.first.1.result()
    }

    /// The parameters' types.
    pub fn params(&self) -> &[Type] {
        self.first.1.params()
    }

    /// Where the code came from, and how long it took, when the function was asked for.
    pub fn info(&self) -> &UnitInfo {
        self.first.1.info()
    }

    /// Calls it in a fresh instance; what it prints is thrown away.
    pub fn call(&self, tenant: &Tenant, args: &[Value]) -> Result<Value, Error> {
        self.call_with(tenant, args, Output::Discard).result
    }

    /// Calls it in a fresh instance; the outcome has its usage and output.
    pub fn call_with(&self, tenant: &Tenant, args: &[Value], output: Output) -> Outcome {
        self.call_args(tenant, &lent(args), output)
    }

    /// The same with arguments that are borrowed for the time of the call: slices, and columns of a frame.
    ///
    /// ```
    /// use ovenbird::data::Slice;
    /// use ovenbird::{Arg, Array, Engine, Output, Source, Tenant, Value};
    ///
    /// # fn main() -> Result<(), ovenbird::Error> {
    /// let source = Source::new("double.py", "def double(xs):\n    return xs * 2\n");
    /// let program = Engine::builder().build()?.compile(&source)?;
    /// let double = program.entry("double", &[Array::new(vec![0_i64]).ty()])?;
    /// let args = [Arg::Slice(Slice::Int64(&[1, 2, 3]))];
    /// let outcome = double.call_args(&Tenant::default(), &args, Output::Discard);
    /// assert_eq!(outcome.result?, Value::Array(Array::new(vec![2_i64, 4, 6])));
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_args(&self, tenant: &Tenant, args: &[Arg<'_>], output: Output) -> Outcome {
        self.call_now(tenant, args, output, None)
    }

    fn call_now(
        &self,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        let engine = &self.engine;
        let epoch = self.origin.as_ref().map_or(self.first.0, |origin| origin.epoch());
        let Some(origin) =
            self.origin.as_ref().filter(|_| epoch != self.first.0 || !self.first.1.is_loaded())
        else {
            return self.first.1.call_until(engine, tenant, args, output, cancel);
        };
        match self.code_for(&**origin, epoch) {
            Ok(group) => group.call_until(engine, tenant, args, output, cancel),
            Err(error) => Outcome::failed(error, output),
        }
    }

    /// The code for globals that were changed since the function was asked for, or in place of code that
    /// wasmtime refused when it was called: that is a miss like any other, only later.
    fn code_for(&self, origin: &dyn Origin, epoch: u64) -> Result<Arc<Runnable>, Error> {
        // Replaced whole, so a panic elsewhere cannot have left it half changed.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.0 != epoch || !latest.1.is_loaded() {
            let mut now = origin.entry_again(&self.name, &self.first.1)?;
            if !now.1.is_loaded() {
                now = origin.entry_anew(&self.name, &self.first.1)?;
            }
            let result = now.1.result();
            if result != self.result() && *result != Type::Never {
                return Err(Error::Signature(format!(
                    "`{}` returned `{}`; for the globals' new values it returns `{result}`",
                    self.name,
                    self.result()
                )));
            }
            *latest = now;
        }
        Ok(Arc::clone(&latest.1))
    }

    /// The same, until it is cancelled from another thread.
    pub fn call_until(&self, tenant: &Tenant, args: &[Value], output: Output, cancel: &Cancel) -> Outcome {
        self.call_now(tenant, &lent(args), output, Some(cancel))
    }

    /// Starts a call on one of the engine's threads. The task can be joined, awaited and cancelled.
    pub fn spawn(&self, tenant: &Tenant, args: Vec<Value>, output: Output) -> Task {
        self.spawn_as(tenant, args, output, Some)
    }

    fn spawn_as<T>(
        &self,
        tenant: &Tenant,
        args: Vec<Value>,
        output: Output,
        convert: fn(Value) -> Option<T>,
    ) -> Task<T> {
        let (function, on_behalf) = (self.clone(), tenant.clone());
        Task::spawn(self.engine.workers(), tenant, convert, move |cancel| {
            function.call_until(&on_behalf, &args, output, cancel)
        })
    }
}

/// A function for a Rust signature. Cheap to clone, `Send + Sync`.
pub struct Function<F> {
    inner: DynFunction,
    signature: PhantomData<fn() -> F>,
}

impl<F> Clone for Function<F> {
    fn clone(&self) -> Self {
        Function { inner: self.inner.clone(), signature: PhantomData }
    }
}

impl<F: Signature> Function<F> {
    /// Of a function that was asked for with these parameters, if its result is the signature's, too.
    pub(crate) fn of(inner: DynFunction) -> Result<Self, Error> {
        // A function that never returns fits every signature.
        if *inner.result() != F::result() && *inner.result() != Type::Never {
            return Err(Error::Signature(format!(
                "`{}` returns `{}`, the host asked for `{}`",
                inner.name(),
                inner.result(),
                F::result()
            )));
        }
        Ok(Function { inner, signature: PhantomData })
    }

    /// Calls it in a fresh instance; what it prints is thrown away.
    pub fn call(&self, tenant: &Tenant, args: F::Args<'_>) -> Result<F::Output, Error> {
        self.call_with(tenant, args, Output::Discard).result
    }

    /// The same; the outcome has its usage and output, on success and on failure.
    pub fn call_with(&self, tenant: &Tenant, args: F::Args<'_>, output: Output) -> Outcome<F::Output> {
        self.inner.call_args(tenant, &F::values(args), output).map(F::output)
    }

    /// Starts a call on one of the engine's threads; what it prints is thrown away. The task can be
    /// joined, awaited and cancelled. Slices among the arguments are copied.
    ///
    /// ```
    /// # use ovenbird::{Engine, Error, Source, Tenant};
    /// # fn main() -> Result<(), Error> {
    /// let text = "def spin():\n    n = 0\n    while True:\n        n += 1\n";
    /// let spin = Engine::builder().build()?.compile(&Source::new("spin.py", text))?.get::<fn() -> ()>("spin")?;
    /// let task = spin.spawn(&Tenant::named("acme"), ());
    /// task.cancel();
    /// let outcome = task.join(); // or `task.await`
    /// assert!(matches!(outcome.result, Err(Error::Cancelled { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(&self, tenant: &Tenant, args: F::Args<'_>) -> Task<F::Output> {
        let args = F::values(args).into_iter().filter_map(Arg::into_value).collect();
        self.inner.spawn_as(tenant, args, Output::Discard, F::output)
    }

    /// The handle without its Rust types.
    pub fn dynamic(&self) -> &DynFunction {
        &self.inner
    }
}

fn lent(args: &[Value]) -> Vec<Arg<'_>> {
    args.iter().map(Arg::Value).collect()
}
