//! Handles to compiled functions.

use std::marker::PhantomData;
use std::sync::Arc;

use ovenbird_compiler::types::Type;

use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::Error;
use crate::imports::Output;
use crate::run::{Group, Outcome, Tenant};
use crate::task::Task;
use crate::unit::UnitInfo;
use crate::value::{FromValue, ToValue, Value};

/// A function for types that are known at run time. Cheap to clone, `Send + Sync`.
#[derive(Clone)]
pub struct DynFunction {
    engine: Engine,
    group: Arc<Group>,
}

impl DynFunction {
    pub(crate) fn new(engine: Engine, group: Arc<Group>) -> Self {
        DynFunction { engine, group }
    }

    /// The result's type.
    pub fn result(&self) -> &Type {
        &self.group.main().result
    }

    /// The parameters' types.
    pub fn params(&self) -> &[Type] {
        &self.group.main().params
    }

    /// Where the code came from, and how long it took.
    pub fn info(&self) -> &UnitInfo {
        &self.group.main().info
    }

    /// Calls it in a fresh instance; what it prints is thrown away.
    pub fn call(&self, tenant: &Tenant, args: &[Value]) -> Result<Value, Error> {
        self.call_with(tenant, args, Output::Discard).result
    }

    /// Calls it in a fresh instance; the outcome has its usage and output.
    pub fn call_with(&self, tenant: &Tenant, args: &[Value], output: Output) -> Outcome {
        self.group.call(&self.engine, tenant, args, output)
    }

    /// The same, until it is cancelled from another thread.
    pub fn call_until(&self, tenant: &Tenant, args: &[Value], output: Output, cancel: &Cancel) -> Outcome {
        self.group.call_until(&self.engine, tenant, args, output, Some(cancel))
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
    pub(crate) fn new(inner: DynFunction) -> Self {
        Function { inner, signature: PhantomData }
    }

    /// Calls it in a fresh instance; what it prints is thrown away.
    pub fn call(&self, tenant: &Tenant, args: F::Args) -> Result<F::Output, Error> {
        self.call_with(tenant, args, Output::Discard).result
    }

    /// The same; the outcome has its usage and output, on success and on failure.
    pub fn call_with(&self, tenant: &Tenant, args: F::Args, output: Output) -> Outcome<F::Output> {
        self.inner.call_with(tenant, &F::values(args), output).map(F::output)
    }

    /// Starts a call on one of the engine's threads; what it prints is thrown away. The task can be
    /// joined, awaited and cancelled.
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
    pub fn spawn(&self, tenant: &Tenant, args: F::Args) -> Task<F::Output> {
        self.inner.spawn_as(tenant, F::values(args), Output::Discard, F::output)
    }

    /// The handle without its Rust types.
    pub fn dynamic(&self) -> &DynFunction {
        &self.inner
    }
}

/// A function pointer type that a compiled function can have.
pub trait Signature {
    /// Arguments as a tuple.
    type Args;
    /// The result.
    type Output;
    /// Types of the parameters.
    fn params() -> Vec<Type>;
    /// Type of the result.
    fn result() -> Type;
    /// Arguments as values.
    fn values(args: Self::Args) -> Vec<Value>;
    /// The result from a value.
    fn output(value: Value) -> Option<Self::Output>;
}

macro_rules! signature {
    ($($name:ident)*) => {
        impl<R: FromValue, $($name: ToValue),*> Signature for fn($($name),*) -> R {
            type Args = ($($name,)*);
            type Output = R;
            fn params() -> Vec<Type> {
                vec![$($name::ty()),*]
            }
            fn result() -> Type {
                R::ty()
            }
            #[expect(non_snake_case, reason = "the macro names values like their types")]
            fn values(($($name,)*): Self::Args) -> Vec<Value> {
                vec![$($name.to_value()),*]
            }
            fn output(value: Value) -> Option<R> {
                R::from_value(value)
            }
        }
    };
}

impl<R: FromValue> Signature for fn() -> R {
    type Args = ();
    type Output = R;
    fn params() -> Vec<Type> {
        Vec::new()
    }
    fn result() -> Type {
        R::ty()
    }
    fn values((): ()) -> Vec<Value> {
        Vec::new()
    }
    fn output(value: Value) -> Option<R> {
        R::from_value(value)
    }
}

signature!(A);
signature!(A B);
signature!(A B C);
signature!(A B C D);
signature!(A B C D E);
signature!(A B C D E G);
signature!(A B C D E G H);
signature!(A B C D E G H I);
