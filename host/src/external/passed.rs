//! Arguments and results of the embedder's functions on their way between a guest in a worker process and the process
//! of the embedder. What a worker sends is compared with the registration before a function sees it.

use std::fmt;

use ovenbird_compiler::abi::external::{MAX_PARAMS, Plain};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A value, named as its type is ([`Plain`]). Text is UTF-8 on both sides: decoding checks it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Passed {
    /// `None`; only as a result.
    None,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `float`.
    Float(f64),
    /// `str`.
    Str(String),
}

impl Passed {
    /// Its type.
    pub(crate) fn plain(&self) -> Plain {
        match self {
            Passed::None => Plain::None,
            Passed::Bool(_) => Plain::Bool,
            Passed::Int(_) => Plain::Int,
            Passed::Float(_) => Plain::Float,
            Passed::Str(_) => Plain::Str,
        }
    }

    /// Bytes of text.
    pub(crate) fn bytes(&self) -> u64 {
        if let Passed::Str(text) = self { text.len() as u64 } else { 0 }
    }
}

/// Arguments: no more than a function can have, however many bytes there are.
pub(crate) fn few<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Passed>, D::Error> {
    struct Few;

    impl<'de> Visitor<'de> for Few {
        type Value = Vec<Passed>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MAX_PARAMS} arguments")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Passed>, A::Error> {
            let mut args = Vec::with_capacity(MAX_PARAMS);
            while let Some(arg) = items.next_element()? {
                if args.len() == MAX_PARAMS {
                    return Err(Error::invalid_length(MAX_PARAMS + 1, &self));
                }
                args.push(arg);
            }
            Ok(args)
        }
    }

    from.deserialize_seq(Few)
}
