//! The place of an entry: kind and key ↔ file names. No file is touched here.

use crate::cache::entry::Kind;
use crate::cache::key::{Digest, L0Key, L1Key, L2Key, hex};

/// Where an entry is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// Level 1.
    Artifact(L1Key),
    /// Level 2, with the engine's eight digits.
    Native(String, L2Key),
    /// The direct path.
    Probe(L0Key),
    /// Diagnostics of a program that does not compile.
    Diagnostics(L0Key),
}

/// A folder with entries of one kind.
pub(super) struct Level {
    /// As in a slot's name: `w`, `p`, `d`, or the engine's eight digits.
    pub(super) folder: String,
    /// The folder of its shards.
    pub(super) shards: String,
    /// How its files end.
    pub(super) suffix: &'static str,
}

impl Slot {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Slot::Artifact(_) => Kind::Artifact,
            Slot::Native(..) => Kind::Native,
            Slot::Probe(_) => Kind::Probe,
            Slot::Diagnostics(_) => Kind::Diagnostics,
        }
    }

    pub(crate) fn key(&self) -> &Digest {
        match self {
            Slot::Artifact(L1Key(key)) => key,
            Slot::Native(_, L2Key(key)) => key,
            Slot::Probe(L0Key(key)) | Slot::Diagnostics(L0Key(key)) => key,
        }
    }

    /// The same place for another key.
    pub(super) fn with_key(self, key: Digest) -> Self {
        match self {
            Slot::Artifact(_) => Slot::Artifact(L1Key(key)),
            Slot::Native(engine, _) => Slot::Native(engine, L2Key(key)),
            Slot::Probe(_) => Slot::Probe(L0Key(key)),
            Slot::Diagnostics(_) => Slot::Diagnostics(L0Key(key)),
        }
    }

    /// The folder of its kind, and of native code that of its engine, below the version folder.
    pub(super) fn folder(&self) -> &str {
        match self {
            Slot::Artifact(_) => "w",
            Slot::Native(engine, _) => engine,
            Slot::Probe(_) => "p",
            Slot::Diagnostics(_) => "d",
        }
    }

    /// Path below the version folder.
    pub(super) fn path(&self) -> String {
        let key = hex(self.key());
        let (shards, suffix) = match self {
            Slot::Artifact(_) => ("/", ".artifact"),
            Slot::Native(..) => ("/n/", ".cwasm"),
            Slot::Probe(_) => ("/", ".probe"),
            Slot::Diagnostics(_) => ("/", ".diag"),
        };
        [self.folder(), shards, &key[..2], "/", &key, suffix].concat()
    }

    /// The byte whose lock is the right to make it: another one for each key, as good as always.
    pub(super) fn turn(&self) -> u64 {
        self.key().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)) >> 3
    }

    /// Name of its mark, and of itself in quarantine.
    pub(super) fn name(&self) -> String {
        match self {
            Slot::Artifact(key) => format!("w-{key}"),
            Slot::Native(engine, key) => format!("{engine}-{key}"),
            Slot::Probe(key) => format!("p-{key}"),
            Slot::Diagnostics(key) => format!("d-{key}"),
        }
    }

    /// Whether there is a mark. A probe or diagnostics have none: why they are missing is told by the levels
    /// that are asked in their place.
    pub(super) fn is_marked(&self) -> bool {
        match self {
            Slot::Artifact(_) | Slot::Native(..) => true,
            Slot::Probe(_) | Slot::Diagnostics(_) => false,
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let (folder, key) = name.split_once('-')?;
        Self::from_parts(folder, key)
    }

    /// From a level's folder and a key in digits, which must look like ours.
    pub(super) fn from_parts(folder: &str, key: &str) -> Option<Self> {
        let key = unhex(key)?;
        match folder {
            "w" => Some(Slot::Artifact(L1Key(key))),
            "p" => Some(Slot::Probe(L0Key(key))),
            "d" => Some(Slot::Diagnostics(L0Key(key))),
            engine => is_engine_id(engine).then(|| Slot::Native(engine.to_owned(), L2Key(key))),
        }
    }
}

impl Level {
    /// The level of a folder below the version folder, if it is one.
    pub(super) fn from_folder(folder: &str) -> Option<Self> {
        let (shards, suffix) = match folder {
            "w" => ("w".to_owned(), ".artifact"),
            "p" => ("p".to_owned(), ".probe"),
            "d" => ("d".to_owned(), ".diag"),
            engine if is_engine_id(engine) => (format!("{engine}/n"), ".cwasm"),
            _ => return None,
        };
        Some(Level { folder: folder.to_owned(), shards, suffix })
    }

    /// The slot of a file in one of its shards, if it has the form of ours.
    pub(super) fn slot(&self, file: &str) -> Option<Slot> {
        Slot::from_parts(&self.folder, file.strip_suffix(self.suffix)?)
    }
}

pub(super) fn is_engine_id(name: &str) -> bool {
    name.len() == 8 && is_hex(name)
}

pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn unhex(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !is_hex(text) {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}
