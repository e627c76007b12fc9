//! What the compiler hands to the host: a wasm module and all that explains it.
//!
//! The wasm has no names and no source positions, so that an edit which changes neither leaves its
//! bytes, and with them the native code, as they were. Here are the rest: which `unreachable` raises
//! which exception, which call is at which place, what functions are called. Offsets are from the
//! start of the wasm file to the instruction, as wasmtime's `FrameInfo::module_offset` gives them.
//!
//! [`Artifact::decode`] accepts any bytes: it limits sizes and checks all indices, and that the wasm
//! imports nothing but what [`crate::abi`] lists. It does not validate the wasm's code: wasmtime does.

use crate::abi::{self, Import, external};
use crate::ir::{FuncId, Loc, LocId, Message, Site, SiteId};
use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload, TypeRef, ValType};

mod decode;

/// Largest artifact, in bytes.
pub const MAX_SIZE: usize = 1 << 26;

/// Why an `unreachable` was reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum TrapKind {
    /// An exception. Its operands are in the slots at [`abi::TRAP_ARGS`].
    Raise {
        /// Which.
        site: SiteId,
        /// Bit `i`: operand `i` is a float; the other operands are integers of 64 bits.
        floats: u8,
    },
    /// The CPU budget is used up.
    OutOfFuel,
    /// The host has set the flag at [`abi::INTERRUPT`].
    Interrupted,
}

/// A function's name, and its body's place in the wasm file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FunctionInfo {
    /// Name for people.
    pub name: String,
    /// Offset of the body's first byte.
    pub start: u32,
    /// Offset after the body's last byte.
    pub end: u32,
}

/// The wasm type of a function of the embedder: letters for its scalars, `i`, `l` and `d` as i32, i64 and f64.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExternalShape {
    /// Parameters.
    pub params: String,
    /// Results: at most one.
    pub results: String,
}

impl ExternalShape {
    /// Of a signature.
    pub fn of(signature: &external::Signature) -> Self {
        let (params, results) = signature.scalars();
        let letters =
            |types: Vec<crate::ir::Ty>| types.into_iter().filter_map(|ty| letter(val_type(ty))).collect();
        ExternalShape { params: letters(params), results: letters(results) }
    }

    /// Of an imported function; `None` if the embedder can give none of this type.
    fn of_import(ty: &wasmparser::FuncType) -> Option<Self> {
        let letters = |types: &[ValType]| types.iter().map(|ty| letter(*ty)).collect::<Option<String>>();
        let shape = ExternalShape { params: letters(ty.params())?, results: letters(ty.results())? };
        (shape.params.len() <= external::MAX_PARAMS && shape.results.len() <= 1).then_some(shape)
    }
}

fn letter(ty: ValType) -> Option<char> {
    match ty {
        ValType::I32 => Some('i'),
        ValType::I64 => Some('l'),
        ValType::F64 => Some('d'),
        ValType::F32 | ValType::V128 | ValType::Ref(_) => None,
    }
}

/// A compiled unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// The module.
    pub wasm: Vec<u8>,
    /// Recorded `unreachable` instructions by offset, ascending.
    pub traps: Vec<(u32, TrapKind)>,
    /// Calls by offset, ascending.
    pub calls: Vec<(u32, LocId)>,
    /// Statements that can raise; [`SiteId`] indexes them.
    pub sites: Vec<Site>,
    /// Places; [`LocId`] indexes them.
    pub locs: Vec<Loc>,
    /// Functions by [`FuncId`]; their places ascend.
    pub functions: Vec<FunctionInfo>,
    /// Exported functions.
    pub exports: Vec<(String, FuncId)>,
    /// Host functions that are imported.
    pub imports: Vec<Import>,
    /// Functions of the embedder that are imported.
    pub externals: Vec<ExternalShape>,
    /// Import names of the functions of other units.
    pub entries: Vec<String>,
    /// Bytes of static data: the host reserves them before it instantiates.
    pub data_len: u32,
    /// Whether the memory is imported.
    pub needs_memory: bool,
    /// Whether `fuel` and `budget` are imported.
    pub metered: bool,
    /// How many of the program's variables are imported, in scalars.
    pub variables: u32,
    /// Addresses among the parameters of `main`, by number, that nothing looks at: what they would name need not be there.
    pub unread: Vec<u32>,
}

