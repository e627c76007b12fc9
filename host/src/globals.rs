//! Globals whose values the host gives: values as they change → what the compiler is told.
//!
//! A value is compiled in as a constant, so that it folds, and a changed value makes another
//! specialisation. A global that has had more than [`SPECIALISATIONS`] values is one at run time from then
//! on: one specialisation serves all of them. Strings and tuples are values like numbers; there are no
//! arrays or frames here, which no one would embed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ovenbird_compiler::resolve::GivenGlobal;
use ovenbird_compiler::types::{Const, Type};
use serde::{Deserialize, Serialize};

use crate::cache::key::{self, Digest, GlobalInput};
use crate::error::Error;
use crate::value::Value;

/// Values of one global that are compiled in; with the next one it becomes a parameter.
pub(crate) const SPECIALISATIONS: usize = 3;

/// The globals of one program. Clones of the program share them.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    /// Changes with every change of a value: all that a call must look at.
    epoch: AtomicU64,
    values: Mutex<BTreeMap<String, Given>>,
}

#[derive(Clone, Debug)]
struct Given {
    value: Value,
    /// Digests of the values so far, until they are too many.
    seen: Vec<Digest>,
}

/// The values at one time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) epoch: u64,
    values: BTreeMap<String, (Value, bool)>,
}

impl Globals {
    pub(crate) fn new(values: &BTreeMap<String, Value>) -> Self {
        let globals = Globals::default();
        for (name, value) in values {
            globals.set(name, value.clone());
        }
        globals
    }

    /// Gives a global a value; the same value again changes nothing.
    pub(crate) fn set(&self, name: &str, value: Value) {
        let digest = digest(&value);
        let mut values = self.lock();
        let given =
            values.entry(name.to_owned()).or_insert_with(|| Given { value: Value::None, seen: Vec::new() });
        if !given.seen.is_empty() && self::digest(&given.value) == digest {
            return;
        }
        given.value = value;
        if given.seen.len() <= SPECIALISATIONS && !given.seen.contains(&digest) {
            given.seen.push(digest);
        }
        // Under the lock, so that a snapshot has the epoch of its values.
        self.epoch.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let values = self.lock();
        let value = |(name, given): (&String, &Given)| {
            (name.clone(), (given.value.clone(), given.seen.len() > SPECIALISATIONS))
        };
        Snapshot { epoch: self.epoch(), values: values.iter().map(value).collect() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Given>> {
        // A value is replaced whole, so a panic elsewhere cannot have left one half changed.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Snapshot {
    /// What the compiler is told.
    pub(crate) fn given(&self) -> BTreeMap<String, GivenGlobal> {
        let given = |(name, (value, parameter)): (&String, &(Value, bool))| {
            let given = match parameter {
                true => GivenGlobal::Parameter(value.ty()),
                false => GivenGlobal::Constant(constant(value)),
            };
            (name.clone(), given)
        };
        self.values.iter().map(given).collect()
    }

    /// Fails if a value is an array, a list or a frame: those are arguments only.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.values.iter().find(|(_, (value, _))| value.has_data()) {
            Some((name, (value, _))) => Err(Error::Signature(format!(
                "the global `{name}` cannot be a `{}`: arrays, lists and frames are handed over as arguments",
                value.ty()
            ))),
            None => Ok(()),
        }
    }

    /// What enters a key: the value, or that it is a parameter.
    pub(crate) fn inputs(&self) -> Vec<GlobalInput> {
        let input = |(name, (value, parameter)): (&String, &(Value, bool))| {
            let (shown, digest) = match parameter {
                true => {
                    let shown = format!("{}, at run time", value.ty());
                    let digest = key::digest(shown.as_bytes());
                    (shown, digest)
                }
                false => (constant(value).to_string(), digest(value)),
            };
            GlobalInput { name: name.clone(), value: shown, digest }
        };
        self.values.iter().map(input).collect()
    }

    /// The values that a call brings along, under their names in the program.
    pub(crate) fn parameters(&self, module: &str) -> Vec<(String, Value)> {
        let parameters = self.values.iter().filter(|(_, (_, parameter))| *parameter);
        parameters.map(|(name, (value, _))| (format!("{module}.{name}"), value.clone())).collect()
    }
}

/// A value as a type that holds it.
fn constant(value: &Value) -> Type {
    match value {
        Value::None => Type::None,
        Value::Bool(value) => Type::Const(Const::Bool(*value)),
        Value::Int(value) => Type::Const(Const::Int(*value)),
        Value::Float(value) => Type::Const(Const::Float(value.to_bits())),
        Value::Str(text) => Type::Const(Const::Str(Arc::from(text.as_str()))),
        Value::Tuple(items) => Type::Tuple(items.iter().map(constant).collect()),
        // Refused before it is used.
        Value::Texts(_) | Value::Array(_) | Value::DataFrame(_) => value.ty(),
    }
}

/// Digest of a value with its type; floats by their bits.
fn digest(value: &Value) -> Digest {
    // Serialising into memory cannot fail.
    let bytes =
        bincode::serde::encode_to_vec(constant(value), bincode::config::standard()).unwrap_or_default();
    key::digest(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_changes_nothing_and_the_fourth_makes_a_parameter() {
        let globals = Globals::new(&BTreeMap::from([("RATE".to_owned(), Value::Float(0.5))]));
        let epoch = globals.epoch();
        globals.set("RATE", Value::Float(0.5));
        assert_eq!(globals.epoch(), epoch);
        for value in [1.5, 2.5, 0.5, 1.5] {
            globals.set("RATE", Value::Float(value));
            assert_eq!(globals.snapshot().parameters("m"), []);
        }
        assert_eq!(globals.epoch(), epoch + 4);
        globals.set("RATE", Value::Float(3.5));
        assert_eq!(globals.snapshot().parameters("m"), [("m.RATE".to_owned(), Value::Float(3.5))]);
        globals.set("RATE", Value::Float(0.5));
        assert_eq!(globals.snapshot().parameters("m"), [("m.RATE".to_owned(), Value::Float(0.5))]);
    }

    #[test]
    fn equal_numbers_of_other_types_or_bits_are_other_values() {
        let values = [Value::Int(0), Value::Bool(false), Value::Float(0.0), Value::Float(-0.0), Value::None];
        for (at, value) in values.iter().enumerate() {
            assert!(values[..at].iter().all(|other| digest(other) != digest(value)), "{value:?}");
        }
        assert_eq!(digest(&Value::Float(f64::NAN)), digest(&Value::Float(f64::NAN)));
    }
}
