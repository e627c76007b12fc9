//! The contract between guest and host: memory layout, block header, and the one table of host
//! functions. `host` imports these; nothing is written twice.

use crate::ir::Ty;
use serde::{Deserialize, Serialize};

pub mod external;

/// Version of everything in this file; part of the level-1 key.
pub const VERSION: u32 = 2;

/// Module name of all imports.
pub const MODULE: &str = "ovenbird";
/// Import name of the linear memory (memory 0).
pub const MEMORY: &str = "memory";
/// Import name of the mutable i64 global that counts CPU units down within the current slice.
pub const FUEL: &str = "fuel";
/// Import name of the mutable i64 global with the units that are left beyond the current slice.
pub const BUDGET: &str = "budget";
/// Import name of the immutable i32 global with the address of the module's static data.
pub const DATA_BASE: &str = "data_base";
/// Module of the program's variables that are shared by its units: mutable globals, one a scalar, each by its
/// number in the importing unit.
pub const VARIABLE_MODULE: &str = "variable";
/// Module name of imported `@jit` functions of other units.
pub const ENTRY_MODULE: &str = "entry";
/// Export name of a unit's function.
pub const MAIN: &str = "main";
/// Export name of `alloc(size: i32) -> i32`, in units that exchange heap values with the host.
pub const ALLOC: &str = "alloc";

/// Units per slice: how many are moved from `budget` to `fuel` at a time. At the end of a slice the
/// guest also looks at the interrupt flag.
pub const SLICE: i64 = 1 << 16;

/// Address of the interrupt flag (i32): the host's watchdog sets it to 1 to stop the guest at the
/// end of its slice.
pub const INTERRUPT: u32 = 16;
/// Address of four 8-byte slots with the arguments of the exception that is being raised.
pub const TRAP_ARGS: u32 = 32;
/// Address of the first free byte of the heap (i32). The host sets it before the guest starts.
pub const HEAP_TOP: u32 = 64;
/// Address of the end of the memory that has been used so far (i32): beyond it all bytes are zero.
pub const HEAP_END: u32 = 68;
/// Address of the free lists' heads: 64 i32, one a size class.
pub const FREE_LISTS: u32 = 128;
/// First address for static data and heap.
pub const DATA_START: u32 = 1024;

/// Bytes before a block's payload: reference count (i32, negative: immortal), size class (i32), and
/// 8 bytes that belong to the block's type (a string: its length in characters, i64).
pub const BLOCK_HEADER: u32 = 16;
/// Offset of the reference count from the block's address. A reference points at the header.
pub const BLOCK_COUNT: u32 = 0;
/// Offset of the type's own 8 bytes.
pub const BLOCK_META: u32 = 8;
/// A string block after the header: length in bytes (i64), then UTF-8.
pub const STR_BYTES: u32 = BLOCK_HEADER + 8;
/// Reference count of static blocks.
pub const IMMORTAL: i32 = i32::MIN;

/// Writes a string block's own part and its text into the memory, at the address of a block with room for
/// it; `None` if that is not all in the memory.
pub fn write_text(memory: &mut [u8], address: u32, text: &str) -> Option<()> {
    let start = address as usize;
    let end = start.checked_add(STR_BYTES as usize)?.checked_add(text.len())?;
    let block = memory.get_mut(start..end)?;
    let (meta, header) = (BLOCK_META as usize, BLOCK_HEADER as usize);
    block[meta..meta + 8].copy_from_slice(&(text.chars().count() as i64).to_le_bytes());
    block[header..header + 8].copy_from_slice(&(text.len() as i64).to_le_bytes());
    block[STR_BYTES as usize..].copy_from_slice(text.as_bytes());
    Some(())
}

