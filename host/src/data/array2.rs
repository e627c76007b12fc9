//! Arrays of two dimensions with a Rust type, for typed handles.

use std::sync::Arc;

use super::{Array, Element};

/// An array of two dimensions, row after row; to a function a NumPy array. Cheap to clone: the values are shared.
///
/// ```
/// # #[cfg(feature = "compiler")] {
/// use ovenbird::data::Array2;
/// use ovenbird::{Engine, Source, Tenant};
///
/// let source = Source::new("table.py", "def doubled(xs):\n    return xs.T * 2.0\n");
/// let program = Engine::builder().build()?.compile(&source)?;
/// let doubled = program.get::<fn(Array2<f64>) -> Array2<f64>>("doubled")?;
/// let table = Array2::new(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3).expect("six values");
/// let found = doubled.call(&Tenant::default(), (table,))?;
/// assert_eq!((found.rows(), found.columns()), (3, 2));
/// assert_eq!(found.row(0), Some(&[2.0, 8.0][..]));
/// # }
/// # Ok::<(), ovenbird::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Array2<T> {
    values: Arc<Vec<T>>,
    rows: usize,
    columns: usize,
}

impl<T: Element> Array2<T> {
    /// Values row after row; `None` unless there are `rows` times `columns`.
    pub fn new(values: Vec<T>, rows: usize, columns: usize) -> Option<Self> {
        let fits = rows.checked_mul(columns) == Some(values.len());
        fits.then(|| Array2 { values: Arc::new(values), rows, columns })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many values a row has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values of a row; `None` if there is no such row.
    pub fn row(&self, row: usize) -> Option<&[T]> {
        let start = if row < self.rows { row * self.columns } else { return None };
        self.values.get(start..start + self.columns)
    }

    /// All values, row after row; copied only if somebody else has them, too.
    pub fn into_vec(self) -> Vec<T> {
        Arc::unwrap_or_clone(self.values)
    }

    pub(crate) fn into_array(self) -> Array {
        Array::from_parts(T::share(self.values), [self.rows, self.columns].into())
    }

    /// `None` for one of another type, or of other dimensions.
    pub(crate) fn from_array(array: Array) -> Option<Self> {
        let [rows, columns] = *array.shape() else { return None };
        Array2::new(array.into_vec()?, rows, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_as_many_values_as_rows_and_columns_say() {
        assert!(Array2::new(vec![1_i32; 6], 2, 2).is_none());
        assert!(Array2::new(vec![0_u8; 0], usize::MAX, 2).is_none());
        let table = Array2::new(vec![1_i32, 2, 3, 4, 5, 6], 3, 2).expect("six values");
        assert_eq!((table.row(2), table.row(3), table.row(usize::MAX)), (Some(&[5, 6][..]), None, None));
        let empty = Array2::new(Vec::<f64>::new(), 3, 0).expect("no values");
        assert_eq!((empty.row(2), empty.row(3)), (Some(&[][..]), None));
        let array = table.clone().into_array();
        assert_eq!(Array2::<i64>::from_array(array.clone()), None, "another type");
        assert_eq!(
            Array2::<i32>::from_array(array.clone().reshaped(&[6]).expect("six")),
            None,
            "one dimension"
        );
        assert_eq!(Array2::from_array(array), Some(table));
    }
}
