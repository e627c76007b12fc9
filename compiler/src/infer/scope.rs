//! Scopes: what the globals that live at run time are at a place of the module's body. Types by global in, a number
//! out that is the same for the same types.
//!
//! A body that assigns global after global has a scope after each, so a scope is not a table: it is a list of pieces,
//! and pieces and lists that are equal are kept once. What a global is, and where there is a scope, is not known here.

use std::collections::HashMap;
use std::hash::Hash;

use crate::types::Type;

/// Globals in a piece.
const PIECE: usize = 64;
/// The number of "no type", of the piece without types, and of the scope without pieces.
const NONE: u32 = 0;

/// All scopes of a program so far.
pub(super) struct Scopes {
    types: Numbers<Option<Type>>,
    /// The types of each piece.
    pieces: Numbers<Vec<u32>>,
    /// The pieces of each scope, without empty ones at the end.
    scopes: Numbers<Vec<u32>>,
}

/// A scope that changes from place to place.
#[derive(Clone, Default)]
pub(super) struct Here {
    types: Vec<u32>,
    pieces: Vec<u32>,
    /// Pieces that changed since they were numbered.
    changed: Vec<usize>,
}

impl Default for Scopes {
    fn default() -> Self {
        let mut scopes =
            Scopes { types: Numbers::default(), pieces: Numbers::default(), scopes: Numbers::default() };
        scopes.types.of(&None);
        scopes.pieces.of(&vec![NONE; PIECE]);
        scopes.scopes.of(&Vec::new());
        scopes
    }
}

impl Scopes {
    /// Says what a global is from now on.
    pub(super) fn set(&mut self, here: &mut Here, global: usize, ty: Option<Type>) {
        let piece = global / PIECE;
        if here.pieces.len() <= piece {
            here.pieces.resize(piece + 1, NONE);
            here.types.resize((piece + 1) * PIECE, NONE);
        }
        let ty = self.types.of(&ty);
        if std::mem::replace(&mut here.types[global], ty) != ty && here.changed.last() != Some(&piece) {
            here.changed.push(piece);
        }
    }

    /// The scope's number.
    pub(super) fn number(&mut self, here: &mut Here) -> u32 {
        for piece in here.changed.drain(..) {
            here.pieces[piece] = self.pieces.of(&here.types[piece * PIECE..(piece + 1) * PIECE].to_vec());
        }
        let used = here.pieces.iter().rposition(|piece| *piece != NONE).map_or(0, |last| last + 1);
        self.scopes.of(&here.pieces[..used].to_vec())
    }

    /// What a global is in a scope.
    pub(super) fn get(&self, scope: u32, global: usize) -> Option<&Type> {
        let piece = *self.scopes.known(scope)?.get(global / PIECE)?;
        let ty = *self.pieces.known(piece)?.get(global % PIECE)?;
        self.types.known(ty)?.as_ref()
    }
}

/// Values by number; equal ones have one number.
struct Numbers<T> {
    known: Vec<T>,
    /// Only looked up, never walked over.
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Numbers { known: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn of(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.known.len() as u32;
        self.known.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    fn known(&self, number: u32) -> Option<&T> {
        self.known.get(number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scopes_have_one_number() {
        let (mut scopes, mut here) = (Scopes::default(), Here::default());
        let empty = scopes.number(&mut here);
        scopes.set(&mut here, 200, Some(Type::Int));
        let one = scopes.number(&mut here);
        assert_eq!((scopes.get(one, 200), scopes.get(one, 199)), (Some(&Type::Int), None));
        assert_eq!((scopes.get(one, 9_999), scopes.get(empty, 200)), (None, None));
        scopes.set(&mut here, 3, Some(Type::Float));
        let both = scopes.number(&mut here);
        assert_eq!((scopes.get(both, 3), scopes.get(both, 200)), (Some(&Type::Float), Some(&Type::Int)));
        scopes.set(&mut here, 3, None);
        assert_eq!(scopes.number(&mut here), one);
        scopes.set(&mut here, 200, None);
        assert_eq!(scopes.number(&mut here), empty);
        let mut another = Here::default();
        scopes.set(&mut another, 200, Some(Type::Int));
        assert_eq!(scopes.number(&mut another), one, "in whatever order they came");
        assert!(one != empty && both != one && both != empty);
    }

    #[test]
    fn what_does_not_change_from_scope_to_scope_is_kept_once() {
        let (mut scopes, mut here) = (Scopes::default(), Here::default());
        for global in 0..64 * PIECE {
            scopes.set(&mut here, global, Some(Type::Int));
            scopes.number(&mut here);
        }
        let kept: usize = scopes.scopes.known.iter().map(Vec::len).sum();
        assert!(kept <= 64 * PIECE * 64, "{kept}");
        assert_eq!(scopes.pieces.known.len(), 1 + PIECE, "each piece fills in the same way");
    }
}
