//! Types of the language, and how a value of a type is laid out as scalars.
//!
//! A type may carry a value that is known at compile time ([`Type::Const`], functions, modules, the
//! column names of a frame): such values take no space at run time, and conditions on them are
//! decided during inference. `canonical` writes types so that they can be hashed into cache keys: classes by
//! path, functions only by what they capture.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::abi::external::{External, Plain};
use crate::border::Border;
use crate::ir::{MemTy, Ty};
use crate::resolved::{ClassDef, FuncId, ModuleId};
use crate::schema::Schema;

pub(crate) mod canonical;
mod parts;

pub use parts::Parts;

/// A value known at compile time.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum Const {
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// A string.
    Str(Arc<str>),
}

/// A constant table: a long module-level tuple of numbers that is indexed at run time.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Table {
    /// True for floats, false for integers.
    pub float: bool,
    /// The elements' bits.
    pub bits: Vec<u64>,
}

/// How one array element is stored, and what it is when loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Storage {
    /// `bool`.
    Bool,
    /// `int8`.
    Int8,
    /// `uint8`.
    Uint8,
    /// `int16`.
    Int16,
    /// `uint16`.
    Uint16,
    /// `int32`.
    Int32,
    /// `uint32`.
    Uint32,
    /// `int64`.
    Int64,
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
}

impl Storage {
    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Storage::Bool => "bool",
            Storage::Int8 => "int8",
            Storage::Uint8 => "uint8",
            Storage::Int16 => "int16",
            Storage::Uint16 => "uint16",
            Storage::Int32 => "int32",
            Storage::Uint32 => "uint32",
            Storage::Int64 => "int64",
            Storage::Float32 => "float32",
            Storage::Float64 => "float64",
        }
    }

    /// Every storage, for lookups by name.
    pub const ALL: [Storage; 10] = [
        Storage::Bool,
        Storage::Int8,
        Storage::Uint8,
        Storage::Int16,
        Storage::Uint16,
        Storage::Int32,
        Storage::Uint32,
        Storage::Int64,
        Storage::Float32,
        Storage::Float64,
    ];

    /// Layout in memory.
    pub fn mem(self) -> MemTy {
        match self {
            Storage::Bool => MemTy::Bool,
            Storage::Int8 => MemTy::S8,
            Storage::Uint8 => MemTy::U8,
            Storage::Int16 => MemTy::S16,
            Storage::Uint16 => MemTy::U16,
            Storage::Int32 => MemTy::S32,
            Storage::Uint32 => MemTy::U32,
            Storage::Int64 => MemTy::I64,
            Storage::Float32 => MemTy::F32,
            Storage::Float64 => MemTy::F64,
        }
    }

    /// Type of the loaded value.
    pub fn value(self) -> Type {
        match self {
            Storage::Bool => Type::Bool,
            Storage::Float32 | Storage::Float64 => Type::Float,
            Storage::Int8
            | Storage::Uint8
            | Storage::Int16
            | Storage::Uint16
            | Storage::Int32
            | Storage::Uint32
            | Storage::Int64 => Type::Int,
        }
    }
}

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Of an expression that does not return (or, during inference of a recursive function, whose
    /// type is not known yet).
    Never,
    /// An element type that is still to be found (of an empty list).
    Var(u32),
    /// `None`.
    None,
    /// `bool`.
    Bool,
    /// `int`: 64 bits, wrapping.
    Int,
    /// `float`.
    Float,
    /// `str`: a reference to a string block.
    Str,
    /// A value known at compile time; takes no space.
    Const(Const),
    /// A constant table; takes no space.
    Table(Arc<Table>),
    /// A tuple.
    Tuple(Parts),
    /// An instance of a class, with the types of its fields. Value classes are laid out in place,
    /// the others are references to a block.
    Instance(Arc<ClassDef>, Parts),
    /// A function with the types of what it captured.
    Func(FuncId, Parts),
    /// A method bound to its object: the object's type.
    Method(FuncId, Box<Type>),
    /// A module.
    Module(ModuleId),
    /// A package of the library, by path (`numpy`).
    Package(Arc<str>),
    /// A class as a value.
    Class(Arc<ClassDef>),
    /// A built-in function that the compiler knows, by name.
    Builtin(&'static str),
    /// A function that the embedder gives.
    External(Arc<External>),
    /// A type as a value: what lies in a container.
    TypeValue(Box<Type>),
    /// An array element's storage, as the content of a `TypeValue`.
    Storage(Storage),
    /// A `str` that names a dataset whose schema was read at compile time.
    Dataset(Arc<Schema>),
    /// A raw address (library only).
    Ptr,
    /// A counted reference to a raw block (library only).
    Block,
    /// Two floats or two integers (library only).
    Simd,
}

/// A scalar of a laid-out value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scalar {
    /// A plain value in a local of this type.
    Plain(Ty),
    /// A counted reference (an I32).
    Ref,
}

