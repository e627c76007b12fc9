//! Arrays and columns that cross between host and function: owned ([`Array`], [`DataFrame`]), and borrowed for the
//! time of a call ([`Slice`], [`ColumnView`]). What they look like in a guest's memory is known elsewhere
//! (`run/values.rs`, `decode.rs`).

use std::fmt;
use std::sync::Arc;

use ovenbird_compiler::border::{self, Border, ColumnKind};
use ovenbird_compiler::types::{Storage, Type};
use zerocopy::IntoBytes;

mod array2;
mod texts;

pub use array2::Array2;
pub use texts::join_texts;

/// Elements of one type, shared: cloning copies nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Elements {
    /// `bool`.
    Bool(Arc<Vec<bool>>),
    /// `int8`.
    Int8(Arc<Vec<i8>>),
    /// `uint8`.
    Uint8(Arc<Vec<u8>>),
    /// `int16`.
    Int16(Arc<Vec<i16>>),
    /// `uint16`.
    Uint16(Arc<Vec<u16>>),
    /// `int32`.
    Int32(Arc<Vec<i32>>),
    /// `uint32`.
    Uint32(Arc<Vec<u32>>),
    /// `int64`.
    Int64(Arc<Vec<i64>>),
    /// `float32`.
    Float32(Arc<Vec<f32>>),
    /// `float64`.
    Float64(Arc<Vec<f64>>),
}

