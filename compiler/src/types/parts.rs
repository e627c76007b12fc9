//! The parts of a type that is made of others: a list of types that knows what is asked of it all the time.
//!
//! The type of a frame of hundreds of columns has thousands of nodes, and each expression that mentions the frame has
//! that type. So what is known of the parts is found once, when they are put together from parts that know it of
//! their own: comparing, hashing and measuring a type then takes no longer for a wide one. Equal lists are not made one
//! and the same; what differs is told by the hash nearly always, and what is equal is mostly the same list.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::{Scalar, Type};

/// Types that are parts of another one. Cheap to copy.
#[derive(Clone)]
pub struct Parts(Arc<Known>);

struct Known {
    items: Box<[Type]>,
    hash: u64,
    /// Nodes of all of them.
    size: usize,
    /// Scalars of all of them.
    width: usize,
    has_refs: bool,
    is_closed: bool,
}

impl Parts {
    /// Nodes of the parts together.
    pub(super) fn size(&self) -> usize {
        self.0.size
    }

    /// Scalars of the parts together.
    pub(super) fn width(&self) -> usize {
        self.0.width
    }

    /// Appends the scalars of each.
    pub(super) fn push_scalars(&self, out: &mut Vec<Scalar>) {
        if self.0.width > 0 {
            self.0.items.iter().for_each(|part| part.push_scalars(out));
        }
    }

    /// True if one of them holds counted references.
    pub(super) fn has_refs(&self) -> bool {
        self.0.has_refs
    }

    /// True if no [`Type::Var`] occurs in them.
    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed
    }

    /// Where the list lies: equal for copies of one list.
    pub(super) fn place(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<()>() as usize
    }
}

impl From<Vec<Type>> for Parts {
    fn from(items: Vec<Type>) -> Self {
        let mut hasher = DefaultHasher::new();
        items.hash(&mut hasher);
        Parts(Arc::new(Known {
            hash: hasher.finish(),
            size: items.iter().map(Type::size).fold(0, usize::saturating_add),
            width: items.iter().map(Type::width).fold(0, usize::saturating_add),
            has_refs: items.iter().any(Type::has_refs),
            is_closed: items.iter().all(Type::is_closed),
            items: items.into(),
        }))
    }
}

impl<const N: usize> From<[Type; N]> for Parts {
    fn from(items: [Type; N]) -> Self {
        Vec::from(items).into()
    }
}

impl FromIterator<Type> for Parts {
    fn from_iter<I: IntoIterator<Item = Type>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl Deref for Parts {
    type Target = [Type];

    fn deref(&self) -> &[Type] {
        &self.0.items
    }
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        let same_known = || self.0.hash == other.0.hash && self.0.size == other.0.size;
        Arc::ptr_eq(&self.0, &other.0) || (same_known() && self.0.items == other.0.items)
    }
}

impl Eq for Parts {}

impl Hash for Parts {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.items.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(parts: &Parts) -> u64 {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn equal_lists_are_equal_wherever_they_lie() {
        let list = || Parts::from([Type::Int, Type::tuple([Type::Str, Type::Float])]);
        assert_eq!(list(), list());
        assert_eq!(hash_of(&list()), hash_of(&list()));
        assert_ne!(list().place(), list().place());
        let other = Parts::from([Type::Int, Type::tuple([Type::Float, Type::Str])]);
        assert_ne!(list(), other);
    }

    #[test]
    fn what_is_known_is_what_the_parts_are() {
        let inner = Type::tuple([Type::Str, Type::None, Type::Float]);
        let parts = Parts::from([inner.clone(), Type::Int, Type::str_const("a")]);
        assert_eq!((parts.size(), parts.width()), (inner.size() + 2, 3));
        assert!(parts.has_refs() && parts.is_closed());
        let open = Parts::from([Type::tuple([Type::Var(0)]), Type::Int]);
        assert!(!open.has_refs() && !open.is_closed());
    }
}
