//! Statements.

use std::collections::BTreeSet;

use super::{Body, value::Value};
use crate::ir::{self, Expr, MemTy, Message};
use crate::typed::{self, ExprKind, LabelId, LocalId, Stmt};

impl Body<'_, '_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            if self.lowering.meter.is_stopped() {
                return;
            }
            let (temps, at) = (self.temps.len(), self.out.len());
            self.stmt(stmt);
            self.count();
            // What was there before goes on, or nothing would have followed.
            if !ir::build::falls_through(&self.out[at..]) {
                self.temps.truncate(temps);
                return;
            }
            self.release_temps(temps);
        }
    }

    /// Counts what was added to the list.
    fn count(&mut self) {
        let new = self.out.get(self.counted..).unwrap_or_default();
        self.lowering.meter.count(new, self.function.locals.len());
        self.counted = self.out.len();
    }

    fn label(&mut self, label: LabelId) -> ir::Label {
        let function = &mut self.function;
        *self.labels.entry(label).or_insert_with(|| function.new_label())
    }

    /// A label's scope begins: an unrolled or repeated body gets labels of its own.
    fn fresh_label(&mut self, label: LabelId) -> ir::Label {
        let fresh = self.function.new_label();
        self.labels.insert(label, fresh);
        fresh
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Assign(local, value) => self.assign(*local, value),
            Stmt::Expr(value) => {
                let lowered = self.expr(value);
                self.borrow(lowered, &value.ty);
            }
            Stmt::If { test, then, orelse } => {
                let cond = self.condition(test);
                let before = self.assigned.mark();
                let then = self.nested(|b| b.stmts(then));
                let by_then = self.assigned.take_back(before);
                let orelse = self.nested(|b| b.stmts(orelse));
                by_then.into_iter().for_each(|local| self.assigned.insert(local));
                self.out.push(ir::Stmt::If { cond, then, orelse });
            }
            Stmt::While { label, test, body } => {
                let label = self.fresh_label(*label);
                self.loops += 1;
                let body = self.nested(|b| {
                    let forever = matches!(test.kind, ExprKind::Const(crate::types::Const::Bool(true)));
                    if !forever {
                        let temps = b.temps.len();
                        let cond = b.condition(test);
                        let cond = if b.temps.len() > temps { b.in_local(cond) } else { cond };
                        b.release_temps(temps);
                        b.out.push(ir::Stmt::If {
                            cond: cond.not(),
                            then: vec![ir::Stmt::Break(label)],
                            orelse: Vec::new(),
                        });
                    }
                    b.stmts(body);
                });
                self.loops -= 1;
                self.out.push(ir::Stmt::Loop { label, body });
            }
            Stmt::For { label, var, start, stop, step, body } => {
                let bounds = self.values(&[start.clone(), stop.clone()]);
                let mut bounds = bounds.into_iter().map(Value::single);
                let (start, stop) =
                    (bounds.next().unwrap_or(Expr::I64(0)), bounds.next().unwrap_or(Expr::I64(0)));
                let label = self.fresh_label(*label);
                let var = self.locals[var.0 as usize][0];
                self.loops += 1;
                let body = self.nested(|b| b.stmts(body));
                self.loops -= 1;
                self.out.push(ir::Stmt::For { label, var, start, stop, step: *step, body });
            }
            Stmt::Block { label, body } => {
                let label = self.fresh_label(*label);
                let body = self.nested(|b| b.stmts(body));
                self.out.push(ir::Stmt::Block { label, body });
            }
            Stmt::Break(label) => {
                let label = self.label(*label);
                self.out.push(ir::Stmt::Break(label));
            }
            Stmt::Continue(label) => {
                let label = self.label(*label);
                self.out.push(ir::Stmt::Continue(label));
            }
            Stmt::Return(value) => self.return_stmt(value),
            Stmt::Raise { exception, message, node } => self.raise(exception, message.as_ref(), *node),
            Stmt::SetVariable(variable, value) => {
                let lowered = self.expr(value);
                let lowered = self.own(lowered, &value.ty);
                self.set_variable(*variable, lowered);
            }
            Stmt::SetField { object, field, value } => self.set_field(object, *field, value),
        }
    }

    fn assign(&mut self, local: LocalId, value: &typed::Expr) {
        let ty = &self.source.locals[local.0 as usize].ty;
        let lowered = self.expr(value);
        let targets = self.locals[local.0 as usize].clone();
        if lowered.parts.len() != targets.len() {
            // The value never arrives: its computation does not return.
            return;
        }
        let lowered = self.own(lowered, ty);
        let fresh = self.loops == 0 && !self.assigned.contains(local);
        let old = if fresh { Vec::new() } else { self.ref_locals(ty, &targets) };
        // Parts may read the old value, so several are computed before any is set.
        let lowered = if targets.len() > 1 && reads_any(&lowered.parts, &targets) {
            self.spill(lowered)
        } else {
            lowered
        };
        let mut released = Vec::new();
        for (target, drop) in old {
            let saved = self.temp(ir::Ty::I32);
            self.out.push(ir::Stmt::Set(saved, target.into()));
            released.push((saved, drop));
        }
        for (target, part) in targets.into_iter().zip(lowered.parts) {
            self.out.push(ir::Stmt::Set(target, part));
        }
        for (saved, drop) in released {
            self.out.push(ir::Stmt::Release { value: saved.into(), drop });
        }
        if let Some(variable) = self.source.locals[local.0 as usize].variable {
            let parts = self.locals[local.0 as usize].iter().map(|l| Expr::Local(*l)).collect();
            let copy = self.own(Value { parts, owned: false }, ty);
            self.set_variable(variable, copy);
        }
        if let Some(flag) = self.flags.get(&local) {
            self.out.push(ir::Stmt::Set(*flag, Expr::I32(1)));
        }
        self.assigned.insert(local);
    }

    /// The value of one of the unit's variables, as it is now.
    pub(super) fn variable(&mut self, variable: usize) -> Value {
        let ty = &self.lowering.unit.variables[variable].ty;
        let first = self.lowering.variables[variable];
        let globals = (first..).map(ir::GlobalId).take(ty.width());
        // In locals, and counted: a call may assign the variable before the value is used.
        let parts = globals.map(|global| self.in_local(Expr::Global(global))).collect();
        let value = Value { parts, owned: false };
        if ty.has_refs() { self.own(value, ty) } else { value }
    }

    /// Gives a variable an owned value.
    fn set_variable(&mut self, variable: usize, value: Value) {
        let ty = &self.lowering.unit.variables[variable].ty;
        let first = self.lowering.variables[variable];
        if value.parts.len() != ty.width() {
            // The value never arrives: its computation does not return.
            return;
        }
        // Parts may read the old value.
        let value = self.spill(value);
        let mut released = Vec::new();
        for ((global, part), drop) in (first..).map(ir::GlobalId).zip(value.parts).zip(self.refs(ty)) {
            if let Some(drop) = drop {
                released.push((self.in_local(Expr::Global(global)), drop));
            }
            self.out.push(ir::Stmt::SetGlobal(global, part));
        }
        for (value, drop) in released {
            self.out.push(ir::Stmt::Release { value, drop });
        }
    }

    fn return_stmt(&mut self, value: &typed::Expr) {
        // A local that is returned gives its references away.
        let moved = match value.kind {
            ExprKind::Local(local) if !self.borrowed.contains(&local) && value.ty.has_refs() => Some(local),
            _ => None,
        };
        let lowered = self.expr(value);
        if lowered.parts.len() != self.function.results.len() {
            return;
        }
        let ty = value.ty.clone();
        let lowered = if moved.is_some() { lowered } else { self.own(lowered, &ty) };
        let mut release: Vec<(ir::Local, ir::FuncId)> = Vec::new();
        for index in 0..self.source.locals.len() {
            let local = LocalId(index as u32);
            let param_borrowed = self.borrowed.contains(&local);
            let live = self.loops > 0 || self.assigned.contains(local);
            if Some(local) != moved && !param_borrowed && live {
                release.extend(self.ref_locals(&self.source.locals[index].ty, &self.locals[index]));
            }
        }
        let lowered = if release.is_empty() && self.temps.is_empty() { lowered } else { self.spill(lowered) };
        for (local, drop) in release {
            self.out.push(ir::Stmt::Release { value: local.into(), drop });
        }
        for (local, drop) in self.temps.clone() {
            self.out.push(ir::Stmt::Release { value: local.into(), drop });
        }
        self.out.push(ir::Stmt::Return(lowered.parts));
    }

    fn raise(&mut self, exception: &str, message: Option<&typed::Expr>, node: u32) {
        match message {
            Some(message) => {
                let lowered = self.expr(message);
                let text = self.borrow(lowered, &message.ty);
                let site = self.site(exception, Message::Dynamic, node);
                self.out.push(ir::Stmt::Raise { site, args: text.parts });
            }
            None => {
                let site = self.site(exception, Message::Template(String::new()), node);
                self.out.push(ir::Stmt::Raise { site, args: Vec::new() });
            }
        }
    }

    fn set_field(&mut self, object: &typed::Expr, field: usize, value: &typed::Expr) {
        let lowered = self.expr(value);
        let owned = self.own(lowered, &value.ty);
        let at = self.out.len();
        let mut parts = owned.parts;
        let target = self.expr(object);
        let target = self.borrow(target, &object.ty).single();
        self.hold(at, &mut parts);
        let target = self.in_local(target);
        let offset = self.field_offset(&object.ty, field);
        let refs = self.refs(&value.ty);
        let mut released = Vec::new();
        for (i, (part, drop)) in parts.into_iter().zip(refs).enumerate() {
            let at = offset + Self::scalar_offset(&value.ty, i);
            let mem = mem_of(value.ty.scalars()[i].ty());
            if let Some(drop) = drop {
                let old = self.in_local(Expr::load(MemTy::Ptr, target.clone(), at));
                released.push((old, drop));
            }
            self.out.push(ir::Stmt::store(mem, target.clone(), at, part));
        }
        for (value, drop) in released {
            self.out.push(ir::Stmt::Release { value, drop });
        }
    }
}

/// How a scalar lies in a heap object or container.
pub(super) fn mem_of(ty: ir::Ty) -> MemTy {
    match ty {
        ir::Ty::I32 => MemTy::Ptr,
        ir::Ty::I64 => MemTy::I64,
        ir::Ty::F64 => MemTy::F64,
        ir::Ty::V128 => MemTy::V128,
    }
}

/// Whether one of these expressions reads one of these locals.
fn reads_any(parts: &[Expr], locals: &[ir::Local]) -> bool {
    let locals: BTreeSet<u32> = locals.iter().map(|local| local.0).collect();
    let mut reads = false;
    for part in parts {
        part.visit(&mut |e| reads |= matches!(e, Expr::Local(local) if locals.contains(&local.0)));
    }
    reads
}
