//! Typed programs -> the bytes that keys are made of: equal for programs that mean the same, whatever their spans,
//! names and places.
//!
//! Types are shared in memory and would not be in bytes: the type of a wide frame is that of many expressions. So in one
//! [`writing`] each large type is spelled out where it comes first and is a number from there on. Numbers are given in the order of
//! writing, never by address, so equal programs give equal bytes.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};

use super::Type;

/// Bytes that are passed on at a time.
const CHUNK: usize = 16 << 10;

/// What follows is the type of a method's object.
const METHOD: u32 = u32::MAX;
/// What follows is the type that a value of a type is.
const TYPE_VALUE: u32 = u32::MAX - 1;
/// What follows is a type in full, that has no number.
const SPELLED: u32 = 0;

thread_local! {
    /// The types that were written. Serde gives a value no state to write itself by, so it is the thread's, while
    /// [`writing`] runs.
    static WRITTEN: RefCell<Option<Written>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Written {
    /// By variant and addresses of the shared parts. They are borrowed for the time of the writing, so no other type
    /// takes a place.
    by_place: HashMap<Place, u32>,
    by_text: HashMap<String, u32>,
}

type Place = (u8, usize, usize);

/// Gives the bytes of a value to `sink`, in pieces.
pub(crate) fn write<T: Serialize>(value: &T, sink: &mut dyn FnMut(&[u8])) {
    let mut out = Chunks { buffer: Vec::with_capacity(CHUNK), sink };
    writing(|| bincode::serde::encode_into_writer(value, &mut out, bincode::config::standard()))
        .expect("a typed program serialises into memory");
    (out.sink)(&out.buffer);
}

/// Runs `f` with a table of its own; the one of whoever writes around it is put back.
fn writing<T>(f: impl FnOnce() -> T) -> T {
    struct PutBack(Option<Written>);
    impl Drop for PutBack {
        fn drop(&mut self) {
            WRITTEN.set(self.0.take());
        }
    }
    let _outer = PutBack(WRITTEN.replace(Some(Written::default())));
    f()
}

struct Chunks<'a> {
    buffer: Vec<u8>,
    sink: &'a mut dyn FnMut(&[u8]),
}

impl bincode::enc::write::Writer for &mut Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        if self.buffer.len() + bytes.len() > CHUNK {
            (self.sink)(&self.buffer);
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }
}

/// Where a type lies that may be large.
fn place(ty: &Type) -> Option<Place> {
    Some(match ty {
        Type::Tuple(items) => (0, items.place(), 0),
        // Functions are told apart by what they capture, so the number is not in it.
        Type::Func(_, captures) => (1, captures.place(), 0),
        Type::Instance(class, fields) => (2, fields.place(), Arc::as_ptr(class) as usize),
        Type::Dataset(schema) => (3, Arc::as_ptr(schema) as usize, 0),
        Type::Table(table) => (4, Arc::as_ptr(table) as usize, 0),
        Type::External(external) => (5, Arc::as_ptr(external) as usize, 0),
        _ => return None,
    })
}

/// The number of a type, and its text if it was not written before.
fn number(ty: &Type, place: Place) -> Option<(u32, Option<String>)> {
    WRITTEN.with_borrow_mut(|written| {
        let Written { by_place, by_text } = written.as_mut()?;
        if let Some(number) = by_place.get(&place) {
            return Some((*number, None));
        }
        let text = spelled(ty);
        let next = by_text.len() as u32 + 1;
        let number = *by_text.entry(text.clone()).or_insert(next);
        by_place.insert(place, number);
        Some((number, (number == next).then_some(text)))
    })
}

fn spelled(ty: &Type) -> String {
    let mut text = String::new();
    ty.canonical(&mut text);
    text
}

impl Serialize for Type {
    /// Canonical: stable under edits elsewhere in the program.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        match self {
            Type::Method(_, object) => {
                pair.serialize_element(&METHOD)?;
                pair.serialize_element(&**object)?;
            }
            Type::TypeValue(inner) => {
                pair.serialize_element(&TYPE_VALUE)?;
                pair.serialize_element(&**inner)?;
            }
            _ => {
                let (number, text) = place(self)
                    .and_then(|place| number(self, place))
                    .unwrap_or_else(|| (SPELLED, Some(spelled(self))));
                pair.serialize_element(&number)?;
                pair.serialize_element(text.as_deref().unwrap_or_default())?;
            }
        }
        pair.end()
    }
}

