//! Large native code: an open entry → a sealed copy in memory that can be mapped, verified while copied.
//!
//! What is executed must be what was verified, so an entry's file itself is never mapped: somebody could
//! still write to it. The copy exists in memory only and cannot change any more. It is mapped where it is,
//! so large code is not copied a second time.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use rustix::io::Errno;

use crate::cache::entry::{self, Invalid, Kind, Parts, Told};
use crate::cache::fs;
use crate::cache::key::Digest;
use crate::cache::secret::MacKey;

/// Entries from this size on are loaded in this way. Measured: see `measure_large_entries`.
pub(super) const SEALED_FROM: u64 = 4 << 20;
/// Bytes copied at once.
const CHUNK: usize = 256 << 10;

/// Native code whose authentication code was checked over exactly the bytes that the file holds, and
/// always will. Made only by `open`.
pub struct Sealed {
    file: File,
    parts: Parts,
}

impl Sealed {
    /// The file, with the code at its beginning.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Bytes of code.
    pub fn code_len(&self) -> usize {
        self.parts.payload
    }

    /// Whether others have signed it.
    pub(super) fn is_signed(&self) -> bool {
        self.parts.signed
    }

    /// What it says about itself.
    pub(super) fn told(&self) -> Option<Told> {
        let mut bytes = vec![0; self.parts.trailer.len()];
        self.file.read_exact_at(&mut bytes, self.parts.trailer.start as u64).ok()?;
        entry::told(&bytes, self.parts.signed)
    }
}

/// Copies the entry of native code that was found under `key` into the empty memory file `copy`, and checks
/// it. `None` means that the file is shorter than it was.
pub(super) fn open(
    mac: &MacKey,
    key: &Digest,
    from: &OwnedFd,
    size: u64,
    copy: OwnedFd,
) -> Result<Option<Result<Sealed, Invalid>>, Errno> {
    let Some(mut rest) = (size as usize).checked_sub(entry::MAC_LEN) else {
        return Ok(Some(Err(Invalid::Length)));
    };
    let mut hasher = entry::authenticator(mac, key);
    let mut buffer = vec![0; CHUNK];
    let mut footer = Vec::new();
    while rest > 0 {
        let chunk = &mut buffer[..rest.min(CHUNK)];
        if fs::read(from, chunk)? < chunk.len() {
            return Ok(None);
        }
        hasher.update(chunk);
        fs::write(&copy, chunk)?;
        // The footer may lie in two chunks.
        footer.extend_from_slice(&chunk[chunk.len().saturating_sub(entry::FOOTER)..]);
        footer.drain(..footer.len().saturating_sub(entry::FOOTER - entry::MAC_LEN));
        rest -= chunk.len();
    }
    let mut code = [0; entry::MAC_LEN];
    if fs::read(from, &mut code)? < code.len() {
        return Ok(None);
    }
    fs::seal(&copy)?;
    footer.extend_from_slice(&code);
    let checked = entry::check(mac, &hasher.finalize(), Kind::Native, size as usize, &footer);
    // Code without its zeros cannot be mapped, and no such entry is as large.
    let whole = checked.and_then(|parts| if parts.thin { Err(Invalid::Format) } else { Ok(parts) });
    Ok(Some(whole.map(|parts| Sealed { file: File::from(copy), parts })))
}
