//! What of the arguments a guest never looks at, as its artifact says: it is not copied, and takes no room. A wrong artifact
//! makes its guest see zeros, and nobody else anything.

use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::border::Border;
use ovenbird_compiler::types::Type;

use crate::data::{ColumnSlice, ColumnView};
use crate::value::{Arg, Value, bytes_of};

/// Numbers of scalars, ascending.
#[derive(Clone, Copy)]
pub(crate) struct Unread<'a>(&'a [u32]);

impl<'a> Unread<'a> {
    /// As an artifact, or a worker, says.
    #[cfg(workers)]
    pub(crate) fn new(scalars: &'a [u32]) -> Self {
        Unread(scalars)
    }

    pub(super) fn of(artifact: &'a Artifact) -> Self {
        Unread(&artifact.unread)
    }

    /// For values that are no arguments.
    pub(crate) fn none() -> Self {
        Unread(&[])
    }

    /// Whether nobody looks at this scalar.
    pub(super) fn has(&self, scalar: usize) -> bool {
        u32::try_from(scalar).is_ok_and(|scalar| self.0.binary_search(&scalar).is_ok())
    }

    /// Whether nobody looks at an array that begins here: its block, and the address of its first element.
    pub(crate) fn has_array(&self, scalar: usize) -> bool {
        self.has(scalar) && self.has(scalar + 1)
    }

    /// Bytes of a guest's memory that arguments take, about.
    pub(super) fn room(&self, args: &[Arg<'_>], params: &[Type]) -> u64 {
        if self.0.is_empty() {
            return args.iter().map(Arg::bytes).sum();
        }
        let mut scalar = 0;
        let each = args.iter().zip(params).map(|(arg, ty)| {
            let bytes = self.bytes(arg, ty, scalar);
            scalar += ty.width();
            bytes
        });
        each.sum()
    }

    fn bytes(&self, arg: &Arg<'_>, ty: &Type, scalar: usize) -> u64 {
        let columns: Vec<ColumnView<'_>> = match arg {
            Arg::Columns(columns) => columns.clone(),
            Arg::Value(Value::DataFrame(frame)) => frame.columns().iter().map(|(_, c)| c.view()).collect(),
            Arg::Owned(Value::DataFrame(frame)) => frame.columns().iter().map(|(_, c)| c.view()).collect(),
            _ if matches!(Border::of(ty), Some(Border::Array { .. })) && self.has_array(scalar) => return 0,
            _ => return arg.bytes(),
        };
        let mut scalar = scalar;
        bytes_of(columns.iter().map(|column| self.column(column, &mut scalar)).sum())
    }

    /// Bytes of a column that somebody looks at. Its first scalar is its length; the number becomes that of the next column.
    pub(crate) fn column(&self, column: &ColumnView<'_>, scalar: &mut usize) -> usize {
        *scalar += 1;
        let mut part = |bytes: usize| {
            let unread = self.has(*scalar);
            *scalar += 1;
            if unread { 0 } else { bytes }
        };
        let (values, text) = match column.data {
            ColumnSlice::Plain(values) => (values.bytes().len(), None),
            ColumnSlice::Text { offsets, text } => (4 * offsets.len(), Some(text.len())),
            ColumnSlice::Datetime { values, .. } => (8 * values.len(), None),
        };
        part(values) + column.valid.map_or(0, |valid| part(valid.len())) + text.map_or(0, part)
    }
}
