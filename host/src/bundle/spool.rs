//! Where the parts of a bundle wait until all of them are known and it can be written: in memory, or in a file. A cache can
//! be larger than memory.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};

use super::format::MAX_BUNDLE;

/// Most bytes that wait in a file: parts that are not in the bundle in the end are among them.
const MOST: u64 = 2 * MAX_BUNDLE as u64;

/// Parts that wait.
#[derive(Default)]
pub(super) struct Spool {
    /// A file, and how long it is.
    file: Option<(File, u64)>,
    /// Why a part could not be kept.
    failed: Option<String>,
}

/// One of them.
pub(super) enum Held {
    Here(Vec<u8>),
    InFile { at: u64, length: u64 },
}

impl Held {
    pub(super) fn len(&self) -> u64 {
        match self {
            Held::Here(bytes) => bytes.len() as u64,
            Held::InFile { length, .. } => *length,
        }
    }
}

impl Spool {
    /// In an empty file, which is of no use to anybody afterwards.
    pub(super) fn in_file(file: File) -> Self {
        Spool { file: Some((file, 0)), failed: None }
    }

    /// Keeps a part.
    pub(super) fn keep(&mut self, part: Vec<u8>) -> Result<Held, String> {
        let Some((file, end)) = &mut self.file else { return Ok(Held::Here(part)) };
        let (at, length) = (*end, part.len() as u64);
        *end += length;
        let written = match *end <= MOST {
            true => file.write_all(&part).map_err(|error| format!("cannot write a temporary file: {error}")),
            false => Err("the bundle would be too large".to_owned()),
        };
        written.map(|()| Held::InFile { at, length }).inspect_err(|why| self.failed = Some(why.clone()))
    }

    /// An error if a part could not be kept, whoever was told of it then.
    pub(super) fn check(&self) -> Result<(), String> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Writes a part.
    pub(super) fn give(&mut self, part: &Held, out: &mut dyn Write) -> io::Result<()> {
        match (part, &mut self.file) {
            (Held::Here(bytes), _) => out.write_all(bytes),
            (Held::InFile { at, length }, Some((file, _))) => {
                file.seek(SeekFrom::Start(*at))?;
                match io::copy(&mut file.take(*length), out)? {
                    copied if copied == *length => Ok(()),
                    _ => Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
            (Held::InFile { .. }, None) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_a_file_are_not_in_memory_and_come_back_in_any_order() {
        let mut spool = Spool::in_file(tempfile::tempfile().expect("a file"));
        let parts: Vec<Held> =
            (1..=3_u8).map(|n| spool.keep(vec![n; 1000 * usize::from(n)]).expect("kept")).collect();
        assert!(parts.iter().all(|part| matches!(part, Held::InFile { .. })));
        let mut out = Vec::new();
        for part in parts.iter().rev() {
            spool.give(part, &mut out).expect("given");
        }
        assert_eq!(out, [vec![3; 3000], vec![2; 2000], vec![1; 1000]].concat());
        assert_eq!((parts[2].len(), spool.check()), (3000, Ok(())));
    }

    /// Without `failed`: of a full disk a bundle comes without what found no room, and nobody is told.
    #[test]
    fn a_part_that_could_not_be_kept_is_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("read-only"), b"").expect("a file");
        let file = File::open(folder.path().join("read-only")).expect("opened");
        let mut spool = Spool::in_file(file);
        assert!(spool.keep(vec![1; 10]).is_err());
        assert!(spool.check().is_err_and(|why| why.starts_with("cannot write a temporary file: ")));
    }
}
