//! Types of parameters and results, and schemas, as a bundle writes them → the compiler's. `shape/write.rs` is the
//! way back.
//!
//! A type is a list of tokens, outermost first, so that no input makes the reader recurse; building the
//! compiler's nested type is bounded by [`MAX_DEPTH`]. Only what can cross between host and function can
//! be written.

use std::sync::Arc;

use ovenbird_compiler::border::Border;
use ovenbird_compiler::schema::{Column, DType, Index, Schema};
use ovenbird_compiler::types::{Const, Type};
use serde::{Deserialize, Serialize};

#[cfg(feature = "compiler")]
mod write;

/// Deepest nesting of tuples.
const MAX_DEPTH: usize = 16;

/// A type, as tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Shape(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Token {
    Never,
    None,
    Bool,
    Int,
    Float,
    Str,
    LiteralBool(bool),
    LiteralInt(i64),
    /// By its bits.
    LiteralFloat(u64),
    LiteralStr(String),
    /// The next so many types are its items.
    Tuple(u32),
    Dataset(SchemaText),
    Border(Border),
}

/// A schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct SchemaText {
    columns: Vec<(String, ColumnType, bool)>,
    index: Option<(u32, Option<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum ColumnType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Float32,
    Float64,
    Str,
    DatetimeMs(Option<String>),
    DatetimeUs(Option<String>),
    DatetimeNs(Option<String>),
    Unsupported(String),
}

impl Shape {
    /// The compiler's type; an error for tokens that are no type.
    pub(crate) fn to_type(&self) -> Result<Type, String> {
        let mut tokens = self.0.iter();
        let ty = take(&mut tokens, MAX_DEPTH)?;
        if tokens.next().is_some() { Err("something follows a type".to_owned()) } else { Ok(ty) }
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.to_type().map(drop)
    }
}

fn take(tokens: &mut std::slice::Iter<'_, Token>, depth: usize) -> Result<Type, String> {
    Ok(match tokens.next().ok_or("a type is missing")? {
        Token::Never => Type::Never,
        Token::None => Type::None,
        Token::Bool => Type::Bool,
        Token::Int => Type::Int,
        Token::Float => Type::Float,
        Token::Str => Type::Str,
        Token::LiteralBool(value) => Type::Const(Const::Bool(*value)),
        Token::LiteralInt(value) => Type::Const(Const::Int(*value)),
        Token::LiteralFloat(bits) => Type::Const(Const::Float(*bits)),
        Token::LiteralStr(text) => Type::Const(Const::Str(text.as_str().into())),
        Token::Dataset(schema) => Type::Dataset(Arc::new(schema.to_schema()?)),
        Token::Border(border) if border.is_valid() => border.ty(),
        Token::Border(_) => return Err("an array or a frame is none".to_owned()),
        Token::Tuple(count) => {
            let depth = depth.checked_sub(1).ok_or("tuples are nested too deeply")?;
            // Each item needs a token of its own, so a long list of them cannot be claimed for nothing.
            let items: Result<Vec<Type>, String> = (0..*count).map(|_| take(tokens, depth)).collect();
            Type::Tuple(items?.into())
        }
    })
}

impl SchemaText {
    pub(crate) fn to_schema(&self) -> Result<Schema, String> {
        let columns: Vec<Column> = self
            .columns
            .iter()
            .map(|(name, ty, has_nulls)| Column {
                name: name.clone(),
                dtype: ty.to_dtype(),
                has_nulls: *has_nulls,
            })
            .collect();
        let index = match &self.index {
            None => Index::Range,
            Some((column, name)) if (*column as usize) < columns.len() => {
                Index::Column { column: *column as usize, name: name.clone() }
            }
            Some(_) => return Err("a schema's index is no column of it".to_owned()),
        };
        Ok(Schema::new(columns, index))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.to_schema().map(drop)
    }
}

impl ColumnType {
    fn to_dtype(&self) -> DType {
        match self {
            ColumnType::Bool => DType::Bool,
            ColumnType::Int8 => DType::Int8,
            ColumnType::Int16 => DType::Int16,
            ColumnType::Int32 => DType::Int32,
            ColumnType::Int64 => DType::Int64,
            ColumnType::Uint8 => DType::Uint8,
            ColumnType::Uint16 => DType::Uint16,
            ColumnType::Uint32 => DType::Uint32,
            ColumnType::Float32 => DType::Float32,
            ColumnType::Float64 => DType::Float64,
            ColumnType::Str => DType::Str,
            ColumnType::DatetimeMs(tz) => DType::Datetime { unit: "ms", tz: tz.clone() },
            ColumnType::DatetimeUs(tz) => DType::Datetime { unit: "us", tz: tz.clone() },
            ColumnType::DatetimeNs(tz) => DType::Datetime { unit: "ns", tz: tz.clone() },
            ColumnType::Unsupported(name) => DType::Unsupported(name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ovenbird_compiler::types::Storage;

    use super::*;

    #[test]
    fn types_and_schemas_come_back() {
        let zone = Some("UTC".to_owned());
        let dtypes = [
            DType::Bool,
            DType::Uint32,
            DType::Datetime { unit: "us", tz: zone.clone() },
            DType::Datetime { unit: "ns", tz: None },
            DType::Unsupported("decimal".to_owned()),
        ];
        let column =
            |(at, dtype): (usize, DType)| Column { name: format!("c{at}"), dtype, has_nulls: at == 1 };
        let columns = dtypes.into_iter().enumerate().map(column).collect();
        let schema = Schema::new(columns, Index::Column { column: 2, name: zone });
        let literal = Type::Const(Const::Float((-0.0_f64).to_bits()));
        let array = Border::Array { element: Storage::Uint8, dimensions: 2 };
        let nested =
            Type::tuple(vec![array.ty(), Type::Int, Type::tuple(vec![]), literal, Type::str_const("x")]);
        for ty in [Type::None, Type::Float, nested, Type::Dataset(Arc::new(schema))] {
            assert_eq!(Shape::of(&ty).expect("can cross").to_type(), Ok(ty));
        }
        assert_eq!(Shape::of(&Type::tuple(vec![Type::Block])), None);
    }

    #[test]
    fn tokens_that_are_no_type_are_refused() {
        let deep = vec![Token::Tuple(1); 1 << 16];
        for tokens in [vec![], vec![Token::Int, Token::Int], vec![Token::Tuple(u32::MAX)], deep] {
            assert!(Shape(tokens).check().is_err());
        }
        for dimensions in [0, 9, usize::MAX] {
            let border = Border::Array { element: Storage::Bool, dimensions };
            assert!(Shape(vec![Token::Border(border)]).check().is_err());
        }
        let index = Some((7, None));
        assert!(SchemaText { columns: Vec::new(), index }.check().is_err());
    }
}
