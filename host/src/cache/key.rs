//! The only place that says what a key of the cache covers: recipe → key. What native code depends on, and how
//! fields become keys, is in `crate::key`.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use ovenbird_compiler::abi::{self, external::External};
use ovenbird_compiler::ir::Ty;
use ovenbird_compiler::typed::Unit;
use ovenbird_compiler::{Options, optimise, write_canonical_function};

pub use crate::key::{Digest, Field, FieldKind, L1Key, L2Key, L2Recipe, digest, digest_of, wasm_digest};
use crate::key::{Part, hash_among, key, level1, sorted};
pub(crate) use crate::key::{hex, level1_key, level2_key};

mod surroundings;

pub use surroundings::{Build, Surroundings};

const LEVEL0_CONTEXT: &str = "ovenbird 2026-11 L0 probe v2";
/// What arguments are called, of a request that has few.
const FIRST_ARGUMENTS: [&str; 4] = ["argument 0", "argument 1", "argument 2", "argument 3"];
const DIAGNOSTICS: &[u8] = b"ovenbird 2026-11 diagnostics v1";

/// Fingerprint of the compiler that is linked into this build.
pub fn compiler_fingerprint() -> Digest {
    digest(env!("OVENBIRD_COMPILER_FINGERPRINT").as_bytes())
}

/// Fingerprint of this build of compiler and host.
pub fn build_fingerprint() -> Digest {
    digest(env!("OVENBIRD_BUILD_FINGERPRINT").as_bytes())
}

/// The compiler's options, as (name, value). Taken apart whole, so that a new one is given its place here.
pub fn option_inputs(options: &Options) -> Vec<(String, String)> {
    let Options { optimise: optimise::Options { level, simd, bounds_versioning } } = options;
    let named = |name: &str, value: String| (name.to_owned(), value);
    vec![
        named("optimise.level", level.to_string()),
        named("optimise.simd", simd.to_string()),
        named("optimise.bounds_versioning", bounds_versioning.to_string()),
    ]
}

/// Digest of the table of host functions: names and signatures.
pub fn import_table_digest() -> Digest {
    static TABLE: LazyLock<Digest> = LazyLock::new(|| {
        // Room for all of it.
        let mut text = String::with_capacity(64 * abi::Import::ALL.len());
        for import in abi::Import::ALL {
            text.push_str(import.name());
            write_types(&mut text, " [", import.params());
            write_types(&mut text, " -> [", import.results());
            text.push('\n');
        }
        digest(text.as_bytes())
    });
    *TABLE
}

/// As `Debug` writes a list. Every process writes the table before its first look-up, and by way of `Debug` that took as long as
/// reading a small entry.
fn write_types(text: &mut String, before: &str, types: &[Ty]) {
    text.push_str(before);
    for (index, ty) in types.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(match ty {
            Ty::I32 => "I32",
            Ty::I64 => "I64",
            Ty::F64 => "F64",
            Ty::V128 => "V128",
        });
    }
    text.push(']');
}

key!(
    /// Names what one text gives for one request.
    L0Key
);

impl L0Key {
    /// Names what was found wrong with the same text for the same request.
    pub(crate) fn of_diagnostics(self) -> L0Key {
        L0Key(digest_of(|sink| {
            sink(DIAGNOSTICS);
            sink(&self.0);
        }))
    }
}

/// A function that went into the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInput {
    /// Qualified name, `helpers.clean`; shown, not hashed.
    pub name: String,
    /// Digest of its own typed body with callees by name (not by digest, else an edited callee could not
    /// be told from an edited caller), without spans, comments and local names.
    pub digest: Digest,
}

/// A unit with at most so many functions, those of the library included, is kept until its code is stored.
const SMALL_UNIT: usize = 64;

/// The functions of a unit, made out when somebody looks: that takes as long as naming the whole unit, and who compiles
/// on a miss need not wait for it. Cheap to clone.
#[derive(Clone)]
pub struct FunctionInputs(Arc<Functions>);

struct Functions {
    known: OnceLock<Vec<FunctionInput>>,
    unit: Option<Arc<Unit>>,
}

impl FunctionInputs {
    /// Those of a unit. A large one is not kept for that, which could be a hundred of them until they are stored; compared with
    /// compiling it, making them out takes no time.
    pub(crate) fn of(unit: &Arc<Unit>) -> Self {
        if unit.functions.len() > SMALL_UNIT {
            return inputs(unit).into();
        }
        FunctionInputs(Arc::new(Functions { known: OnceLock::new(), unit: Some(Arc::clone(unit)) }))
    }

    /// The functions, the entry first, without those of the library.
    pub fn get(&self) -> &[FunctionInput] {
        let Functions { known, unit } = &*self.0;
        known.get_or_init(|| unit.as_deref().map(inputs).unwrap_or_default())
    }
}

fn inputs(unit: &Unit) -> Vec<FunctionInput> {
    let input = |f: &ovenbird_compiler::typed::Function| FunctionInput {
        name: f.name.clone(),
        digest: digest_of(|sink| write_canonical_function(f, sink)),
    };
    unit.functions.iter().filter(|f| !f.library).map(input).collect()
}

