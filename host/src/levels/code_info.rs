//! Native code → what wasmtime wrote into it about itself: target, CPU features, version.
//!
//! Read with `object` and `postcard`, as wasmtime does, from the section in which it keeps its own
//! settings. Accepts any bytes. The rest of the code is not looked at: whether it may be loaded is
//! decided elsewhere, by a signature or an authentication code.

use object::Endianness;
use object::read::elf::ElfFile64;
use object::read::{Object as _, ObjectSection as _};
use serde::Deserialize;

/// wasmtime's section, and the version of its layout that is known here.
const SECTION: &str = ".wasmtime.engine";
const LAYOUT: u8 = 0;

/// What native code says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The version text of the engine that made it.
    pub version: String,
    /// The target.
    pub target: String,
    /// CPU features that it may use, by Cranelift's names, sorted.
    pub features: Vec<String>,
}

/// A setting's value, as wasmtime writes it.
#[derive(Deserialize)]
enum FlagValue<'a> {
    #[serde(borrow)]
    Enum(&'a str),
    Num(u8),
    Bool(bool),
}

/// The beginning of wasmtime's settings: target, Cranelift's settings, the CPU's.
type Settings<'a> = (&'a str, Vec<(&'a str, FlagValue<'a>)>, Vec<(&'a str, FlagValue<'a>)>);

impl CodeInfo {
    /// Reads it from an ELF image.
    pub fn read(elf: &[u8]) -> Result<CodeInfo, String> {
        let file: ElfFile64<'_, Endianness> = ElfFile64::parse(elf).map_err(|error| error.to_string())?;
        let section = file.section_by_name(SECTION).ok_or_else(|| format!("no section {SECTION}"))?;
        let data = section.data().map_err(|error| error.to_string())?;
        let short = || "the engine section is too short".to_owned();
        let (layout, data) = data.split_first().ok_or_else(short)?;
        if *layout != LAYOUT {
            return Err(format!("layout {layout} of the engine section is not known"));
        }
        let (length, data) = data.split_first().ok_or_else(short)?;
        let (version, data) = data.split_at_checked(usize::from(*length)).ok_or_else(short)?;
        let version = std::str::from_utf8(version).map_err(|error| error.to_string())?;
        let ((target, _, flags), _): (Settings<'_>, _) =
            postcard::take_from_bytes(data).map_err(|error| error.to_string())?;
        let mut features = Vec::new();
        for (name, value) in flags {
            match value {
                FlagValue::Bool(false) => {}
                FlagValue::Bool(true) => features.push(name.to_owned()),
                FlagValue::Enum(value) => features.push(format!("{name}={value}")),
                FlagValue::Num(value) => features.push(format!("{name}={value}")),
            }
        }
        features.sort();
        Ok(CodeInfo { version: version.to_owned(), target: target.to_owned(), features })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_native_code_is_an_error() {
        for bytes in [&b""[..], b"\x7fELF", &[0; 64], &[0xff; 200]] {
            assert!(CodeInfo::read(bytes).is_err());
        }
    }

    #[test]
    fn no_damaged_byte_panics() -> wasmtime::Result<()> {
        let engine = crate::engine_config::new_engine(&Default::default())?.engine;
        let mut elf = engine.precompile_module(b"\0asm\x01\0\0\0")?;
        let good = CodeInfo::read(&elf).expect("the engine's own code");
        assert!(good.version.starts_with("ovenbird "), "{good:?}");
        for at in 0..elf.len() {
            elf[at] ^= 0x55;
            let _ = CodeInfo::read(&elf);
            let _ = CodeInfo::read(&elf[..at]);
            elf[at] ^= 0x55;
        }
        Ok(())
    }
}