/// Elements of one type that belong to somebody else.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Slice<'a> {
    /// `bool`.
    Bool(&'a [bool]),
    /// `int8`.
    Int8(&'a [i8]),
    /// `uint8`.
    Uint8(&'a [u8]),
    /// `int16`.
    Int16(&'a [i16]),
    /// `uint16`.
    Uint16(&'a [u16]),
    /// `int32`.
    Int32(&'a [i32]),
    /// `uint32`.
    Uint32(&'a [u32]),
    /// `int64`.
    Int64(&'a [i64]),
    /// `float32`.
    Float32(&'a [f32]),
    /// `float64`.
    Float64(&'a [f64]),
}

macro_rules! each {
    ($kind:ident, $value:expr, $inner:ident => $result:expr) => {
        match $value {
            $kind::Bool($inner) => $result,
            $kind::Int8($inner) => $result,
            $kind::Uint8($inner) => $result,
            $kind::Int16($inner) => $result,
            $kind::Uint16($inner) => $result,
            $kind::Int32($inner) => $result,
            $kind::Uint32($inner) => $result,
            $kind::Int64($inner) => $result,
            $kind::Float32($inner) => $result,
            $kind::Float64($inner) => $result,
        }
    };
}

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that is an element of arrays: `bool`, integers up to 64 bits (signed) and 32 bits (unsigned), and
/// floats.
pub trait Element: Copy + Default + sealed::Sealed + 'static {
    /// How arrays store it.
    const STORAGE: Storage;
    /// Elements that are given away.
    fn own(values: Vec<Self>) -> Elements {
        Self::share(Arc::new(values))
    }
    /// Elements that are shared.
    fn share(values: Arc<Vec<Self>>) -> Elements;
    /// Elements that are lent.
    fn lend(values: &[Self]) -> Slice<'_>;
    /// Elements of this type; copied only if somebody else has them, too. `None` if they are of another type.
    fn take(elements: Elements) -> Option<Vec<Self>>;
    /// As many of the bytes of memory as make elements.
    #[doc(hidden)]
    fn read(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! element {
    ($($rust:ident $variant:ident)*) => {
        $(
            impl sealed::Sealed for $rust {}
            impl Element for $rust {
                const STORAGE: Storage = Storage::$variant;
                fn share(values: Arc<Vec<Self>>) -> Elements {
                    Elements::$variant(values)
                }
                fn lend(values: &[Self]) -> Slice<'_> {
                    Slice::$variant(values)
                }
                fn take(elements: Elements) -> Option<Vec<Self>> {
                    match elements {
                        Elements::$variant(values) => Some(Arc::unwrap_or_clone(values)),
                        _ => None,
                    }
                }
                fn read(bytes: &[u8]) -> Vec<Self> {
                    element!(@read bytes $rust)
                }
            }
        )*
        impl Elements {
            /// How arrays store them.
            pub fn storage(&self) -> Storage {
                match self { $(Elements::$variant(_) => Storage::$variant,)* }
            }
            /// The same, lent.
            pub fn lend(&self) -> Slice<'_> {
                match self { $(Elements::$variant(values) => Slice::$variant(values),)* }
            }
            pub(crate) fn read(storage: Storage, bytes: &[u8]) -> Elements {
                match storage { $(Storage::$variant => <$rust>::own(<$rust>::read(bytes)),)* }
            }
            /// Memory that is only taken if somebody looks at it.
            #[cfg(workers)]
            pub(crate) fn zeros(storage: Storage, count: usize) -> Elements {
                match storage { $(Storage::$variant => <$rust>::own(vec![<$rust>::default(); count]),)* }
            }
        }
        impl Slice<'_> {
            /// How arrays store them.
            pub fn storage(&self) -> Storage {
                match self { $(Slice::$variant(_) => Storage::$variant,)* }
            }
            /// A copy.
            pub fn to_owned(&self) -> Elements {
                match self { $(Slice::$variant(values) => Elements::$variant(Arc::new(values.to_vec())),)* }
            }
        }
    };
    // A guest's byte may be anything.
    (@read $bytes:ident bool) => { $bytes.iter().map(|byte| *byte != 0).collect() };
    (@read $bytes:ident $rust:ident) => {{
        let mut values = vec![$rust::default(); $bytes.len() / size_of::<$rust>()];
        let whole = values.len() * size_of::<$rust>();
        values.as_mut_bytes().copy_from_slice(&$bytes[..whole]);
        values
    }};
}

element! {
    bool Bool i8 Int8 u8 Uint8 i16 Int16 u16 Uint16 i32 Int32 u32 Uint32 i64 Int64 f32 Float32 f64 Float64
}

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(Elements, self, values => values.len())
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> Slice<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(Slice, self, values => values.len())
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn bytes(self) -> &'a [u8] {
        each!(Slice, self, values => values.as_bytes())
    }
}

/// An array of any number of dimensions, the last axis fastest; to a function a NumPy array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    elements: Elements,
    shape: Arc<[usize]>,
}

impl Array {
    /// An array of one dimension.
    pub fn new<T: Element>(values: Vec<T>) -> Array {
        Array::from(T::own(values))
    }

    /// The same elements in another shape; `None` unless it has as many, and one to eight dimensions.
    #[must_use]
    pub fn reshaped(self, shape: &[usize]) -> Option<Array> {
        let total = shape.iter().try_fold(1_usize, |total, length| total.checked_mul(*length))?;
        let fits = total == self.elements.len() && (1..=border::MAX_DIMENSIONS).contains(&shape.len());
        fits.then(|| Array { elements: self.elements, shape: shape.into() })
    }

    pub(crate) fn from_parts(elements: Elements, shape: Arc<[usize]>) -> Array {
        Array { elements, shape }
    }

    /// The elements.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// Lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements, flat; `None` if they are of another type.
    pub fn into_vec<T: Element>(self) -> Option<Vec<T>> {
        T::take(self.elements)
    }

    /// The type of a parameter that takes it.
    pub fn ty(&self) -> Type {
        Border::Array { element: self.elements.storage(), dimensions: self.shape.len() }.ty()
    }
}

impl From<Elements> for Array {
    fn from(elements: Elements) -> Array {
        let shape = Arc::from([elements.len()]);
        Array { elements, shape }
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(Elements, &self.elements, values => write!(f, "array({values:?}"))?;
        if self.shape.len() == 1 { f.write_str(")") } else { write!(f, ", shape={:?})", self.shape) }
    }
}

/// Columns of one length, with their names; to a function a pandas frame.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct DataFrame {
    pub(crate) columns: Vec<(Arc<str>, Column)>,
}

/// A column of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    data: ColumnData,
    valid: Option<Arc<Vec<u8>>>,
}

/// Values of a column; those that are missing are anything.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ColumnData {
    /// Numbers or bools.
    Plain(Elements),
    /// UTF-8, and where each text begins and the last ends.
    Text {
        /// One more than there are rows; from 0, never falling.
        offsets: Arc<Vec<i32>>,
        /// The texts, one after the other.
        text: Arc<String>,
    },
    /// Moments.
    Datetime {
        /// pandas's name of the type: `datetime64[us]`, `datetime64[ms, UTC]`.
        name: Arc<str>,
        /// Units since 1970.
        values: Arc<Vec<i64>>,
    },
}

/// A column that belongs to somebody else. The bitmap has a bit for each row, the first lowest in the first byte,
/// 1 where there is a value, as in Arrow.
#[derive(Clone, Copy, Debug)]
pub struct ColumnView<'a> {
    /// The values.
    pub data: ColumnSlice<'a>,
    /// Which are there; `None` if all are. A column that may have missing values is another type than one that
    /// may not.
    pub valid: Option<&'a [u8]>,
}

