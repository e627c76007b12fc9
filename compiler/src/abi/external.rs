//! Functions that an embedder gives to guests, as the compiler knows them: names, types and a declared cost.
//! The code behind them is the host's alone; nothing here can call it.
//!
//! In wasm they are imports of [`MODULE`], by their number in the importing unit, so that no name is in the
//! wasm. A bool is an i32, an int an i64, a float an f64, a str the address of a string block that stays
//! with the caller; a str that is returned is a fresh block.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ir::Ty;

/// Module name of their imports.
pub const MODULE: &str = "external";

/// Most parameters of one function.
pub const MAX_PARAMS: usize = 8;

/// A type that such a function takes or returns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Plain {
    /// `None`; only as a result.
    None,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `str`.
    Str,
}

impl Plain {
    /// Python's name.
    pub fn name(self) -> &'static str {
        match self {
            Plain::None => "None",
            Plain::Bool => "bool",
            Plain::Int => "int",
            Plain::Float => "float",
            Plain::Str => "str",
        }
    }

    /// The scalar that crosses.
    pub fn scalar(self) -> Option<Ty> {
        match self {
            Plain::None => None,
            Plain::Bool | Plain::Str => Some(Ty::I32),
            Plain::Int => Some(Ty::I64),
            Plain::Float => Some(Ty::F64),
        }
    }
}

/// What a call takes from the CPU budget of the guest that makes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Cost {
    units: u64,
    per_byte: u64,
}

impl Cost {
    /// So many units for each call; a unit is about a basic operation.
    pub const fn units(units: u64) -> Cost {
        Cost { units, per_byte: 0 }
    }

    /// And so many for each byte of text that crosses, in either direction.
    #[must_use]
    pub const fn per_byte(self, per_byte: u64) -> Cost {
        Cost { per_byte, ..self }
    }

    /// Units of a call that brings so many bytes of text along.
    pub fn of_call(self, bytes: u64) -> u64 {
        self.units.saturating_add(self.of_bytes(bytes))
    }

    /// Units of further bytes.
    pub fn of_bytes(self, bytes: u64) -> u64 {
        self.per_byte.saturating_mul(bytes)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} units", self.units)?;
        if self.per_byte > 0 { write!(f, " + {} a byte", self.per_byte) } else { Ok(()) }
    }
}

/// Parameters, result and cost.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Signature {
    /// Types of the parameters.
    pub params: Vec<Plain>,
    /// Type of the result.
    pub result: Plain,
    /// What a call costs.
    pub cost: Cost,
}

impl Signature {
    /// Whether both take and return the same.
    pub fn same_types(&self, other: &Signature) -> bool {
        self.params == other.params && self.result == other.result
    }

    /// `(str, int) -> float`.
    pub fn types(&self) -> String {
        let params: Vec<&str> = self.params.iter().map(|param| param.name()).collect();
        format!("({}) -> {}", params.join(", "), self.result.name())
    }

    /// The scalars of the parameters and of the result.
    pub fn scalars(&self) -> (Vec<Ty>, Vec<Ty>) {
        let scalars = |types: &[Plain]| types.iter().filter_map(|ty| ty.scalar()).collect();
        (scalars(&self.params), scalars(&[self.result]))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.types(), self.cost)
    }
}

/// A function with its place: `rates.rate`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct External {
    /// The module that guests import.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Parameters, result and cost.
    pub signature: Signature,
}

impl External {
    /// `module.name`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// A module: its functions by name.
pub type Functions = BTreeMap<String, Signature>;
