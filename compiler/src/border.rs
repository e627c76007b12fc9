//! What crosses between host and function beyond plain values: arrays, and frames of columns.
//!
//! The compiler does not know the classes that stand for them in the language. To it such a value is a tuple of a
//! word, constants and blocks of memory; the library turns it into an array or a frame before the function sees
//! it, and takes results apart in the same way (`guest-stdlib/border/`). This file says how the tuple looks, to
//! both sides: [`Border::ty`] makes the type, [`Border::of`] reads it. A user's value is never taken for one,
//! because words in values have no constant types.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::types::{Const, Storage, Type};

/// Most dimensions of an array that crosses.
pub const MAX_DIMENSIONS: usize = 8;

/// What crosses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Border {
    /// Elements without gaps, the last axis fastest. In memory: the block that holds them, the address of the
    /// first, and the lengths.
    Array {
        /// How an element is stored.
        element: Storage,
        /// Number of dimensions.
        dimensions: usize,
    },
    /// Columns of one length, with their names.
    Frame(Vec<(Arc<str>, Column)>),
    /// UTF-8; to a function a list of strings. In memory: how many there are; a block with offsets (i32, one more than
    /// texts), and a block with the bytes.
    Texts,
}

/// A column of a frame. In memory: its length; a block with the values, or for text the offsets (i32, one more
/// than rows); a block with a validity bitmap in words of 64 rows, if it is nullable; and a block with the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Column {
    /// What a value is.
    pub kind: ColumnKind,
    /// Whether values may be missing.
    pub nullable: bool,
}

/// What the values of a column are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Numbers or bools.
    Plain(Storage),
    /// UTF-8.
    Text,
    /// Moments: counts (i64) since 1970; the type's name in pandas, `datetime64[us]`.
    Datetime(Arc<str>),
}

impl Border {
    /// Whether it is within the bounds: to be asked of one that was read from somewhere.
    pub fn is_valid(&self) -> bool {
        match self {
            Border::Array { dimensions, .. } => (1..=MAX_DIMENSIONS).contains(dimensions),
            Border::Frame(columns) => columns.iter().all(|(_, column)| {
                ColumnKind::named(column.kind.name()).is_some_and(|named| named == column.kind)
            }),
            Border::Texts => true,
        }
    }

    /// The type that stands for it.
    pub fn ty(&self) -> Type {
        match self {
            Border::Array { element, dimensions } => Type::tuple(vec![
                Type::str_const("array"),
                Type::TypeValue(Box::new(Type::Storage(*element))),
                Type::Block,
                Type::Ptr,
                Type::tuple(vec![Type::Int; *dimensions]),
            ]),
            Border::Frame(columns) => Type::tuple(vec![
                Type::str_const("frame"),
                Type::Tuple(columns.iter().map(|(name, _)| Type::str_const(name)).collect()),
                Type::Tuple(columns.iter().map(|(_, column)| column.ty()).collect()),
            ]),
            Border::Texts => Type::tuple(vec![Type::str_const("texts"), Type::Int, Type::Block, Type::Block]),
        }
    }

    /// What a type stands for, if it is one of these.
    pub fn of(ty: &Type) -> Option<Border> {
        let Type::Tuple(parts) = ty else { return None };
        match &**parts {
            [word, Type::TypeValue(element), Type::Block, Type::Ptr, Type::Tuple(lengths)]
                if is_word(word, "array") && (1..=MAX_DIMENSIONS).contains(&lengths.len()) =>
            {
                let Type::Storage(element) = **element else { return None };
                let whole = lengths.iter().all(|length| *length == Type::Int);
                whole.then_some(Border::Array { element, dimensions: lengths.len() })
            }
            [word, Type::Tuple(names), Type::Tuple(columns)]
                if is_word(word, "frame") && names.len() == columns.len() =>
            {
                let column = |(name, column)| Some((text(name)?, Column::of(column)?));
                names.iter().zip(columns.iter()).map(column).collect::<Option<_>>().map(Border::Frame)
            }
            [word, Type::Int, Type::Block, Type::Block] if is_word(word, "texts") => Some(Border::Texts),
            _ => None,
        }
    }

    /// Whether one of these is in a type.
    pub fn is_in(ty: &Type) -> bool {
        match ty {
            Type::Tuple(items) => Border::of(ty).is_some() || items.iter().any(Border::is_in),
            _ => false,
        }
    }
}

