//! Rust types of a closure → types of the guest, and the closure as a function of a store.
//!
//! A call is plain: scalars in registers, no boxed values. The traits that do the work are sealed; the public
//! ones only give a registration names for its bounds.

use std::marker::PhantomData;
use std::sync::Arc;

use ovenbird_compiler::abi::{self, external::Plain};
use wasmtime::{Caller, Func, Store, WasmRet, WasmTy};

use super::failure::HostFailure;
#[cfg(workers)]
use super::passed::Passed;
use super::wall::{Panicked, Wall, run};
use crate::imports::{GuestFault, StoreData, Val};

/// A closure that can be a host function; `M` is the function pointer type that it is like.
pub trait HostCode<M>: sealed::IntoCode<M> {}

/// A type that a host function can take: `bool`, `i64`, `f64`, `&str`, `String`.
pub trait HostArgument: sealed::Argument {}

/// What a host function can return: `()`, `bool`, `i64`, `f64`, `String`, or a `Result` of one of these and a
/// [`HostFailure`].
pub trait HostResult: sealed::Ended {}

/// What a host function answers an executor.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// `None`.
    Nothing,
    /// A scalar.
    Scalar(Val),
    /// A text.
    Text(String),
}

/// What an executor is given: the answer, unless the function fails, or panics.
type Evaluated = Result<Result<Answer, HostFailure>, Panicked>;

/// The same for a guest in a worker process.
#[cfg(workers)]
pub(crate) type Applied = Result<Result<Passed, HostFailure>, Panicked>;

/// A registered function, without its types.
pub trait Code: Send + Sync {
    /// As a function of a store.
    fn link(self: Arc<Self>, store: &mut Store<StoreData>, wall: Wall) -> Func;
    /// On scalars and a slice of guest memory. Code that is in another process has no answer.
    fn eval(&self, _args: &[Val], _memory: &[u8]) -> Result<Evaluated, GuestFault> {
        Err(GuestFault::Arguments)
    }
    /// On values that came from a worker process. `None` if they are not those of its parameters: it is not called
    /// then.
    #[cfg(workers)]
    fn apply(&self, _args: Vec<Passed>) -> Option<Applied> {
        None
    }
}

pub(crate) mod sealed {
    use super::*;

    /// A closure with its types taken off.
    pub trait IntoCode<M> {
        /// Types of the parameters, type of the result, the code.
        fn into_code(self) -> (Vec<Plain>, Plain, Arc<dyn Code>);
    }

    /// How a parameter crosses.
    pub trait Argument {
        /// The scalar.
        type Raw: WasmTy + Copy;
        /// What is kept while the function runs.
        type Held;
        /// What the function is given.
        type Given<'a>;
        /// The guest's type.
        const TYPE: Plain;
        /// Bytes of text that come along.
        fn bytes(raw: Self::Raw, memory: &[u8]) -> Result<u64, GuestFault>;
        /// Takes it out of the guest.
        fn hold(raw: Self::Raw, memory: &[u8]) -> Result<Self::Held, GuestFault>;
        /// Lends or hands it to the function.
        fn give(held: &mut Self::Held) -> Self::Given<'_>;
        /// The scalar, from an executor.
        fn raw(value: Val) -> Option<Self::Raw>;
        /// The value, from a worker process.
        #[cfg(workers)]
        fn take(value: Passed) -> Option<Self::Held>;
    }

    /// How a result crosses.
    pub trait Returned {
        /// The scalar.
        type Raw: WasmRet;
        /// The guest's type.
        const TYPE: Plain;
        /// Gives it to the guest.
        fn give(self, wall: &Wall, caller: &mut Caller<'_, StoreData>) -> wasmtime::Result<Self::Raw>;
        /// Gives it to an executor.
        fn answer(self) -> Answer;
        /// Gives it to a worker process.
        #[cfg(workers)]
        fn passed(self) -> Passed;
    }

