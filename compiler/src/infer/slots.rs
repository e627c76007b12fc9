//! The variables of a frame by name. A name -> the number of its variable, without a walk over all of them.

use std::collections::HashMap;
use std::ops::Index;

/// Names of variables in the order in which they were declared. A name may be there twice: the targets of a
/// comprehension shadow.
#[derive(Default)]
pub(super) struct Slots {
    names: Vec<String>,
    /// Numbers of each name, ascending. Only looked up, never walked over.
    at: HashMap<String, Vec<usize>>,
    /// Variables below this number are not in scope; they keep their numbers.
    from: usize,
}

impl Slots {
    pub(super) fn push(&mut self, name: &str) -> usize {
        let slot = self.names.len();
        self.names.push(name.to_owned());
        self.at.entry(name.to_owned()).or_default().push(slot);
        slot
    }

    /// The variable that a name means: the innermost.
    pub(super) fn last(&self, name: &str) -> Option<usize> {
        self.at.get(name)?.last().copied().filter(|slot| *slot >= self.from)
    }

    /// The outermost variable of a name.
    pub(super) fn first(&self, name: &str) -> Option<usize> {
        self.at.get(name)?.iter().copied().find(|slot| *slot >= self.from)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names in scope.
    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        self.names.iter().skip(self.from)
    }

    /// Forgets the variables beyond the first `width`.
    pub(super) fn truncate(&mut self, width: usize) {
        for name in self.names.drain(width..).rev() {
            if let Some(slots) = self.at.get_mut(&name) {
                slots.pop();
                if slots.is_empty() {
                    self.at.remove(&name);
                }
            }
        }
    }

    /// Takes all variables out of scope. What is returned brings them back.
    pub(super) fn hide(&mut self) -> usize {
        std::mem::replace(&mut self.from, self.names.len())
    }

    /// Brings variables back into scope.
    pub(super) fn show(&mut self, from: usize) {
        self.from = from;
    }
}

impl Index<usize> for Slots {
    type Output = String;

    fn index(&self, slot: usize) -> &String {
        &self.names[slot]
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn the_last_of_a_name_shadows_until_it_is_forgotten() {
        let mut slots = Slots::default();
        assert_eq!([slots.push("a"), slots.push("b"), slots.push("a")], [0, 1, 2]);
        assert_eq!((slots.first("a"), slots.last("a"), slots.last("c")), (Some(0), Some(2), None));
        slots.truncate(1);
        assert_eq!((slots.len(), slots.last("a"), slots.last("b")), (1, Some(0), None));
        assert_eq!(slots.push("b"), 1);
    }

    #[test]
    fn hidden_variables_keep_their_numbers() {
        let mut slots = Slots::default();
        slots.push("a");
        let from = slots.hide();
        assert_eq!((slots.first("a"), slots.last("a"), slots.iter().count()), (None, None, 0));
        assert_eq!(slots.push("a"), 1, "none is given twice");
        assert_eq!((slots.first("a"), slots.last("a")), (Some(1), Some(1)));
        slots.truncate(1);
        slots.show(from);
        assert_eq!((slots.first("a"), slots.last("a")), (Some(0), Some(0)));
    }
}