/// Values of a column that belong to somebody else.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ColumnSlice<'a> {
    /// Numbers or bools.
    Plain(Slice<'a>),
    /// UTF-8.
    Text {
        /// One more than there are rows, never falling. They may begin anywhere in `text`.
        offsets: &'a [i32],
        /// Bytes in which the texts lie.
        text: &'a [u8],
    },
    /// Moments.
    Datetime {
        /// pandas's name of the type: `datetime64[us]`.
        name: &'a str,
        /// Units since 1970.
        values: &'a [i64],
    },
}

impl DataFrame {
    /// A frame; `None` unless all columns have the same length.
    pub fn new(columns: Vec<(Arc<str>, Column)>) -> Option<DataFrame> {
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        columns.iter().all(|(_, column)| column.len() == rows).then_some(DataFrame { columns })
    }

    /// The columns with their names.
    pub fn columns(&self) -> &[(Arc<str>, Column)] {
        &self.columns
    }

    /// The same, given away.
    pub fn into_columns(self) -> Vec<(Arc<str>, Column)> {
        self.columns
    }

    /// Number of rows; 0 without columns.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The type of a parameter that takes it.
    pub fn ty(&self) -> Type {
        let column = |(name, column): &(Arc<str>, Column)| (name.clone(), column.view().kind());
        Border::Frame(self.columns.iter().map(column).collect()).ty()
    }
}

impl Column {
    /// A column with values for all rows.
    pub fn new(data: ColumnData) -> Column {
        Column { data, valid: None }
    }

    /// The same with a bitmap of the values that are there, as in [`ColumnView`]; `None` if it is too short.
    #[must_use]
    pub fn with_valid(self, valid: Vec<u8>) -> Option<Column> {
        (valid.len() >= self.len().div_ceil(8)).then(|| Column { valid: Some(Arc::new(valid)), ..self })
    }

    /// The values.
    pub fn data(&self) -> &ColumnData {
        &self.data
    }

    /// Which values are there, as in [`ColumnView`]; `None` if all are.
    pub fn valid(&self) -> Option<&Arc<Vec<u8>>> {
        self.valid.as_ref()
    }

    /// Values and bitmap, given away.
    pub fn into_parts(self) -> (ColumnData, Option<Arc<Vec<u8>>>) {
        (self.data, self.valid)
    }

    /// Whether a row has a value.
    pub fn is_valid(&self, row: usize) -> bool {
        let bit = |bits: &Arc<Vec<u8>>| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        self.valid.as_ref().is_none_or(bit)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.view().len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same, lent.
    pub fn view(&self) -> ColumnView<'_> {
        let data = match &self.data {
            ColumnData::Plain(elements) => ColumnSlice::Plain(elements.lend()),
            ColumnData::Text { offsets, text } => ColumnSlice::Text { offsets, text: text.as_bytes() },
            ColumnData::Datetime { name, values } => ColumnSlice::Datetime { name, values },
        };
        ColumnView { data, valid: self.valid.as_ref().map(|bits| bits.as_slice()) }
    }
}

