//! What the writes in some statements may change.
//!
//! The rules rest on how `lower` and the library use memory:
//! - A *field* of an object is read and written at `reference + offset` with the reference in a local
//!   (or static data) and an offset of at least 8: the block's own 8 bytes, then the fields.
//! - *Raw* accesses (elements of lists, arrays, tables) compute their address and have offset 0. The
//!   second and later scalars of an element that is a tuple look like fields; all accesses to such
//!   elements have the same offsets and types, so comparing these is enough for them, too.
//! - Objects and the blocks with elements are different blocks, and a place in memory is used with
//!   one [`MemTy`] as long as its block lives.
//!
//! So a raw store never changes a field, nor a store of one type a value of another. `fold` keeps the
//! shapes apart: it never moves a part of a raw address into the offset.

use super::usage::{LocalSet, any_stmt};
use crate::abi::Import;
use crate::ir::{Callee, Expr, MemTy, Stmt};

/// Least offset of a field.
const FIRST_FIELD: u32 = 8;

/// The field that a load reads: object, offset and type.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Field {
    /// The reference: a local or static data.
    pub(super) base: Expr,
    pub(super) offset: u32,
    pub(super) mem: MemTy,
}

impl Field {
    /// The field, if the expression loads one.
    pub(super) fn of(e: &Expr) -> Option<Field> {
        match e {
            Expr::Load { mem, addr, offset } if is_field(addr, *offset) => {
                Some(Field { base: (**addr).clone(), offset: *offset, mem: *mem })
            }
            _ => None,
        }
    }

    /// Whether the reference is the same throughout statements that assign these locals.
    pub(super) fn is_fixed(&self, assigned: &LocalSet) -> bool {
        self.base.as_local().is_none_or(|local| !assigned.contains(local))
    }
}

fn is_field(addr: &Expr, offset: u32) -> bool {
    offset >= FIRST_FIELD && matches!(addr, Expr::Local(_) | Expr::Data(_))
}

/// Summary of what statements write.
#[derive(Default, Debug)]
pub(super) struct Writes {
    /// Anything at all: calls, releases, bulk operations.
    pub(super) all: bool,
    /// Fields by offset and type.
    fields: Vec<(u32, MemTy)>,
    /// Elements by type.
    raw: Vec<MemTy>,
    /// Module-level variables.
    pub(super) globals: bool,
}

impl Writes {
    /// Collects the writes of these statements, also of those inside.
    pub(super) fn of(stmts: &[Stmt]) -> Writes {
        let mut writes = Writes::default();
        any_stmt(stmts, &mut |stmt| {
            writes.add(stmt);
            false
        });
        writes
    }

    fn add(&mut self, stmt: &Stmt) {
        self.globals |= stmt.writes_globals();
        match stmt {
            Stmt::Store { mem, addr, offset, .. } if is_field(addr, *offset) => {
                self.fields.push((*offset, *mem));
            }
            Stmt::Store { mem, .. } => self.raw.push(*mem),
            // These two compute from their arguments alone.
            Stmt::Call { callee: Callee::Import(Import::Math | Import::Time), .. } => {}
            Stmt::Call { .. } | Stmt::Release { .. } => self.all = true,
            Stmt::MemoryCopy { .. } | Stmt::MemoryFill { .. } => self.all = true,
            // A reference count lies below the first field and is read by nothing but counting.
            Stmt::Retain(_) => {}
            _ => {}
        }
    }

    /// Whether a field may change. A field that is loaded as an address or a 64-bit integer (a
    /// length) is not touched by raw stores; other types are left out for caution.
    pub(super) fn change_field(&self, field: &Field) -> bool {
        let header = matches!(field.mem, MemTy::Ptr | MemTy::I64);
        self.all
            || self.fields.contains(&(field.offset, field.mem))
            || self.raw.iter().any(|&mem| may_overlap(mem, field.mem) && !header)
    }

    /// Whether an element of this type may change.
    pub(super) fn change_raw(&self, mem: MemTy) -> bool {
        self.all || self.raw.iter().any(|&other| may_overlap(mem, other))
    }
}

/// Whether values of these types may lie in the same place.
pub(super) fn may_overlap(a: MemTy, b: MemTy) -> bool {
    let class = |mem| match mem {
        MemTy::Bool | MemTy::S8 | MemTy::U8 => 0,
        MemTy::S16 | MemTy::U16 => 1,
        MemTy::S32 | MemTy::U32 => 2,
        MemTy::F32 => 3,
        MemTy::I64 => 4,
        MemTy::F64 => 5,
        MemTy::Ptr => 6,
        MemTy::V128 => 7,
    };
    class(a) == class(b) || a == MemTy::V128 || b == MemTy::V128
}

/// Whether an expression has the same value throughout: no local of the set, no memory, no global.
pub(super) fn is_invariant(e: &Expr, assigned: &LocalSet) -> bool {
    !e.any(&mut |e| match e {
        Expr::Local(local) => assigned.contains(*local),
        Expr::Load { .. } | Expr::MemorySize | Expr::Global(_) => true,
        _ => false,
    })
}