/// The text's bytes in the string block at an address; `None` if they are not all in the memory, or the
/// address is null.
pub fn read_text(memory: &[u8], address: u32) -> Option<&[u8]> {
    let start = (address as usize).checked_add(BLOCK_HEADER as usize).filter(|_| address != 0)?;
    let length = memory.get(start..)?.first_chunk().map(|bytes| i64::from_le_bytes(*bytes))?;
    let length = usize::try_from(length).ok()?;
    memory.get(start + (STR_BYTES - BLOCK_HEADER) as usize..)?.get(..length)
}

/// Bytes that the payload of a block for this text has: what `alloc` is asked for.
pub fn text_payload(text: &str) -> i64 {
    text.len() as i64 + i64::from(STR_BYTES - BLOCK_HEADER)
}

macro_rules! imports {
    ($($(#[$doc:meta])* $variant:ident = $name:literal ($($param:ident)*) -> ($($result:ident)*);)*) => {
        /// The host functions: all of a guest's powers.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum Import { $($(#[$doc])* $variant,)* }
        impl Import {
            /// Every host function, in the order of the table.
            pub const ALL: &[Import] = &[$(Import::$variant,)*];
            /// Name in the import section, and of the intrinsic that calls it.
            pub fn name(self) -> &'static str {
                match self { $(Import::$variant => $name,)* }
            }
            /// Parameter types.
            pub fn params(self) -> &'static [Ty] {
                match self { $(Import::$variant => &[$(Ty::$param,)*],)* }
            }
            /// Result types.
            pub fn results(self) -> &'static [Ty] {
                match self { $(Import::$variant => &[$(Ty::$result,)*],)* }
            }
        }
    };
}

imports! {
    /// Writes `len` bytes of UTF-8 at `ptr` to the output: (ptr, len).
    Print = "host_print" (I32 I64) -> ();
    /// Seconds since the Unix epoch, if the clock is granted.
    Time = "host_time" () -> (F64);
    /// Formats a float: (value, kind, precision, buffer) -> bytes written, at most 400. `kind` is
    /// an ASCII letter: `r` Python's repr, `f`, `e`, `g`, `%` as in a format spec with that precision.
    FormatF64 = "host_format_f64" (F64 I64 I64 I32) -> (I64);
    /// Parses a float as Python's `float(str)`: (ptr, len, out) -> 1 if valid; the value at `out`.
    ParseF64 = "host_parse_f64" (I32 I64 I32) -> (I64);
    /// A function of the C library: (which, x, y) -> value; `which` indexes [`MATH`].
    Math = "host_math" (I64 F64 F64) -> (F64);
    /// Opens a dataset for reading: (path, len, schema fingerprint) -> handle. Raises FileNotFoundError,
    /// a denial, or an error if the schema is no longer the one compiled for.
    DatasetOpen = "host_dataset_open" (I32 I64 I64) -> (I64);
    /// Rows of an open dataset: (handle) -> rows.
    DatasetRows = "host_dataset_rows" (I64) -> (I64);
    /// Starts a scan over columns: (handle, array of i64 column numbers, count) -> scan.
    ScanOpen = "host_scan_open" (I64 I32 I64) -> (I64);
    /// Decodes the next batch: (scan, capacity in rows, array of destinations) -> rows, 0 at the end.
    /// A destination is 4 i32 a column: values, validity bytes (1 valid), string offsets (i64, rows+1), unused.
    ScanNext = "host_scan_next" (I64 I64 I32) -> (I64);
    /// Bytes of text in the batch that `ScanNext` announced for a string column: (scan, column) -> bytes.
    ScanTextLen = "host_scan_text_len" (I64 I64) -> (I64);
    /// Copies that text: (scan, column, destination).
    ScanText = "host_scan_text" (I64 I64 I32) -> ();
    /// Ends a scan: (scan).
    ScanClose = "host_scan_close" (I64) -> ();
}

/// The functions behind [`Import::Math`], in the order of their numbers.
pub const MATH: &[&str] = &[
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "exp", "expm1", "log", "log2", "log10", "log1p", "pow", "hypot", "erf", "erfc", "gamma", "lgamma",
    "cbrt", "exp2", "fmod",
];