impl From<Vec<FunctionInput>> for FunctionInputs {
    fn from(functions: Vec<FunctionInput>) -> Self {
        FunctionInputs(Arc::new(Functions { known: OnceLock::from(functions), unit: None }))
    }
}

impl PartialEq for FunctionInputs {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for FunctionInputs {}

impl std::fmt::Debug for FunctionInputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
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

/// A function of the embedder that the unit calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFunctionInput {
    /// `rates.rate`; shown, not hashed.
    pub name: String,
    /// Its types and its cost, in words.
    pub signature: String,
}

impl HostFunctionInput {
    /// What a key covers of a function.
    pub fn of(external: &External) -> Self {
        HostFunctionInput { name: external.path(), signature: external.signature.to_string() }
    }
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
    /// With [`Build::Whole`]: what is kept of a text is written and read by the host.
    pub surroundings: Arc<Surroundings>,
}

/// Everything that decides a unit's wasm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct L1Recipe {
    /// `module.function`. Used to find the nearest older entry for an explanation. **Not part of the
    /// key**: two functions with the same typed program share an entry.
    pub label: String,
    /// Digest of the unit's canonical typed program.
    pub typed_program: Digest,
    /// The functions in it, the entry first: what of the typed program is whose. Shown, not hashed.
    pub functions: FunctionInputs,
    /// The variables compiled into it.
    pub globals: Vec<GlobalInput>,
    /// The functions of the embedder that it calls.
    pub host_functions: Vec<HostFunctionInput>,
    /// The schemas compiled into it.
    pub schemas: Vec<SchemaInput>,
    /// Types of the arguments in words (and values of literal arguments), in order.
    pub arguments: Vec<String>,
    /// With [`Build::Compiler`].
    pub surroundings: Arc<Surroundings>,
}

/// A global's value.
impl Field {
    fn global(input: &GlobalInput) -> Self {
        let GlobalInput { name, value, digest } = input;
        Field { kind: FieldKind::Global, name: name.clone(), digest: *digest, value: value.clone() }
    }
}

impl L0Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let own = self.own_parts().into_iter().map(Part::shown);
        sorted(own.chain(self.surroundings.fields()).collect())
    }

    fn own_parts(&self) -> Vec<Part<'_>> {
        let L0Recipe { label: _, name, text, request, arguments, globals, surroundings: _ } = self;
        // And one for the surroundings.
        let mut parts = Vec::with_capacity(4 + arguments.len() + globals.len());
        parts.push(Part::text(FieldKind::Text, "name", name));
        parts.push(Part::opaque(FieldKind::Text, "text", *text));
        parts.push(Part::text(FieldKind::Request, "request", request));
        for (index, ArgumentInput { shown, digest }) in arguments.iter().enumerate() {
            let name = FIRST_ARGUMENTS
                .get(index)
                .map_or_else(|| Cow::Owned(format!("argument {index}")), |name| Cow::Borrowed(*name));
            parts.push(Part { kind: FieldKind::Argument, name, digest: *digest, value: Some(shown) });
        }
        parts.extend(globals.iter().map(|GlobalInput { name, value, digest }| Part {
            kind: FieldKind::Global,
            name: name.into(),
            digest: *digest,
            value: Some(value),
        }));
        parts
    }

    /// The key.
    pub fn key(&self) -> L0Key {
        let around = surroundings::digest(&self.surroundings);
        L0Key(hash_among(LEVEL0_CONTEXT, self.own_parts(), around))
    }
}

impl L1Recipe {
    /// The recipe as named fields, sorted.
    pub fn fields(&self) -> Vec<Field> {
        let functions = self.functions.get().iter();
        let functions = functions.map(|f| Field::opaque(FieldKind::Function, &f.name, f.digest));
        sorted(self.own_fields().into_iter().chain(functions).chain(self.surroundings.fields()).collect())
    }

    /// What only this unit has, but for its functions.
    fn own_fields(&self) -> Vec<Field> {
        let L1Recipe {
            label: _,
            typed_program,
            functions: _,
            globals,
            host_functions,
            schemas,
            arguments,
            surroundings: _,
        } = self;
        let mut fields = vec![
            Field::opaque(FieldKind::Program, "typed program", *typed_program),
            // Tells f() from f(x) with an argument that has no type text.
            Field::text(FieldKind::Argument, "count", arguments.len().to_string()),
        ];
        fields.extend(globals.iter().map(Field::global));
        for HostFunctionInput { name, signature } in host_functions {
            fields.push(Field::text(FieldKind::HostFunction, name, signature));
        }
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
        fields
    }

    /// The key. What functions, globals and host functions are called is shown, but not hashed: a renamed function is the
    /// same function. Nor are the functions' bodies one by one: the typed program holds them all.
    pub fn key(&self) -> L1Key {
        level1(self.own_fields(), surroundings::digest(&self.surroundings))
    }
}

#[cfg(test)]
pub(crate) mod tests;
