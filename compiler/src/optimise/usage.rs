//! Questions that several passes ask about statements: which locals are assigned, how big is it,
//! what does it contain. Answers are syntactic; nothing here changes the IR.

use crate::ir::build::{for_each_assigned_local, visit_stmts_mut};
pub(super) use crate::ir::measure::{each_expr, size};
use crate::ir::{Expr, Function, Label, Local, Stmt};

/// A set of locals.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct LocalSet {
    words: Vec<u64>,
}

impl LocalSet {
    /// Adds a local; true if it was not there.
    pub(super) fn insert(&mut self, local: Local) -> bool {
        let (word, bit) = (local.index() / 64, 1 << (local.index() % 64));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Whether it is there.
    pub(super) fn contains(&self, local: Local) -> bool {
        self.words.get(local.index() / 64).is_some_and(|w| w & (1 << (local.index() % 64)) != 0)
    }

    /// Keeps only what is in both.
    pub(super) fn intersect(&mut self, other: &LocalSet) {
        self.words.truncate(other.words.len());
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
    }
}

/// The locals that are assigned in these statements.
pub(super) fn assigned_in(stmts: &[Stmt]) -> LocalSet {
    let mut set = LocalSet::default();
    for_each_assigned_local(stmts, &mut |local| {
        set.insert(local);
    });
    set
}

/// Calls `f` with the statement's own expressions, to be changed.
pub(super) fn each_expr_mut(stmt: &mut Stmt, f: &mut impl FnMut(&mut Expr)) {
    match stmt {
        Stmt::Set(_, e) | Stmt::SetGlobal(_, e) | Stmt::Retain(e) | Stmt::Charge(e) => f(e),
        Stmt::If { cond: e, .. } | Stmt::Release { value: e, .. } | Stmt::MemoryGrow { pages: e, .. } => f(e),
        Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::Break(_) | Stmt::Continue(_) => {}
        _ => stmt.exprs_mut().into_iter().for_each(f),
    }
}

/// How deep statements are nested.
pub(super) fn depth(stmts: &[Stmt]) -> usize {
    stmts.iter().flat_map(Stmt::bodies).map(|body| depth(body) + 1).max().unwrap_or(0)
}

/// Whether `f` holds for one of the statements, also of those inside others.
pub(super) fn any_stmt(stmts: &[Stmt], f: &mut impl FnMut(&Stmt) -> bool) -> bool {
    stmts.iter().any(|stmt| f(stmt) || stmt.bodies().any(|body| any_stmt(body, f)))
}

/// Whether a `Break` of this label occurs.
pub(super) fn has_break(stmts: &[Stmt], label: Label) -> bool {
    any_stmt(stmts, &mut |stmt| matches!(stmt, Stmt::Break(l) if *l == label))
}

/// Whether this is a loop.
pub(super) fn is_loop(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Loop { .. } | Stmt::For { .. })
}

/// Whether the last statement never goes on to the next.
pub(super) fn ends_in_jump(stmts: &[Stmt]) -> bool {
    match stmts.last() {
        Some(Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) | Stmt::Raise { .. }) => true,
        Some(Stmt::If { then, orelse, .. }) => ends_in_jump(then) && ends_in_jump(orelse),
        Some(Stmt::Loop { label, body }) => !has_break(body, *label),
        _ => false,
    }
}

/// Gives the labels that these statements declare new numbers, for a copy in the same function.
pub(super) fn relabel(stmts: &mut [Stmt], function: &mut Function) {
    let mut renamed: Vec<(Label, Label)> = Vec::new();
    visit_stmts_mut(stmts, &mut |stmt| {
        if let Stmt::Block { label, .. } | Stmt::Loop { label, .. } | Stmt::For { label, .. } = stmt {
            let new = function.new_label();
            renamed.push((*label, new));
            *label = new;
        }
    });
    visit_stmts_mut(stmts, &mut |stmt| {
        if let Stmt::Break(label) | Stmt::Continue(label) = stmt
            && let Some((_, new)) = renamed.iter().find(|(old, _)| old == label)
        {
            *label = *new;
        }
    });
}
