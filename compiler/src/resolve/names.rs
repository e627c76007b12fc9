//! Names that statements bind, read and declare. Ast -> names; no types, no lookup.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::walk::{Part, each_child, each_part};
use crate::ast::{self, ExprKind, StmtKind};

/// Names that a scope binds, found by walking its statements.
#[derive(Default)]
pub(super) struct Bindings {
    /// In order of first assignment.
    pub(super) names: Vec<String>,
    seen: BTreeSet<String>,
    globals: BTreeSet<String>,
}

impl Bindings {
    pub(super) fn add(&mut self, name: &str) {
        if !self.globals.contains(name) && self.seen.insert(name.to_owned()) {
            self.names.push(name.to_owned());
        }
    }

    fn target(&mut self, target: &ast::Expr) {
        match &target.kind {
            ExprKind::Name(name) => self.add(name),
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|t| self.target(t)),
            ExprKind::Starred(inner) => self.target(inner),
            _ => {}
        }
    }

    pub(super) fn block(&mut self, stmts: &[ast::Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Assign { targets, .. } => targets.iter().for_each(|t| self.target(t)),
                StmtKind::AugAssign { target, .. } | StmtKind::AnnAssign { target, .. } => {
                    self.target(target)
                }
                StmtKind::For { target, body, orelse, .. } => {
                    self.target(target);
                    self.block(body);
                    self.block(orelse);
                }
                StmtKind::If { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                    self.block(body);
                    self.block(orelse);
                }
                StmtKind::Function(def) => self.add(&def.name),
                StmtKind::Class(def) => self.add(&def.name),
                StmtKind::Import { alias, .. } | StmtKind::ImportFrom { alias, .. } => self.add(alias),
                StmtKind::Global(names) => self.globals.extend(names.iter().cloned()),
                _ => {}
            }
        }
    }
}

/// Names assigned by a block, in order of first assignment.
pub fn assigned_names(stmts: &[ast::Stmt]) -> Vec<String> {
    let mut bindings = Bindings::default();
    bindings.block(stmts);
    bindings.names
}

/// What a number of assignments that is not one is counted as.
const OFTEN: usize = 2;

/// How often each name is assigned: once, or [`OFTEN`] for what may run more than once too.
pub(super) fn count_assignments(body: &[ast::Stmt], out: &mut BTreeMap<String, usize>) {
    // Every statement is seen once, however deep it stands: the text is an attacker's, and this looks at no clock.
    block(body, 1, out);

    fn add(name: &str, times: usize, out: &mut BTreeMap<String, usize>) {
        let count = out.entry(name.to_owned()).or_default();
        *count = (*count + times).min(OFTEN);
    }

    fn targets(target: &ast::Expr, times: usize, out: &mut BTreeMap<String, usize>) {
        match &target.kind {
            ExprKind::Name(name) => add(name, times, out),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|t| targets(t, OFTEN, out));
            }
            ExprKind::Starred(inner) => targets(inner, OFTEN, out),
            _ => {}
        }
    }

    fn block(body: &[ast::Stmt], times: usize, out: &mut BTreeMap<String, usize>) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Assign { targets: list, .. } => list.iter().for_each(|t| targets(t, times, out)),
                StmtKind::AnnAssign { target, .. } => targets(target, times, out),
                StmtKind::AugAssign { target, .. } => targets(target, OFTEN, out),
                StmtKind::For { target, body, orelse, .. } => {
                    targets(target, OFTEN, out);
                    block(body, OFTEN, out);
                    block(orelse, times, out);
                }
                StmtKind::While { body, orelse, .. } | StmtKind::If { body, orelse, .. } => {
                    block(body, OFTEN, out);
                    block(orelse, OFTEN, out);
                }
                StmtKind::Function(def) => {
                    // A `global` declaration lets a function assign the module's variable.
                    let mut names = Vec::new();
                    global_names(&def.body, &mut names);
                    names.iter().for_each(|name| add(name, OFTEN, out));
                }
                _ => {}
            }
        }
    }
}

fn global_names(body: &[ast::Stmt], out: &mut Vec<String>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Global(names) => out.extend(names.iter().cloned()),
            StmtKind::If { body, orelse, .. }
            | StmtKind::While { body, orelse, .. }
            | StmtKind::For { body, orelse, .. } => {
                global_names(body, out);
                global_names(orelse, out);
            }
            StmtKind::Function(def) => global_names(&def.body, out),
            _ => {}
        }
    }
}

/// The names that code reads, nested functions included, in order and with repetitions.
pub(super) fn free_names(stmts: &[ast::Stmt]) -> Vec<String> {
    let mut found = Vec::new();
    FreeNames { out: &mut found }.block(stmts);
    found
}

/// Collects the names that code reads.
struct FreeNames<'a> {
    out: &'a mut Vec<String>,
}

impl FreeNames<'_> {
    fn block(&mut self, stmts: &[ast::Stmt]) {
        for stmt in stmts {
            each_part(stmt, &mut |part| match part {
                Part::Expr(e) => self.expr(e),
                Part::Block(body) => self.block(body),
                Part::Function(def) => self.function(def),
            });
        }
    }

    fn function(&mut self, def: &ast::Function) {
        for param in &def.params {
            param.default.iter().for_each(|d| self.expr(d));
        }
        // Names bound inside are filtered: only what the inner function itself reads from outside
        // passes through.
        let inner = free_names(&def.body);
        let mut bound = Bindings::default();
        def.params.iter().for_each(|p| bound.add(&p.name));
        bound.block(&def.body);
        self.out.extend(inner.into_iter().filter(|name| !bound.seen.contains(name)));
    }

    fn expr(&mut self, e: &ast::Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.out.push(name.clone()),
            ExprKind::Lambda(def) => self.function(def),
            _ => each_child(e, &mut |child| self.expr(child)),
        }
    }
}

/// The names that functions in these statements mention but do not bind, and those that they declare
/// `global`.
pub fn names_in_functions(stmts: &[ast::Stmt]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut mentioned, mut written) = (Vec::new(), Vec::new());
    let mut lambdas = Lambdas { found: Vec::new() };
    lambdas.block(stmts);
    for def in lambdas.found {
        FreeNames { out: &mut mentioned }.function(&def);
        global_names(&def.body, &mut written);
    }
    (mentioned.into_iter().collect(), written.into_iter().collect())
}

/// Collects the outermost functions of statements: every `def`, and every `lambda` in an expression.
struct Lambdas {
    found: Vec<Arc<ast::Function>>,
}

impl Lambdas {
    fn block(&mut self, stmts: &[ast::Stmt]) {
        for stmt in stmts {
            each_part(stmt, &mut |part| match part {
                Part::Expr(e) => self.expr(e),
                Part::Block(body) => self.block(body),
                Part::Function(def) => self.found.push(def.clone()),
            });
        }
    }

    fn expr(&mut self, e: &ast::Expr) {
        match &e.kind {
            ExprKind::Lambda(def) => self.found.push(def.clone()),
            _ => each_child(e, &mut |child| self.expr(child)),
        }
    }
}
