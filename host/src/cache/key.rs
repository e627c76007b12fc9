//! The only place that says what a key covers: recipe → key.
//!
//! A recipe is a struct with one field per input. It is taken apart exhaustively (no `..`), so a new
//! input does not compile until it is given a place, and flattened into named [`Field`]s. The key is the
//! hash of those fields; the same fields are stored beside the entry, so that whatever enters a key can
//! also be shown when it changed (`explain`). Paths, times, process ids and positions in the source do
//! not belong here.
//!
//! Encoding of one field: tag `u16` | length `u64` | bytes, where bytes are length `u64` | name | digest,
//! little-endian; fields sorted by tag, then name. blake3 in key-derivation mode, one context a level.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use ovenbird_compiler::abi;
use serde::{Deserialize, Serialize};

use crate::engine_config::EngineIdentity;

const LEVEL0_CONTEXT: &str = "ovenbird 2026-11 L0 probe v1";
const LEVEL1_CONTEXT: &str = "ovenbird 2026-11 L1 wasm v2";
const LEVEL2_CONTEXT: &str = "ovenbird 2026-11 L2 native v2";
const ENGINE_CONTEXT: &str = "ovenbird 2026-11 engine id v1";
/// A key and not a context: hashing a short value under a key is one step, and a recipe has dozens.
const VALUE_KEY: &[u8; 32] = b"ovenbird 2026-11 value digest v1";

/// A blake3 digest.
pub type Digest = [u8; 32];

/// Digest of a value by its bytes, for [`GlobalInput`] and the like.
pub fn digest(bytes: &[u8]) -> Digest {
    *blake3::keyed_hash(VALUE_KEY, bytes).as_bytes()
}

/// Fingerprint of the compiler that is linked into this build.
pub fn compiler_fingerprint() -> Digest {
    digest(env!("OVENBIRD_COMPILER_FINGERPRINT").as_bytes())
}

/// Digest of the table of host functions: names and signatures.
pub fn import_table_digest() -> Digest {
    static TABLE: LazyLock<Digest> = LazyLock::new(|| {
        let mut text = String::new();
        for import in abi::Import::ALL {
            text.push_str(&format!("{} {:?} -> {:?}\n", import.name(), import.params(), import.results()));
        }
        digest(text.as_bytes())
    });
    *TABLE
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub(crate) Digest);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &hex(&self.0)[..12])
            }
        }
    };
}

key!(
    /// Names what one text gives for one request.
    L0Key
);
key!(
    /// Names the artifact (wasm and source map) of one function for one signature.
    L1Key
);
key!(
    /// Names the native code of one wasm module for one engine on one kind of CPU.
    L2Key
);

/// A function that went into the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInput {
    /// Qualified name, `helpers.clean`; shown, not hashed.
    pub name: String,
    /// Digest of its own typed body with callees by name (not by digest, else an edited callee could not
    /// be told from an edited caller), without spans, comments and local names.
    pub digest: Digest,
}

/// A global or captured variable whose value was compiled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalInput {
    /// Qualified name; hashed only where it says which global the host gives.
    pub name: String,
    /// The value as people read it; shown, not hashed.
    pub value: String,
    /// Digest of the value with its type.
    pub digest: Digest,
}

/// The schema of a dataset that the function reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaInput {
    /// Which dataset, in words that do not change with the file's name: `dataset 0`.
    pub label: String,
    /// Column names and types (with nullability), in file order.
    pub columns: Vec<(String, String)>,
}

/// One argument of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentInput {
    /// Its type as people read it; shown, not hashed.
    pub shown: String,
    /// Digest of the type with all that belongs to it, such as a dataset's schema.
    pub digest: Digest,
}

/// Everything that decides what a text gives for a request, except facts about the world: those the
/// entry itself records, and they are compared when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L0Recipe {
    /// As in [`L1Recipe`]; not part of the key.
    pub label: String,
    /// Display name of the text, which tracebacks show and which names its module.
    pub name: String,
    /// Digest of the text.
    pub text: Digest,
    /// What is asked for: `run`, `entry f`, `syntax`.
    pub request: String,
    /// The arguments' types.
    pub arguments: Vec<ArgumentInput>,
    /// Globals whose values the host gives.
    pub globals: Vec<GlobalInput>,
    /// Compiler options, as (name, value).
    pub options: Vec<(String, String)>,
    /// `ovenbird_stdlib`'s fingerprint.
    pub library_fingerprint: Digest,
    /// `abi::VERSION`.
    pub host_abi_version: u32,
    /// [`import_table_digest`].
    pub import_table: Digest,
    /// [`compiler_fingerprint`].
    pub compiler_fingerprint: Digest,
}

