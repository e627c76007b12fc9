//! What a bundle holds: manifest ↔ bytes, checked.
//!
//! bincode with a size limit. There is one way to write a manifest: lists are sorted, nothing is repeated
//! or unused, and a manifest that is not what writing it again would give is refused. [`Manifest::decode`]
//! accepts any bytes. It checks every index, that keys are those of their fields, and that names are
//! relative; whether blobs are what they should be is checked by their digests, elsewhere.

use ovenbird_compiler::abi::external::External;
use serde::{Deserialize, Serialize};

use super::format::{BadBundle, MAX_BLOB, MAX_MANIFEST};
use super::shape::{SchemaText, Shape};
use crate::code::VariableLink;
use crate::key::{self, Digest, Field};
use crate::traceback::Place;

/// Most bytes of a name.
const MAX_NAME: usize = 4096;

/// The table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Blobs in the order in which they lie, ascending by digest.
    pub(crate) blobs: Vec<Blob>,
    /// wasm, ascending by key.
    pub(crate) modules: Vec<Module>,
    /// Native code, ascending by key.
    pub(crate) natives: Vec<NativeCode>,
    /// The users' files that tracebacks show, ascending.
    pub(crate) files: Vec<SourceText>,
    /// What can be called, ascending by [`Callable::order`].
    pub(crate) programs: Vec<Callable>,
}

/// A piece of the bundle's content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Blob {
    /// Of the bytes as they lie in the bundle.
    pub(crate) digest: Digest,
    /// Their number.
    pub(crate) length: u64,
    /// Their number when they are no longer compressed.
    pub(crate) size: u64,
}

/// A level-1 entry: the artifact of a unit, with everything that its key covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Module {
    pub(crate) key: Digest,
    pub(crate) label: String,
    pub(crate) fields: Vec<Field>,
    /// Microseconds that making it took, if it comes from a cache; 0 from `build`, which has no clock.
    pub(crate) made_in_us: u64,
    /// Version of Ovenbird that made it.
    pub(crate) producer: String,
    /// The encoded artifact.
    pub(crate) artifact: u32,
    /// Digest of the wasm in it, by which native code is found.
    pub(crate) wasm: Digest,
}

/// A level-2 entry: native code of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NativeCode {
    pub(crate) key: Digest,
    pub(crate) label: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) made_in_us: u64,
    pub(crate) producer: String,
    pub(crate) code: u32,
    pub(crate) wasm: Digest,
    /// `x86-64-v3`, or `native`: exactly the CPU that it was made on.
    pub(crate) level: String,
    /// Target triple, as the code says.
    pub(crate) target: String,
    /// CPU features that it may use, as the code says.
    pub(crate) features: Vec<String>,
}

/// A source file as far as tracebacks need it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct SourceText {
    pub(crate) name: String,
    pub(crate) text: u32,
}

/// Something that can be called: a module body or a function for one list of parameter types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Callable {
    /// The function; empty for the module body.
    pub(crate) name: String,
    /// Whether it is called for each row of a frame, its one parameter.
    pub(crate) rows: bool,
    pub(crate) params: Vec<Shape>,
    pub(crate) result: Shape,
    /// The program's files by number: one of the manifest's, or `None` for a file of the library.
    pub(crate) files: Vec<Option<u32>>,
    /// Datasets that were looked at when it was compiled.
    pub(crate) datasets: Vec<(String, SchemaText)>,
    /// What is instantiated together; the first is called.
    pub(crate) units: Vec<UnitRef>,
}

/// A unit of a callable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitRef {
    pub(crate) module: u32,
    /// Types as people read them.
    pub(crate) params: Vec<String>,
    pub(crate) result: String,
    /// Units that it calls, by number in the callable.
    pub(crate) entries: Vec<u32>,
    /// The program's variables that it reads and writes.
    pub(crate) variables: Vec<VariableLink>,
    /// The embedder's functions that it calls, in the order of its imports.
    pub(crate) externals: Vec<External>,
    /// Names and positions for tracebacks.
    pub(crate) places: Vec<Place>,
}

fn wrong(what: impl Into<String>) -> BadBundle {
    BadBundle::Manifest(what.into())
}

