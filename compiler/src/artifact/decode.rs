//! The bytes of an artifact → the artifact, without serde: the same bytes, in a third of the time.
//!
//! A process that finds its functions in the cache decodes the tables of each before it calls one, and that is most of what it
//! computes. What serde derives asks for one part at a time through several layers that are not inlined. What is written is
//! what serde writes; a test compares both ways.

use bincode::Decode;
use bincode::de::Decoder;
use bincode::error::DecodeError;

use super::{Artifact, ExternalShape, FunctionInfo, TrapKind};
use crate::abi::Import;
use crate::ir::{FuncId, Loc, LocId, Message, Site, SiteId};

impl<C> Decode<C> for Artifact {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        // In the order in which they are declared, which is that of the bytes.
        Ok(Artifact {
            wasm: Decode::decode(from)?,
            traps: Decode::decode(from)?,
            calls: Decode::decode(from)?,
            sites: Decode::decode(from)?,
            locs: Decode::decode(from)?,
            functions: Decode::decode(from)?,
            exports: Decode::decode(from)?,
            imports: Decode::decode(from)?,
            externals: Decode::decode(from)?,
            entries: Decode::decode(from)?,
            data_len: Decode::decode(from)?,
            needs_memory: Decode::decode(from)?,
            metered: Decode::decode(from)?,
            variables: Decode::decode(from)?,
            unread: Decode::decode(from)?,
        })
    }
}

impl<C> Decode<C> for TrapKind {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        Ok(match u32::decode(from)? {
            0 => TrapKind::Raise { site: Decode::decode(from)?, floats: Decode::decode(from)? },
            1 => TrapKind::OutOfFuel,
            2 => TrapKind::Interrupted,
            _ => return Err(DecodeError::Other("no kind of trap")),
        })
    }
}

impl<C> Decode<C> for FunctionInfo {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let (name, start, end) = Decode::decode(from)?;
        Ok(FunctionInfo { name, start, end })
    }
}

impl<C> Decode<C> for ExternalShape {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let (params, results) = Decode::decode(from)?;
        Ok(ExternalShape { params, results })
    }
}

impl<C> Decode<C> for Site {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let (exception, message, loc) = Decode::decode(from)?;
        Ok(Site { exception, message, loc })
    }
}

impl<C> Decode<C> for Message {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        Ok(match u32::decode(from)? {
            0 => Message::Template(Decode::decode(from)?),
            1 => Message::Dynamic,
            _ => return Err(DecodeError::Other("no kind of message")),
        })
    }
}

impl<C> Decode<C> for Loc {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let (func, node, parent) = Decode::decode(from)?;
        Ok(Loc { func, node, parent })
    }
}

impl<C> Decode<C> for Import {
    fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
        let number = u32::decode(from)? as usize;
        Import::ALL.get(number).copied().ok_or(DecodeError::Other("no host function"))
    }
}

macro_rules! numbers {
    ($($name:ident),*) => {$(
        impl<C> Decode<C> for $name {
            fn decode<D: Decoder<Context = C>>(from: &mut D) -> Result<Self, DecodeError> {
                u32::decode(from).map($name)
            }
        }
    )*};
}
numbers!(FuncId, LocId, SiteId);

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part has something in it that no other has.
    fn full() -> Artifact {
        let function = |name: &str, start| FunctionInfo { name: name.to_owned(), start, end: start + 300 };
        let site = |exception: &str, message, loc| Site { exception: exception.to_owned(), message, loc };
        let shape = |params: &str, results: &str| ExternalShape {
            params: params.to_owned(),
            results: results.to_owned(),
        };
        Artifact {
            wasm: vec![0, 97, 255],
            traps: vec![
                (1, TrapKind::Raise { site: SiteId(1), floats: 251 }),
                (70_000, TrapKind::OutOfFuel),
                (70_001, TrapKind::Interrupted),
            ],
            calls: vec![(2, LocId(3)), (260, LocId(u32::MAX))],
            sites: vec![
                site("IndexError", Message::Template("ä {0}".to_owned()), LocId(4)),
                site("ValueError", Message::Dynamic, LocId(5)),
            ],
            locs: vec![
                Loc { func: 6, node: 7, parent: None },
                Loc { func: 8, node: 9, parent: Some(LocId(10)) },
            ],
            functions: vec![function("f", 11), function("g", 400)],
            exports: vec![("main".to_owned(), FuncId(12))],
            imports: Import::ALL.to_vec(),
            externals: vec![shape("ild", "d"), shape("", "")],
            entries: vec!["0".to_owned(), "1".to_owned()],
            data_len: 13,
            needs_memory: true,
            metered: false,
            variables: 14,
            unread: vec![15, 16],
        }
    }

    fn decoded(bytes: &[u8]) -> Result<(Artifact, usize), DecodeError> {
        bincode::decode_from_slice(bytes, bincode::config::standard())
    }

    #[test]
    fn what_serde_writes_is_read_without_it() {
        let bytes = full().encode();
        assert_eq!(decoded(&bytes).expect("it is whole"), (full(), bytes.len()));
        let other = Artifact { needs_memory: false, metered: true, ..full() };
        assert_eq!(decoded(&other.encode()).expect("it is whole").0, other);
    }

    #[test]
    fn other_bytes_are_read_as_serde_reads_them() {
        let bytes = full().encode();
        for end in 0..bytes.len() {
            assert!(decoded(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 2, 3, 250, 255] {
                let mut other = bytes.clone();
                other[at] = value;
                let config = bincode::config::standard().with_limit::<{ 1 << 20 }>();
                let (ours, serde) = (
                    bincode::decode_from_slice::<Artifact, _>(&other, config),
                    bincode::serde::decode_from_slice::<Artifact, _>(&other, config),
                );
                assert_eq!(ours.ok(), serde.ok(), "{value} at {at}");
            }
        }
    }
}
