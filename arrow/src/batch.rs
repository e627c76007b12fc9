//! Functions for batches of one schema: their parameters, and a call.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema, SchemaRef};
#[cfg(feature = "compiler")]
use ovenbird::Program;
use ovenbird::data::ColumnView;
use ovenbird::{Arg, DynFunction, Error, LoadedBundle, Outcome, Output, Tenant, Value};
use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;

use crate::give::{self, Lent};
use crate::take;

/// Functions of a program, or of a bundle, for Arrow's batches. A bundle has them if it was built for this schema: see
/// [`frame_type`].
pub trait Batches {
    /// A function of plain values that is called for each row: its parameters are the columns, in their order. All
    /// rows are one call of the guest. The result has one column, which is called like the function.
    fn rows(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error>;

    /// A function whose one parameter is a frame of the columns, for whole batches. It may return a frame, a Series,
    /// an array, a list of strings, or a plain value, which becomes a batch of one row.
    fn frames(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error>;
}

#[cfg(feature = "compiler")]
impl Batches for Program {
    fn rows(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error> {
        Ok(BatchFunction::new(self.entry_for_rows(name, &frame_type(schema)?)?, schema, true))
    }

    fn frames(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error> {
        Ok(BatchFunction::new(self.entry(name, &[frame_type(schema)?])?, schema, false))
    }
}

impl Batches for LoadedBundle {
    fn rows(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error> {
        Ok(BatchFunction::new(self.entry_for_rows(name, &frame_type(schema)?)?, schema, true))
    }

    fn frames(&self, name: &str, schema: &Schema) -> Result<BatchFunction, Error> {
        Ok(BatchFunction::new(self.entry(name, &[frame_type(schema)?])?, schema, false))
    }
}

/// The type of a frame of a schema's columns, as it stands in signatures: for a bundle that is to have functions for
/// batches, as one of [`BuildRequest::rows`](ovenbird::bundle::BuildRequest::rows), or as the one parameter of a function
/// in [`BuildRequest::functions`](ovenbird::bundle::BuildRequest::functions).
pub fn frame_type(schema: &Schema) -> Result<Type, Error> {
    Ok(Border::Frame(give::columns(schema)?).ty())
}

/// A function for batches of one schema. Cheap to clone, `Send + Sync`.
#[derive(Clone)]
pub struct BatchFunction {
    function: DynFunction,
    types: Arc<[(DataType, bool)]>,
    rows: bool,
}

impl BatchFunction {
    fn new(function: DynFunction, schema: &Schema, rows: bool) -> Self {
        let types = schema.fields().iter().map(|f| (f.data_type().clone(), f.is_nullable())).collect();
        BatchFunction { function, types, rows }
    }

    /// Calls it in a fresh instance; what it prints is thrown away.
    pub fn call_batch(&self, tenant: &Tenant, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        self.call_batch_with(tenant, batch, Output::Discard).result
    }

    /// The same; the outcome has its usage and output, on success and on failure.
    pub fn call_batch_with(
        &self,
        tenant: &Tenant,
        batch: &RecordBatch,
        output: Output,
    ) -> Outcome<RecordBatch> {
        let Outcome { result, usage, output, units } = self.call_value_with(tenant, batch, output);
        let result = result.and_then(|value| take::batch(value, self.function.name(), self.rows));
        let result = result.and_then(|found| match self.rows {
            true => same_rows(batch.num_rows(), found),
            false => Ok(found),
        });
        Outcome { result, usage, output, units }
    }

    /// Calls it for a result that is not to be a batch.
    pub fn call_value(&self, tenant: &Tenant, batch: &RecordBatch) -> Result<Value, Error> {
        self.call_value_with(tenant, batch, Output::Discard).result
    }

    /// The same with its usage and output.
    pub fn call_value_with(&self, tenant: &Tenant, batch: &RecordBatch, output: Output) -> Outcome {
        let failed = |error, output| {
            let (usage, units) = Default::default();
            Outcome { result: Err(error), usage, output, units }
        };
        if let Err(error) = self.fits(batch) {
            return failed(error, output);
        }
        let lent: Result<Vec<Lent<'_>>, Error> = batch
            .columns()
            .iter()
            .zip(batch.schema_ref().fields())
            .zip(&*self.types)
            .map(|((array, field), (_, nullable))| Lent::new(field.name(), array.as_ref(), *nullable))
            .collect();
        match lent {
            Ok(lent) => {
                let columns: Vec<ColumnView<'_>> = lent.iter().map(Lent::view).collect();
                self.function.call_args(tenant, &[Arg::Columns(columns)], output)
            }
            Err(error) => failed(error, output),
        }
    }

    /// Schema of the batches that it returns; `None` if it returns a plain value.
    pub fn result_schema(&self) -> Option<SchemaRef> {
        take::schema(self.function.result(), self.function.name(), self.rows)
    }

    /// The function as the host knows it.
    pub fn dynamic(&self) -> &DynFunction {
        &self.function
    }

    fn fits(&self, batch: &RecordBatch) -> Result<(), Error> {
        let schema = batch.schema_ref();
        let differs = schema.fields().iter().zip(&*self.types).find(|(field, (ty, nullable))| {
            // A column without NULLs may stand where one with NULLs may.
            field.data_type() != ty || field.is_nullable() && !nullable
        });
        if let Some((field, (ty, _))) = differs {
            return Err(Error::Signature(format!(
                "the column `{}` is `{}`{}, the function was asked for with `{ty}`",
                field.name(),
                field.data_type(),
                if field.is_nullable() { ", nullable" } else { "" },
            )));
        }
        if schema.fields().len() != self.types.len() {
            return Err(Error::Signature(format!(
                "the batch has {} columns, the function was asked for with {}",
                schema.fields().len(),
                self.types.len()
            )));
        }
        Ok(())
    }
}

/// A function of rows gives as many as it got, or the guest lied.
fn same_rows(given: usize, found: RecordBatch) -> Result<RecordBatch, Error> {
    match found.num_rows() {
        rows if rows == given => Ok(found),
        rows => Err(Error::Internal(format!("a function of rows gave {rows} rows for {given}"))),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;

    use super::*;

    #[test]
    fn rows_that_come_back_are_counted() {
        let found = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2])) as _)]);
        let found = found.expect("a batch");
        assert!(same_rows(2, found.clone()).is_ok());
        for given in [0, 1, 3] {
            let error = same_rows(given, found.clone()).expect_err("the guest lied").to_string();
            assert!(error.contains(&format!("gave 2 rows for {given}")), "{error}");
        }
    }
}
