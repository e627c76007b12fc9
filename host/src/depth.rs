//! Nesting of what is decoded, bounded: a list in a list in a list … from a hostile sender would overflow the
//! stack of whoever reads it.

use std::cell::Cell;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Deepest nesting of values and types that are decoded.
pub(crate) const MAX_DEPTH: u32 = 100;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level, left when dropped.
struct Level;

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Decodes the parts of something that may contain itself.
pub(crate) fn nested<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    DEPTH.set(DEPTH.get() + 1);
    let _level = Level;
    if DEPTH.get() > MAX_DEPTH {
        return Err(D::Error::custom("nested too deeply"));
    }
    Vec::deserialize(from)
}

#[cfg(test)]
mod tests {
    use crate::value::Value;

    /// A value as bytes, and what comes of them.
    fn through_bytes(value: &Value) -> Result<Value, bincode::error::DecodeError> {
        let config = bincode::config::standard();
        let bytes = bincode::serde::encode_to_vec(value, config).expect("values can be encoded");
        bincode::serde::decode_from_slice(&bytes, config).map(|(value, _)| value)
    }

    #[test]
    fn nesting_is_bounded_and_the_count_goes_back() {
        let deep = |depth: u32| (0..depth).fold(Value::Int(1), |inner, _| Value::Tuple(vec![inner]));
        for _ in 0..2 {
            assert_eq!(through_bytes(&deep(super::MAX_DEPTH)).expect("allowed"), deep(super::MAX_DEPTH));
            assert!(through_bytes(&deep(super::MAX_DEPTH + 1)).is_err());
        }
    }

    /// Without `DEPTH.get() > MAX_DEPTH` in `host/src/depth.rs`: decoding overflows the stack of the host.
    #[test]
    fn a_million_levels_are_an_error_and_no_overflow() {
        // Variant number of a tuple and its length, again and again.
        let level =
            bincode::serde::encode_to_vec(Value::Tuple(vec![Value::None]), bincode::config::standard());
        let level = &level.expect("values can be encoded")[..2];
        let bytes = level.repeat(1_000_000);
        let config = bincode::config::standard();
        assert!(bincode::serde::decode_from_slice::<Value, _>(&bytes, config).is_err());
    }
}