impl Artifact {
    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Writing to a vector cannot fail, and the types have no fallible serialisers.
        bincode::serde::encode_to_vec(self, bincode::config::standard()).unwrap_or_default()
    }

    /// From bytes, checked.
    pub fn decode(bytes: &[u8]) -> Result<Artifact, String> {
        if bytes.len() > MAX_SIZE {
            return Err(format!("the artifact has {} bytes; the limit is {MAX_SIZE}", bytes.len()));
        }
        let config = bincode::config::standard().with_limit::<MAX_SIZE>();
        let (artifact, used): (Artifact, usize) =
            bincode::serde::decode_from_slice(bytes, config).map_err(|e| format!("not an artifact: {e}"))?;
        if used != bytes.len() {
            return Err(format!("{} bytes after the artifact", bytes.len() - used));
        }
        artifact.validate()?;
        Ok(artifact)
    }

    /// The same without the module, for where its native code is at hand.
    pub fn without_wasm(&self) -> Artifact {
        Artifact { wasm: Vec::new(), ..self.clone() }
    }

    /// Checks that all indices and offsets are in range, that tables are in order, and that the
    /// module's imports are those that the fields name.
    pub fn validate(&self) -> Result<(), String> {
        self.validate_tables(self.wasm.len())?;
        self.validate_imports()
    }

    /// The part of [`Artifact::validate`] that does not look at the module, which has this many bytes.
    pub fn validate_tables(&self, wasm_len: usize) -> Result<(), String> {
        let loc = |loc: LocId| check(loc.index() < self.locs.len(), || format!("no place {}", loc.0));
        for (at, place) in self.locs.iter().enumerate() {
            // A parent comes first, so that chains of parents end.
            let ordered = place.parent.is_none_or(|parent| parent.index() < at);
            check(ordered, || format!("place {at} has a later parent"))?;
        }
        self.sites.iter().try_for_each(|site| loc(site.loc))?;
        self.calls.iter().try_for_each(|(_, place)| loc(*place))?;
        for (_, kind) in &self.traps {
            if let TrapKind::Raise { site, .. } = kind {
                check(site.index() < self.sites.len(), || format!("no site {}", site.0))?;
            }
        }
        let end = u32::try_from(wasm_len).map_err(|_| "the module is too large".to_owned())?;
        check(is_ascending(self.unread.iter().copied(), u32::MAX), || {
            "parameters are out of order".to_owned()
        })?;
        check(is_ascending(self.traps.iter().map(|t| t.0), end), || "traps are out of order".to_owned())?;
        check(is_ascending(self.calls.iter().map(|c| c.0), end), || "calls are out of order".to_owned())?;
        let bounds = self.functions.iter().flat_map(|f| [f.start, f.end]);
        check(is_ascending(bounds, end.saturating_add(1)), || "functions are out of order".to_owned())?;
        for (name, id) in &self.exports {
            check(id.index() < self.functions.len(), || format!("`{name}` exports no function"))?;
        }
        Ok(())
    }

    fn validate_imports(&self) -> Result<(), String> {
        let found = imports(&self.wasm)?;
        let same = found.functions == self.imports
            && found.externals == self.externals
            && found.entries == self.entries
            && found.memory == self.needs_memory
            && found.metered == self.metered
            && found.variables == self.variables;
        check(same, || "the module's imports are not those of the artifact".to_owned())
    }

    /// Why the instruction at this offset trapped, if it is one of ours.
    pub fn trap_at(&self, offset: u32) -> Option<TrapKind> {
        let at = self.traps.binary_search_by_key(&offset, |trap| trap.0).ok()?;
        Some(self.traps[at].1)
    }

    /// The place of an instruction: of the trap or call there, or else of the last one before it in
    /// the same function, or else of the first one after it, as for the charge at the head of a loop.
    pub fn loc_at(&self, offset: u32) -> Option<LocId> {
        if let Some(TrapKind::Raise { site, .. }) = self.trap_at(offset) {
            return Some(self.sites.get(site.index())?.loc);
        }
        let function = self.function_at(offset)?;
        let raise = |(at, kind): &(u32, TrapKind)| match kind {
            TrapKind::Raise { site, .. } => Some((*at, self.sites.get(site.index())?.loc)),
            TrapKind::OutOfFuel | TrapKind::Interrupted => None,
        };
        let (calls, later_calls) = self.calls.split_at(self.calls.partition_point(|call| call.0 <= offset));
        let (traps, later_traps) = self.traps.split_at(self.traps.partition_point(|trap| trap.0 <= offset));
        let before = calls.last().copied().into_iter().chain(traps.iter().rev().find_map(raise));
        let before = before.max_by_key(|place| place.0).filter(|place| place.0 >= function.start);
        let after = || {
            let after = later_calls.first().copied().into_iter().chain(later_traps.iter().find_map(raise));
            after.min_by_key(|place| place.0).filter(|place| place.0 < function.end)
        };
        before.or_else(after).map(|place| place.1)
    }

    /// The function whose body holds this offset.
    pub fn function_at(&self, offset: u32) -> Option<&FunctionInfo> {
        let after = self.functions.partition_point(|f| f.start <= offset);
        self.functions[..after].last().filter(|f| offset < f.end)
    }

    /// A place and the places that it was inlined into, innermost first.
    pub fn inlined(&self, loc: LocId) -> impl Iterator<Item = &Loc> {
        let first = self.locs.get(loc.index());
        std::iter::successors(first, |place| self.locs.get(place.parent?.index()))
    }

    /// The exception of a site and how its message is made.
    pub fn exception(&self, site: SiteId) -> Option<(&str, &Message)> {
        self.sites.get(site.index()).map(|site| (site.exception.as_str(), &site.message))
    }
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn is_ascending(offsets: impl Iterator<Item = u32>, end: u32) -> bool {
    let mut last = 0;
    for offset in offsets {
        if offset < last || offset >= end {
            return false;
        }
        last = offset;
    }
    true
}

