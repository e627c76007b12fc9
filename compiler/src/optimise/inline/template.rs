//! A callee in the form in which it is copied: returns at the end where possible, and the locals known
//! that must be zeroed because some path reads them before it writes them.

use std::collections::HashMap;

use crate::ir::{Expr, Function, Label, Local, Stmt};
use crate::optimise::usage::{LocalSet, any_stmt, depth, each_expr, ends_in_jump, is_loop, size};

/// A callee, prepared for copying.
pub(super) struct Template {
    pub(super) body: Vec<Stmt>,
    /// Some return is not at the end.
    pub(super) needs_block: bool,
    /// Locals that must be zeroed.
    pub(super) zero: Vec<Local>,
    pub(super) size: usize,
    pub(super) depth: usize,
    /// Whether it has a loop.
    pub(super) loops: bool,
}

impl Template {
    /// Prepares a function.
    pub(super) fn of(function: &Function) -> Template {
        let body = structure(function.body.clone(), 0);
        let needs_block = early_return(&body, true);
        let mut reader = ZeroReads { function, zero: LocalSet::default(), breaks: HashMap::new() };
        let mut assigned = Assigned::at_entry(function.params);
        reader.body(&body, &mut assigned);
        let zero = (function.params..function.locals.len() as u32)
            .map(Local)
            .filter(|&local| reader.zero.contains(local))
            .collect();
        let loops = any_stmt(&body, &mut is_loop);
        Template { needs_block, zero, size: size(&body), depth: depth(&body), loops, body }
    }
}

/// Moves what follows `if c: ... return` into the other branch, so that returns come last.
fn structure(mut body: Vec<Stmt>, level: usize) -> Vec<Stmt> {
    if level > 40 {
        return body;
    }
    let early = body.iter().position(|stmt| match stmt {
        Stmt::If { then, orelse, .. } => ends_in_return(then) != ends_in_return(orelse),
        _ => false,
    });
    if let Some(at) = early {
        let rest = body.split_off(at + 1);
        if let Some(Stmt::If { then, orelse, .. }) = body.last_mut() {
            let other = if ends_in_return(then) { orelse } else { then };
            if !ends_in_jump(other) {
                other.extend(rest);
            }
        }
    }
    if let Some(Stmt::If { then, orelse, .. }) = body.last_mut() {
        *then = structure(std::mem::take(then), level + 1);
        *orelse = structure(std::mem::take(orelse), level + 1);
    }
    body
}

fn ends_in_return(stmts: &[Stmt]) -> bool {
    match stmts.last() {
        Some(Stmt::Return(_)) => true,
        Some(Stmt::If { then, orelse, .. }) => ends_in_return(then) && ends_in_return(orelse),
        _ => false,
    }
}

/// Whether a return occurs elsewhere than at the end.
fn early_return(stmts: &[Stmt], tail: bool) -> bool {
    stmts.iter().enumerate().any(|(i, stmt)| {
        let last = tail && i + 1 == stmts.len();
        match stmt {
            Stmt::Return(_) => !last,
            Stmt::If { then, orelse, .. } => early_return(then, last) || early_return(orelse, last),
            _ => stmt.bodies().any(|body| early_return(body, false)),
        }
    })
}

/// The locals that are certainly assigned at a point; `None` if the point is not reached.
#[derive(Clone)]
struct Assigned(Option<LocalSet>);

impl Assigned {
    fn at_entry(params: u32) -> Assigned {
        let mut set = LocalSet::default();
        (0..params).for_each(|i| {
            set.insert(Local(i));
        });
        Assigned(Some(set))
    }

    fn meet(&mut self, other: &Assigned) {
        match (&mut self.0, &other.0) {
            (Some(a), Some(b)) => a.intersect(b),
            (None, Some(b)) => self.0 = Some(b.clone()),
            (_, None) => {}
        }
    }
}

/// Finds the locals that may be read while they still have their initial zero.
struct ZeroReads<'a> {
    function: &'a Function,
    zero: LocalSet,
    breaks: HashMap<Label, Assigned>,
}

impl ZeroReads<'_> {
    fn body(&mut self, stmts: &[Stmt], state: &mut Assigned) {
        for stmt in stmts {
            self.reads(stmt, state);
            self.stmt(stmt, state);
        }
    }

    fn reads(&mut self, stmt: &Stmt, state: &Assigned) {
        let Some(assigned) = &state.0 else { return };
        let zero = &mut self.zero;
        each_expr(stmt, &mut |e| {
            e.visit(&mut |e| {
                if let Expr::Local(local) = e
                    && !assigned.contains(*local)
                {
                    zero.insert(*local);
                }
            });
        });
    }

    fn stmt(&mut self, stmt: &Stmt, state: &mut Assigned) {
        match stmt {
            Stmt::If { then, orelse, .. } => {
                let mut other = state.clone();
                self.body(then, state);
                self.body(orelse, &mut other);
                state.meet(&other);
            }
            Stmt::Block { label, body } => {
                self.body(body, state);
                if let Some(breaks) = self.breaks.remove(label) {
                    state.meet(&breaks);
                }
            }
            Stmt::Loop { label, body } => {
                self.body(body, state);
                *state = self.breaks.remove(label).unwrap_or(Assigned(None));
            }
            Stmt::For { label, var, body, .. } => {
                let mut inside = state.clone();
                if let Some(set) = &mut inside.0 {
                    set.insert(*var);
                }
                self.body(body, &mut inside);
                self.breaks.remove(label);
            }
            Stmt::Break(label) => {
                let here = std::mem::replace(state, Assigned(None));
                match self.breaks.get_mut(label) {
                    Some(breaks) => breaks.meet(&here),
                    None => {
                        self.breaks.insert(*label, here);
                    }
                }
            }
            Stmt::Continue(_) | Stmt::Return(_) | Stmt::Raise { .. } => *state = Assigned(None),
            _ => {
                if let Some(set) = &mut state.0 {
                    stmt.assigned().iter().for_each(|&local| {
                        debug_assert!(local.index() < self.function.locals.len());
                        set.insert(local);
                    });
                }
            }
        }
    }
}
