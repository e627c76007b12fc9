//! Rust function pointer types that stand for signatures of compiled functions: `fn(&[f64], i64) -> f64`.

use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;

use crate::data::Element;
use crate::value::{Arg, FromValue, ToValue, Value, vector};

/// A function pointer type that a compiled function can have: up to eight parameters.
///
/// A parameter is owned ([`ToValue`]: numbers, `bool`, `String`, vectors, [`Array2`](crate::data::Array2)), or borrowed
/// for the time of a call: `&[T]`, which is a NumPy array to the function; `&str`; `&[&str]`, a list of strings.
/// Functions of up to three parameters may have them in any mixture; of four, all but lists; of more, slices only, or
/// none that is borrowed.
pub trait Signature {
    /// Arguments as a tuple; slices are borrowed for the time of the call.
    type Args<'a>;
    /// The result.
    type Output;
    /// Types of the parameters.
    fn params() -> Vec<Type>;
    /// Type of the result.
    fn result() -> Type;
    /// Arguments as they are passed.
    fn values<'a>(args: Self::Args<'a>) -> Vec<Arg<'a>>;
    /// The result from a value.
    fn output(value: Value) -> Option<Self::Output>;
}

/// Goes through the parameters, each after a word that says whether it is owned or what is borrowed, and collects: type
/// parameters, parameters of the function, arguments, types, and how arguments are passed.
macro_rules! signature {
    ($a:lifetime [$($generic:tt)*] [$($param:tt)*] [$($arg:tt)*] [$($ty:tt)*] [$($name:ident)*] [$($pass:tt)*]
     own $next:ident $($rest:tt)*) => {
        signature!($a [$($generic)* $next: ToValue,] [$($param)* $next,] [$($arg)* $next,]
            [$($ty)* $next::ty(),] [$($name)* $next] [$($pass)* Arg::Owned($next.to_value()),] $($rest)*);
    };
    ($a:lifetime [$($generic:tt)*] [$($param:tt)*] [$($arg:tt)*] [$($ty:tt)*] [$($name:ident)*] [$($pass:tt)*]
     lend $next:ident $($rest:tt)*) => {
        signature!($a [$($generic)* $next: Element,] [$($param)* &[$next],] [$($arg)* &$a [$next],]
            [$($ty)* vector::<$next>(),] [$($name)* $next] [$($pass)* Arg::Slice($next::lend($next)),] $($rest)*);
    };
    ($a:lifetime [$($generic:tt)*] [$($param:tt)*] [$($arg:tt)*] [$($ty:tt)*] [$($name:ident)*] [$($pass:tt)*]
     text $next:ident $($rest:tt)*) => {
        signature!($a [$($generic)*] [$($param)* &str,] [$($arg)* &$a str,]
            [$($ty)* Type::Str,] [$($name)* $next] [$($pass)* Arg::Owned(Value::Str($next.to_owned())),] $($rest)*);
    };
    ($a:lifetime [$($generic:tt)*] [$($param:tt)*] [$($arg:tt)*] [$($ty:tt)*] [$($name:ident)*] [$($pass:tt)*]
     list $next:ident $($rest:tt)*) => {
        signature!($a [$($generic)*] [$($param)* &[&str],] [$($arg)* &$a [&$a str],]
            [$($ty)* Border::Texts.ty(),] [$($name)* $next] [$($pass)* Arg::Texts($next),] $($rest)*);
    };
    ($a:lifetime [$($generic:tt)*] [$($param:tt)*] [$($arg:tt)*] [$($ty:tt)*] [$($name:ident)*] [$($pass:tt)*]) => {
        impl<R: FromValue, $($generic)*> Signature for fn($($param)*) -> R {
            type Args<$a> = ($($arg)*);
            type Output = R;
            fn params() -> Vec<Type> {
                vec![$($ty)*]
            }
            fn result() -> Type {
                R::ty()
            }
            #[expect(non_snake_case, reason = "the macro names values like their types")]
            fn values<$a>(($($name,)*): Self::Args<$a>) -> Vec<Arg<$a>> {
                vec![$($pass)*]
            }
            fn output(value: Value) -> Option<R> {
                R::from_value(value)
            }
        }
    };
}

/// Each parameter in each way.
macro_rules! mixed {
    ([$($done:tt)*]) => {
        signature!('a [] [] [] [] [] [] $($done)*);
    };
    ([$($done:tt)*] $next:ident $($rest:ident)*) => {
        mixed!([$($done)* own $next] $($rest)*);
        mixed!([$($done)* lend $next] $($rest)*);
        mixed!([$($done)* text $next] $($rest)*);
        mixed!([$($done)* list $next] $($rest)*);
    };
}

/// Each parameter in each way, but no lists.
macro_rules! without_lists {
    ([$($done:tt)*]) => {
        signature!('a [] [] [] [] [] [] $($done)*);
    };
    ([$($done:tt)*] $next:ident $($rest:ident)*) => {
        without_lists!([$($done)* own $next] $($rest)*);
        without_lists!([$($done)* lend $next] $($rest)*);
        without_lists!([$($done)* text $next] $($rest)*);
    };
}

/// All parameters owned, and all slices.
macro_rules! alike {
    ($($name:ident)*) => {
        signature!('a [] [] [] [] [] [] $(own $name)*);
        signature!('a [] [] [] [] [] [] $(lend $name)*);
    };
}

impl<R: FromValue> Signature for fn() -> R {
    type Args<'a> = ();
    type Output = R;
    fn params() -> Vec<Type> {
        Vec::new()
    }
    fn result() -> Type {
        R::ty()
    }
    fn values<'a>((): Self::Args<'a>) -> Vec<Arg<'a>> {
        Vec::new()
    }
    fn output(value: Value) -> Option<R> {
        R::from_value(value)
    }
}

mixed!([] A);
mixed!([] A B);
mixed!([] A B C);
without_lists!([] A B C D);
alike!(A B C D E);
alike!(A B C D E G);
alike!(A B C D E G H);
alike!(A B C D E G H I);
