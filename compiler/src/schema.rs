//! Schema of a dataset: a fact about the world that the host reads and the compiler is given.
//!
//! Row counts and file names are no part of it, so that another file of the same shape is a cache
//! hit.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Why there is no schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaProblem {
    /// True if the path is not granted.
    pub denied: bool,
    /// In words, without host paths.
    pub text: String,
}

/// Type of a column's values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum DType {
    /// `bool`.
    Bool,
    /// `int8`; integers are widened to 64 bits when read.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    Uint8,
    /// `uint16`.
    Uint16,
    /// `uint32`.
    Uint32,
    /// `float32`, widened to 64 bits when read.
    Float32,
    /// `float64`.
    Float64,
    /// `str`.
    Str,
    /// `datetime64` with its unit (`ms`, `us`, `ns`) and time zone.
    Datetime {
        /// `ms`, `us` or `ns`.
        unit: &'static str,
        /// Name of the time zone, if any.
        tz: Option<String>,
    },
    /// A type that functions cannot use; reading other columns of the file is fine.
    Unsupported(String),
}

impl fmt::Display for DType {
    /// pandas's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DType::Bool => f.write_str("bool"),
            DType::Int8 => f.write_str("int8"),
            DType::Int16 => f.write_str("int16"),
            DType::Int32 => f.write_str("int32"),
            DType::Int64 => f.write_str("int64"),
            DType::Uint8 => f.write_str("uint8"),
            DType::Uint16 => f.write_str("uint16"),
            DType::Uint32 => f.write_str("uint32"),
            DType::Float32 => f.write_str("float32"),
            DType::Float64 => f.write_str("float64"),
            DType::Str => f.write_str("str"),
            DType::Datetime { unit, tz: None } => write!(f, "datetime64[{unit}]"),
            DType::Datetime { unit, tz: Some(tz) } => write!(f, "datetime64[{unit}, {tz}]"),
            DType::Unsupported(name) => f.write_str(name),
        }
    }
}

/// One column.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// True if the file has nulls in it (by its row groups' statistics), so that pandas's type of
    /// the column would differ from the plain one; when unknown, true for nullable columns.
    pub has_nulls: bool,
}

/// The row labels, by the file's `pandas` metadata.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Index {
    /// 0, 1, 2, …
    Range,
    /// A column, by its number in [`Schema::columns`], with the name of the index, if any.
    Column {
        /// Number of the column.
        column: usize,
        /// Name of the index; `None` if unnamed.
        name: Option<String>,
    },
}

/// Columns of a dataset, in file order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schema {
    /// The columns, those that make the index included.
    pub columns: Vec<Column>,
    /// The row labels.
    pub index: Index,
    identity: [u8; 32],
}

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl Schema {
    /// A schema, with its identity.
    pub fn new(columns: Vec<Column>, index: Index) -> Schema {
        let identity = blake3::hash(format!("{:?}", (&columns, &index)).as_bytes()).into();
        Schema { columns, index, identity }
    }

    /// Identity of the schema over names, types, nulls and index: a BLAKE3 hash. What keys and facts of the
    /// cache compare. Whole, as whoever makes two files finds two schemas that agree in 64 bits of it.
    pub fn identity(&self) -> [u8; 32] {
        self.identity
    }

    /// The first 8 bytes of the identity, which compiled code hands over when it opens the dataset. It tells
    /// a file that was exchanged by chance; which schema code was compiled for, the identity says.
    pub fn fingerprint(&self) -> u64 {
        u64::from_le_bytes(self.identity[..8].try_into().expect("a BLAKE3 hash has 32 bytes"))
    }

    /// Number of a column.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}
