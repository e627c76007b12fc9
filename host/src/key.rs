//! What native code depends on, and what names it: fields → keys.
//!
//! A recipe is a struct with one field per input. It is taken apart exhaustively (no `..`), so a new
//! input does not compile until it is given a place, and flattened into named [`Field`]s. The key is the
//! hash of those fields; the same fields are stored beside the code, in the cache and in bundles, so that whatever
//! enters a key can also be shown when it changed. Paths, times, process ids and positions in the source do
//! not belong here. The recipes of what the compiler makes are in `cache/key.rs`.
//!
//! Encoding of one field: tag `u16` | length `u64` | bytes, where bytes are length `u64` | name | digest,
//! little-endian; fields sorted by tag, then name. blake3 in key-derivation mode, one context a level.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::engine_config::EngineIdentity;

const LEVEL1_CONTEXT: &str = "ovenbird 2026-11 L1 wasm v5";
const LEVEL2_CONTEXT: &str = "ovenbird 2026-11 L2 native v2";
/// Of the digest that stands for the fields that many recipes have in common.
const AROUND: FieldKind = FieldKind::Compiler;
/// What all units of a process have in common.
const SURROUNDINGS_CONTEXT: &str = "ovenbird 2026-11 surroundings v1";
const ENGINE_CONTEXT: &str = "ovenbird 2026-11 engine id v1";
/// A key and not a context: hashing a short value under a key is one step, and a recipe has dozens.
const VALUE_KEY: &[u8; 32] = b"ovenbird 2026-11 value digest v1";

/// Engines whose part of a key is remembered: this machine's, its CPU levels, and some more for who has engines with
/// several settings.
const KNOWN_MACHINES: usize = 12;

/// A blake3 digest.
pub type Digest = [u8; 32];

/// Digest of a value by its bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    *blake3::keyed_hash(VALUE_KEY, bytes).as_bytes()
}

/// Digest of a value that is given in pieces.
pub fn digest_of(write: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Digest {
    let mut hasher = blake3::Hasher::new_keyed(VALUE_KEY);
    write(&mut |piece| {
        hasher.update(piece);
    });
    *hasher.finalize().as_bytes()
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) Digest);
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&$crate::key::hex(&self.0))
            }
        }
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &$crate::key::hex(&self.0)[..12])
            }
        }
    };
}

#[cfg(feature = "compiler")]
pub(crate) use key;

key!(
    /// Names the artifact (wasm and source map) of one function for one signature.
    L1Key
);
key!(
    /// Names the native code of one wasm module for one engine on one kind of CPU.
    L2Key
);

/// Everything that decides a module's native code.
#[derive(Clone, Debug)]
pub struct L2Recipe {
    /// `module.function`; not part of the key.
    pub label: String,
    /// Digest of the wasm bytes: [`wasm_digest`].
    pub wasm: Digest,
    /// The engine.
    pub engine: Arc<EngineIdentity>,
    /// How the wasm is metered, in words.
    pub metering: String,
}

/// Digest of a wasm module, for [`L2Recipe::wasm`].
pub fn wasm_digest(wasm: &[u8]) -> Digest {
    blake3::derive_key("ovenbird 2026-11 wasm bytes v1", wasm)
}

/// What a [`Field`] is about. The number is its tag in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u16)]
pub enum FieldKind {
    /// The whole typed program.
    Program = 1,
    /// One function's body.
    Function = 2,
    /// One global's value.
    Global = 3,
    /// One column's type.
    Column = 4,
    /// One schema's list of columns, in order.
    Schema = 5,
    /// One argument's type.
    Argument = 6,
    /// One option.
    Option = 7,
    /// The standard library.
    Library = 8,
    /// Compiler and host interface.
    Compiler = 9,
    /// The types and the cost of a function of the embedder.
    HostFunction = 10,
    /// The wasm bytes.
    Wasm = 32,
    /// wasmtime, its settings and ours.
    Engine = 33,
    /// One CPU feature.
    Cpu = 34,
    /// A program's text.
    Text = 64,
    /// What is asked of it.
    Request = 65,
}

/// One input of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is about.
    pub kind: FieldKind,
    /// Which one.
    pub name: String,
    /// Digest of its value; this is what is hashed.
    pub digest: Digest,
    /// Its value in words; this is what is shown.
    pub value: String,
}

impl Field {
    /// A field that is its text.
    pub(crate) fn text(kind: FieldKind, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Field { kind, name: name.into(), digest: digest(value.as_bytes()), value }
    }

