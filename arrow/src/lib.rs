//! Arrow [`RecordBatch`]es in and out of functions that [Ovenbird](ovenbird) compiled: one call a batch, not one a
//! row.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{Array, Float64Array, Int64Array, RecordBatch, StringArray};
//! use arrow_schema::{DataType, Field, Schema};
//! use ovenbird::{Engine, Source, Tenant};
//! use ovenbird_arrow::Batches;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "\
//! def price(net, rate):
//!     return net * (1.0 + rate / 100)
//!
//!
//! def dear(df):
//!     kept = df[df[\"net\"] > 10.0]
//!     kept[\"gross\"] = kept[\"net\"] * 1.2
//!     return kept
//! ";
//! let program = Engine::builder().build()?.compile(&Source::new("shop.py", text))?;
//! let tenant = Tenant::named("acme");
//!
//! // A function of plain values, for each row. A NULL in any argument gives NULL.
//! let schema = Arc::new(Schema::new(vec![
//!     Field::new("net", DataType::Float64, true),
//!     Field::new("rate", DataType::Int64, false),
//! ]));
//! let net = Float64Array::from(vec![Some(10.0), None, Some(100.0)]);
//! let rate = Int64Array::from(vec![20, 20, 7]);
//! let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(net), Arc::new(rate)])?;
//! let price = program.rows("price", &schema)?;
//! let gross = price.call_batch(&tenant, &batch)?;
//! let wanted = Float64Array::from(vec![Some(12.0), None, Some(107.0)]);
//! assert_eq!(gross.column_by_name("price").map(AsRef::as_ref), Some(&wanted as &dyn Array));
//!
//! // A function of a whole frame.
//! let dear = program.frames("dear", &schema)?.call_batch(&tenant, &batch)?;
//! assert_eq!((dear.num_rows(), dear.num_columns()), (1, 3));
//! # Ok(())
//! # }
//! ```
//!
//! # The nouns
//!
//! - [`Batches`]: what a [`Program`] can do here. The schema is part of the signature: the function is compiled for
//!   it, once, and cached under it, column by column, as everything else is. A column of another type is a miss that
//!   names the column.
//! - [`BatchFunction`]: a function for batches of one schema. Cheap to clone, shareable between threads.
//!
//! # Columns and types
//!
//! | Arrow | in a function of rows | in a frame |
//! |---|---|---|
//! | `Boolean` | `bool` | `bool`; with NULLs it can only be counted |
//! | `Int8` … `Int64`, `UInt8` … `UInt32` | `int` | the same; with NULLs `float64` and NaN, as in pandas |
//! | `Float32`, `Float64` | `float` | the same; a NULL is NaN |
//! | `Utf8`, `LargeUtf8`, `Utf8View`, a dictionary of these (but of views) | `str` | `str` |
//! | `Timestamp` in s, ms, µs, ns | a time, as frames give it | `datetime64` of the unit; a NULL is NaT |
//! | `Date32`, `Date64` | the time at which the day begins | `datetime64[ms]`, as pyarrow makes it for pandas |
//!
//! A column of another type is refused with an error that names the column, its type, and what to do: no value is
//! changed in silence. `UInt64` is such a type, since `int` has a sign: cast it to `Int64`, which fails for values that are
//! too large, or to `Float64`.
//!
//! Results: `int` is `Int64`, `float` is `Float64`, `str` is `Utf8`, a time is the `Timestamp` of its unit. What a frame
//! has as NaN or NaT is NULL in the batch, as pyarrow makes it of a pandas frame; the NaN that a function of rows returns
//! stays a number.
//!
//! # NULL
//!
//! A field that is nullable makes a parameter that may be missing, whether a batch has NULLs or not. A function of
//! rows is not called for a row in which any argument is NULL: the result is NULL. The result is nullable if any argument is.
//! There are no optional parameters: the language has no type for a value that may be `None` (a variable has one type at
//! each place), and a rule that holds for every function is what databases and DataFusion have, too.
//!
//! # Trust
//!
//! Batches are copied into the guest's memory and results out of it; nothing is shared, so a function cannot change
//! its input, and cannot change a result that was checked. Memory counts against the tenant's
//! [`memory_bytes`](ovenbird::Limits::memory_bytes), results against
//! [`output_bytes`](ovenbird::Limits::output_bytes). What comes back is checked by [`ovenbird::decode`] (addresses,
//! lengths, offsets, UTF-8) and here (the number of rows).

mod batch;
mod give;
mod take;
mod texts;

pub use batch::{BatchFunction, Batches, frame_type};

#[cfg(doc)]
use arrow_array::RecordBatch;
#[cfg(all(doc, feature = "compiler"))]
use ovenbird::Program;
