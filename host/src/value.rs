//! Values in and out of a function, and the Rust types that stand for them.

use ovenbird_compiler::types::Type;

/// A value that crosses between host and function.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `str`.
    Str(String),
    /// A tuple.
    Tuple(Vec<Value>),
}

impl Value {
    /// The type that inference gives a parameter for this argument.
    pub fn ty(&self) -> Type {
        match self {
            Value::None => Type::None,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::Str(_) => Type::Str,
            Value::Tuple(items) => Type::Tuple(items.iter().map(Value::ty).collect()),
        }
    }
}

/// A Rust type that can be an argument.
pub trait ToValue {
    /// The parameter's type.
    fn ty() -> Type;
    /// The argument.
    fn to_value(self) -> Value;
}

/// A Rust type that can be a result.
pub trait FromValue: Sized {
    /// The type that the function must return.
    fn ty() -> Type;
    /// From the result; `None` if it is of another type.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! scalar {
    ($($rust:ty => $variant:ident)*) => {
        $(
            impl ToValue for $rust {
                fn ty() -> Type {
                    Type::$variant
                }
                fn to_value(self) -> Value {
                    Value::$variant(self)
                }
            }
            impl FromValue for $rust {
                fn ty() -> Type {
                    Type::$variant
                }
                fn from_value(value: Value) -> Option<Self> {
                    if let Value::$variant(inner) = value { Some(inner) } else { None }
                }
            }
        )*
    };
}

scalar! { f64 => Float i64 => Int bool => Bool String => Str }

impl ToValue for &str {
    fn ty() -> Type {
        Type::Str
    }
    fn to_value(self) -> Value {
        Value::Str(self.to_owned())
    }
}

impl FromValue for () {
    fn ty() -> Type {
        Type::None
    }
    fn from_value(value: Value) -> Option<Self> {
        (value == Value::None).then_some(())
    }
}
