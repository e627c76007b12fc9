//! Values in and out of a function, and the Rust types that stand for them.

use std::fmt::{self, Write as _};

use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use crate::data::{Array, Array2, ColumnView, DataFrame, Element, Slice};
use crate::depth::nested;
use crate::imports::format_f64;

/// A value that crosses between host and function. Serialised are plain values; arrays and frames are sent in ways of
/// their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    Tuple(#[serde(deserialize_with = "nested")] Vec<Value>),
    /// A list of strings.
    Texts(Vec<String>),
    /// A NumPy array; a list of numbers that a function returns.
    #[serde(skip)]
    Array(Array),
    /// A pandas frame or Series.
    #[serde(skip)]
    DataFrame(DataFrame),
}

/// An argument of a call. What is borrowed is copied once, into the guest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Arg<'a> {
    /// A value.
    Value(&'a Value),
    /// A value that was made for the call.
    Owned(Value),
    /// An array of one dimension.
    Slice(Slice<'a>),
    /// A list of strings.
    Texts(&'a [&'a str]),
    /// The columns of a frame; their names are those of the parameter.
    Columns(Vec<ColumnView<'a>>),
}

/// Bytes of a guest's memory for so many of payload. Blocks have classes of size, and are at most half as large again as
/// what is in them.
pub(crate) fn bytes_of(payload: usize) -> u64 {
    if payload == 0 { 0 } else { payload as u64 + payload as u64 / 2 + 1024 }
}

impl Arg<'_> {
    /// Bytes of a guest's memory that it takes, about.
    pub(crate) fn bytes(&self) -> u64 {
        let payload = match self {
            Arg::Value(value) => value.bytes(),
            Arg::Owned(value) => value.bytes(),
            Arg::Slice(slice) => slice.bytes().len(),
            Arg::Texts(texts) => list_bytes(texts.iter().map(|text| text.len())),
            Arg::Columns(columns) => columns.iter().map(ColumnView::bytes).sum(),
        };
        bytes_of(payload)
    }

    /// The value that the argument stands for, for a call that may outlive it. `None` for columns, whose names are
    /// not known here.
    pub fn into_value(self) -> Option<Value> {
        match self {
            Arg::Value(value) => Some(value.clone()),
            Arg::Owned(value) => Some(value),
            Arg::Slice(slice) => Some(Value::Array(Array::from(slice.to_owned()))),
            Arg::Texts(texts) => Some(Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())),
            Arg::Columns(_) => None,
        }
    }
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
            Value::Texts(_) => Border::Texts.ty(),
            Value::Array(array) => array.ty(),
            Value::DataFrame(frame) => frame.ty(),
        }
    }

    /// Bytes of a guest's memory that it takes.
    fn bytes(&self) -> usize {
        match self {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
            Value::Str(text) => text.len(),
            Value::Tuple(items) => items.iter().map(Value::bytes).sum(),
            Value::Texts(texts) => list_bytes(texts.iter().map(String::len)),
            Value::Array(array) => array.elements().lend().bytes().len(),
            Value::DataFrame(frame) => frame.columns().iter().map(|(_, column)| column.view().bytes()).sum(),
        }
    }

    /// Whether it is, or holds, an array, a list or a frame.
    #[cfg(feature = "compiler")]
    pub(crate) fn has_data(&self) -> bool {
        match self {
            Value::Texts(_) | Value::Array(_) | Value::DataFrame(_) => true,
            Value::Tuple(items) => items.iter().any(Value::has_data),
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => false,
        }
    }
}

impl fmt::Display for Value {
    /// As Python's `repr`; arrays and frames in a short form of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&format_f64(*value, b'r', 0).unwrap_or_default()),
            Value::Str(text) => write_str(f, text),
            Value::Texts(texts) => {
                f.write_char('[')?;
                for (at, text) in texts.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "" })?;
                    write_str(f, text)?;
                }
                f.write_char(']')
            }
            Value::Tuple(items) => {
                f.write_char('(')?;
                for (at, item) in items.iter().enumerate() {
                    let separator = if at > 0 { ", " } else { "" };
                    write!(f, "{separator}{item}")?;
                }
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Value::Array(array) => array.fmt(f),
            Value::DataFrame(frame) => frame.fmt(f),
        }
    }
}

/// A string as Python's `repr` shows it.
fn write_str(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
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

/// Bytes of a guest's memory that a list of strings of these lengths takes, about: what is handed over, and for each
/// string a block of its own and a place in the list.
fn list_bytes(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.map(|length| 2 * length + 64).sum()
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

/// A vector is an array of one dimension.
impl<T: Element> ToValue for Vec<T> {
    fn ty() -> Type {
        vector::<T>()
    }
    fn to_value(self) -> Value {
        Value::Array(Array::new(self))
    }
}

impl<T: Element> FromValue for Vec<T> {
    fn ty() -> Type {
        vector::<T>()
    }
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Array(array) if array.shape().len() == 1 => array.into_vec(),
            _ => None,
        }
    }
}

/// A list of strings.
impl ToValue for Vec<String> {
    fn ty() -> Type {
        Border::Texts.ty()
    }
    fn to_value(self) -> Value {
        Value::Texts(self)
    }
}

impl FromValue for Vec<String> {
    fn ty() -> Type {
        Border::Texts.ty()
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Texts(texts) = value { Some(texts) } else { None }
    }
}

impl<T: Element> ToValue for Array2<T> {
    fn ty() -> Type {
        Border::Array { element: T::STORAGE, dimensions: 2 }.ty()
    }
    fn to_value(self) -> Value {
        Value::Array(self.into_array())
    }
}

impl<T: Element> FromValue for Array2<T> {
    fn ty() -> Type {
        <Self as ToValue>::ty()
    }
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Array(array) = value { Array2::from_array(array) } else { None }
    }
}

/// The type of an array of one dimension.
pub(crate) fn vector<T: Element>() -> Type {
    Border::Array { element: T::STORAGE, dimensions: 1 }.ty()
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
        let texts = ["a", "it's"].map(str::to_owned).to_vec();
        assert_eq!(Value::Texts(texts).to_string(), "['a', \"it's\"]");
        assert_eq!(Value::Texts(Vec::new()).to_string(), "[]");
    }
}
