//! What goes into a bundle, in any order → the bundle's bytes, always in the same order.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::format::{Purpose, blob_digest, head, pack};
use super::keys::SecretKey;
use super::manifest::{Blob, Callable, Manifest, Module, NativeCode, SourceText, UnitRef};
use super::shape::{SchemaText, Shape};
use super::spool::{Held, Spool};
use crate::cache::key::{Digest, Field, FieldKind, level1_key, level2_key, wasm_digest};
use crate::levels::code_info::CodeInfo;

/// The field of a level-2 recipe that names a CPU level.
const LEVEL_FIELD: &str = "CPU level";
/// What code is called that is for exactly the CPU that it was made on.
const EXACT: &str = "native";

/// A bundle in the making.
#[derive(Default)]
pub(crate) struct Contents {
    /// By digest: bytes as they will lie in the bundle, and their size before they were packed.
    blobs: BTreeMap<Digest, (Held, u64)>,
    spool: Spool,
    modules: BTreeMap<Digest, (Module, Digest)>,
    natives: BTreeMap<Digest, (NativeCode, Digest)>,
    files: BTreeSet<FileRef>,
    programs: Vec<(Draft, Vec<Option<FileRef>>)>,
}

/// A source file: its name and the digest of its text.
type FileRef = (String, Digest);

/// A [`Callable`] that names its parts by content instead of by number.
#[derive(Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) rows: bool,
    pub(crate) params: Vec<Shape>,
    pub(crate) result: Shape,
    /// Name and text of the program's files; `None` for those of the library.
    pub(crate) files: Vec<Option<(String, String)>>,
    pub(crate) datasets: Vec<(String, SchemaText)>,
    /// The key of each unit's module, and the rest of it.
    pub(crate) units: Vec<(Digest, UnitRef)>,
}

/// A bundle whose parts are all known.
struct Laid {
    /// All of it but its blobs.
    head: Vec<u8>,
    /// The blobs in their order, and how long they are together.
    blobs: BTreeMap<Digest, (Held, u64)>,
    length: usize,
    spool: Spool,
}

/// Where an entry comes from.
pub(crate) struct Origin<'a> {
    pub(crate) label: &'a str,
    pub(crate) fields: Vec<Field>,
    pub(crate) made_in_us: u64,
    pub(crate) producer: &'a str,
}

impl Contents {
    /// Nothing yet; what comes is kept in this file, which is empty, and not in memory.
    pub(crate) fn in_file(file: File) -> Self {
        Contents { spool: Spool::in_file(file), ..Contents::default() }
    }

    fn blob(&mut self, bytes: &[u8]) -> Result<Digest, String> {
        let packed = pack(bytes).ok_or("a part of the bundle cannot be compressed")?;
        let digest = blob_digest(&packed);
        if let Entry::Vacant(place) = self.blobs.entry(digest) {
            place.insert((self.spool.keep(packed)?, bytes.len() as u64));
        }
        Ok(digest)
    }

    /// Adds an encoded artifact with this wasm in it, and gives its key.
    pub(crate) fn module(
        &mut self,
        origin: Origin<'_>,
        artifact: &[u8],
        wasm: &[u8],
    ) -> Result<Digest, String> {
        let Origin { label, fields, made_in_us, producer } = origin;
        let key = level1_key(fields.clone()).0;
        let blob = self.blob(artifact)?;
        let wasm = wasm_digest(wasm);
        let (label, producer) = (label.to_owned(), producer.to_owned());
        let module = Module { key, label, fields, made_in_us, producer, artifact: 0, wasm };
        // Functions that differ in their names only have one key, but not one artifact, for names are in it. One is for all of
        // them, the same one in whatever order they come.
        match self.modules.get(&key) {
            Some((known, bytes)) if (bytes, &known.label) <= (&blob, &module.label) => {}
            _ => drop(self.modules.insert(key, (module, blob))),
        }
        Ok(key)
    }

    /// Adds native code. An error if it is none that this version of wasmtime could have made.
    pub(crate) fn native(&mut self, origin: Origin<'_>, elf: &[u8]) -> Result<(), String> {
        let Origin { label, fields, made_in_us, producer } = origin;
        let CodeInfo { version: _, target, features } = CodeInfo::read(elf)?;
        let field = |kind, name: &str| fields.iter().find(move |f| f.kind == kind && f.name == name);
        let wasm = field(FieldKind::Wasm, "wasm").ok_or("the recipe names no wasm")?.digest;
        let level = field(FieldKind::Option, LEVEL_FIELD).map_or(EXACT, |field| &field.value).to_owned();
        let key = level2_key(&fields).0.0;
        let blob = self.blob(elf)?;
        let (label, producer) = (label.to_owned(), producer.to_owned());
        let native =
            NativeCode { key, label, fields, made_in_us, producer, code: 0, wasm, level, target, features };
        match self.natives.get(&key) {
            Some((known, bytes)) if (bytes, &known.label) <= (&blob, &native.label) => {}
            _ => drop(self.natives.insert(key, (native, blob))),
        }
        Ok(())
    }

