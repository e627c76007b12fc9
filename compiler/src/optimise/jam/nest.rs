//! Which nests of two loops can be jammed, and what they access.

use super::{MAX_INNER, MAX_SIZE};
use crate::ir::build::{for_each_assigned_local, visit_exprs};
use crate::ir::{Expr, Label, Local, MemTy, Stmt};
use crate::optimise::alias::{is_invariant, may_overlap};
use crate::optimise::usage::{LocalSet, any_stmt, assigned_in, each_expr, is_loop, size};
use crate::optimise::vectorise::step;

/// More accesses than this need too many comparisons.
const MAX_ACCESSES: usize = 8;
/// Larger addresses are not looked at.
const MAX_ADDRESS: usize = 40;

/// A nest that can be jammed under the conditions that `overlap` makes.
pub(super) struct Nest<'a> {
    pub(super) before: &'a [Stmt],
    pub(super) inner: &'a [Stmt],
    pub(super) after: &'a [Stmt],
    /// Label, variable and range of the inner loop.
    pub(super) label: Label,
    pub(super) var: Local,
    pub(super) start: &'a Expr,
    pub(super) stop: &'a Expr,
    /// What a pass assigns before and in the inner loop: each pass gets its own.
    pub(super) own: Vec<Local>,
    /// The store of the inner loop, if there is one.
    pub(super) stored: Option<Stored>,
    /// What a store of one pass may meet in a later one: pairs of a store and a load.
    pub(super) stores: Vec<Access>,
    pub(super) loads: Vec<Access>,
}

/// A store in the inner loop to a place that all passes of the outer one use.
pub(super) struct Stored {
    pub(super) mem: MemTy,
    /// The statements of the inner loop that only load that place.
    pub(super) loads: Vec<usize>,
}

/// A memory access.
#[derive(Clone, PartialEq)]
pub(super) struct Access {
    /// In terms of the two variables and of what the nest does not change.
    pub(super) addr: Expr,
    pub(super) offset: u32,
    pub(super) mem: MemTy,
}

impl<'a> Nest<'a> {
    /// Looks at a loop.
    pub(super) fn of(stmt: &'a Stmt) -> Option<Nest<'a>> {
        let Stmt::For { var: outer, step: 1, body, .. } = stmt else { return None };
        let at = body.iter().position(is_loop)?;
        let Stmt::For { label, var, start, stop, step: 1, body: inner } = &body[at] else { return None };
        let nest = Nest {
            before: &body[..at],
            inner,
            after: &body[at + 1..],
            label: *label,
            var: *var,
            start,
            stop,
            own: Vec::new(),
            stored: None,
            stores: Vec::new(),
            loads: Vec::new(),
        };
        let mut assigned = assigned_in(body);
        assigned.insert(*outer);
        let fits = size(inner) <= MAX_INNER
            && size(body) <= MAX_SIZE
            && nest.is_plain()
            && is_invariant(start, &assigned)
            && is_invariant(stop, &assigned);
        let nest = if fits { nest.with_own(*outer)? } else { return None };
        nest.with_accesses(*outer, &assigned)
    }

    /// Whether there are only statements that neither raise nor jump.
    fn is_plain(&self) -> bool {
        let strange = |stmt: &Stmt| !matches!(stmt, Stmt::Set(..) | Stmt::If { .. } | Stmt::Store { .. });
        self.before.iter().all(|stmt| matches!(stmt, Stmt::Set(..)))
            && self.inner.iter().all(|stmt| matches!(stmt, Stmt::Set(..) | Stmt::Store { .. }))
            && !any_stmt(self.after, &mut |stmt| strange(stmt))
    }

    /// Finds the locals of a pass: assigned before they are read. What is assigned after the inner loop may
    /// go on to the next pass, so nothing before may read it.
    fn with_own(mut self, outer: Local) -> Option<Nest<'a>> {
        let mut own = LocalSet::default();
        for stmt in self.before.iter().chain(self.inner) {
            for &local in stmt.assigned() {
                if own.insert(local) {
                    self.own.push(local);
                }
            }
        }
        let mut late = assigned_in(self.after);
        late.insert(self.var);
        late.insert(outer);
        if self.own.iter().any(|local| late.contains(*local)) {
            return None;
        }
        let late = assigned_in(self.after);
        let mut set = LocalSet::default();
        let reads = |stmt: &Stmt, allowed: &mut dyn FnMut(Local) -> bool| {
            let mut all = true;
            each_expr(stmt, &mut |e| {
                e.visit(&mut |e| {
                    if let Expr::Local(local) = e {
                        all &= allowed(*local);
                    }
                });
            });
            all
        };
        for stmt in self.before {
            if !reads(stmt, &mut |l| {
                l != self.var && !late.contains(l) && (set.contains(l) || !own.contains(l))
            }) {
                return None;
            }
            stmt.assigned().iter().for_each(|&local| {
                set.insert(local);
            });
        }
        let mut inside = set.clone();
        for stmt in self.inner {
            if !reads(stmt, &mut |l| !late.contains(l) && (inside.contains(l) || !own.contains(l))) {
                return None;
            }
            stmt.assigned().iter().for_each(|&local| {
                inside.insert(local);
            });
        }
        // The inner loop may have no pass, so that what only it assigns is not there afterwards.
        let mut fits = true;
        visit_exprs(self.after, &mut |e| {
            if let Expr::Local(local) = e {
                fits &= *local != self.var && (set.contains(*local) || !own.contains(*local));
            }
        });
        fits.then_some(self)
    }

