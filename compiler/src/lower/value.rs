//! Values as scalars, with their ownership.

use std::collections::HashSet;

use super::Body;
use crate::ir::{self, Expr, FuncId, Local, Stmt};
use crate::types::{Scalar, Type};

/// A lowered value.
#[derive(Clone)]
pub(super) struct Value {
    /// Its scalars; pure expressions, valid until the next effect.
    pub(super) parts: Vec<Expr>,
    /// True if the receiver owns the references among them.
    pub(super) owned: bool,
}

/// What statements change that a value may depend on.
#[derive(Default)]
pub(super) struct Changes {
    /// Locals, by number. Only asked, never walked over.
    assigned: HashSet<u32>,
    /// True if they may write memory.
    writes: bool,
}

impl Value {
    pub(super) fn plain(part: Expr) -> Value {
        Value { parts: vec![part], owned: false }
    }

    pub(super) fn nothing() -> Value {
        Value { parts: Vec::new(), owned: false }
    }

    /// The only scalar.
    pub(super) fn single(mut self) -> Expr {
        self.parts.pop().unwrap_or(Expr::I32(0))
    }
}

impl Body<'_, '_> {
    /// Which scalars are references, and how each is freed.
    pub(super) fn refs(&self, ty: &Type) -> Vec<Option<FuncId>> {
        let mut out = Vec::new();
        self.lowering.push_refs(ty, &mut out);
        out
    }

    /// Makes the value own its references: borrowed ones are counted up.
    pub(super) fn own(&mut self, value: Value, ty: &Type) -> Value {
        if value.owned || !ty.has_refs() {
            return Value { parts: value.parts, owned: true };
        }
        let refs = self.refs(ty);
        let mut parts = Vec::new();
        for (part, drop) in value.parts.into_iter().zip(refs) {
            if drop.is_some() && !matches!(part, Expr::Data(_)) {
                let part = self.in_local(part);
                self.out.push(Stmt::Retain(part.clone()));
                parts.push(part);
            } else {
                parts.push(part);
            }
        }
        Value { parts, owned: true }
    }

    /// Makes the value borrowed: owned references are released at the end of the statement.
    pub(super) fn borrow(&mut self, value: Value, ty: &Type) -> Value {
        if !value.owned {
            return value;
        }
        let refs = self.refs(ty);
        let mut parts = Vec::new();
        for (part, drop) in value.parts.into_iter().zip(refs) {
            match drop {
                Some(drop) if !matches!(part, Expr::Data(_)) => {
                    let part = self.in_local(part);
                    if let Expr::Local(local) = part {
                        self.temps.push((local, drop));
                    }
                    parts.push(part);
                }
                _ => parts.push(part),
            }
        }
        Value { parts, owned: false }
    }

    /// The expression in a fresh local, unless it is a temporary already.
    pub(super) fn in_local(&mut self, part: Expr) -> Expr {
        let ty = part.ty(&self.function, &self.lowering.module);
        let local = self.temp(ty);
        self.out.push(Stmt::Set(local, part));
        Expr::Local(local)
    }

    /// Scalars in fresh locals.
    pub(super) fn spill(&mut self, value: Value) -> Value {
        let parts =
            value.parts.into_iter().map(|p| if p.is_const() { p } else { self.in_local(p) }).collect();
        Value { parts, owned: value.owned }
    }

    /// Keeps the meaning of `parts`, which were computed when `out` had `at` statements, across the
    /// statements that came since.
    pub(super) fn hold(&mut self, at: usize, parts: &mut [Expr]) {
        if self.out.len() > at {
            let changes = self.changes(at);
            self.keep(at, &changes, parts);
        }
    }

    /// What the statements since `at` change.
    pub(super) fn changes(&self, at: usize) -> Changes {
        let writes = self.out[at..].iter().any(stmt_writes);
        let mut changes = Changes { assigned: HashSet::new(), writes };
        ir::build::for_each_assigned_local(&self.out[at..], &mut |local| {
            changes.assigned.insert(local.0);
        });
        changes
    }

    /// Puts those parts into locals, at `at`, that the statements behind it change.
    pub(super) fn keep(&mut self, at: usize, changes: &Changes, parts: &mut [Expr]) {
        let mut inserted = at;
        for part in parts {
            let mut stale = changes.writes && part.reads_memory();
            part.visit(&mut |e| {
                stale |= matches!(e, Expr::Local(local) if changes.assigned.contains(&local.0));
            });
            if stale {
                let ty = part.ty(&self.function, &self.lowering.module);
                let local = self.temp(ty);
                let value = std::mem::replace(part, Expr::Local(local));
                self.out.insert(inserted, Stmt::Set(local, value));
                inserted += 1;
            }
        }
    }

    /// Releases the temporaries of the statement that ends.
    pub(super) fn release_temps(&mut self, from: usize) {
        for (local, drop) in self.temps.split_off(from) {
            self.out.push(Stmt::Release { value: local.into(), drop });
        }
    }

    /// Builds a nested statement list: its temporaries are released at its end.
    pub(super) fn nested(&mut self, build: impl FnOnce(&mut Self)) -> Vec<Stmt> {
        let outer = std::mem::take(&mut self.out);
        let counted = std::mem::take(&mut self.counted);
        let temps = self.temps.len();
        build(self);
        if ir::build::falls_through(&self.out) {
            self.release_temps(temps);
        } else {
            self.temps.truncate(temps);
        }
        self.counted = counted;
        std::mem::replace(&mut self.out, outer)
    }

    /// References among locals that hold a value of `ty`.
    pub(super) fn ref_locals(&self, ty: &Type, locals: &[Local]) -> Vec<(Local, FuncId)> {
        let refs = self.refs(ty);
        locals.iter().copied().zip(refs).filter_map(|(local, drop)| drop.map(|d| (local, d))).collect()
    }

    /// Bytes from one scalar of an element to the next.
    pub(super) fn scalar_offset(ty: &Type, index: usize) -> u32 {
        ty.scalars()[..index].iter().map(|s| if *s == Scalar::Plain(ir::Ty::V128) { 16 } else { 8 }).sum()
    }
}

/// True if a statement, or one inside it, may write memory.
fn stmt_writes(stmt: &Stmt) -> bool {
    let mut writes = false;
    ir::build::visit_stmts(std::slice::from_ref(stmt), &mut |s| {
        writes |=
            s.writes_memory() || matches!(s, Stmt::Call { .. } | Stmt::Release { .. } | Stmt::Retain(_));
    });
    writes
}
