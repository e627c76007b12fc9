//! What an entry says about itself: key digits → everything in the file that was authenticated.
//!
//! Of a file whose authentication code does not fit nothing is shown but its size: what it says is not known to
//! be true, and is not worth a parser that reads it.

use ovenbird_compiler::artifact::Artifact;
use serde::Serialize;

use crate::bundle::PublicKey;
use crate::cache::Cache;
use crate::cache::entry::{Kind, Trailer, Verified};
use crate::cache::found::Where;
use crate::cache::key;
use crate::cache::open::Open;
use crate::cache::report::Listed;
use crate::cache::slot::Slot;

/// Fewest digits of a key that name an entry.
const MIN_DIGITS: usize = 4;
/// Most entries that are named where digits fit several.
const MAX_NAMED: usize = 8;

/// An entry in full.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// As `ls` shows it, with whether it is valid.
    pub listed: Listed,
    /// Bytes of the payload; the file may be smaller, since long runs of zeros are left out of native code.
    pub payload_bytes: usize,
    /// What it says about itself; `None` if it is not valid or of another version.
    pub trailer: Option<Trailer>,
    /// Who signed it, if it was made elsewhere.
    pub signers: Vec<PublicKey>,
    /// What is in it; `None` if it is not valid.
    pub content: Option<Content>,
}

/// What an entry holds, as far as it is cheap to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Content {
    /// A unit's wasm and source map.
    Artifact {
        /// Bytes of the wasm.
        wasm_bytes: usize,
        /// Names of its functions.
        functions: Vec<String>,
        /// Names of the exported ones.
        exports: Vec<String>,
        /// Host functions that it imports.
        imports: Vec<&'static str>,
        /// Functions of other units that it imports.
        units: Vec<String>,
        /// Bytes of static data.
        data_bytes: u32,
        /// Places that can raise or stop.
        traps: usize,
    },
    /// Native code.
    Native {
        /// For which processor.
        machine: String,
        /// Sections of the ELF image with their sizes.
        sections: Vec<(String, u64)>,
    },
    /// What a text gave for a request, with the facts that this rests on.
    Probe,
    /// What is wrong with a text.
    Diagnostics,
    /// Something that this version cannot read.
    Other {
        /// Why.
        why: String,
    },
}

impl Cache {
    /// The one entry whose key begins with these hexadecimal digits. The error is a phrase for people.
    pub fn inspect(&self, digits: &str) -> Result<Inspected, String> {
        let Ok(open) = &self.inner.state else { return Err("the cache is off".to_owned()) };
        let digits = digits.to_ascii_lowercase();
        if digits.len() < MIN_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("`{digits}` is neither an entry nor {MIN_DIGITS} or more digits of its key"));
        }
        let own = open.store.slots().into_iter().map(|slot| (Where::Own, slot));
        let fits =
            own.chain(open.further.slots()).filter(|(_, slot)| key::hex(slot.key()).starts_with(&digits));
        let mut slots: Vec<(Where<'_>, Slot)> = Vec::new();
        for (place, slot) in fits {
            // The first of several is the one that a look-up meets first.
            if slots.iter().all(|(_, known)| *known != slot) {
                slots.push((place, slot));
            }
        }
        match slots.as_slice() {
            [] => Err(format!("no entry's key begins with {digits}")),
            [(place, slot)] => Ok(open.inspect(*place, slot)),
            several => {
                let names = several.iter().take(MAX_NAMED);
                let names: Vec<String> =
                    names.map(|(_, slot)| format!("{} ({})", key::hex(slot.key()), slot.kind())).collect();
                Err(format!("{} entries' keys begin with {digits}: {}", several.len(), names.join(", ")))
            }
        }
    }
}

impl Open {
    fn inspect(&self, place: Where<'_>, slot: &Slot) -> Inspected {
        let entry = self.read_quietly_from(place, slot).ok();
        let told = entry.as_ref().and_then(Verified::told);
        let (signers, trailer) = told.map(|told| (told.signers, told.trailer)).unzip();
        Inspected {
            listed: self.describe(place, slot),
            payload_bytes: entry.as_ref().map_or(0, Verified::payload_len),
            trailer,
            signers: signers.unwrap_or_default(),
            content: entry.as_ref().map(content),
        }
    }
}

fn content(entry: &Verified) -> Content {
    match entry.kind() {
        Kind::Artifact => artifact(entry.payload()),
        Kind::Native => native(entry.payload()),
        Kind::Probe => Content::Probe,
        Kind::Diagnostics => Content::Diagnostics,
    }
}

fn artifact(payload: &[u8]) -> Content {
    match Artifact::decode(payload) {
        Ok(artifact) => Content::Artifact {
            wasm_bytes: artifact.wasm.len(),
            functions: artifact.functions.iter().map(|function| function.name.clone()).collect(),
            exports: artifact.exports.iter().map(|(name, _)| name.clone()).collect(),
            imports: artifact.imports.iter().map(|import| import.name()).collect(),
            units: artifact.entries.clone(),
            data_bytes: artifact.data_len,
            traps: artifact.traps.len(),
        },
        Err(why) => Content::Other { why },
    }
}

fn native(payload: &[u8]) -> Content {
    match elf(payload) {
        Some((machine, sections)) => Content::Native { machine, sections },
        None => Content::Other { why: "not an ELF image".to_owned() },
    }
}

/// Machine and sections of a 64-bit little-endian ELF image.
fn elf(bytes: &[u8]) -> Option<(String, Vec<(String, u64)>)> {
    if bytes.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let machine = match number(bytes, 18, 2)? {
        62 => "x86-64".to_owned(),
        183 => "aarch64".to_owned(),
        22 => "s390x".to_owned(),
        243 => "riscv64".to_owned(),
        other => format!("machine {other}"),
    };
    let (table, size) = (number(bytes, 40, 8)?, number(bytes, 58, 2)?);
    let (count, names) = (number(bytes, 60, 2)?, number(bytes, 62, 2)?);
    let header = |index: u64| usize::try_from(table.checked_add(index.checked_mul(size)?)?).ok();
    let names = usize::try_from(number(bytes, header(names)?.checked_add(24)?, 8)?).ok()?;
    let mut sections = Vec::new();
    for index in 1..count {
        let at = header(index)?;
        let name = names.checked_add(usize::try_from(number(bytes, at, 4)?).ok()?)?;
        let name = bytes.get(name..)?.split(|byte| *byte == 0).next()?;
        sections.push((String::from_utf8_lossy(name).into_owned(), number(bytes, at.checked_add(32)?, 8)?));
    }
    Some((machine, sections))
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine_config::{EngineOptions, new_engine};

    #[test]
    fn sections_of_native_code_and_of_noise() {
        let engine = new_engine(&EngineOptions::default()).expect("engine").engine;
        let code = engine.precompile_module(b"\0asm\x01\0\0\0").expect("an empty module");
        let (machine, sections) = elf(&code).expect("an ELF image");
        assert!(["x86-64", "aarch64"].contains(&machine.as_str()), "{machine}");
        assert!(sections.iter().any(|(name, size)| name == ".wasmtime.engine" && *size > 0), "{sections:?}");
        for len in 0..code.len().min(200) {
            elf(&code[..len]);
        }
        for at in 0..64 {
            let mut bad = code.clone();
            bad[at] = 0xff;
            elf(&bad);
        }
        assert_eq!(elf(b""), None);
    }
}