    /// Finds the accesses, and whether passes share a load.
    fn with_accesses(mut self, outer: Local, assigned: &LocalSet) -> Option<Nest<'a>> {
        let mut walk = Walk::of(&self, outer, assigned);
        for (parts, inner) in [(self.before, false), (self.inner, true)] {
            for (at, stmt) in parts.iter().enumerate() {
                walk.stmt(stmt, inner.then_some(at))?;
            }
        }
        for stmt in self.after {
            match stmt {
                Stmt::If { then, orelse, .. } => {
                    let stores = |stmts: &[Stmt]| any_stmt(stmts, &mut |s| matches!(s, Stmt::Store { .. }));
                    if stores(then) || stores(orelse) {
                        return None;
                    }
                }
                _ => walk.assignment(stmt, &mut self.stores)?,
            }
        }
        let Walk { mut loads, inner_stores, shares, .. } = walk;
        match &inner_stores[..] {
            [] => {}
            [store] => self.take_store(store, &mut loads, outer, assigned)?,
            _ => return None,
        }
        for Load { access, .. } in loads {
            let checked = self.stores.iter().any(|store| may_overlap(access.mem, store.mem));
            if checked && !self.loads.contains(&access) {
                self.loads.push(access);
            }
        }
        // A store and a load of the same array are too likely to meet.
        let meet = self.stores.iter().any(|s| self.loads.iter().any(|l| base(&s.addr) == base(&l.addr)));
        let few = self.stores.len() <= 2 && self.loads.len() <= MAX_ACCESSES;
        (shares && few && !meet).then_some(self)
    }

    /// The store of the inner loop: at the same places in all passes, 8 bytes on in each iteration.
    fn take_store(
        &mut self,
        store: &Access,
        loads: &mut Vec<Load>,
        outer: Local,
        assigned: &LocalSet,
    ) -> Option<()> {
        let mut reads = false;
        visit_exprs(self.after, &mut |e| reads |= matches!(e, Expr::Load { .. }));
        let moves = step(&store.addr, self.var, assigned) == Some(8) && store.mem.size() == 8;
        if reads || !self.stores.is_empty() || !moves || store.addr.reads_local(outer) {
            return None;
        }
        let mut same = Vec::new();
        for load in loads.iter().filter(|load| load.access == *store) {
            // Before the inner loop it would be another place.
            same.push(load.whole?);
        }
        loads.retain(|load| load.access != *store);
        self.stored = Some(Stored { mem: store.mem, loads: same });
        self.stores.push(store.clone());
        Some(())
    }
}