    /// A result, or a failure.
    pub trait Ended {
        /// The result.
        type Value: Returned;
        /// Which of them it is.
        fn ended(self) -> Result<Self::Value, HostFailure>;
    }
}

use sealed::{Argument, Ended, IntoCode, Returned};

macro_rules! scalar {
    ($($rust:ty, $raw:ty, $val:ident, $plain:ident, $from:expr, $to:expr;)*) => {
        $(
            impl HostArgument for $rust {}
            impl Argument for $rust {
                type Raw = $raw;
                type Held = $rust;
                type Given<'a> = $rust;
                const TYPE: Plain = Plain::$plain;
                fn bytes(_: $raw, _: &[u8]) -> Result<u64, GuestFault> {
                    Ok(0)
                }
                fn hold(raw: $raw, _: &[u8]) -> Result<$rust, GuestFault> {
                    Ok($from(raw))
                }
                fn give(held: &mut $rust) -> $rust {
                    *held
                }
                fn raw(value: Val) -> Option<$raw> {
                    if let Val::$val(raw) = value { Some(raw) } else { None }
                }
                #[cfg(workers)]
                fn take(value: Passed) -> Option<$rust> {
                    if let Passed::$plain(value) = value { Some(value) } else { None }
                }
            }
            impl Returned for $rust {
                type Raw = $raw;
                const TYPE: Plain = Plain::$plain;
                fn give(self, _: &Wall, _: &mut Caller<'_, StoreData>) -> wasmtime::Result<$raw> {
                    Ok($to(self))
                }
                fn answer(self) -> Answer {
                    Answer::Scalar(Val::$val($to(self)))
                }
                #[cfg(workers)]
                fn passed(self) -> Passed {
                    Passed::$plain(self)
                }
            }
        )*
    };
}

scalar! {
    bool, i32, I32, Bool, |raw| raw != 0, i32::from;
    i64, i64, I64, Int, std::convert::identity, std::convert::identity;
    f64, f64, F64, Float, std::convert::identity, std::convert::identity;
}

impl HostArgument for String {}
impl Argument for String {
    type Raw = i32;
    type Held = String;
    type Given<'a> = String;
    const TYPE: Plain = Plain::Str;
    fn bytes(raw: i32, memory: &[u8]) -> Result<u64, GuestFault> {
        abi::read_text(memory, raw as u32).map(|text| text.len() as u64).ok_or(GuestFault::Range)
    }
    fn hold(raw: i32, memory: &[u8]) -> Result<String, GuestFault> {
        let text = abi::read_text(memory, raw as u32).ok_or(GuestFault::Range)?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| GuestFault::Utf8)
    }
    fn give(held: &mut String) -> String {
        std::mem::take(held)
    }
    fn raw(value: Val) -> Option<i32> {
        if let Val::I32(raw) = value { Some(raw) } else { None }
    }
    #[cfg(workers)]
    fn take(value: Passed) -> Option<String> {
        if let Passed::Str(text) = value { Some(text) } else { None }
    }
}

impl HostArgument for &str {}
impl Argument for &str {
    type Raw = i32;
    type Held = String;
    type Given<'a> = &'a str;
    const TYPE: Plain = Plain::Str;
    fn bytes(raw: i32, memory: &[u8]) -> Result<u64, GuestFault> {
        String::bytes(raw, memory)
    }
    fn hold(raw: i32, memory: &[u8]) -> Result<String, GuestFault> {
        String::hold(raw, memory)
    }
    fn give(held: &mut String) -> &str {
        held
    }
    fn raw(value: Val) -> Option<i32> {
        String::raw(value)
    }
    #[cfg(workers)]
    fn take(value: Passed) -> Option<String> {
        String::take(value)
    }
}

impl Returned for String {
    type Raw = i32;
    const TYPE: Plain = Plain::Str;
    fn give(self, wall: &Wall, caller: &mut Caller<'_, StoreData>) -> wasmtime::Result<i32> {
        wall.place(caller, &self)
    }
    fn answer(self) -> Answer {
        Answer::Text(self)
    }
    #[cfg(workers)]
    fn passed(self) -> Passed {
        Passed::Str(self)
    }
}

impl Returned for () {
    type Raw = ();
    const TYPE: Plain = Plain::None;
    fn give(self, _: &Wall, _: &mut Caller<'_, StoreData>) -> wasmtime::Result<()> {
        Ok(())
    }
    fn answer(self) -> Answer {
        Answer::Nothing
    }
    #[cfg(workers)]
    fn passed(self) -> Passed {
        Passed::None
    }
}

