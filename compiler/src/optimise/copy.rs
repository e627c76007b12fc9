//! Function in, function with reads of copies replaced by reads of the original, and without bounds
//! checks that were made before, out.
//!
//! After `a = b` or `a = constant`, reads of `a` become `b` or the constant until either is assigned.
//! A forward walk over the structure keeps the facts: branches start from the facts before them and
//! are joined after; a loop starts without the facts about what its body assigns. Each local has a
//! version that changes with every assignment, so that a fact about `b` dies with `b`'s version, and
//! a log undoes what a branch learnt.
//!
//! The dead `a = b` stays for `dce`. Expressions other than locals and constants are not propagated:
//! Cranelift does that, and here it could duplicate work.

use super::usage::{each_expr_mut, has_break};
use crate::ir::build::for_each_assigned_local;
use crate::ir::{Expr, Function, Local, Stmt};

/// Propagates copies in one function.
pub(super) fn copy(function: &mut Function) {
    let n = function.locals.len();
    let mut facts =
        Facts { value: vec![None; n], version: vec![0; n], next: 0, log: Vec::new(), checked: Vec::new() };
    // Locals that are not parameters start as zero, but that is left to whoever asks for it: most are
    // assigned first, and a fact for each would cost more than it gives.
    facts.body(&mut function.body);
}

/// What a local is known to equal, and the version of that local if it is one.
type Fact = Option<(Expr, u32)>;

struct Facts {
    value: Vec<Fact>,
    version: Vec<u32>,
    next: u32,
    /// What to restore: the local, its fact and its version.
    log: Vec<(Local, Fact, u32)>,
    /// The last bounds checks: what was checked, the place, and the versions of index, length and
    /// place then. Those that do not hold any more have other versions now.
    checked: Vec<(Expr, Expr, bool, Local, [u32; 3])>,
}

/// So many bounds checks are remembered.
const REMEMBERED: usize = 32;

impl Facts {
    fn kill(&mut self, local: Local) {
        let i = local.index();
        self.log.push((local, self.value[i].take(), self.version[i]));
        self.next += 1;
        self.version[i] = self.next;
    }

    fn learn(&mut self, local: Local, value: &Expr) {
        let version = match value {
            Expr::Local(other) if *other != local => self.version[other.index()],
            Expr::I32(_) | Expr::I64(_) | Expr::F64(_) | Expr::Data(_) => 0,
            _ => return,
        };
        // The kill that comes before has logged the old fact.
        self.value[local.index()] = Some((value.clone(), version));
    }

    fn lookup(&self, local: Local) -> Option<&Expr> {
        match &self.value[local.index()] {
            Some((Expr::Local(other), version)) if self.version[other.index()] != *version => None,
            Some((value, _)) => Some(value),
            None => None,
        }
    }

    /// The version of an operand of a bounds check, if it is one that can be remembered.
    fn operand(&self, e: &Expr) -> Option<u32> {
        match e {
            Expr::Local(local) => Some(self.version[local.index()]),
            _ => e.is_const().then_some(0),
        }
    }

    /// A bounds check: if it was made before, the place is known.
    fn bounds(&mut self, stmt: &mut Stmt) {
        let Stmt::Bounds { dst, index, len, wrap, .. } = stmt else { return };
        let (dst, wrap) = (*dst, *wrap);
        let versions = self.operand(index).zip(self.operand(len));
        if let Some((i, n)) = versions {
            let known = self.checked.iter().find(|(x, y, w, place, was)| {
                x == index && y == len && *w == wrap && *was == [i, n, self.version[place.index()]]
            });
            if let Some((.., place, _)) = known {
                let place = Expr::Local(*place);
                self.kill(dst);
                self.learn(dst, &place);
                *stmt = Stmt::Set(dst, place);
                return;
            }
        }
        let (index, len) = (index.clone(), len.clone());
        self.kill(dst);
        if let Some((i, n)) = versions
            && index != Expr::Local(dst)
            && len != Expr::Local(dst)
        {
            if self.checked.len() == REMEMBERED {
                self.checked.remove(0);
            }
            self.checked.push((index, len, wrap, dst, [i, n, self.version[dst.index()]]));
        }
    }

    fn rollback(&mut self, mark: usize) {
        while self.log.len() > mark {
            if let Some((local, value, version)) = self.log.pop() {
                self.value[local.index()] = value;
                self.version[local.index()] = version;
            }
        }
    }

    fn expr(&self, expr: &mut Expr) {
        expr.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some(value) = self.lookup(*local)
            {
                *e = value.clone();
            }
        });
    }

    /// Walks a list; false if its end is certainly not reached.
    fn body(&mut self, stmts: &mut [Stmt]) -> bool {
        let mut reached = true;
        for stmt in stmts {
            reached &= self.stmt(stmt);
        }
        reached
    }

    fn stmt(&mut self, stmt: &mut Stmt) -> bool {
        each_expr_mut(stmt, &mut |e| self.expr(e));
        match stmt {
            Stmt::Set(local, value) => {
                if *value != Expr::Local(*local) {
                    self.kill(*local);
                    self.learn(*local, value);
                }
                true
            }
            Stmt::Bounds { .. } => {
                self.bounds(stmt);
                true
            }
            Stmt::If { then, orelse, .. } => self.branches(then, orelse),
            Stmt::Block { label, body } => {
                let reached = self.body(body);
                if has_break(body, *label) {
                    self.kill_assigned(body);
                    return true;
                }
                reached
            }
            Stmt::Loop { label, body } => {
                self.loop_body(body);
                has_break(body, *label)
            }
            Stmt::For { var, body, .. } => {
                self.kill(*var);
                self.loop_body(body);
                self.kill(*var);
                true
            }
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) | Stmt::Raise { .. } => false,
            _ => {
                for &local in stmt.assigned() {
                    self.kill(local);
                }
                true
            }
        }
    }

    fn kill_assigned(&mut self, stmts: &[Stmt]) {
        for_each_assigned_local(stmts, &mut |local| self.kill(local));
    }

    fn loop_body(&mut self, body: &mut [Stmt]) {
        self.kill_assigned(body);
        let mark = self.log.len();
        self.body(body);
        self.rollback(mark);
    }

    fn branches(&mut self, then: &mut [Stmt], orelse: &mut [Stmt]) -> bool {
        let mark = self.log.len();
        let then_ends = self.body(then);
        let mut changed: Vec<Local> = self.log[mark..].iter().map(|entry| entry.0).collect();
        let after: Vec<Fact> = changed.iter().map(|&local| self.valid(local)).collect();
        self.rollback(mark);
        let else_ends = self.body(orelse);
        if !then_ends {
            return else_ends;
        }
        let mut keep = Vec::new();
        for (&local, fact) in changed.iter().zip(after) {
            // A fact holds after both if both have it, or if the other side does not get here. The
            // versions of locals that either side assigned are gone, so only facts about others stay.
            if let Some((value, version)) = fact
                && (!else_ends || self.value[local.index()].as_ref() == Some(&(value.clone(), version)))
            {
                keep.push((local, value, version));
            }
        }
        if else_ends {
            changed.extend(self.log[mark..].iter().map(|entry| entry.0));
        }
        self.rollback(mark);
        changed.iter().for_each(|&local| self.kill(local));
        for (local, value, version) in keep {
            let holds = value.as_local().is_none_or(|other| self.version[other.index()] == version);
            if holds {
                self.value[local.index()] = Some((value, version));
            }
        }
        true
    }

    fn valid(&self, local: Local) -> Fact {
        self.lookup(local)?;
        self.value[local.index()].clone()
    }
}
