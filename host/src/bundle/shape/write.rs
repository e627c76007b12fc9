//! The compiler's types and schemas → as a bundle writes them. The way back of `shape`.

use ovenbird_compiler::border::Border;
use ovenbird_compiler::schema::{Column, DType, Index, Schema};
use ovenbird_compiler::types::{Const, Type};

use super::{ColumnType, MAX_DEPTH, SchemaText, Shape, Token};

impl Shape {
    /// `None` for a type that cannot cross between host and function.
    pub(crate) fn of(ty: &Type) -> Option<Shape> {
        let mut tokens = Vec::new();
        push(ty, &mut tokens, MAX_DEPTH)?;
        Some(Shape(tokens))
    }
}

fn push(ty: &Type, tokens: &mut Vec<Token>, depth: usize) -> Option<()> {
    tokens.push(match ty {
        Type::Never => Token::Never,
        Type::None => Token::None,
        Type::Bool => Token::Bool,
        Type::Int => Token::Int,
        Type::Float => Token::Float,
        Type::Str => Token::Str,
        Type::Const(Const::Bool(value)) => Token::LiteralBool(*value),
        Type::Const(Const::Int(value)) => Token::LiteralInt(*value),
        Type::Const(Const::Float(bits)) => Token::LiteralFloat(*bits),
        Type::Const(Const::Str(text)) => Token::LiteralStr(text.to_string()),
        Type::Dataset(schema) => Token::Dataset(SchemaText::of(schema)),
        Type::Tuple(_) if Border::of(ty).is_some() => Token::Border(Border::of(ty)?),
        Type::Tuple(items) => {
            let depth = depth.checked_sub(1)?;
            tokens.push(Token::Tuple(u32::try_from(items.len()).ok()?));
            return items.iter().try_for_each(|item| push(item, tokens, depth));
        }
        _ => return None,
    });
    Some(())
}

impl SchemaText {
    pub(crate) fn of(schema: &Schema) -> SchemaText {
        let column = |c: &Column| (c.name.clone(), ColumnType::of(&c.dtype), c.has_nulls);
        let index = match &schema.index {
            Index::Range => None,
            // A schema has at most 2^31 columns: their sizes are those of the footer's Thrift lists.
            Index::Column { column, name } => {
                Some((u32::try_from(*column).unwrap_or(u32::MAX), name.clone()))
            }
        };
        SchemaText { columns: schema.columns.iter().map(column).collect(), index }
    }
}

impl ColumnType {
    fn of(dtype: &DType) -> ColumnType {
        match dtype {
            DType::Bool => ColumnType::Bool,
            DType::Int8 => ColumnType::Int8,
            DType::Int16 => ColumnType::Int16,
            DType::Int32 => ColumnType::Int32,
            DType::Int64 => ColumnType::Int64,
            DType::Uint8 => ColumnType::Uint8,
            DType::Uint16 => ColumnType::Uint16,
            DType::Uint32 => ColumnType::Uint32,
            DType::Float32 => ColumnType::Float32,
            DType::Float64 => ColumnType::Float64,
            DType::Str => ColumnType::Str,
            DType::Datetime { unit: "ms", tz } => ColumnType::DatetimeMs(tz.clone()),
            DType::Datetime { unit: "us", tz } => ColumnType::DatetimeUs(tz.clone()),
            DType::Datetime { unit: _, tz } => ColumnType::DatetimeNs(tz.clone()),
            DType::Unsupported(name) => ColumnType::Unsupported(name.clone()),
        }
    }
}