/// What a module imports, all of it within [`abi`].
#[derive(Default)]
pub(crate) struct Imports {
    /// Host functions, in order.
    pub(crate) functions: Vec<Import>,
    /// Functions of the embedder, in order; they come after the host's.
    pub(crate) externals: Vec<ExternalShape>,
    /// Functions of other units, in order; they come last.
    pub(crate) entries: Vec<String>,
    /// Whether there is a memory.
    pub(crate) memory: bool,
    /// Whether `fuel` and `budget` are there, as globals 0 and 1.
    pub(crate) metered: bool,
    /// How many variables of the program there are; they are the last of the imported globals.
    pub(crate) variables: u32,
}

/// Reads a module's imports; an error if one is not within [`abi`].
pub(crate) fn imports(wasm: &[u8]) -> Result<Imports, String> {
    let mut found = Imports::default();
    let mut types = Vec::new();
    let mut globals = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|e| e.to_string())? {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty.map_err(|e| e.to_string())?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(|e| e.to_string())?;
                    found.add(&import, &types, &mut globals)?;
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    found.metered = globals.starts_with(&[abi::FUEL, abi::BUDGET]);
    let rest = if found.metered { &globals[2..] } else { &globals[..] };
    check(rest.is_empty() || *rest == [abi::DATA_BASE], || {
        "unexpected order of imported globals".to_owned()
    })?;
    Ok(found)
}

impl Imports {
    fn add(
        &mut self,
        import: &wasmparser::Import<'_>,
        types: &[wasmparser::FuncType],
        globals: &mut Vec<&'static str>,
    ) -> Result<(), String> {
        let refuse = || Err(format!("import `{}.{}` is not in the ABI", import.module, import.name));
        match (import.module, import.ty) {
            (abi::MODULE, TypeRef::Memory(ty)) => {
                let plain = !ty.memory64 && !ty.shared && ty.page_size_log2.is_none() && ty.initial <= 1;
                if import.name != abi::MEMORY || !plain || self.memory {
                    return refuse();
                }
                self.memory = true;
            }
            (abi::MODULE, TypeRef::Global(ty)) => {
                let (name, wanted) = match import.name {
                    abi::FUEL => (abi::FUEL, (ValType::I64, true)),
                    abi::BUDGET => (abi::BUDGET, (ValType::I64, true)),
                    abi::DATA_BASE => (abi::DATA_BASE, (ValType::I32, false)),
                    _ => return refuse(),
                };
                if (ty.content_type, ty.mutable) != wanted || ty.shared || self.variables > 0 {
                    return refuse();
                }
                globals.push(name);
            }
            (abi::VARIABLE_MODULE, TypeRef::Global(ty)) => {
                let scalar = matches!(ty.content_type, ValType::I32 | ValType::I64 | ValType::F64);
                if !scalar || !ty.mutable || ty.shared || import.name != self.variables.to_string() {
                    return refuse();
                }
                self.variables += 1;
            }
            (abi::MODULE, TypeRef::Func(index)) => {
                let known = Import::ALL.iter().find(|known| known.name() == import.name);
                let (Some(known), Some(ty)) = (known, types.get(index as usize)) else { return refuse() };
                let same = |wasm: &[ValType], ours: &[crate::ir::Ty]| {
                    wasm.iter().copied().eq(ours.iter().map(|ty| val_type(*ty)))
                };
                if !same(ty.params(), known.params()) || !same(ty.results(), known.results()) {
                    return refuse();
                }
                if !self.entries.is_empty() || !self.externals.is_empty() {
                    return Err(
                        "a host function is imported after another unit's or an embedder's".to_owned()
                    );
                }
                self.functions.push(*known);
            }
            (external::MODULE, TypeRef::Func(index)) => {
                let shape = types.get(index as usize).and_then(ExternalShape::of_import);
                let Some(shape) = shape.filter(|_| import.name == self.externals.len().to_string()) else {
                    return refuse();
                };
                if !self.entries.is_empty() {
                    return Err("a function of the embedder is imported after another unit's".to_owned());
                }
                self.externals.push(shape);
            }
            (abi::ENTRY_MODULE, TypeRef::Func(_)) => self.entries.push(import.name.to_owned()),
            _ => return refuse(),
        }
        Ok(())
    }
}

fn val_type(ty: crate::ir::Ty) -> ValType {
    match ty {
        crate::ir::Ty::I32 => ValType::I32,
        crate::ir::Ty::I64 => ValType::I64,
        crate::ir::Ty::F64 => ValType::F64,
        crate::ir::Ty::V128 => ValType::V128,
    }
}