impl Scalar {
    /// Type of the local that holds it.
    pub fn ty(self) -> Ty {
        match self {
            Scalar::Plain(ty) => ty,
            Scalar::Ref => Ty::I32,
        }
    }
}

impl Type {
    /// A constant string type.
    pub fn str_const(text: &str) -> Type {
        Type::Const(Const::Str(text.into()))
    }

    /// The scalars that a value of the type consists of, in order.
    pub fn scalars(&self) -> Vec<Scalar> {
        let mut out = Vec::new();
        self.push_scalars(&mut out);
        out
    }

    fn push_scalars(&self, out: &mut Vec<Scalar>) {
        match self {
            Type::Tuple(items) | Type::Func(_, items) => items.push_scalars(out),
            Type::Instance(class, fields) if !class.heap => fields.push_scalars(out),
            Type::Method(_, object) => object.push_scalars(out),
            _ => out.extend(self.scalar()),
        }
    }

    /// The scalar of a value that is one.
    fn scalar(&self) -> Option<Scalar> {
        match self {
            Type::Bool | Type::Ptr => Some(Scalar::Plain(Ty::I32)),
            Type::Int => Some(Scalar::Plain(Ty::I64)),
            Type::Float => Some(Scalar::Plain(Ty::F64)),
            Type::Simd => Some(Scalar::Plain(Ty::V128)),
            Type::Str | Type::Block | Type::Dataset(_) => Some(Scalar::Ref),
            Type::Storage(storage) => storage.value().scalar(),
            Type::Instance(class, _) => class.heap.then_some(Scalar::Ref),
            Type::Tuple(_)
            | Type::Func(..)
            | Type::Method(..)
            | Type::Never
            | Type::Var(_)
            | Type::None
            | Type::Const(_)
            | Type::Table(_)
            | Type::Module(_)
            | Type::Package(_)
            | Type::Class(_)
            | Type::Builtin(_)
            | Type::External(_)
            | Type::TypeValue(_) => None,
        }
    }

    /// How many scalars a value of the type consists of.
    pub fn width(&self) -> usize {
        match self {
            Type::Tuple(items) | Type::Func(_, items) => items.width(),
            Type::Instance(class, fields) if !class.heap => fields.width(),
            Type::Method(_, object) => object.width(),
            _ => usize::from(self.scalar().is_some()),
        }
    }

    /// True if a value holds counted references.
    pub fn has_refs(&self) -> bool {
        match self {
            Type::Tuple(items) | Type::Func(_, items) => items.has_refs(),
            Type::Instance(class, fields) if !class.heap => fields.has_refs(),
            Type::Method(_, object) => object.has_refs(),
            _ => self.scalar() == Some(Scalar::Ref),
        }
    }

    /// Bytes that a value takes as an element of a container: array elements by their storage,
    /// everything else 8 bytes a scalar (16 for SIMD).
    pub fn element_size(&self) -> u32 {
        match self {
            Type::Storage(storage) => storage.mem().size(),
            other => other.scalars().iter().map(|s| if s.ty() == Ty::V128 { 16 } else { 8 }).sum(),
        }
    }