/// A load before or in the inner loop.
struct Load {
    access: Access,
    /// The statement of the inner loop, if it does nothing but load this.
    whole: Option<usize>,
}

/// Collects the accesses of one pass, in order.
struct Walk<'w> {
    outer: Local,
    inner: Local,
    assigned: &'w LocalSet,
    /// Assigned at more than one place.
    twice: LocalSet,
    /// Temporaries, in terms of the variables and of what does not change.
    known: Vec<(Local, Expr)>,
    loads: Vec<Load>,
    inner_stores: Vec<Access>,
    /// Something is loaded in the inner loop that is the same in all passes.
    shares: bool,
}

impl Walk<'_> {
    fn of<'w>(nest: &Nest<'_>, outer: Local, assigned: &'w LocalSet) -> Walk<'w> {
        let (mut once, mut twice) = (LocalSet::default(), LocalSet::default());
        for part in [nest.before, nest.inner, nest.after] {
            for_each_assigned_local(part, &mut |local| {
                if !once.insert(local) {
                    twice.insert(local);
                }
            });
        }
        Walk {
            outer,
            inner: nest.var,
            assigned,
            twice,
            known: Vec::new(),
            loads: Vec::new(),
            inner_stores: Vec::new(),
            shares: false,
        }
    }

    /// A statement before the inner loop, or at a place in it.
    fn stmt(&mut self, stmt: &Stmt, inner: Option<usize>) -> Option<()> {
        let mut closed = true;
        each_expr(stmt, &mut |e| {
            e.visit(&mut |part| match part {
                Expr::Load { mem, addr, offset } => match self.resolve(addr) {
                    Some(addr) => {
                        self.shares |= inner.is_some() && !addr.reads_local(self.outer);
                        let whole = matches!(stmt, Stmt::Set(..)) && std::ptr::eq(part, e);
                        let access = Access { addr, offset: *offset, mem: *mem };
                        self.loads.push(Load { access, whole: inner.filter(|_| whole) });
                    }
                    None => closed = false,
                },
                Expr::Global(_) | Expr::MemorySize => closed = false,
                _ => {}
            });
        });
        let mut stores = std::mem::take(&mut self.inner_stores);
        self.assignment(stmt, &mut stores)?;
        self.inner_stores = stores;
        closed.then_some(())
    }

    /// Learns a temporary or records a store.
    fn assignment(&mut self, stmt: &Stmt, stores: &mut Vec<Access>) -> Option<()> {
        match stmt {
            Stmt::Store { mem, addr, offset, .. } => {
                stores.push(Access { addr: self.resolve(addr)?, offset: *offset, mem: *mem });
            }
            Stmt::Set(local, value) if !self.twice.contains(*local) => {
                if let Some(value) = self.resolve(value) {
                    self.known.push((*local, value));
                }
            }
            _ => {}
        }
        Some(())
    }

    /// The expression in terms of the two variables and of what does not change.
    fn resolve(&self, e: &Expr) -> Option<Expr> {
        let mut e = e.clone();
        e.visit_mut(&mut |e| {
            if let Expr::Local(local) = e
                && let Some((_, value)) = self.known.iter().find(|(l, _)| l == local)
            {
                *e = value.clone();
            }
        });
        let open = e.any(&mut |e| match e {
            Expr::Local(local) => {
                *local != self.outer && *local != self.inner && self.assigned.contains(*local)
            }
            Expr::Load { .. } | Expr::Global(_) | Expr::MemorySize => true,
            _ => false,
        });
        (!open && e.size() <= MAX_ADDRESS).then_some(e)
    }
}

/// The leftmost part of an address.
fn base(addr: &Expr) -> &Expr {
    match addr {
        Expr::Binary(_, a, _) | Expr::Unary(_, a) => base(a),
        other => other,
    }
}