/// Everything that decides a unit's wasm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L1Recipe {
    /// `module.function`. Used to find the nearest older entry for an explanation. **Not part of the
    /// key**: two functions with the same typed program share an entry.
    pub label: String,
    /// Digest of the unit's canonical typed program.
    pub typed_program: Digest,
    /// The functions in it, the entry first.
    pub functions: Vec<FunctionInput>,
    /// The variables compiled into it.
    pub globals: Vec<GlobalInput>,
    /// The schemas compiled into it.
    pub schemas: Vec<SchemaInput>,
    /// Types of the arguments in words (and values of literal arguments), in order.
    pub arguments: Vec<String>,
    /// Compiler options, as (name, value).
    pub options: Vec<(String, String)>,
    /// `ovenbird_stdlib`'s fingerprint.
    pub library_fingerprint: Digest,
    /// `abi::VERSION`.
    pub host_abi_version: u32,
    /// [`import_table_digest`].
    pub import_table: Digest,
    /// [`compiler_fingerprint`].
    pub compiler_fingerprint: Digest,
}

/// Everything that decides a module's native code.
#[derive(Clone, Debug)]
pub struct L2Recipe {
    /// As in [`L1Recipe`]; not part of the key.
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
    fn text(kind: FieldKind, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Field { kind, name: name.into(), digest: digest(value.as_bytes()), value }
    }

    /// A global's value.
    fn global(input: &GlobalInput) -> Self {
        let GlobalInput { name, value, digest } = input;
        Field { kind: FieldKind::Global, name: name.clone(), digest: *digest, value: value.clone() }
    }

    /// A field known by its digest only.
    fn opaque(kind: FieldKind, name: impl Into<String>, digest: Digest) -> Self {
        Field { kind, name: name.into(), digest, value: hex(&digest)[..12].to_owned() }
    }
}

impl L0Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let L0Recipe {
            label: _,
            name,
            text,
            request,
            arguments,
            globals,
            options,
            library_fingerprint,
            host_abi_version,
            import_table,
            compiler_fingerprint,
        } = self;
        let mut fields = vec![
            Field::text(FieldKind::Text, "name", name),
            Field::opaque(FieldKind::Text, "text", *text),
            Field::text(FieldKind::Request, "request", request),
            Field::opaque(FieldKind::Library, "library", *library_fingerprint),
            Field::text(FieldKind::Compiler, "host interface", host_abi_version.to_string()),
            Field::opaque(FieldKind::Compiler, "host functions", *import_table),
            Field::opaque(FieldKind::Compiler, "compiler", *compiler_fingerprint),
        ];
        for (index, ArgumentInput { shown, digest }) in arguments.iter().enumerate() {
            fields.push(Field {
                kind: FieldKind::Argument,
                name: format!("argument {index}"),
                digest: *digest,
                value: shown.clone(),
            });
        }
        fields.extend(globals.iter().map(Field::global));
        fields.extend(options.iter().map(|(name, value)| Field::text(FieldKind::Option, name, value)));
        sorted(fields)
    }

    /// The key.
    pub fn key(&self) -> L0Key {
        L0Key(hash(LEVEL0_CONTEXT, &self.fields()))
    }
}

impl L1Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let L1Recipe {
            label: _,
            typed_program,
            functions,
            globals,
            schemas,
            arguments,
            options,
            library_fingerprint,
            host_abi_version,
            import_table,
            compiler_fingerprint,
        } = self;
        let mut fields = vec![
            Field::opaque(FieldKind::Program, "typed program", *typed_program),
            Field::opaque(FieldKind::Library, "library", *library_fingerprint),
            Field::text(FieldKind::Compiler, "host interface", host_abi_version.to_string()),
            Field::opaque(FieldKind::Compiler, "host functions", *import_table),
            Field::opaque(FieldKind::Compiler, "compiler", *compiler_fingerprint),
            // Tells f() from f(x) with an argument that has no type text.
            Field::text(FieldKind::Argument, "count", arguments.len().to_string()),
        ];
        for FunctionInput { name, digest } in functions {
            fields.push(Field::opaque(FieldKind::Function, name, *digest));
        }
        fields.extend(globals.iter().map(Field::global));
        for SchemaInput { label, columns } in schemas {
            for (name, ty) in columns {
                fields.push(Field::text(FieldKind::Column, format!("{label}.{name}"), ty));
            }
            let list: Vec<String> = columns.iter().map(|(name, ty)| format!("{name:?}: {ty:?}")).collect();
            fields.push(Field::text(FieldKind::Schema, label, list.join(", ")));
        }
        for (index, ty) in arguments.iter().enumerate() {
            fields.push(Field::text(FieldKind::Argument, format!("argument {index}"), ty));
        }
        for (name, value) in options {
            fields.push(Field::text(FieldKind::Option, name, value));
        }
        sorted(fields)
    }

    /// The key. What functions and globals are called is shown, but not hashed: a renamed function is the
    /// same function.
    pub fn key(&self) -> L1Key {
        level1_key(self.fields())
    }
}