    /// The type at run time: constants become ordinary values.
    pub fn widened(&self) -> Type {
        match self {
            Type::Const(Const::Bool(_)) => Type::Bool,
            Type::Const(Const::Int(_)) => Type::Int,
            Type::Const(Const::Float(_)) => Type::Float,
            Type::Const(Const::Str(_)) => Type::Str,
            Type::Tuple(items) => Type::Tuple(items.iter().map(Type::widened).collect()),
            other => other.clone(),
        }
    }

    /// The type of what crosses to or from a function of the embedder.
    pub fn plain(plain: Plain) -> Type {
        match plain {
            Plain::None => Type::None,
            Plain::Bool => Type::Bool,
            Plain::Int => Type::Int,
            Plain::Float => Type::Float,
            Plain::Str => Type::Str,
        }
    }

    /// True for `bool`, `int`, `float` and their constants.
    pub fn is_number(&self) -> bool {
        matches!(self.widened(), Type::Bool | Type::Int | Type::Float)
    }

    /// True for `str` in all its forms.
    pub fn is_str(&self) -> bool {
        matches!(self, Type::Str | Type::Const(Const::Str(_)) | Type::Dataset(_))
    }

    /// A tuple of these types.
    pub fn tuple(items: impl Into<Parts>) -> Type {
        Type::Tuple(items.into())
    }

    /// True if no [`Type::Var`] occurs.
    pub fn is_closed(&self) -> bool {
        match self {
            Type::Var(_) => false,
            Type::Tuple(items) | Type::Func(_, items) | Type::Instance(_, items) => items.is_closed(),
            Type::Method(_, inner) | Type::TypeValue(inner) => inner.is_closed(),
            _ => true,
        }
    }

    /// Number of nodes, to keep specialisation within bounds.
    pub fn size(&self) -> usize {
        match self {
            Type::Tuple(items) | Type::Func(_, items) | Type::Instance(_, items) => items.size(),
            Type::Method(_, inner) | Type::TypeValue(inner) => inner.size(),
            _ => 0,
        }
        .saturating_add(1)
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::Bool(true) => f.write_str("True"),
            Const::Bool(false) => f.write_str("False"),
            Const::Int(value) => write!(f, "{value}"),
            Const::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Const::Str(text) => write!(f, "{text:?}"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, items: &[Type]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Never => f.write_str("Never"),
            Type::Var(_) => f.write_str("?"),
            Type::None => f.write_str("None"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Float => f.write_str("float"),
            Type::Str => f.write_str("str"),
            Type::Const(value) => write!(f, "Literal[{value}]"),
            Type::Table(table) => write!(f, "table of {} numbers", table.bits.len()),
            Type::Tuple(items) => {
                if let Some(border) = Border::of(self) {
                    return border.fmt(f);
                }
                f.write_str("tuple[")?;
                join(f, items)?;
                f.write_str("]")
            }
            Type::Instance(class, fields) => display_instance(f, class, fields),
            Type::Func(..) => f.write_str("function"),
            Type::Method(..) => f.write_str("method"),
            Type::Module(_) | Type::Package(_) => f.write_str("module"),
            Type::Class(class) => write!(f, "type[{}]", class.name),
            Type::Builtin(name) => write!(f, "builtin {name}"),
            Type::External(_) => f.write_str("host function"),
            Type::TypeValue(inner) => write!(f, "type[{inner}]"),
            Type::Storage(storage) => f.write_str(storage.name()),
            Type::Dataset(_) => f.write_str("str (dataset)"),
            Type::Ptr => f.write_str("ptr"),
            Type::Block => f.write_str("block"),
            Type::Simd => f.write_str("simd"),
        }
    }
}

/// Shows a library type with its element types, and leaves out fields without interest to a user.
fn display_instance(f: &mut fmt::Formatter<'_>, class: &ClassDef, fields: &[Type]) -> fmt::Result {
    f.write_str(&class.name)?;
    let elements: Vec<&Type> = fields
        .iter()
        .filter_map(|t| if let Type::TypeValue(inner) = t { Some(&**inner) } else { None })
        .collect();
    if elements.is_empty() {
        return Ok(());
    }
    f.write_str("[")?;
    for (i, element) in elements.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{element}")?;
    }
    f.write_str("]")
}