    /// A field known by its digest only.
    pub(crate) fn opaque(kind: FieldKind, name: impl Into<String>, digest: Digest) -> Self {
        Field { kind, name: name.into(), digest, value: hex(&digest[..6]) }
    }
}

/// A field as far as a key is made of it, with what it is shown by: nothing of it is copied before somebody looks.
pub(crate) struct Part<'a> {
    pub(crate) kind: FieldKind,
    pub(crate) name: std::borrow::Cow<'a, str>,
    pub(crate) digest: Digest,
    /// `None` if it is known by its digest only.
    pub(crate) value: Option<&'a str>,
}

impl<'a> Part<'a> {
    /// One that is its text.
    pub(crate) fn text(kind: FieldKind, name: &'a str, value: &'a str) -> Self {
        Part { kind, name: name.into(), digest: digest(value.as_bytes()), value: Some(value) }
    }

    /// One known by its digest only.
    pub(crate) fn opaque(kind: FieldKind, name: &'a str, digest: Digest) -> Self {
        Part { kind, name: name.into(), digest, value: None }
    }

    /// The field, to be shown.
    pub(crate) fn shown(self) -> Field {
        let Part { kind, name, digest, value } = self;
        match value {
            Some(value) => Field { kind, name: name.into_owned(), digest, value: value.to_owned() },
            None => Field::opaque(kind, name, digest),
        }
    }

    fn of(Field { kind, name, digest, value }: &'a Field) -> Self {
        Part { kind: *kind, name: name.into(), digest: *digest, value: Some(value) }
    }
}

/// The key of a recipe by what only it has, and the digest of the others.
#[cfg(feature = "compiler")]
pub(crate) fn hash_among(context: &str, mut own: Vec<Part<'_>>, surroundings: Digest) -> Digest {
    own.push(Part { kind: AROUND, name: "".into(), digest: surroundings, value: None });
    sort_parts(&mut own);
    hash_parts(context, &own)
}

impl L2Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        sorted(self.parts().into_iter().map(Part::shown).collect())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let L2Recipe { label: _, wasm, engine, metering } = self;
        let EngineIdentity { wasmtime, codegen, target, cpu, settings, compatibility } = &**engine;
        let mut parts = Vec::with_capacity(6 + settings.len() + cpu.len());
        parts.push(Part::opaque(FieldKind::Wasm, "wasm", *wasm));
        parts.push(Part::text(FieldKind::Engine, "wasmtime", wasmtime));
        parts.push(Part::text(FieldKind::Engine, "code generation", codegen));
        parts.push(Part::text(FieldKind::Engine, "target", target));
        parts.push(Part::opaque(FieldKind::Engine, "wasmtime settings", *compatibility));
        parts.push(Part::text(FieldKind::Option, "metering", metering));
        for (name, value) in settings {
            parts.push(Part::text(FieldKind::Option, name, value));
        }
        for (name, present) in cpu {
            parts.push(Part::text(FieldKind::Cpu, name, if *present { "yes" } else { "no" }));
        }
        parts
    }

    /// The key.
    pub fn key(&self) -> L2Key {
        self.key_and_engine().0
    }

    /// The key, and eight hexadecimal digits for the engine: the folder of its native code, so that the
    /// code of an engine that is gone can be removed at once.
    pub fn key_and_engine(&self) -> (L2Key, String) {
        level2(self.wasm, self.machine())
    }

    /// The engine's digits alone.
    pub(crate) fn engine_folder(&self) -> String {
        self.machine().1
    }

    /// Digest of all fields but the wasm, and the folder. They are the same for all functions of a process,
    /// and there are dozens of fields, so the last answers are kept.
    fn machine(&self) -> (Digest, String) {
        type Answer = (Arc<EngineIdentity>, String, Digest, String);
        static KNOWN: Mutex<VecDeque<Answer>> = Mutex::new(VecDeque::new());
        // Replaced whole, so a panic elsewhere cannot have left it half changed.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut find = |is_it: &dyn Fn(&Arc<EngineIdentity>) -> bool| {
            let found = known
                .iter_mut()
                .find(|(engine, metering, ..)| is_it(engine) && *metering == self.metering)?;
            // So that the next one who asks for this engine need not compare.
            found.0 = Arc::clone(&self.engine);
            Some((found.2, found.3.clone()))
        };
        // An identity that someone holds cannot be changed, only copied.
        let found = find(&|engine| Arc::ptr_eq(engine, &self.engine));
        if let Some(answer) = found.or_else(|| find(&|engine| *engine == self.engine)) {
            return answer;
        }
        let mut parts = self.parts();
        sort_parts(&mut parts);
        let (digest, folder) = machine_of(parts);
        known.truncate(KNOWN_MACHINES - 1);
        known.push_front((Arc::clone(&self.engine), self.metering.clone(), digest, folder.clone()));
        (digest, folder)
    }
}