impl L2Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let L2Recipe { label: _, wasm, engine, metering } = self;
        let EngineIdentity { wasmtime, codegen, target, cpu, settings, compatibility } = &**engine;
        let mut fields = vec![
            Field::opaque(FieldKind::Wasm, "wasm", *wasm),
            Field::text(FieldKind::Engine, "wasmtime", wasmtime),
            Field::text(FieldKind::Engine, "code generation", codegen),
            Field::text(FieldKind::Engine, "target", target),
            Field::opaque(FieldKind::Engine, "wasmtime settings", *compatibility),
            Field::text(FieldKind::Option, "metering", metering),
        ];
        for (name, value) in settings {
            fields.push(Field::text(FieldKind::Option, *name, value));
        }
        for (name, present) in cpu {
            fields.push(Field::text(FieldKind::Cpu, *name, if *present { "yes" } else { "no" }));
        }
        sorted(fields)
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

    /// Digest of all fields but the wasm, and the folder. They are the same for all functions of a process,
    /// and there are dozens of fields, so the last answer is kept.
    fn machine(&self) -> (Digest, String) {
        type Answer = (Arc<EngineIdentity>, String, Digest, String);
        static LAST: Mutex<Option<Answer>> = Mutex::new(None);
        // Replaced whole, so a panic elsewhere cannot have left it half changed.
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((engine, metering, digest, folder)) = &*last
            // An identity that someone holds cannot be changed, only copied.
            && Arc::ptr_eq(engine, &self.engine)
            && *metering == self.metering
        {
            return (*digest, folder.clone());
        }
        let (digest, folder) = machine_of(self.fields());
        *last = Some((Arc::clone(&self.engine), self.metering.clone(), digest, folder.clone()));
        (digest, folder)
    }
}

/// The key of a level-1 entry by its fields.
pub(crate) fn level1_key(mut fields: Vec<Field>) -> L1Key {
    for field in &mut fields {
        if matches!(field.kind, FieldKind::Function | FieldKind::Global) {
            field.name.clear();
        }
    }
    L1Key(hash(LEVEL1_CONTEXT, &sorted(fields)))
}

/// The key of a level-2 entry by its fields, and the engine's eight digits.
pub(crate) fn level2_key(fields: &[Field]) -> (L2Key, String) {
    let wasm =
        fields.iter().find(|field| field.kind == FieldKind::Wasm).map_or([0; 32], |field| field.digest);
    level2(wasm, machine_of(fields.to_vec()))
}

/// Digest of all fields but the wasm, and the folder.
fn machine_of(mut fields: Vec<Field>) -> (Digest, String) {
    fields.retain(|field| field.kind != FieldKind::Wasm);
    let digest = hash(ENGINE_CONTEXT, &fields);
    fields.retain(|field| matches!(field.kind, FieldKind::Engine | FieldKind::Option));
    (digest, hex(&hash(ENGINE_CONTEXT, &fields))[..8].to_owned())
}

fn level2(wasm: Digest, (machine, folder): (Digest, String)) -> (L2Key, String) {
    let wasm = Field::opaque(FieldKind::Wasm, "wasm", wasm);
    let machine =
        Field { kind: FieldKind::Engine, name: String::new(), digest: machine, value: String::new() };
    (L2Key(hash(LEVEL2_CONTEXT, &[wasm, machine])), folder)
}

fn sorted(mut fields: Vec<Field>) -> Vec<Field> {
    // The digest is in the order so that repeated names (two unnamed lambdas) have one order too.
    fields.sort_by(|a, b| (a.kind, &a.name, a.digest).cmp(&(b.kind, &b.name, b.digest)));
    fields
}

fn hash(context: &str, fields: &[Field]) -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for Field { kind, name, digest, value: _ } in fields {
        let len = 8 + name.len() as u64 + digest.len() as u64;
        hasher.update(&(*kind as u16).to_le_bytes());
        hasher.update(&len.to_le_bytes());
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update(digest);
    }
    *hasher.finalize().as_bytes()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
pub(crate) mod tests;