impl Type {
    /// Appends the canonical spelling: like `Debug`, but with classes by path and functions by
    /// their captures alone.
    pub fn canonical(&self, out: &mut String) {
        let mut list = |name: &str, items: &[Type]| {
            out.push_str(name);
            out.push('(');
            for item in items {
                item.canonical(out);
                out.push(',');
            }
            out.push(')');
        };
        match self {
            Type::Tuple(items) => list("tuple", items),
            Type::Func(_, captures) => list("func", captures),
            Type::Instance(class, fields) => list(&class.path, fields),
            Type::Method(_, object) => list("method", std::slice::from_ref(object)),
            Type::TypeValue(inner) => list("type", std::slice::from_ref(inner)),
            Type::Module(_) | Type::Package(_) => out.push_str("module"),
            // Names are not in keys.
            Type::External(external) => {
                let _ = write!(out, "external:{}", external.signature);
            }
            Type::Class(class) => out.push_str(&class.path),
            Type::None => out.push_str("None"),
            Type::Bool => out.push_str("Bool"),
            Type::Int => out.push_str("Int"),
            Type::Float => out.push_str("Float"),
            Type::Str => out.push_str("Str"),
            Type::Ptr => out.push_str("Ptr"),
            Type::Block => out.push_str("Block"),
            Type::Dataset(schema) => {
                out.push_str("dataset:");
                for byte in schema.identity() {
                    let _ = write!(out, "{byte:02x}");
                }
            }
            Type::Table(table) => {
                let _ = write!(out, "table:{:?}", table.bits);
            }
            other => {
                let _ = write!(out, "{other:?}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Index, Schema};

    fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
        let mut out = Vec::new();
        write(value, &mut |chunk| out.extend_from_slice(chunk));
        out
    }

    fn tuple(items: &[Type]) -> Type {
        Type::Tuple(items.to_vec().into())
    }

    /// A chain of tuples, each the last with one item more.
    fn growing(steps: usize) -> Vec<Type> {
        (1..=steps).map(|n| tuple(&vec![Type::Int; n])).collect()
    }

    #[test]
    fn a_dataset_is_its_schemas_whole_identity() {
        let schema = Schema::new(Vec::new(), Index::Range);
        let identity: String = schema.identity().iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("dataset:{identity}").into_bytes();
        let dataset = bytes(&Type::Dataset(schema.into()));
        assert!(dataset.windows(text.len()).any(|part| part == text));
    }

    #[test]
    fn a_type_is_spelled_out_once() {
        let wide = tuple(&vec![Type::Float; 200]);
        let once = bytes(&vec![wide.clone()]).len();
        assert!(once > 200);
        assert!(bytes(&vec![wide.clone(); 100]).len() < once + 100 * 8);
        let in_methods = vec![Type::TypeValue(Box::new(wide)); 100];
        assert!(bytes(&in_methods).len() < once + 100 * 16);
    }

    #[test]
    fn equal_types_in_different_places_are_one() {
        let shared = tuple(&[Type::Int, Type::Str]);
        let apart: Vec<Type> = (0..3).map(|_| tuple(&[Type::Int, Type::Str])).collect();
        assert_eq!(bytes(&vec![shared; 3]), bytes(&apart));
    }

    #[test]
    fn different_types_have_different_bytes() {
        let (a, b) = (tuple(&[Type::Int]), tuple(&[Type::Float]));
        let lists = [
            vec![a.clone(), a.clone(), b.clone()],
            vec![a.clone(), b.clone(), a.clone()],
            vec![a.clone(), b.clone(), b.clone()],
            vec![b.clone(), a.clone(), a.clone()],
            vec![a.clone(), Type::TypeValue(Box::new(a.clone())), b.clone()],
            vec![a.clone(), Type::TypeValue(Box::new(b.clone())), b.clone()],
            vec![a, Type::Method(crate::resolved::FuncId(0), Box::new(b.clone())), b],
        ];
        let written: std::collections::BTreeSet<Vec<u8>> = lists.iter().map(bytes).collect();
        assert_eq!(written.len(), lists.len());
    }

    #[test]
    fn what_is_written_before_or_inside_leaves_nothing_behind() {
        let types = growing(20);
        let first = bytes(&types);
        bytes(&growing(3));
        assert_eq!(bytes(&types), first);
        let inside = writing(|| bytes(&types));
        assert_eq!(inside, first);
    }

    #[test]
    fn large_values_come_in_pieces_and_whole() {
        let mut pieces = 0;
        let mut all = Vec::new();
        write(&growing(300), &mut |chunk| {
            pieces += 1;
            all.extend_from_slice(chunk);
        });
        assert!(pieces > 2);
        assert_eq!(all, bytes(&growing(300)));
    }
}
