//! Values in and out of a function, and the Rust types that stand for them.

use std::fmt::{self, Write as _};

use ovenbird_compiler::types::Type;

use crate::imports::format_f64;

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

impl fmt::Display for Value {
    /// As Python's `repr`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&format_f64(*value, b'r', 0).unwrap_or_default()),
            Value::Str(text) => {
                let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
                f.write_char(quote)?;
                for c in text.chars() {
                    match c {
                        '\\' => f.write_str("\\\\")?,
                        '\n' => f.write_str("\\n")?,
                        '\r' => f.write_str("\\r")?,
                        '\t' => f.write_str("\\t")?,
                        c if c == quote => write!(f, "\\{c}")?,
                        c if c.is_control() => write!(f, "\\x{:02x}", u32::from(c))?,
                        c => f.write_char(c)?,
                    }
                }
                f.write_char(quote)
            }
            Value::Tuple(items) => {
                f.write_char('(')?;
                for (at, item) in items.iter().enumerate() {
                    let separator = if at > 0 { ", " } else { "" };
                    write!(f, "{separator}{item}")?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_python_shows_them() {
        let text = |text: &str| Value::Str(text.to_owned());
        let items = vec![Value::None, Value::Bool(true), Value::Int(-1), Value::Float(2.0), text("a\"b")];
        assert_eq!(Value::Tuple(items).to_string(), "(None, True, -1, 2.0, 'a\"b')");
        assert_eq!(Value::Tuple(vec![text("it's\n")]).to_string(), "(\"it's\\n\",)");
        assert_eq!(text("\u{7f}\\").to_string(), "'\\x7f\\\\'");
    }
}