/// The key of a level-1 entry by its fields.
pub(crate) fn level1_key(fields: Vec<Field>) -> L1Key {
    let is_around =
        |field: &Field| matches!(field.kind, FieldKind::Option | FieldKind::Library | FieldKind::Compiler);
    let (around, own): (Vec<Field>, Vec<Field>) = fields.into_iter().partition(is_around);
    let own = own.into_iter().filter(|field| field.kind != FieldKind::Function);
    level1(own.collect(), self::surroundings(around))
}

/// The same by the fields that only this unit has, without its functions, and the digest of the others.
pub(crate) fn level1(mut own: Vec<Field>, surroundings: Digest) -> L1Key {
    for field in &mut own {
        if matches!(field.kind, FieldKind::Global | FieldKind::HostFunction) {
            field.name.clear();
        }
    }
    L1Key(hash(LEVEL1_CONTEXT, &among(own, surroundings)))
}

/// The key of a level-2 entry by its fields, and the engine's eight digits.
pub(crate) fn level2_key(fields: &[Field]) -> (L2Key, String) {
    let wasm =
        fields.iter().find(|field| field.kind == FieldKind::Wasm).map_or([0; 32], |field| field.digest);
    level2(wasm, machine_of(fields.iter().map(Part::of).collect()))
}

/// Digest of all fields but the wasm, and the folder.
fn machine_of(mut parts: Vec<Part<'_>>) -> (Digest, String) {
    parts.retain(|part| part.kind != FieldKind::Wasm);
    let digest = hash_parts(ENGINE_CONTEXT, &parts);
    parts.retain(|part| matches!(part.kind, FieldKind::Engine | FieldKind::Option));
    (digest, hex(&hash_parts(ENGINE_CONTEXT, &parts)[..4]))
}

fn level2(wasm: Digest, (machine, folder): (Digest, String)) -> (L2Key, String) {
    let wasm = Field::opaque(FieldKind::Wasm, "wasm", wasm);
    let machine =
        Field { kind: FieldKind::Engine, name: String::new(), digest: machine, value: String::new() };
    (L2Key(hash(LEVEL2_CONTEXT, &[wasm, machine])), folder)
}

/// The digest of fields that many recipes have in common.
pub(crate) fn surroundings(fields: Vec<Field>) -> Digest {
    hash(SURROUNDINGS_CONTEXT, &sorted(fields))
}

/// The fields that only this recipe has, and one for all others, which are known by their digest.
fn among(mut own: Vec<Field>, surroundings: Digest) -> Vec<Field> {
    own.push(Field { kind: AROUND, name: String::new(), digest: surroundings, value: String::new() });
    sorted(own)
}

pub(crate) fn sorted(mut fields: Vec<Field>) -> Vec<Field> {
    // The digest is in the order so that repeated names (two unnamed lambdas) have one order too.
    fields.sort_by(|a, b| (a.kind, &a.name, a.digest).cmp(&(b.kind, &b.name, b.digest)));
    fields
}

fn hash(context: &str, fields: &[Field]) -> Digest {
    hash_each(context, fields.iter().map(|field| (field.kind, &*field.name, &field.digest)))
}

/// In the order of [`sorted`].
fn sort_parts(parts: &mut [Part<'_>]) {
    // Of two that are equal in this, the same is hashed.
    parts.sort_unstable_by(|a, b| (a.kind, &a.name, a.digest).cmp(&(b.kind, &b.name, b.digest)));
}

fn hash_parts(context: &str, parts: &[Part<'_>]) -> Digest {
    hash_each(context, parts.iter().map(|part| (part.kind, &*part.name, &part.digest)))
}

fn hash_each<'a>(
    context: &str,
    fields: impl ExactSizeIterator<Item = (FieldKind, &'a str, &'a Digest)>,
) -> Digest {
    // Hashed at once: many short updates take longer than what they add.
    let mut bytes = Vec::with_capacity(64 * fields.len());
    for (kind, name, digest) in fields {
        let len = 8 + name.len() as u64 + digest.len() as u64;
        bytes.extend_from_slice(&(kind as u16).to_le_bytes());
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(digest);
    }
    blake3::derive_key(context, &bytes)
}

/// The digits of each byte.
const fn pairs() -> [[u8; 2]; 256] {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const PAIRS: [[u8; 2]; 256] = pairs();
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend(PAIRS[usize::from(*byte)]);
    }
    // They are all digits.
    String::from_utf8(text).unwrap_or_default()
}
