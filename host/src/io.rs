//! Reading of data files: a granted path -> [`Dataset`] -> [`Scan`] -> guest memory.
//!
//! Files are hostile. The Parquet format is read here, from footer to values, rather than by a
//! general library, for three reasons: sizes, counts and offsets are checked against the file and the
//! ledger *before* they are used; nothing can abort the process by an allocation that the file asks
//! for; and values go to guest memory without a stop. Pages are read one at a time, by handle, with
//! no memory mapping, so memory is bounded by the page and not by the file.
//!
//! Read: flat columns of booleans, integers, floats, text, timestamps and dates; all encodings of
//! the format except the deprecated bit-packed levels; Snappy, Zstandard, gzip, LZ4 and Brotli. Not
//! read: nested columns, decimals, encryption. Checksums are not verified.
//!
//! | stage | file |
//! |---|---|
//! | bytes of Thrift | `thrift.rs` |
//! | footer | `footer.rs` |
//! | names and types | `schema.rs` |
//! | pages | `page.rs`, `codec.rs` |
//! | values | `rle.rs`, `delta.rs`, `values.rs` |
//! | rows of a column | `column.rs` |
//! | batches in guest memory | `scan.rs` |

use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;

use ovenbird_compiler::schema::Schema;

use crate::grants::{AccessError, Grants, quote};
use crate::limits::{Ledger, LimitExceeded};

mod codec;
mod column;
mod delta;
mod footer;
mod page;
mod rle;
mod scan;
mod schema;
mod thrift;
mod values;

use footer::Footer;
pub use scan::{BATCH, Scan, ScanError};
pub use schema::schema_difference;

/// Why a dataset could not be read. The text never names a host path.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DatasetError {
    /// No such file, or no right to it.
    Access(AccessError),
    /// The file is not a Parquet file.
    NotParquet,
    /// A size in the file is beyond what can be handled.
    TooLarge(String),
    /// The file contradicts itself or the format.
    Corrupt(String),
    /// The file uses something that is not supported.
    Unsupported(String),
    /// There is no such column.
    MissingColumn(String),
    /// The schema is no longer the one that the code was compiled for.
    SchemaChanged,
    /// A limit of the run.
    Limit(LimitExceeded),
    /// The operating system failed to read.
    Io(io::ErrorKind),
}

impl fmt::Display for DatasetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatasetError::Access(error) => error.fmt(f),
            DatasetError::NotParquet => f.write_str("it is not a Parquet file"),
            DatasetError::TooLarge(what) => write!(f, "it is too large: {what}"),
            DatasetError::Corrupt(what) => write!(f, "it is damaged: {what}"),
            DatasetError::Unsupported(what) => write!(f, "it uses what is not supported: {what}"),
            DatasetError::MissingColumn(name) => write!(f, "it has no column {}", quote(name)),
            DatasetError::SchemaChanged => f.write_str("its schema changed after the code was compiled"),
            DatasetError::Limit(error) => error.fmt(f),
            DatasetError::Io(kind) => write!(f, "it cannot be read: {kind}"),
        }
    }
}

impl std::error::Error for DatasetError {}

impl From<LimitExceeded> for DatasetError {
    fn from(limit: LimitExceeded) -> Self {
        DatasetError::Limit(limit)
    }
}

impl From<AccessError> for DatasetError {
    fn from(error: AccessError) -> Self {
        DatasetError::Access(error)
    }
}

/// An open file with its footer and schema. Reading goes by the handle, so what happens to the path
/// afterwards does not matter. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dataset {
    file: Arc<File>,
    footer: Arc<Footer>,
    schema: Arc<Schema>,
}

impl Dataset {
    /// Opens a granted path and reads its footer; both are charged to the ledger.
    pub fn open(grants: &Grants, path: &str, ledger: &mut Ledger) -> Result<Self, DatasetError> {
        Self::from_file(grants.open(path)?, ledger)
    }

    /// Reads the footer of an open regular file.
    pub fn from_file(file: File, ledger: &mut Ledger) -> Result<Self, DatasetError> {
        // By its end, not by its metadata: a worker process may not ask for those, because with the same
        // system call it could ask about any path.
        let size = (&file).seek(SeekFrom::End(0)).map_err(|error| DatasetError::Io(error.kind()))?;
        let footer = footer::read_footer(&file, size, ledger)?;
        let schema = schema::from_footer(&footer).inspect_err(|_| ledger.release_host(footer.reserved))?;
        Ok(Self { file: Arc::new(file), footer: Arc::new(footer), schema: Arc::new(schema) })
    }

    /// Names and types.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Number of rows.
    pub fn rows(&self) -> u64 {
        self.footer.rows
    }

    /// Host memory held, to be given back to the ledger when the dataset is dropped.
    pub fn reserved(&self) -> u64 {
        self.footer.reserved
    }
}

/// Reads the schema of a dataset, as the compiler does before inference. The dataset can be handed
/// to the run that follows, which then need not read the footer again.
pub fn read_schema(
    grants: &Grants,
    path: &str,
    ledger: &mut Ledger,
) -> Result<(Arc<Schema>, Dataset), DatasetError> {
    let dataset = Dataset::open(grants, path, ledger)?;
    Ok((Arc::clone(dataset.schema()), dataset))
}

/// Reads at an offset; a file that has become shorter is an error.
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> Result<(), DatasetError> {
    #[cfg(unix)]
    let result = std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset);
    #[cfg(windows)]
    let result = {
        use std::os::windows::fs::FileExt;
        let mut done = 0;
        loop {
            match file.seek_read(&mut buffer[done..], offset + done as u64) {
                Ok(_) if done == buffer.len() => break Ok(()),
                Ok(0) => break Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => done += count,
                Err(error) => break Err(error),
            }
        }
    };
    result.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => DatasetError::Corrupt("the file is shorter than it was".into()),
        kind => DatasetError::Io(kind),
    })
}

#[cfg(test)]
mod tests;