    /// Adds something to call; its modules must have been added.
    pub(crate) fn program(&mut self, draft: Draft) -> Result<(), String> {
        let mut files = Vec::with_capacity(draft.files.len());
        for file in &draft.files {
            let Some((name, text)) = file else {
                files.push(None);
                continue;
            };
            let file = (name.clone(), self.blob(text.as_bytes())?);
            self.files.insert(file.clone());
            files.push(Some(file));
        }
        self.programs.push((draft, files));
        Ok(())
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.natives.is_empty()
    }

    /// The bundle's bytes, signed with these keys; `None` if it would be too large.
    pub(crate) fn seal(self, keys: &[&SecretKey]) -> Option<Vec<u8>> {
        let mut laid = self.laid(keys)?;
        let mut bytes = std::mem::take(&mut laid.head);
        bytes.reserve_exact(laid.length);
        laid.write_blobs(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Writes the same, and gives how long it is. An error if it would be too large, a part could not be kept, or writing failed.
    pub(crate) fn seal_into(self, keys: &[&SecretKey], out: &mut dyn Write) -> Result<u64, String> {
        self.spool.check()?;
        let mut laid = self.laid(keys).ok_or("the bundle would be too large")?;
        let head = std::mem::take(&mut laid.head);
        let written = out.write_all(&head).and_then(|()| laid.write_blobs(out));
        written.map_err(|error| format!("cannot write the bundle: {error}"))?;
        Ok((head.len() + laid.length) as u64)
    }

    fn laid(self, keys: &[&SecretKey]) -> Option<Laid> {
        let Contents { mut blobs, spool, modules, natives, files, programs } = self;
        let code = modules.values().map(|(_, blob)| *blob).chain(natives.values().map(|(_, blob)| *blob));
        let used: BTreeSet<Digest> = code.chain(files.iter().map(|(_, text)| *text)).collect();
        blobs.retain(|digest, _| used.contains(digest));
        let numbers: BTreeMap<Digest, u32> =
            blobs.keys().enumerate().map(|(at, digest)| (*digest, at as u32)).collect();
        // Every digest below was returned by `blob`, every key by `module`.
        let blob = |digest: &Digest| numbers.get(digest).copied().unwrap_or(u32::MAX);
        let mut texts: Vec<SourceText> =
            files.into_iter().map(|(name, digest)| SourceText { name, text: blob(&digest) }).collect();
        texts.sort();
        let keys_of_modules: Vec<Digest> = modules.keys().copied().collect();
        let number = |key: &Digest| keys_of_modules.binary_search(key).map_or(u32::MAX, |at| at as u32);
        let mut callables: Vec<Callable> = programs
            .into_iter()
            .map(|(draft, files)| {
                let file = |(name, digest): FileRef| {
                    let wanted = SourceText { name, text: blob(&digest) };
                    texts.binary_search(&wanted).map_or(u32::MAX, |at| at as u32)
                };
                let files = files.into_iter().map(|f| f.map(file)).collect();
                let units = draft.units.into_iter();
                let units = units.map(|(key, unit)| UnitRef { module: number(&key), ..unit }).collect();
                let Draft { name, rows, params, result, datasets, .. } = draft;
                Callable { name, rows, params, result, files, datasets, units }
            })
            .collect();
        callables.sort_by(|a, b| a.order().cmp(&b.order()));
        callables.dedup_by(|a, b| a.order() == b.order());
        let manifest = Manifest {
            blobs: blobs
                .iter()
                .map(|(digest, (b, size))| Blob { digest: *digest, length: b.len(), size: *size })
                .collect(),
            modules: modules.into_values().map(|(m, b)| Module { artifact: blob(&b), ..m }).collect(),
            natives: natives.into_values().map(|(n, b)| NativeCode { code: blob(&b), ..n }).collect(),
            files: texts,
            programs: callables,
        };
        let length = blobs.values().try_fold(0_u64, |sum, (held, _)| sum.checked_add(held.len()))?;
        let length = usize::try_from(length).ok()?;
        let keys: Vec<_> = keys.iter().map(|key| key.signing()).collect();
        let head = head(Purpose::BUNDLE, &manifest.encode(), length, &keys)?;
        Some(Laid { head, blobs, length, spool })
    }
}

impl Laid {
    fn write_blobs(&mut self, out: &mut dyn Write) -> std::io::Result<()> {
        self.blobs.values().try_for_each(|(held, _)| self.spool.give(held, out))
    }
}
