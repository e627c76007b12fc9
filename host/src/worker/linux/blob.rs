//! Compiled units with their native code ↔ bytes, as workers hand them on. Only workers look into them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::abi::external::External;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::source::{SourceFile, Sources};
use ovenbird_compiler::types::Type;
use serde::{Deserialize, Serialize};

use super::frame::{decode, encode};
use super::wire::UnitFace;
use crate::code::{LoadedUnit, Provenance, UnitInfo, VariableLink};
use crate::engine::Engine;
use crate::native::Native;
use crate::probe::shape::Shape;
use crate::run::Group;
use crate::traceback::{Place, Places};
use crate::worker::Piece;

/// What stands before the native code of the units.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Name and text of each file; nothing of the library's, which no traceback shows.
    files: Vec<Option<(String, String)>>,
    params: Vec<Shape>,
    result: Shape,
    units: Vec<Unit>,
}

#[derive(Serialize, Deserialize)]
struct Unit {
    face: UnitFace,
    entries: Vec<usize>,
    variables: Vec<VariableLink>,
    externals: Vec<External>,
    places: Vec<Place>,
    artifact: Artifact,
    /// Bytes of native code.
    native: usize,
}

impl UnitFace {
    pub(super) fn of(info: &UnitInfo) -> UnitFace {
        let UnitInfo { label, params, result, provenance: _, timings, wasm_bytes, key } = info.clone();
        UnitFace { label, params, result, timings, wasm_bytes, key }
    }

    pub(super) fn info(&self, provenance: Provenance) -> UnitInfo {
        let UnitFace { label, params, result, timings, wasm_bytes, key } = self.clone();
        UnitInfo { label, params, result, provenance, timings, wasm_bytes, key }
    }
}

impl Piece {
    /// A unit that was compiled here.
    fn of(unit: &LoadedUnit) -> Result<Piece, String> {
        let native = unit.native.module().map_err(|error| error.to_string())?;
        let native = native.serialize().map_err(|error| format!("{error:#}"))?;
        let LoadedUnit { artifact, places, info, entries, variables, externals, .. } = unit;
        Ok(Piece {
            artifact: Arc::clone(artifact),
            native: native.into(),
            places: places.to_vec(),
            info: info.clone(),
            entries: entries.clone(),
            variables: variables.clone(),
            externals: externals.clone(),
        })
    }
}

/// Packs compiled units; the first takes `params` and gives `result`.
pub(super) fn pack_units(
    units: &[LoadedUnit],
    sources: &Sources,
    params: Vec<Shape>,
    result: Shape,
) -> Result<Vec<u8>, String> {
    let pieces = units.iter().map(Piece::of).collect::<Result<Vec<_>, _>>()?;
    Ok(pack(&pieces, sources, params, result))
}

/// The same for units whose native code is bytes.
pub(super) fn pack(pieces: &[Piece], sources: &Sources, params: Vec<Shape>, result: Shape) -> Vec<u8> {
    let mut code = Vec::new();
    let mut packed = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let Piece { artifact, native, places, info, entries, variables, externals } = piece;
        packed.push(Unit {
            face: UnitFace::of(info),
            entries: entries.clone(),
            variables: variables.clone(),
            externals: externals.clone(),
            places: places.clone(),
            artifact: artifact.without_wasm(),
            native: native.len(),
        });
        code.extend_from_slice(native);
    }
    let file = |file: &SourceFile| (!file.library).then(|| (file.name.clone(), file.text.to_string()));
    let head = encode(&Head { files: sources.iter().map(file).collect(), params, result, units: packed });
    [&(head.len() as u64).to_le_bytes()[..], &head, &code].concat()
}

/// Unpacks and loads. In a worker only: see [`Native::load_confined`].
pub(super) fn unpack(
    engine: &Engine,
    confined: &super::confine::Confined,
    bytes: &[u8],
) -> Result<Group, String> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or("no length")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| "a bad length")?;
    let (head, mut code) = rest.split_at_checked(length).ok_or("a bad length")?;
    let head: Head = decode(head)?;
    let count = head.units.len();
    let mut units = Vec::with_capacity(count);
    for unit in head.units {
        unit.artifact.validate_tables(unit.face.wasm_bytes).map_err(|error| error.to_string())?;
        if unit.entries.iter().any(|entry| *entry >= count) {
            return Err("an entry that is not there".to_owned());
        }
        let (elf, others) = code.split_at_checked(unit.native).ok_or("a bad length")?;
        code = others;
        let native =
            Native::load_confined(engine.wasmtime(), confined, elf).map_err(|error| error.to_string())?;
        let (params, result) = match units.is_empty() {
            true => (head.params.iter().map(Shape::ty).collect(), head.result.ty()),
            false => (Vec::new(), Type::None),
        };
        units.push(LoadedUnit {
            artifact: Arc::new(unit.artifact),
            native,
            places: Places::new(unit.places),
            info: unit.face.info(Provenance::Memory),
            result,
            params,
            entries: unit.entries,
            variables: unit.variables,
            externals: unit.externals,
        });
    }
    if units.is_empty() {
        return Err("no units".to_owned());
    }
    let mut sources = Sources::default();
    for file in head.files {
        sources.add(match file {
            Some((name, text)) => SourceFile::new(name, text, false),
            None => SourceFile::new("", "", true),
        });
    }
    Ok(Group::assembled(units, sources, BTreeMap::new()))
}