impl Column {
    /// The type that stands for it.
    pub fn ty(&self) -> Type {
        let block = |there| if there { Type::Block } else { Type::None };
        Type::tuple(vec![
            Type::str_const("column"),
            Type::str_const(self.kind.name()),
            Type::Const(Const::Bool(self.nullable)),
            Type::Int,
            Type::Block,
            block(self.nullable),
            block(self.kind == ColumnKind::Text),
        ])
    }

    /// Reads it piece by piece: this is done with every call, and making the type to compare with costs more than
    /// passing a small column.
    fn of(ty: &Type) -> Option<Column> {
        let Type::Tuple(parts) = ty else { return None };
        let [word, kind, Type::Const(Const::Bool(nullable)), Type::Int, Type::Block, valid, texts] = &**parts
        else {
            return None;
        };
        let Type::Const(Const::Str(name)) = kind else { return None };
        let column = Column { kind: ColumnKind::named(name)?, nullable: *nullable };
        let is_block = |there: bool, ty: &Type| *ty == if there { Type::Block } else { Type::None };
        let whole = is_block(*nullable, valid) && is_block(column.kind == ColumnKind::Text, texts);
        (is_word(word, "column") && whole).then_some(column)
    }
}

impl ColumnKind {
    /// The name, as pandas has it.
    pub fn name(&self) -> &str {
        match self {
            ColumnKind::Plain(storage) => storage.name(),
            ColumnKind::Text => "str",
            ColumnKind::Datetime(name) => name,
        }
    }

    fn named(name: &str) -> Option<ColumnKind> {
        let storage = Storage::ALL.into_iter().find(|storage| storage.name() == name);
        match (storage, name) {
            (Some(storage), _) => Some(ColumnKind::Plain(storage)),
            (None, "str") => Some(ColumnKind::Text),
            (None, _) if name.starts_with("datetime64[") => Some(ColumnKind::Datetime(name.into())),
            _ => None,
        }
    }
}

fn is_word(ty: &Type, word: &str) -> bool {
    matches!(ty, Type::Const(Const::Str(text)) if **text == *word)
}

fn text(ty: &Type) -> Option<Arc<str>> {
    match ty {
        Type::Const(Const::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

impl fmt::Display for Border {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Border::Array { element, dimensions: 1 } => write!(f, "array[{}]", element.name()),
            Border::Array { element, dimensions } => {
                write!(f, "array[{}, {dimensions} dimensions]", element.name())
            }
            Border::Frame(columns) => {
                f.write_str("frame[")?;
                for (i, (name, column)) in columns.iter().enumerate() {
                    write!(f, "{}{name}: {column}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Border::Texts => f.write_str("list[str]"),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        f.write_str(if self.nullable { "?" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnKind, nullable: bool) -> Column {
        Column { kind, nullable }
    }

    #[test]
    fn a_type_says_what_it_stands_for() {
        let moment = ColumnKind::Datetime("datetime64[us]".into());
        let columns = vec![
            ("a".into(), column(ColumnKind::Plain(Storage::Int32), false)),
            ("b".into(), column(ColumnKind::Text, true)),
            ("c".into(), column(moment, true)),
        ];
        for border in [
            Border::Array { element: Storage::Bool, dimensions: 1 },
            Border::Array { element: Storage::Float64, dimensions: 3 },
            Border::Frame(Vec::new()),
            Border::Frame(columns.clone()),
            Border::Texts,
        ] {
            assert_eq!(Border::of(&border.ty()), Some(border.clone()));
            assert!(Border::is_in(&Type::tuple(vec![Type::Int, border.ty()])));
        }
        let shown = Border::Frame(columns).ty().to_string();
        assert_eq!(shown, "frame[a: int32, b: str?, c: datetime64[us]?]");
    }

    #[test]
    fn other_tuples_stand_for_themselves() {
        let array = Border::Array { element: Storage::Float64, dimensions: 1 }.ty();
        let Type::Tuple(parts) = &array else { unreachable!("an array is a tuple") };
        for changed in 0..parts.len() {
            let mut parts = parts.to_vec();
            parts[changed] = Type::Str;
            assert_eq!(Border::of(&Type::tuple(parts)), None);
        }
        let Type::Tuple(parts) = Border::Texts.ty() else { unreachable!("texts are a tuple") };
        for changed in 0..parts.len() {
            let mut parts = parts.to_vec();
            parts[changed] = Type::Str;
            assert_eq!(Border::of(&Type::tuple(parts)), None);
        }
        let bare =
            Type::tuple(vec![Type::str_const("frame"), Type::tuple(vec![Type::Str]), Type::tuple(vec![])]);
        assert!(!Border::is_in(&bare));
    }
}
