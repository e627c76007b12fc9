//! Types of results that a host can receive ↔ bytes. A type that it cannot receive has no shape.

use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use crate::depth::nested;

/// A type without what only the compiler knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Shape {
    Never,
    None,
    Bool,
    Int,
    Float,
    Str,
    Tuple(#[serde(deserialize_with = "nested")] Vec<Shape>),
    Border(Border),
}

impl Shape {
    pub(crate) fn of(ty: &Type) -> Option<Shape> {
        Some(match ty {
            Type::Never => Shape::Never,
            Type::None => Shape::None,
            Type::Bool => Shape::Bool,
            Type::Int => Shape::Int,
            Type::Float => Shape::Float,
            Type::Str => Shape::Str,
            Type::Tuple(_) if Border::of(ty).is_some() => Shape::Border(Border::of(ty)?),
            Type::Tuple(items) => Shape::Tuple(items.iter().map(Shape::of).collect::<Option<_>>()?),
            _ => return None,
        })
    }

    /// Whether it is within the bounds: to be asked of one that was read from somewhere, before its type is made.
    pub(crate) fn is_valid(&self) -> bool {
        match self {
            Shape::Border(border) => border.is_valid(),
            Shape::Tuple(items) => items.iter().all(Shape::is_valid),
            Shape::Never | Shape::None | Shape::Bool | Shape::Int | Shape::Float | Shape::Str => true,
        }
    }

    pub(crate) fn ty(&self) -> Type {
        match self {
            Shape::Never => Type::Never,
            Shape::None => Type::None,
            Shape::Bool => Type::Bool,
            Shape::Int => Type::Int,
            Shape::Float => Type::Float,
            Shape::Str => Type::Str,
            Shape::Border(border) => border.ty(),
            Shape::Tuple(items) => Type::Tuple(items.iter().map(Shape::ty).collect()),
        }
    }
}