impl ColumnView<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self.data {
            ColumnSlice::Plain(values) => values.len(),
            ColumnSlice::Text { offsets, .. } => offsets.len().saturating_sub(1),
            ColumnSlice::Datetime { values, .. } => values.len(),
        }
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the values, the bitmap and the text.
    pub(crate) fn bytes(&self) -> usize {
        let values = match self.data {
            ColumnSlice::Plain(values) => values.bytes().len(),
            ColumnSlice::Text { offsets, text } => 4 * offsets.len() + text.len(),
            ColumnSlice::Datetime { values, .. } => 8 * values.len(),
        };
        values + self.valid.map_or(0, <[u8]>::len)
    }

    /// What a parameter's type says of it.
    pub fn kind(&self) -> border::Column {
        let kind = match self.data {
            ColumnSlice::Plain(values) => ColumnKind::Plain(values.storage()),
            ColumnSlice::Text { .. } => ColumnKind::Text,
            ColumnSlice::Datetime { name, .. } => ColumnKind::Datetime(name.into()),
        };
        border::Column { kind, nullable: self.valid.is_some() }
    }
}

impl fmt::Display for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame of {} rows: ", self.rows())?;
        for (i, (name, column)) in self.columns.iter().enumerate() {
            write!(f, "{}{name}: {}", if i > 0 { ", " } else { "" }, column.view().kind())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_have_the_shape_of_their_elements() {
        let array = Array::new(vec![1_i32, 2, 3, 4, 5, 6]);
        assert_eq!(array.shape(), [6]);
        assert_eq!(array.to_string(), "array([1, 2, 3, 4, 5, 6])");
        assert_eq!(array.clone().reshaped(&[2, 2]), None);
        assert_eq!(array.clone().reshaped(&[]), None);
        assert_eq!(array.clone().reshaped(&[usize::MAX, 2, 3]), None);
        let table = array.clone().reshaped(&[2, 3]).expect("six elements");
        assert_eq!(table.ty().to_string(), "array[int32, 2 dimensions]");
        assert_eq!(table.to_string(), "array([1, 2, 3, 4, 5, 6], shape=[2, 3])");
        assert_eq!(table.into_vec::<i64>(), None);
        assert_eq!(array.into_vec::<i32>(), Some(vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn bytes_that_make_no_whole_element_are_left_over() {
        assert_eq!(Elements::read(Storage::Int16, &[1, 0, 2, 0, 3]), Elements::Int16(Arc::new(vec![1, 2])));
        assert_eq!(
            Elements::read(Storage::Bool, &[0, 1, 255]),
            Elements::Bool(Arc::new(vec![false, true, true]))
        );
        assert_eq!(Slice::Uint16(&[1, 256]).bytes(), [1, 0, 0, 1]);
    }

    #[test]
    fn frames_have_columns_of_one_length() {
        let column = |rows: usize| Column::new(ColumnData::Plain(i64::own(vec![0; rows])));
        assert!(DataFrame::new(vec![("a".into(), column(2)), ("b".into(), column(3))]).is_none());
        assert!(column(9).with_valid(vec![255]).is_none());
        let some = column(9).with_valid(vec![0b1010_1010, 1]).expect("nine bits");
        let there: Vec<bool> = (0..9).map(|row| some.is_valid(row)).collect();
        assert_eq!(there, [false, true, false, true, false, true, false, true, true]);
        let frame = DataFrame::new(vec![("a".into(), some)]).expect("one column");
        assert_eq!(frame.ty().to_string(), "frame[a: int64?]");
        assert_eq!(frame.to_string(), "frame of 9 rows: a: int64?");
    }
}
