//! A batch that failed → the row that did it, for people.

use arrow_array::{Array, RecordBatch};
use ovenbird::{Error, Tenant};
use ovenbird_arrow::BatchFunction;

/// Longest value that is shown, in characters.
const SHOWN: usize = 60;

/// Names the row of a batch at which the function raised: its number in the file, where `before` rows came earlier, and
/// its values. `None` if no single row is to blame, as for a limit.
pub(crate) fn row(
    function: &BatchFunction,
    tenant: &Tenant,
    batch: &RecordBatch,
    before: usize,
    error: &Error,
) -> Option<String> {
    if !matches!(error, Error::Raised(_)) {
        return None;
    }
    let row = first_failing(batch.num_rows(), |rows| {
        matches!(function.call_batch(tenant, &batch.slice(0, rows)), Err(Error::Raised(_)))
    });
    let values: Vec<String> = batch
        .schema_ref()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, array)| format!("{} = {}", field.name(), shown(array, row)))
        .collect();
    Some(format!("row {} of the file failed: {}", before + row, values.join(", ")))
}

/// The number of the first row that fails. Rows are computed in their order, so the first `n` rows fail exactly if one
/// of them does: a handful of calls finds it in any batch.
fn first_failing(rows: usize, fails: impl Fn(usize) -> bool) -> usize {
    let (mut good, mut bad) = (0, rows);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fails(middle) { bad = middle } else { good = middle }
    }
    good
}

/// A value as arrays show themselves: a line with their type, a bracket, and then the values, one a line, texts with their
/// control characters escaped.
fn shown(array: &dyn Array, row: usize) -> String {
    let text = format!("{:?}", array.slice(row, 1));
    let value = text.lines().nth(2).unwrap_or_default().trim().trim_end_matches(',');
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray};

    use super::*;

    #[test]
    fn values_are_one_line_each() {
        let show = |array: ArrayRef| shown(&array, 1);
        assert_eq!(show(Arc::new(Float64Array::from(vec![1.0, 2.5]))), "2.5");
        assert_eq!(
            show(Arc::new(StringArray::from(vec!["x", "two\nlines, no more,"]))),
            "\"two\\nlines, no more,\""
        );
        assert_eq!(show(Arc::new(StringArray::from(vec![Some("x"), None]))), "null");
        assert_eq!(show(Arc::new(TimestampMillisecondArray::from(vec![0, 0]))), "1970-01-01T00:00:00");
        let long = show(Arc::new(StringArray::from(vec!["", &"x".repeat(1000)])));
        assert!(long.chars().count() == SHOWN + 1 && long.ends_with('…'), "{long}");
    }

    #[test]
    fn the_first_row_that_fails_is_found_with_few_calls() {
        for rows in [1, 2, 3, 8, 8192] {
            for bad in [0, rows / 3, rows - 1] {
                let calls = std::cell::Cell::new(0);
                let found = first_failing(rows, |count| {
                    calls.set(calls.get() + 1);
                    count > bad
                });
                assert_eq!(found, bad);
                assert!(calls.get() <= 13, "{} calls", calls.get());
            }
        }
    }
}
