//! What each variable of a frame is, as a list that is cheap to copy: a branch keeps the environment before it, each
//! path has one of its own, and most variables are in all of them what they were.
//!
//! The list is cut into pieces that copies share until one of them is written to, so that paths are also compared
//! piece by piece. What the bindings mean, and how they are joined, is not known here.

use std::ops::{Index, IndexMut};
use std::rc::Rc;

use super::Binding;

/// Bindings in a piece: as many as are worth copying when one of them changes.
const PIECE: usize = 128;

/// The bindings of a frame's variables, by number.
#[derive(Clone, Default)]
pub(super) struct Env {
    /// All but the last are full.
    pieces: Vec<Rc<Vec<Binding>>>,
}

impl Env {
    #[cfg(test)]
    fn len(&self) -> usize {
        let last = self.pieces.last().map_or(0, |piece| piece.len());
        self.pieces.len().saturating_sub(1) * PIECE + last
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn push(&mut self, binding: Binding) {
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => Rc::make_mut(piece).push(binding),
            _ => self.pieces.push(Rc::new(vec![binding])),
        }
    }

    /// Forgets the variables beyond the first `width`.
    pub(super) fn truncate(&mut self, width: usize) {
        self.pieces.truncate(width.div_ceil(PIECE));
        let last = width % PIECE;
        if let Some(piece) = self.pieces.last_mut().filter(|piece| last > 0 && piece.len() > last) {
            Rc::make_mut(piece).truncate(last);
        }
    }

    /// Pieces that a copy of it or a comparison goes over.
    pub(super) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// The variables of two environments in pieces that they do not share, up to the shorter one's end.
    pub(super) fn apart<'e>(
        &'e self,
        other: &'e Env,
    ) -> impl Iterator<Item = (usize, &'e Binding, &'e Binding)> {
        let pieces = self.pieces.iter().zip(&other.pieces).enumerate();
        pieces.filter(|(_, (a, b))| !Rc::ptr_eq(a, b)).flat_map(|(index, (a, b))| {
            let bindings = a.iter().zip(b.iter()).enumerate();
            bindings.map(move |(at, (a, b))| (index * PIECE + at, a, b))
        })
    }

    /// The variables in pieces that an earlier environment does not share.
    pub(super) fn since(&self, earlier: &Env) -> Vec<usize> {
        let shared =
            |index: usize, piece| earlier.pieces.get(index).is_some_and(|other| Rc::ptr_eq(piece, other));
        let new = self.pieces.iter().enumerate().filter(|(index, piece)| !shared(*index, piece));
        new.flat_map(|(index, piece)| (0..piece.len()).map(move |at| index * PIECE + at)).collect()
    }

    /// Both in one, up to the shorter one's end. What they share is taken as it is.
    pub(super) fn joined(&self, other: &Env, mut join: impl FnMut(&Binding, &Binding) -> Binding) -> Env {
        let join = |(a, b): (&Rc<Vec<Binding>>, &Rc<Vec<Binding>>)| {
            if Rc::ptr_eq(a, b) {
                return Rc::clone(a);
            }
            let joined: Vec<Binding> = a.iter().zip(b.iter()).map(|(a, b)| join(a, b)).collect();
            // What is like one of them is shared with it from now on.
            if joined == **a { Rc::clone(a) } else { Rc::new(joined) }
        };
        Env { pieces: self.pieces.iter().zip(&other.pieces).map(join).collect() }
    }
}

impl Index<usize> for Env {
    type Output = Binding;

    fn index(&self, slot: usize) -> &Binding {
        &self.pieces[slot / PIECE][slot % PIECE]
    }
}

impl IndexMut<usize> for Env {
    fn index_mut(&mut self, slot: usize) -> &mut Binding {
        &mut Rc::make_mut(&mut self.pieces[slot / PIECE])[slot % PIECE]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    fn env(width: usize) -> Env {
        let mut env = Env::default();
        (0..width).for_each(|_| env.push(Binding::Unbound));
        env
    }

    #[test]
    fn it_is_a_list() {
        for width in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let mut env = env(width);
            assert_eq!((env.len(), env.is_empty()), (width, width == 0));
            if width > 0 {
                env[width - 1] = Binding::Bound(Type::Int);
                assert_eq!(env[width - 1], Binding::Bound(Type::Int));
            }
            for less in [width, width.saturating_sub(1), width / 2, 0] {
                env.truncate(less);
                assert_eq!(env.len(), less);
            }
            env.push(Binding::Bound(Type::Float));
            assert_eq!((env.len(), &env[0]), (1, &Binding::Bound(Type::Float)));
        }
    }

    #[test]
    fn copies_share_what_neither_has_written() {
        let before = env(4 * PIECE);
        let mut after = before.clone();
        assert_eq!(before.apart(&after).count(), 0);
        after[PIECE + 3] = Binding::Bound(Type::Int);
        assert_eq!(before[PIECE + 3], Binding::Unbound, "the other is as it was");
        assert_eq!(before.apart(&after).count(), PIECE, "one piece");
        assert_eq!(after.since(&before), (PIECE..2 * PIECE).collect::<Vec<_>>());
        assert_eq!(after.since(&Env::default()).len(), 4 * PIECE, "all is new");
        let mut asked = 0;
        let joined = after.joined(&before, |a, _| {
            asked += 1;
            a.clone()
        });
        assert_eq!((asked, joined.len()), (PIECE, 4 * PIECE));
        assert_eq!(joined.apart(&after).count(), 0, "it is like the first, and shares all with it");
        let shorter = after.joined(&env(PIECE + 5), |a, _| a.clone());
        assert_eq!(shorter.len(), PIECE + 5);
    }
}