macro_rules! ended {
    ($($rust:ty)*) => {
        $(
            impl HostResult for $rust {}
            impl Ended for $rust {
                type Value = $rust;
                fn ended(self) -> Result<$rust, HostFailure> {
                    Ok(self)
                }
            }
            impl HostResult for Result<$rust, HostFailure> {}
            impl Ended for Result<$rust, HostFailure> {
                type Value = $rust;
                fn ended(self) -> Result<$rust, HostFailure> {
                    self
                }
            }
        )*
    };
}

ended! { () bool i64 f64 String }

/// A closure and the function pointer type that it is like.
struct Closure<F, M> {
    run: F,
    marker: PhantomData<fn() -> M>,
}

macro_rules! arity {
    ($($name:ident $value:ident),*) => {
        impl<F, R, $($name),*> HostCode<fn($($name),*) -> R> for F where F: IntoCode<fn($($name),*) -> R> {}

        impl<F, R, $($name),*> IntoCode<fn($($name),*) -> R> for F
        where
            // The first bound finds the types in the closure, the second holds for every lifetime of a text.
            F: Fn($($name),*) -> R + for<'a> Fn($($name::Given<'a>),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($name: HostArgument + 'static,)*
        {
            fn into_code(self) -> (Vec<Plain>, Plain, Arc<dyn Code>) {
                let code = Closure::<F, fn($($name),*) -> R> { run: self, marker: PhantomData };
                (vec![$($name::TYPE),*], R::Value::TYPE, Arc::new(code))
            }
        }

        #[allow(unused_mut, unused_variables, reason = "a function without parameters looks at no memory")]
        impl<F, R, $($name),*> Code for Closure<F, fn($($name),*) -> R>
        where
            F: for<'a> Fn($($name::Given<'a>),*) -> R + Send + Sync + 'static,
            R: HostResult + 'static,
            $($name: HostArgument + 'static,)*
        {
            fn link(self: Arc<Self>, store: &mut Store<StoreData>, wall: Wall) -> Func {
                let call = move |mut caller: Caller<'_, StoreData>, $($value: $name::Raw),*| {
                    let memory = wall.enter(&caller)?;
                    let bytes = 0u64;
                    $(let bytes = bytes.saturating_add(wall.checked($name::bytes($value, memory.data(&caller)))?);)*
                    wall.pay(&mut caller, bytes)?;
                    $(let mut $value = wall.checked($name::hold($value, memory.data(&caller)))?;)*
                    let ended = wall.run(|| (self.run)($($name::give(&mut $value)),*).ended())?;
                    wall.leave(&mut caller, bytes, ended)?.give(&wall, &mut caller)
                };
                Func::wrap(store, call)
            }

            fn eval(&self, args: &[Val], memory: &[u8]) -> Result<Evaluated, GuestFault> {
                let mut args = args.iter();
                $(
                    let raw = args.next().and_then(|value| $name::raw(*value)).ok_or(GuestFault::Arguments)?;
                    let mut $value = $name::hold(raw, memory)?;
                )*
                if args.next().is_some() {
                    return Err(GuestFault::Arguments);
                }
                let ended = run(|| (self.run)($($name::give(&mut $value)),*).ended());
                Ok(ended.map(|ended| ended.map(Returned::answer)))
            }

            #[cfg(workers)]
            fn apply(&self, args: Vec<Passed>) -> Option<Applied> {
                let mut args = args.into_iter();
                $(let mut $value = args.next().and_then($name::take)?;)*
                if args.next().is_some() {
                    return None;
                }
                let ended = run(|| (self.run)($($name::give(&mut $value)),*).ended());
                Some(ended.map(|ended| ended.map(Returned::passed)))
            }
        }
    };
}

arity!();
arity!(A a);
arity!(A a, B b);
arity!(A a, B b, C c);
arity!(A a, B b, C c, D d);
arity!(A a, B b, C c, D d, E e);
arity!(A a, B b, C c, D d, E e, G g);
arity!(A a, B b, C c, D d, E e, G g, H h);
arity!(A a, B b, C c, D d, E e, G g, H h, I i);