impl Manifest {
    /// As bytes. The lists must be in order.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Writing to a vector cannot fail, and the types have no fallible serialisers.
        bincode::serde::encode_to_vec(self, bincode::config::standard()).unwrap_or_default()
    }

    /// From bytes, checked; `blobs` is their length together.
    pub(crate) fn decode(bytes: &[u8], blobs: usize) -> Result<Manifest, BadBundle> {
        let config = bincode::config::standard().with_limit::<MAX_MANIFEST>();
        let (manifest, used): (Manifest, usize) =
            bincode::serde::decode_from_slice(bytes, config).map_err(|error| wrong(error.to_string()))?;
        if used != bytes.len() || manifest.encode() != bytes {
            return Err(wrong("it is not in canonical form"));
        }
        manifest.check(blobs)?;
        Ok(manifest)
    }

    fn check(&self, blobs: usize) -> Result<(), BadBundle> {
        let Manifest { blobs: table, modules, natives, files, programs } = self;
        let sum = table.iter().try_fold(0_u64, |sum, blob| sum.checked_add(blob.length));
        if sum != Some(blobs as u64) {
            return Err(wrong("the lengths of the blobs do not add up"));
        }
        if table.iter().any(|blob| blob.size > MAX_BLOB) {
            return Err(wrong("a blob is too large"));
        }
        let ordered = table.is_sorted_by(|a, b| a.digest < b.digest)
            && modules.is_sorted_by(|a, b| a.key < b.key)
            && natives.is_sorted_by(|a, b| a.key < b.key)
            && files.is_sorted_by(|a, b| a < b)
            && programs.is_sorted_by(|a, b| a.order() < b.order());
        if !ordered {
            return Err(wrong("a list is out of order or repeats itself"));
        }
        let mut used = vec![false; table.len()];
        let mut refer = |number: u32| {
            let blob = used.get_mut(number as usize).ok_or_else(|| wrong("there is no such blob"))?;
            *blob = true;
            Ok(())
        };
        for module in modules {
            refer(module.artifact)?;
            check_name(&module.label)?;
            if key::level1_key(module.fields.clone()).0 != module.key {
                return Err(wrong(format!("the key of `{}` is not that of its fields", module.label)));
            }
        }
        for native in natives {
            refer(native.code)?;
            check_name(&native.label)?;
            if key::level2_key(&native.fields).0.0 != native.key {
                return Err(wrong(format!("the key of `{}` is not that of its fields", native.label)));
            }
        }
        for file in files {
            refer(file.text)?;
            check_path(&file.name)?;
        }
        if used.contains(&false) {
            return Err(wrong("a blob is not used"));
        }
        programs.iter().try_for_each(|program| program.check(self))
    }
}

impl Callable {
    /// What tells one from the others.
    pub(super) fn order(&self) -> (&str, bool, &[Shape]) {
        (&self.name, self.rows, &self.params)
    }

    fn check(&self, manifest: &Manifest) -> Result<(), BadBundle> {
        check_name(&self.name)?;
        let in_range = |number: u32, length: usize| (number as usize) < length;
        if self.units.is_empty() || !self.files.iter().flatten().all(|f| in_range(*f, manifest.files.len())) {
            return Err(wrong(format!("`{}` has no units, or a file that is not there", self.name)));
        }
        for (path, schema) in &self.datasets {
            check_name(path)?;
            schema.check().map_err(wrong)?;
        }
        for shape in self.params.iter().chain([&self.result]) {
            shape.check().map_err(wrong)?;
        }
        for (at, unit) in self.units.iter().enumerate() {
            // A unit is instantiated after those that it calls.
            let later = unit.entries.iter().all(|e| in_range(*e, self.units.len()) && *e as usize > at);
            if !in_range(unit.module, manifest.modules.len()) || !later {
                return Err(wrong(format!("unit {at} of `{}` refers to what is not there", self.name)));
            }
            for external in &unit.externals {
                check_name(&external.module)?;
                check_name(&external.name)?;
            }
        }
        Ok(())
    }
}

/// Names are shown to people.
fn check_name(name: &str) -> Result<(), BadBundle> {
    if name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(wrong("a name is too long or has control characters"));
    }
    Ok(())
}

/// Names of files tell nothing about the machine that made the bundle.
fn check_path(name: &str) -> Result<(), BadBundle> {
    check_name(name)?;
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(wrong(format!("the file name `{name}` is not relative")));
    }
    Ok(())
}
